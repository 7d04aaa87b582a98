// The values of a run's records: slices of a pool of bytes made before the run, so that nothing is
// generated or allocated per record. Seeded random bytes, in which no codec finds what real data
// does not have (apache/kafka#10469, #13410), unless the workload says otherwise.
import { eventText } from './payload-text.js';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

const MIB = 1 << 20;
/**
 * Bytes that the distinct values fill together: past the window of every codec but zstd at its
 * longest.
 */
const POOL_BYTES = 4 * MIB;
/** Most distinct values: each is a view object of about 100 bytes, so these take 1.6 MB. */
const MAX_VALUES = 16_384;
/** Fewest distinct values, however large they are. */
const MIN_VALUES = 4;

export interface PayloadSource {
  /** The next record's value: must not be written to; advance() may overwrite it. */
  readonly current: Uint8Array;
  /** The current value was sent: on to the next. */
  advance(): void;
  /** The measured part begins: what follows from the record's index counts anew. */
  restart(): void;
}

/** The distinct values of a source, for what is computed once a value. */
export interface PayloadValues {
  readonly count: number;
  /** Which of them is the current one. */
  readonly index: number;
  /**
   * Memory of this thread alone in which each value lies apart, at its own place, for good. Null
   * where they do not.
   */
  readonly buffer: ArrayBuffer | null;
  /** May be overwritten by the next call; `restart()` before the source is used on. */
  valueAt(index: number): Uint8Array;
}

/** How much values above 1 MiB may take together where they must not overlap. */
const APART_BYTES = 64 * MIB;

/**
 * Values of `valueBytes` bytes in an endless round. They lie apart in the pool, so a value comes
 * back after about 4 MiB of others (below 256 bytes: after 16,384 others). Values above 1 MiB
 * overlap, at offsets 1 MiB apart: no usual batch holds two of them; with `apart` there are fewer
 * of them instead.
 */
export class PayloadPool implements PayloadSource, PayloadValues {
  /** How many distinct values there are. */
  readonly count: number;
  readonly buffer: ArrayBuffer | null;
  /** The value of the next record: a view that must not be written to. */
  current: Uint8Array;
  private readonly values: readonly Uint8Array[];
  private cursor = 0;

  constructor(
    valueBytes: number,
    seed: number,
    kind: 'random' | 'text' = 'random',
    { apart = false }: { readonly apart?: boolean } = {},
  ) {
    const large = valueBytes > POOL_BYTES / MIN_VALUES;
    const fitting = valueBytes === 0 ? 1 : Math.ceil(POOL_BYTES / valueBytes);
    const least = valueBytes === 0 ? 1 : MIN_VALUES;
    const count =
      apart && large
        ? Math.max(1, Math.min(MIN_VALUES, Math.floor(APART_BYTES / valueBytes)))
        : Math.min(MAX_VALUES, Math.max(least, fitting));
    const bytes =
      large && !apart ? valueBytes + (count - 1) * MIB : Math.max(MIB, count * valueBytes);
    const pool = (kind === 'text' ? eventText : randomBytes)(bytes, seed);
    // Spread over the whole pool, so that the slices start at varied alignments as application data
    // does.
    const stride = Math.floor((pool.byteLength - valueBytes) / Math.max(1, count - 1));
    this.values = Array.from({ length: count }, (_, i) =>
      pool.subarray(i * stride, i * stride + valueBytes),
    );
    this.count = count;
    this.buffer = large && !apart ? null : (pool.buffer as ArrayBuffer);
    this.current = this.values[0];
  }

  /** The current value was sent: on to the next. */
  advance(): void {
    this.cursor = this.cursor + 1 === this.count ? 0 : this.cursor + 1;
    this.current = this.values[this.cursor];
  }

  restart(): void {
    // The round goes on.
  }

  get index(): number {
    return this.cursor;
  }

  valueAt(index: number): Uint8Array {
    return this.values[index];
  }
}

/** Seeded bytes that do not compress. */
export function randomBytes(length: number, seed: number): Uint8Array {
  const words = new Int32Array(Math.ceil(length / 4));
  const random = xoroshiro128plus(seed);
  for (let i = 0; i < words.length; i++) words[i] = random.next();
  return new Uint8Array(words.buffer, 0, length);
}
