import { describe, expect, it } from 'vitest';
import { CounterRandom } from './counter-random.js';

describe('chance by counter', () => {
  // Random123's known answers for threefry2x32 with 20 rounds.
  it.each([
    [0, 0, 0, 0, 0x6b200159, 0x99ba4efe],
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x1cb996fc, 0xbb002be7],
    [0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3, 0xc4923a9c, 0x483df7a0],
  ])('is Threefry: key %i %i, counter %i %i', (k0, k1, c0, c1, low, high) => {
    const random = new CounterRandom(k0 | 0, k1 | 0);
    random.mix(c0 | 0, c1 | 0);
    expect([random.low >>> 0, random.high >>> 0]).toEqual([low, high]);
  });

  it('knows records beyond 2^32, and several draws of one record, apart', () => {
    const random = new CounterRandom(7, 1);
    const of = (index: number, draw: number): number => random.unit(index, draw);
    const all = [of(1, 0), of(1, 1), of(1 + 2 ** 32, 0), of(2, 0)];
    expect(new Set(all).size).toBe(4);
    expect(all.every((unit) => unit >= 0 && unit < 1)).toBe(true);
  });
});
