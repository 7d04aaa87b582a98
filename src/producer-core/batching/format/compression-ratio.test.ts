import { describe, expect, it } from 'vitest';
import { currentRatio, estimatedRecordBytes, nextRatio } from './compression-ratio.js';

describe('the estimate of how small records become', () => {
  it('begins at 1', () => {
    expect(currentRatio(NaN)).toBe(1);
    expect(estimatedRecordBytes(1000, 1)).toBe(1050);
  });

  it('falls by 0.005 a batch, but not below what was seen', () => {
    expect(nextRatio(NaN, 0.3)).toBeCloseTo(0.995, 6);
    expect(nextRatio(1, 0.998)).toBeCloseTo(0.998, 6);
  });

  it('rises by 0.05 at least, and at once to what was seen', () => {
    expect(nextRatio(0.5, 0.51)).toBeCloseTo(0.55, 6);
    expect(nextRatio(0.5, 0.9)).toBeCloseTo(0.9, 6);
    expect(nextRatio(0.5, 0.5)).toBe(0.5);
  });

  it('counts in 32-bit floats as Java does', () => {
    // Each figure is what jshell prints for the same expression with Java's floats.
    // (int) (61439 * 0.995f * 1.05f)
    expect(estimatedRecordBytes(61_439, Math.fround(0.995))).toBe(64_188);
    expect(nextRatio(nextRatio(NaN, 0.1), 0.1)).toBe(0.9900000095367432); // 1.0f - 0.005f - 0.005f
    let sum = 0; // n = n * 31 + (int) (r * x * 1.05f)
    for (let raw = 1; raw < 200_000; raw += 7) {
      for (
        let ratio = Math.fround(0.05);
        ratio < 1;
        ratio = Math.fround(ratio + Math.fround(0.013))
      ) {
        sum = (Math.imul(sum, 31) + estimatedRecordBytes(raw, ratio)) | 0;
      }
    }
    expect(sum).toBe(-791_800_420);
  });

  it('comes to rest at what all batches have', () => {
    let ratio = NaN;
    for (let i = 0; i < 120; i++) ratio = nextRatio(ratio, 0.42);
    expect(ratio).toBe(Math.fround(0.42));
  });
});
