// The library's producer: `send` with a promise a record, over CoreProducer. What kbench's own runs
// do not use; they append to the core. Must never leave a send without its outcome, and never
// change the order of one topic's sends.
import { systemClock, type Clock, type TimerHandle } from '../../base/clock.js';
import { checkNoArguments, checkText, checkTimeout } from './argument-checks.js';
import {
  ClosedError,
  TimeoutError,
  TransactionAbortedError,
  type ProducerError,
} from '../errors.js';
import { Fifo } from '../../base/fifo.js';
import { MemoryQueue } from './memory-queue.js';
import type { ProducerMetrics } from '../metrics/metrics.js';
import type { ConsumerGroupMetadata, OffsetToCommit, ProducerHooks } from '../producer-api.js';
import type { ProducerSettings } from '../config/producer-settings.js';
import {
  checkOptions,
  CoreProducer,
  PRODUCER_OPTIONS,
  type CoreProducerOptions,
} from './public-core.js';
import { checkPlainData, takeRecord } from './record-fields.js';
import { bytesOf, PLAIN_KEY, PLAIN_VALUE } from './record-input.js';
import type { TopicState } from '../batching/topic-state.js';
import { track } from '../batching/tracked-records.js';
import type {
  ProducerRecord,
  RecordMetadata,
  RecordToSend,
  Serializer,
} from '../user-code/interfaces.js';
import { InvalidRecordError } from '../user-code/user-code-error.js';
import type { SerializerInUse, UserCode } from '../user-code/user-code.js';
import {
  Lane,
  ownBytes,
  ownHeaders,
  ownRecord,
  WaitingCount,
  type WaitingSend,
} from './waiting-sends.js';

/** A key or value where no serializer is set: text goes as UTF-8. */
export type RecordData = string | Uint8Array;

export interface ProducerOptions<K = RecordData, V = RecordData> extends Omit<
  CoreProducerOptions,
  'settings' | 'hooks' | 'trackRecords' | 'keySerializer' | 'valueSerializer'
> {
  readonly keySerializer?: Serializer<K>;
  readonly valueSerializer?: Serializer<V>;
  /**
   * Outcomes of batches, for records that are appended to `core`. Sends are told by their promises.
   */
  readonly hooks?: ProducerHooks;
}

/** A partition of a topic, as Java's partitionsFor tells it. */
export interface PartitionInfo {
  readonly topic: string;
  readonly partition: number;
  /** Null while there is none. */
  readonly leader: { readonly id: number; readonly host: string; readonly port: number } | null;
}

/**
 * Sends of one synchronous stretch that share a look at the clock, and after which the sender gets
 * its turn.
 */
const SENDS_A_LOOK = 64;
const NO_HOOKS: ProducerHooks = { onBatchDone: () => undefined };

let resolveNext!: (metadata: RecordMetadata) => void;
let rejectNext!: (error: unknown) => void;
/** One function for all promises, so that a send makes no closure of its own. */
function capture(
  resolve: (metadata: RecordMetadata) => void,
  reject: (error: unknown) => void,
): void {
  resolveNext = resolve;
  rejectNext = reject;
}

/**
 * A Kafka producer with Java's settings, defaults and behaviour.
 *
 *     const producer = new Producer({ 'bootstrap.servers': 'localhost:9092', 'linger.ms': 5 });
 *     const record = { topic: 'orders', key: 'id-1', value: 'hello' };
 *     const { partition, offset } = await producer.send(record);
 *     await producer.close();
 *
 * Records are batched across sends: do not await each one before the next if throughput matters.
 * Without serializers keys and values are text or bytes. For millions of records a second append to
 * `core`: no promise, one call back a batch.
 */
