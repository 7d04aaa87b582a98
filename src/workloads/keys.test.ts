import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createKeys } from './keys.js';

function draw(distinct: number, bytes: number, seed: number, count: number): string[] {
  const keys = createKeys({ kind: 'uniform', distinct, bytes }, seed);
  return Array.from({ length: count }, () => {
    const key = Buffer.from(keys.current!).toString('latin1');
    keys.advance();
    return key;
  });
}

describe('keys', () => {
  it('are null when there are none', () => {
    const keys = createKeys({ kind: 'none' }, 1);
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
    expect(draw(4097, 6, 9, 500).every((key) => /^00\d{4}$/.test(key) && Number(key) < 4097)).toBe(true);
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
    expect(() => createKeys({ kind: 'uniform', distinct: 257, bytes: 1 }, 1)).toThrow('257 distinct keys');
  });
});
