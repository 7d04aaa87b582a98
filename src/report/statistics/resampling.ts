// How often the verdicts are wrong, and how often they find what is there: comparisons drawn from
// many saved runs of one and the same thing (A against A), and the same with one side shifted.
// Called by `npm run bench -- aa` and by the tests that hold the documented figures. Pure; seeded.
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { judge } from './judge.js';
import { normalQuantile } from './special-functions.js';

/**
 * One figure (a metric of a point) over repeats, in the order in which they were made; all series
 * of a set have the same length.
 */
export interface Series {
  readonly name: string;
  readonly values: readonly number[];
}

/**
 * How the two sides are drawn. `shuffled`: any repeats, without replacement; what the theory
 * assumes. `interleaved`: neighbours in time, one to each side by the toss of a coin, as within one
 * sweep. `consecutive`: a stretch of time against the next one, as of two sweeps one after the
 * other: drift is in it.
 */
export type Design = 'shuffled' | 'interleaved' | 'consecutive';

export interface Trial {
  readonly design: Design;
  /** Runs a side. */
  readonly runs: number;
  readonly rounds: number;
  readonly seed: number;
  readonly alpha: number;
  readonly margin: number;
  /** What the second side is multiplied by: 1 is A against A, 1.05 a true shift of 5 %. */
  readonly factor: number;
}

export interface Rate {
  readonly rounds: number;
  readonly hits: number;
  readonly rate: number;
  /** Wilson's 95 % interval of the rate, as if the rounds were independent. */
  readonly low: number;
  readonly high: number;
}

export interface TrialResult {
  /** Comparisons in which anything was called different. */
  readonly any: Rate;
  /** Over all figures, how often each was called different; and how often the same. */
  readonly different: Rate;
  readonly same: Rate;
}

/** Judges the series together, as a comparison does; the correction is over all of them. */
export function tryOut(series: readonly Series[], trial: Trial): TrialResult {
  const length = series[0]?.values.length ?? 0;
  if (length < 2 * trial.runs)
    throw new RangeError(`${2 * trial.runs} repeats are needed, and there are ${length}`);
  const draw = drawer(length, trial);
  let [any, different, same] = [0, 0, 0];
  for (let round = 0; round < trial.rounds; round++) {
    const [base, next] = draw();
    const judged = judge(
      series.map(({ values }) => ({
        base: base.map((i) => values[i]),
        next: next.map((i) => values[i] * trial.factor),
      })),
      trial,
    );
    const told = judged.filter(({ finding }) => finding === 'different').length;
    different += told;
    same += judged.filter(({ finding }) => finding === 'same').length;
    if (told > 0) any++;
  }
  const figures = trial.rounds * series.length;
  return {
    any: rateOf(any, trial.rounds),
    different: rateOf(different, figures),
    same: rateOf(same, figures),
  };
}

/** Numbers of the repeats of both sides, anew with each call. */
function drawer(
  length: number,
  { design, runs, seed }: Trial,
): () => [base: number[], next: number[]] {
  const random = xoroshiro128plus(seed);
  const below = (bound: number): number => uniformInt(random, 0, bound - 1);
  return () => {
    switch (design) {
      case 'shuffled': {
        const order = Array.from({ length }, (_, i) => i);
        for (let i = 0; i < 2 * runs; i++) {
          const other = i + below(length - i); // Fisher-Yates, as far as it is looked at
          [order[i], order[other]] = [order[other], order[i]];
        }
        return [order.slice(0, runs), order.slice(runs, 2 * runs)];
      }
      case 'interleaved': {
        const start = below(length - 2 * runs + 1);
        const sides: [number[], number[]] = [[], []];
        for (let pair = 0; pair < runs; pair++) {
          const first = below(2);
          sides[first].push(start + 2 * pair);
          sides[1 - first].push(start + 2 * pair + 1);
        }
        return sides;
      }
      case 'consecutive': {
        const start = below(length - 2 * runs + 1);
        const stretch = (from: number): number[] =>
          Array.from({ length: runs }, (_, i) => from + i);
        return [stretch(start), stretch(start + runs)];
      }
    }
  };
}

function rateOf(hits: number, rounds: number): Rate {
  const z = normalQuantile(0.975);
  const rate = hits / rounds;
  const middle = (rate + z ** 2 / (2 * rounds)) / (1 + z ** 2 / rounds);
  const half =
    (z / (1 + z ** 2 / rounds)) *
    Math.sqrt((rate * (1 - rate)) / rounds + z ** 2 / (4 * rounds ** 2));
  return { rounds, hits, rate, low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}
