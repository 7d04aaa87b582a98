// Sends of producer.ts that wait for buffer.memory: first come, first served, each at most
// max.block.ms from its call. While there are any, every later send joins them. Must never change
// their order.
import type { Clock, TimerHandle } from '../../base/clock.js';
import type { CoreProducer } from './core-producer.js';
import { BufferExhaustedError, type ProducerError } from '../errors.js';
import { Fifo } from '../../base/fifo.js';
import { track } from '../batching/tracked-records.js';
import type { ReadyRecord, WaitingSend } from './waiting-sends.js';

/** A send whose record needs nothing but memory any more. */
export interface BlockedSend extends WaitingSend {
  readonly ready: ReadyRecord;
}

export class MemoryQueue {
  private readonly sends = new Fifo<BlockedSend>();
  private readonly waiter = { bytes: 0, wake: () => this.memoryCame() };
  private timer: TimerHandle | null = null;

  constructor(
    private readonly core: CoreProducer,
    private readonly clock: Clock,
    /** It is in its batch. */
    private readonly placed: (send: BlockedSend) => void,
    private readonly giveUp: (send: BlockedSend, error: unknown) => void,
  ) {}

  get length(): number {
    return this.sends.length;
  }

  /** The core has just refused the record, or others wait before it. */
  push(send: BlockedSend): void {
    this.sends.push(send);
    if (this.sends.length > 1) return;
    this.watchDeadlines();
    if (this.sends.length > 0) this.core.queueForMemory(this.waiter);
  }

  /** Rejects all of them. */
  drop(error: () => ProducerError): void {
    this.timer?.cancel();
    this.core.leaveMemoryQueue(this.waiter);
    for (let send = this.sends.shift(); send !== undefined; send = this.sends.shift())
      this.giveUp(send, error());
  }

  /** Within the pool's call: what fits is appended now. */
  private memoryCame(): void {
    const { core, sends, clock } = this;
    const nowMs = clock.now();
    for (let send = sends.first; send !== undefined; send = sends.first) {
      const { topic, partition, key, value, timestampMs } = send.ready;
      const headers = send.record.headers ?? null;
      try {
        const batch = core.appendBytes(topic, partition, key, value, timestampMs, nowMs, headers);
        if (batch === null) {
          core.queueForMemory(this.waiter);
          break;
        }
        track(batch, timestampMs, key, value, headers, send.resolve, send.reject);
        sends.shift();
        this.placed(send);
      } catch (error) {
        sends.shift();
        this.giveUp(send, error);
      }
    }
    if (sends.length === 0) this.timer?.cancel();
    core.wake();
  }

  private watchDeadlines(): void {
    const { sends } = this;
    const nowMs = this.clock.now();
    for (
      let send = sends.first;
      send !== undefined && send.deadlineMs <= nowMs;
      send = sends.first
    ) {
      const { bufferMemory, maxBlockMs } = this.core.config;
      const text =
        `buffer.memory (${bufferMemory} bytes) stayed full for ${maxBlockMs} ms ` +
        '(max.block.ms)';
      sends.shift();
      this.giveUp(send, new BufferExhaustedError(text));
    }
    const { first } = sends;
    if (first === undefined) this.core.leaveMemoryQueue(this.waiter);
    else this.timer = this.clock.schedule(first.deadlineMs - nowMs, () => this.watchDeadlines());
  }
}
