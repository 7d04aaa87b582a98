// The keys of a run's records: none, or drawn evenly from a number of distinct ones. Nothing is allocated per record.
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import type { KeySettings } from '../contract/settings.js';

/** Up to here every key is a view made beforehand (about 100 bytes each); above, keys are written into one buffer as drawn. */
const MAX_VIEWS = 4096;

export interface KeySource {
  /** The key of the next record, or null. May be overwritten by advance(): whoever needs it longer copies it, as append does. */
  readonly current: Uint8Array | null;
  advance(): void;
}

/** Throws RangeError when `distinct` keys do not fit in `bytes` bytes. */
export function createKeys(settings: KeySettings, seed: number): KeySource {
  if (settings.kind === 'none') return new NoKeys();
  const { distinct, bytes } = settings;
  return distinct <= MAX_VIEWS ? new ListedKeys(distinct, bytes, seed) : new WrittenKeys(distinct, bytes, seed);
}

class NoKeys implements KeySource {
  readonly current = null;
  advance(): void {
    // Nothing to draw.
  }
}

class ListedKeys implements KeySource {
  current: Uint8Array;
  private readonly keys: readonly Uint8Array[];
  private readonly random: RandomGenerator;

  constructor(distinct: number, bytes: number, seed: number) {
    const base = keyBase(distinct, bytes);
    const all = new Uint8Array(distinct * bytes);
    this.keys = Array.from({ length: distinct }, (_, i) => all.subarray(i * bytes, (i + 1) * bytes));
    this.keys.forEach((key, i) => writeKey(key, i, base));
    this.random = xoroshiro128plus(seed);
    this.current = this.keys[draw(this.random, distinct)]!;
  }

  advance(): void {
    this.current = this.keys[draw(this.random, this.keys.length)]!;
  }
}

class WrittenKeys implements KeySource {
  readonly current: Uint8Array;
  private readonly base: number;
  private readonly random: RandomGenerator;

  constructor(
    private readonly distinct: number,
    bytes: number,
    seed: number,
  ) {
    this.base = keyBase(distinct, bytes);
    this.current = new Uint8Array(bytes);
    this.random = xoroshiro128plus(seed);
    this.advance();
  }

  advance(): void {
    writeKey(this.current, draw(this.random, this.distinct), this.base);
  }
}

/** A number in [0, below): 32 random bits, 53 when `below` needs them. The bias is at most below / 2^32 (2^53), never seen here. */
function draw(random: RandomGenerator, below: number): number {
  const high = random.next() >>> 0;
  if (below <= 0x1_0000) return Math.floor((high / 0x1_0000_0000) * below);
  const fraction = (high * 0x20_0000 + (random.next() >>> 11)) / 2 ** 53;
  return Math.floor(fraction * below);
}

/** Keys are numbers with leading zeros: decimal text if they fit, else hexadecimal text, else big-endian bytes. */
function keyBase(distinct: number, bytes: number): number {
  const base = [10, 16, 256].find((candidate) => candidate ** bytes >= distinct);
  if (base === undefined) throw new RangeError(`${distinct} distinct keys do not fit in ${bytes} bytes`);
  return base;
}

const ZERO = 0x30;
const LETTER_A = 0x61;

function writeKey(into: Uint8Array, value: number, base: number): void {
  let rest = value;
  for (let i = into.length - 1; i >= 0; i--) {
    const next = Math.floor(rest / base);
    const digit = rest - next * base;
    into[i] = base === 256 ? digit : digit < 10 ? ZERO + digit : LETTER_A + digit - 10;
    rest = next;
  }
}
