// Two samples of runs -> different, the same within the margin that matters, or collect more (and
// how many). The unit is the run. Ratios, not differences: throughput and latency vary in
// proportion. Pure; called by compare.
import { hodgesLehmann, type Shift } from './hodges-lehmann.js';
import { mannWhitney, smallestP } from './mann-whitney.js';
import { adjust } from './multiple-tests.js';
import { normalQuantile } from './special-functions.js';

export interface Judging {
  /**
   * Chance of calling equal things different that is put up with, over all pairs together. Default
   * 0.05.
   */
  readonly alpha?: number;
  /** Relative change that nobody would act on: 0.05 is 5 %. */
  readonly margin: number;
}

/** The values of a point's valid runs, before and after. */
export interface Pair {
  readonly base: readonly number[];
  readonly next: readonly number[];
}

/**
 * `different`: by more than chance explains, and not shown to lie within the margin. `same`: the
 * interval lies within the margin, whether or not there is a difference. `collect-more`: neither
 * can be said.
 */
export type Finding = 'different' | 'same' | 'collect-more';

export interface Judgement {
  readonly finding: Finding;
  /** next / base - 1, Hodges-Lehmann, and its interval; null where a side has no run. */
  readonly change: {
    readonly estimate: number;
    readonly low: number;
    readonly high: number;
    readonly coverage: number;
  } | null;
  /** Two-sided, as it is and corrected for the number of pairs; null where a side has no run. */
  readonly p: number | null;
  readonly adjustedP: number | null;
  /**
   * Further runs of each side that settle it in four of five cases, if change and spread really are
   * as they look now; null where `finding` is not collect-more, and where it would take more than
   * MOST_RUNS.
   */
  readonly moreRuns: number | null;
}

const CONFIDENCE = 0.95;
/**
 * The chance with which the runs asked for are to settle it: 80 %, as is usual when a trial is
 * planned.
 */
const POWER = 0.8;
/** Asking for more than this is asking for another machine. */
const MOST_RUNS = 200;
/** The interval of 4 against 4 runs is the first that covers 95 % (97 %). */
const LEAST_FOR_SAME = 4;

/** Judges all pairs together, as the correction needs all. Values must be above 0. */
export function judge(pairs: readonly Pair[], { alpha = 0.05, margin }: Judging): Judgement[] {
  const complete = pairs.map(({ base, next }) => base.length > 0 && next.length > 0);
  const tests = complete.filter(Boolean).length;
  const ps = pairs.map(({ base, next }, i) => (complete[i] ? mannWhitney(next, base).p : null));
  const adjusted = adjust(ps.filter((p) => p !== null));
  const told = adjusted.filter((p) => p < alpha).length;
  let at = 0;
  return pairs.map(({ base, next }, i): Judgement => {
    const p = ps[i];
    if (p === null) {
      const missing = leastRuns(tests + 1, alpha) - Math.min(base.length, next.length);
      return {
        finding: 'collect-more',
        change: null,
        p: null,
        adjustedP: null,
        moreRuns: Math.max(1, missing),
      };
    }
    const adjustedP = adjusted[at++];
    const shift = hodgesLehmann(next.map(Math.log), base.map(Math.log), CONFIDENCE);
    const change = {
      estimate: Math.expm1(shift.estimate),
      low: Math.expm1(shift.low),
      high: Math.expm1(shift.high),
      coverage: shift.coverage,
    };
    const edge = Math.log1p(margin);
    // Within the margin it does not matter whether there is a difference: but only an interval that
    // deserves its name may say so.
    const within = change.low > -margin && change.high < margin && shift.coverage >= CONFIDENCE;
    const finding = within ? 'same' : adjustedP < alpha ? 'different' : 'collect-more';
    // The correction is the milder, the more pairs are told apart already.
    const share = Math.min(1, (told + 1) / tests);
    return {
      finding,
      change,
      p,
      adjustedP,
      moreRuns:
        finding === 'collect-more'
          ? moreRuns(base.length, next.length, shift, edge, share * alpha)
          : null,
    };
  });
}

/**
 * The usual sum for the size of a trial, on the scale of logarithms: with N runs a side the
 * interval's standard error is sigma sqrt(2 / N), sigma taken from the interval at hand. Either the
 * change stands out from 0 at `alpha`, or the interval fits within the edges.
 */
function moreRuns(m: number, n: number, shift: Shift, edge: number, alpha: number): number | null {
  const standardError = (shift.high - shift.low) / 2 / normalQuantile((1 + shift.coverage) / 2);
  const variance = standardError ** 2 / (1 / m + 1 / n);
  const runsFor = (distance: number, quantiles: number): number =>
    distance > 0 ? Math.ceil(2 * variance * (quantiles / distance) ** 2) : Infinity;
  const estimate = Math.abs(shift.estimate);
  const different = Math.max(
    leastRuns(1, alpha),
    runsFor(estimate, normalQuantile(1 - alpha / 2) + normalQuantile(POWER)),
  );
  // Both ends must lie within, so each may miss half as often.
  const quantiles = normalQuantile((1 + CONFIDENCE) / 2) + normalQuantile((1 + POWER) / 2);
  const same = Math.max(LEAST_FOR_SAME, runsFor(edge - estimate, quantiles));
  const needed = Math.min(different, same);
  return needed > MOST_RUNS ? null : Math.max(1, needed - Math.min(m, n));
}

/**
 * Runs of each side below which no result, however clear, could be told from chance as the only one
 * of so many pairs.
 */
export function leastRuns(tests: number, alpha = 0.05): number {
  let runs = 1;
  while (smallestP(runs, runs) * Math.max(1, tests) >= alpha) runs++;
  return runs;
}
