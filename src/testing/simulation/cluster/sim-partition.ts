// One partition of the modelled cluster: its log with control markers, what has reached the
// followers, its producers' state, and the views of readers. Called by sim-broker (appends),
// sim-coordinator (markers) and tests.
import type { ReadBatch } from './sim-batch.js';
import { ProducerStates, type AppendCheck, type AppendRules } from './sim-producer-state.js';

export interface LogEntry {
  readonly offset: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  /** Null for a control marker. */
  readonly batch: ReadBatch | null;
  readonly marker: 'commit' | 'abort' | null;
}

export class SimPartition {
  epoch = 0;
  /** What Metadata says, where it lags behind. */
  shown: { leader: number; epoch: number };
  readonly log: LogEntry[] = [];
  /** Offset that the next record gets. */
  endOffset = 0;
  /** All in-sync replicas have what lies below: a clean election loses nothing of it. */
  highWatermark = 0;
  /** Changes whenever records are cut off. */
  generation = 0;
  /** Accepted a sequence above 0 from a producer it knew nothing of, see AppendCheck.blind. */
  blind = false;
  /** Records below the high watermark were cut off: an unclean election. */
  unclean = false;
  /**
   * A batch was refused for good while it, or one before it, was written and not yet told so, or
   * came in after those of a newer producer id.
   */
  misled = false;
  /**
   * Newest epoch of any batch that came here, and what it was when the producer was told of such a
   * refusal: see append.
   */
  seenEpoch = -1;
  refusedEpoch = -1;
  /** Highest producer id that has written here: no broker fences a former one. */
  private newestProducer = -1;
  /** The epoch under which the producer sends here now. */
  currentEpoch: () => number = () => -1;
  private readonly producers = new ProducerStates();

  constructor(public leader: number) {
    this.shown = { leader, epoch: 0 };
  }

  get batches(): ReadBatch[] {
    return this.log.flatMap(({ batch }) => (batch === null ? [] : [batch]));
  }

  /** Data records in the log. */
  get records(): number {
    return this.batches.reduce((sum, { records }) => sum + records.length, 0);
  }

  isOngoing(producerId: number, epoch: number): boolean {
    return this.producers.isOngoing(producerId, epoch);
  }

  /** Order and uniqueness cannot be asked for, see sim-invariants. */
  get excused(): boolean {
    return this.blind || this.unclean || this.misled;
  }

  check(batch: ReadBatch, rules: AppendRules): AppendCheck {
    return this.producers.check(batch, rules);
  }

  /** Returns the batch's base offset. */
  append(batch: ReadBatch): number {
    const offset = this.endOffset;
    const { producerId, producerEpoch } = batch;
    // Was on its way when the producer gave it a new sequence.
    if (
      producerId >= 0 &&
      (producerEpoch <= this.refusedEpoch || producerEpoch < this.currentEpoch())
    )
      this.misled = true;
    // Was on its way when the producer's epochs ran out.
    if (producerId >= 0 && producerId < this.newestProducer) this.misled = true;
    this.newestProducer = Math.max(this.newestProducer, producerId);
    this.log.push({ offset, producerId, producerEpoch, batch, marker: null });
    this.endOffset += batch.records.length;
    this.producers.appended(batch, offset);
    return offset;
  }

  /** A transaction's end. */
  mark(producerId: number, producerEpoch: number, marker: 'commit' | 'abort'): void {
    if (!this.producers.ended(producerId, producerEpoch)) return;
    this.log.push({ offset: this.endOffset, producerId, producerEpoch, batch: null, marker });
    this.endOffset++;
    this.highWatermark = this.endOffset;
  }

  /** Cuts off whole batches from `offset` on, and what the producers' state knew of them. */
  truncate(offset: number): void {
    if (offset >= this.endOffset) return;
    if (offset < this.highWatermark) this.unclean = true;
    while (this.log.length > 0 && this.log[this.log.length - 1].offset >= offset)
      this.endOffset = this.log.pop()!.offset;
    this.highWatermark = Math.min(this.highWatermark, this.endOffset);
    this.generation++;
    this.producers.clear();
    for (const { batch, producerId, producerEpoch, offset: at } of this.log) {
      if (batch !== null) this.producers.appended(batch, at);
      else this.producers.ended(producerId, producerEpoch);
    }
  }

  /** All values in log order. */
  values(): string[] {
    return this.log.flatMap(({ batch }) => batch?.records.map(({ value }) => String(value)) ?? []);
  }

  /**
   * Values that a read_committed consumer gets: committed or never transactional, below the first
   * open transaction.
   */
  committed(): string[] {
    const aborted = new Set<LogEntry>();
    const open = new Map<number, LogEntry[]>();
    for (const entry of this.log) {
      if (entry.batch?.transactional === true) {
        const entries = open.get(entry.producerId);
        if (entries === undefined) open.set(entry.producerId, [entry]);
        else entries.push(entry);
      } else if (entry.marker !== null) {
        if (entry.marker === 'abort')
          for (const each of open.get(entry.producerId) ?? []) aborted.add(each);
        open.delete(entry.producerId);
      }
    }
    const stable = this.producers.firstUnstableOffset;
    return this.log
      .filter((entry) => entry.offset < stable && !aborted.has(entry))
      .flatMap(({ batch }) => batch?.records.map(({ value }) => String(value)) ?? []);
  }
}
