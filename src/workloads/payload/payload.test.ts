import { gzipSync } from 'node:zlib';
import snappy from 'snappy';
import { describe, expect, it } from 'vitest';
import { PayloadPool } from './payload.js';

function take(pool: PayloadPool, count: number): Uint8Array[] {
  return Array.from({ length: count }, () => {
    const value = pool.current;
    pool.advance();
    return value;
  });
}

describe('payload pool', () => {
  it.each([4, 8, 100, 1024, 10_000])(
    'does not compress: 64 KiB of values of %i bytes',
    (valueBytes) => {
      const batch = Buffer.concat(
        take(new PayloadPool(valueBytes, 42), Math.ceil(65_536 / valueBytes)),
      );
      expect(gzipSync(batch, { level: 9 }).byteLength / batch.byteLength).toBeGreaterThanOrEqual(
        0.95,
      );
    },
  );

  it('does not compress over a batch of 1 MiB of 100-byte values either', () => {
    const batch = Buffer.concat(take(new PayloadPool(100, 7), 10_485));
    expect(gzipSync(batch, { level: 9 }).byteLength / batch.byteLength).toBeGreaterThanOrEqual(
      0.95,
    );
  });

  it('gives the same values for the same seed and others for another', () => {
    const [a, b, c] = [1, 1, 2].map((seed) => Buffer.concat(take(new PayloadPool(50, seed), 100)));
    expect(a.equals(b)).toBe(true);
    expect(a.equals(c)).toBe(false);
  });

  it.each([1, 100, 1 << 20, 3 << 20])(
    'hands out values of exactly %i bytes, at least four distinct ones',
    (bytes) => {
      const pool = new PayloadPool(bytes, 3);
      const values = take(pool, 4);
      expect(values.map((value) => value.byteLength)).toEqual([bytes, bytes, bytes, bytes]);
      if (bytes > 1)
        expect(new Set(values.map((value) => Buffer.from(value).toString('latin1'))).size).toBe(4);
      expect(pool.count).toBeLessThanOrEqual(16_384);
    },
  );

  it('goes round without allocating: the same views come back', () => {
    const pool = new PayloadPool(1024, 3);
    const first = take(pool, pool.count);
    expect(new Set(first).size).toBe(pool.count);
    expect(take(pool, pool.count).every((value, i) => value === first[i])).toBe(true);
  });

  it.each([100, 1000])(
    'of text compresses as events do: batches of 16 KiB of %i-byte values',
    (valueBytes) => {
      const pool = new PayloadPool(valueBytes, 5, 'text');
      const batch = Buffer.concat(take(pool, Math.floor(16_384 / valueBytes)));
      expect(gzipSync(batch).byteLength / batch.byteLength).toBeCloseTo(0.26, 1);
      expect(snappy.compressSync(batch).byteLength / batch.byteLength).toBeCloseTo(0.41, 1);
      expect(new PayloadPool(valueBytes, 5, 'text').current).toEqual(
        new PayloadPool(valueBytes, 5, 'text').current,
      );
    },
  );

  it('knows empty values', () => {
    expect(take(new PayloadPool(0, 1), 3).map((value) => value.byteLength)).toEqual([0, 0, 0]);
  });
});
