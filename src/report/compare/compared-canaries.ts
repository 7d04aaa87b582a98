// The machine beside the runs: two fixed pieces of work, compared as the product is, and what their
// change says about the product's. Pure; called by comparison.ts.
//
// How it weighs: a difference of the product is put down to the machine where a canary moved the
// same way, by more than chance explains, and at least half as much. Half, because neither piece of
// work is the product: a machine whose CPU is 10 % slower may cost a product 15 % of its
// throughput. Such a difference is no regression (nor an improvement), but neither is it settled:
// the comparison is to be made again.
import type { CanaryPart } from '../../contract/comparison.js';
import type { Canary, RunResult } from '../../contract/run-result.js';
import { median } from '../statistics/quantity.js';
import { judge } from '../statistics/judge.js';

const SHARE_OF_PRODUCT = 0.5;

export interface CanaryOutcome {
  readonly parts: CanaryPart[] | null;
  readonly missing: string | null;
}

export function compareCanaries(
  base: readonly RunResult[],
  next: readonly RunResult[],
  judging: { readonly alpha: number; readonly margin: number },
): CanaryOutcome {
  const [ofBase, ofNext] = [base, next].map((runs) => runs.flatMap(({ canary }) => canary ?? []));
  if (ofBase.length === 0 || ofNext.length === 0) {
    const without = [
      ...(ofBase.length === 0 ? ['BASE'] : []),
      ...(ofNext.length === 0 ? ['NEW'] : []),
    ].join(' and ');
    return { parts: null, missing: `no canary beside the runs of ${without}` };
  }
  const versions = new Set([...ofBase, ...ofNext].map(({ version }) => version));
  if (versions.size > 1) {
    return {
      parts: null,
      missing: `the canaries are of different versions (${[...versions].sort().join(', ')})`,
    };
  }
  const names = ['cpuMs', 'sinkRecordsPerSecond'] as const;
  const values = (canaries: readonly Canary[], name: (typeof names)[number]): number[] =>
    canaries.map((canary) => canary[name]).filter((value) => value > 0);
  // On the scale of time: records a second are turned round.
  const pairs = names.map((name) => {
    const [b, n] = [values(ofBase, name), values(ofNext, name)];
    return name === 'cpuMs' ? { base: b, next: n } : { base: n, next: b };
  });
  const parts = judge(pairs, judging).map(({ finding, change, adjustedP }, i): CanaryPart => {
    const sample = (canaries: readonly Canary[]): CanaryPart['base'] => {
      const own = values(canaries, names[i]);
      return { runs: own.length, median: median(own) };
    };
    const told = change !== null && adjustedP !== null && adjustedP < judging.alpha;
    return {
      part: names[i],
      base: sample(ofBase),
      next: sample(ofNext),
      verdict: told
        ? change.estimate > 0
          ? 'slower'
          : 'faster'
        : finding === 'same'
          ? 'same'
          : 'collect-more',
      slower: change,
    };
  });
  return { parts, missing: null };
}

/**
 * Whether the machine's change may stand behind the product's; `cost` is the product's on the scale
 * of time or cost: above 0 is worse.
 */
export function machineExplains(parts: readonly CanaryPart[] | null, cost: number): boolean {
  const size = Math.abs(Math.log1p(cost));
  return (parts ?? []).some(({ verdict, slower }) => {
    if (slower === null || verdict !== (cost > 0 ? 'slower' : 'faster')) return false;
    return Math.abs(Math.log1p(slower.estimate)) >= SHARE_OF_PRODUCT * size;
  });
}
