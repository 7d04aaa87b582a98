// Sequence numbers of one partition, and its batches in flight in their order: Java's
// TxnPartitionEntry. Changed by the transaction manager alone. Batches are linked through
// themselves: what happens once a batch allocates nothing.
//
// Java compares sequences as plain numbers, which goes wrong for the batches about the wrap from
// 2^31 - 1 to 0 (they would be retried in the wrong order until they expire); here a sequence is
// before another if the way up to it, modulo 2^31, is less than half of the circle.
import type { RecordBatch } from './format/record-batch.js';
import { NO_IDENTITY, NO_SEQUENCE, type ProducerIdentity } from './identity.js';

const HALF_CIRCLE = 0x40000000;
/**
 * So many batches of a producer a broker knows again in each partition (Kafka's
 * ProducerStateEntry.NUM_BATCHES_TO_RETAIN).
 */
const KNOWN_AGAIN = 5;

/** `sequence` + `count`, or - `-count`: 0 follows 2^31 - 1. */
export function addToSequence(sequence: number, count: number): number {
  return (sequence + count) & 0x7fffffff;
}

/** Whether `a` comes before `b`. */
export function isBefore(a: number, b: number): boolean {
  return a !== b && ((b - a) & 0x7fffffff) < HALF_CIRCLE;
}

/** Sequence of a batch's last record. */
export function lastSequence(batch: RecordBatch): number {
  return addToSequence(batch.baseSequence, batch.recordCount - 1);
}

export class PartitionSequences {
  /** That the next batch goes under; older ones in flight may still have another. */
  identity: ProducerIdentity = NO_IDENTITY;
  next = 0;
  lastAcked = NO_SEQUENCE;
  /** Offset of the last acknowledged record; NaN before the first. */
  lastAckedOffset = NaN;
  /**
   * Batches that have a sequence and no outcome, sent or waiting to be sent again, in the order of
   * their sequences.
   */
  first: RecordBatch | null = null;
  private last: RecordBatch | null = null;
  /** Batches that were given a sequence so far. */
  private assigned = 0;

  get hasInFlight(): boolean {
    return this.first !== null;
  }

  /** That is the sequence after the last acknowledged one. */
  isNext(sequence: number): boolean {
    return sequence === (this.lastAcked === NO_SEQUENCE ? 0 : addToSequence(this.lastAcked, 1));
  }

  /**
   * One more would push the first batch without an outcome out of what the broker knows again: sent
   * once more it would be taken for a gap, and stored twice under a new epoch. Comes about where
   * the leader moves: those in flight to the old one do not count for the new one's connection.
   */
  get farAhead(): boolean {
    return this.first !== null && this.assigned - this.first.sequenceOrder >= KNOWN_AGAIN;
  }

  /** A batch that has just got the next sequence. */
  assign(batch: RecordBatch): void {
    this.next = addToSequence(this.next, batch.recordCount);
    batch.sequenceOrder = this.assigned++;
    this.add(batch);
  }

  /** Parts of a batch that is not in it any more, in its place. */
  addParts(large: RecordBatch, parts: readonly RecordBatch[]): void {
    const more = parts.length - 1;
    for (
      let batch = this.last;
      batch !== null && isBefore(large.baseSequence, batch.baseSequence);
      batch = batch.previousSequenced
    )
      batch.sequenceOrder += more;
    this.assigned += more;
    for (const [i, part] of parts.entries()) {
      part.sequenceOrder = large.sequenceOrder + i;
      this.add(part);
    }
  }

  private add(batch: RecordBatch): void {
    let before = this.last;
    while (before !== null && isBefore(batch.baseSequence, before.baseSequence))
      before = before.previousSequenced;
    const after = before === null ? this.first : before.nextSequenced;
    batch.previousSequenced = before;
    batch.nextSequenced = after;
    if (before === null) this.first = batch;
    else before.nextSequenced = batch;
    if (after === null) this.last = batch;
    else after.previousSequenced = batch;
    batch.sequenced = true;
  }

  /** Nothing for a batch that is not in it. */
  remove(batch: RecordBatch): void {
    if (!batch.sequenced) return;
    const { previousSequenced: before, nextSequenced: after } = batch;
    if (before === null) this.first = after;
    else before.nextSequenced = after;
    if (after === null) this.last = before;
    else after.previousSequenced = before;
    batch.previousSequenced = null;
    batch.nextSequenced = null;
    batch.sequenced = false;
  }

  acknowledged(sequence: number): void {
    if (this.lastAcked === NO_SEQUENCE || isBefore(this.lastAcked, sequence))
      this.lastAcked = sequence;
  }

  offsetAcknowledged(offset: number): void {
    if (Number.isNaN(this.lastAckedOffset) || offset > this.lastAckedOffset)
      this.lastAckedOffset = offset;
  }

  /**
   * From 0 again under `identity`: batches in flight are renumbered, in their order, for when they
   * are next sent.
   */
  restart(identity: ProducerIdentity): void {
    let sequence = 0;
    for (let batch = this.first; batch !== null; batch = batch.nextSequenced) {
      batch.resetProducerState(identity, sequence);
      sequence = addToSequence(sequence, batch.recordCount);
    }
    this.identity = identity;
    this.next = sequence;
    this.lastAcked = NO_SEQUENCE;
  }

  /**
   * A broker refused a batch for good: those behind it move up, so that no gap is left. Not where
   * one behind it was acknowledged, which a broker that knows nothing of the producer allows: its
   * sequence, given to another batch, would have that one taken for it and lost.
   */
  closeGap(failed: RecordBatch): void {
    const { baseSequence, recordCount } = failed;
    if (this.lastAcked !== NO_SEQUENCE && isBefore(baseSequence, this.lastAcked)) return;
    this.next = addToSequence(this.next, -recordCount);
    for (let batch = this.first; batch !== null; batch = batch.nextSequenced) {
      if (isBefore(batch.baseSequence, baseSequence)) continue;
      batch.resetProducerState(batch.identity, addToSequence(batch.baseSequence, -recordCount));
    }
  }

  /**
   * As if nothing was ever sent; batches in flight are no longer known (TxnPartitionMap.remove).
   */
  forget(): void {
    while (this.first !== null) this.remove(this.first);
    this.identity = NO_IDENTITY;
    this.next = 0;
    this.lastAcked = NO_SEQUENCE;
    this.lastAckedOffset = NaN;
  }
}
