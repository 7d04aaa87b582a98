// Transactional requests on their way, one at a time: by priority, each to its coordinator or the
// least loaded node, again after a backoff where that may help. Java's nextRequest and
// Sender.maybeSendAndPollTransactionalRequest, without a thread that waits. Driven by
// transaction-manager.ts, once a pass of the sender.
import type { Connection } from '../cluster/connection.js';
import { brokerError, type ProducerError } from '../errors.js';
import type { NodeAddress } from '../cluster/leader-hint.js';
import type { Metadata } from '../cluster/metadata.js';
import { FindCoordinatorRequest } from './find-coordinator-request.js';
import type {
  CoordinatorType,
  RequestContext,
  RequestLine,
  TransactionRequest,
} from './transaction-request.js';
import { ERROR } from '../../wire/error-codes.js';
import { API } from '../../wire/api-keys.js';

/**
 * From this version of InitProducerId on the coordinator bumps the epoch of a producer that it
 * knows (KIP-360).
 */
const BUMPS_FROM = 3;

/** Whose requests they are: what decides whether one is sent at all. */
export interface RequestQueueOwner extends RequestContext {
  /** Batches are without an outcome. */
  readonly hasIncompleteBatches: boolean;
  now(): number;
  /** Before a request is chosen: adds what has become necessary since. */
  prepareRequests(): void;
  /** True: it ended the request, which is not to be sent. */
  terminates(request: TransactionRequest): boolean;
  /** Whether the coordinator bumps the epoch of a producer that it knows (KIP-360). */
  coordinatorSeen(bumpsEpochs: boolean): void;
}

export class RequestQueue implements RequestLine {
  /**
   * From the last send(): after how many ms to look again. Events of connections make the sender
   * look as well.
   */
  nextMs = Infinity;
  private readonly pending: TransactionRequest[] = [];
  private inFlight: TransactionRequest | null = null;
  private readonly coordinators: Record<CoordinatorType, NodeAddress | null> = {
    transaction: null,
    group: null,
  };
  private notBeforeMs = 0;
  private closed = false;

  constructor(
    private readonly owner: RequestQueueOwner,
    private readonly metadata: Metadata,
  ) {}

  get empty(): boolean {
    return this.pending.length === 0;
  }

  /** Behind those of its priority. */
  add(request: TransactionRequest): void {
    let at = this.pending.length;
    while (at > 0 && this.pending[at - 1].priority > request.priority) at--;
    this.pending.splice(at, 0, request);
  }

  /** Once more, after its backoff. */
  retry(request: TransactionRequest): void {
    request.postpone(this.owner.now() + request.retryBackoffMs);
    this.add(request);
  }

  /** Where the coordinator is, is not known any more: asks before anything else. */
  lookUp(type: CoordinatorType, key: string): void {
    this.coordinators[type] = null;
    if (
      this.pending.some(
        (request) => request instanceof FindCoordinatorRequest && request.type === type,
      )
    )
      return;
    this.add(new FindCoordinatorRequest(this.owner, type, key));
  }

  found(type: CoordinatorType, coordinator: NodeAddress): void {
    this.coordinators[type] = coordinator;
  }

  /** A pass begins in which perhaps nothing is to be sent. */
  beginPass(): void {
    this.nextMs = Infinity;
  }

  /**
   * Sends the next request if one is due. True: one is under way or waits to be sent, and records
   * have to wait for it.
   */
  send(nowMs: number): boolean {
    this.nextMs = Infinity;
    if (this.inFlight !== null) return true;
    for (;;) {
      this.owner.prepareRequests();
      const request = this.pending.at(0);
      if (request === undefined) return false;
      // All batches first: the end of the transaction is the end of them.
      if (request.endsTransaction && this.owner.hasIncompleteBatches) return false;
      if (this.owner.terminates(request)) {
        this.pending.shift();
        continue;
      }
      const waitMs = Math.max(request.notBeforeMs, this.notBeforeMs) - nowMs;
      if (waitMs > 0) {
        this.nextMs = waitMs;
        return true;
      }
      if (!this.trySend(request, nowMs)) return true;
      if (this.inFlight !== null) return true;
      // Refused at once, for want of a common version: what that led to is looked at now.
    }
  }

  /** False: its node is not there yet. */
  private trySend(request: TransactionRequest, nowMs: number): boolean {
    const { coordinatorType: type } = request;
    const known = type === null ? null : this.coordinators[type];
    if (type !== null && known === null) {
      this.lookUp(type, request.coordinatorKey);
      return true;
    }
    const node = known === null ? this.metadata.leastLoaded(nowMs) : this.metadata.learnNode(known);
    if (node === null) {
      this.nextMs = this.owner.retryBackoffMs; // or when an answer comes in
      return false;
    }
    const connection = this.metadata.connectionOf(node);
    if (!this.isUsable(connection, request, nowMs)) return false;
    if (type === 'transaction') {
      const version = connection.versionOf(API.INIT_PRODUCER_ID, 0, 6);
      this.owner.coordinatorSeen(version >= BUMPS_FROM);
    }
    this.pending.splice(this.pending.indexOf(request), 1);
    this.inFlight = request;
    request.send(connection, (error) => this.ended(request, error));
    return true;
  }

  /** Whether the request can go now; else sees to it that it can later. */
  private isUsable(connection: Connection, request: TransactionRequest, nowMs: number): boolean {
    if (connection.state === 'ready') {
      if (connection.canSend(nowMs)) return true;
      if (nowMs < connection.throttledUntilMs) this.nextMs = connection.throttledUntilMs - nowMs;
      return false;
    }
    if (connection.state !== 'closed') return false;
    if (
      connection.lastFailure?.code === ERROR.SASL_AUTHENTICATION_FAILED &&
      this.owner.transactional
    ) {
      const failure = connection.lastFailure;
      connection.forgetFailure(); // told once: a call after it tries again
      for (const each of this.pending.splice(0)) each.fatal(failure);
      return false;
    }
    if (nowMs >= connection.reconnectAtMs) {
      connection.connect();
      return false;
    }
    // The node could not be reached. Another may be the coordinator by now.
    this.metadata.requestUpdate();
    if (request.coordinatorType !== null)
      this.lookUp(request.coordinatorType, request.coordinatorKey);
    this.pause(nowMs);
    return false;
  }

  /** Sends nothing for retry.backoff.ms. */
  pause(nowMs: number): void {
    this.notBeforeMs = nowMs + this.owner.retryBackoffMs;
    this.nextMs = this.owner.retryBackoffMs;
  }

  private ended(request: TransactionRequest, error: ProducerError | null): void {
    if (this.closed) return;
    this.inFlight = null;
    if (error === null) return; // the request itself looks at the answer
    if (error.kafkaName === 'UNSUPPORTED_VERSION') {
      request.fatal(brokerError(ERROR.UNSUPPORTED_VERSION, request.name, error.message));
      return;
    }
    if (request.coordinatorType !== null)
      this.lookUp(request.coordinatorType, request.coordinatorKey);
    request.retry();
  }

  /** Every request that waits is told `error`, by `tell`. */
  failAll(tell: (request: TransactionRequest) => void): void {
    for (const request of this.pending.splice(0)) tell(request);
  }

  close(error: ProducerError): void {
    this.closed = true;
    this.failAll((request) => request.outcome.fail(error));
    this.inFlight?.outcome.fail(error);
    this.inFlight = null;
  }
}
