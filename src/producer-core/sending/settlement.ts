// What becomes of a batch: acknowledged, sent again, failed or expired; told once, and its slot
// given back when nothing can touch it any more. Called by the sender. Must never tell a batch's
// outcome twice.
import type { Accumulator } from '../batching/accumulator.js';
import { splitBatch } from '../batching/batch-split.js';
import type { ProducerConfig } from '../config/config.js';
import { TimeoutError, type ProducerError } from '../errors.js';
import type { MetricCounters } from '../metrics/metric-counters.js';
import type { ProducerHooks } from '../batching/batch-view.js';
import type { SequenceBook } from '../transactions/sequence-book.js';
import type { PartitionBatch } from '../batching/topic-state.js';
import { surelyRefused } from './sure-refusal.js';
import { ERROR } from '../../wire/error-codes.js';

export class Settlement {
  /** The producer is closed: nothing is sent again. */
  private final = false;
  private readonly counters: MetricCounters;

  constructor(
    private readonly accumulator: Accumulator,
    private readonly config: ProducerConfig,
    private readonly hooks: ProducerHooks,
    /** Null without idempotence. */
    private readonly sequences: SequenceBook | null,
  ) {
    this.counters = accumulator.counters;
  }

  /** The producer closes: what fails from now on is over. */
  end(): void {
    this.final = true;
  }

  /** The broker has it. `offset` -1 where it is not known. */
  acknowledge(batch: PartitionBatch, offset: number): void {
    batch.acknowledge(offset);
    // Also of one that expired in flight: that it was stored decides how its partition goes on.
    if (this.sequences !== null) this.sequences.completed(batch, offset);
    if (this.answered(batch)) this.finish(batch, null);
  }

  /** An attempt failed: again if Java would try again, else that is the outcome. */
  fail(batch: PartitionBatch, error: ProducerError, nowMs: number): void {
    if (!this.answered(batch)) return;
    if (!surelyRefused(error.kafkaName, this.config.acks)) batch.noteDoubt();
    if (error.code === ERROR.MESSAGE_TOO_LARGE && batch.recordCount > 1 && !this.final) {
      this.counters.splitBatch();
      splitBatch(batch, this.accumulator); // no attempt is used up
      return;
    }
    const { sequences } = this;
    const attemptsLeft = batch.attempts < this.config.retries;
    if (
      attemptsLeft &&
      !this.final &&
      !this.accumulator.hasExpired(batch, nowMs) &&
      (sequences === null ? error.retriable : sequences.canRetry(batch, error))
    ) {
      this.counters.retried(batch.recordCount);
      batch.noteFailure(error);
      this.accumulator.reenqueue(batch, nowMs);
    } else {
      // After the last attempt nobody knows whether an earlier one was stored: its sequence is not
      // free then. The same goes for one whose time is over when its answer is lost, of which Java
      // takes the sequence for free.
      if (sequences !== null && !this.final) {
        sequences.failed(batch, error, attemptsLeft && !error.retriable);
        if (attemptsLeft && error.retriable) sequences.markUnresolved(batch);
      }
      if (!this.final) this.counters.recordsRefused(batch.recordCount);
      this.finish(batch, error);
    }
  }

  /**
   * No answer is awaited any more. False for a batch whose outcome was told before (it expired in
   * flight): only its slot was waiting.
   */
  private answered(batch: PartitionBatch): boolean {
    batch.endAwait();
    batch.partitionState.unmute();
    if (batch.done) {
      this.accumulator.releaseIfUnused(batch);
      return false;
    }
    batch.partitionState.inFlight.remove(batch);
    return true;
  }

  /**
   * delivery.timeout.ms has passed, queued or in flight. The caller took it out of its queue.
   * `cause`: what stood in its way, which Java's message leaves to the log.
   */
  expire(batch: PartitionBatch, nowMs: number, cause: string): void {
    const waited = Math.round(nowMs - batch.createdMs);
    const text =
      `${batch.partitionState.name}: ${batch.recordCount} records expired ${waited} ms ` +
      'after their batch was made';
    const error = new TimeoutError(`${text} (delivery.timeout.ms); first cause: ${cause}`);
    this.counters.recordsRefused(batch.recordCount);
    if (this.sequences !== null) {
      this.sequences.failed(batch, error, false);
      if (batch.attempts > 0) this.sequences.markUnresolved(batch);
    }
    this.finish(batch, error);
  }

  /** A fatal error, or one after which a transaction begins anew. */
  abortAll(error: ProducerError): void {
    for (const batch of this.accumulator.takeAll()) {
      batch.partitionState.sequences.remove(batch);
      this.finish(batch, error);
    }
  }

  /** The transaction is aborted: what was never sent will not be. */
  abortUndrained(error: ProducerError): void {
    for (const batch of this.accumulator.takeUndrained()) this.finish(batch, error);
  }

  /** Tells the outcome. */
  finish(batch: PartitionBatch, error: ProducerError | null): void {
    if (error !== null && batch.awaitingAnswer) batch.noteDoubt();
    batch.finish();
    this.counters.settled(batch.recordCount, error === null);
    try {
      this.hooks.onBatchDone(batch, error);
    } catch (thrown) {
      // A call back's own fault must not leave the batches after it without their outcome.
      queueMicrotask(() => {
        throw thrown;
      });
    }
    batch.dropAttachment();
    this.accumulator.settled(batch);
    this.accumulator.releaseIfUnused(batch);
  }
}
