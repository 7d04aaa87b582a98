// One or two bits for each of very many records, in shared memory that grows by chunks. Written by
// a worker's ledger, read by the account when the worker is done. Must cost nothing per record
// where records come in runs.

/** Records of one chunk: 128 or 256 KiB. */
const CHUNK_RECORDS = 1 << 20;
const WORD_BITS = 32;

/** Of a chunk of two bits a record. */
export const CHUNK_BYTES = (CHUNK_RECORDS * 2) / 8;

export class BitTable {
  private readonly chunks: Uint32Array[] = [];
  private readonly perWord: number;
  private readonly mask: number;

  constructor(
    private readonly bits: 1 | 2,
    buffers: readonly SharedArrayBuffer[] = [],
  ) {
    this.perWord = WORD_BITS / bits;
    this.mask = (1 << bits) - 1;
    for (const buffer of buffers) this.chunks.push(new Uint32Array(buffer));
  }

  /** Handed to another thread, both see the same. */
  get buffers(): SharedArrayBuffer[] {
    return this.chunks.map(({ buffer }) => buffer as SharedArrayBuffer);
  }

  get bytes(): number {
    return this.chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  /** 0 where nothing was ever set. */
  get(record: number): number {
    const chunk = Math.floor(record / CHUNK_RECORDS);
    if (chunk >= this.chunks.length) return 0;
    const at = record - chunk * CHUNK_RECORDS;
    const { bits, perWord } = this;
    return (this.chunks[chunk][(at / perWord) | 0] >>> ((at % perWord) * bits)) & this.mask;
  }

  set(record: number, value: number): void {
    const words = this.chunkOf(record);
    const { bits, perWord } = this;
    const at = record % CHUNK_RECORDS;
    const word = (at / perWord) | 0;
    const shift = (at % perWord) * bits;
    words[word] = (words[word] & ~(this.mask << shift)) | (value << shift);
  }

  /** `value` for `count` records from `first` on. */
  fill(first: number, count: number, value: number): void {
    let at = first;
    const end = first + count;
    const { perWord } = this;
    let whole = 0;
    for (let i = 0; i < WORD_BITS; i += this.bits) whole |= value << i;
    while (at < end) {
      if (at % perWord !== 0 || end - at < perWord) {
        this.set(at, value);
        at += 1;
        continue;
      }
      const words = this.chunkOf(at);
      const within = at % CHUNK_RECORDS;
      const from = within / perWord;
      const to = from + Math.floor(Math.min(end - at, CHUNK_RECORDS - within) / perWord);
      words.fill(whole, from, to);
      at += (to - from) * perWord;
    }
  }

  /** The whole word that begins with `record`, a multiple of what a word holds. */
  word(record: number): number {
    const chunk = Math.floor(record / CHUNK_RECORDS);
    if (chunk >= this.chunks.length) return 0;
    return this.chunks[chunk][(record - chunk * CHUNK_RECORDS) / this.perWord];
  }

  private chunkOf(record: number): Uint32Array {
    const chunk = Math.floor(record / CHUNK_RECORDS);
    while (chunk >= this.chunks.length) {
      const bytes = (CHUNK_RECORDS / this.perWord) * Uint32Array.BYTES_PER_ELEMENT;
      this.chunks.push(new Uint32Array(new SharedArrayBuffer(bytes)));
    }
    return this.chunks[chunk];
  }
}
