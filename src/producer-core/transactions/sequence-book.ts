// Who gets which sequence number, and what an answer means for those in flight: the part of Java's TransactionManager (and of
// RecordAccumulator.shouldStopDrainBatchesForPartition) that is about sequences. Called by the accumulator's drain, once a batch, and by the
// settlement. Must allocate nothing while all goes well.
import type { Accumulator } from '../accumulator.js';
import { ProducerError } from '../errors.js';
import type { PartitionBatch, PartitionState } from '../topic-state.js';
import { MAX_EPOCH } from './identity.js';
import { addToSequence, isBefore, lastSequence } from './sequences.js';
import type { TransactionManager } from './transaction-manager.js';

const OUT_OF_ORDER = 45;
const UNKNOWN_PRODUCER_ID = 59;

export class SequenceBook {
  /**
   * Partitions with a batch that expired after it had been sent, perhaps in vain, and the sequence behind it. Nothing new is drained there
   * until those in flight tell whether it arrived.
   */
  private readonly unresolved = new Map<PartitionState, number>();
  /** Partitions that the next bump of the epoch is for. */
  private readonly toRestart = new Set<PartitionState>();

  constructor(
    private readonly manager: TransactionManager,
    private readonly accumulator: Accumulator,
  ) {}

  /** The first batch of the partition's queue has to wait for answers, of which other partitions' need not know. */
  waits(batch: PartitionBatch, partition: PartitionState): boolean {
    return !batch.hasSequence && partition.sequences.farAhead;
  }

  /** Whether the first batch of the partition's queue has to stay there for now. */
  holdsBack(batch: PartitionBatch, partition: PartitionState): boolean {
    const { manager } = this;
    if (!manager.isSendAllowed(partition) || !manager.identity.valid) return true;
    const { sequences } = partition;
    const { first } = sequences;
    if (!batch.hasSequence) {
      // Sequence 0 of a new epoch must not overtake what is in flight under the old one.
      if (first !== null && !manager.identity.equals(sequences.identity)) return true;
      return this.unresolved.size > 0 && this.unresolved.has(partition);
    }
    // A batch that is sent again waits for those before it: in effect one request in flight.
    return first !== null && batch.baseSequence !== first.baseSequence;
  }

  /** Gives the batch its place, unless it has one from an earlier attempt: that one it must keep, or it could be stored twice. */
  assign(batch: PartitionBatch, partition: PartitionState): void {
    if (batch.hasSequence) return;
    const { sequences } = partition;
    const { identity, transactional } = this.manager;
    if (!sequences.hasInFlight && !identity.equals(sequences.identity)) sequences.restart(identity);
    batch.setProducerState(identity, sequences.next, transactional);
    sequences.next = addToSequence(sequences.next, batch.recordCount);
    sequences.assign(batch);
  }

  completed(batch: PartitionBatch, offset: number): void {
    const { sequences } = batch.partitionState;
    // One that expired in flight may be answered after the partition began anew; its number means nothing there.
    if (!batch.identity.equals(sequences.identity)) return;
    sequences.acknowledged(lastSequence(batch));
    if (offset >= 0) sequences.offsetAcknowledged(offset + batch.recordCount - 1);
    sequences.remove(batch);
  }

  /** Whether the broker's answer is one after which the batch may be sent again. */
  canRetry(batch: PartitionBatch, error: ProducerError): boolean {
    if (error.code === UNKNOWN_PRODUCER_ID) return this.canRetryUnknownProducer(batch);
    if (error.code !== OUT_OF_ORDER) return error.retriable;
    const { partitionState: partition } = batch;
    const unresolved = this.unresolved.get(partition);
    // Not the next one: those before it failed, and are to be sent again first.
    const early = batch.reopened || !partition.sequences.isNext(batch.baseSequence);
    if (unresolved === undefined && early) return true;
    if (this.manager.transactional) return false;
    // There is a gap, unless an expired batch may yet turn out to fill it.
    if (unresolved === undefined || unresolved === batch.baseSequence) this.requestBump(partition);
    return true;
  }

