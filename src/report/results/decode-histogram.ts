// Saved latency histograms (HdrHistogram V2, deflated, base64) back to counts that can be asked and
// added. Called by every format and page that needs more than the percentiles in the run files. The
// text comes from a file: nothing is inflated or allocated beyond what a histogram of kbench's can
// need, and nothing is taken on trust that the package would (it inflates without a limit,
// allocates what the header declares, and drops counts that lie outside).
//
//   base64( int32 cookie 0x1c849314 | int32 length | zlib( inner ) )
//   inner = int32 cookie 0x1c849313 | int32 payload length | int32 normalising offset
//         | int32 digits | int64 lowest | int64 highest | double ratio
//         | payload: zigzag LEB128, count >= 0 or -n for n empty slots
import { inflateSync } from 'node:zlib';
import type { Latency } from '../../contract/run-result.js';
import { ReadTrouble } from './read-trouble.js';

/**
 * Three significant digits over all whole numbers that a double holds exactly take 45,056 slots.
 */
const MAX_SLOTS = 65_536;
const MAX_SLOT_BYTES = 9;
const HEADER_BYTES = 40;
const MAX_RAW_BYTES = HEADER_BYTES + MAX_SLOTS * MAX_SLOT_BYTES;
const MAX_ENCODED_CHARACTERS = 1024 * 1024;

const COMPRESSED_COOKIE = 0x1c849304;
const COOKIE = 0x1c849303;
const WORD_SIZE_BITS = 0xf0;

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** HdrHistogram V2 as it is, and the sum of its counts; ReadTrouble where it is none. */
export function inflateChecked(encoded: string): { readonly raw: Buffer; readonly count: number } {
  const raw = inflateHistogram(encoded);
  return { raw, count: readPayload(raw, () => undefined) };
}

function inflateHistogram(encoded: string): Buffer {
  if (encoded.length > MAX_ENCODED_CHARACTERS)
    throw tooLarge(`its text has ${encoded.length} characters`);
  if (!BASE64.test(encoded)) throw damaged('it is not base64');
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.length < 8 || (bytes.readInt32BE(0) & ~WORD_SIZE_BITS) !== COMPRESSED_COOKIE) {
    throw damaged('it does not begin like HdrHistogram V2, compressed');
  }
  const length = bytes.readInt32BE(4);
  if (length !== bytes.length - 8)
    throw damaged(`it declares ${length} bytes and has ${bytes.length - 8}`);
  const raw = inflate(bytes.subarray(8));
  checkHeader(raw);
  return raw;
}

function inflate(bytes: Buffer): Buffer {
  try {
    // Small pieces: what is not yet collected of them adds up over the thousands of histograms of a
    // sweep.
    return inflateSync(bytes, { maxOutputLength: MAX_RAW_BYTES, chunkSize: 4096 });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ERR_BUFFER_TOO_LARGE')
      throw tooLarge(`it inflates to more than ${MAX_RAW_BYTES} bytes`);
    throw damaged(`it does not inflate (${String(code)})`);
  }
}

/** Slots that the header declares; the package allocates them at once. */
function checkHeader(raw: Buffer): void {
  if (raw.length < HEADER_BYTES || (raw.readInt32BE(0) & ~WORD_SIZE_BITS) !== COOKIE) {
    throw damaged('it does not begin like HdrHistogram V2');
  }
  const payload = raw.readInt32BE(4);
  if (payload !== raw.length - HEADER_BYTES) {
    throw damaged(`it declares a payload of ${payload} bytes and has ${raw.length - HEADER_BYTES}`);
  }
  const digits = raw.readInt32BE(12);
  const lowest = raw.readBigInt64BE(16);
  const highest = raw.readBigInt64BE(24);
  if (digits < 0 || digits > 5) throw damaged(`it declares ${digits} significant digits`);
  if (lowest < 1n || highest < 2n * lowest || highest > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw damaged(`it declares values from ${lowest} to ${highest}`);
  }
  const slots = slotsFor(digits, Number(lowest), Number(highest));
  if (slots > MAX_SLOTS) throw tooLarge(`it declares ${slots} counts`);
}

/**
 * As HdrHistogram sizes its counts: half a row of sub-buckets for each doubling above the first.
 */
function slotsFor(digits: number, lowest: number, highest: number): number {
  const subBuckets = subBucketsFor(digits);
  let limit = subBuckets * 2 ** Math.floor(Math.log2(lowest));
  let buckets = 1;
  for (; limit <= highest; limit *= 2) buckets++;
  return (buckets + 1) * (subBuckets / 2);
}

const subBucketsFor = (digits: number): number => 2 ** Math.ceil(Math.log2(2 * 10 ** digits));

/** After checkHeader. */
const slotsOf = (raw: Buffer): number =>
  slotsFor(raw.readInt32BE(12), Number(raw.readBigInt64BE(16)), Number(raw.readBigInt64BE(24)));

/**
 * The sum of the counts. The package would drop what lies outside the declared range, and read on
 * past the end.
 */
function readPayload(raw: Buffer, each: (slot: number, count: number) => void): number {
  const slots = slotsOf(raw);
  let slot = 0;
  let total = 0;
  for (let at = HEADER_BYTES; at < raw.length;) {
    let word = 0;
    let scale = 1;
    for (let length = 1; ; length++, scale *= 128) {
      if (at === raw.length) throw damaged('its last count is cut short');
      const byte = raw[at++];
      // The ninth byte carries eight bits.
      const last = length === MAX_SLOT_BYTES;
      word += (last ? byte : byte & 0x7f) * scale;
      if (last || byte < 0x80) break;
    }
    if (word % 2 === 0) {
      total += word / 2;
      if (word > 0) each(slot, word / 2);
    }
    slot += word % 2 === 0 ? 1 : (word + 1) / 2;
    if (slot > slots || total > Number.MAX_SAFE_INTEGER)
      throw damaged('its counts lie outside of its range');
  }
  return total;
}

