// Points with acks=0 beside others: worded as what they are, and never in one ranking with them.
import { describe, expect, it } from 'vitest';
import { resultsInMemory, steady } from '../../testing/compared-results.js';
import { untilOf } from './acknowledgement.js';
import { renderMarkdown } from '../text/markdown.js';
import { pageData } from '../page/page-data.js';
import { makeReport } from './report-model.js';
import { renderTable } from '../text/table.js';

const WIDE = { width: Infinity, colour: false };
const reportOf = (axes: Record<string, readonly (string | number)[]>) =>
  makeReport(
    resultsInMemory('dir', {
      axes,
      repeats: 3,
      seed: 1,
      alter: (run) => steady(run, run.config['acks'] === '0' ? { latency: 0.01 } : {}),
    }),
  );

describe('acks=0 beside acks=1 and all', () => {
  const report = reportOf({ acks: ['0', '1', 'all'] });

  it('is written, not acknowledged, in table and Markdown', () => {
    for (const text of [renderTable(report, WIDE), renderMarkdown(report)]) {
      expect(text).toMatch(/latency until|until +records/);
      expect(text).toContain('written (acks=0)');
      expect(text).toMatch(/acks.*0 at p01: no answer is asked for, so records count as written/);
      expect(text.replaceAll(/\s+/g, ' ')).toMatch(/not comparable with the others/);
    }
  });

  it('is not in one ranking with the others', () => {
    const text = renderTable(report, WIDE);
    expect(text).toMatch(/Of what was acknowledged: .*p0[23] \(/);
    expect(text).not.toMatch(/^- (Most|All|Lowest).*p01 \(/m);
    expect(pageData(report).data.points.map(({ until }) => until)).toEqual([
      'written',
      'acknowledged',
      'acknowledged',
    ]);
  });

  it('alone is headed as written', () => {
    const text = renderTable(reportOf({ acks: ['0'], 'linger.ms': [0, 5] }), WIDE);
    expect(text).toMatch(/written +written/);
    expect(text).not.toContain('acks=0 at');
    expect(text).not.toContain('acknowledged)');
  });

  it('says nothing where every point is acknowledged', () => {
    const text = renderTable(reportOf({ acks: ['1', 'all'] }), WIDE);
    expect(text).not.toContain('acks=0');
    expect(text).not.toContain('until');
  });

  it('is known from the settings of the point as from the sweep', () => {
    expect(untilOf({ config: {}, settings: { producer: { acks: '0' } } })).toBe('written');
    expect(untilOf({ config: {}, settings: { producer: {} } })).toBe('acknowledged');
    expect(untilOf({})).toBe('acknowledged');
  });
});

describe('a sweep over codecs', () => {
  it('shows how small the batches became, also where room is short', () => {
    const report = reportOf({ 'compression.type': ['none', 'zstd'], acks: ['1', 'all'] });
    for (const text of [
      renderTable(report, WIDE),
      renderTable(report, { width: 100, colour: false }),
    ]) {
      expect(text).toMatch(/compressed/);
      expect(text).toMatch(/\/raw bytes/);
    }
    expect(renderMarkdown(report)).toContain('compressed/raw bytes');
    expect(renderMarkdown(report)).toContain('0.25 is a quarter');
    expect(renderTable(reportOf({ acks: ['1', 'all'] }), WIDE)).not.toContain('/raw bytes');
  });
});
