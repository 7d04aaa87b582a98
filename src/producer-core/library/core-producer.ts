// The producer: configuration, the parts put together, and the few calls of ProducerCore. Its user
// appends; the rest happens in the accumulator and the sender.
import { Accumulator } from '../batching/accumulator.js';
import { BufferPool, type Waiter } from '../batching/memory/buffer-pool.js';
import { systemClock, type Clock, type TimerHandle } from '../../base/clock.js';
import { loadCodec } from '../codecs/load-codec.js';
import { resolveProducerConfig, type ProducerConfig } from '../config/config.js';
import {
  BootstrapError,
  brokerError,
  BufferExhaustedError,
  ClosedError,
  ProducerError,
  RecordTooLargeError,
  TimeoutError,
  UnknownPartitionError,
} from '../errors.js';
import { whyFull } from '../sending/first-cause.js';
import { FlushGenerations } from '../batching/flush-generations.js';
import { MemoryWait } from '../batching/memory/memory-wait.js';
import { Metadata } from '../cluster/metadata.js';
import {
  MetricCounters,
  type MetricSample,
  type ProducerTotals,
} from '../metrics/metric-counters.js';
import { ProducerMeter } from '../metrics/producer-meter.js';
import type { ProducerMetrics } from '../metrics/metrics.js';
import { type Network, tcpNetwork } from '../../connect/connecting.js';
import { createSecurity, type Security } from '../../connect/security/security.js';
import { PRODUCE_TAILROOM_BYTES, produceHeadroomBytes } from '../sending/produce-request.js';
import type {
  BatchView,
  ConsumerGroupMetadata,
  OffsetToCommit,
  ProducerCore,
  ProducerHooks,
  ProducerSettingValues,
  RecordHeader,
  TopicHandle,
} from '../producer-api.js';
import { takeSettings, type ProducerSettings } from '../config/producer-settings.js';
import { Sender } from '../sending/sender.js';
import { Staging } from '../batching/format/staging.js';
import type { PartitionBatch, TopicState } from '../batching/topic-state.js';
import { TransactionCalls } from '../transactions/transaction-calls.js';
import { TransactionManager } from '../transactions/transaction-manager.js';
import { TrackingHooks } from './tracking-hooks.js';
import type { UserCodeOptions } from '../user-code/interfaces.js';
import { UserAppend } from '../user-code/user-append.js';
import { UserCode } from '../user-code/user-code.js';
import { WakeTimer } from '../sending/wake-timer.js';
import { ERROR } from '../../wire/error-codes.js';

export interface CoreProducerOptions extends UserCodeOptions {
  /** Java's settings by their own names; `bootstrap.servers` is a must. */
  readonly settings: ProducerSettings | ProducerSettingValues;
  readonly hooks: ProducerHooks;
  readonly clock?: Clock;
  readonly network?: Network;
  /** 0 <= random() < 1: jitter and the sticky partitioner's choices. */
  readonly random?: () => number;
  /** Overwrite each slot when it is given back, so that a test sees any later read of it. */
  readonly poison?: boolean;
  /** Records may carry promises of their own: for producer.ts. */
  readonly trackRecords?: boolean;
}

/** As brokers allow it; the room for request heads in the pool is made for it. */
const MAX_TOPIC_NAME_BYTES = 249;

const stickyOptions = (config: ProducerConfig, random: () => number) => ({
  batchBytes: config.batchSize,
  adaptive: config.partitionerAdaptivePartitioningEnable,
  availabilityTimeoutMs: config.partitionerAvailabilityTimeoutMs,
  rackAware: config.partitionerRackAware,
  random,
});

interface Wait {
  /** True once it is over, for good or ill. */
  readonly check: (fatal: ProducerError | null) => boolean;
}

export class CoreProducer implements ProducerCore {
  readonly config: ProducerConfig;
  private readonly clock: Clock;
  private readonly accumulator: Accumulator;
  private readonly counters: MetricCounters;
  private readonly meter: ProducerMeter;
  private readonly sender: Sender;
  private readonly timer: WakeTimer;
  /** The user's partitioner, interceptors, serializers; null where there are none. */
  readonly userCode: UserCode | null;
  /** The way of append through user code; null where there is none. */
  private readonly userAppend: UserAppend | null;
  private readonly metadata: Metadata;
  private readonly security: Security;
  /** Null without idempotence. */
  private readonly transactions: TransactionManager | null;
  private readonly transactionCalls: TransactionCalls;
  private waits: Wait[] = [];
  private prepared: Promise<void> | null = null;
  private closing: Promise<void> | null = null;
  private closed = false;
  private readonly memoryWait: MemoryWait;

