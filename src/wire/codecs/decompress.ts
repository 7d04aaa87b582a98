// The records of a batch, whatever codec its producer has used. Bounded: a batch that would become
// larger than it is allowed is refused before its memory is taken. Called by the reader.
import { gunzipSync } from 'node:zlib';
import { DecompressionError } from './decompression-error.js';
import { decompressLz4Frame } from './lz4-frame.js';
import { decompressSnappy } from './snappy-stream.js';
import { zstdOfNode, zstdOfPackage, type ZstdLibrary } from './zstd-library.js';

const [GZIP, SNAPPY, LZ4, ZSTD] = [1, 2, 3, 4];
/**
 * What one batch may become: a broker's own limit of a message is 1 MiB by default. A few bytes of
 * zstd may well be MiB of one value, so that a factor alone would refuse what is right.
 */
const LEAST_LIMIT_BYTES = 64 * 1024 * 1024;
const MOST_RAW_BYTES = 512 * 1024 * 1024;
const MOST_FACTOR = 1024;
/** Decompressing knows no level. */
const ANY_LEVEL = 3;

let zstd: ZstdLibrary | null = null;

/** `codec`: 1 gzip, 2 snappy, 3 lz4, 4 zstd. Throws DecompressionError. */
export function decompress(codec: number, source: Buffer, limitBytes: number): Buffer {
  switch (codec) {
    case GZIP:
      return gunzip(source, limitBytes);
    case SNAPPY:
      return decompressSnappy(source, limitBytes);
    case LZ4:
      return decompressLz4Frame(source, limitBytes);
    case ZSTD:
      zstd ??= zstdOfNode(ANY_LEVEL) ?? zstdOfPackage(ANY_LEVEL);
      return told('zstd', () => zstd!.decompress(source, limitBytes));
    default:
      throw new DecompressionError(`no codec has the number ${codec}`);
  }
}

/** As decompress, for what a broker took: a batch of at most some MiB. */
export const decompressRecords = (codec: number, source: Buffer): Buffer =>
  decompress(
    codec,
    source,
    Math.min(MOST_RAW_BYTES, Math.max(LEAST_LIMIT_BYTES, source.length * MOST_FACTOR)),
  );

export function gunzip(source: Buffer, limitBytes: number): Buffer {
  return told('gzip', () => gunzipSync(source, { maxOutputLength: Math.max(1, limitBytes) }));
}

function told(name: string, work: () => Buffer): Buffer {
  try {
    return work();
  } catch (error) {
    if (error instanceof DecompressionError) throw error;
    throw new DecompressionError(
      `${name}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