const damaged = (why: string): ReadTrouble =>
  new ReadTrouble(`holds a histogram that cannot be read: ${why}`, 'damaged');

const tooLarge = (why: string): ReadTrouble =>
  new ReadTrouble(
    `holds a histogram that kbench did not write, it would take too much memory: ${why}`,
    'too-large',
  );

/**
 * Columns of the values that occur, from low to high. They are one piece of memory for all: read
 * before the next histogram is.
 */
export interface HistogramCounts {
  /** Entries of each column. */
  readonly length: number;
  /** HdrHistogram's index. */
  readonly slot: Float64Array;
  /**
   * The highest value (microseconds) that counts as this one, how many whole values do, and how
   * often they occurred.
   */
  readonly highest: Float64Array;
  readonly width: Float64Array;
  readonly count: Float64Array;
  readonly total: number;
  /** How HdrHistogram divides its range: rows, and slots in the first of them. */
  readonly buckets: number;
  readonly subBuckets: number;
  /** What values are counted in, in microseconds. */
  readonly unit: number;
}

/**
 * Reused: objects for each value of thousands of histograms would be hundreds of MiB before they
 * are collected.
 */
const slots = new Float64Array(MAX_SLOTS + 1);
const highest = new Float64Array(MAX_SLOTS + 1);
const width = new Float64Array(MAX_SLOTS + 1);
const count = new Float64Array(MAX_SLOTS + 1);

/**
 * The counts of `encoded` without a histogram around them: one pass over them gives any sum or
 * percentile. Throws ReadTrouble.
 */
export function readCounts(encoded: string): HistogramCounts {
  const raw = inflateHistogram(encoded);
  const subBuckets = subBucketsFor(raw.readInt32BE(12));
  const half = subBuckets / 2;
  const unit = 2 ** Math.floor(Math.log2(Number(raw.readBigInt64BE(16))));
  let length = 0;
  const total = readPayload(raw, (slot, times) => {
    // The first row has twice as many slots as the rows above it, each of which is twice as coarse
    // as the one before.
    const row = Math.max(0, Math.floor(slot / half) - 1);
    const wide = unit * 2 ** row;
    slots[length] = slot;
    highest[length] = (slot - row * half + 1) * wide - 1;
    width[length] = wide;
    count[length] = times;
    length++;
  });
  return {
    length,
    slot: slots,
    highest,
    width,
    count,
    total,
    buckets: slotsOf(raw) / half - 1,
    subBuckets,
    unit,
  };
}

/**
 * Each count of a histogram that is not compressed, with the least value (in units of what was
 * recorded) that counts as it. Throws ReadTrouble; takes nothing on trust either.
 */
export function eachCount(bytes: Uint8Array, each: (least: number, times: number) => void): void {
  const raw = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  checkHeader(raw);
  const half = subBucketsFor(raw.readInt32BE(12)) / 2;
  const unit = 2 ** Math.floor(Math.log2(Number(raw.readBigInt64BE(16))));
  readPayload(raw, (slot, times) => {
    const row = Math.max(0, Math.floor(slot / half) - 1);
    each((slot - row * half) * unit * 2 ** row, times);
  });
}

/**
 * The values (microseconds) at `percents`, which must ascend and lie above 0 up to 100, in one
 * pass: the package looks through all its slots for each. As there, a value stands for all that
 * count as one with it, by its highest.
 */
export function valuesAtPercentiles(
  counts: HistogramCounts,
  percents: readonly number[],
): number[] {
  const { length, total } = counts;
  // Up to the next whole value, but a product a hair above a whole number is that number.
  const ranks = percents.map((percent) =>
    Math.max(1, Math.ceil((percent / 100) * total * (1 - Number.EPSILON))),
  );
  const found: number[] = [];
  let below = 0;
  for (let at = 0; at < length && found.length < ranks.length; at++) {
    below += counts.count[at];
    while (found.length < ranks.length && ranks[found.length] <= below)
      found.push(counts.highest[at]);
  }
  return found;
}

/** Where a histogram shows that it is of other values than the figures beside it. */
const COMPARED = { p50: 50, p90: 90, p99: 99, max: 100 } as const;
/**
 * Three digits, told by the end of their bucket; figures never lie outside of what was recorded.
 */
const BUCKET = 0.002;
const BUCKET_MICROS = 2;

/**
 * In what the histogram is not that of `latency`, as said after "holds a histogram"; null where it
 * is.
 */
export function differenceOf(counts: HistogramCounts, latency: Latency): string | null {
  if (counts.total !== latency.count)
    return `of ${counts.total} values beside a count of ${latency.count}`;
  const values = valuesAtPercentiles(counts, Object.values(COMPARED));
  for (const [at, name] of (Object.keys(COMPARED) as (keyof typeof COMPARED)[]).entries()) {
    const [own, told] = [values[at] ?? 0, latency[name] * 1000];
    if (Math.abs(own - told) <= Math.max(own, told) * BUCKET + BUCKET_MICROS) continue;
    return `whose ${name} is ${own / 1000} ms beside one of ${latency[name]} ms`;
  }
  return null;
}
