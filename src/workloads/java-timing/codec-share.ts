// How long Java's thread is held up by closing a compressed batch, as a part of what our codec took
// for all of it. Java compresses while records are appended, block by block.
import { LIBLZ4_FAST_SHARE } from './constants.js';

/** Java's level for LZ4's fast compressor, and its default. */
const LZ4_FAST_LEVEL = 9;
/** Java's blocks of lz4: each is compressed when it is full, so that the last is left. */
const LZ4_BLOCK_BYTES = 64 * 1024;

export type CodecShare = (rawBytes: number) => number;

/** `codec`: compression.type; `lz4Level`: compression.lz4.level. 1: as long as ours. */
export function codecShareOf(codec: string, lz4Level: number): CodecShare {
  if (codec !== 'lz4') return () => 1;
  const library = lz4Level === LZ4_FAST_LEVEL ? LIBLZ4_FAST_SHARE : 1;
  return (rawBytes) => (library * (((rawBytes - 1) % LZ4_BLOCK_BYTES) + 1)) / rawBytes;
}
