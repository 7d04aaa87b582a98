// Latencies of several runs merged into one distribution, from the histograms as they are saved. Called by page-data. Reads HdrHistogram's V2
// encoding directly into one array of counts: a page over 5,000 runs has 0.5 s for it, and decoding each into an object of its own takes four
// times that. Never trusts its input: sizes are bounded before anything is allocated. Held to hdr-histogram-js by its test.
import { inflateSync } from 'node:zlib';

const COMPRESSED_COOKIE = 0x1c849304;
const V2_COOKIE = 0x1c849303;
/** The word-size nibble is not part of the cookie's identity. */
const COOKIE_MASK = 0xffffff0f;
const HEADER_BYTES = 40;
/** An hour in microseconds at 3 digits has 23,552 counts of at most 9 bytes. */
const MAX_INFLATED_BYTES = 512 * 1024;
const MAX_COUNTS = 65_536;

/** Counts by HdrHistogram's index, and what turns an index into a value. */
export interface MergedLatency {
  readonly counts: Float64Array;
  readonly subBucketHalf: number;
  readonly unitMagnitude: number;
  total: number;
  /** One past the greatest index with a count. */
  end: number;
}

export class HistogramTrouble extends Error {
  override readonly name = 'HistogramTrouble';
}

/** Adds `encoded` to `into`, or begins with it. Throws HistogramTrouble, `into` unchanged, when it is damaged, too large or of another resolution. */
export function mergeLatency(into: MergedLatency | null, encoded: string): MergedLatency {
  const body = inflate(encoded);
  if (body.length < HEADER_BYTES || (body.readUInt32BE(0) & COOKIE_MASK) >>> 0 !== (V2_COOKIE & COOKIE_MASK) >>> 0) {
    throw new HistogramTrouble('is no HdrHistogram V2 histogram');
  }
  const payloadBytes = body.readUInt32BE(4);
  const digits = body.readUInt32BE(12);
  const lowest = Number(body.readBigInt64BE(16));
  if (payloadBytes > body.length - HEADER_BYTES || digits < 1 || digits > 5 || lowest < 1) {
    throw new HistogramTrouble('has a damaged header');
  }
  const subBucketHalf = 2 ** Math.ceil(Math.log2(2 * 10 ** digits)) / 2;
  const unitMagnitude = Math.floor(Math.log2(lowest));
  if (into !== null && (into.subBucketHalf !== subBucketHalf || into.unitMagnitude !== unitMagnitude)) {
    throw new HistogramTrouble('has another resolution than those before it');
  }
  const payload = body.subarray(HEADER_BYTES, HEADER_BYTES + payloadBytes);
  visit(payload, () => undefined); // all of it is sound before any is added
  const merged = into ?? { counts: new Float64Array(MAX_COUNTS), subBucketHalf, unitMagnitude, total: 0, end: 0 };
  visit(payload, (index, count) => {
    merged.counts[index] += count;
    merged.total += count;
    if (index >= merged.end) merged.end = index + 1;
  });
  return merged;
}

function inflate(encoded: string): Buffer {
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.length < 8 || (bytes.readUInt32BE(0) & COOKIE_MASK) >>> 0 !== (COMPRESSED_COOKIE & COOKIE_MASK) >>> 0) {
    throw new HistogramTrouble('is no compressed HdrHistogram');
  }
  try {
    return inflateSync(bytes.subarray(8), { maxOutputLength: MAX_INFLATED_BYTES });
  } catch (error) {
    const large = error instanceof RangeError;
    throw new HistogramTrouble(large ? 'inflates to more than any latency histogram' : 'is damaged', { cause: error });
  }
}

/** Calls `each` for every count above 0. ZigZag LEB128 of up to 9 bytes: a negative number is a run of zeros. */
function visit(payload: Buffer, each: (index: number, count: number) => void): void {
  let index = 0;
  for (let at = 0; at < payload.length;) {
    let low = 0; // 28 bits, so that shifts stay exact
    let high = 0;
    let byte = 0x80;
    for (let length = 0; (byte & 0x80) !== 0; length++) {
      if (length > 7 || at >= payload.length) throw new HistogramTrouble('has a damaged count');
      byte = payload[at++];
      const bits = byte & 0x7f;
      if (length < 4) low |= bits << (7 * length);
      else high += bits * 2 ** (7 * (length - 4));
    }
    const magnitude = high * 2 ** 27 + (low >>> 1);
    if ((low & 1) === 1) index += magnitude + 1;
    else if (magnitude > 0) {
      if (index >= MAX_COUNTS) throw new HistogramTrouble('has more counts than any latency histogram');
      each(index++, magnitude);
    } else index++;
    if (index > MAX_COUNTS) throw new HistogramTrouble('has more counts than any latency histogram');
  }
}

/**
 * Milliseconds at each of `quantiles` (ascending, 0 to 1), of microseconds counted; a value is the greatest that its bucket stands for, as
 * HdrHistogram tells it. Ends where the records no longer resolve a quantile: 1 / (1 - q) above their number.
 */
export function latencyCurve(merged: MergedLatency, quantiles: readonly number[]): number[] {
  const curve: number[] = [];
  let seen = 0;
  let index = -1;
  for (const quantile of quantiles) {
    if (merged.total * (1 - quantile) < 1 - 1e-9) break;
    const wanted = Math.max(1, Math.ceil(quantile * merged.total - 1e-6));
    while (seen < wanted && index < merged.end - 1) seen += merged.counts[++index];
    // As HdrHistogram does: the 0th is the least that its bucket stands for.
    curve.push((quantile === 0 ? lowestAt(index, merged) : highestAt(index, merged)) / 1000);
  }
  return curve;
}

function lowestAt(index: number, { subBucketHalf, unitMagnitude }: MergedLatency): number {
  return subBucketOf(index, subBucketHalf) * 2 ** (bucketOf(index, subBucketHalf) + unitMagnitude);
}

function highestAt(index: number, merged: MergedLatency): number {
  return lowestAt(index, merged) + 2 ** (bucketOf(index, merged.subBucketHalf) + merged.unitMagnitude) - 1;
}

/** The first bucket is twice as long as the others. */
const bucketOf = (index: number, half: number): number => Math.max(0, Math.floor(index / half) - 1);
const subBucketOf = (index: number, half: number): number => (index < 2 * half ? index : (index % half) + half);
