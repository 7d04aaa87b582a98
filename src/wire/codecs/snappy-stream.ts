// snappy as Kafka's clients write it, bounded: in the framing of xerial's snappy-java, as nearly
// all do, or one raw block, as librdkafka may. By the `snappy` package (prebuilt binaries in the
// registry). Called by decompress.ts and by the producer's codec.
//
//   Stream => 82 'SNAPPY' 00, version i32 = 1, least compatible version i32 = 1,
//             [length i32, block]
import { createRequire } from 'node:module';
import { DecompressionError, tooLarge } from './decompression-error.js';

export interface SnappyPackage {
  compressSync(input: Buffer, options: { readonly copyOutputData: boolean }): Buffer;
  uncompressSync(
    input: Buffer,
    options: { readonly asBuffer: true; readonly copyOutputData: boolean },
  ): Buffer;
}

export const XERIAL_HEADER = Buffer.from('82534e415050590000000001' + '00000001', 'hex');
const MAGIC_BYTES = 8;
const COPY_BYTES = { asBuffer: true, copyOutputData: true } as const;

let loaded: SnappyPackage | null = null;

/** Throws where the package has no binary for this platform. */
export function snappyPackage(): SnappyPackage {
  return (loaded ??= createRequire(import.meta.url)('snappy') as SnappyPackage);
}

export function decompressSnappy(source: Buffer, limitBytes: number): Buffer {
  // The blocks' own lengths first, so that nothing is allocated for a lie.
  if (!isXerial(source)) {
    if (statedBytes(source, 0, source.length) > limitBytes) throw tooLarge('snappy', limitBytes);
    return uncompressed(source);
  }
  let total = 0;
  for (let at = XERIAL_HEADER.length; at < source.length;) {
    const end = blockEnd(source, at);
    total += statedBytes(source, at + 4, end);
    if (total > limitBytes) throw tooLarge('snappy', limitBytes);
    at = end;
  }
  const into = Buffer.allocUnsafe(total);
  let written = 0;
  for (let at = XERIAL_HEADER.length; at < source.length;) {
    const end = blockEnd(source, at);
    written += uncompressed(source.subarray(at + 4, end)).copy(into, written);
    at = end;
  }
  return into.subarray(0, written);
}

const isXerial = (source: Buffer): boolean =>
  source.length >= XERIAL_HEADER.length &&
  source.compare(XERIAL_HEADER, 0, MAGIC_BYTES, 0, MAGIC_BYTES) === 0;

function uncompressed(block: Buffer): Buffer {
  try {
    return snappyPackage().uncompressSync(block, COPY_BYTES);
  } catch (error) {
    throw new DecompressionError(
      `snappy: ${error instanceof Error ? error.message : String(error)}`,
    );
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
