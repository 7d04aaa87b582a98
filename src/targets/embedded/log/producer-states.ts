// What a partition remembers of idempotent producers, and whether their next batch fits: the rules
// of Kafka's ProducerStateEntry and ProducerAppendInfo, with the last five batches of each
// producer. Called by produce.ts under each append; must never allocate per batch.

/** ProducerStateEntry.NUM_BATCHES_TO_RETAIN: as many as may be in flight with idempotence on. */
const BATCHES_KEPT = 5;
/**
 * Producers remembered per partition; the one known longest is forgotten first, and may then start
 * anywhere again.
 */
const MAX_PRODUCERS = 10_000;
const MAX_SEQUENCE = 2_147_483_647;

export type Verdict = 'append' | 'duplicate' | 'out-of-order' | 'old-epoch';

/**
 * The sequence number of the record `increment` after `sequence`: past 2^31 - 1 it goes on at 0.
 */
export function sequenceAfter(sequence: number, increment: number): number {
  return sequence > MAX_SEQUENCE - increment
    ? increment - (MAX_SEQUENCE - sequence) - 1
    : sequence + increment;
}

class ProducerState {
  epoch = -1;
  count = 0;
  private next = 0;
  readonly first = new Int32Array(BATCHES_KEPT);
  readonly last = new Int32Array(BATCHES_KEPT);
  readonly offset = new Float64Array(BATCHES_KEPT);
  readonly timestamp = new Float64Array(BATCHES_KEPT);

  /** -1 in a new epoch. */
  get lastSequence(): number {
    if (this.count === 0) return -1;
    return this.last[(this.next + BATCHES_KEPT - 1) % BATCHES_KEPT];
  }

  find(first: number, last: number): number {
    for (let i = 0; i < this.count; i++)
      if (this.first[i] === first && this.last[i] === last) return i;
    return -1;
  }

  enter(epoch: number): void {
    if (epoch === this.epoch) return;
    this.epoch = epoch;
    this.count = 0;
    this.next = 0;
  }

  add(epoch: number, first: number, last: number, offset: number, timestamp: number): void {
    this.enter(epoch);
    const i = this.next;
    this.first[i] = first;
    this.last[i] = last;
    this.offset[i] = offset;
    this.timestamp[i] = timestamp;
    this.next = (i + 1) % BATCHES_KEPT;
    if (this.count < BATCHES_KEPT) this.count++;
  }
}

export class ProducerStates {
  private readonly byId = new Map<number, ProducerState>();
  /** After a `duplicate`: where and when the original was appended. */
  duplicateOffset = -1;
  duplicateTimestamp = -1;

  /**
   * Whether the batch with these sequence numbers may be appended. A producer that is not known may
   * start anywhere (KIP-360).
   */
  check(producerId: number, epoch: number, first: number, last: number): Verdict {
    const state = this.byId.get(producerId);
    if (state === undefined) return 'append';
    if (epoch !== state.epoch) {
      if (epoch < state.epoch) return 'old-epoch';
      return first === 0 ? 'append' : 'out-of-order';
    }
    const known = state.find(first, last);
    if (known >= 0) {
      this.duplicateOffset = state.offset[known]!;
      this.duplicateTimestamp = state.timestamp[known]!;
      return 'duplicate';
    }
    return first === sequenceAfter(state.lastSequence, 1) ? 'append' : 'out-of-order';
  }

  /** Remembers what was appended. */
  add(
    producerId: number,
    epoch: number,
    first: number,
    last: number,
    offset: number,
    timestamp: number,
  ): void {
    let state = this.byId.get(producerId);
    if (state === undefined) {
      if (this.byId.size >= MAX_PRODUCERS) this.forgetOne();
      state = new ProducerState();
      this.byId.set(producerId, state);
    }
    state.add(epoch, first, last, offset, timestamp);
  }

  /**
   * A transaction's marker was appended: with a bumped epoch it fences older ones, and sequences
   * begin at 0 again.
   */
  mark(producerId: number, epoch: number): void {
    const state = this.byId.get(producerId);
    if (state !== undefined && epoch > state.epoch) state.enter(epoch);
  }

  private forgetOne(): void {
    for (const producerId of this.byId.keys()) {
      this.byId.delete(producerId);
      return;
    }
  }
}
