// A run's intervals made small enough for a page: every interval where there are few, else the
// least and the greatest of each stretch at the times at which they were, so that no spike is lost.
// Called by page-data.
import type { Interval } from '../../contract/run-result.js';
import type { PageSeries } from './page-model.js';

/** Least and greatest of each stretch make two samples. */
const SAMPLES_PER_STRETCH = 2;

export function runSeries(intervals: readonly Interval[], maxSamples: number): PageSeries | null {
  const told = withoutRest(intervals.filter((interval) => interval.durationMs > 0));
  if (told.length < 2) return null;
  const rateOf = (interval: Interval): number => interval.acked / (interval.durationMs / 1000);
  const atS = (index: number): number =>
    Math.round((told[index].atMs + told[index].durationMs / 2) / 10) / 100;
  const rate = (index: number): number => round(rateOf(told[index]));
  const p99 = (index: number): number | null =>
    told[index].p99 === null ? null : round(told[index].p99);
  const all = told.map((_, index) => index);
  if (told.length <= maxSamples)
    return { of: told.length, rateAtS: all.map(atS), rate: all.map(rate), p99: all.map(p99) };
  const byRate = extremes(told.map(rateOf), maxSamples);
  const byP99 = extremes(
    told.map((interval) => interval.p99),
    maxSamples,
  );
  return {
    of: told.length,
    rateAtS: byRate.map(atS),
    rate: byRate.map(rate),
    p99AtS: byP99.map(atS),
    p99: byP99.map(p99),
  };
}

/**
 * A rest of less than this share of the interval before it is a few records of the drain: as a rate
 * of its own it would look like a collapse.
 */
const REST = 0.1;

/**
 * The last interval joins the one before it where it is only a rest; the higher p99 of the two
 * stays.
 */
function withoutRest(intervals: readonly Interval[]): readonly Interval[] {
  const [before, rest] = intervals.slice(-2);
  if (intervals.length < 2 || rest.durationMs >= REST * before.durationMs) return intervals;
  const joined: Interval = {
    ...before,
    durationMs: before.durationMs + rest.durationMs,
    acked: before.acked + rest.acked,
    p99:
      before.p99 === null || rest.p99 === null
        ? (before.p99 ?? rest.p99)
        : Math.max(before.p99, rest.p99),
  };
  return [...intervals.slice(0, -2), joined];
}

/** Indexes of the least and the greatest value of each of `maxSamples / 2` stretches, ascending. */
function extremes(values: readonly (number | null)[], maxSamples: number): number[] {
  const stretches = Math.max(1, Math.floor(maxSamples / SAMPLES_PER_STRETCH));
  const kept: number[] = [];
  for (let stretch = 0; stretch < stretches; stretch++) {
    const from = Math.floor((stretch * values.length) / stretches);
    const to = Math.floor(((stretch + 1) * values.length) / stretches);
    let least = -1;
    let greatest = -1;
    for (let index = from; index < to; index++) {
      const value = values[index];
      if (value === null) continue;
      if (least === -1 || value < values[least]!) least = index;
      if (greatest === -1 || value > values[greatest]!) greatest = index;
    }
    if (least === -1) continue;
    kept.push(
      ...(least === greatest ? [least] : [Math.min(least, greatest), Math.max(least, greatest)]),
    );
  }
  return kept;
}

/** Four significant digits: what a chart can show. */
export function round(value: number): number {
  return Number(value.toPrecision(4));
}
