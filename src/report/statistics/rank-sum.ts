// The null distribution of the rank sum: how likely each value of Mann-Whitney's U is when both
// samples come from one distribution. Shared by the test (mann-whitney.ts) and the interval
// (hodges-lehmann.ts). Pure.

/**
 * P(W = w) for the sum W of the `n` ranks that fall to the first sample, over all ways to deal
 * `ranks` out. Ranks are given doubled, as midranks of ties end in .5; so is the index of the
 * result. Exact up to rounding of doubles.
 */
export function rankSumMass(doubledRanks: readonly number[], n: number): Float64Array {
  const ranks = doubledRanks.toSorted((a, b) => a - b);
  const sums = [0]; // of the least ranks, so that sums of neighbours are differences
  for (const rank of ranks) sums.push(sums.at(-1)! + rank);
  const total = sums[ranks.length];
  // ways[k][s]: of k ranks chosen among those seen so far, how many choices sum to s. As
  // probabilities later on.
  const ways = Array.from({ length: n + 1 }, () => new Float64Array(total + 1));
  ways[0][0] = 1;
  ranks.forEach((rank, before) => {
    const seen = before + 1;
    for (let k = Math.min(n, seen); k >= 1; k--) {
      const [to, from] = [ways[k], ways[k - 1]];
      // k of the ranks seen, this one among them: nothing lies outside the sums of the least and of
      // the greatest.
      const least = sums[k - 1] + rank;
      for (let s = sums[seen] - sums[seen - k]; s >= least; s--) to[s] += from[s - rank];
    }
  });
  const mass = ways[n];
  const all = mass.reduce((sum, value) => sum + value, 0);
  return mass.map((value) => value / all);
}

/** Midranks, doubled so that they are whole: [10, 20, 20] gives [2, 5, 5]. */
export function doubledMidranks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((a, b) => values[a] - values[b]);
  const ranks = new Array<number>(values.length);
  for (let from = 0; from < order.length;) {
    let to = from;
    while (to + 1 < order.length && values[order[to + 1]] === values[order[from]]) to++;
    for (let i = from; i <= to; i++) ranks[order[i]] = from + 1 + to + 1;
    from = to + 1;
  }
  return ranks;
}

const untied = new Map<string, Float64Array>();
const MOST_UNTIED = 1000;

/**
 * The same for the ranks 1 .. m + n, without ties; kept, as a comparison asks thousands of times
 * for the same two sizes. Not to be written to.
 */
export function untiedRankSumMass(m: number, n: number): Float64Array {
  const key = `${m} ${n}`;
  let mass = untied.get(key);
  if (mass === undefined) {
    mass = rankSumMass(
      Array.from({ length: m + n }, (_, i) => 2 * (i + 1)),
      m,
    );
    if (untied.size < MOST_UNTIED) untied.set(key, mass);
  }
  return mass;
}

/** P(U = u), u = 0 .. m n, without ties. */
export function mannWhitneyMass(m: number, n: number): Float64Array {
  const mass = untiedRankSumMass(m, n);
  const least = m * (m + 1); // U is the rank sum less its least value
  return Float64Array.from({ length: m * n + 1 }, (_, u) => mass[least + 2 * u]);
}
