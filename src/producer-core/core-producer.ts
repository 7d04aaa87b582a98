// The producer: configuration, the parts put together, and the few calls of ProducerCore. Its user appends; the rest happens in the
// accumulator and the sender.
import { Accumulator } from './accumulator.js';
import { BufferPool } from './buffer-pool.js';
import { systemClock, type Clock, type TimerHandle } from './clock.js';
import { resolveProducerConfig, type ProducerConfig } from './config.js';
import {
  BootstrapError,
  BufferExhaustedError,
  ClosedError,
  TimeoutError,
  brokerError,
  type ProducerError,
} from './errors.js';
import { Metadata } from './metadata.js';
import { tcpNetwork, type Network } from './network.js';
import { PRODUCE_TAILROOM_BYTES, produceHeadroomBytes } from './produce-request.js';
import type {
  BatchView,
  ProducerCore,
  ProducerHooks,
  ProducerSettingValues,
  ProducerTotals,
  TopicHandle,
} from './producer-api.js';
import { Sender } from './sender.js';
import type { TopicState } from './topic-state.js';

export interface CoreProducerOptions {
  /** Java's settings by their own names; `bootstrap.servers` is a must. */
  readonly settings: ProducerSettingValues;
  readonly hooks: ProducerHooks;
  readonly clock?: Clock;
  readonly network?: Network;
  /** 0 <= random() < 1: jitter and the sticky partitioner's choices. */
  readonly random?: () => number;
  /** Overwrite each slot when it is given back, so that a test sees any later read of it. */
  readonly poison?: boolean;
}

/** As brokers allow it; the room for request heads in the pool is made for it. */
const MAX_TOPIC_NAME_BYTES = 249;

interface Wait {
  /** True once it is over, for good or ill. */
  readonly check: () => boolean;
}

export class CoreProducer implements ProducerCore {
  readonly config: ProducerConfig;
  private readonly clock: Clock;
  private readonly accumulator: Accumulator;
  private readonly sender: Sender;
  private readonly metadata: Metadata;
  private waits: Wait[] = [];
  private closing: Promise<void> | null = null;
  private closed = false;
  private memoryCallback: ((error: ProducerError | null) => void) | null = null;
  private readonly memoryWaiter = { bytes: 0, wake: () => this.endMemoryWait(null) };
  private memoryDeadlineMs = 0;
  private memoryTimer: TimerHandle | null = null;
  private memoryTimerSet = false;

  /** Throws ConfigError on settings that Java's producer would refuse. Connects to nothing yet. */
  constructor(options: CoreProducerOptions) {
    const config = (this.config = resolveProducerConfig(options.settings));
    const clock = (this.clock = options.clock ?? systemClock);
    const random = options.random ?? Math.random;
    const pool = new BufferPool(
      config.bufferMemory,
      config.batchSize,
      produceHeadroomBytes(config.clientId),
      PRODUCE_TAILROOM_BYTES,
      options.poison ?? false,
    );
    this.accumulator = new Accumulator(pool, { ...config, ignoreKeys: config.partitionerIgnoreKeys, random });
    this.sender = new Sender(this.accumulator, config, clock, options.hooks);
    const sticky = {
      batchBytes: config.batchSize,
      adaptive: config.partitionerAdaptivePartitioningEnable,
      availabilityTimeoutMs: config.partitionerAvailabilityTimeoutMs,
      random,
    };
    const context = { clock, network: options.network ?? tcpNetwork, config, events: this.sender, random };
    this.metadata = new Metadata(this.accumulator.topics, context, sticky, () => this.sender.passSoon());
    this.sender.metadata = this.metadata;
    this.sender.afterPass = () => this.checkWaits();
  }

  get totals(): ProducerTotals {
    const { totals, settlement } = this.sender;
    return {
      recordsAppended: this.accumulator.recordsAppended,
      recordsAcked: settlement.recordsAcked,
      recordsFailed: settlement.recordsFailed,
      requests: totals.requests,
      batches: totals.batches,
      batchRecords: totals.batchRecords,
      batchBytes: totals.batchBytes,
      uncompressedBytes: totals.batchBytes,
      retries: settlement.retries,
      requestMs: totals.requestMs,
      connectionsOpened: this.metadata.connectionsOpened,
    };
  }

  /** Bytes of buffer.memory that are not in use. */
  get availableBytes(): number {
    return this.accumulator.pool.availableBytes;
  }

  connect(): Promise<void> {
    return this.wait(
      () => this.metadata.refreshedMs > -Infinity,
      () => {
        const outcomes = this.metadata.bootstrapOutcomes();
        const list = outcomes.map(({ address, outcome }) => `${address}: ${outcome}`).join('; ');
        return new BootstrapError(
          `no bootstrap address answered within ${this.config.maxBlockMs} ms (max.block.ms): ${list}`,
          outcomes,
        );
      },
    );
  }

