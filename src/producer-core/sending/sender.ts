// Java's Sender and the loop of its NetworkClient, without a thread: one pass looks at what is
// ready, connects, drains, sends, expires, and sets one timer for the next moment at which
// something falls due. Runs after a burst of appends, after each read, and on that timer. Called by
// the producer and by connections' events. What becomes of each batch is Settlement's.
import type { Accumulator } from '../batching/accumulator.js';
import type { Clock } from '../../base/clock.js';
import type { ProducerConfig } from '../config/config.js';
import type { Connection } from '../cluster/connection.js';
import { noAnswer } from '../cluster/connection-errors.js';
import type { ProducerError } from '../errors.js';
import { ClosedError, brokerError } from '../errors.js';
import { ERROR, errorRow, type ErrorCode } from '../../wire/error-codes.js';
import { whyExpired } from './first-cause.js';
import type { LeaderHint, NodeAddress } from '../cluster/leader-hint.js';
import type { Metadata } from '../cluster/metadata.js';
import type { MetricCounters } from '../metrics/metric-counters.js';
import { ProduceExchange, type ExchangeOwner } from './produce-exchange.js';
import { PRODUCE_VERSIONS, ProduceRequestWriter, groupByTopic } from './produce-request.js';
import { readProduceResponse, type ProduceResponseSink } from './produce-response.js';
import type { ProducerHooks } from '../batching/batch-view.js';
import { WireError, type WireReader } from '../../wire/index.js';
import { Settlement } from './settlement.js';
import { Stack } from '../../base/stack.js';
import type { NodeState, PartitionBatch, PartitionState } from '../batching/topic-state.js';
import type { TransactionManager } from '../transactions/transaction-manager.js';
import type { WakeTimer } from './wake-timer.js';
import { API } from '../../wire/api-keys.js';

/** Before this version the broker itself holds a throttled client back. */
const CLIENT_THROTTLES_FROM = 6;
const NO_ENDPOINTS: readonly NodeAddress[] = [];
/** Rounds of one pass before the sockets get their turn. */
const MAX_ROUNDS = 4;
/** v13 names topics by id alone; clusters without ids need v12. */
const LAST_VERSION_BY_NAME = 12;
/**
 * From v12 on a transactional batch adds its partition to the transaction, which
 * transaction.version 2 is needed for (KIP-890).
 */
const LAST_VERSION_BEFORE_V2 = 11;

/** All that a pass works on. */
export interface SenderParts {
  readonly accumulator: Accumulator;
  readonly metadata: Metadata;
  /** Null without idempotence. */
  readonly transactions: TransactionManager | null;
  /** It wakes this sender. */
  readonly timer: WakeTimer;
  readonly clock: Clock;
  readonly hooks: ProducerHooks;
  /** Called at the end of each pass: whoever waits for something may find it now. */
  readonly afterPass: () => void;
}

export class Sender implements ExchangeOwner, ProduceResponseSink<PartitionBatch> {
  private readonly counters: MetricCounters;
  private readonly accumulator: Accumulator;
  private readonly metadata: Metadata;
  private readonly transactions: TransactionManager | null;
  private readonly clock: Clock;
  /** Tells the hook of that name; null where nobody looks on. */
  private readonly betweenBatches: (() => void) | null;
  private readonly afterPass: () => void;
  private readonly writer: ProduceRequestWriter;
  private readonly idle = new Stack<ProduceExchange>();
  private readonly hints = new Map<PartitionState, LeaderHint>();
  private endpoints = NO_ENDPOINTS;
  private readonly settlement: Settlement;
  private readonly timer: WakeTimer;
  private passing = false;
  /**
   * Batches of one exchange are being told their outcomes. Nothing is sent meanwhile: a call back
   * may append into the slot of a batch told just before, and that batch must not be awaited anew
   * while the rest of the exchange is still looked at.
   */
  private telling = false;
  private again = false;
  private nowMs = 0;
  /** When the drain under way began; kept for the hook that asks for it. */
  private drainMs = 0;
  private stopped = false;

  constructor(
    { accumulator, metadata, transactions, timer, clock, hooks, afterPass }: SenderParts,
    private readonly config: ProducerConfig,
  ) {
    this.accumulator = accumulator;
    this.metadata = metadata;
    this.transactions = transactions;
    this.timer = timer;
    this.clock = clock;
    this.afterPass = afterPass;
    const { watch } = hooks;
    this.betweenBatches = watch === undefined ? null : () => watch.betweenBatches(this.drainMs);
    this.writer = new ProduceRequestWriter(
      config.clientId,
      config.acks,
      config.requestTimeoutMs,
      config.transactionalId,
    );
    this.counters = accumulator.counters;
    this.settlement = new Settlement(accumulator, config, hooks, transactions?.sequences ?? null);
  }

  /**
   * Looks now. Asked for in the middle of itself (from a batch's outcome, or by one who got
   * memory), it looks once more at the end.
   */
  pass(): void {
    if (this.passing) {
      this.again = true;
      return;
    }
    if (this.telling) {
      this.timer.soon();
      return;
    }
    this.passing = true;
    for (let round = 0; round < MAX_ROUNDS && !this.stopped; round++) {
      this.again = false;
      this.look();
      if (!this.again) break;
    }
    this.passing = false;
    if (this.again) this.timer.soon();
  }

