// The producer's identity and the state of its transaction: Java's TransactionManager (the part
// about sequences is sequence-book.ts). Asked by the sender at the start of each pass, told of
// errors by the settlement, and called by core-producer.ts for the user.
import type { Clock } from '../../base/clock.js';
import type { ProducerConfig } from '../config/config.js';
import {
  ClosedError,
  IllegalStateError,
  ProducerStateError,
  TimeoutError,
  TransactionAbortableError,
  TransactionAbortedError,
  type ProducerError,
} from '../errors.js';
import type { Metadata } from '../cluster/metadata.js';
import type { ConsumerGroupMetadata, OffsetToCommit } from './group-offsets.js';
import type { Idempotence } from '../batching/idempotence.js';
import type { PartitionState, TopicState } from '../batching/topic-state.js';
import { AddPartitionsRequest } from './add-partitions-request.js';
import { EndTxnRequest } from './end-txn-request.js';
import { FindCoordinatorRequest } from './find-coordinator-request.js';
import { MAX_EPOCH, NO_IDENTITY, type ProducerIdentity } from '../batching/identity.js';
import { InitProducerIdRequest } from './init-producer-id-request.js';
import { AddOffsetsRequest, CommitOffsetsRequest } from './offset-requests.js';
import type { PendingTransition, RequestOutcome } from './request-outcome.js';
import { RequestQueue, type RequestQueueOwner } from './request-queue.js';
import { SequenceBook, type SequenceOwner } from './sequence-book.js';
import { mayFollow, type TransactionState } from './transaction-state.js';
import { TransactionPartitions } from './transaction-partitions.js';
import { isAuthorization, isFatal, type TransactionRequest } from './transaction-request.js';
import { TransactionVersion } from './transaction-version.js';
import { ERROR } from '../../wire/error-codes.js';

/** What the manager does with records. */
export interface BatchesOwner {
  /** Fails every batch without an outcome. */
  abortAll(error: ProducerError): void;
  /** Fails every batch that was never sent. */
  abortUndrained(error: ProducerError): void;
}

/** What the manager knows of records and brokers. */
export interface TransactionSurroundings {
  readonly topics: ReadonlyMap<string, TopicState>;
  /** Batches without an outcome. */
  readonly batches: { readonly hasUnsettled: boolean };
  readonly metadata: Metadata;
  readonly clock: Clock;
}

export class TransactionManager implements Idempotence, RequestQueueOwner, SequenceOwner {
  readonly transactionalId: string | null;
  readonly retryBackoffMs: number;
  readonly requests: RequestQueue;
  readonly sequences: SequenceBook;
  identity: ProducerIdentity = NO_IDENTITY;
  /** Records are taken at the moment. A field, as every append asks. */
  appendsAllowed: boolean;
  private state: TransactionState = 'UNINITIALIZED';
  private lastError: ProducerError | null = null;
  /**
   * The coordinator has heard, or will hear with the next batch, that the transaction is under way.
   */
  private started = false;
  private coordinatorBumpsEpochs = false;
  /**
   * The epoch must be bumped by this side before the next transaction, or before anything further
   * is drained.
   */
  private epochBumpRequired = false;
  private readonly version = new TransactionVersion();
  private readonly partitions = new TransactionPartitions();
  private pendingTransition: PendingTransition | null = null;

  constructor(
    private readonly config: ProducerConfig,
    private readonly surroundings: TransactionSurroundings,
  ) {
    this.transactionalId = config.transactionalId;
    this.retryBackoffMs = config.retryBackoffMs;
    this.requests = new RequestQueue(this, surroundings.metadata);
    this.sequences = new SequenceBook(this, surroundings.topics);
    this.appendsAllowed = !this.transactional;
  }

  get transactional(): boolean {
    return this.transactionalId !== null;
  }

  get hasIncompleteBatches(): boolean {
    return this.surroundings.batches.hasUnsettled;
  }

  /** The coordinator knows of partitions in the transaction. */
  get hasPartitions(): boolean {
    return this.partitions.hasKnown;
  }

  /**
   * transaction.version 2: brokers add partitions, and each transaction has an epoch of its own.
   */
  get isV2(): boolean {
    return this.version.isV2;
  }

  get completing(): boolean {
    return this.state === 'COMMITTING_TRANSACTION' || this.state === 'ABORTING_TRANSACTION';
  }

