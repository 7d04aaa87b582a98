import { describe, expect, it } from 'vitest';
import { backoffMs } from './backoff.js';

describe('backoff', () => {
  it('doubles from the first wait to the longest, jittered by 20 % either way', () => {
    const low = (attempts: number) => backoffMs(100, 1000, attempts, () => 0);
    const high = (attempts: number) => backoffMs(100, 1000, attempts, () => 0.999999);
    expect([0, 1, 2, 3, 4, 50].map(low)).toEqual([80, 160, 320, 640, 799, 799]);
    expect([0, 1, 2, 3, 4, 50].map(high)).toEqual([119, 239, 479, 959, 1000, 1000]);
  });

  it('is fixed and without jitter where it has nowhere to grow, as in Java', () => {
    expect([0, 1, 9].map((attempts) => backoffMs(50, 50, attempts, () => 0))).toEqual([50, 50, 50]);
  });

  it('is nothing where the first wait is', () => {
    expect(backoffMs(0, 1000, 5, () => 0.5)).toBe(0);
  });
});
