// What all transactional requests have in common: priority, coordinator, retries, and how an error
// changes the producer's state. Java's TransactionManager.TxnRequestHandler. Its kinds stand in the
// files beside it.
import type { Connection } from '../cluster/connection.js';
import { brokerError, type ProducerError } from '../errors.js';
import { ERROR, errorRow, type ErrorCode } from '../../wire/error-codes.js';
import type { NodeAddress } from '../cluster/leader-hint.js';
import type { PartitionState } from '../batching/topic-state.js';
import type { ProducerIdentity } from '../batching/identity.js';
import { RequestOutcome } from './request-outcome.js';

export type CoordinatorType = 'transaction' | 'group';

/** Lower goes first: as Java's TransactionManager.Priority. */
export const PRIORITY = {
  findCoordinator: 0,
  initProducerId: 1,
  addPartitionsOrOffsets: 2,
  endTxn: 3,
  epochBump: 4,
};

/** Whoever meets one of these with a batch cannot go on: Java's maybeTransitionToErrorState. */
const FATAL_CODES: readonly number[] = [
  ERROR.CLUSTER_AUTHORIZATION_FAILED,
  ERROR.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
  ERROR.PRODUCER_FENCED,
  ERROR.UNSUPPORTED_VERSION,
  ERROR.INVALID_PRODUCER_ID_MAPPING,
];

export function isFatal(error: ProducerError): boolean {
  return FATAL_CODES.includes(error.code);
}

export function isAuthorization(error: ProducerError | null): boolean {
  return (
    error?.code === ERROR.CLUSTER_AUTHORIZATION_FAILED ||
    error?.code === ERROR.TRANSACTIONAL_ID_AUTHORIZATION_FAILED
  );
}

/** Where requests wait for their turn. */
export interface RequestLine {
  /** Behind those of its priority. */
  add(request: TransactionRequest): void;
  /** Once more, after its backoff. */
  retry(request: TransactionRequest): void;
  /** Where the coordinator is, is not known any more: asks before anything else. */
  lookUp(type: CoordinatorType, key: string): void;
  found(type: CoordinatorType, coordinator: NodeAddress): void;
}

/** What a request knows of the producer it speaks for, and what it reports of the answer. */
export interface RequestContext {
  readonly transactionalId: string | null;
  readonly transactional: boolean;
  readonly identity: ProducerIdentity;
  /** transaction.version 2. */
  readonly isV2: boolean;
  /** The coordinator knows of partitions in the transaction. */
  readonly hasPartitions: boolean;
  readonly retryBackoffMs: number;
  readonly requests: RequestLine;
  initialized(identity: ProducerIdentity, bumped: boolean): void;
  partitionsAnswered(partitions: readonly PartitionState[], added: boolean): void;
  offsetsAdded(): void;
  /** `next`: the identity of the next transaction, where the coordinator names it. */
  transactionEnded(next: ProducerIdentity | null): void;
  toFatalError(error: ProducerError): void;
  toAbortableError(error: ProducerError): void;
  toAbortableOrFatalError(abortable: ProducerError, fatal: ProducerError): void;
  /** `error` as the user is told of it. */
  asTold(error: ProducerError): ProducerError;
}

export abstract class TransactionRequest {
  abstract readonly name: string;
  abstract readonly priority: number;
  readonly coordinatorType: CoordinatorType | null = 'transaction';
  readonly endsTransaction: boolean = false;
  private dueMs = 0;

  constructor(
    protected readonly context: RequestContext,
    readonly outcome = new RequestOutcome(),
  ) {}

  get coordinatorKey(): string {
    return this.context.transactionalId ?? '';
  }

  get retryBackoffMs(): number {
    return this.context.retryBackoffMs;
  }

  /** Clock time before which it must not be sent (again). */
  get notBeforeMs(): number {
    return this.dueMs;
  }

  postpone(untilMs: number): void {
    this.dueMs = untilMs;
  }

  /**
   * Writes it to the connection. `ended` once: null when an answer came (before it is looked at),
   * else why there is none.
   */
  abstract send(connection: Connection, ended: (error: ProducerError | null) => void): void;

  retry(): void {
    this.context.requests.retry(this);
  }

  fatal(error: ProducerError): void {
    this.context.toFatalError(error);
    this.outcome.fail(this.context.asTold(error));
  }

  abortable(error: ProducerError): void {
    this.context.toAbortableError(error);
    this.outcome.fail(this.context.asTold(error));
  }

  /** Abortable where the epoch can be bumped to recover, else fatal. */
  protected abortableIfPossible(error: ProducerError): void {
    this.context.toAbortableOrFatalError(error, error);
    this.outcome.fail(this.context.asTold(error));
  }

  /** The error that a code of an answer stands for. */
  protected error(code: ErrorCode, detail?: string | null): ProducerError {
    return brokerError(code, `${this.name} of ${this.coordinatorKey || 'this producer'}`, detail);
  }

  /**
   * What every request does alike: looks for the coordinator again, or waits. False: the code is
   * not of that kind.
   */
  protected retries(code: ErrorCode): boolean {
    if (code === ERROR.COORDINATOR_NOT_AVAILABLE || code === ERROR.NOT_COORDINATOR) {
      if (this.coordinatorType !== null)
        this.context.requests.lookUp(this.coordinatorType, this.coordinatorKey);
      this.retry();
      return true;
    }
    if (!errorRow(code).retriable) return false;
    this.retry();
    return true;
  }

  /**
   * A newer producer has taken over. Older coordinators say INVALID_PRODUCER_EPOCH. False: the code
   * is another one.
   */
  protected fenced(code: ErrorCode): boolean {
    if (code !== ERROR.INVALID_PRODUCER_EPOCH && code !== ERROR.PRODUCER_FENCED) return false;
    this.fatal(this.error(ERROR.PRODUCER_FENCED));
    return true;
  }
}
