// What enters a point's figures, and what is only counted and named.
import { describe, expect, it } from 'vitest';
import { summarySchema } from '../../contract/summary.js';
import { asFailed, syntheticResults, withReason } from '../../testing/synthetic-results.js';
import { summarize } from './summarize.js';

const ONE_POINT = { 'linger.ms': [5] } as const;

function onePoint(repeats: number, rate: 'max' | number = 'max') {
  const { plan, runs } = syntheticResults({ axes: ONE_POINT, repeats, rate });
  return { points: plan.points, runs };
}

describe('summarize', () => {
  it('gives what the contract holds, point by point in the order of the plan', () => {
    const { plan, runs } = syntheticResults({ repeats: 6 });
    const summary = summarize('mine', plan.points, runs.toReversed());
    expect(summarySchema.parse(summary)).toEqual(summary);
    expect(summary.points.map((point) => point.id)).toEqual(plan.points.map((point) => point.id));
    expect(summary.points[3].config).toEqual(plan.points[3].config);
  });

  it('takes medians over runs and their interval from 6 runs on', () => {
    const { points, runs } = onePoint(6);
    const [point] = summarize('x', points, runs).points;
    const rates = runs
      .map((run) => run.measurement!.throughput.recordsPerSecond)
      .sort((a, b) => a - b);
    expect(point.throughput.recordsPerSecond).toEqual({
      median: (rates[2] + rates[3]) / 2,
      low: rates[0],
      high: rates[5],
    });
    expect(point).toMatchObject({ runs: 6, valid: 6, verdicts: [] });
  });

  it('takes medians of the main metrics over the runs that have a value', () => {
    const { points, runs } = onePoint(3);
    const values = [30, null, 10];
    const altered = runs.map((run, index) => {
      const metrics = {
        'batch-size-avg': values[index],
        'record-size-avg': 1,
        'record-retry-rate': null,
      };
      return { ...run, measurement: { ...run.measurement!, metrics } };
    });
    const [{ metrics }] = summarize('x', points, altered).points;
    expect(metrics).toMatchObject({
      'batch-size-avg': { median: 20, low: null, high: null },
      'record-retry-rate': null,
    });
    expect(metrics).not.toHaveProperty('record-size-avg');
  });

  it('keeps invalid runs out of the figures, counts them and names their reasons', () => {
    const { points, runs } = onePoint(5);
    const altered = runs.map((run, index) =>
      index < 2 ? withReason(run, 'gc-pause', 'invalid', `${index + 10} ms`) : run,
    );
    const [point] = summarize('x', points, altered).points;
    const [whole] = summarize('x', points, runs.slice(2)).points;
    expect(point).toMatchObject({ runs: 5, valid: 3, verdicts: ['gc-pause: 10 ms (2 of 5 runs)'] });
    expect(point.throughput).toEqual(whole.throughput);
    expect(point.latencyMs).toEqual(whole.latencyMs);
  });

  it('says the severity where one code is grave at one run and a warning at another', () => {
    const { points, runs } = onePoint(4);
    const altered = runs.map((run, index) =>
      withReason(run, 'gc-pause', index === 0 ? 'invalid' : 'warning', 'paused 40 ms'),
    );
    expect(summarize('x', points, altered).points[0].verdicts).toEqual([
      'gc-pause: paused 40 ms (1 of 4 runs, invalid)',
      'gc-pause: paused 40 ms (3 of 4 runs, warning)',
    ]);
  });

  it('keeps runs with a mere warning in the figures', () => {
    const { points, runs } = onePoint(3);
    const [point] = summarize(
      'x',
      points,
      runs.map((run) => withReason(run, 'event-loop-lag', 'warning', 'p99 3 ms')),
    ).points;
    expect(point).toMatchObject({ valid: 3, verdicts: ['event-loop-lag: p99 3 ms (3 of 3 runs)'] });
  });

  it('sums records over all runs that measured, invalid ones too', () => {
    const { points, runs } = onePoint(3);
    const altered = [
      withReason(runs[0], 'errors', 'invalid', 'x'),
      runs[1],
      asFailed(runs[2], 'refused'),
    ];
    const [point] = summarize('x', points, altered).points;
    const acked = runs[0].measurement!.records.acked + runs[1].measurement!.records.acked;
    expect(point.records).toEqual({ sent: acked, acked, failed: 0 });
  });

  it('names failures, and has null figures where no run is valid', () => {
    const { points, runs } = onePoint(2);
    const [point] = summarize(
      'x',
      points,
      runs.map((run) => asFailed(run, 'h:9092 refused the connection')),
    ).points;
    expect(point).toMatchObject({
      runs: 2,
      valid: 0,
      throughput: { recordsPerSecond: null },
      latencyMs: {},
    });
    expect(point.verdicts).toEqual(['failed: h:9092 refused the connection (2 of 2 runs)']);
  });

  it('counts a run that the user ended early with what it measured', () => {
    const { points, runs } = onePoint(1);
    const [point] = summarize('x', points, [{ ...runs[0], status: 'stopped' }]).points;
    expect(point).toMatchObject({
      runs: 1,
      valid: 1,
      verdicts: ['stopped: ended early by the user (1 of 1 runs)'],
    });
    const [none] = summarize('x', points, [
      { ...runs[0], status: 'stopped', measurement: null },
    ]).points;
    expect(none).toMatchObject({ runs: 1, valid: 0 });
  });

  it('has service time only for a closed loop, all three for an open one', () => {
    const closed = onePoint(1);
    expect(Object.keys(summarize('x', closed.points, closed.runs).points[0].latencyMs)).toEqual([
      'service',
    ]);
    const open = onePoint(1, 5000);
    const kinds = Object.keys(summarize('x', open.points, open.runs).points[0].latencyMs);
    expect(kinds).toEqual(['response', 'service', 'delay']);
  });

  it('gives a point without runs its place', () => {
    const { points } = onePoint(1);
    expect(summarize('x', points, []).points[0]).toMatchObject({
      id: 'p01',
      runs: 0,
      valid: 0,
      verdicts: [],
    });
  });
});
