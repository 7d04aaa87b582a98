// The codec that the settings ask for. Called once a producer.
import type { Codec, CodecLevels, CodecName } from './codec.js';
import { GzipCodec } from './gzip.js';
import { Lz4Codec } from './lz4.js';
import { SnappyCodec } from './snappy.js';
import { ZstdCodec } from './zstd.js';

/** Null for `none`. Throws ConfigError where this platform has no binary for it. */
export function loadCodec(name: CodecName | 'none', levels: CodecLevels): Codec | null {
  switch (name) {
    case 'none':
      return null;
    case 'gzip':
      return new GzipCodec(levels.gzip);
    case 'snappy':
      return new SnappyCodec();
    case 'lz4':
      return new Lz4Codec(levels.lz4);
    case 'zstd':
      return new ZstdCodec(levels.zstd);
  }
}
