// zstd: node:zlib where Node has it (from 22.15), else the package @toondepauw/node-zstd (prebuilt
// binaries in the registry). The output lies in memory of its own, which the socket writes as it
// is. Called by record-batch.ts through Codec.
import { ConfigError } from '../errors.js';
import {
  DecompressionError,
  type ZstdLibrary,
  zstdOfNode,
  zstdOfPackage,
} from '../../wire/codecs/index.js';
import type { Codec } from './codec.js';

const NO_BYTES = Buffer.alloc(0);

export class ZstdCodec implements Codec {
  readonly name = 'zstd';
  readonly id = 4;
  private output: Buffer = NO_BYTES;
  private readonly library: ZstdLibrary;

  /**
   * `level`: -131072 to 22. ConfigError where neither Node nor the package has zstd for this
   * platform.
   */
  constructor(level: number, library: ZstdLibrary = zstdOfNode(level) ?? packageLibrary(level)) {
    this.library = library;
  }

  compress(source: Buffer, from: number, to: number): number {
    this.output = this.library.compress(source.subarray(from, to));
    return -1;
  }

  takeOutput(): Buffer {
    const { output } = this;
    this.output = NO_BYTES;
    return output;
  }

  decompress(source: Buffer, limitBytes: number): Buffer {
    try {
      return this.library.decompress(source, limitBytes);
    } catch (error) {
      if (error instanceof DecompressionError) throw error;
      throw new DecompressionError(
        `zstd: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
}

function packageLibrary(level: number): ZstdLibrary {
  try {
    return zstdOfPackage(level);
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n', 1)[0] : String(error);
    throw new ConfigError(
      'compression.type',
      'compression.type: zstd needs Node 22.15 or later, ' +
        "or the package '@toondepauw/node-zstd', which has no binary for " +
        `${process.platform} ${process.arch} here (${why}); ` +
        'use a later Node, or set compression.type to lz4 or gzip',
    );
  }
}
