// When the records of one open batch were sent, and in an open loop when they were meant to be:
// what the recorder turns into latencies once the batch is answered. Hung on BatchView.attachment.
// Pooled and reused: grown arrays stay, so steady state allocates nothing.

import { Stack } from '../../base/stack.js';
import { SequenceRuns } from '../audit/sequence-runs.js';

const FIRST_RUNS = 8;
const FIRST_RECORDS = 64;

/**
 * Send times as runs (records of one burst share one clock reading) and, in an open loop, one
 * intended time a record. All in ms.
 */
export class BatchStamps {
  /** Which records of the worker these are; null where nothing is audited. */
  readonly sequences: SequenceRuns | null;
  /** How many runs there are, and how many intended times. */
  runs = 0;
  intendedCount = 0;
  /** Of the records' values, all together. */
  valueBytes = 0;
  /** sentAt[r] is the send time of run r, counts[r] its number of records. */
  sentAt = new Float64Array(FIRST_RUNS);
  counts = new Uint32Array(FIRST_RUNS);
  /** Intended times in the order of the records; empty in a closed loop. */
  intended = new Float64Array(0);

  constructor(audited = false) {
    this.sequences = audited ? new SequenceRuns() : null;
  }

  addSent(sentMs: number): void {
    const last = this.runs - 1;
    if (last >= 0 && this.sentAt[last] === sentMs) {
      this.counts[last] += 1;
      return;
    }
    if (this.runs === this.sentAt.length) this.growRuns();
    this.sentAt[this.runs] = sentMs;
    this.counts[this.runs] = 1;
    this.runs += 1;
  }

  addIntended(intendedMs: number): void {
    if (this.intendedCount === this.intended.length) this.growIntended();
    this.intended[this.intendedCount] = intendedMs;
    this.intendedCount += 1;
  }

  get records(): number {
    let records = 0;
    for (let run = 0; run < this.runs; run++) records += this.counts[run];
    return records;
  }

  /**
   * Bytes of the values up to record `end`, as if all were alike: parts of a batch add up to it.
   */
  valueBytesUpTo(end: number): number {
    return Math.round((this.valueBytes * end) / this.records);
  }

  /** Of the records from `first` on, `records` of them: for a part of a batch that was split. */
  part(first: number, records: number): BatchStamps {
    const part = new BatchStamps();
    for (let run = 0, from = 0; run < this.runs; run++) {
      const to = from + this.counts[run];
      for (let record = Math.max(from, first); record < Math.min(to, first + records); record++) {
        part.addSent(this.sentAt[run]);
        if (this.intendedCount > 0) part.addIntended(this.intended[record]);
      }
      from = to;
    }
    return part;
  }

  clear(): void {
    this.runs = 0;
    this.intendedCount = 0;
    this.valueBytes = 0;
    this.sequences?.clear();
  }

  private growRuns(): void {
    const sentAt = new Float64Array(this.runs * 2);
    sentAt.set(this.sentAt);
    this.sentAt = sentAt;
    const counts = new Uint32Array(this.runs * 2);
    counts.set(this.counts);
    this.counts = counts;
  }

  private growIntended(): void {
    const intended = new Float64Array(Math.max(FIRST_RECORDS, this.intendedCount * 2));
    intended.set(this.intended);
    this.intended = intended;
  }
}

/** Stamps not in use. As many exist as batches were ever open or in flight at once. */
export class StampPool {
  private readonly free = new Stack<BatchStamps>();

  /** `audited`: they note the records' numbers. */
  constructor(private readonly audited = false) {}

  take(): BatchStamps {
    return this.free.pop() ?? new BatchStamps(this.audited);
  }

  give(stamps: BatchStamps): void {
    stamps.clear();
    this.free.push(stamps);
  }
}
