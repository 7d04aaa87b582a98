import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mixSeed, orderRuns } from './order.js';

const ids = (count: number) => Array.from({ length: count }, (_, index) => `p${index}`);

describe('orderRuns', () => {
  it('is the same for the same seed, on every machine', () => {
    expect(
      orderRuns(['a', 'b', 'c'], 2, 42).map(({ run, point, seed }) => `${run} ${point} ${seed}`),
    ).toEqual([
      '0001 c 4256365164',
      '0002 a 1477527603',
      '0003 b 4016889980',
      '0004 a 3640596861',
      '0005 c 719970946',
      '0006 b 1627613406',
    ]);
  });

  it('puts every point once into each block, and counts repeats by block', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 6 }),
        fc.maxSafeInteger(),
        (points, repeats, seed) => {
          const runs = orderRuns(ids(points), repeats, seed);
          expect(runs).toHaveLength(points * repeats);
          for (let block = 1; block <= repeats; block++) {
            const inBlock = runs.slice((block - 1) * points, block * points);
            expect(inBlock.every((run) => run.block === block && run.repeat === block)).toBe(true);
            expect(inBlock.map(({ point }) => point).sort()).toEqual(ids(points).sort());
          }
        },
      ),
    );
  });

  it('gives each point each place about equally often', () => {
    const places = new Map<string, number>();
    const seeds = 3_000;
    for (let seed = 0; seed < seeds; seed++) {
      for (const [place, { point }] of orderRuns(ids(4), 1, seed).entries()) {
        places.set(`${point}@${place}`, (places.get(`${point}@${place}`) ?? 0) + 1);
      }
    }
    // 750 expected; 5 standard deviations are 119.
    expect(places.size).toBe(16);
    for (const count of places.values()) expect(Math.abs(count - seeds / 4)).toBeLessThan(119);
  });

  it('orders blocks differently, and seeds differently', () => {
    const [first, second] = [1, 2].map((block) =>
      orderRuns(ids(20), 2, 7)
        .filter((run) => run.block === block)
        .map(({ point }) => point),
    );
    expect(first).not.toEqual(second);
    expect(orderRuns(ids(20), 1, 7)).not.toEqual(orderRuns(ids(20), 1, 8));
  });

  it('numbers runs with four digits, or as many as the last one needs', () => {
    expect(orderRuns(ids(1), 1, 1)[0].run).toBe('0001');
    expect(orderRuns(ids(2_500), 4, 1).at(-1)?.run).toBe('10000');
    expect(orderRuns(ids(2_500), 4, 1)[0].run).toBe('00001');
  });
});

describe('mixSeed', () => {
  it('gives 32-bit seeds that differ between runs and seeds, high bits included', () => {
    const seeds = new Set<number>();
    for (const seed of [0, 1, -1, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
      for (let index = 0; index < 2_000; index++) seeds.add(mixSeed(seed, index));
    }
    for (const seed of seeds)
      expect(seed >= 0 && seed < 2 ** 32 && Number.isInteger(seed)).toBe(true);
    expect(seeds.size).toBeGreaterThan(9_990); // of 10,000; about 0.01 collisions are expected
  });
});
