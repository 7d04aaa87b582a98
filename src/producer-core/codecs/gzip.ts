// gzip, by node:zlib. Its output lies in memory of its own, which the socket writes as it is.
// Called by record-batch.ts through Codec.
import { gzipSync } from 'node:zlib';
import { gunzip } from '../../wire/codecs/index.js';
import type { Codec } from './codec.js';

const NO_BYTES = Buffer.alloc(0);
/** Most that is set aside before it is known how small the records become. */
const MOST_CHUNK_BYTES = 1024 * 1024;

export class GzipCodec implements Codec {
  readonly name = 'gzip';
  readonly id = 1;
  private output: Buffer = NO_BYTES;
  private readonly options: { level: number; chunkSize: number };

  /** `level`: 1 to 9, or -1 for zlib's default (6). */
  constructor(level: number) {
    this.options = { level, chunkSize: 1024 };
  }

  compress(source: Buffer, from: number, to: number): number {
    // One chunk as a rule: several would be joined by copying.
    this.options.chunkSize = Math.min(MOST_CHUNK_BYTES, to - from + 1024);
    this.output = gzipSync(source.subarray(from, to), this.options);
    return -1;
  }

  takeOutput(): Buffer {
    const { output } = this;
    this.output = NO_BYTES;
    return output;
  }

  decompress(source: Buffer, limitBytes: number): Buffer {
    return gunzip(source, limitBytes);
  }
}
