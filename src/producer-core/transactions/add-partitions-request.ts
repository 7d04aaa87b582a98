// AddPartitionsToTxn (API key 24, versions 0 to 3): tells the coordinator which partitions a
// transaction writes to, before the first batch goes there. Under transaction.version 2 the brokers
// do that themselves. As Java's AddPartitionsToTxnHandler.
import type { Connection } from '../cluster/connection.js';
import { ProducerError } from '../errors.js';
import {
  addPartitionsToTxnRequest,
  addPartitionsToTxnResponse,
  type AddPartitionsToTxnResponse,
} from '../../wire/apis/index.js';
import type { Decoded } from '../../wire/index.js';
import type { PartitionState } from '../batching/topic-state.js';
import { PRIORITY, TransactionRequest, type RequestContext } from './transaction-request.js';
import { ERROR } from '../../wire/error-codes.js';

const CLIENT_THROTTLES_FROM = 1;
/**
 * The transaction before is still being completed: it takes a moment, and the first records wait
 * for it (KAFKA-5482).
 */
const CONCURRENT_BACKOFF_MS = 20;

export class AddPartitionsRequest extends TransactionRequest {
  readonly name = 'AddPartitionsToTxn';
  readonly priority = PRIORITY.addPartitionsOrOffsets;
  private backoffMs: number;

  constructor(
    context: RequestContext,
    private readonly partitions: readonly PartitionState[],
  ) {
    super(context);
    this.backoffMs = context.retryBackoffMs;
  }

  override get retryBackoffMs(): number {
    return Math.min(this.context.retryBackoffMs, this.backoffMs);
  }

  send(connection: Connection, ended: (error: ProducerError | null) => void): void {
    const { transactionalId, identity } = this.context;
    const topics = new Map<string, number[]>();
    for (const { topic, index } of this.partitions)
      topics.set(topic.name, [...(topics.get(topic.name) ?? []), index]);
    const body = {
      v3AndBelowTransactionalId: transactionalId!,
      v3AndBelowProducerId: identity.id,
      v3AndBelowProducerEpoch: identity.epoch,
      v3AndBelowTopics: [...topics].map(([name, partitions]) => ({ name, partitions })),
    };
    connection.request(
      addPartitionsToTxnRequest,
      addPartitionsToTxnResponse,
      body,
      (error, answer, version) => {
        ended(error);
        if (answer === null) return;
        if (version >= CLIENT_THROTTLES_FROM) connection.throttle(answer.throttleTimeMs);
        this.handle(answer);
      },
    );
  }

  private handle(answer: Decoded<AddPartitionsToTxnResponse>): void {
    this.backoffMs = this.context.retryBackoffMs;
    const unauthorized = new Set<string>();
    const failed: string[] = [];
    for (const { name, resultsByPartition } of answer.resultsByTopicV3AndBelow) {
      for (const { partitionIndex, partitionErrorCode: code } of resultsByPartition) {
        if (code === ERROR.NONE) continue;
        if (code === ERROR.CONCURRENT_TRANSACTIONS && !this.context.hasPartitions)
          this.backoffMs = CONCURRENT_BACKOFF_MS;
        if (this.retries(code) || this.fenced(code)) return;
        const fatal: readonly number[] = [
          ERROR.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
          ERROR.INVALID_TXN_STATE,
          ERROR.INVALID_PRODUCER_ID_MAPPING,
        ];
        if (fatal.includes(code)) {
          this.fatal(this.error(code));
          return;
        }
        if (code === ERROR.UNKNOWN_PRODUCER_ID) {
          this.abortableIfPossible(this.error(code));
          return;
        }
        if (code === ERROR.TRANSACTION_ABORTABLE) {
          this.abortable(this.error(code));
          return;
        }
        if (code === ERROR.TOPIC_AUTHORIZATION_FAILED) unauthorized.add(name);
        else failed.push(this.error(code, `${name}-${partitionIndex}`).message);
      }
    }
    this.context.partitionsAnswered(
      this.partitions,
      unauthorized.size === 0 && failed.length === 0,
    );
    if (unauthorized.size > 0)
      this.abortable(this.error(ERROR.TOPIC_AUTHORIZATION_FAILED, [...unauthorized].join(', ')));
    else if (failed.length > 0) {
      const text = `could not add partitions to the transaction: ${failed.join('; ')}`;
      this.abortable(new ProducerError('ADD_PARTITIONS_TO_TXN', text));
    } else this.outcome.done();
  }
}