  /** The broker has no memory of this producer. */
  private canRetryUnknownProducer(batch: PartitionBatch): boolean {
    const { partitionState: partition, logStartOffset } = batch;
    // Told without the start of its log (the partition may just move): asked again until that is known.
    if (Number.isNaN(logStartOffset) || logStartOffset === -1) return true;
    if (batch.reopened) return true; // the same trouble, dealt with when the first batch met it
    const { lastAckedOffset } = partition.sequences;
    if ((Number.isNaN(lastAckedOffset) ? -1 : lastAckedOffset) < logStartOffset) {
      // What this producer wrote was deleted, by retention probably, and its state with it.
      if (this.manager.transactional) partition.sequences.restart(this.manager.identity);
      else this.requestBump(partition);
      return true;
    }
    if (this.manager.transactional) return false;
    this.requestBump(partition);
    return true;
  }

  /** `adjust`: a broker has refused the batch for good, so that its sequence is free. */
  failed(batch: PartitionBatch, error: ProducerError, adjust: boolean): void {
    const { manager } = this;
    const { partitionState: partition } = batch;
    if (!manager.fatal) manager.recordsFailed(error);
    partition.sequences.remove(batch);
    if (manager.fatal || !batch.hasSequence) return;
    if (error.code === OUT_OF_ORDER && !manager.transactional) this.requestBump(partition);
    else if (error.code === UNKNOWN_PRODUCER_ID) {
      partition.sequences.forget();
      this.unresolved.delete(partition);
    } else if (adjust) {
      if (!manager.transactional) this.requestBump(partition);
      else partition.sequences.closeGap(batch);
    }
  }

  /** An expired batch had been sent at least twice, or was queued to be: nobody knows whether it was stored. */
  markUnresolved(batch: PartitionBatch): void {
    const next = addToSequence(lastSequence(batch), 1);
    const known = this.unresolved.get(batch.partitionState);
    if (known === undefined || isBefore(known, next)) this.unresolved.set(batch.partitionState, next);
  }

  /** Looks whether partitions with an unresolved batch can go on, now that nothing is in flight there. */
  resolve(): void {
    if (this.unresolved.size === 0) return;
    for (const partition of [...this.unresolved.keys()]) {
      const { sequences } = partition;
      if (sequences.hasInFlight) continue;
      this.unresolved.delete(partition);
      // A later batch was stored, so the expired one was as well.
      if (sequences.isNext(sequences.next)) continue;
      if (!this.manager.transactional) this.requestBump(partition);
      else {
        const text = `${partition.name}: no acknowledgement came for records sent before, and they can no longer be sent again`;
        this.manager.toAbortableOrFatalError(
          new ProducerError('UNACKNOWLEDGED', `${text}; the transaction has to be aborted`),
          new ProducerError('UNACKNOWLEDGED', text),
        );
      }
    }
  }

  private requestBump(partition: PartitionState): void {
    this.manager.epochBumpRequired = true;
    this.toRestart.add(partition);
  }

  /** Without transactions the producer may bump its epoch by itself. */
  bumpEpoch(): void {
    const { manager } = this;
    manager.epochBumpRequired = false;
    if (manager.identity.epoch === MAX_EPOCH) manager.resetIdentity();
    // Java would renumber at once, under no producer id, and send those batches without idempotence: here they wait for the new id.
    if (!manager.identity.valid) return;
    manager.identity = manager.identity.bumped();
    this.restartAsked();
  }

  /** The identity has changed: partitions that asked for it begin anew. */
  restartAsked(): void {
    for (const partition of this.toRestart) {
      partition.sequences.restart(this.manager.identity);
      this.unresolved.delete(partition);
    }
    this.toRestart.clear();
  }

  /** A new epoch for all: everything starts at 0. */
  reset(): void {
    for (const topic of this.accumulator.topics.values())
      for (const partition of topic.partitions) partition.sequences.forget();
    this.unresolved.clear();
    this.toRestart.clear();
  }

  /** Back into its partition's queue, before those whose sequence comes after its own. */
  insertInOrder(batch: PartitionBatch): void {
    const { queue } = batch.partitionState;
    let before = queue.first;
    while (before !== null && before.hasSequence && isBefore(before.baseSequence, batch.baseSequence))
      before = before.next;
    queue.insertBefore(batch, before);
  }
}
