// Who gets which sequence number, and what an answer means for those in flight: the part of Java's
// TransactionManager (and of RecordAccumulator.shouldStopDrainBatchesForPartition) that is about
// sequences. Called by the accumulator's drain, once a batch, and by the settlement. Must allocate
// nothing while all goes well.
import { ProducerError } from '../errors.js';
import type { Sequencing } from '../batching/idempotence.js';
import type { PartitionBatch, PartitionState, TopicState } from '../batching/topic-state.js';
import type { ProducerIdentity } from '../batching/identity.js';
import { addToSequence, isBefore, lastSequence } from '../batching/sequences.js';
import { ERROR } from '../../wire/error-codes.js';

/** Whose sequences they are. */
export interface SequenceOwner {
  readonly identity: ProducerIdentity;
  readonly transactional: boolean;
  /** Nothing is sent any more. */
  readonly fatal: boolean;
  isSendAllowed(partition: PartitionState): boolean;
  /**
   * The epoch must be bumped before the next transaction, or before anything further is drained.
   */
  requireEpochBump(): void;
  /** A batch met `error`. */
  recordsFailed(error: ProducerError): void;
  toAbortableOrFatalError(abortable: ProducerError, fatal: ProducerError): void;
}

export class SequenceBook implements Sequencing {
  /**
   * Partitions with a batch that expired after it had been sent, perhaps in vain, and the sequence
   * behind it. Nothing new is drained there until those in flight tell whether it arrived.
   */
  private readonly unresolved = new Map<PartitionState, number>();
  /** Partitions that the next bump of the epoch is for. */
  private readonly toRestart = new Set<PartitionState>();

  constructor(
    private readonly owner: SequenceOwner,
    private readonly topics: ReadonlyMap<string, TopicState>,
  ) {}

  /**
   * The first batch of the partition's queue has to wait for answers, of which other partitions'
   * need not know.
   */
  waits(batch: PartitionBatch, partition: PartitionState): boolean {
    return !batch.hasSequence && partition.sequences.farAhead;
  }

  /** Whether the first batch of the partition's queue has to stay there for now. */
  holdsBack(batch: PartitionBatch, partition: PartitionState): boolean {
    const { owner } = this;
    if (!owner.isSendAllowed(partition) || !owner.identity.valid) return true;
    const { sequences } = partition;
    const { first } = sequences;
    if (!batch.hasSequence) {
      // Sequence 0 of a new epoch must not overtake what is in flight under the old one.
      if (first !== null && !owner.identity.equals(sequences.identity)) return true;
      return this.unresolved.size > 0 && this.unresolved.has(partition);
    }
    // A batch that is sent again waits for those before it: in effect one request in flight.
    return first !== null && batch.baseSequence !== first.baseSequence;
  }

  /**
   * Gives the batch its place, unless it has one from an earlier attempt: that one it must keep, or
   * it could be stored twice.
   */
  assign(batch: PartitionBatch, partition: PartitionState): void {
    if (batch.hasSequence) return;
    const { sequences } = partition;
    const { identity, transactional } = this.owner;
    if (!sequences.hasInFlight && !identity.equals(sequences.identity)) sequences.restart(identity);
    batch.setProducerState(identity, sequences.next, transactional);
    sequences.assign(batch);
  }

  completed(batch: PartitionBatch, offset: number): void {
    const { sequences } = batch.partitionState;
    // One that expired in flight may be answered after the partition began anew; its number means
    // nothing there.
    if (!batch.identity.equals(sequences.identity)) return;
    sequences.acknowledged(lastSequence(batch));
    if (offset >= 0) sequences.offsetAcknowledged(offset + batch.recordCount - 1);
    sequences.remove(batch);
  }

  /** Whether the broker's answer is one after which the batch may be sent again. */
  canRetry(batch: PartitionBatch, error: ProducerError): boolean {
    if (error.code === ERROR.UNKNOWN_PRODUCER_ID) return this.canRetryUnknownProducer(batch);
    if (error.code !== ERROR.OUT_OF_ORDER_SEQUENCE_NUMBER) return error.retriable;
    const { partitionState: partition } = batch;
    const unresolved = this.unresolved.get(partition);
    // Not the next one: those before it failed, and are to be sent again first.
    const early = batch.reopened || !partition.sequences.isNext(batch.baseSequence);
    if (unresolved === undefined && early) return true;
    if (this.owner.transactional) return false;
    // There is a gap, unless an expired batch may yet turn out to fill it.
    if (unresolved === undefined || unresolved === batch.baseSequence) this.requestBump(partition);
    return true;
  }

