// The door to decompression, and to what a codec's two directions share.
export { decompress, decompressRecords, gunzip } from './decompress.js';
export { DecompressionError } from './decompression-error.js';
export {
  decompressLz4Frame,
  LAST_LITERALS,
  LENGTH_NIBBLE,
  MATCH_MARGIN,
  MIN_MATCH,
} from './lz4-frame.js';
export {
  decompressSnappy,
  snappyPackage,
  type SnappyPackage,
  XERIAL_HEADER,
} from './snappy-stream.js';
export { type ZstdLibrary, zstdOfNode, zstdOfPackage } from './zstd-library.js';
