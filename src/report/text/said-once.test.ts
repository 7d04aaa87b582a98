// One note for all points of which the same is to be said, whoever says it.
import { describe, expect, it } from 'vitest';
import type { Audit } from '../../contract/audit.js';
import type { RunResult, VerdictReason } from '../../contract/run-result.js';
import { syntheticResults } from '../../testing/synthetic-results.js';
import { makeReport } from '../model/report-model.js';
import { notesOf } from '../notes/notes.js';
import { saidOnce, sameWords } from './said-once.js';

describe('what is said of several points in the same words', () => {
  const lag = (of: string, ms: number) => ({
    ...({ tone: 'care', of, size: ms } as const),
    text: (where: string) => `Lag at ${where}: ${ms} ms.`,
  });

  it('is said once, of the worst, with the others named', () => {
    expect(saidOnce([lag('p01', 3), lag('p02', 9), lag('p03', 4)])).toEqual([
      { tone: 'care', text: 'Lag at 3 points (p01, p02, p03; figures of p02): 9 ms.' },
    ]);
    expect(saidOnce([lag('p01', 3)])).toEqual([{ tone: 'care', text: 'Lag at p01: 3 ms.' }]);
  });

  it('differs in more than figures where it is another thing', () => {
    const grave = { ...lag('p02', 9), tone: 'bad' } as const;
    const other = { ...lag('p03', 9), text: (where: string) => `Loss at ${where}: 9 ms.` };
    expect(saidOnce([lag('p01', 3), grave, other])).toHaveLength(3);
  });

  it.each([
    ['agent local-1: lag 5 ms', 'agent rack.7: lag 12.5 ms (and 3 more agents)'],
    ['lag 5 ms', 'agent local-2: lag 213 ms'],
    ['agent a reached 1 record/s (-3.1 %)', 'agent b reached 90 records/s (+4 %)'],
    ['topic kbench-s-20261128-ab12-0001 is gone', 'topic kbench-s-20261128-ff00-0002 is gone'],
  ])('%s and %s are the same words', (one, other) => {
    expect(sameWords(one)).toBe(sameWords(other));
  });
});

const AUDIT: Audit = {
  ...{ sent: 1000, acknowledged: 1000, found: 990, lost: 10, gone: 0, duplicated: 0 },
  ...{ reordered: 0, corrupt: 0, refused: 0, storedThoughFailed: 0, unknown: 0, unknownFound: 0 },
  ...{ foreign: 0, read: 1000, transactions: null, tookMs: 12 },
  examples: [{ class: 'lost', partition: 2, offset: 41, worker: 0, sequence: 77 }],
  promises: [
    { promise: 'durability', promised: true, because: 'acks=all', records: 10, broken: true },
  ],
};

/** Everything that can be wrong, with other figures at each run. */
function troubled(run: RunResult): RunResult {
  const n = Number(run.run);
  const agent = `agent local-${(n % 3) + 1}`;
  const reasons: VerdictReason[] = [
    ['backlog-growing', 'invalid', `buffer.memory was full ${n} % of the time`],
    ['gc-pause', 'invalid', n % 2 ? `a collection took ${n} ms` : `collections took ${n} %`],
    ['event-loop-lag', n % 4 ? 'invalid' : 'warning', `${agent}: sockets waited ${n}.5 ms`],
    ['agents-uneven', 'warning', `${agent} reached ${n} (${n % 2 ? '+' : '-'}${n}.1 %)`],
  ].map(([code, severity, message]) => ({ code, severity, message }) as VerdictReason);
  const { generator, ...rest } = run.measurement!;
  const driver = {
    ...{ name: `client-${n % 5}`, version: '1.0', processes: 1, honoured: [], notHonoured: [] },
    ...{ startupMs: n * 10, startupCpuMs: 1, cpuMs: 1, rssMiB: 1 },
  };
  return {
    ...run,
    ...{ driver, audit: { ...AUDIT, lost: n, found: 1000 - n } },
    measurement: { ...rest, generator, verdict: { valid: false, reasons } },
  };
}

it('no two notes on a sweep whose every point is in trouble say the same', () => {
  const { plan, runs, environment } = syntheticResults({ repeats: 3, rate: 50_000 });
  const report = makeReport({
    ...{ dir: 'results/x', name: plan.name, plan, environment, runs: runs.map(troubled) },
    ...{ skipped: [], sweepYaml: null, invocation: null, chosen: null },
  });
  const notes = notesOf(report).map(({ text }) => text);
  // A sentence about each of the 16 points would show here, in any order of the points.
  const words = notes.map((text) => sameWords(text.replace(/\bp\d\d\b/g, 'point')));
  expect(new Set(words).size).toBe(notes.length);
  const advices = notes.map((text) => text.split('. ').slice(1).join('. ')).filter(Boolean);
  expect(new Set(advices).size).toBe(advices.length);
  expect(notes.length).toBeLessThan(14);
  const gc = notes.filter((text) => text.includes('GC pause'));
  expect(gc).toHaveLength(1);
  expect(gc[0]).toMatch(/^48 runs invalid.*a collection took .*; collections took /);
});
