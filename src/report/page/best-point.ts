// The answer that the page opens with: the best point under a latency limit, who comes next, and whether the two can be told apart. And the Pareto
// front of throughput against p99. Pure, for the browser and its tests; points of one loop only may come in here, since response and service
// times do not compare.

export interface Candidate {
  /** Index of the point. */
  readonly point: number;
  readonly rate: number;
  readonly p99: number;
  /** Throughputs and p99s of its valid runs. */
  readonly rates: readonly number[];
  readonly p99s: readonly number[];
}

export type Answer =
  | { readonly kind: 'nothing-measured' }
  | { readonly kind: 'none-fits'; readonly nearest: Candidate }
  | {
      readonly kind: 'best';
      readonly best: Candidate;
      /** Second in throughput among those that fit; null when there is none. */
      readonly runnerUp: Candidate | null;
      /** Null without a runner-up; `unknown` where one of the two has a single valid run. */
      readonly lead: 'clear' | 'within-spread' | 'unknown' | null;
      /** Points that fit and cannot be told from the best by their runs. */
      readonly ties: readonly Candidate[];
      /** Valid runs of the best whose own p99 is above the limit. */
      readonly runsAbove: number;
      readonly fitting: number;
    };

/** Highest throughput whose p99 median is at most `limitMs`; of equal ones the lower p99. */
export function bestUnder(candidates: readonly Candidate[], limitMs: number): Answer {
  if (candidates.length === 0) return { kind: 'nothing-measured' };
  const fitting = candidates.filter(({ p99 }) => p99 <= limitMs).sort((a, b) => b.rate - a.rate || a.p99 - b.p99);
  if (fitting.length === 0) {
    return { kind: 'none-fits', nearest: candidates.reduce((least, each) => (each.p99 < least.p99 ? each : least)) };
  }
  const [best, runnerUp = null] = fitting;
  const lead =
    runnerUp === null
      ? null
      : best.rates.length < 2 || runnerUp.rates.length < 2
        ? 'unknown'
        : overlap(best.rates, runnerUp.rates)
          ? 'within-spread'
          : 'clear';
  return {
    kind: 'best',
    best,
    runnerUp,
    lead,
    ties: fitting.slice(1).filter((each) => each.rates.length > 1 && overlap(best.rates, each.rates)),
    runsAbove: best.p99s.filter((p99) => p99 > limitMs).length,
    fitting: fitting.length,
  };
}

/** Whether the ranges of two samples, least to greatest, meet. */
export function overlap(a: readonly number[], b: readonly number[]): boolean {
  return Math.max(...a) >= Math.min(...b) && Math.max(...b) >= Math.min(...a);
}

/** Those that no other beats in both: ascending in p99 and in throughput. */
export function paretoFront(candidates: readonly Candidate[]): Candidate[] {
  const front: Candidate[] = [];
  for (const each of candidates.toSorted((a, b) => a.p99 - b.p99 || b.rate - a.rate)) {
    if (front.length === 0 || each.rate > front[front.length - 1].rate) front.push(each);
  }
  return front;
}
