// Two samples of runs -> different, the same within the margin that matters, or collect more (and how many). The unit is the run. Ratios, not
// differences: throughput and latency vary in proportion. Pure; called by compare and by `run --until-precise`.
import { hodgesLehmann } from './hodges-lehmann.js';
import { mannWhitney, smallestP } from './mann-whitney.js';
import { adjust } from './multiple-tests.js';

export interface Judging {
  /** Chance of calling equal things different that is put up with, over all pairs together. Default 0.05. */
  readonly alpha?: number;
  /** Relative change that nobody would act on: 0.05 is 5 %. */
  readonly margin: number;
}

/** The values of a point's valid runs, before and after. */
export interface Pair {
  readonly base: readonly number[];
  readonly next: readonly number[];
}

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
  /** Further runs of each side that should settle it, where `finding` is collect-more; null where that cannot be told. */
  readonly moreRuns: number | null;
}

const CONFIDENCE = 0.95;
/** Asking for more than this is asking for another machine. */
const MOST_RUNS = 200;

/** Judges all pairs together, as the correction needs all. Values must be above 0. */
export function judge(pairs: readonly Pair[], { alpha = 0.05, margin }: Judging): Judgement[] {
  const complete = pairs.map(({ base, next }) => base.length > 0 && next.length > 0);
  const tests = complete.filter(Boolean).length;
  const ps = pairs.map(({ base, next }, i) => (complete[i] ? mannWhitney(next, base).p : null));
  const adjusted = adjust(ps.filter((p) => p !== null));
  let at = 0;
  return pairs.map(({ base, next }, i): Judgement => {
    const p = ps[i];
    if (p === null) {
      return { finding: 'collect-more', change: null, p: null, adjustedP: null, moreRuns: leastRuns(tests + 1, alpha) };
    }
    const adjustedP = adjusted[at++];
    const shift = hodgesLehmann(next.map(Math.log), base.map(Math.log), CONFIDENCE);
    const change = {
      estimate: Math.expm1(shift.estimate),
      low: Math.expm1(shift.low),
      high: Math.expm1(shift.high),
      coverage: shift.coverage,
    };
    // Within the margin it does not matter whether there is a difference: but only an interval that deserves its name may say so.
    const within = change.low > -margin && change.high < margin && shift.coverage >= CONFIDENCE;
    const finding = within ? 'same' : adjustedP < alpha ? 'different' : 'collect-more';
    const fewest = Math.min(base.length, next.length);
    const half = (shift.high - shift.low) / 2;
    return {
      finding,
      change,
      p,
      adjustedP,
      moreRuns:
        finding === 'collect-more' ? moreRuns(fewest, half, Math.abs(shift.estimate), margin, tests, alpha) : null,
    };
  });
}

/** Intervals shrink with the root of the number of runs; what is looked for is an interval that leaves out either 0 or the margin. */
function moreRuns(
  runs: number,
  halfWidth: number,
  estimate: number,
  margin: number,
  tests: number,
  alpha: number,
): number | null {
  const edge = Math.log1p(margin);
  const room = Math.max(estimate, edge - estimate);
  const needed = Math.max(Math.ceil(runs * (halfWidth / room) ** 2), leastRuns(tests, alpha));
  return needed > MOST_RUNS ? null : Math.max(1, needed - runs);
}

/** Runs of each side below which no result, however clear, could be told from chance with so many pairs. */
export function leastRuns(tests: number, alpha = 0.05): number {
  let runs = 1;
  while (smallestP(runs, runs) * Math.max(1, tests) >= alpha) runs++;
  return runs;
}
