// LZ4 blocks that are searched longer for better matches: every level of compression.lz4.level but
// 9, which is the fast compressor, as in Java. A level looks at up to 2^(level-1) earlier places
// with the same four bytes, as lz4-java's own HC compressor does; a match is put off when the next
// position has a longer one. Called by lz4.ts. Must never look beyond its block.
import { LAST_LITERALS, MATCH_MARGIN, MIN_MATCH } from '../../wire/codecs/index.js';
import { HASH_FACTOR, LZ4_BLOCK_BYTES, writeLastLiterals, writeSequence } from './lz4-block.js';

const HASH_BITS = 15;
/** A longer match than this is taken at once. */
const GOOD_ENOUGH_BYTES = 8_192;

export class Lz4HighCompressor {
  /**
   * Last position (plus one; 0 is none) of each hash within the block, and of each position the one
   * before it with the same hash.
   */
  private readonly heads = new Int32Array(1 << HASH_BITS);
  private readonly previous = new Int32Array(LZ4_BLOCK_BYTES);
  private readonly attempts: number;
  private inserted = 0;
  private bestStart = 0;

  constructor(level: number) {
    this.attempts = 2 ** (level - 1);
  }

  /** As compressLz4Block. */
  compress(
    source: Uint8Array,
    view: DataView,
    from: number,
    to: number,
    into: Buffer,
    at: number,
    limit: number,
  ): number {
    this.heads.fill(0);
    this.inserted = from;
    const lastStart = to - MATCH_MARGIN;
    let anchor = from;
    let op = at;
    for (let ip = from + 1; ip <= lastStart;) {
      let length = this.find(source, view, from, ip, to - LAST_LITERALS, MIN_MATCH - 1);
      if (length < MIN_MATCH) {
        ip++;
        continue;
      }
      let match = this.bestStart;
      while (length < GOOD_ENOUGH_BYTES && ip < lastStart) {
        const later = this.find(source, view, from, ip + 1, to - LAST_LITERALS, length);
        if (later <= length) break;
        ip++;
        length = later;
        match = this.bestStart;
      }
      while (ip > anchor && match > from && source[ip - 1] === source[match - 1]) {
        ip--;
        match--;
        length++;
      }
      op = writeSequence(source, anchor, ip - anchor, ip - match, length, into, op, limit);
      if (op < 0) return -1;
      ip += length;
      anchor = ip;
    }
    return writeLastLiterals(source, anchor, to, into, op, limit);
  }

  /**
   * Length of the longest match at `ip` that is longer than `least`, else `least`; it starts at
   * bestStart.
   */
  private find(
    source: Uint8Array,
    view: DataView,
    from: number,
    ip: number,
    end: number,
    least: number,
  ): number {
    const { heads, previous } = this;
    while (this.inserted < ip) {
      const hash = Math.imul(view.getInt32(this.inserted, true), HASH_FACTOR) >>> (32 - HASH_BITS);
      previous[this.inserted - from] = heads[hash];
      heads[hash] = this.inserted - from + 1;
      this.inserted++;
    }
    const word = view.getInt32(ip, true);
    let best = least;
    let candidate = heads[Math.imul(word, HASH_FACTOR) >>> (32 - HASH_BITS)] - 1;
    for (let left = this.attempts; left > 0 && candidate >= 0; left--) {
      const start = from + candidate;
      if (ip + best >= end) break;
      if (source[start + best] === source[ip + best] && view.getInt32(start, true) === word) {
        let length = MIN_MATCH;
        while (ip + length < end && source[start + length] === source[ip + length]) length++;
        if (length > best) {
          best = length;
          this.bestStart = start;
        }
      }
      candidate = previous[candidate] - 1;
    }
    return best;
  }
}
