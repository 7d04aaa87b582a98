import { describe, expect, it } from 'vitest';
import type { Audit } from '../../contract/audit.js';
import type { RunResult } from '../../contract/run-result.js';
import type { Threshold } from '../../contract/threshold.js';
import { resultsInMemory } from '../../testing/compared-results.js';
import { syntheticResults, type SyntheticOptions } from '../../testing/synthetic-results.js';
import { compareResults, type ComparisonOptions } from '../compare/comparison.js';
import { DEFAULT_MARGIN } from '../compare/compared-metrics.js';
import { FORMATS } from '../formats/formats.js';
import { makeReport, type Report } from '../model/report-model.js';
import { rankedOf } from '../page/best-point.js';
import { pageData } from '../page/page-data.js';
import { anyAuditFailed, auditNotes } from './audit-notes.js';
import { anyGateFailed } from './gate-notes.js';
import { notesOf } from './notes.js';

const CLEAN: Audit = {
  ...{ sent: 1000, acknowledged: 1000, found: 1000, lost: 0, gone: 0, duplicated: 0 },
  ...{ reordered: 0, corrupt: 0, refused: 0, storedThoughFailed: 0, unknown: 0, unknownFound: 0 },
  ...{ foreign: 0, read: 1000, transactions: null, examples: [], tookMs: 12 },
  promises: [
    { promise: 'durability', promised: true, because: 'acks=all', records: 0, broken: false },
  ],
};
const lossy = (promised: boolean): Audit => ({
  ...{ ...CLEAN, found: 997, lost: 3 },
  promises: [
    {
      ...{ promise: 'durability', promised, records: 3, broken: promised },
      because: promised
        ? 'acks=all, min.insync.replicas=2'
        : 'acks=1: only for as long as it lives',
    },
  ],
  examples: [{ class: 'lost', partition: 2, offset: 41, worker: 0, sequence: 77 }],
});
const LOST: Threshold = {
  ...{ text: 'audit.lost == 0', metric: 'audit.lost', operator: '==', bound: 0 },
  ...{ where: {}, abortOnFail: false, delayAbortEvalRuns: 0 },
};

function report(alter: (run: RunResult) => RunResult, thresholds: readonly Threshold[] = []) {
  const options: SyntheticOptions = { axes: { acks: ['1', 'all'] }, repeats: 2, alter };
  const { plan, runs, environment } = syntheticResults(options);
  return makeReport({
    ...{ dir: 'results/x', name: plan.name, plan: { ...plan, thresholds }, environment, runs },
    ...{ skipped: [], sweepYaml: null, invocation: null, chosen: null },
  });
}
const view = { width: 160, colour: false };
const at = (point: string, audit: Audit) => (run: RunResult) => ({
  ...run,
  audit: run.point === point ? audit : CLEAN,
});

