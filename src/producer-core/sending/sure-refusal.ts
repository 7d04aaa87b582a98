// Which answers of a broker say for sure that it did not store a batch: what it checks before it
// appends (ReplicaManager.appendRecords, UnifiedLog.analyzeAndValidateRecords). All others, and no
// answer, leave it open. Called by the settlement when an attempt has failed; must never take a
// doubtful one for sure, since audits hold brokers to it.
import type { ProducerConfig } from '../config/config.js';

const BEFORE_THE_APPEND: ReadonlySet<string> = new Set([
  ...['CORRUPT_MESSAGE', 'MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD'],
  ...['INVALID_TOPIC_EXCEPTION', 'INVALID_REQUIRED_ACKS', 'INVALID_TIMESTAMP', 'INVALID_REQUEST'],
  ...['NOT_ENOUGH_REPLICAS', 'POLICY_VIOLATION', 'UNSUPPORTED_FOR_MESSAGE_FORMAT'],
  ...['UNSUPPORTED_VERSION', 'TOPIC_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED'],
  ...['TRANSACTIONAL_ID_AUTHORIZATION_FAILED', 'INVALID_PRODUCER_ID_MAPPING'],
  ...['OUT_OF_ORDER_SEQUENCE_NUMBER', 'INVALID_PRODUCER_EPOCH', 'UNKNOWN_PRODUCER_ID'],
  ...['INVALID_TXN_STATE', 'TRANSACTION_ABORTABLE', 'PRODUCER_FENCED'],
]);

/**
 * With acks=all these are told of batches that were appended too, when their partition moves while
 * its followers are waited for (DelayedProduce); with less the answer does not wait.
 */
const ALSO_WHILE_WAITING: ReadonlySet<string> = new Set([
  ...['NOT_LEADER_OR_FOLLOWER', 'UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_ID'],
]);

/** `kafkaName`: of the error that an attempt ended with. */
export function surelyRefused(kafkaName: string, acks: ProducerConfig['acks']): boolean {
  return BEFORE_THE_APPEND.has(kafkaName) || (acks === 1 && ALSO_WHILE_WAITING.has(kafkaName));
}