export class Producer<K = RecordData, V = RecordData> {
  /**
   * The core under it: `append`, `awaitMemory`, `wake` and `options.hooks`, see ProducerCore. Its
   * records and those of send share batches, in which they keep their order.
   */
  readonly core: CoreProducer;
  private readonly clock: Clock;
  private readonly code: UserCode | null;
  private connecting: Promise<void> | null = null;
  private connected = false;
  private closing: Promise<void> | null = null;
  private readonly lanes = new Map<string, Lane>();
  /** Sends that wait for the user's modules. */
  private readonly early = new Fifo<WaitingSend>();
  private readonly blocked: MemoryQueue;
  private readonly waiting = new WaitingCount();
  /** Sends since the clock was last read; 0: it is read with the next one. */
  private sinceLook = 0;
  private nowMs = NaN;
  private epochMs = NaN;

  /**
   * Throws ConfigError on settings that Java's producer would refuse, IllegalArgumentError on
   * options. Connects to nothing yet.
   */
  constructor(settings: ProducerSettings, options: ProducerOptions<K, V> = {}) {
    checkOptions('new Producer', options, PRODUCER_OPTIONS);
    const { hooks = NO_HOOKS, keySerializer, valueSerializer, ...rest } = options;
    this.clock = options.clock ?? systemClock;
    this.core = new CoreProducer({
      ...rest,
      ...(keySerializer === undefined ? {} : { keySerializer }),
      ...(valueSerializer === undefined ? {} : { valueSerializer }),
      settings,
      hooks,
      trackRecords: true,
    });
    this.code = this.core.userCode;
    this.blocked = new MemoryQueue(
      this.core,
      this.clock,
      ({ number }) => this.waiting.leave(number),
      (send, error) => this.giveUp(send, error),
    );
  }

  /**
   * Finds the cluster and loads the modules that the settings name. The first send does so too;
   * calling it tells early what is wrong. Rejects with BootstrapError, ConfigError or ClosedError;
   * may be called again then.
   */
  connect(): Promise<void> {
    if (this.connecting === null) {
      const connecting = this.core.connect();
      this.connecting = connecting;
      connecting.then(
        () => (this.connected = true),
        () => (this.connecting = null),
      );
    }
    return this.connecting;
  }

  /**
   * Sends each record of a list; resolves to where they went, in the order of the list, once all
   * are acknowledged. If one is no record, none is sent. If some fail, rejects with the error of
   * the first of those in the list, once all have their outcome: the others are stored. To see each
   * one's own outcome, send them one by one with `Promise.allSettled`.
   */
  send(records: readonly RecordToSend<K, V>[]): Promise<RecordMetadata[]>;
  /**
   * Sends a record; resolves once it is acknowledged as `acks` says. Never throws: rejects with a
   * ProducerError, at once with an InvalidRecordError where it is no record, after `max.block.ms`
   * if metadata or memory did not come, and after `delivery.timeout.ms` at the latest otherwise.
   * Records for one topic go in the order of the calls. Bytes given as key, value or header may be
   * used again once the call has returned.
   */
  send(record: RecordToSend<K, V>): Promise<RecordMetadata>;
  send(
    given: RecordToSend<K, V> | readonly RecordToSend<K, V>[],
    ...more: readonly never[]
  ): Promise<RecordMetadata | RecordMetadata[]> {
    let record: ProducerRecord;
    try {
      if (more.length > 0) checkMore(given, more);
      if (Array.isArray(given))
        return this.sendAll(given.map((each, i) => this.take(each, `records[${i}]: `)));
      record = this.take(given, '');
    } catch (error) {
      this.core.recordRefused(error);
      return rejection(error);
    }
    return this.sendOne(record);
  }

  private take(given: unknown, where: string): ProducerRecord {
    const record = takeRecord(given, where);
    if (this.code === null) checkPlainData(record, where);
    return record;
  }

  private async sendAll(records: readonly ProducerRecord[]): Promise<RecordMetadata[]> {
    const outcomes = await Promise.allSettled(records.map((record) => this.sendOne(record)));
    return outcomes.map((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    });
  }

