// Java's Sender and the loop of its NetworkClient, without a thread: one pass looks at what is ready, connects, drains, sends, expires, and
// sets one timer for the next moment at which something falls due. Runs after a burst of appends, after each read, and on that timer.
// Called by the producer and by connections' events. What becomes of each batch is Settlement's.
import type { Accumulator } from './accumulator.js';
import type { Clock } from './clock.js';
import type { ProducerConfig } from './config.js';
import type { Connection } from './connection.js';
import type { ConnectionEvents } from './connection-context.js';
import { noAnswer } from './connection-errors.js';
import type { ProducerError } from './errors.js';
import { AuthenticationError, ClosedError, brokerError, errorRow } from './errors.js';
import { whyExpired } from './first-cause.js';
import type { Metadata } from './metadata.js';
import type { MetricCounters } from './metric-counters.js';
import { ProduceExchange, type ExchangeOwner } from './produce-exchange.js';
import { PRODUCE_VERSIONS, ProduceRequestWriter, groupByTopic } from './produce-request.js';
import {
  readProduceResponse,
  type LeaderHint,
  type NodeEndpoint,
  type ProduceResponseSink,
} from './produce-response.js';
import type { ProducerHooks } from './producer-api.js';
import { WireError } from './protocol/wire-error.js';
import type { WireReader } from './protocol/reader.js';
import type { RecordBatch } from './record-batch.js';
import { Settlement } from './settlement.js';
import { Stack } from './stack.js';
import type { NodeState, PartitionState } from './topic-state.js';
import type { TransactionManager } from './transactions/transaction-manager.js';
import { WakeTimer } from './wake-timer.js';

/** Before this version the broker itself holds a throttled client back. */
const CLIENT_THROTTLES_FROM = 6;
const NO_ENDPOINTS: readonly NodeEndpoint[] = [];
/** Rounds of one pass before the sockets get their turn. */
const MAX_ROUNDS = 4;
const PRODUCE_API = 0;
/** v13 names topics by id alone; clusters without ids need v12. */
const LAST_VERSION_BY_NAME = 12;
/** From v12 on a transactional batch adds its partition to the transaction, which transaction.version 2 is needed for (KIP-890). */
const LAST_VERSION_BEFORE_V2 = 11;

export class Sender implements ConnectionEvents, ExchangeOwner, ProduceResponseSink {
  private readonly counters: MetricCounters;
  metadata!: Metadata;
  private readonly writer: ProduceRequestWriter;
  private readonly idle = new Stack<ProduceExchange>();
  private readonly hints = new Map<PartitionState, LeaderHint>();
  private endpoints = NO_ENDPOINTS;
  readonly settlement: Settlement;
  private readonly timer: WakeTimer;
  private passing = false;
  /**
   * Batches of one exchange are being told their outcomes. Nothing is sent meanwhile: a call back may append into the slot of a batch told
   * just before, and that batch must not be awaited anew while the rest of the exchange is still looked at.
   */
  private telling = false;
  private again = false;
  private nowMs = 0;
  /** When the drain under way began; kept for the hook that asks for it. */
  private drainMs = 0;
  private stopped = false;
  /** Called after each pass: the producer lets its waits look again. */
  afterPass: () => void = () => undefined;

  constructor(
    private readonly accumulator: Accumulator,
    private readonly config: ProducerConfig,
    private readonly clock: Clock,
    hooks: ProducerHooks,
    /** With idempotence. */
    private readonly transactions: TransactionManager | null,
  ) {
    this.writer = new ProduceRequestWriter(
      config.clientId,
      config.acks,
      config.requestTimeoutMs,
      config.transactionalId,
    );
    this.counters = accumulator.counters;
    if (hooks.meanwhile !== undefined) accumulator.meanwhile = () => hooks.meanwhile!(this.drainMs);
    this.settlement = new Settlement(accumulator, config, hooks);
    if (transactions !== null) {
      this.settlement.sequences = transactions.sequences;
      transactions.batches = this.settlement;
    }
    this.timer = new WakeTimer(clock, () => this.pass());
  }

  /** Looks now. Asked for in the middle of itself (from a batch's outcome, or by one who got memory), it looks once more at the end. */
  pass(): void {
    if (this.passing) {
      this.again = true;
      return;
    }
    if (this.telling) {
      this.passSoon();
      return;
    }
    this.passing = true;
    for (let round = 0; round < MAX_ROUNDS && !this.stopped; round++) {
      this.again = false;
      this.look();
      if (!this.again) break;
    }
    this.passing = false;
    if (this.again) this.passSoon();
  }

