// The order of a sweep's runs: blocks, each with every point once in an order of its own, so that a
// machine that slows down over an hour slows all points alike. Everything follows from the seed.
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { PlannedRun } from '../../contract/plan.js';

/**
 * `repeats` blocks over the points, numbered 0001 and on. The same arguments give the same runs, on
 * every machine. Within a block, points of one cluster (`clusterOf`) come one after the other, as
 * each cluster has to be started; which cluster is first is up to the seed, too.
 */
export function orderRuns(
  pointIds: readonly string[],
  repeats: number,
  seed: number,
  clusterOf: (pointId: string) => string = () => '',
): PlannedRun[] {
  const random = xoroshiro128plus(mixSeed(seed, 0));
  const total = pointIds.length * repeats;
  const digits = Math.max(4, String(total).length);
  const runs: PlannedRun[] = [];
  for (let block = 1; block <= repeats; block++) {
    for (const point of inClusters(pointIds, clusterOf, random)) {
      const number = runs.length + 1;
      const run = String(number).padStart(digits, '0');
      runs.push({ run, point, repeat: block, block, seed: mixSeed(seed, number) });
    }
  }
  return runs;
}

/** Clusters in a random order, and in each its points in one. */
export function inClusters(
  pointIds: readonly string[],
  clusterOf: (pointId: string) => string,
  random: RandomGenerator,
): string[] {
  const clusters = new Map<string, string[]>();
  for (const id of pointIds) {
    const key = clusterOf(id);
    const known = clusters.get(key);
    if (known === undefined) clusters.set(key, [id]);
    else known.push(id);
  }
  return shuffled([...clusters.values()], random).flatMap((points) => shuffled(points, random));
}

function shuffled<T>(items: readonly T[], random: RandomGenerator): T[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last--) {
    const other = uniformInt(random, 0, last); // Fisher-Yates
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}

/**
 * A seed of 32 bits (0 to 2^32 - 1) for run `index` of a sweep: SplitMix's finalizer (MurmurHash3's
 * fmix32) over the sweep's seed, all 53 bits of it, and the index, so that neighbouring seeds and
 * runs have nothing in common.
 */
export function mixSeed(seed: number, index: number): number {
  const low = seed >>> 0;
  const high = Math.floor(seed / 0x1_0000_0000) >>> 0;
  return finalize(finalize(finalize(low ^ 0x9e37_79b9) ^ high) + Math.imul(index, 0x9e37_79b9));
}

function finalize(value: number): number {
  let hash = value >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