  async topic(name: string): Promise<TopicHandle> {
    if (name === '' || Buffer.byteLength(name) > MAX_TOPIC_NAME_BYTES) throw brokerError(17, `topic '${name}'`);
    const topic = this.metadata.topic(name, this.clock.now());
    const { topicErrors } = this.metadata;
    topicErrors.delete(name);
    if (topic.partitions.length === 0) this.metadata.requestUpdate();
    await this.wait(
      () => {
        topic.lastUsedMs = this.clock.now();
        if (topic.partitions.length > 0) return true;
        const error = topicErrors.get(name);
        return error !== undefined && !error.retriable ? error : false;
      },
      () => {
        const detail = topicErrors.get(name)?.message ?? (this.metadata.unreachable() || 'no metadata came');
        return new TimeoutError(
          `topic ${name}: not in the metadata within ${this.config.maxBlockMs} ms (max.block.ms): ${detail}`,
        );
      },
    );
    return topic;
  }

  append(
    topic: TopicHandle,
    partition: number,
    key: Uint8Array | null,
    value: Uint8Array | null,
    timestampMs: number,
    nowMs: number,
  ): BatchView | null {
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- handles come from topic() alone
    return this.accumulator.append(topic as TopicState, partition, key, value, timestampMs, nowMs);
  }

  awaitMemory(callback: (error: ProducerError | null) => void): void {
    if (this.memoryCallback !== null) throw new Error('awaitMemory: one wait at a time');
    if (this.closed) {
      callback(new ClosedError());
      return;
    }
    this.memoryCallback = callback;
    this.memoryWaiter.bytes = this.accumulator.refusedBytes;
    this.accumulator.pool.wait(this.memoryWaiter);
    this.memoryDeadlineMs = this.clock.now() + this.config.maxBlockMs;
    // One timer serves many waits: it looks at the deadline of the wait that it finds.
    if (!this.memoryTimerSet) this.watchMemory(this.config.maxBlockMs);
    this.sender.pass(); // a waiter makes every batch ready
  }

  private endMemoryWait(error: ProducerError | null): void {
    const callback = this.memoryCallback;
    this.memoryCallback = null;
    callback?.(error);
  }

  private watchMemory(delayMs: number): void {
    this.memoryTimerSet = true;
    this.memoryTimer = this.clock.schedule(delayMs, () => {
      this.memoryTimerSet = false;
      if (this.memoryCallback === null) return;
      const leftMs = this.memoryDeadlineMs - this.clock.now();
      if (leftMs > 0) {
        this.watchMemory(leftMs);
        return;
      }
      this.accumulator.pool.cancel(this.memoryWaiter);
      const text = `buffer.memory (${this.config.bufferMemory} bytes) stayed full for ${this.config.maxBlockMs} ms (max.block.ms)`;
      this.endMemoryWait(new BufferExhaustedError(text));
    });
  }

  wake(): void {
    if (this.accumulator.dirty) this.sender.pass();
  }

  flush(): Promise<void> {
    if (!this.accumulator.hasUnsettled) return Promise.resolve();
    this.accumulator.flushing++;
    return new Promise((resolve) => {
      this.accumulator.awaitSettled(() => {
        this.accumulator.flushing--;
        resolve();
      });
      this.sender.pass();
    });
  }

  close(timeoutMs = Infinity): Promise<void> {
    this.closing ??= this.shutDown(timeoutMs);
    return this.closing;
  }

  private async shutDown(timeoutMs: number): Promise<void> {
    this.accumulator.closing = true;
    if (timeoutMs > 0 && this.accumulator.hasUnsettled) {
      let timer: TimerHandle | undefined;
      const late = new Promise<void>((resolve) => {
        if (timeoutMs < Infinity) timer = this.clock.schedule(timeoutMs, resolve);
      });
      await Promise.race([this.flush(), late]);
      timer?.cancel();
    }
    this.closed = true;
    this.sender.stop();
    this.memoryTimer?.cancel();
    this.accumulator.pool.cancel(this.memoryWaiter);
    this.endMemoryWait(new ClosedError());
    for (const wait of this.waits) wait.check();
    this.waits = [];
  }

  /** Resolves once `done` holds; rejects with the error that it gives, with `late()` after max.block.ms, or when the producer is closed. */
  private wait(done: () => boolean | ProducerError, late: () => ProducerError): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.closed) {
        reject(new ClosedError());
        return;
      }
      if (done() === true) {
        resolve();
        return;
      }
      const timer = this.clock.schedule(this.config.maxBlockMs, () => {
        this.waits = this.waits.filter((other) => other !== wait);
        reject(late());
      });
      const wait: Wait = {
        check: () => {
          const outcome = this.closed ? new ClosedError() : done();
          if (outcome === false) return false;
          timer.cancel();
          if (outcome === true) resolve();
          else reject(outcome);
          return true;
        },
      };
      this.waits.push(wait);
      this.sender.pass();
    });
  }

  private checkWaits(): void {
    if (this.waits.length > 0) this.waits = this.waits.filter((wait) => !wait.check());
  }
}