describe('a report of audited runs', () => {
  it('says in one sentence that all is there', () => {
    const made = report((run) => ({ ...run, audit: CLEAN }), [LOST]);
    expect(auditNotes(made)).toEqual([
      {
        tone: 'plain',
        text: 'Audit of 4 runs: 4,000 acknowledged, all found once, in order.',
      },
    ]);
    expect(anyAuditFailed(made)).toBe(false);
    expect(anyGateFailed(made)).toBe(false);
    expect(FORMATS.table(made, view)).toContain('all found');
    const cells = pageData(made).data.points.map(({ audit }) => audit);
    expect(cells).toEqual(['all found', 'all found']);
  });

  it('says what to do where retention ate what was to be read', () => {
    const made = report(at('p02', { ...CLEAN, found: 400, gone: 600 }));
    const text = auditNotes(made).map((note) => note.text);
    expect(text[0]).toContain('1,200 gone by retention. What is gone was deleted before it could');
    expect(text[0]).toContain('raise retention.ms and retention.bytes in topic.config');
    expect(text.join()).not.toMatch(/p01.*retention/);
    // What nobody can tell is no success.
    expect(anyAuditFailed(made)).toBe(true);
    expect(auditNotes(made)[0].tone).toBe('bad');
  });

  it('names a broken promise and the first record, in every format for people and CI', () => {
    const made = report(at('p02', lossy(true)), [LOST]);
    expect(anyAuditFailed(made)).toBe(true);
    expect(anyGateFailed(made)).toBe(true);
    const notes = auditNotes(made).map(({ text }) => text);
    expect(notes[0]).toContain('a promise was broken in 2 of 2 runs: durability');
    expect(notes[0]).toContain('acks=all, min.insync.replicas=2');
    expect(notes[0]).toMatch(
      /3 records, first run \d+: partition 2, offset 41, worker 0, record 77/,
    );
    expect(notes[1]).toBe('Audit of p02: 2,000 acknowledged, 1,994 found: 6 lost.');
    for (const format of ['table', 'md', 'junit'] as const)
      expect(FORMATS[format](made, view), format).toContain('offset 41');
    expect(FORMATS.table(made, view)).toContain('6 lost');
    expect(FORMATS.table(made, view)).toContain('audit failed');
    expect(FORMATS.junit(made, view)).toMatch(/<failure message="promises broken: durability"/);
    const json = JSON.parse(FORMATS.json(made, view) as string) as {
      readonly points: readonly { readonly audit: object }[];
    };
    expect(json.points[1].audit).toMatchObject({ lost: 6, brokenPromises: 2, runs: 2, notMade: 0 });
  });

  it('never calls best what lost records, unless everything did', () => {
    const best = (made: Report): string =>
      notesOf(made).find(({ text }) => /records\/s.*p99/.test(text))!.text;
    const made = report(at('p02', lossy(false)));
    expect(best(made)).toContain('An audit found them unsafe, so not among them: p02.');
    expect(best(made)).not.toMatch(/p02 \(/);
    const page = pageData(made).data;
    expect(page.points.map(({ kept }) => kept)).toEqual([true, false]);
    expect(rankedOf(page.points).map(({ id }) => id)).toEqual(['p01']);
    const all = report((run) => ({ ...run, audit: lossy(false) }));
    expect(best(all)).not.toContain('unsafe');
    expect(rankedOf(pageData(all).data.points)).toHaveLength(2);
  });

  it('tells what no setting forbids, and lets it pass but for a gate', () => {
    const made = report(at('p01', lossy(false)), [LOST]);
    expect(anyAuditFailed(made)).toBe(false);
    expect(anyGateFailed(made)).toBe(true);
    const [note] = auditNotes(made);
    expect(note.tone).toBe('care');
    expect(note.text).toContain('6 lost. No failure, as durability is not promised: acks=1');
  });

  it('takes an audit that could not be made for neither clean nor a figure', () => {
    const notAudited = { message: 'reading 5 records back took longer than 120 s' };
    const made = report(
      (run) => (run.repeat === 1 ? { ...run, notAudited } : { ...run, audit: CLEAN }),
      [LOST],
    );
    expect(anyAuditFailed(made)).toBe(true);
    expect(made.summary.points[0].thresholds).toMatchObject([{ value: null, passed: false }]);
    expect(auditNotes(made)[0].text).toContain('took longer than 120 s');
    expect(FORMATS.table(made, view)).toContain('no audit');
  });

  it('says nothing where nothing was audited', () => {
    const made = report((run) => run);
    expect(auditNotes(made)).toEqual([]);
    expect(FORMATS.table(made, view)).not.toContain('audit');
  });
});

describe('a comparison of audited runs', () => {
  const options: ComparisonOptions = {
    ...{ across: [], baseWhere: [], newWhere: [], metrics: null, defaultOf: () => undefined },
    ...{ margin: DEFAULT_MARGIN, alpha: 0.05, failOn: 'regression' as const, kbench: '' },
  };
  const axes = { acks: ['all'] };

  it('fails where NEW breaks a promise that BASE kept, and says so', () => {
    const base = resultsInMemory('a', { axes, alter: (run) => ({ ...run, audit: CLEAN }) });
    const next = resultsInMemory('b', { axes, alter: (run) => ({ ...run, audit: lossy(true) }) });
    const { gate, notes } = compareResults(base, [next], options);
    expect(gate).toMatchObject({ failed: true, reasons: ['audit failed at p01'] });
    expect(notes.map(({ text }) => text).join('\n')).toMatch(
      /Audit at p01: BASE .* all found once, in order\. NEW .* lost\./,
    );
    expect(compareResults(next, [next], options).gate.reasons).toEqual([]);
  });
});
