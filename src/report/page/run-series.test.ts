// Long runs made small: every spike stays.
import { describe, expect, it } from 'vitest';
import type { Interval } from '../../contract/run-result.js';
import { runSeries } from './run-series.js';

const interval = (index: number, acked: number, p99: number | null): Interval => ({
  atMs: index * 1000,
  durationMs: 1000,
  sent: acked,
  acked,
  failed: 0,
  p50: null,
  p99,
  max: null,
  metrics: {},
});

describe('runSeries', () => {
  it('keeps every interval where there are few', () => {
    const series = runSeries([interval(0, 10, 1), interval(1, 20, null), interval(2, 30, 3)], 10);
    expect(series).toEqual({
      of: 3,
      rateAtS: [0.5, 1.5, 2.5],
      rate: [10, 20, 30],
      p99: [1, null, 3],
    });
  });

  it('keeps least and greatest of each stretch, in time order, where there are many', () => {
    const many = Array.from({ length: 3600 }, (_, index) =>
      interval(index, index === 1234 ? 1 : 100 + (index % 7), index === 777 ? 500 : 2),
    );
    const series = runSeries(many, 100)!;
    expect(series.of).toBe(3600);
    expect(series.rate.length).toBeLessThanOrEqual(100);
    expect(series.rate[series.rateAtS.indexOf(1234.5)]).toBe(1);
    expect(series.p99[series.p99AtS!.indexOf(777.5)]).toBe(500);
    expect(series.rateAtS).toEqual(series.rateAtS.toSorted((a, b) => a - b));
    expect(Math.max(...series.rate)).toBe(106);
  });

  it('joins a rest of the drain to the interval before: no collapse, and no spike lost', () => {
    const [first, second, third] = [0, 1, 2].map((index) => interval(index, 20_000, 2));
    const rest = { ...third, durationMs: 1.3, acked: 1, p99: 7 };
    const series = runSeries([first, second, rest], 100)!;
    expect(series.of).toBe(2);
    expect(series.rate[1]).toBeCloseTo(19_970, -2);
    expect(series.p99).toEqual([2, 7]);
    expect(runSeries([first, second, { ...third, durationMs: 200 }], 100)!.of).toBe(3);
  });

  it('has nothing to draw of a run with a single interval', () =>
    expect(runSeries([interval(0, 10, 1)], 10)).toBeNull());
});