  private look(): void {
    const nowMs = (this.nowMs = this.clock.now());
    this.accumulator.beginPass();
    for (const connection of this.metadata.connections) connection.beginPass();
    let nextMs = this.metadata.maintain(nowMs);
    // As in Java, no records leave while a request about the producer's identity or transaction is
    // under way.
    if (this.transactions === null || !this.transactions.maintain(nowMs, this.settlement))
      nextMs = Math.min(nextMs, this.sendReady(nowMs));
    if (this.transactions !== null) nextMs = Math.min(nextMs, this.transactions.requests.nextMs);
    if (nowMs >= this.accumulator.nextExpiryMs) {
      this.accumulator.expireBatches(nowMs, (batch) => {
        this.settlement.expire(batch, nowMs, whyExpired(batch, nowMs, this.metadata));
        if (this.transactions !== null) this.again = true; // its partition may have to begin anew
      });
    }
    nextMs = Math.min(nextMs, this.accumulator.nextExpiryMs - nowMs, this.checkConnections(nowMs));
    this.timer.at(nowMs + nextMs);
    this.accumulator.pool.notify();
    this.afterPass();
  }

  private sendReady(nowMs: number): number {
    let nextMs = Infinity;
    let corked = false;
    // Each round sends at most one request to each node, as one round of Java's loop does.
    while (this.accumulator.ready(nowMs)) {
      let sent = false;
      for (const node of this.metadata.nodeList) {
        if (!node.ready) continue;
        node.takeTurn(nowMs);
        if (this.stopped) continue; // by a call back of this very pass
        const connection = this.metadata.connectionOf(node);
        if (connection.state === 'closed') {
          if (nowMs >= connection.reconnectAtMs) connection.connect();
          else nextMs = Math.min(nextMs, connection.reconnectAtMs - nowMs);
        } else if (connection.canSend(nowMs)) {
          node.noteDrain(nowMs);
          connection.cork();
          corked = true;
          sent = this.sendTo(node, connection, nowMs) || sent;
        } else if (nowMs < connection.throttledUntilMs)
          nextMs = Math.min(nextMs, connection.throttledUntilMs - nowMs);
      }
      if (!sent) break;
    }
    // In the nodes' order, which is the order of their writes.
    if (corked)
      for (const node of this.metadata.nodeList) this.metadata.cluster.connectionTo(node)?.uncork();
    if (this.accumulator.leaderMissing && !this.stopped) {
      this.metadata.requestUpdate();
      nextMs = Math.min(nextMs, this.metadata.maintain(nowMs));
    }
    return Math.min(nextMs, this.accumulator.nextCheckMs);
  }

  private sendTo(node: NodeState, connection: Connection, nowMs: number): boolean {
    const exchange = this.idle.pop() ?? new ProduceExchange(this, connection);
    if (this.betweenBatches !== null) this.drainMs = this.clock.now();
    const count = this.accumulator.drain(node, nowMs, exchange.batches, this.betweenBatches);
    if (count === 0) {
      this.idle.push(exchange);
      return false;
    }
    groupByTopic(exchange.batches, count);
    let highest =
      this.transactions?.transactional === true && !this.transactions.isV2
        ? LAST_VERSION_BEFORE_V2
        : PRODUCE_VERSIONS[1];
    for (let i = 0; i < count; i++) {
      const batch = exchange.batches[i];
      const { partitionState } = batch;
      batch.leave();
      if (batch.topicId === null) highest = Math.min(highest, LAST_VERSION_BY_NAME);
      if (this.config.maxInFlightRequestsPerConnection === 1) partitionState.mute();
    }
    const version = connection.versionOf(API.PRODUCE, PRODUCE_VERSIONS[0], highest);
    exchange.begin(connection, count, version, nowMs);
    if (version < 0) {
      exchange.endWrite();
      for (let i = 0; i < count; i++) exchange.batches[i].endWrite();
      this.exchangeLost(
        exchange,
        brokerError(
          ERROR.UNSUPPORTED_VERSION,
          node.address,
          'no common version of Produce (0.11 or later is needed)',
        ),
      );
      return false;
    }
    exchange.number(connection.takeCorrelationId());
    this.writer.write(version, exchange.correlationId, exchange.batches, count);
    this.counters.drained(exchange.batches, count, nowMs);
    if (node.firstWrite()) this.counters.brokerWritten();
    connection.sendChunks(
      this.writer.chunks,
      this.writer.chunks.length,
      exchange,
      exchange.onWritten,
    );
    return true;
  }

