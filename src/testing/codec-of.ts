// The producer's codecs for tests of rooms below it. Tests only.
import { loadCodec, type CodecName } from '../producer-core/parts.js';

export type { CodecName };

const LEVELS = { gzip: -1, lz4: 9, zstd: 3 };
/** A codec's number, and what it makes of bytes. Throws where it is not installed. */
export const codecOf = (name: CodecName): { id: number; compress: (bytes: Buffer) => Buffer } => {
  const codec = loadCodec(name, LEVELS)!;
  return {
    id: codec.id,
    compress(bytes: Buffer): Buffer {
      const into = Buffer.alloc(bytes.length + 65_536);
      const end = codec.compress(bytes, 0, bytes.length, into, 0, into.length);
      return end < 0 ? Buffer.from(codec.takeOutput()) : into.subarray(0, end);
    },
  };
};
