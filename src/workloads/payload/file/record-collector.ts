// A file's records, as they come: all of them, or an even sample that fits in so many bytes. Each
// record has a number of chance of its own, and those below a limit are kept; when they no longer
// fit the limit falls and some go again. So every record has the same chance, whatever its size or
// place, and one pass over the file is enough. Called by load-payload-file.ts.
import { CounterRandom } from '../../load/counter-random.js';
import type { KeyOfRecord } from './record-key.js';
import { StoredRecordsBuilder, wordsOf } from './stored-records.js';

const STREAM = 5;
const ALL = 2 ** 32;
/** How much of the sample goes when it is full. */
const FALL = 7 / 8;
const FIRST_KEPT = 1024;

export class RecordCollector {
  readonly values: StoredRecordsBuilder;
  readonly keys: StoredRecordsBuilder;
  /** Records seen so far. */
  seen = 0;
  private limit = ALL;
  private chances = new Uint32Array(FIRST_KEPT);
  private readonly random: CounterRandom;

  /** `sampleBytes` null: everything is kept, of a file of `fileBytes`. */
  constructor(
    fileBytes: number,
    private readonly sampleBytes: number | null,
    seed: number,
  ) {
    this.values = new StoredRecordsBuilder(sampleBytes ?? fileBytes * 1.1);
    this.keys = new StoredRecordsBuilder(0);
    this.random = new CounterRandom(seed | 0, STREAM);
  }

  /** One record; `key` is asked only where the record is kept. */
  add(value: Buffer, key: KeyOfRecord | null): void {
    this.random.draw(this.seen);
    this.seen += 1;
    const chance = this.random.low >>> 0;
    if (chance >= this.limit) return;
    while (this.isFull(value.length)) {
      this.lower();
      if (chance >= this.limit) return;
    }
    if (this.values.count === this.chances.length) {
      const chances = new Uint32Array(this.chances.length * 2);
      chances.set(this.chances);
      this.chances = chances;
    }
    this.chances[this.values.count] = chance;
    this.values.add(value);
    if (key !== null) this.keys.add(key(value));
  }

  private isFull(bytes: number): boolean {
    if (this.sampleBytes === null || this.values.count === 0) return false;
    return this.values.size + wordsOf(bytes) * 4 > this.sampleBytes;
  }

  private lower(): void {
    this.limit = Math.floor(this.limit * FALL);
    const { chances, limit } = this;
    const keep = (record: number): boolean => chances[record] < limit;
    this.values.compact(keep);
    this.keys.compact(keep);
    let kept = 0;
    for (const chance of chances) {
      if (kept === this.values.count) break;
      if (chance < limit) chances[kept++] = chance;
    }
  }
}
