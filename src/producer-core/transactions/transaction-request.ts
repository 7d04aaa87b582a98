// What all transactional requests have in common: priority, coordinator, retries, and how an error changes the producer's state. Java's
// TransactionManager.TxnRequestHandler. Its kinds stand in the files beside it.
import type { Connection } from '../connection.js';
import { brokerError, errorRow, type ProducerError } from '../errors.js';
import { RequestOutcome } from './request-outcome.js';
import type { TransactionManager } from './transaction-manager.js';

export type CoordinatorType = 'transaction' | 'group';

/** Lower goes first: as Java's TransactionManager.Priority. */
export const PRIORITY = { findCoordinator: 0, initProducerId: 1, addPartitionsOrOffsets: 2, endTxn: 3, epochBump: 4 };

export const CODE = {
  coordinatorNotAvailable: 15,
  notCoordinator: 16,
  topicAuthorization: 29,
  groupAuthorization: 30,
  clusterAuthorization: 31,
  invalidProducerEpoch: 47,
  invalidTxnState: 48,
  invalidProducerIdMapping: 49,
  concurrentTransactions: 51,
  transactionalIdAuthorization: 53,
  operationNotAttempted: 55,
  unknownProducerId: 59,
  producerFenced: 90,
  transactionAbortable: 120,
} as const;

const UNSUPPORTED_VERSION = 35;
/** Whoever meets one of these with a batch cannot go on: Java's maybeTransitionToErrorState. */
const FATAL_CODES: readonly number[] = [
  CODE.clusterAuthorization,
  CODE.transactionalIdAuthorization,
  CODE.producerFenced,
  UNSUPPORTED_VERSION,
  CODE.invalidProducerIdMapping,
];

export function isFatal(error: ProducerError): boolean {
  return FATAL_CODES.includes(error.code);
}

export function isAuthorization(error: ProducerError | null): boolean {
  return error?.code === CODE.clusterAuthorization || error?.code === CODE.transactionalIdAuthorization;
}

export abstract class TransactionRequest {
  abstract readonly name: string;
  abstract readonly priority: number;
  readonly coordinatorType: CoordinatorType | null = 'transaction';
  readonly endsTransaction: boolean = false;
  /** Clock time before which it must not be sent (again). */
  notBeforeMs = 0;

  constructor(
    protected readonly manager: TransactionManager,
    readonly outcome = new RequestOutcome(),
  ) {}

  get coordinatorKey(): string {
    return this.manager.transactionalId ?? '';
  }

  get retryBackoffMs(): number {
    return this.manager.retryBackoffMs;
  }

  /** Writes it to the connection. `ended` once: null when an answer came (before it is looked at), else why there is none. */
  abstract send(connection: Connection, ended: (error: ProducerError | null) => void): void;

  retry(): void {
    this.manager.requests.retry(this);
  }

  fatal(error: ProducerError): void {
    this.manager.toFatalError(error);
    this.outcome.fail(this.manager.asTold(error));
  }

  abortable(error: ProducerError): void {
    this.manager.toAbortableError(error);
    this.outcome.fail(this.manager.asTold(error));
  }

  /** Abortable where the epoch can be bumped to recover, else fatal. */
  protected abortableIfPossible(error: ProducerError): void {
    this.manager.toAbortableOrFatalError(error, error);
    this.outcome.fail(this.manager.asTold(error));
  }

  /** The error that a code of an answer stands for. */
  protected error(code: number, detail?: string | null): ProducerError {
    return brokerError(code, `${this.name} of ${this.coordinatorKey || 'this producer'}`, detail);
  }

  /** What every request does alike: looks for the coordinator again, or waits. False: the code is not of that kind. */
  protected retries(code: number): boolean {
    if (code === CODE.coordinatorNotAvailable || code === CODE.notCoordinator) {
      if (this.coordinatorType !== null) this.manager.requests.lookUp(this.coordinatorType, this.coordinatorKey);
      this.retry();
      return true;
    }
    if (!errorRow(code).retriable) return false;
    this.retry();
    return true;
  }

  /** A newer producer has taken over. Older coordinators say INVALID_PRODUCER_EPOCH. False: the code is another one. */
  protected fenced(code: number): boolean {
    if (code !== CODE.invalidProducerEpoch && code !== CODE.producerFenced) return false;
    this.fatal(this.error(CODE.producerFenced));
    return true;
  }
}
