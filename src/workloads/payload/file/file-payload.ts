// The values and keys of a run out of a payload file, in one worker. Record i of the run is value i
// mod n (or one drawn from i), so N workers send what one would. Nothing is allocated per record.
import type { PayloadFile } from '../../../contract/settings.js';
import { CounterRandom } from '../../load/counter-random.js';
import type { KeySource } from '../../keys/keys.js';
import type { PayloadSource, PayloadValues } from '../payload.js';
import type { RunShare } from '../../load/run-share.js';
import type { LoadedPayload } from './load-payload-file.js';
import { RecordReader } from './record-reader.js';

const STREAM = 6;

/** Which of `count` records a worker sends next. */
class Cursor {
  position = 0;
  private index = 0;
  private readonly random: CounterRandom | null;
  private readonly step: number;

  constructor(
    private readonly count: number,
    order: PayloadFile['order'],
    private readonly share: RunShare,
  ) {
    this.random = order === 'random' ? new CounterRandom(share.seed, STREAM) : null;
    this.step = share.workers % count;
    this.restart();
  }

  restart(): void {
    this.index = this.share.worker;
    this.position = this.random?.below(this.count, this.index) ?? this.share.worker % this.count;
  }

  advance(): void {
    if (this.random !== null) {
      this.index += this.share.workers;
      this.position = this.random.below(this.count, this.index);
      return;
    }
    const next = this.position + this.step;
    this.position = next >= this.count ? next - this.count : next;
  }
}

export class FilePayload implements PayloadSource, PayloadValues {
  current: Uint8Array;
  readonly count: number;
  readonly buffer: ArrayBuffer | null;
  private readonly cursor: Cursor;
  private readonly reader: RecordReader;

  constructor({ values }: LoadedPayload, { order }: PayloadFile, share: RunShare) {
    this.cursor = new Cursor(values.count, order, share);
    this.reader = new RecordReader(values);
    this.count = values.count;
    this.buffer = this.reader.buffer;
    this.current = this.read();
  }

  advance(): void {
    this.cursor.advance();
    this.current = this.read();
  }

  restart(): void {
    this.cursor.restart();
    this.current = this.read();
  }

  get index(): number {
    return this.cursor.position;
  }

  valueAt(index: number): Uint8Array {
    return this.reader.of(index)!; // only keys may be null
  }

  private read(): Uint8Array {
    return this.valueAt(this.cursor.position);
  }
}

/** Keeps step with the values, as both follow from the record's index. */
export class FileKeys implements KeySource {
  current: Uint8Array | null;
  private readonly cursor: Cursor;
  private readonly reader: RecordReader;

  constructor(keys: NonNullable<LoadedPayload['keys']>, { order }: PayloadFile, share: RunShare) {
    this.cursor = new Cursor(keys.count, order, share);
    this.reader = new RecordReader(keys);
    this.current = this.reader.of(this.cursor.position);
  }

  advance(): void {
    this.cursor.advance();
    this.current = this.reader.of(this.cursor.position);
  }

  restart(): void {
    this.cursor.restart();
    this.current = this.reader.of(this.cursor.position);
  }
}
