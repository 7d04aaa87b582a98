// What becomes of a batch: acknowledged, sent again, failed or expired; told once, and its slot given back when nothing can touch it any more.
// Called by the sender. Must never tell a batch's outcome twice.
import type { Accumulator } from './accumulator.js';
import { splitBatch } from './batch-split.js';
import type { ProducerConfig } from './config.js';
import { TimeoutError, type ProducerError } from './errors.js';
import type { MetricCounters } from './metric-counters.js';
import type { ProducerHooks } from './producer-api.js';
import type { RecordBatch } from './record-batch.js';
import type { SequenceBook } from './transactions/sequence-book.js';

const MESSAGE_TOO_LARGE = 10;

export class Settlement {
  /** The producer is closed: nothing is sent again. */
  final = false;
  private readonly counters: MetricCounters;
  /** With idempotence. */
  sequences: SequenceBook | null = null;

  constructor(
    private readonly accumulator: Accumulator,
    private readonly config: ProducerConfig,
    private readonly hooks: ProducerHooks,
  ) {
    this.counters = accumulator.counters;
  }

  /** The broker has it. `offset` -1 where it is not known. */
  acknowledge(batch: RecordBatch, offset: number): void {
    batch.baseOffset = offset;
    // Also of one that expired in flight: that it was stored decides how its partition goes on.
    if (this.sequences !== null) this.sequences.completed(batch, offset);
    if (this.answered(batch)) this.finish(batch, null);
  }

  /** An attempt failed: again if Java would try again, else that is the outcome. */
  fail(batch: RecordBatch, error: ProducerError, nowMs: number): void {
    if (!this.answered(batch)) return;
    if (error.code === MESSAGE_TOO_LARGE && batch.recordCount > 1 && !this.final) {
      this.counters.batchSplits++;
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
      this.counters.retries++;
      this.counters.recordRetries += batch.recordCount;
      batch.firstFailure ??= error;
      this.accumulator.reenqueue(batch, nowMs);
    } else {
      // After the last attempt nobody knows whether an earlier one was stored: its sequence is not free then. The same goes for one whose time
      // is over when its answer is lost, of which Java takes the sequence for free.
      if (sequences !== null && !this.final) {
        sequences.failed(batch, error, attemptsLeft && !error.retriable);
        if (attemptsLeft && error.retriable) sequences.markUnresolved(batch);
      }
      if (!this.final) this.counters.recordErrors += batch.recordCount;
      this.finish(batch, error);
    }
  }

  /** No answer is awaited any more. False for a batch whose outcome was told before (it expired in flight): only its slot was waiting. */
  private answered(batch: RecordBatch): boolean {
    batch.awaitingAnswer = false;
    batch.partitionState.muted = false;
    if (batch.done) {
      this.accumulator.releaseIfUnused(batch);
      return false;
    }
    batch.partitionState.inFlight.remove(batch);
    return true;
  }

  /**
   * delivery.timeout.ms has passed, queued or in flight. The caller took it out of its queue. `cause`:
   * what stood in its way, which Java's message leaves to the log.
   */
  expire(batch: RecordBatch, nowMs: number, cause: string): void {
    const waited = Math.round(nowMs - batch.createdMs);
    const text = `${batch.partitionState.name}: ${batch.recordCount} records expired ${waited} ms after their batch was made`;
    const error = new TimeoutError(`${text} (delivery.timeout.ms); first cause: ${cause}`);
    this.counters.recordErrors += batch.recordCount;
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
  finish(batch: RecordBatch, error: ProducerError | null): void {
    batch.done = true;
    if (batch.family !== null) batch.family.pending--;
    if (error === null) this.counters.recordsAcked += batch.recordCount;
    else this.counters.recordsFailed += batch.recordCount;
    try {
      this.hooks.onBatchDone(batch, error);
    } catch (thrown) {
      // A call back's own fault must not leave the batches after it without their outcome.
      queueMicrotask(() => {
        throw thrown;
      });
    }
    batch.attachment = null;
    this.accumulator.settled(batch);
    this.accumulator.releaseIfUnused(batch);
  }
}
