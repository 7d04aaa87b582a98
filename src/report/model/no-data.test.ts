// Nothing measured is not zero, passes nothing, and every note and format says who is missing.
import { describe, expect, it } from 'vitest';
import type { Threshold } from '../../contract/threshold.js';
import {
  asFailed,
  syntheticResults,
  withReason,
  type SyntheticOptions,
} from '../../testing/synthetic-results.js';
import { FORMATS } from '../formats/formats.js';
import { anyGateFailed } from '../notes/gate-notes.js';
import { notesOf } from '../notes/notes.js';
import { makeReport } from './report-model.js';

const NO_FAILURES: Threshold = {
  ...{ text: 'records.failed == 0', metric: 'records.failed', operator: '==', bound: 0 },
  ...{ where: {}, abortOnFail: false, delayAbortEvalRuns: 0 },
};

function report(options: SyntheticOptions, thresholds: readonly Threshold[] = []) {
  const { plan, runs, environment } = syntheticResults({ rate: 20_000, ...options });
  return makeReport({
    ...{ dir: 'results/x', name: plan.name, plan: { ...plan, thresholds }, environment, runs },
    ...{ skipped: [], sweepYaml: null, invocation: null, chosen: null },
  });
}

const notes = (made: ReturnType<typeof report>): string =>
  notesOf(made)
    .map(({ text }) => text)
    .join('\n');

const invalidAt =
  (...points: string[]): SyntheticOptions['alter'] =>
  (run) =>
    points.includes(run.point) ? withReason(run, 'gc-pause', 'invalid', 'a pause of 1 s') : run;

describe('a gate on a sum', () => {
  it.each(['records.failed', 'records.sent', 'records.acked'])(
    'has no figure where nothing was measured: %s',
    (metric) => {
      const made = report(
        {
          axes: { acks: ['1', 'all'] },
          repeats: 1,
          alter: (run) => (run.point === 'p01' ? asFailed(run, 'refused') : run),
        },
        [{ ...NO_FAILURES, metric, operator: '>=' }],
      );
      expect(anyGateFailed(made)).toBe(true);
      expect(made.summary.points[0].thresholds).toMatchObject([{ value: null, passed: false }]);
      expect(made.summary.points[1].thresholds).toMatchObject([{ passed: true }]);
      expect(notes(made)).not.toContain('holds at every point');
      expect(FORMATS.junit(made, { width: 100, colour: false })).toMatch(/<error/);
    },
  );

  it('counts what was measured, where something was', () => {
    const made = report(
      {
        axes: { acks: ['1'] },
        repeats: 3,
        alter: (run) => (run.repeat === 1 ? asFailed(run, 'refused') : run),
      },
      [NO_FAILURES],
    );
    expect(anyGateFailed(made)).toBe(false);
  });
});

describe('the spread', () => {
  const axes = { acks: ['0', '1', 'all'] };

  it('of a point with one valid run is unknown, not 0', () => {
    const text = notes(
      report({
        axes,
        repeats: 2,
        alter: (run) => (run.repeat === 2 && run.point !== 'p01' ? null : run),
      }),
    );
    expect(text).toMatch(/records\/s [\d.]+ % at p01; p99 [\d.]+ % at p01\./);
    expect(text).toContain('with one valid run: p02, p03');
  });

  it('of two points is told of each; typical is what the middle of three or more is', () => {
    expect(notes(report({ axes: { acks: ['1', 'all'] }, repeats: 2 }))).toMatch(
      /p99 [\d.]+ % at p01, [\d.]+ % at p02\./,
    );
    expect(notes(report({ axes, repeats: 2 }))).toMatch(/p99 [\d.]+ % typically/);
  });
});

describe('points without a valid run', () => {
  const axes = { acks: ['all'], 'linger.ms': [0, 5, 10] };

  it('are not among those that keep the rate', () => {
    const text = notes(report({ axes, repeats: 3, alter: invalidAt('p03') }));
    expect(text).toMatch(/All 2 points with a valid run keep|Most records\/s/);
    expect(text).toContain('Without a valid run, so not among them: p03.');
    expect(text).not.toContain('All points keep');
  });

  it.each(['bencher', 'github-action-benchmark', 'benchstat'] as const)(
    'are named by %s, which leaves them out',
    (format) => {
      const told: string[] = [];
      FORMATS[format](report({ axes, repeats: 3, alter: invalidAt('p03') }), {
        ...{ width: 100, colour: false, leaveOut: (message: string) => told.push(message) },
      });
      expect(told.join()).toMatch(/p03|3 invalid or failed runs/);
    },
  );
});

describe('runs that began while the machine was slow', () => {
  const canary = { version: 1, cpuMs: 10, sinkRecordsPerSecond: 1e6 };

  it('are said to count only where they do', () => {
    const text = notes(
      report({
        axes: { acks: ['1', 'all'] },
        repeats: 3,
        alter: (run) => {
          const slow = { ...run, canary: run.repeat === 3 ? { ...canary, cpuMs: 20 } : canary };
          return run.repeat === 3 && run.point === 'p01'
            ? withReason(slow, 'gc-pause', 'invalid', 'a pause')
            : slow;
        },
      }),
    );
    expect(text).toMatch(/The figures of 000\d count; read them with care/);
  });
});
