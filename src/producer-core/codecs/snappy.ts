// snappy in the framing of xerial's snappy-java, which Kafka's clients have always used: a header,
// then blocks of up to 32 KiB, each with its length. The blocks are compressed by the `snappy`
// package (prebuilt binaries in the registry); the framing is ours.
//
//   Stream => 82 'SNAPPY' 00, version i32 = 1, least compatible version i32 = 1,
//             [length i32, block]
//
// Called by record-batch.ts through Codec.
import { createRequire } from 'node:module';
import { ConfigError } from '../errors.js';
import { DecompressionError, tooLarge, type Codec } from './codec.js';

interface SnappyPackage {
  compressSync(input: Buffer, options: { readonly copyOutputData: boolean }): Buffer;
  uncompressSync(
    input: Buffer,
    options: { readonly asBuffer: true; readonly copyOutputData: boolean },
  ): Buffer;
}

const HEADER = Buffer.from('82534e415050590000000001' + '00000001', 'hex');
/** Block of SnappyOutputStream. */
const BLOCK_BYTES = 32 * 1024;
const NO_BYTES = Buffer.alloc(0);
/** Three times as fast as a buffer that C++ owns, measured with 16 KiB. */
const COPY = { copyOutputData: true } as const;
const COPY_BYTES = { asBuffer: true, copyOutputData: true } as const;

export class SnappyCodec implements Codec {
  readonly name = 'snappy';
  readonly id = 2;
  private output: Buffer = NO_BYTES;
  private readonly snappy: SnappyPackage;

  /** ConfigError where the package has no binary for this platform. */
  constructor() {
    this.snappy = loadPackage();
  }

  compress(
    source: Buffer,
    from: number,
    to: number,
    into: Buffer,
    at: number,
    limit: number,
  ): number {
    const end = this.write(source, from, to, into, at, limit);
    if (end >= 0) return end;
    const blocks = Math.ceil((to - from) / BLOCK_BYTES);
    // snappy::MaxCompressedLength of each block, and its length.
    const bound = HEADER.length + blocks * (4 + 32) + (to - from) + Math.ceil((to - from) / 6);
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
    if (at + HEADER.length > limit) return -1;
    into.set(HEADER, at);
    at += HEADER.length;
    for (let start = from; start < to; start += BLOCK_BYTES) {
      const block = this.snappy.compressSync(
        source.subarray(start, Math.min(to, start + BLOCK_BYTES)),
        COPY,
      );
      if (at + 4 + block.length > limit) return -1;
      into.writeInt32BE(block.length, at);
      into.set(block, at + 4);
      at += 4 + block.length;
    }
    return at;
  }

  takeOutput(): Buffer {
    const { output } = this;
    this.output = NO_BYTES;
    return output;
  }

  decompress(source: Buffer, limitBytes: number): Buffer {
    if (
      source.length < HEADER.length ||
      source.compare(HEADER, 0, HEADER.length, 0, HEADER.length) !== 0
    ) {
      throw new DecompressionError('snappy: no xerial header');
    }
    // The blocks' own lengths first, so that nothing is allocated for a lie.
    let total = 0;
    for (let at = HEADER.length; at < source.length;) {
      const end = blockEnd(source, at);
      total += statedBytes(source, at + 4, end);
      if (total > limitBytes) throw tooLarge('snappy', limitBytes);
      at = end;
    }
    const into = Buffer.allocUnsafe(total);
    let written = 0;
    for (let at = HEADER.length; at < source.length;) {
      const end = blockEnd(source, at);
      try {
        written += this.snappy
          .uncompressSync(source.subarray(at + 4, end), COPY_BYTES)
          .copy(into, written);
      } catch (error) {
        throw new DecompressionError(
          `snappy: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
      at = end;
    }
    return into.subarray(0, written);
  }
}

function blockEnd(source: Buffer, at: number): number {
  const length = at + 4 <= source.length ? source.readInt32BE(at) : -1;
  if (length <= 0 || at + 4 + length > source.length)
    throw new DecompressionError('snappy: a block too large');
  return at + 4 + length;
}

/**
 * Each raw block begins with its uncompressed length, a varint of 32 bits. Not more than the block
 * can hold: 64 bytes from every 3.
 */
function statedBytes(source: Buffer, from: number, end: number): number {
  let bytes = 0;
  for (let i = 0; i < 5; i++) {
    if (from + i >= end) break;
    const byte = source[from + i];
    bytes += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) {
      if (bytes > (end - from) * 22)
        throw new DecompressionError('snappy: a block states more than it can hold');
      return bytes;
    }
  }
  throw new DecompressionError('snappy: a block without its length');
}

function loadPackage(): SnappyPackage {
  try {
    return createRequire(import.meta.url)('snappy') as SnappyPackage;
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n', 1)[0] : String(error);
    throw new ConfigError(
      'compression.type',
      "compression.type: snappy needs the package 'snappy', " +
        `which has no binary for ${process.platform} ${process.arch} here (${why}); ` +
        'install kbench with its optional dependencies on this platform, ' +
        'or set compression.type to lz4, zstd or gzip',
    );
  }
}
