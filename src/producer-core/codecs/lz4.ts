// lz4 as Kafka takes it: an LZ4 frame of independent blocks of at most 64 KiB, no checksums but the
// header's, no content size: what Java's Lz4BlockOutputStream writes. Pure TypeScript: it writes
// into the batch's own memory and needs no binary.
//
//   Frame => magic u32le = 184D2204, flags 60, block size 40, header checksum 82,
//            [length u32le (bit 31: stored as it is), block], 0 u32le
//
// https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md. Called by record-batch.ts through
// Codec.
import { decompressLz4Frame } from '../../wire/codecs/index.js';
import type { Codec } from './codec.js';
import { LZ4_BLOCK_BYTES, compressLz4Block } from './lz4-block.js';
import { Lz4HighCompressor } from './lz4-high.js';

/** Java: the level that means LZ4's fast compressor. */
const FAST_LEVEL = 9;
const MAGIC = 0x184d2204;
/** Version 1, independent blocks; at most 64 KiB a block; second byte of the two's xxHash32. */
const DESCRIPTOR = [0x60, 0x40, 0x82] as const;
const HEADER_BYTES = 7;
const STORED = 0x80000000;
const NO_BYTES = Buffer.alloc(0);

export class Lz4Codec implements Codec {
  readonly name = 'lz4';
  readonly id = 3;
  private output: Buffer = NO_BYTES;
  private readonly high: Lz4HighCompressor | null;
  private viewed: Buffer = NO_BYTES;
  private view: DataView = new DataView(NO_BYTES.buffer, NO_BYTES.byteOffset, 0);

  /** `level`: 1 to 17; 9 is LZ4's fast compressor, the others search 2^(level-1) candidates. */
  constructor(level: number) {
    this.high = level === FAST_LEVEL ? null : new Lz4HighCompressor(level);
  }

  compress(
    source: Buffer,
    from: number,
    to: number,
    into: Buffer,
    at: number,
    limit: number,
  ): number {
    if (this.viewed !== source) {
      this.viewed = source;
      this.view = new DataView(source.buffer, source.byteOffset, source.length);
    }
    const end = this.write(source, from, to, into, at, limit);
    if (end >= 0) return end;
    // As it is, with a length for each block, is the worst.
    const bound = HEADER_BYTES + (to - from) + 4 * Math.ceil((to - from) / LZ4_BLOCK_BYTES) + 4;
    const own = Buffer.allocUnsafe(bound);
    this.output = own.subarray(0, this.write(source, from, to, own, 0, bound));
    return -1;
  }

  private write(
    source: Buffer,
    from: number,
    to: number,
    into: Buffer,
    at: number,
    limit: number,
  ): number {
    if (at + HEADER_BYTES > limit) return -1;
    into.writeUInt32LE(MAGIC, at);
    for (let i = 0; i < 3; i++) into[at + 4 + i] = DESCRIPTOR[i];
    at += HEADER_BYTES;
    for (let start = from; start < to; start += LZ4_BLOCK_BYTES) {
      const end = Math.min(to, start + LZ4_BLOCK_BYTES);
      const bytes = end - start;
      const body = at + 4;
      // What does not become smaller is stored; the end mark follows in any case.
      const most = Math.min(body + bytes - 1, limit - 4);
      const written =
        this.high === null
          ? compressLz4Block(source, this.view, start, end, into, body, most)
          : this.high.compress(source, this.view, start, end, into, body, most);
      if (written >= 0) {
        into.writeUInt32LE(written - body, at);
        at = written;
      } else {
        if (body + bytes > limit - 4) return -1;
        into.writeUInt32LE((STORED | bytes) >>> 0, at);
        source.copy(into, body, start, end);
        at = body + bytes;
      }
    }
    if (at + 4 > limit) return -1;
    into.writeUInt32LE(0, at);
    return at + 4;
  }

  takeOutput(): Buffer {
    const { output } = this;
    this.output = NO_BYTES;
    return output;
  }

  decompress(source: Buffer, limitBytes: number): Buffer {
    return decompressLz4Frame(source, limitBytes);
  }
}
