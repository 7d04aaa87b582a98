// Merged histograms, held to hdr-histogram-js.
import { deflateSync } from 'node:zlib';
import { build, decodeFromCompressedBase64, encodeIntoCompressedBase64 } from 'hdr-histogram-js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCounts } from '../results/decode-histogram.js';
import { ReadTrouble } from '../results/read-trouble.js';
import { latencyCurve, mergeLatency } from './merge-histograms.js';

const OPTIONS = {
  lowestDiscernibleValue: 1,
  highestTrackableValue: 3_600_000_000,
  numberOfSignificantValueDigits: 3,
} as const;
const QUANTILES = [0, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999];

function encoded(values: readonly number[]): string {
  const histogram = build(OPTIONS);
  for (const value of values) histogram.recordValue(value);
  return encodeIntoCompressedBase64(histogram);
}

describe('mergeLatency', () => {
  it('tells of several runs together what hdr-histogram-js tells of their sum', () => {
    const values = fc.array(fc.integer({ min: 0, max: 3_000_000_000 }), {
      minLength: 1,
      maxLength: 400,
    });
    fc.assert(
      fc.property(values, values, (a, b) => {
        const merged = mergeLatency(
          mergeLatency(null, readCounts(encoded(a))),
          readCounts(encoded(b)),
        );
        const sum = decodeFromCompressedBase64(encoded(a), 32, false);
        sum.add(decodeFromCompressedBase64(encoded(b), 32, false));
        expect(merged.total).toBe(sum.totalCount);
        const told = QUANTILES.filter((quantile) => merged.total * (1 - quantile) >= 1 - 1e-9);
        const theirs = told.map((quantile) => sum.getValueAtPercentile(100 * quantile) / 1000);
        expect(latencyCurve(merged, QUANTILES)).toEqual(theirs);
      }),
      { numRuns: 200 },
    );
  });

  it('ends a curve where the records no longer resolve a quantile', () => {
    const merged = mergeLatency(
      null,
      readCounts(encoded(Array.from({ length: 1000 }, (_, index) => index + 1))),
    );
    // 0.999 is the last: one record in a thousand
    expect(latencyCurve(merged, QUANTILES)).toHaveLength(5);
  });

  it('refuses what is damaged, foreign or a bomb, and leaves what it had as it was', () => {
    const good = encoded([1, 2, 3]);
    const other = build({ ...OPTIONS, numberOfSignificantValueDigits: 2 });
    other.recordValue(5);
    const cookie = Buffer.from([0x1c, 0x84, 0x93, 0x14, 0, 0, 0, 0]);
    const packed = (body: Buffer): string =>
      Buffer.concat([cookie, deflateSync(body)]).toString('base64');
    const bad: Record<string, string> = {
      empty: '',
      'no histogram': 'AAAA',
      'cut short': good.slice(0, good.length - 12),
      'of another resolution': encodeIntoCompressedBase64(other),
      'a bomb of 40 MB': packed(Buffer.alloc(40 * 2 ** 20)),
      'another format within': packed(Buffer.alloc(60)),
    };
    for (const [what, text] of Object.entries(bad)) {
      const merged = mergeLatency(null, readCounts(good));
      expect(() => mergeLatency(merged, readCounts(text)), what).toThrow(ReadTrouble);
      expect([merged.total, merged.end], what).toEqual([3, 4]);
    }
  });
});
