// What a codec of record batches does, and the settings that choose one. Implemented by the files
// beside this one; called by record-batch.ts when a batch closes, and by batch-split.ts. Must never
// be told to decompress without a limit.

export type CodecName = 'gzip' | 'snappy' | 'lz4' | 'zstd';

export interface Codec {
  readonly name: CodecName;
  /** Bits 0 to 2 of a batch's attributes: 1 gzip, 2 snappy, 3 lz4, 4 zstd. */
  readonly id: 1 | 2 | 3 | 4;
  /**
   * Compresses the bytes of `source` from `from` to `to` into `into`, from `at` on and not beyond
   * `limit`; returns the position behind. -1 when they do not fit, or when the library has memory
   * of its own: `takeOutput` then gives them.
   */
  compress(
    source: Buffer,
    from: number,
    to: number,
    into: Buffer,
    at: number,
    limit: number,
  ): number;
  /** After compress gave -1: what it compressed. Nobody changes these bytes any more. */
  takeOutput(): Buffer;
  /**
   * Throws DecompressionError on malformed bytes and on more than `limitBytes` of output, before it
   * allocates them.
   */
  decompress(source: Buffer, limitBytes: number): Buffer;
}

/** Levels under Java's names (compression.gzip.level and so on). */
export interface CodecLevels {
  /** 1 to 9, or -1: zlib's default. */
  readonly gzip: number;
  /** 1 to 17; 9 is the fast compressor. */
  readonly lz4: number;
  /** -131072 to 22. */
  readonly zstd: number;
}
