// Decompression for the modelled brokers, without any of the producer's code: gzip and zstd are
// Node's own, snappy (in xerial's framing) and LZ4 frames are read here straight from their format
// descriptions. Called by sim-batch.
import * as zlib from 'node:zlib';

/** More than this out of one batch is a mistake of the test. */
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * The records of a batch with codec 1 gzip, 2 snappy, 3 lz4 or 4 zstd. Throws on anything
 * malformed.
 */
export function decompress(codec: number, bytes: Buffer): Buffer {
  switch (codec) {
    case 1:
      return zlib.gunzipSync(bytes, { maxOutputLength: MOST_BYTES });
    case 2:
      return readXerial(bytes);
    case 3:
      return readLz4Frame(bytes);
    case 4:
      return readZstd(bytes);
    default:
      throw new Error(`codec ${codec}`);
  }
}

/** Node has it from 22.15 on. */
const { zstdDecompressSync } = zlib as {
  zstdDecompressSync?: (bytes: Buffer, options: zlib.ZlibOptions) => Buffer;
};

export const canReadZstd = zstdDecompressSync !== undefined;

function readZstd(bytes: Buffer): Buffer {
  if (zstdDecompressSync === undefined) throw new Error('this Node has no zstd');
  return zstdDecompressSync(bytes, { maxOutputLength: MOST_BYTES });
}

const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]);
const XERIAL_HEADER_BYTES = 16;

/** 16 bytes of header, then blocks: int32 length, raw snappy. */
function readXerial(bytes: Buffer): Buffer {
  if (!bytes.subarray(0, 8).equals(XERIAL_MAGIC)) throw new Error("snappy without xerial's header");
  const blocks: Buffer[] = [];
  for (let at = XERIAL_HEADER_BYTES; at < bytes.length;) {
    const length = bytes.readInt32BE(at);
    at += 4;
    if (length < 0 || at + length > bytes.length)
      throw new Error(`a snappy block of ${length} bytes`);
    blocks.push(readSnappyBlock(bytes.subarray(at, at + length)));
    at += length;
  }
  return Buffer.concat(blocks);
}

/** https://github.com/google/snappy/blob/main/format_description.txt */
function readSnappyBlock(bytes: Buffer): Buffer {
  let at = 0;
  let size = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes.readUInt8(at++);
    size |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  const out = new Output(size);
  while (at < bytes.length) {
    const tag = bytes.readUInt8(at++);
    const kind = tag & 3;
    if (kind === 0) {
      let length = tag >> 2;
      if (length >= 60) {
        const lengthBytes = length - 59;
        length = bytes.readUIntLE(at, lengthBytes);
        at += lengthBytes;
      }
      out.literals(bytes, at, length + 1);
      at += length + 1;
    } else if (kind === 1)
      out.copy(((tag >> 5) << 8) | bytes.readUInt8(at++), ((tag >> 2) & 7) + 4);
    else {
      const offsetBytes = kind === 2 ? 2 : 4;
      out.copy(bytes.readUIntLE(at, offsetBytes), (tag >> 2) + 1);
      at += offsetBytes;
    }
  }
  return out.finish(size);
}

const LZ4_MAGIC = 0x184d2204;

/**
 * https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md; checksums of blocks and content are
 * passed over.
 */
function readLz4Frame(bytes: Buffer): Buffer {
  if (bytes.readUInt32LE(0) !== LZ4_MAGIC) throw new Error('no LZ4 frame');
  const flags = bytes.readUInt8(4);
  if (flags >> 6 !== 1) throw new Error(`LZ4 frame version ${flags >> 6}`);
  if ((flags & 0x20) === 0) throw new Error('LZ4 with dependent blocks, which Kafka refuses');
  let at = 6 + ((flags & 8) !== 0 ? 8 : 0) + ((flags & 1) !== 0 ? 4 : 0) + 1;
  const blocks: Buffer[] = [];
  for (;;) {
    const head = bytes.readUInt32LE(at);
    at += 4;
    if (head === 0) break;
    const length = head & 0x7fffffff;
    if (at + length > bytes.length) throw new Error(`an LZ4 block of ${length} bytes`);
    const block = bytes.subarray(at, at + length);
    blocks.push(head >>> 31 === 1 ? block : readLz4Block(block));
    at += length + ((flags & 0x10) !== 0 ? 4 : 0);
  }
  at += (flags & 4) !== 0 ? 4 : 0;
  if (at !== bytes.length) throw new Error(`${bytes.length - at} bytes behind the LZ4 frame`);
  return Buffer.concat(blocks);
}

function readLz4Block(bytes: Buffer): Buffer {
  const out = new Output(bytes.length * 4);
  let at = 0;
  const more = (nibble: number) => {
    let length = nibble;
    if (nibble === 15) {
      let byte;
      do {
        byte = bytes.readUInt8(at++);
        length += byte;
      } while (byte === 255);
    }
    return length;
  };
  while (at < bytes.length) {
    const token = bytes.readUInt8(at++);
    const literals = more(token >> 4);
    out.literals(bytes, at, literals);
    at += literals;
    if (at === bytes.length) break; // the last sequence has literals only
    const offset = bytes.readUInt16LE(at);
    at += 2;
    out.copy(offset, more(token & 15) + 4);
  }
  return out.finish(-1);
}

/** What a Lempel-Ziv decoder writes to. */
class Output {
  private bytes: Buffer;
  private at = 0;

  constructor(size: number) {
    if (size > MOST_BYTES) throw new Error(`${size} bytes out of one block`);
    this.bytes = Buffer.alloc(Math.max(64, size));
  }

  literals(from: Buffer, at: number, length: number): void {
    if (at + length > from.length) throw new Error(`${length} literals pass the end of the block`);
    this.room(length);
    from.copy(this.bytes, this.at, at, at + length);
    this.at += length;
  }

  copy(offset: number, length: number): void {
    if (offset === 0 || offset > this.at)
      throw new Error(`a copy from ${offset} bytes back, after ${this.at}`);
    this.room(length);
    for (let i = 0; i < length; i++, this.at++) this.bytes[this.at] = this.bytes[this.at - offset];
  }

  /** `size` is what the block promised; -1 where it promises nothing. */
  finish(size: number): Buffer {
    if (size >= 0 && size !== this.at)
      throw new Error(`${this.at} bytes where ${size} were promised`);
    return this.bytes.subarray(0, this.at);
  }

  private room(length: number): void {
    if (this.at + length <= this.bytes.length) return;
    if (this.at + length > MOST_BYTES)
      throw new Error(`${this.at + length} bytes out of one block`);
    const larger = Buffer.alloc(Math.max(this.bytes.length * 2, this.at + length));
    this.bytes.copy(larger, 0, 0, this.at);
    this.bytes = larger;
  }
}
