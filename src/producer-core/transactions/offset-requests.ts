// AddOffsetsToTxn (API key 25) and TxnOffsetCommit (28): a consumer group's offsets as part of a
// transaction, for consume-transform-produce. As Java's AddOffsetsToTxnHandler and
// TxnOffsetCommitHandler.
import type { Connection } from '../cluster/connection.js';
import { ProducerError, brokerError } from '../errors.js';
import { ERROR, errorRow, type ErrorCode } from '../../wire/error-codes.js';
import {
  addOffsetsToTxnRequest,
  addOffsetsToTxnResponse,
  type AddOffsetsToTxnResponse,
  txnOffsetCommitRequest,
  txnOffsetCommitResponse,
  type TxnOffsetCommitResponse,
} from '../../wire/apis/index.js';
import type { Decoded } from '../../wire/index.js';
import type { ConsumerGroupMetadata, OffsetToCommit } from './group-offsets.js';
import type { RequestOutcome } from './request-outcome.js';
import { PRIORITY, TransactionRequest, type RequestContext } from './transaction-request.js';

const CLIENT_THROTTLES_FROM = 1;
const LAST_COMMIT_VERSION = 5;
const LAST_COMMIT_VERSION_BEFORE_V2 = 4;
/** Before it there is no room for the group's metadata, and a zombie member could commit. */
const GROUP_METADATA_FROM = 3;

/** Offsets by `topic`, then partition. */
type PendingOffsets = Map<string, Map<number, OffsetToCommit>>;

export class AddOffsetsRequest extends TransactionRequest {
  readonly name = 'AddOffsetsToTxn';
  readonly priority = PRIORITY.addPartitionsOrOffsets;

  constructor(
    context: RequestContext,
    private readonly offsets: readonly OffsetToCommit[],
    private readonly group: ConsumerGroupMetadata,
  ) {
    super(context);
  }

  send(connection: Connection, ended: (error: ProducerError | null) => void): void {
    const { transactionalId, identity } = this.context;
    const body = {
      transactionalId: transactionalId!,
      producerId: identity.id,
      producerEpoch: identity.epoch,
      groupId: this.group.groupId,
    };
    connection.request(
      addOffsetsToTxnRequest,
      addOffsetsToTxnResponse,
      body,
      (error, answer, version) => {
        ended(error);
        if (answer === null) return;
        if (version >= CLIENT_THROTTLES_FROM) connection.throttle(answer.throttleTimeMs);
        this.handle(answer);
      },
    );
  }

  private handle({ errorCode: code }: Decoded<AddOffsetsToTxnResponse>): void {
    if (code === ERROR.NONE) {
      // The outcome is known when the offsets are committed.
      this.context.requests.add(
        new CommitOffsetsRequest(this.context, this.offsets, this.group, this.outcome),
      );
      this.context.offsetsAdded();
    } else if (!this.retries(code) && !this.fenced(code)) {
      if (code === ERROR.UNKNOWN_PRODUCER_ID) this.abortableIfPossible(this.error(code));
      else if (code === ERROR.GROUP_AUTHORIZATION_FAILED)
        this.abortable(brokerError(code, `group ${this.group.groupId}`));
      else if (code === ERROR.TRANSACTION_ABORTABLE) this.abortable(this.error(code));
      else this.fatal(this.error(code));
    }
  }
}

export class CommitOffsetsRequest extends TransactionRequest {
  readonly name = 'TxnOffsetCommit';
  readonly priority = PRIORITY.addPartitionsOrOffsets;
  override readonly coordinatorType = 'group';
  private readonly pending: PendingOffsets = new Map();
  private readonly lastVersion: number;

  constructor(
    context: RequestContext,
    offsets: readonly OffsetToCommit[],
    private readonly group: ConsumerGroupMetadata,
    outcome?: RequestOutcome,
  ) {
    super(context, outcome);
    this.lastVersion = context.isV2 ? LAST_COMMIT_VERSION : LAST_COMMIT_VERSION_BEFORE_V2;
    for (const offset of offsets) {
      const partitions = this.pending.get(offset.topic) ?? new Map<number, OffsetToCommit>();
      this.pending.set(offset.topic, partitions.set(offset.partition, offset));
    }
  }

  override get coordinatorKey(): string {
    return this.group.groupId;
  }

  send(connection: Connection, ended: (error: ProducerError | null) => void): void {
    const { transactionalId, identity } = this.context;
    const { groupId, memberId = '', generationId = -1, groupInstanceId = null } = this.group;
    const told = memberId !== '' || generationId !== -1 || groupInstanceId !== null;
    const most = connection.versionOf(txnOffsetCommitRequest.api, 0, this.lastVersion);
    if (told && most >= 0 && most < GROUP_METADATA_FROM) {
      const text =
        'the coordinator takes no metadata of the group with an offset (Kafka 2.5 or later does)';
      ended(new ProducerError('UNSUPPORTED_VERSION', text));
      return;
    }
    const body = {
      transactionalId: transactionalId!,
      groupId,
      producerId: identity.id,
      producerEpoch: identity.epoch,
      generationId,
      memberId,
      groupInstanceId,
      topics: [...this.pending].map(([name, partitions]) => ({
        name,
        partitions: [...partitions.values()].map(
          ({ partition, offset, leaderEpoch = -1, metadata = '' }) => ({
            partitionIndex: partition,
            committedOffset: BigInt(offset),
            committedLeaderEpoch: leaderEpoch,
            committedMetadata: metadata,
          }),
        ),
      })),
    };
    const done = (
      error: ProducerError | null,
      answer: Decoded<TxnOffsetCommitResponse> | null,
      version: number,
    ) => {
      ended(error);
      if (answer === null) return;
      if (version >= CLIENT_THROTTLES_FROM) connection.throttle(answer.throttleTimeMs);
      this.handle(answer);
    };
    connection.request(
      txnOffsetCommitRequest,
      txnOffsetCommitResponse,
      body,
      done,
      this.lastVersion,
    );
  }

  private handle(answer: Decoded<TxnOffsetCommitResponse>): void {
    for (const { name, partitions } of answer.topics) {
      for (const { partitionIndex, errorCode } of partitions) {
        if (errorCode === ERROR.NONE) this.committed(name, partitionIndex);
        else this.refused(errorCode);
        if (this.outcome.completed) return;
      }
    }
    if (this.pending.size === 0) this.outcome.done();
    else this.retry();
  }

  private committed(topic: string, partition: number): void {
    const partitions = this.pending.get(topic);
    partitions?.delete(partition);
    if (partitions?.size === 0) this.pending.delete(topic);
  }

  private refused(code: ErrorCode): void {
    const elsewhere: readonly number[] = [
      ERROR.COORDINATOR_NOT_AVAILABLE,
      ERROR.NOT_COORDINATOR,
      ERROR.REQUEST_TIMED_OUT,
    ];
    if (elsewhere.includes(code)) this.context.requests.lookUp('group', this.coordinatorKey);
    else if (errorRow(code).retriable || this.fenced(code))
      return; // retried with what is left, or over
    else {
      const abortable: readonly number[] = [
        ERROR.GROUP_AUTHORIZATION_FAILED,
        ERROR.FENCED_INSTANCE_ID,
        ERROR.TRANSACTION_ABORTABLE,
        ERROR.UNKNOWN_MEMBER_ID,
        ERROR.ILLEGAL_GENERATION,
      ];
      const error = this.error(code);
      if (abortable.includes(code)) this.abortable(error);
      else this.fatal(error);
    }
  }
}
