// Many byte strings in memory that threads share: the bytes, each from a multiple of four on, and
// an index of places and lengths. Written once by record-collector.ts, read by all workers.

/** Plain data: may go to threads, which then see the same memory. */
export interface StoredRecords {
  readonly count: number;
  readonly bytes: SharedArrayBuffer;
  /** Uint32: where each record begins, in words of four bytes. */
  readonly starts: SharedArrayBuffer;
  /** Int32: bytes of each record; -1 stands for null. */
  readonly lengths: SharedArrayBuffer;
  /** Of the longest one. */
  readonly longest: number;
}

const WORD = 4;
const FIRST_RECORDS = 1024;

export const wordsOf = (bytes: number): number => Math.ceil(bytes / WORD);

/** Grows as needed: untouched shared memory takes no room, so it is asked for generously. */
export class StoredRecordsBuilder {
  count = 0;
  private words = 0;
  private bytes: Uint8Array<SharedArrayBuffer>;
  private starts = new Uint32Array(new SharedArrayBuffer(FIRST_RECORDS * WORD));
  private lengths = new Int32Array(new SharedArrayBuffer(FIRST_RECORDS * WORD));

  constructor(expectedBytes: number) {
    this.bytes = new Uint8Array(new SharedArrayBuffer((wordsOf(expectedBytes) + 1) * WORD));
  }

  /** Bytes in use. */
  get size(): number {
    return this.words * WORD;
  }

  add(record: Uint8Array | null): void {
    const length = record?.length ?? -1;
    const words = wordsOf(Math.max(0, length));
    this.reserve(this.words + words);
    if (record !== null) this.bytes.set(record, this.words * WORD);
    this.starts[this.count] = this.words;
    this.lengths[this.count] = length;
    this.count += 1;
    this.words += words;
  }

  /** Drops all records but those that `keep` names, in their order. */
  compact(keep: (record: number) => boolean): void {
    let [count, words] = [0, 0];
    for (let record = 0; record < this.count; record++) {
      if (!keep(record)) continue;
      const from = this.starts[record] * WORD;
      const length = this.lengths[record];
      this.bytes.copyWithin(words * WORD, from, from + Math.max(0, length));
      this.starts[count] = words;
      this.lengths[count] = length;
      count += 1;
      words += wordsOf(Math.max(0, length));
    }
    this.count = count;
    this.words = words;
  }

  lengthOf(record: number): number {
    return this.lengths[record];
  }

  /** A view. */
  bytesOf(record: number): Uint8Array {
    const from = this.starts[record] * WORD;
    return this.bytes.subarray(from, from + Math.max(0, this.lengths[record]));
  }

  finish(): StoredRecords {
    let longest = -1;
    for (let record = 0; record < this.count; record++) {
      longest = Math.max(longest, this.lengths[record]);
    }
    const [bytes, starts, lengths] = [this.bytes, this.starts, this.lengths].map((a) => a.buffer);
    return { count: this.count, bytes, starts, lengths, longest };
  }

  private reserve(words: number): void {
    if (words * WORD > this.bytes.length) {
      const bytes = new Uint8Array(new SharedArrayBuffer(words * WORD * 2));
      bytes.set(this.bytes.subarray(0, this.size));
      this.bytes = bytes;
    }
    if (this.count < this.starts.length) return;
    const starts = new Uint32Array(new SharedArrayBuffer(this.count * WORD * 2));
    starts.set(this.starts);
    this.starts = starts;
    const lengths = new Int32Array(new SharedArrayBuffer(this.count * WORD * 2));
    lengths.set(this.lengths);
    this.lengths = lengths;
  }
}
