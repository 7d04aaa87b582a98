// Whether a side changed while it was being measured: the first half of its runs against the
// second, each figure as a share of its point's median, so that all points count together. The
// tests of a comparison take a side's runs for alike; where they are not, that is to be said. Pure;
// called by the notes.
import type { RunResult } from '../../contract/run-result.js';
import { median } from '../statistics/quantity.js';
import { hodgesLehmann } from '../statistics/hodges-lehmann.js';
import { mannWhitney } from '../statistics/mann-whitney.js';
import { groupByPoint } from '../model/summarize.js';
import { loopOf } from '../model/loop.js';
import { isCounted } from '../notes/verdicts.js';
import {
  cpuApart,
  DEFAULT_METRICS,
  uninformative,
  valueOf,
  type Metric,
} from './compared-metrics.js';

export interface Drift {
  readonly metric: Metric;
  /** Second half / first half - 1. */
  readonly change: number;
}

/** Strict, since it is asked of every figure of every comparison. */
const ALPHA = 0.01 / DEFAULT_METRICS.length;
/** Less than this moves no finding. */
const LEAST_CHANGE = 0.01;
/** The halves' differences are all looked at: with thousands of runs a sample in order does. */
const MOST_VALUES = 400;

export function driftOf(runs: readonly RunResult[]): Drift[] {
  const counted = runs.filter(isCounted);
  const byPoint = groupByPoint(counted);
  const apart = cpuApart(counted);
  return DEFAULT_METRICS.flatMap((metric): Drift[] => {
    const scale = new Map<string, { loop: 'open' | 'closed'; middle: number }>();
    for (const [point, own] of byPoint) {
      // Of counted runs alone, and these have the histograms of their loop.
      const loop = loopOf({ config: own[0].config }, own);
      const middle = median(own.flatMap((run) => valueOf(run, metric, loop, apart) ?? []));
      if (middle !== null && middle > 0 && uninformative(metric, loop) === null)
        scale.set(point, { loop, middle });
    }
    const shares = counted.flatMap((run) => {
      const known = scale.get(run.point);
      const value = known === undefined ? null : valueOf(run, metric, known.loop, apart);
      return known === undefined || value === null || value <= 0
        ? []
        : [Math.log(value / known.middle)];
    });
    const step = Math.ceil(shares.length / MOST_VALUES);
    const kept = shares.filter((_, i) => i % step === 0);
    const [first, second] = [kept.slice(0, kept.length >> 1), kept.slice(kept.length >> 1)];
    if (first.length === 0 || mannWhitney(first, second).p >= ALPHA) return [];
    const change = Math.expm1(hodgesLehmann(second, first).estimate);
    return Math.abs(change) < LEAST_CHANGE ? [] : [{ metric, change }];
  });
}