  get ongoing(): boolean {
    return this.state === 'IN_TRANSACTION' || this.state === 'ABORTABLE_ERROR' || this.completing;
  }

  get fatal(): boolean {
    return this.state === 'FATAL_ERROR';
  }

  private get failed(): boolean {
    return this.fatal || this.state === 'ABORTABLE_ERROR';
  }

  /**
   * A bump asked for by the client helps: the coordinator knows how, and does not do it by itself.
   */
  private get bumpsFromHere(): boolean {
    return this.coordinatorBumpsEpochs && !this.isV2;
  }

  now(): number {
    return this.surroundings.clock.now();
  }

  // ---- what the sender asks

  /**
   * The start of a pass, as Java's Sender.runOnce. True: no records are to be sent in it;
   * requests.nextMs tells when to look again.
   */
  maintain(nowMs: number, batches: BatchesOwner): boolean {
    this.requests.beginPass();
    this.sequences.resolve();
    if (this.state === 'FATAL_ERROR') {
      if (this.hasIncompleteBatches) batches.abortAll(this.lastError!);
      return true;
    }
    if (this.state === 'ABORTABLE_ERROR' && isAuthorization(this.lastError))
      this.startAfresh(this.lastError!, nowMs, batches);
    if (!this.transactional) this.refreshIdentity();
    if (this.state === 'ABORTABLE_ERROR') batches.abortUndrained(this.lastError!);
    else if (this.state === 'ABORTING_TRANSACTION')
      batches.abortUndrained(new TransactionAbortedError());
    return this.requests.send(nowMs);
  }

  /**
   * Not authorised: what waits fails, but the next call may try again once the right is given
   * (KIP-1050).
   */
  private startAfresh(error: ProducerError, nowMs: number, batches: BatchesOwner): void {
    this.requests.failAll((request) => request.outcome.fail(error));
    batches.abortAll(error);
    this.transition('UNINITIALIZED');
    this.pendingTransition?.outcome.fail(error);
    this.requests.pause(nowMs);
  }

  /**
   * Without transactions: bumps the epoch where a partition asked for it, and asks for a producer
   * id where there is none.
   */
  private refreshIdentity(): void {
    if (this.epochBumpRequired) this.bumpEpoch();
    if (this.state === 'INITIALIZING' || this.identity.valid) return;
    this.transition('INITIALIZING');
    this.requests.add(new InitProducerIdRequest(this, NO_IDENTITY, 0));
  }

  /** Without transactions the producer may bump its epoch by itself. */
  private bumpEpoch(): void {
    this.epochBumpRequired = false;
    if (this.identity.epoch === MAX_EPOCH) {
      // The producer id is used up: as if there had been none.
      this.identity = NO_IDENTITY;
      this.transition('UNINITIALIZED');
    }
    // Java would renumber at once, under no producer id, and send those batches without
    // idempotence: here they wait for the new id.
    if (!this.identity.valid) return;
    this.identity = this.identity.bumped();
    this.sequences.restartAsked();
  }

  /** Before a request is chosen: partitions that came to the transaction since. */
  prepareRequests(): void {
    if (this.partitions.hasFresh)
      this.requests.add(new AddPartitionsRequest(this, this.partitions.take()));
  }

  /** Ends a request that is not to be sent. */
  terminates(request: TransactionRequest): boolean {
    if (this.failed) {
      // An abort will need the coordinator.
      if (this.state === 'ABORTABLE_ERROR' && request instanceof FindCoordinatorRequest)
        return false;
      request.outcome.fail(this.stateError());
      return true;
    }
    if (!request.endsTransaction || this.started) return false;
    // The coordinator never heard of this transaction.
    this.resetTransaction();
    request.outcome.done();
    return true;
  }

  /** A batch was opened for the partition: Java's maybeAddPartition. */
  batchOpened(partition: PartitionState): void {
    this.partitions.add(partition, this.isV2);
    if (this.isV2) this.started = true;
  }

  isSendAllowed(partition: PartitionState): boolean {
    return !this.fatal && (!this.transactional || this.partitions.isKnown(partition));
  }

  requireEpochBump(): void {
    this.epochBumpRequired = true;
  }

  // ---- what requests tell