  private look(): void {
    const nowMs = (this.nowMs = this.clock.now());
    this.accumulator.dirty = false;
    for (const node of this.metadata.nodeList) node.connection?.beginPass();
    let nextMs = this.metadata.maintain(nowMs);
    // As in Java, no records leave while a request about the producer's identity or transaction is under way.
    if (this.transactions === null || !this.transactions.maintain(nowMs))
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

  /** Something fell due since the last look: Node's timers are coarser than Java's poll, so a burst of appends asks as well. */
  get overdue(): boolean {
    return this.timer.overdue;
  }

  /** Looks after the sockets had their turn. */
  passSoon(): void {
    this.timer.soon();
  }

  private sendReady(nowMs: number): number {
    let nextMs = Infinity;
    // Each round sends at most one request to each node, as one round of Java's loop does.
    while (this.accumulator.ready(nowMs)) {
      let sent = false;
      for (const node of this.metadata.nodeList) {
        if (!node.ready) continue;
        node.ready = false;
        if (this.stopped) continue; // by a call back of this very pass
        if (node.readyMs < 0) node.drainMs = nowMs;
        node.readyMs = nowMs;
        const connection = this.metadata.connectionOf(node);
        if (connection.state === 'closed') {
          if (nowMs >= connection.reconnectAtMs) connection.connect();
          else nextMs = Math.min(nextMs, connection.reconnectAtMs - nowMs);
        } else if (connection.canSend(nowMs)) {
          node.drainMs = nowMs;
          connection.cork();
          sent = this.sendTo(node, connection, nowMs) || sent;
        } else if (nowMs < connection.throttledUntilMs) nextMs = Math.min(nextMs, connection.throttledUntilMs - nowMs);
      }
      if (!sent) break;
    }
    for (const node of this.metadata.nodeList) node.connection?.uncork();
    if (this.accumulator.leaderMissing && !this.stopped) {
      this.metadata.requestUpdate();
      nextMs = Math.min(nextMs, this.metadata.maintain(nowMs));
    }
    return Math.min(nextMs, this.accumulator.nextCheckMs);
  }

  private sendTo(node: NodeState, connection: Connection, nowMs: number): boolean {
    const exchange = this.idle.pop() ?? new ProduceExchange(this);
    if (this.accumulator.meanwhile !== null) this.drainMs = this.clock.now();
    const count = (exchange.count = this.accumulator.drain(node, nowMs, exchange.batches));
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
      batch.topicId = partitionState.topic.id;
      if (batch.topicId === null) highest = Math.min(highest, LAST_VERSION_BY_NAME);
      if (this.config.maxInFlightRequestsPerConnection === 1) partitionState.muted = true;
      batch.awaitingAnswer = true;
      batch.writing = true;
    }
    exchange.version = connection.versionOf(PRODUCE_API, PRODUCE_VERSIONS[0], highest);
    exchange.connection = connection;
    exchange.sentMs = nowMs;
    exchange.written = false;
    exchange.settled = false;
    if (exchange.version < 0) {
      exchange.written = true;
      for (let i = 0; i < count; i++) exchange.batches[i].writing = false;
      this.exchangeLost(
        exchange,
        brokerError(35, node.address, 'no common version of Produce (0.11 or later is needed)'),
      );
      return false;
    }
    exchange.correlationId = connection.takeCorrelationId();
    this.writer.write(exchange.version, exchange.correlationId, exchange.batches, count);
    this.counters.drained(exchange.batches, count, nowMs);
    if (!node.written) {
      node.written = true;
      this.counters.brokersWritten++;
    }
    connection.sendChunks(this.writer.chunks, this.writer.chunks.length, exchange, exchange.onWritten);
    return true;
  }

  exchangeWritten(exchange: ProduceExchange, taken: boolean): void {
    exchange.written = true;
    for (let i = 0; i < exchange.count; i++) {
      const batch = exchange.batches[i];
      batch.writing = false;
      if (batch.done) this.accumulator.releaseIfUnused(batch);
    }
    const { connection } = exchange;
    if (exchange.settled) {
      // Memory may have come back, and a batch that is to be sent again may go now.
      this.passSoon();
    } else if (taken) {
      connection.wrote();
      if (this.config.acks === 0) {
        connection.forget(exchange);
        connection.node.answered(); // as far as that can be known
        this.nowMs = this.clock.now();
        this.settle(exchange, (batch) => this.partitionAnswered(batch, 0, -1, null, null));
        this.passSoon();
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
      throttleMs = readProduceResponse(reader, exchange.version, exchange.batches, exchange.count, this);
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
    exchange.connection.node.answered();
    exchange.settled = true;
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
  private settle(exchange: ProduceExchange, outcome: (batch: RecordBatch) => void): void {
    exchange.settled = true;
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
    batch: RecordBatch,
    code: number,
    offset: number,
    message: string | null,
    hint: LeaderHint | null,
  ): void {
    if (!batch.awaitingAnswer) throw new WireError('ProduceResponse tells of a partition twice');
    if (code === 0 || code === 46) {
      // 46 is DUPLICATE_SEQUENCE_NUMBER: appended before, offset unknown.
      this.settlement.acknowledge(batch, code === 0 ? offset : -1);
      return;
    }
    if (hint !== null && hint.leaderId >= 0 && hint.leaderEpoch >= 0 && (code === 6 || code === 74)) {
      this.hints.set(batch.partitionState, hint);
    }
    if (errorRow(code).refreshesMetadata) this.metadata.requestUpdate();
    this.settlement.fail(batch, brokerError(code, batch.partitionState.name, message), this.nowMs);
  }

  nodeEndpoints(endpoints: readonly NodeEndpoint[]): void {
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
        if (leftMs <= 0) connection.fail(noAnswer(connection.node, this.config));
        else nextMs = Math.min(nextMs, leftMs);
      } else if (connection.state === 'ready' && connectionsMaxIdleMs >= 0) {
        const leftMs = connection.lastUsedMs + connectionsMaxIdleMs - nowMs;
        if (leftMs <= 0) connection.idle();
        else nextMs = Math.min(nextMs, leftMs);
      }
    }
    return nextMs;
  }

  connectionUsable(): void {
    this.pass();
  }

  connectionClosed(_connection: Connection, error: ProducerError): void {
    if (error instanceof AuthenticationError) this.metadata.fatalError = error;
    this.metadata.disconnected();
    this.passSoon();
  }

  received(): void {
    this.pass();
  }

  /** Ends everything: unsettled batches fail, connections close, no timer is left. */
  stop(): void {
    if (this.stopped) return;
    this.stopped = true;
    this.settlement.final = true;
    this.transactions?.close();
    this.timer.stop();
    this.nowMs = this.clock.now();
    for (const connection of [...this.metadata.connections]) connection.close();
    for (const batch of this.accumulator.takeAll()) this.settlement.finish(batch, new ClosedError());
  }
}
