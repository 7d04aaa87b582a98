// What becomes of a batch: acknowledged, sent again, failed or expired; told once, and its slot given back when nothing can touch it any more.
// Called by the sender. Must never tell a batch's outcome twice.
import type { Accumulator } from './accumulator.js';
import type { ProducerConfig } from './config.js';
import { TimeoutError, type ProducerError } from './errors.js';
import type { ProducerHooks } from './producer-api.js';
import type { RecordBatch } from './record-batch.js';

export class Settlement {
  recordsAcked = 0;
  recordsFailed = 0;
  /** Batches that were queued again. */
  retries = 0;
  /** The producer is closed: nothing is sent again. */
  final = false;

  constructor(
    private readonly accumulator: Accumulator,
    private readonly config: ProducerConfig,
    private readonly hooks: ProducerHooks,
  ) {}

  /** The broker has it. `offset` -1 where it is not known. */
  acknowledge(batch: RecordBatch, offset: number): void {
    batch.baseOffset = offset;
    if (this.answered(batch)) this.finish(batch, null);
  }

  /** An attempt failed: again if Java would try again, else that is the outcome. */
  fail(batch: RecordBatch, error: ProducerError, nowMs: number): void {
    if (!this.answered(batch)) return;
    const again = error.retriable && batch.attempts < this.config.retries && !this.accumulator.hasExpired(batch, nowMs);
    if (again && !this.final) {
      this.retries++;
      this.accumulator.reenqueue(batch, nowMs);
    } else this.finish(batch, error);
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

  /** delivery.timeout.ms has passed, queued or in flight. The caller took it out of its queue. */
  expire(batch: RecordBatch, nowMs: number): void {
    const waited = Math.round(nowMs - batch.createdMs);
    const text = `${batch.partitionState.name}: ${batch.recordCount} records expired ${waited} ms after their batch was made`;
    this.finish(batch, new TimeoutError(`${text} (delivery.timeout.ms)`));
  }

  /** Tells the outcome. */
  finish(batch: RecordBatch, error: ProducerError | null): void {
    batch.done = true;
    if (error === null) this.recordsAcked += batch.recordCount;
    else this.recordsFailed += batch.recordCount;
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