  /** Throws ConfigError on settings that Java's producer would refuse. Connects to nothing yet. */
  constructor(options: CoreProducerOptions) {
    const settings = takeSettings(options.settings);
    const config = (this.config = resolveProducerConfig(settings));
    const clock = (this.clock = options.clock ?? systemClock);
    const random = options.random ?? Math.random;
    const counters = (this.counters = new MetricCounters());
    const pool = new BufferPool<PartitionBatch>(
      config.bufferMemory,
      config.batchSize,
      produceHeadroomBytes(config.clientId, config.transactionalId),
      PRODUCE_TAILROOM_BYTES,
      options.poison ?? false,
      (by) => counters.waitersChanged(by, clock.now()),
    );
    const codec = loadCodec(config.compressionType, config.compressionLevels);
    const staging =
      codec === null
        ? null
        : new Staging(codec, config.batchSize, options.hooks.watch ?? null, clock);
    const timer = (this.timer = new WakeTimer(clock, () => this.sender.pass()));
    const topics = new Map<string, TopicState>();
    const generations = new FlushGenerations();
    const { network = tcpNetwork, modulesFrom } = options;
    const from = modulesFrom === undefined ? {} : { modulesFrom };
    const security = (this.security = createSecurity(config.security, {
      network,
      clock,
      random,
      ...from,
    }));
    const context = { clock, network: security.network, config, random, counters, security };
    const metadata = (this.metadata = new Metadata(
      topics,
      context,
      stickyOptions(config, random),
      timer,
    ));
    const transactions = (this.transactions = config.enableIdempotence
      ? new TransactionManager(config, { topics, batches: generations, metadata, clock })
      : null);
    this.transactionCalls = new TransactionCalls(transactions, config, (...wait) =>
      this.wait(...wait),
    );
    const accumulator = (this.accumulator = new Accumulator(
      { pool, topics, generations, counters, staging, idempotence: transactions },
      { ...config, ignoreKeys: config.partitionerIgnoreKeys, random },
    ));
    const userCode = (this.userCode = UserCode.of(config, settings, options));
    this.userAppend =
      userCode === null
        ? null
        : new UserAppend(userCode, topics, (...record) => this.appendBytes(...record));
    const refused = (error: ProducerError) => {
      if (error instanceof BufferExhaustedError) this.recordRefused(error);
      this.userAppend?.giveUp(error);
    };
    const why = () => whyFull(topics.values(), clock.now(), metadata.cluster);
    this.memoryWait = new MemoryWait(accumulator, clock, config.maxBlockMs, why, refused);
    this.meter = new ProducerMeter(accumulator, metadata, clock);
    const interceptors = userCode?.interceptors ?? null;
    const tracking = options.trackRecords === true || interceptors !== null;
    const hooks = tracking ? new TrackingHooks(options.hooks, interceptors) : options.hooks;
    const afterPass = () => this.checkWaits();
    this.sender = new Sender(
      { accumulator, metadata, transactions, timer, clock, hooks, afterPass },
      config,
    );
  }

  get totals(): ProducerTotals {
    return this.meter.totals;
  }

  metrics(): ProducerMetrics {
    return this.meter.metrics();
  }

  metricSample(): MetricSample {
    return this.meter.sample();
  }

  /** Bytes of buffer.memory that are not in use. */
  get availableBytes(): number {
    return this.accumulator.pool.availableBytes;
  }

  async connect(): Promise<void> {
    this.prepared ??= this.prepare();
    try {
      await this.prepared;
    } catch (error) {
      this.prepared = null; // it may be called again
      throw error;
    }
    await this.wait(
      () => this.metadata.refreshedMs > -Infinity,
      () =>
        this.bootstrapError(
          `no bootstrap address answered within ${this.config.maxBlockMs} ms (max.block.ms)`,
          true,
        ),
    );
  }

  private bootstrapError(what: string, retriable: boolean): BootstrapError {
    const outcomes = this.metadata.cluster.bootstrapOutcomes();
    return new BootstrapError(
      `${what}: ${outcomes.map(({ address, outcome }) => `${address}: ${outcome}`).join('; ')}`,
      outcomes,
      retriable,
    );
  }