  /** The broker has no memory of this producer. */
  private canRetryUnknownProducer(batch: PartitionBatch): boolean {
    const { partitionState: partition, logStartOffset } = batch;
    // Told without the start of its log (the partition may just move): asked again until that is
    // known.
    if (Number.isNaN(logStartOffset) || logStartOffset === -1) return true;
    if (batch.reopened) return true; // the same trouble, dealt with when the first batch met it
    const { lastAckedOffset } = partition.sequences;
    if ((Number.isNaN(lastAckedOffset) ? -1 : lastAckedOffset) < logStartOffset) {
      // What this producer wrote was deleted, by retention probably, and its state with it.
      if (this.owner.transactional) partition.sequences.restart(this.owner.identity);
      else this.requestBump(partition);
      return true;
    }
    if (this.owner.transactional) return false;
    this.requestBump(partition);
    return true;
  }

  /** `adjust`: a broker has refused the batch for good, so that its sequence is free. */
  failed(batch: PartitionBatch, error: ProducerError, adjust: boolean): void {
    const { owner } = this;
    const { partitionState: partition } = batch;
    if (!owner.fatal) owner.recordsFailed(error);
    partition.sequences.remove(batch);
    if (owner.fatal || !batch.hasSequence) return;
    if (error.code === ERROR.OUT_OF_ORDER_SEQUENCE_NUMBER && !owner.transactional)
      this.requestBump(partition);
    else if (error.code === ERROR.UNKNOWN_PRODUCER_ID) {
      partition.sequences.forget();
      this.unresolved.delete(partition);
    } else if (adjust) {
      if (!owner.transactional) this.requestBump(partition);
      else partition.sequences.closeGap(batch);
    }
  }

  /**
   * An expired batch had been sent at least twice, or was queued to be: nobody knows whether it was
   * stored.
   */
  markUnresolved(batch: PartitionBatch): void {
    const next = addToSequence(lastSequence(batch), 1);
    const known = this.unresolved.get(batch.partitionState);
    if (known === undefined || isBefore(known, next))
      this.unresolved.set(batch.partitionState, next);
  }

  /**
   * Looks whether partitions with an unresolved batch can go on, now that nothing is in flight
   * there.
   */
  resolve(): void {
    if (this.unresolved.size === 0) return;
    for (const partition of [...this.unresolved.keys()]) {
      const { sequences } = partition;
      if (sequences.hasInFlight) continue;
      this.unresolved.delete(partition);
      // A later batch was stored, so the expired one was as well.
      if (sequences.isNext(sequences.next)) continue;
      if (!this.owner.transactional) this.requestBump(partition);
      else {
        const text =
          `${partition.name}: no acknowledgement came for records sent before, ` +
          'and they can no longer be sent again';
        this.owner.toAbortableOrFatalError(
          new ProducerError('UNACKNOWLEDGED', `${text}; the transaction has to be aborted`),
          new ProducerError('UNACKNOWLEDGED', text),
        );
      }
    }
  }

  private requestBump(partition: PartitionState): void {
    this.owner.requireEpochBump();
    this.toRestart.add(partition);
  }

  /** The identity has changed: partitions that asked for it begin anew. */
  restartAsked(): void {
    for (const partition of this.toRestart) {
      partition.sequences.restart(this.owner.identity);
      this.unresolved.delete(partition);
    }
    this.toRestart.clear();
  }

  /** A new epoch for all: everything starts at 0. */
  reset(): void {
    for (const topic of this.topics.values())
      for (const partition of topic.partitions) partition.sequences.forget();
    this.unresolved.clear();
    this.toRestart.clear();
  }

  /** Back into its partition's queue, before those whose sequence comes after its own. */
  insertInOrder(batch: PartitionBatch): void {
    const { queue } = batch.partitionState;
    let before = queue.first;
    while (
      before !== null &&
      before.hasSequence &&
      isBefore(before.baseSequence, batch.baseSequence)
    )
      before = before.next;
    queue.insertBefore(batch, before);
  }
}
