// OMB's result files: what its chart script and its reader ask for, key by key, and that nothing
// stands there that was not measured unsaid.
import { describe, expect, it } from 'vitest';
import type { RunResult } from '../../contract/run-result.js';
import { consumedWithP99, syntheticResults } from '../../testing/synthetic-results.js';
import { makeReport } from '../model/report-model.js';
import { renderOmb } from './omb.js';

/**
 * What bin/create_charts.py draws over time, and ends with an error where it is empty or holds
 * anything but numbers.
 */
const DRAWN = [
  ...['publishLatency99pct', 'publishDelayLatency99pct', 'publishRate', 'publishErrorRate'],
  ...['endToEndLatency95pct', 'consumeRate', 'endToEndLatencyAvg'],
];
const KINDS = ['PublishLatency', 'PublishDelayLatency', 'EndToEndLatency'];
const FIGURES = ['Avg', '50pct', '75pct', '95pct', '99pct', '999pct', '9999pct', 'Max'];
/** All that TestResult has: its reader refuses any other. */
const KEYS = new Set([
  ...[
    'workload',
    'driver',
    'messageSize',
    'topics',
    'partitions',
    'producersPerTopic',
    'consumersPerTopic',
  ],
  ...['publishRate', 'publishErrorRate', 'consumeRate', 'backlog'],
  ...KINDS.flatMap((kind) => {
    const series = kind[0].toLowerCase() + kind.slice(1);
    return [
      `aggregated${kind}Quantiles`,
      ...FIGURES.flatMap((each) => [series + each, `aggregated${kind}${each}`]),
    ];
  }),
]);

type Result = Record<string, unknown>;

function first(
  rate: number | 'max',
  alter: (run: RunResult) => RunResult = (run) => run,
): [name: string, Result] {
  const { runs, plan, environment } = syntheticResults({
    axes: { acks: ['1'] },
    repeats: 1,
    rate,
    seconds: 3,
    alter,
  });
  const report = makeReport({
    ...{ dir: 'results/x', name: plan.name, plan, runs, environment },
    ...{ skipped: [], sweepYaml: null, invocation: null, chosen: null },
  });
  const [file] = renderOmb(report, { width: 1, colour: false }).files;
  return [file.name, JSON.parse(file.text) as Result];
}

const withMeasurement = (
  run: RunResult,
  changes: Partial<NonNullable<RunResult['measurement']>>,
): RunResult => ({
  ...run,
  measurement: { ...run.measurement!, ...changes },
});

describe("OMB's result", () => {
  it.each([
    ['an open loop', 2000, (run: RunResult) => run],
    ['a closed loop', 'max', (run: RunResult) => run],
    [
      'a run with consumers',
      2000,
      (run: RunResult) => ({ ...run, consumers: consumedWithP99(10) }),
    ],
    ['a run without intervals', 'max', (run: RunResult) => withMeasurement(run, { intervals: [] })],
    [
      'a run in which nothing was timed',
      'max',
      (run: RunResult) =>
        withMeasurement(run, { latencyMs: { response: null, service: null, delay: null } }),
    ],
    [
      'a run from before p75 and p95, its histogram lost',
      2000,
      (run: RunResult) => {
        const { latencyMs } = run.measurement!;
        const bare = { ...latencyMs.service!, encoded: '' };
        return withMeasurement(run, { latencyMs: { response: bare, service: bare, delay: bare } });
      },
    ],
  ] as const)(
    'of %s has a number in every series that is drawn, and no key of its own',
    (_name, rate, alter) => {
      const [, result] = first(rate, alter);
      for (const name of DRAWN) {
        const series = result[name] as unknown[];
        expect(series.length, name).toBeGreaterThan(0);
        expect(
          series.every((value) => typeof value === 'number'),
          name,
        ).toBe(true);
      }
      for (const kind of KINDS)
        expect(result[`aggregated${kind}Quantiles`], kind).toBeTypeOf('object');
      expect(Object.keys(result).filter((key) => !KEYS.has(key))).toEqual([]);
    },
  );

  it('says in its name and in the legend what was not measured', () => {
    const [open, closed] = [first(2000), first('max')];
    expect([open[0], closed[0]]).toEqual([
      'p01-0001-no-end-to-end.json',
      'p01-0001-no-publish-delay-no-end-to-end.json',
    ]);
    expect(open[1]['driver']).toBe('kbench: acks=1 (not measured: end-to-end)');
    expect(closed[1]['driver']).toBe('kbench: acks=1 (not measured: publish delay, end-to-end)');
    // As measured: the whole run's delay, in whole microseconds.
    expect(open[1]['publishDelayLatency99pct']).not.toEqual([0]);
    expect(open[1]['publishLatency99pct']).toHaveLength(1);
    expect(closed[1]['publishLatency99pct']).toHaveLength(3);
  });

  it('has no rate over what is left of an interval at the end', () => {
    const [, result] = first(2000, (run) => {
      const { intervals } = run.measurement!;
      const rest = { ...intervals[0], atMs: 3000, durationMs: 1, sent: 70, acked: 70 };
      return withMeasurement(run, { intervals: [...intervals, rest] });
    });
    expect(result['publishRate']).toHaveLength(3);
    expect(Math.max(...(result['publishRate'] as number[]))).toBeLessThan(2100);
  });
});
