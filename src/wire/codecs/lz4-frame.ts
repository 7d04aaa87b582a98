// LZ4 frames as any Kafka client writes them, bounded: independent or linked blocks, with or
// without checksums (which the batch's CRC makes needless) and content size. Called by
// decompress.ts and by the producer's codec.
// https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
import { DecompressionError, tooLarge } from './decompression-error.js';

/**
 * Shortest match, literals that end every block, and how far from the end the last match must
 * start.
 */
export const MIN_MATCH = 4;
export const LAST_LITERALS = 5;
export const MATCH_MARGIN = 12;
/** Of a length that a token's half byte holds. */
export const LENGTH_NIBBLE = 15;

const MAGIC = 0x184d2204;
const STORED = 0x80000000;
const INDEPENDENT = 0x20;
const BLOCK_CHECKSUMS = 0x10;
const CONTENT_SIZE = 0x08;
const CONTENT_CHECKSUM = 0x04;
const DICTIONARY = 0x01;
/** Up to so many bytes a loop is faster than a call. */
const SHORT_BYTES = 64;
/** What JSON and the like become. */
const USUAL_FACTOR = 4;

export function decompressLz4Frame(source: Buffer, limitBytes: number): Buffer {
  if (source.length < 11 || source.readUInt32LE(0) !== MAGIC)
    throw new DecompressionError('lz4: no frame');
  const flags = source[4];
  if (flags >> 6 !== 1 || (flags & DICTIONARY) !== 0)
    throw new DecompressionError('lz4: a frame of another version, or with a dictionary');
  const blockBytes = 1 << (8 + 2 * ((source[5] >> 4) & 7));
  if (blockBytes < 65_536)
    throw new DecompressionError('lz4: a frame with blocks of no known size');
  // Grows block by block, so that neither a large limit nor what a byte could become is set aside.
  let into: Buffer = Buffer.allocUnsafe(
    Math.min(limitBytes, USUAL_FACTOR * source.length + blockBytes),
  );
  const checksumBytes = (flags & BLOCK_CHECKSUMS) === 0 ? 0 : 4;
  let written = 0;
  for (let at = 6 + ((flags & CONTENT_SIZE) === 0 ? 0 : 8) + 1; ;) {
    if (at + 4 > source.length) throw new DecompressionError('lz4: the frame does not end');
    const length = source.readUInt32LE(at);
    at += 4;
    if (length === 0) {
      if (at + ((flags & CONTENT_CHECKSUM) === 0 ? 0 : 4) !== source.length)
        throw new DecompressionError('lz4: bytes behind the frame');
      return into.subarray(0, written);
    }
    into = withRoom(into, written, Math.min(limitBytes, written + blockBytes), limitBytes);
    const stored = length >= STORED;
    const bytes = stored ? length - STORED : length;
    if (bytes > blockBytes || at + bytes + checksumBytes > source.length)
      throw new DecompressionError('lz4: a block too large');
    if (stored) {
      if (written + bytes > into.length) throw tooLarge('lz4', limitBytes);
      written += source.copy(into, written, at, at + bytes);
    } else {
      const most = Math.min(into.length, written + blockBytes);
      const start = (flags & INDEPENDENT) === 0 ? 0 : written;
      written = decompressLz4Block(source, at, at + bytes, into, written, most, start);
    }
    at += bytes + checksumBytes;
  }
}

/** `into`, or a larger one with its first `written` bytes, that holds `needed`. */
function withRoom(into: Buffer, written: number, needed: number, limitBytes: number): Buffer {
  if (into.length >= needed) return into;
  const larger = Buffer.allocUnsafe(Math.min(limitBytes, Math.max(needed, 2 * into.length)));
  into.copy(larger, 0, 0, written);
  return larger;
}

/**
 * Writes the block source[from, to) out into `into` from `at` on; returns the position behind.
 * Throws when it is malformed or passes `limit`. `start`: where its matches may begin.
 */
function decompressLz4Block(
  source: Buffer,
  from: number,
  to: number,
  into: Buffer,
  at: number,
  limit: number,
  start = at,
): number {
  let ip = from;
  while (ip < to) {
    const token = source[ip++];
    let literals = token >> 4;
    if (literals === LENGTH_NIBBLE) {
      let more;
      do {
        if (ip >= to) throw new DecompressionError('lz4: a length without an end');
        more = source[ip++];
        literals += more;
      } while (more === 255);
    }
    if (ip + literals > to) throw new DecompressionError('lz4: literals pass the end of the block');
    if (at + literals > limit) throw tooLarge('lz4', limit - start);
    if (literals > SHORT_BYTES) {
      source.copy(into, at, ip, ip + literals);
      ip += literals;
      at += literals;
    } else for (const end = ip + literals; ip < end;) into[at++] = source[ip++];
    if (ip === to) return at;
    if (ip + 2 > to) throw new DecompressionError('lz4: a match without its distance');
    const distance = source[ip] | (source[ip + 1] << 8);
    ip += 2;
    let length = token & LENGTH_NIBBLE;
    if (length === LENGTH_NIBBLE) {
      let more;
      do {
        if (ip >= to) throw new DecompressionError('lz4: a length without an end');
        more = source[ip++];
        length += more;
      } while (more === 255);
    }
    length += MIN_MATCH;
    if (distance === 0 || at - distance < start)
      throw new DecompressionError('lz4: a match before the block');
    if (at + length > limit) throw tooLarge('lz4', limit - start);
    if (length > SHORT_BYTES && distance >= length) {
      into.copyWithin(at, at - distance, at - distance + length);
      at += length;
    } else for (const end = at + length; at < end; at++) into[at] = into[at - distance];
  }
  throw new DecompressionError('lz4: the block ends with a match');
}