  exchangeWritten(exchange: ProduceExchange, taken: boolean): void {
    exchange.endWrite();
    for (let i = 0; i < exchange.count; i++) {
      const batch = exchange.batches[i];
      batch.endWrite();
      if (batch.done) this.accumulator.releaseIfUnused(batch);
    }
    const { connection } = exchange;
    if (exchange.settled) {
      // Memory may have come back, and a batch that is to be sent again may go now.
      this.timer.soon();
    } else if (taken) {
      connection.wrote();
      if (this.config.acks === 0) {
        connection.forget(exchange);
        connection.peer.answered(); // as far as that can be known
        this.nowMs = this.clock.now();
        this.settle(exchange, (batch) => this.partitionAnswered(batch, ERROR.NONE, -1, null, null));
        this.timer.soon();
      }
    } // else the end of the connection, which follows, tells
    this.recycle(exchange);
  }

  exchangeAnswered(exchange: ProduceExchange, reader: WireReader): void {
    this.nowMs = this.clock.now();
    if (this.hints.size > 0) this.hints.clear(); // clearing an empty map allocates
    this.endpoints = NO_ENDPOINTS;
    this.telling = true;
    let throttleMs: number;
    try {
      throttleMs = readProduceResponse(
        reader,
        exchange.version,
        exchange.batches,
        exchange.count,
        this,
      );
    } finally {
      this.telling = false;
    }
    for (let i = 0; i < exchange.count; i++) {
      if (exchange.batches[i].awaitingAnswer)
        throw new WireError('ProduceResponse leaves out a partition of the request');
    }
    if (exchange.version >= CLIENT_THROTTLES_FROM) exchange.connection.throttle(throttleMs);
    if (throttleMs > 0) this.counters.throttled(throttleMs);
    this.counters.produceAnswered(this.nowMs - exchange.sentMs);
    exchange.connection.peer.answered();
    exchange.settle();
    if (!exchange.written) exchange.connection.wrote();
    this.recycle(exchange);
    if (this.hints.size > 0) this.metadata.applyHints(this.hints, this.endpoints);
  }

  exchangeLost(exchange: ProduceExchange, error: ProducerError): void {
    this.nowMs = this.clock.now();
    const cause = this.stopped ? new ClosedError() : error;
    this.settle(exchange, (batch) => this.settlement.fail(batch, cause, this.nowMs));
    this.metadata.requestUpdate();
    this.recycle(exchange);
  }

  /** Gives every batch without an outcome `outcome`. */
  private settle(exchange: ProduceExchange, outcome: (batch: PartitionBatch) => void): void {
    exchange.settle();
    this.telling = true;
    for (let i = 0; i < exchange.count; i++) {
      const batch = exchange.batches[i];
      if (batch.awaitingAnswer) outcome(batch);
    }
    this.telling = false;
  }

  private recycle(exchange: ProduceExchange): void {
    if (exchange.written && exchange.settled) this.idle.push(exchange);
  }

  partitionAnswered(
    batch: PartitionBatch,
    code: ErrorCode,
    offset: number,
    message: string | null,
    hint: LeaderHint | null,
  ): void {
    if (!batch.awaitingAnswer) throw new WireError('ProduceResponse tells of a partition twice');
    if (code === ERROR.NONE || code === ERROR.DUPLICATE_SEQUENCE_NUMBER) {
      // 46 is DUPLICATE_SEQUENCE_NUMBER: appended before, offset unknown.
      this.settlement.acknowledge(batch, code === ERROR.NONE ? offset : -1);
      return;
    }
    if (
      hint !== null &&
      hint.leaderId >= 0 &&
      hint.leaderEpoch >= 0 &&
      (code === ERROR.NOT_LEADER_OR_FOLLOWER || code === ERROR.FENCED_LEADER_EPOCH)
    ) {
      this.hints.set(batch.partitionState, hint);
    }
    if (errorRow(code).refreshesMetadata) this.metadata.requestUpdate();
    this.settlement.fail(batch, brokerError(code, batch.partitionState.name, message), this.nowMs);
  }

  nodeEndpoints(endpoints: readonly NodeAddress[]): void {
    this.endpoints = endpoints;
  }

  /** Request time-outs and idle connections. Returns after how many ms to look again. */
  private checkConnections(nowMs: number): number {
    let nextMs = Infinity;
    const { requestTimeoutMs, connectionsMaxIdleMs } = this.config;
    for (const connection of this.metadata.connections) {
      const oldest = connection.inFlight[0];
      if (oldest !== undefined) {
        const leftMs = oldest.sentMs + oldest.throttledMs + requestTimeoutMs - nowMs;
        if (leftMs <= 0) connection.fail(noAnswer(connection.peer.address, requestTimeoutMs));
        else nextMs = Math.min(nextMs, leftMs);
      } else if (connection.state === 'ready' && connectionsMaxIdleMs >= 0) {
        const leftMs = connection.lastUsedMs + connectionsMaxIdleMs - nowMs;
        if (leftMs <= 0) connection.idle();
        else nextMs = Math.min(nextMs, leftMs);
      }
    }
    return nextMs;
  }

  /** Ends everything: unsettled batches fail, connections close, no timer is left. */
  stop(): void {
    if (this.stopped) return;
    this.stopped = true;
    this.settlement.end();
    this.transactions?.close();
    this.timer.stop();
    this.nowMs = this.clock.now();
    for (const connection of [...this.metadata.connections]) connection.close();
    for (const batch of this.accumulator.takeAll())
      this.settlement.finish(batch, new ClosedError());
  }
}
