// What became of every record that a worker sent, as its producer told: two bits each, two more
// where there are transactions. Written by the worker's tracker, generator and transactions; handed
// to the main thread as shared memory, without a copy. Warm-up counts too.
import { OUTCOMES } from '../../contract/driver-protocol.js';
import type { ProducerError } from '../../connect/index.js';
import type { BatchView } from '../../producer-core/harness.js';
import { BitTable } from './bit-table.js';
import { PlaceJournal, type PackedPlaces } from './place-journal.js';
import type { SequenceRuns } from './sequence-runs.js';

export const OUTCOME = OUTCOMES;
export type Outcome = (typeof OUTCOME)[keyof typeof OUTCOME];

/** Of a record's transaction. `unknown`: its end was asked for and not told. */
export const FATE = { none: 0, committed: 1, aborted: 2, unknown: 3 } as const;
export type Fate = (typeof FATE)[keyof typeof FATE];

/** Plain data over shared memory. */
export interface PackedLedger {
  readonly worker: number;
  /** Numbers 0 to this, exclusive, were given to records. */
  readonly sent: number;
  readonly outcomes: readonly SharedArrayBuffer[];
  /** Empty without transactions. */
  readonly fates: readonly SharedArrayBuffer[];
  readonly places: PackedPlaces;
}

export class Ledger {
  private readonly outcomes = new BitTable(2);
  private readonly fates = new BitTable(2);
  private readonly places = new PlaceJournal();
  private partition = 0;
  private baseOffset = -1;

  constructor(private readonly worker: number) {}

  /** The producer told a batch's outcome; `runs` are the numbers of the whole batch's records. */
  settle(runs: SequenceRuns, batch: BatchView, error: ProducerError | null): void {
    const { firstRecordIndex, recordCount, mayBeStored } = batch;
    if (error === null) {
      this.partition = batch.partition;
      this.baseOffset = batch.baseOffset < 0 ? -1 : batch.baseOffset - firstRecordIndex;
      runs.each(firstRecordIndex, recordCount, this.acknowledge);
    } else {
      runs.each(firstRecordIndex, recordCount, mayBeStored ? this.doubt : this.refuseAll);
    }
  }

  /** A record that the producer never took. */
  refuse(sequence: number): void {
    this.outcomes.set(sequence, OUTCOME.refused);
  }

  /** A transaction of the records from `first` up to `end` is over. */
  endTransaction(first: number, end: number, fate: Fate): void {
    if (end > first) this.fates.fill(first, end - first, fate);
  }

  /** `sent`: how many numbers were given out. */
  pack(sent: number): PackedLedger {
    const { worker, outcomes, fates, places } = this;
    return {
      worker,
      sent,
      outcomes: outcomes.buffers,
      fates: fates.buffers,
      places: places.pack(),
    };
  }

  private readonly acknowledge = (first: number, count: number, index: number): void => {
    this.outcomes.fill(first, count, OUTCOME.acknowledged);
    const { partition, baseOffset } = this;
    this.places.note(first, count, partition, baseOffset < 0 ? -1 : baseOffset + index);
  };

  private readonly doubt = (first: number, count: number): void =>
    this.outcomes.fill(first, count, OUTCOME.unknown);

  private readonly refuseAll = (first: number, count: number): void =>
    this.outcomes.fill(first, count, OUTCOME.refused);
}
