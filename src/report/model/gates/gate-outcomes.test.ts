import { describe, expect, it } from 'vitest';
import type { Threshold } from '../../../contract/threshold.js';
import { asFailed, syntheticResults, withReason } from '../../../testing/synthetic-results.js';
import { githubAnnotation } from '../../text/escape-github.js';
import { anyGateFailed, gateAnnotations } from '../../notes/gate-notes.js';
import { renderMarkdown } from '../../text/markdown.js';
import { makeReport } from '../report-model.js';
import { renderSummary } from '../../formats/summary-json.js';
import { renderTable } from '../../text/table.js';
import { outcomeText } from './gate-outcomes.js';

const gate = (change: Partial<Threshold>): Threshold => ({
  text: `${change.metric ?? 'records.failed'} ${change.operator ?? '=='} ${change.bound ?? 0}`,
  metric: 'records.failed',
  operator: '==',
  bound: 0,
  where: {},
  abortOnFail: false,
  delayAbortEvalRuns: 0,
  ...change,
});

function report(thresholds: Threshold[], options: Parameters<typeof syntheticResults>[0] = {}) {
  const { plan, runs, environment } = syntheticResults({
    axes: { acks: ['1', 'all'] },
    repeats: 3,
    rate: 5000,
    ...options,
  });
  return makeReport({
    ...{ dir: 'results/x', name: plan.name, plan: { ...plan, thresholds }, environment, runs },
    ...{ skipped: [], sweepYaml: null, invocation: null, chosen: null },
  });
}

const table = (made: ReturnType<typeof report>) => renderTable(made, { width: 200, colour: false });

describe('a gate', () => {
  it.each([
    ['<', [false, false, true]],
    ['<=', [false, true, true]],
    ['>', [true, false, false]],
    ['>=', [true, true, false]],
    ['==', [false, true, false]],
    ['!=', [true, false, true]],
  ] as const)('%s holds below, at and above as it says', (operator, [below, at, above]) => {
    // Every point has 3 runs.
    const passed = [2, 3, 4].map(
      (bound) => !anyGateFailed(report([gate({ metric: 'valid', operator, bound })])),
    );
    expect(passed).toEqual([below, at, above]);
  });

  it('is held against the median of the valid runs, and written to summary.json', () => {
    const made = report([gate({ metric: 'latencyMs.response.p99', operator: '<', bound: 0.001 })]);
    const { points } = JSON.parse(renderSummary(made)) as {
      points: { latencyMs: { response: { p99: { median: number } } } }[];
    };
    expect(made.summary.points.map(({ thresholds }) => thresholds)).toEqual(
      points.map(({ latencyMs }) => [
        {
          ...{
            text: 'latencyMs.response.p99 < 0.001',
            metric: 'latencyMs.response.p99',
            bound: 0.001,
          },
          ...{ value: latencyMs.response.p99.median, passed: false },
        },
      ]),
    );
    expect(table(made)).toMatch(
      /Gate \S+\.p99 < 0\.001 failed at 2 of 2 points: p01 \([\d.]+ ms, [\d,]+\s+times/,
    );
    expect(table(made)).toMatch(/gate failed$/m);
    expect(renderMarkdown(made)).toContain('| FAILED | latencyMs.response.p99 &lt; 0.001 | p01 |');
  });

  it('fails where there is no figure, and says why', () => {
    const failed = report([gate({ metric: 'latencyMs.response.p99', operator: '<', bound: 1e9 })], {
      alter: (run) =>
        run.point === 'p01'
          ? asFailed(run, 'gone')
          : withReason(run, 'gc-pause', 'invalid', 'a pause of 1 s'),
    });
    expect(failed.summary.points.map(({ thresholds }) => thresholds?.[0])).toMatchObject([
      { value: null, passed: false, reason: 'none of its 3 runs measured anything' },
      { value: null, passed: false, reason: 'no valid run of 3' },
    ]);
    expect(table(failed)).toContain('no figure: no valid run of 3');
  });

  it('has not passed at a point that was not run', () => {
    const open = report([gate({})], { alter: (run) => (run.point === 'p01' ? run : null) });
    expect(anyGateFailed(open)).toBe(true);
    expect(table(open)).toContain(
      'Gate records.failed == 0 is open: not run yet, so not passed: p02.',
    );
    expect(table(open)).toContain('not run');
  });

  it('applies where its settings are, and is not told elsewhere', () => {
    const made = report([gate({ where: { acks: 'all' } })]);
    expect(made.summary.points.map(({ thresholds }) => thresholds?.length)).toEqual([undefined, 1]);
    expect(table(made)).toContain('The gate holds at every point.');
  });

  it('says by how much', () => {
    const told = (value: number, bound: number) =>
      outcomeText({ text: '', metric: 'latencyMs.response.p99', bound, value, passed: false });
    expect(told(23.4, 20)).toBe('23.4 ms, 17 % above 20.0 ms');
    expect(told(10, 20)).toBe('10.0 ms, 50 % below 20.0 ms');
    expect(told(100, 20)).toBe('100 ms, 5.00 times 20.0 ms');
    expect(told(20, 20)).toBe('20.0 ms, exactly the bound');
    expect(
      outcomeText({ text: '', metric: 'records.failed', bound: 0, value: 1234, passed: false }),
    ).toBe('1,234, above 0');
  });
});

describe('hostile words in a gate', () => {
  const text = '::error::x\n%0A|<b>\u001b[2J@all < 1';
  const made = () => report([gate({ metric: 'valid', operator: '<', bound: 1, text })]);

  it('cannot break the table, Markdown or an annotation', () => {
    // eslint-disable-next-line no-control-regex -- that is what must not be there
    expect(table(made())).not.toMatch(/\u001b|^::/m);
    const markdown = renderMarkdown(made());
    expect(markdown).not.toContain('<b>');
    expect(
      markdown
        .split('\n')
        .filter((line) => line.includes('FAILED'))
        .every((line) => line.split(/(?<!\\)\|/).length === 6),
    ).toBe(true);
    for (const annotation of gateAnnotations(made()).map((each) =>
      githubAnnotation('error', each, { title: 'a,b:c\nd' }),
    )) {
      expect(annotation).toMatch(/^::error title=a%2Cb%3Ac%0Ad::Gate .*%250A/);
      expect(annotation.split('\n')).toHaveLength(1);
    }
  });
});
