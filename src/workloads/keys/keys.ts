// The keys of a run's records: none, or chosen among a number of distinct ones. Nothing is
// allocated per record. Called by run-worker once a worker.
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import type { KeySettings } from '../../contract/settings.js';
import { IndexedKeys } from './indexed-keys.js';
import { decimalKeys, paddedKeys, type KeyWriter } from './key-writer.js';
import type { RunShare } from '../load/run-share.js';
import { mixSeed } from '../load/seeds.js';

const STREAM = 2;

export interface KeySource {
  /** The next record's key, or null. advance() may overwrite it: keep a copy, as append does. */
  readonly current: Uint8Array | null;
  advance(): void;
  /** The measured part begins: what follows from the record's index counts anew. */
  restart(): void;
}

/** Throws RangeError when the distinct keys do not fit in the bytes asked for. */
export function createKeys(settings: KeySettings, share: RunShare): KeySource {
  switch (settings.kind) {
    case 'none':
      return NO_KEYS;
    case 'uniform': {
      const seed = mixSeed(share.seed, share.worker, STREAM);
      const writer = paddedKeys(settings.distinct, settings.bytes);
      return new UniformKeys(settings.distinct, writer, seed);
    }
    case 'range':
    case 'random':
      return new IndexedKeys(settings, share, decimalKeys(settings.distinct));
    case 'zipf':
    case 'hot-set':
      return new IndexedKeys(settings, share, paddedKeys(settings.distinct, settings.bytes));
  }
}

/** Bytes of the longest key; -1 where there are none. */
export function longestKey(settings: KeySettings): number {
  if (settings.kind === 'none') return -1;
  return 'bytes' in settings ? settings.bytes : String(settings.distinct - 1).length;
}

const NO_KEYS: KeySource = { current: null, advance: () => undefined, restart: () => undefined };

/** Drawn in turn by each worker from a stream of its own. */
class UniformKeys implements KeySource {
  current: Uint8Array;
  private readonly random: RandomGenerator;

  constructor(
    private readonly distinct: number,
    private readonly writer: KeyWriter,
    seed: number,
  ) {
    this.random = xoroshiro128plus(seed);
    this.current = writer.of(draw(this.random, distinct));
  }

  advance(): void {
    this.current = this.writer.of(draw(this.random, this.distinct));
  }

  restart(): void {
    // Drawn, not counted: the stream goes on.
  }
}

/**
 * A number in [0, below): 32 random bits, 53 when `below` needs them. The bias is at most
 * below / 2^32 (2^53), never seen here.
 */
function draw(random: RandomGenerator, below: number): number {
  const high = random.next() >>> 0;
  if (below <= 0x1_0000) return Math.floor((high / 0x1_0000_0000) * below);
  const fraction = (high * 0x20_0000 + (random.next() >>> 11)) / 2 ** 53;
  return Math.floor(fraction * below);
}