  coordinatorSeen(bumpsEpochs: boolean): void {
    this.coordinatorBumpsEpochs = bumpsEpochs;
  }

  offsetsAdded(): void {
    this.started = true;
  }

  initialized(identity: ProducerIdentity, bumped: boolean): void {
    this.identity = identity;
    this.transition('READY');
    if (bumped) this.sequences.reset();
    else if (!this.transactional) this.sequences.restartAsked();
  }

  partitionsAnswered(partitions: readonly PartitionState[], added: boolean): void {
    this.partitions.answered(partitions, added);
    if (added) this.started = true;
  }

  /** `next`: the identity of the next transaction, where the coordinator names it. */
  transactionEnded(next: ProducerIdentity | null): void {
    if (next !== null) {
      this.identity = next;
      this.sequences.reset();
    }
    this.resetTransaction();
  }

  private resetTransaction(): void {
    this.transition(this.epochBumpRequired ? 'INITIALIZING' : 'READY');
    this.epochBumpRequired = false;
    this.started = false;
    this.partitions.clear();
  }

  // ---- errors

  toFatalError(error: ProducerError): void {
    this.transition('FATAL_ERROR', error);
    const told = this.stateError();
    this.requests.failAll((request) => request.outcome.fail(told));
    this.pendingTransition?.outcome.fail(told);
  }

  toAbortableError(error: ProducerError): void {
    if (this.state !== 'ABORTING_TRANSACTION') this.transition('ABORTABLE_ERROR', error);
  }

  toAbortableOrFatalError(abortable: ProducerError, fatal: ProducerError): void {
    if (this.coordinatorBumpsEpochs || this.isV2) {
      // Java also asks for it while aborting, though by then nothing follows that would bump: it
      // stays in INITIALIZING for ever.
      if (this.bumpsFromHere && this.state !== 'ABORTING_TRANSACTION')
        this.epochBumpRequired = true;
      this.toAbortableError(abortable);
    } else this.toFatalError(fatal);
  }

  /** A record or batch met `error`: Java's maybeTransitionToErrorState. */
  recordsFailed(error: ProducerError): void {
    if (isFatal(error)) this.toFatalError(error);
    else if (this.transactional) {
      if (this.bumpsFromHere && !this.completing) this.epochBumpRequired = true;
      const exhausted =
        error.retriable || error instanceof TimeoutError || error.code === ERROR.INVALID_TXN_STATE;
      this.toAbortableError(exhausted ? new TransactionAbortableError(error) : error);
    }
  }

  /** A record was not taken. */
  recordRefused(error: ProducerError): void {
    if (this.state === 'IN_TRANSACTION') this.recordsFailed(error);
  }

  /**
   * An impossible step is a fault of this side, after which nothing must be sent any more
   * (KAFKA-14831).
   */
  private transition(target: TransactionState, error: ProducerError | null = null): void {
    if (!mayFollow(this.state, target)) {
      this.lastError = new IllegalStateError(
        `${this.named}: no way from ${this.state} to ${target}`,
        { cause: error },
      );
      this.state = 'FATAL_ERROR';
    } else {
      this.lastError = error;
      this.state = target;
    }
    this.appendsAllowed = this.transactional ? this.state === 'IN_TRANSACTION' : !this.failed;
  }

  private get named(): string {
    return this.transactionalId === null
      ? 'the producer'
      : `transactional.id ${this.transactionalId}`;
  }

  /** As the user is told of the present error: what it was, and whether it can be mended. */
  private stateError(): ProducerError {
    const error = this.lastError!;
    const abortable = this.state === 'ABORTABLE_ERROR';
    const remedy = abortable
      ? 'abort the transaction to go on'
      : 'close the producer: it cannot go on';
    return new ProducerStateError(
      `${this.named} is in an error state (${remedy}): ${error.message}`,
      error,
      abortable,
    );
  }

  /** `error` as the user is told of it. */
  asTold(error: ProducerError): ProducerError {
    return this.failed ? this.stateError() : error;
  }

  /** Why appendsAllowed is false. */
  appendError(): ProducerError {
    if (this.failed) return this.stateError();
    const first = this.identity.valid
      ? 'beginTransaction()'
      : 'initTransactions() and beginTransaction()';
    return new IllegalStateError(
      `${this.named}: records are taken in a transaction only, call ${first} first`,
    );
  }

