// CoreProducer.awaitMemory: one caller's wait for buffer.memory, at most max.block.ms long. Made by
// core-producer.ts; woken by the buffer pool from within a pass of the sender. Must never call back
// twice.
import type { Accumulator } from '../accumulator.js';
import type { Waiter } from './buffer-pool.js';
import type { Clock, TimerHandle } from '../../../base/clock.js';
import { BufferExhaustedError, type ProducerError } from '../../errors.js';

export class MemoryWait {
  private callback: ((error: ProducerError | null) => void) | null = null;
  private readonly waiter: Waiter = { bytes: 0, wake: () => this.end(null) };
  private deadlineMs = 0;
  private timer: TimerHandle | null = null;
  private timerSet = false;

  constructor(
    private readonly accumulator: Accumulator,
    private readonly clock: Clock,
    private readonly maxBlockMs: number,
    /** Why memory does not become free. */
    private readonly whyFull: () => string,
    /** Told of a wait that ends in vain, before the caller is. */
    private readonly inVain: (error: ProducerError) => void,
  ) {}

  /** Queues for what the last refused append lacked. */
  start(callback: (error: ProducerError | null) => void): void {
    if (this.callback !== null) throw new Error('awaitMemory: one wait at a time');
    this.callback = callback;
    this.accumulator.waitForMemory(this.waiter);
    this.deadlineMs = this.clock.now() + this.maxBlockMs;
    // One timer serves many waits: it looks at the deadline of the wait that it finds.
    if (!this.timerSet) this.watch(this.maxBlockMs);
  }

  private end(error: ProducerError | null): void {
    const { callback } = this;
    this.callback = null;
    if (callback !== null && error !== null) this.inVain(error);
    callback?.(error);
  }

  private watch(delayMs: number): void {
    this.timerSet = true;
    this.timer = this.clock.schedule(delayMs, () => {
      this.timerSet = false;
      if (this.callback === null) return;
      const leftMs = this.deadlineMs - this.clock.now();
      if (leftMs > 0) {
        this.watch(leftMs);
        return;
      }
      this.accumulator.pool.cancel(this.waiter);
      const { pool } = this.accumulator;
      const text = `buffer.memory (${pool.totalBytes} bytes) stayed full for ${this.maxBlockMs} ms`;
      const cause = this.whyFull();
      this.end(new BufferExhaustedError(`${text} (max.block.ms); first cause: ${cause}`));
    });
  }

  /** The producer is closed. */
  stop(error: ProducerError): void {
    this.timer?.cancel();
    this.accumulator.pool.cancel(this.waiter);
    this.end(error);
  }
}
