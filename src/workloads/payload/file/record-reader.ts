// Hands out stored records without allocating: few and small ones as views of a copy of one's own,
// the others copied word by word into one buffer, of which there is a view for each length. A copy
// from shared memory with set() would need a view of its source, and goes byte by byte.
import { wordsOf, type StoredRecords } from './stored-records.js';

/** A view is an object of about 100 bytes. */
const MAX_VIEWS = 65_536;
const MAX_OWN_BYTES = 8 * 1024 * 1024;
/** Longer ones are views made on the spot: one object among so many bytes costs nothing. */
const MAX_COPIED = 16 * 1024;
const WORD = 4;

export class RecordReader {
  /** Of its own, where each record has its place for good; null where records are copied anew. */
  readonly buffer: ArrayBuffer | null;
  private readonly views: readonly (Uint8Array | null)[] | null;
  private readonly bytes: Uint8Array;
  private readonly words: Int32Array;
  private readonly starts: Uint32Array;
  private readonly lengths: Int32Array;
  private readonly copied: Uint8Array;
  private readonly copiedWords: Int32Array;
  private readonly ofLength: (Uint8Array | undefined)[];

  constructor({ count, bytes, starts, lengths, longest }: StoredRecords) {
    this.bytes = new Uint8Array(bytes);
    this.words = new Int32Array(bytes);
    this.starts = new Uint32Array(starts);
    this.lengths = new Int32Array(lengths);
    const copied = new ArrayBuffer(wordsOf(Math.min(MAX_COPIED, Math.max(1, longest))) * WORD);
    this.copied = new Uint8Array(copied);
    this.copiedWords = new Int32Array(copied);
    this.ofLength = new Array<Uint8Array | undefined>(this.copied.length + 1).fill(undefined);
    this.views = count <= MAX_VIEWS ? this.ownViews(count) : null;
    const first = this.views?.find((view) => view !== null);
    this.buffer = first === undefined ? null : (first.buffer as ArrayBuffer);
  }

  /** May be overwritten by the next call. */
  of(record: number): Uint8Array | null {
    if (this.views !== null) return this.views[record];
    const length = this.lengths[record];
    if (length === -1) return null;
    const start = this.starts[record];
    if (length > MAX_COPIED) return this.bytes.subarray(start * WORD, start * WORD + length);
    const { words, copiedWords } = this;
    const count = (length + WORD - 1) >> 2;
    for (let i = 0; i < count; i++) copiedWords[i] = words[start + i];
    return (this.ofLength[length] ??= this.copied.subarray(0, length));
  }

  private ownViews(count: number): (Uint8Array | null)[] | null {
    const { lengths, starts, bytes } = this;
    const used = count === 0 ? 0 : starts[count - 1] * WORD + Math.max(0, lengths[count - 1]);
    if (used > MAX_OWN_BYTES) return null;
    const own = bytes.slice(0, used);
    return Array.from({ length: count }, (_, i) =>
      lengths[i] === -1 ? null : own.subarray(starts[i] * WORD, starts[i] * WORD + lengths[i]),
    );
  }
}