  // ---- what the user calls; each throws where the present state does not allow it

  initTransactions(): RequestOutcome {
    return this.begin('INITIALIZING', 'initTransactions', () => {
      this.refuseFailed();
      this.step('INITIALIZING', 'initTransactions');
      const request = new InitProducerIdRequest(
        this,
        NO_IDENTITY,
        this.config.transactionTimeoutMs,
      );
      this.requests.add(request);
      return request.outcome;
    });
  }

  beginTransaction(): void {
    this.refuseTransition('beginTransaction');
    this.refuseFailed();
    this.step('IN_TRANSACTION', 'beginTransaction');
  }

  commitTransaction(): RequestOutcome {
    return this.begin('COMMITTING_TRANSACTION', 'commitTransaction', () => {
      this.refuseFailed();
      this.step('COMMITTING_TRANSACTION', 'commitTransaction');
      return this.complete(true);
    });
  }

  abortTransaction(): RequestOutcome {
    return this.begin('ABORTING_TRANSACTION', 'abortTransaction', () => {
      if (this.state !== 'ABORTABLE_ERROR') this.refuseFailed();
      this.step('ABORTING_TRANSACTION', 'abortTransaction');
      this.partitions.dropFresh();
      return this.complete(false);
    });
  }

  private complete(commit: boolean): RequestOutcome {
    this.prepareRequests();
    // The transaction ends by the protocol that it began with; the next one may have another.
    const request = new EndTxnRequest(this, commit);
    this.updateVersion(false);
    this.requests.add(request);
    if (!this.epochBumpRequired) return request.outcome;
    const bump = new InitProducerIdRequest(this, this.identity, this.config.transactionTimeoutMs);
    this.requests.add(bump);
    return bump.outcome;
  }

  sendOffsets(offsets: readonly OffsetToCommit[], group: ConsumerGroupMetadata): RequestOutcome {
    this.refuseTransition('sendOffsetsToTransaction');
    this.refuseFailed();
    if (this.state !== 'IN_TRANSACTION') {
      throw new IllegalStateError(
        `${this.named}: no transaction to send offsets to, call beginTransaction() first`,
      );
    }
    const Request = this.isV2 ? CommitOffsetsRequest : AddOffsetsRequest;
    if (this.isV2) this.started = true;
    const request = new Request(this, offsets, group);
    this.requests.add(request);
    return request.outcome;
  }

  /**
   * An upgrade to version 2 needs a bump, so that no partition of an earlier transaction counts as
   * added to the next.
   */
  updateVersion(initializing: boolean): void {
    const upgraded = this.version.update(this.surroundings.metadata.connections);
    if (upgraded && !initializing) this.epochBumpRequired = true;
  }

  private begin(
    next: TransactionState,
    operation: string,
    start: () => RequestOutcome,
  ): RequestOutcome {
    this.refuseWithoutId(operation);
    if (this.pendingTransition?.outcome.acknowledged === true) this.pendingTransition = null;
    if (this.pendingTransition !== null) {
      if (this.pendingTransition.next === next) return this.pendingTransition.outcome;
      this.refuseTransition(operation);
    }
    const outcome = start();
    this.pendingTransition = { outcome, next, operation };
    return outcome;
  }

  private refuseWithoutId(operation: string): void {
    if (!this.transactional)
      throw new IllegalStateError(`${operation}: needs the setting transactional.id`);
  }

  private refuseTransition(operation: string): void {
    this.refuseWithoutId(operation);
    if (this.pendingTransition?.outcome.acknowledged === true) this.pendingTransition = null;
    if (this.pendingTransition === null) return;
    const { operation: before } = this.pendingTransition;
    throw new IllegalStateError(
      `${operation}: ${before} was called before and has not ended; call ${before} again first`,
    );
  }

  private refuseFailed(): void {
    if (this.failed) throw this.stateError();
  }

  /** A step that the user asked for: refused, where it is not possible, without harm. */
  private step(target: TransactionState, operation: string): void {
    if (!mayFollow(this.state, target)) {
      throw new IllegalStateError(
        `${operation}: not allowed in the state ${this.state} of ${this.named}`,
      );
    }
    this.transition(target);
  }

  close(): void {
    const error = new ClosedError();
    this.requests.close(error);
    this.pendingTransition?.outcome.fail(error);
  }
}
