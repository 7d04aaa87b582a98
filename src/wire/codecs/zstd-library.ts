// Whatever does zstd here: node:zlib where Node has it (from 22.15), else the package
// @toondepauw/node-zstd (prebuilt binaries in the registry). Called by decompress.ts and by the
// producer's codec. Must never decompress without a limit.
import { createRequire } from 'node:module';
import * as zlib from 'node:zlib';
import { DecompressionError, tooLarge } from './decompression-error.js';

/** What Node adds in 22.15; the types in use are those of Node 20. */
interface ZlibWithZstd {
  readonly constants: { readonly ZSTD_c_compressionLevel: number };
  zstdCompressSync(
    source: Buffer,
    options: { readonly params: Readonly<Record<number, number>>; readonly chunkSize: number },
  ): Buffer;
  zstdDecompressSync(source: Buffer, options: { readonly maxOutputLength: number }): Buffer;
}

interface ZstdPackage {
  readonly Encoder: new (level: number) => { encodeSync(source: Buffer): Buffer };
  readonly Decoder: new () => { decodeSync(source: Buffer): Buffer };
}

/** Whatever does zstd here. */
export interface ZstdLibrary {
  compress(source: Buffer): Buffer;
  decompress(source: Buffer, limitBytes: number): Buffer;
}

const MOST_CHUNK_BYTES = 1024 * 1024;

/** Null before Node 22.15. */
export function zstdOfNode(level: number): ZstdLibrary | null {
  if (!('zstdCompressSync' in zlib)) return null;
  const node = zlib as unknown as ZlibWithZstd;
  const options = { params: { [node.constants.ZSTD_c_compressionLevel]: level }, chunkSize: 1024 };
  return {
    compress(source) {
      // One chunk as a rule: several would be joined by copying.
      options.chunkSize = Math.min(MOST_CHUNK_BYTES, source.length + 1024);
      return node.zstdCompressSync(source, options);
    },
    decompress: (source, limitBytes) =>
      node.zstdDecompressSync(source, { maxOutputLength: Math.max(1, limitBytes) }),
  };
}

/** Throws where the package has no binary for this platform. */
export function zstdOfPackage(level: number): ZstdLibrary {
  const { Encoder, Decoder } = createRequire(import.meta.url)(
    '@toondepauw/node-zstd',
  ) as ZstdPackage;
  const encoder = new Encoder(level);
  return {
    compress: (source) => encoder.encodeSync(source),
    decompress(source, limitBytes) {
      checkBlocks(source, limitBytes);
      const bytes = new Decoder().decodeSync(source);
      if (bytes.length > limitBytes) throw tooLarge('zstd', limitBytes);
      return bytes;
    },
  };
}

const MAGIC = 0xfd2fb528;
const MOST_BLOCK_BYTES = 128 * 1024;
/** High levels split blocks, so that a frame may have more of them than its size needs. */
const SPLIT_FACTOR = 4;
const SPLIT_SLACK_BYTES = 16 * 1024 * 1024;

/**
 * The package has no limit of its own. So the frame's blocks are added up first, each at the most
 * that it can hold: what passes here may come out larger than `limitBytes`, but not without bound.
 * One frame, as the encoder writes it (RFC 8878, 3.1.1).
 */
function checkBlocks(source: Buffer, limitBytes: number): void {
  if (source.length < 6 || source.readUInt32LE(0) !== MAGIC)
    throw new DecompressionError('zstd: no frame');
  const descriptor = source[4];
  const single = (descriptor & 0x20) !== 0;
  const contentSizeBytes = [single ? 1 : 0, 2, 4, 8][descriptor >> 6];
  let at = 5 + (single ? 0 : 1) + [0, 1, 2, 4][descriptor & 3] + contentSizeBytes;
  const most = Math.max(limitBytes * SPLIT_FACTOR, limitBytes + SPLIT_SLACK_BYTES);
  let total = 0;
  for (let last = false; !last;) {
    if (at + 3 > source.length) throw new DecompressionError('zstd: the frame does not end');
    const header = source.readUIntLE(at, 3);
    last = (header & 1) === 1;
    const type = (header >> 1) & 3;
    const bytes = header >> 3;
    // 0 raw, 1 one byte repeated, 2 compressed.
    total += type === 2 ? MOST_BLOCK_BYTES : bytes;
    if (total > most) throw tooLarge('zstd', limitBytes);
    at += 3 + (type === 1 ? 1 : bytes);
  }
  if (at + ((descriptor & 4) === 0 ? 0 : 4) !== source.length)
    throw new DecompressionError('zstd: bytes behind the frame');
}