  /** What has to be loaded before the first connection and cannot be in a constructor. */
  private async prepare(): Promise<void> {
    await this.userCode?.load();
    await this.security.load();
    await this.resolveBootstrap();
  }

  /**
   * KIP-909: names that DNS does not know yet are tried again, until bootstrap.resolve.timeout.ms
   * has passed.
   */
  private async resolveBootstrap(): Promise<void> {
    const { bootstrapResolveTimeoutMs: limitMs, retryBackoffMs } = this.config;
    const untilMs = this.clock.now() + limitMs;
    while (!(await this.metadata.cluster.resolveBootstrap())) {
      if (this.closed) throw new ClosedError();
      const leftMs = untilMs - this.clock.now();
      if (leftMs <= 0) {
        const within = limitMs === 0 ? '' : ` within ${limitMs} ms (bootstrap.resolve.timeout.ms)`;
        throw this.bootstrapError(
          `none of the names in bootstrap.servers can be resolved${within}`,
          false,
        );
      }
      const waitMs = Math.min(leftMs, Math.max(1, retryBackoffMs));
      await new Promise<void>((resolve) => void this.clock.schedule(waitMs, resolve));
    }
  }

  topic(name: string): Promise<TopicHandle> {
    return this.topicWith(name, 0, this.config.maxBlockMs);
  }

  /**
   * Waits at most `maxMs` until the topic has the partition; for producer.ts. Asks anew after each
   * answer that lacks it.
   */
  async topicWith(name: string, partition: number, maxMs: number): Promise<TopicState> {
    if (name === '' || Buffer.byteLength(name) > MAX_TOPIC_NAME_BYTES)
      throw brokerError(ERROR.INVALID_TOPIC_EXCEPTION, `topic '${name}'`);
    const topic = this.metadata.topic(name, this.clock.now());
    const { topicErrors } = this.metadata;
    topicErrors.delete(name);
    let answeredMs = -Infinity;
    const known = topic.partitions.length > partition;
    const found = this.wait(
      () => {
        topic.touch(this.clock.now());
        if (topic.partitions.length > partition) return true;
        // Known, but with fewer partitions: every answer that does not change that is followed by
        // another request.
        if (topic.partitions.length > 0 && answeredMs !== this.metadata.refreshedMs) {
          answeredMs = this.metadata.refreshedMs;
          this.metadata.requestUpdate();
          this.timer.soon();
        }
        const error = topicErrors.get(name);
        return error !== undefined && !error.retriable ? error : false;
      },
      () => {
        const detail =
          topicErrors.get(name)?.message ??
          (this.metadata.cluster.unreachable() || 'no metadata came');
        const { maxBlockMs } = this.config;
        const count = topic.partitions.length;
        const within = `in the metadata within ${maxBlockMs} ms (max.block.ms)`;
        if (count === 0) return new TimeoutError(`topic ${name}: not ${within}: ${detail}`);
        return new TimeoutError(
          `topic ${name}: no partition ${partition} ${within}; it has ${count}, from 0`,
        );
      },
      maxMs,
    );
    await (known ? found : this.meter.timed('metadataWaitMs', found));
    return topic;
  }

  append(
    topic: TopicHandle,
    partition: number,
    key: Uint8Array | null,
    value: Uint8Array | null,
    timestampMs: number,
    nowMs: number,
    headers: readonly RecordHeader[] | null = null,
  ): BatchView | null {
    // Handles come from topic() alone.
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment
    const state = topic as TopicState;
    if (this.userAppend !== null) {
      return this.userAppend.append(state, partition, key, value, timestampMs, nowMs, headers);
    }
    return this.appendBytes(state, partition, key, value, timestampMs, nowMs, headers);
  }

  /** The way into a batch behind all user code; for producer.ts, which calls that itself. */
  appendBytes(
    topic: TopicState,
    partition: number,
    key: Uint8Array | null,
    value: Uint8Array | null,
    timestampMs: number,
    nowMs: number,
    headers: readonly RecordHeader[] | null,
  ): PartitionBatch | null {
    const { transactions } = this;
    if (transactions !== null && !transactions.appendsAllowed && !this.accumulator.isClosing) {
      throw transactions.appendError();
    }
    return this.accumulator.append(topic, partition, key, value, timestampMs, nowMs, headers);
  }

