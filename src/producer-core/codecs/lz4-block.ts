// One LZ4 block at a time, written straight into the caller's memory: LZ4's fast compressor as
// liblz4 has it for blocks below 64 KiB (which is what Java's fastCompressor calls, so the bytes
// are the same), and a bounded decoder. Called by lz4.ts. Allocates nothing.
// https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
import {
  LAST_LITERALS,
  LENGTH_NIBBLE as NIBBLE,
  MATCH_MARGIN,
  MIN_MATCH,
} from '../../wire/codecs/index.js';

/** Largest block: positions within it fit 16 bits. */
export const LZ4_BLOCK_BYTES = 65_536;

const HASH_SHIFT = 19;
const table = new Uint16Array(1 << 13);
/** 2654435761 as an int32. */
export const HASH_FACTOR = -1640531535;

/** How soon the search strides faster through what does not compress. */
const SKIP_TRIGGER = 6;

/**
 * Compresses source[from, to) (at most LZ4_BLOCK_BYTES) into `into` from `at` on. Returns the
 * position behind, or -1 when that would pass `limit`. `view` is over the same memory as `source`.
 */
export function compressLz4Block(
  source: Uint8Array,
  view: DataView,
  from: number,
  to: number,
  into: Buffer,
  at: number,
  limit: number,
): number {
  let anchor = from;
  let op = at;
  if (to - from <= MATCH_MARGIN) return writeLastLiterals(source, from, to, into, at, limit);
  const lastStart = to - MATCH_MARGIN + 1;
  const matchEnd = to - LAST_LITERALS;
  table.fill(0);
  let ip = from + 1;
  let forwardHash = Math.imul(view.getInt32(ip, true), HASH_FACTOR) >>> HASH_SHIFT;
  for (;;) {
    // Find a match.
    let match, word;
    let forward = ip;
    let step = 1;
    let tried = 1 << SKIP_TRIGGER;
    do {
      const hash = forwardHash;
      ip = forward;
      forward += step;
      step = tried++ >> SKIP_TRIGGER;
      if (forward > lastStart) return writeLastLiterals(source, anchor, to, into, op, limit);
      match = from + table[hash];
      word = view.getInt32(ip, true);
      forwardHash = Math.imul(view.getInt32(forward, true), HASH_FACTOR) >>> HASH_SHIFT;
      table[hash] = ip - from;
    } while (view.getInt32(match, true) !== word);
    // It may have begun earlier.
    while (ip > anchor && match > from && source[ip - 1] === source[match - 1]) {
      ip--;
      match--;
    }
    let literals = ip - anchor;
    for (;;) {
      const start = ip;
      const distance = ip - match;
      ip += MIN_MATCH;
      match += MIN_MATCH;
      while (ip < matchEnd - 3 && view.getInt32(ip, true) === view.getInt32(match, true)) {
        ip += 4;
        match += 4;
      }
      while (ip < matchEnd && source[ip] === source[match]) {
        ip++;
        match++;
      }
      op = writeSequence(source, anchor, literals, distance, ip - start, into, op, limit);
      if (op < 0) return -1;
      anchor = ip;
      if (ip >= lastStart) return writeLastLiterals(source, anchor, to, into, op, limit);
      table[Math.imul(view.getInt32(ip - 2, true), HASH_FACTOR) >>> HASH_SHIFT] = ip - 2 - from;
      // Another match right here needs no literals.
      const next = view.getInt32(ip, true);
      const hash = Math.imul(next, HASH_FACTOR) >>> HASH_SHIFT;
      match = from + table[hash];
      table[hash] = ip - from;
      if (view.getInt32(match, true) !== next) break;
      literals = 0;
    }
    ip++;
    forwardHash = Math.imul(view.getInt32(ip, true), HASH_FACTOR) >>> HASH_SHIFT;
  }
}

/** Literals from `anchor` on, then a match of `length` bytes. -1 when it would pass `limit`. */
export function writeSequence(
  source: Uint8Array,
  anchor: number,
  literals: number,
  distance: number,
  length: number,
  into: Buffer,
  at: number,
  limit: number,
): number {
  const rest = length - MIN_MATCH;
  // Token, and the distance.
  if (at + 1 + restBytes(literals) + literals + 2 + restBytes(rest) > limit) return -1;
  const token = at++;
  if (literals >= NIBBLE) {
    into[token] = NIBBLE << 4;
    at = writeLengthRest(into, at, literals - NIBBLE);
  } else into[token] = literals << 4;
  at = copyLiterals(source, anchor, literals, into, at);
  into[at++] = distance & 0xff;
  into[at++] = distance >> 8;
  if (rest < NIBBLE) {
    into[token] |= rest;
    return at;
  }
  into[token] |= NIBBLE;
  return writeLengthRest(into, at, rest - NIBBLE);
}

/** The block's end: literals alone. */
export function writeLastLiterals(
  source: Uint8Array,
  anchor: number,
  to: number,
  into: Buffer,
  at: number,
  limit: number,
): number {
  const literals = to - anchor;
  if (at + 1 + restBytes(literals) + literals > limit) return -1;
  if (literals >= NIBBLE) {
    into[at++] = NIBBLE << 4;
    at = writeLengthRest(into, at, literals - NIBBLE);
  } else into[at++] = literals << 4;
  return copyLiterals(source, anchor, literals, into, at);
}

/** Bytes that a length needs beyond its half of the token. */
function restBytes(length: number): number {
  return length < NIBBLE ? 0 : 1 + Math.floor((length - NIBBLE) / 255);
}

function writeLengthRest(into: Buffer, at: number, rest: number): number {
  while (rest >= 255) {
    into[at++] = 255;
    rest -= 255;
  }
  into[at++] = rest;
  return at;
}

/** Beyond this many bytes the call of a native copy costs less than a loop. */
const LONG_COPY_BYTES = 96;

function copyLiterals(
  source: Uint8Array,
  from: number,
  count: number,
  into: Buffer,
  at: number,
): number {
  if (count > LONG_COPY_BYTES) {
    into.set(source.subarray(from, from + count), at);
    return at + count;
  }
  for (let i = 0; i < count; i++) into[at + i] = source[from + i];
  return at + count;
}
