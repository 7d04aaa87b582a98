// The answer that the page opens with: the best point under a latency limit, who comes next, and
// whether the two can be told apart. And the Pareto front of throughput against latency. Pure, for
// the browser and its tests; points of one loop only may come in here, since response and service
// times do not compare.
import { mannWhitney, smallestP } from '../statistics/mann-whitney.js';
import type { PagePoint } from './page-model.js';

export interface Candidate {
  /** Index of the point. */
  readonly point: number;
  readonly rate: number;
  /** The percentile that the limit is about, ms. */
  readonly latency: number;
  /** Throughputs and latencies of its valid runs. */
  readonly rates: readonly number[];
  readonly latencies: readonly number[];
}

export type Answer =
  | { readonly kind: 'nothing-measured' }
  | { readonly kind: 'none-fits'; readonly nearest: Candidate }
  | {
      readonly kind: 'best';
      readonly best: Candidate;
      /** Next in rank among those that fit; null when there is none. */
      readonly runnerUp: Candidate | null;
      /** What the runner-up is behind in: its latency where both keep the same set rate. */
      readonly by: 'rate' | 'latency';
      /**
       * By the rank-sum test of `kbench compare`. `clear`: chance alone parts the runs of two equal
       * points so far in at most 5 % of cases; `few`: they lie as far apart as so few runs can,
       * which proves nothing; `unknown`: one of the two has a single valid run. Null without a
       * runner-up.
       */
      readonly lead: 'clear' | 'few' | 'within-spread' | 'unknown' | null;
      /**
       * How often chance alone parts the runs of two equal points so far; 1 without a runner-up.
       */
      readonly chance: number;
      /** Points that fit and cannot be told from the best by their runs. */
      readonly ties: number;
      /** Valid runs of the best whose own latency is above the limit. */
      readonly runsAbove: number;
      readonly fitting: number;
    };

const ALPHA = 0.05;

/** A set rate is kept to within this share, or it is not kept. */
export const SAME_RATE = 0.005;

/**
 * Highest throughput whose median latency is at most `limitMs`. In an open loop the throughput is
 * what was asked for, so of the points that keep the highest rate the one with the lowest latency.
 */
export function bestUnder(
  candidates: readonly Candidate[],
  limitMs: number,
  loop: 'open' | 'closed',
): Answer {
  if (candidates.length === 0) return { kind: 'nothing-measured' };
  const fitting = candidates
    .filter(({ latency }) => latency <= limitMs)
    .sort((a, b) => b.rate - a.rate || a.latency - b.latency);
  if (fitting.length === 0) {
    return {
      kind: 'none-fits',
      nearest: candidates.reduce((least, each) => (each.latency < least.latency ? each : least)),
    };
  }
  const floor = fitting[0].rate * (1 - (loop === 'open' ? SAME_RATE : 0));
  const fastest = fitting.filter(({ rate }) => rate >= floor).sort((a, b) => a.latency - b.latency);
  const [best, runnerUp = null] = [...fastest, ...fitting.filter(({ rate }) => rate < floor)];
  const by = loop === 'open' && fastest.length > 1 ? 'latency' : 'rate';
  const runsOf = (each: Candidate): readonly number[] =>
    by === 'latency' ? each.latencies : each.rates;
  const chance = runnerUp === null ? 1 : mannWhitney(runsOf(best), runsOf(runnerUp)).p;
  return {
    kind: 'best',
    best,
    runnerUp,
    by,
    lead: runnerUp === null ? null : leadOf(runsOf(best), runsOf(runnerUp)),
    chance,
    ties: (by === 'latency' ? fastest : fitting).filter(
      (each) => each !== best && leadOf(runsOf(best), runsOf(each)) === 'within-spread',
    ).length,
    runsAbove: best.latencies.filter((latency) => latency > limitMs).length,
    fitting: fitting.length,
  };
}

function leadOf(
  best: readonly number[],
  other: readonly number[],
): 'clear' | 'few' | 'within-spread' | 'unknown' {
  if (best.length < 2 || other.length < 2) return 'unknown';
  const { p } = mannWhitney(best, other);
  if (p <= ALPHA) return 'clear';
  // No sum of ranks is further out.
  return p <= smallestP(best.length, other.length) ? 'few' : 'within-spread';
}

/**
 * With acks=0 a latency ends at the socket, and what lost records is no answer: such points are
 * ranked only where there are no others.
 */
export function rankedOf<P extends Pick<PagePoint, 'until' | 'kept'>>(
  points: readonly P[],
): readonly P[] {
  const acknowledged = preferred(points, ({ until }) => until === 'acknowledged');
  return preferred(acknowledged, ({ kept }) => kept);
}

/** Those that are so, where there are any; else all. */
export function preferred<P>(points: readonly P[], is: (point: P) => boolean): readonly P[] {
  const those = points.filter(is);
  return those.length > 0 ? those : points;
}

/** Those that no other beats in both: ascending in latency and in throughput. */
export function paretoFront(candidates: readonly Candidate[]): Candidate[] {
  const front: Candidate[] = [];
  for (const each of candidates.toSorted((a, b) => a.latency - b.latency || b.rate - a.rate)) {
    if (front.length === 0 || each.rate > front[front.length - 1].rate) front.push(each);
  }
  return front;
}
