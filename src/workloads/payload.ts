// The values of a run's records: slices of a pool of bytes made before the run, so that nothing is generated or allocated per record. Seeded
// random bytes, in which no codec finds what real data does not have (apache/kafka#10469, #13410), unless the workload says otherwise.
import { closeSync, openSync, readSync } from 'node:fs';
import type { PayloadSettings } from '../contract/settings.js';
import { eventText } from './payload-text.js';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

const MIB = 1 << 20;
/** Bytes that the distinct values fill together: past the window of every codec but zstd at its longest. */
const POOL_BYTES = 4 * MIB;
/** Most distinct values: each is a view object of about 100 bytes, so these take 1.6 MB. */
const MAX_VALUES = 16_384;
/** Fewest distinct values, however large they are. */
const MIN_VALUES = 4;
/** Of a larger file the rest is not used. */
const MAX_FILE_BYTES = 64 * MIB;
const RANDOM: PayloadSettings = { kind: 'random' };

/**
 * Values of `valueBytes` bytes in an endless round. They lie apart in the pool, so a value comes back after about 4 MiB of others (below
 * 256 bytes: after 16,384 others). Values above 1 MiB overlap, at offsets 1 MiB apart: no usual batch holds two of them.
 */
export class PayloadPool {
  /** How many distinct values there are. */
  readonly count: number;
  /** The value of the next record: a view that must not be written to. */
  current: Uint8Array;
  private readonly values: readonly Uint8Array[];
  private cursor = 0;

  /** Throws where the file of `source` cannot be read or is shorter than a value. */
  constructor(valueBytes: number, seed: number, source: PayloadSettings = RANDOM) {
    const large = valueBytes > POOL_BYTES / MIN_VALUES;
    const made = source.kind === 'file' ? readFile(source.file, valueBytes) : null;
    const fitting = valueBytes === 0 ? 1 : Math.ceil(POOL_BYTES / valueBytes);
    const least = valueBytes === 0 ? 1 : MIN_VALUES;
    const count =
      made === null
        ? Math.min(MAX_VALUES, Math.max(least, fitting))
        : Math.min(MAX_VALUES, Math.max(1, Math.floor(made.byteLength / Math.max(1, valueBytes))));
    const bytes = large ? valueBytes + (count - 1) * MIB : Math.max(MIB, count * valueBytes);
    const pool = made ?? (source.kind === 'text' ? eventText : randomBytes)(bytes, seed);
    // Spread over the whole pool, so that the slices start at varied alignments as application data does.
    const stride = Math.floor((pool.byteLength - valueBytes) / Math.max(1, count - 1));
    this.values = Array.from({ length: count }, (_, i) => pool.subarray(i * stride, i * stride + valueBytes));
    this.count = count;
    // A file's bytes are the same for every worker and run: each begins elsewhere.
    if (made !== null) this.cursor = (seed >>> 0) % count;
    this.current = this.values[this.cursor]!;
  }

  /** The current value was sent: on to the next. */
  advance(): void {
    this.cursor = this.cursor + 1 === this.count ? 0 : this.cursor + 1;
    this.current = this.values[this.cursor]!;
  }
}

function readFile(file: string, valueBytes: number): Uint8Array {
  const bytes = Buffer.allocUnsafeSlow(MAX_FILE_BYTES);
  let length = 0;
  const descriptor = openSync(file, 'r');
  try {
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = readSync(descriptor, bytes, length, bytes.length - length, null);
    }
  } finally {
    closeSync(descriptor);
  }
  if (length < Math.max(1, valueBytes)) throw new Error(`${file} has ${length} bytes, fewer than a value`);
  return new Uint8Array(bytes.subarray(0, length));
}

/** Seeded bytes that do not compress. */
export function randomBytes(length: number, seed: number): Uint8Array {
  const words = new Int32Array(Math.ceil(length / 4));
  const random = xoroshiro128plus(seed);
  for (let i = 0; i < words.length; i++) words[i] = random.next();
  return new Uint8Array(words.buffer, 0, length);
}