  /**
   * Queues a waiter of producer.ts for the memory that the last refused append lacked; a waiter
   * makes every batch ready.
   */
  queueForMemory(waiter: Waiter): void {
    this.accumulator.waitForMemory(waiter);
    this.sender.pass();
  }

  /**
   * A record failed on its way into a batch: counted, and a transaction under way can then only be
   * aborted, as in Java.
   */
  recordRefused(error: unknown): void {
    // The accumulator has counted its own refusals.
    if (error instanceof RecordTooLargeError || error instanceof UnknownPartitionError) return;
    this.counters.recordsRefused(1);
    if (error instanceof BufferExhaustedError) this.counters.memoryExhausted();
    const counts =
      error instanceof TimeoutError || (error instanceof ProducerError && error.code >= 0);
    if (counts) this.transactions?.recordRefused(error);
  }

  leaveMemoryQueue(waiter: Waiter): void {
    this.accumulator.pool.cancel(waiter);
  }

  awaitMemory(callback: (error: ProducerError | null) => void): void {
    if (this.closed) {
      callback(new ClosedError());
      return;
    }
    this.memoryWait.start(callback);
    this.sender.pass(); // a waiter makes every batch ready
  }

  wake(): void {
    if (this.accumulator.dirty || this.timer.overdue) this.sender.pass();
  }

  flush(): Promise<void> {
    return this.meter.timed('flushMs', this.settleAll());
  }

  private settleAll(): Promise<void> {
    if (!this.accumulator.hasUnsettled) return Promise.resolve();
    return new Promise((resolve) => {
      this.accumulator.flush(resolve);
      this.sender.pass();
    });
  }

  initTransactions(): Promise<void> {
    return this.meter.timed('txnInitMs', this.transactionCalls.init());
  }

  beginTransaction(): void {
    const startMs = this.clock.now();
    this.transactionCalls.begin();
    this.counters.called('txnBeginMs', this.clock.now() - startMs);
  }

  commitTransaction(): Promise<void> {
    return this.meter.timed('txnCommitMs', this.transactionCalls.commit());
  }

  abortTransaction(): Promise<void> {
    return this.meter.timed('txnAbortMs', this.transactionCalls.abort());
  }

  sendOffsetsToTransaction(
    offsets: readonly OffsetToCommit[],
    group: ConsumerGroupMetadata,
  ): Promise<void> {
    return this.meter.timed('txnSendOffsetsMs', this.transactionCalls.sendOffsets(offsets, group));
  }

  close(timeoutMs = Infinity): Promise<void> {
    this.closing ??= this.shutDown(timeoutMs);
    return this.closing;
  }

  private async shutDown(timeoutMs: number): Promise<void> {
    this.accumulator.startClosing();
    if (timeoutMs > 0) {
      let timer: TimerHandle | undefined;
      const late = new Promise<void>((resolve) => {
        if (timeoutMs < Infinity) timer = this.clock.schedule(timeoutMs, resolve);
      });
      await Promise.race([this.settleAll().then(() => this.transactionCalls.end()), late]);
      timer?.cancel();
    }
    this.closed = true;
    this.sender.stop();
    this.memoryWait.stop(new ClosedError());
    for (const wait of this.waits) wait.check(null);
    this.security.close();
    this.waits = [];
    this.userCode?.close();
  }

  /**
   * Resolves once `done` holds; rejects with the error that it gives, with `late()` after
   * max.block.ms, or when the producer is closed.
   */
  private wait(
    done: () => boolean | ProducerError,
    late: () => ProducerError,
    maxMs = this.config.maxBlockMs,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.closed) {
        reject(new ClosedError());
        return;
      }
      if (done() === true) {
        resolve();
        return;
      }
      const timer = this.clock.schedule(maxMs, () => {
        this.waits = this.waits.filter((other) => other !== wait);
        reject(late());
      });
      const wait: Wait = {
        check: (fatal) => {
          const found = this.closed ? new ClosedError() : done();
          const outcome = found === false && fatal !== null ? fatal : found;
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
    if (this.waits.length === 0) return;
    const fatal = this.metadata.takeFatalError();
    this.waits = this.waits.filter((wait) => !wait.check(fatal));
  }
}