  private sendOne(record: ProducerRecord): Promise<RecordMetadata> {
    const promise = new Promise(capture);
    const resolve = resolveNext;
    const reject = rejectNext;
    if (this.sinceLook === 0 || this.sinceLook >= SENDS_A_LOOK) this.look();
    this.sinceLook++;
    if (this.closing !== null)
      this.fail(record, record.partition ?? -1, new ClosedError(), NEVER_WAITED, reject);
    else if (this.code !== null && !this.connected) this.awaitCode(record, resolve, reject);
    else this.dispatch(record, this.nowMs, NEVER_WAITED, resolve, reject);
    return promise;
  }

  /**
   * Sends everything at once, whatever linger.ms says; resolves when every send so far has its
   * outcome.
   */
  async flush(...none: readonly never[]): Promise<void> {
    checkNoArguments(
      'flush',
      none,
      'it lasts until every send has its outcome (delivery.timeout.ms)',
    );
    await this.waiting.settled();
    await this.core.flush();
  }

  /**
   * As Java's close(timeout): waits at most `timeoutMs` for what was sent, then fails the rest with
   * ClosedError, frees sockets and timers. Rejects with IllegalArgumentError where that is no time,
   * and with nothing else. Without it the process does not end.
   */
  async close(timeoutMs = Infinity): Promise<void> {
    checkTimeout(timeoutMs);
    this.closing ??= this.shutDown(timeoutMs);
    await this.closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The topic's partitions; waits for its metadata at most `max.block.ms`. */
  async partitionsFor(topic: string): Promise<PartitionInfo[]> {
    checkText('partitionsFor: the topic', topic);
    await this.connect();
    const { partitions } = await this.core.topicWith(topic, 0, this.core.config.maxBlockMs);
    return partitions.map(({ index, leader }) => ({
      topic,
      partition: index,
      leader: leader === null ? null : { id: leader.id, host: leader.host, port: leader.port },
    }));
  }

  /**
   * As Java's: before the first transaction, where `transactional.id` is set. These calls reject
   * (beginTransaction throws) with IllegalStateError where they are out of place, with
   * ProducerStateError after errors, and with TimeoutError after `max.block.ms`.
   */
  async initTransactions(...none: readonly never[]): Promise<void> {
    checkNoArguments('initTransactions', none, MAX_BLOCK);
    await this.connect();
    await this.core.initTransactions();
  }

  beginTransaction(...none: readonly never[]): void {
    checkNoArguments('beginTransaction', none, 'it only begins one');
    this.core.beginTransaction();
  }

  /** Sends all that belongs to the transaction, then commits it. */
  async commitTransaction(...none: readonly never[]): Promise<void> {
    checkNoArguments('commitTransaction', none, MAX_BLOCK);
    await this.waiting.settled();
    await this.core.commitTransaction();
  }

  /** What was not sent yet is rejected with TransactionAbortedError. */
  async abortTransaction(...none: readonly never[]): Promise<void> {
    checkNoArguments('abortTransaction', none, MAX_BLOCK);
    this.drop(() => new TransactionAbortedError());
    await this.core.abortTransaction();
  }

  /** Offsets that a consumer group has read up to, committed with the transaction. */
  async sendOffsetsToTransaction(
    offsets: readonly OffsetToCommit[],
    group: ConsumerGroupMetadata,
  ): Promise<void> {
    await this.core.sendOffsetsToTransaction(offsets, group); // which checks them
  }

  /** Java's producer metrics, under Java's names. */
  metrics(): ProducerMetrics {
    return this.core.metrics();
  }

  /** Takes the clock's time for the sends of this stretch, and gives the sender a turn after it. */
  private look(): void {
    if (this.sinceLook === 0) queueMicrotask(this.endOfStretch);
    else this.core.wake();
    this.sinceLook = 0;
    this.nowMs = this.clock.now();
    this.epochMs = this.clock.epoch();
  }

  private readonly endOfStretch = (): void => {
    this.sinceLook = 0;
    this.core.wake();
  };

  /**
   * As KafkaProducer.send and doSend. `sinceMs` is when the caller sent it, `number` its own if it
   * has waited before.
   */
  private dispatch(
    given: ProducerRecord,
    sinceMs: number,
    number: number,
    resolve: Resolve,
    reject: Reject,
  ): void {
    const chain = this.code?.interceptors ?? null;
    const record = chain === null ? given : chain.onSend(given);
    let lane = this.lanes.get(record.topic);
    if (lane === undefined) this.lanes.set(record.topic, (lane = new Lane(record.topic)));
    if (lane.waiting.length === 0 && lane.has(record.partition)) {
      this.place(record, lane.topic!, sinceMs, number, resolve, reject);
      return;
    }
    // One that has waited for modules is a copy already.
    const kept =
      number !== NEVER_WAITED && record === given ? record : ownRecord(record, this.code === null);
    lane.waiting.push(this.waitingSend(kept, sinceMs, number, resolve, reject));
    if (!lane.asking) void this.askFor(lane);
  }

  /**
   * Serializes, chooses the partition, and puts the record into a batch or in the queue for memory.
   */
  private place(
    record: ProducerRecord,
    topic: TopicState,
    sinceMs: number,
    number: number,
    resolve: Resolve,
    reject: Reject,
  ): void {
    let partition = record.partition ?? -1;
    try {
      const { name } = topic;
      const headers = record.headers ?? null;
      const { code } = this;
      const key = bytesOf(code?.key ?? PLAIN_KEY, name, record.key, headers);
      const value = bytesOf(code?.value ?? PLAIN_VALUE, name, record.value, headers);
      if (partition < 0 && code !== null && code.partitioner !== null) {
        partition = code.choosePartition(
          code.partitioner,
          topic,
          key,
          value,
          record.key,
          record.value,
        );
      }
      const timestampMs = record.timestamp ?? this.epochMs;
      const batch =
        this.blocked.length > 0
          ? null
          : this.core.appendBytes(topic, partition, key, value, timestampMs, this.nowMs, headers);
      if (batch !== null) {
        track(batch, timestampMs, key, value, headers, resolve, reject);
        if (number !== NEVER_WAITED) this.waiting.leave(number);
        return;
      }
      const waited = number !== NEVER_WAITED;
      const ready = {
        topic,
        partition,
        key: keep(code?.key ?? PLAIN_KEY, record.key, key, waited),
        value: keep(code?.value ?? PLAIN_VALUE, record.value, value, waited),
        timestampMs,
      };
      const kept = {
        ...record,
        key: null,
        value: null,
        headers: waited ? headers : ownHeaders(headers),
      };
      this.blocked.push({ ...this.waitingSend(kept, sinceMs, number, resolve, reject), ready });
    } catch (error) {
      this.fail(record, partition, error, number, reject);
    }
  }

  private waitingSend(
    record: ProducerRecord,
    sinceMs: number,
    known: number,
    resolve: Resolve,
    reject: Reject,
  ): WaitingSend {
    const deadlineMs = sinceMs + this.core.config.maxBlockMs;
    const number = known === NEVER_WAITED ? this.waiting.enter() : known;
    return { record, number, sinceMs, deadlineMs, resolve, reject, ready: null };
  }

  /** It never was in a batch. */
  private fail(
    record: ProducerRecord,
    partition: number,
    error: unknown,
    number: number,
    reject: Reject,
  ): void {
    this.code?.interceptors?.onSendError(record, partition, error);
    this.core.recordRefused(error);
    reject(error);
    if (number !== NEVER_WAITED) this.waiting.leave(number);
  }

  private giveUp(send: WaitingSend, error: unknown): void {
    const { record, ready, number, reject } = send;
    this.fail(record, ready?.partition ?? record.partition ?? -1, error, number, reject);
  }

  /**
   * The user's modules are not loaded yet: interceptors come first, so that nothing can be done
   * with the record so far.
   */
  private awaitCode(record: ProducerRecord, resolve: Resolve, reject: Reject): void {
    this.early.push(
      this.waitingSend(ownRecord(record, false), this.nowMs, NEVER_WAITED, resolve, reject),
    );
    if (this.early.length > 1) return;
    const dispatchAll = (error: unknown): void => {
      this.look();
      for (let send = this.early.shift(); send !== undefined; send = this.early.shift()) {
        if (error !== null) this.giveUp(send, error);
        else this.dispatch(send.record, send.sinceMs, send.number, send.resolve, send.reject);
      }
      this.core.wake();
    };
    this.connect().then(() => dispatchAll(null), dispatchAll);
  }

  /** Waits for the topic's metadata until nobody waits for it any more. */
  private async askFor(lane: Lane): Promise<void> {
    lane.asking = true;
    for (let first = lane.waiting.first; first !== undefined; first = lane.waiting.first) {
      try {
        await this.connect();
        const leftMs = Math.max(0, first.deadlineMs - this.clock.now());
        lane.topic = await this.core.topicWith(lane.name, first.record.partition ?? 0, leftMs);
      } catch (error) {
        // Time-outs are each send's own; anything else concerns all that wait.
        const only = error instanceof TimeoutError ? first : null;
        while (lane.waiting.length > 0 && (only === null || lane.waiting.first === only)) {
          this.giveUp(lane.waiting.shift()!, error);
        }
        continue;
      }
      this.look();
      for (
        let send = lane.waiting.first;
        send !== undefined && lane.has(send.record.partition);
        send = lane.waiting.first
      ) {
        lane.waiting.shift();
        this.place(send.record, lane.topic, send.sinceMs, send.number, send.resolve, send.reject);
      }
      this.core.wake();
    }
    lane.asking = false;
  }

  private async shutDown(timeoutMs: number): Promise<void> {
    const endMs = this.clock.now() + timeoutMs;
    if (timeoutMs > 0 && this.waiting.any) {
      let timer: TimerHandle | undefined;
      const late = new Promise<void>((resolve) => {
        if (timeoutMs < Infinity) timer = this.clock.schedule(timeoutMs, resolve);
      });
      await Promise.race([this.waiting.settled(), late]);
      timer?.cancel();
    }
    // Those that wait for their topic or for modules are told by the core's end.
    const closed = this.core.close(Math.max(0, endMs - this.clock.now()));
    this.blocked.drop(() => new ClosedError());
    await closed;
    this.blocked.drop(() => new ClosedError()); // a topic may have come while the core was closing
  }

  /** Rejects what is in no batch yet. */
  private drop(error: () => ProducerError): void {
    this.blocked.drop(error);
    for (const { waiting } of this.lanes.values()) {
      for (let send = waiting.shift(); send !== undefined; send = waiting.shift())
        this.giveUp(send, error());
    }
  }
}

/** In place of the number of a send that has not waited for anything. */
const NEVER_WAITED = -1;
const MAX_BLOCK = 'it lasts at most max.block.ms, a setting';

/**
 * The bytes of a send that begins to wait for memory: copied where they may be somebody else's, the
 * caller's or a module's.
 */
function keep(
  side: SerializerInUse,
  data: unknown,
  bytes: Uint8Array | null,
  waited: boolean,
): Uint8Array | null {
  const given = bytes === data || ArrayBuffer.isView(data) || data instanceof ArrayBuffer;
  const owned = given ? waited && (bytes === data || side.builtIn) : side.builtIn;
  return owned ? bytes : ownBytes(bytes);
}

function rejection(error: unknown): Promise<never> {
  return Promise.reject(error instanceof Error ? error : new Error(String(error)));
}

/** What other clients take behind the record. */
function checkMore(given: unknown, more: readonly unknown[]): void {
  if (typeof given === 'string') {
    throw new InvalidRecordError(
      'send takes one object: send({ topic, key, value }), or a list of them: send([{ topic, ' +
        'value }, ...])',
    );
  }
  if (!more.some((each) => typeof each === 'function')) return;
  throw new InvalidRecordError(
    'send takes no call back: it gives a promise of where the record went',
  );
}

type Resolve = WaitingSend['resolve'];
type Reject = WaitingSend['reject'];
