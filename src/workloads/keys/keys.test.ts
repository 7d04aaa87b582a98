import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KeySettings } from '../../contract/settings.js';
import { createKeys, longestKey, type KeySource } from './keys.js';

const SHARE = { seed: 1, worker: 0, workers: 1 };

function draw(distinct: number, bytes: number, seed: number, count: number): string[] {
  return take(createKeys({ kind: 'uniform', distinct, bytes }, { ...SHARE, seed }), count);
}

function take(keys: KeySource, count: number): string[] {
  return Array.from({ length: count }, () => {
    const key = Buffer.from(keys.current!).toString('latin1');
    keys.advance();
    return key;
  });
}

describe('keys', () => {
  it('are null when there are none', () => {
    const keys = createKeys({ kind: 'none' }, SHARE);
    expect(keys.current).toBeNull();
    keys.advance();
    expect(keys.current).toBeNull();
  });

  it('come in exactly the distinct number asked for, evenly, each of its length', () => {
    const drawn = draw(50, 8, 11, 50_000);
    const counts = new Map<string, number>();
    for (const key of drawn) counts.set(key, (counts.get(key) ?? 0) + 1);
    expect(counts.size).toBe(50);
    expect([...counts.keys()].every((key) => /^0{6}\d\d$/.test(key))).toBe(true);
    // Chi-square with 49 degrees of freedom: 99.9 % lies below 85.4.
    const chi = [...counts.values()].reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0);
    expect(chi).toBeLessThan(85.4);
  });

  it('do not repeat more than chance has it when there are too many for views', () => {
    const drawn = new Set(draw(1_000_000_000, 10, 5, 10_000));
    // The expected number of repeats is 0.05.
    expect(drawn.size).toBeGreaterThanOrEqual(9_998);
  });

  it('are written alike with few and with many distinct ones', () => {
    expect(draw(4097, 6, 9, 500).every((key) => /^00\d{4}$/.test(key) && Number(key) < 4097)).toBe(
      true,
    );
  });

  it('fall back to hexadecimal and to bytes where decimal text is too long', () => {
    expect(draw(200, 2, 1, 300).every((key) => /^[0-9a-f]{2}$/.test(key))).toBe(true);
    expect(new Set(draw(200, 1, 1, 20_000)).size).toBe(200);
  });

  it('repeat with the seed', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 100_000 }), (seed, distinct) => {
        expect(draw(distinct, 8, seed, 20)).toEqual(draw(distinct, 8, seed, 20));
      }),
    );
  });

  it('are refused when they cannot be distinct', () => {
    expect(() => createKeys({ kind: 'uniform', distinct: 257, bytes: 1 }, SHARE)).toThrow(
      '257 distinct keys',
    );
  });
});

/** Chi-square over the cells; a cell gathers neighbours until it expects 20 or more. */
function chiSquare(observed: readonly number[], chances: readonly number[]): [number, number] {
  const total = observed.reduce((sum, n) => sum + n, 0);
  let [chi, cells, seen, expected] = [0, 0, 0, 0];
  for (const [i, chance] of chances.entries()) {
    seen += observed[i];
    expected += chance * total;
    if (expected < 20 && i < chances.length - 1) continue;
    chi += (seen - expected) ** 2 / expected;
    cells += 1;
    seen = expected = 0;
  }
  return [chi, cells - 1];
}

/** 99.99 % of chi-squares lie below (Wilson and Hilferty's approximation). */
function limitOf(freedom: number): number {
  const spread = 2 / (9 * freedom);
  return freedom * (1 - spread + 3.719 * Math.sqrt(spread)) ** 3;
}

function countsOf(settings: KeySettings & { distinct: number }, seed: number, count: number) {
  const counts = new Array<number>(settings.distinct).fill(0);
  const keys = createKeys(settings, { ...SHARE, seed });
  for (let i = 0; i < count; i++) {
    counts[Number(Buffer.from(keys.current!).toString('latin1'))] += 1;
    keys.advance();
  }
  return counts;
}

describe('key distributions', () => {
  it('range: plain numbers in turn, as ProducerPerformance 4.4 writes them', () => {
    const keys = createKeys({ kind: 'range', distinct: 12 }, SHARE);
    const turn = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11'];
    expect(take(keys, 15)).toEqual([...turn, '0', '1', '2']);
    const large = createKeys({ kind: 'range', distinct: 1_000_000 }, SHARE);
    expect(take(large, 101).filter((_, i) => [0, 9, 10, 99, 100].includes(i))).toEqual([
      ...['0', '9', '10', '99', '100'],
    ]);
  });

  it('random: plain numbers, each as likely', () => {
    const counts = countsOf({ kind: 'random', distinct: 1000 }, 5, 200_000);
    const [chi, freedom] = chiSquare(counts, new Array<number>(1000).fill(1 / 1000));
    expect(chi).toBeLessThan(limitOf(freedom));
    expect(take(createKeys({ kind: 'random', distinct: 5 }, SHARE), 50).join('')).toMatch(
      /^[0-4]+$/,
    );
  });

  it.each([
    [0.5, 100],
    [0.99, 10_000],
    [1, 1000],
    [1.2, 5000],
    [3, 50],
  ])('Zipf with exponent %d over %i keys follows its law', (exponent, distinct) => {
    const settings = { kind: 'zipf', distinct, exponent, bytes: 8 } as const;
    const counts = countsOf(settings, 7, 300_000);
    const weights = Array.from({ length: distinct }, (_, k) => (k + 1) ** -exponent);
    const sum = weights.reduce((a, b) => a + b, 0);
    const [chi, freedom] = chiSquare(
      counts,
      weights.map((weight) => weight / sum),
    );
    expect(chi).toBeLessThan(limitOf(freedom));
    expect(freedom).toBeGreaterThan(3);
  });

  it('hot set: its share of the records falls evenly on its keys, the rest on the others', () => {
    const size = { distinct: 100, bytes: 8 };
    const settings = { kind: 'hot-set', ...size, hotKeys: 10, hotTraffic: 0.9 } as const;
    const counts = countsOf(settings, 3, 200_000);
    const chances = Array.from({ length: 100 }, (_, k) => (k < 10 ? 0.9 / 10 : 0.1 / 90));
    const [chi, freedom] = chiSquare(counts, chances);
    expect(chi).toBeLessThan(limitOf(freedom));
  });

  it.each<KeySettings>([
    { kind: 'range', distinct: 5000 },
    { kind: 'random', distinct: 100_000 },
    { kind: 'zipf', distinct: 100_000, exponent: 1.1, bytes: 8 },
    { kind: 'hot-set', distinct: 1000, hotKeys: 3, hotTraffic: 0.5, bytes: 4 },
  ])(
    '$kind: three workers send what one would, and begin again with the measured part',
    (settings) => {
      const alone = take(createKeys(settings, { seed: 9, worker: 0, workers: 1 }), 300);
      const three = [0, 1, 2].map((worker) =>
        createKeys(settings, { seed: 9, worker, workers: 3 }),
      );
      take(three[0], 17);
      three[0].restart();
      const parts = three.map((keys) => take(keys, 100));
      expect(alone).toEqual(alone.map((_, i) => parts[i % 3][Math.floor(i / 3)]));
      const longest = Math.max(...alone.map((key) => key.length));
      expect(longest).toBeLessThanOrEqual(longestKey(settings));
    },
  );
});
