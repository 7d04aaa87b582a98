// What can go wrong in the producer, as classes; and the one table of Kafka's error codes.

import { withoutSecrets } from './security/secret-keeper.js';

/** Base of every error that the producer tells. `kafkaName` is the name of Kafka's error code, or of Java's exception. */
export class ProducerError extends Error {
  constructor(
    readonly kafkaName: string,
    message: string,
    readonly retriable = false,
    /** Kafka's error code, or -1 where the error did not come from a broker. */
    readonly code = -1,
  ) {
    super(message);
    this.name = new.target.name;
  }
}

/** A setting is wrong, unknown or contradicts another. */
export class ConfigError extends ProducerError {
  constructor(
    readonly setting: string,
    message: string,
  ) {
    super('CONFIG', message);
  }
}

/** What a setting names is not on this machine: an environment variable, a file. On another it may be. */
export class AbsentError extends ConfigError {}

/** A method was called with what it does not take (Java's IllegalArgumentException): nothing was done. */
export class IllegalArgumentError extends ProducerError {
  constructor(message: string) {
    super('ILLEGAL_ARGUMENT', message);
  }
}

/**
 * None of the bootstrap addresses answered as a Kafka broker does; the message names each and what happened. `retriable`
 * where they may yet answer (in Java a TimeoutException), not where no name can be resolved (BootstrapResolutionException).
 */
export class BootstrapError extends ProducerError {
  constructor(
    message: string,
    readonly addresses: readonly { readonly address: string; readonly outcome: string }[],
    retriable = false,
  ) {
    super('BOOTSTRAP', message, retriable);
  }
}

/** The record's upper bound passes max.request.size or buffer.memory. */
export class RecordTooLargeError extends ProducerError {
  constructor(message: string) {
    super('RECORD_TOO_LARGE', message);
  }
}

/** append was given a partition that the topic's metadata does not have. */
export class UnknownPartitionError extends ProducerError {
  constructor(topic: string, partition: number, count: number) {
    super(
      'UNKNOWN_TOPIC_OR_PARTITION',
      `${topic}: there is no partition ${partition} (the topic has ${count}, from 0)`,
    );
  }
}

/** delivery.timeout.ms, max.block.ms or request.timeout.ms has passed (Java's TimeoutException, a RetriableException). */
export class TimeoutError extends ProducerError {
  constructor(message: string) {
    super('TIMEOUT', message, true);
  }
}

/** buffer.memory stayed full for max.block.ms (in Java a TimeoutException, as here). */
export class BufferExhaustedError extends TimeoutError {}

/** TLS or SASL did not let this client in, or this client the broker (Java's AuthenticationException): another try would not help. */
export class AuthenticationError extends ProducerError {
  constructor(kafkaName: string, message: string, code = -1) {
    super(kafkaName, message, false, code);
  }
}

/** The connection broke while a request was outstanding. */
export class DisconnectError extends ProducerError {
  constructor(message: string) {
    super('NETWORK_EXCEPTION', message, true, 13);
  }
}

/** The producer was closed before the record was sent. */
export class ClosedError extends ProducerError {
  constructor() {
    super('CLOSED', 'the producer was closed before this record was acknowledged');
  }
}

/** Not allowed in the present state of the producer, Java's IllegalStateException: nothing was changed, nothing was sent. */
export class IllegalStateError extends ProducerError {
  constructor(message: string, options?: { cause: ProducerError | null }) {
    super('ILLEGAL_STATE', message);
    if (options?.cause) this.cause = options.cause;
  }
}

/**
 * The producer cannot go on as it is because of `cause`, whose Kafka name and code this error has. `abortable`: abortTransaction(), then the
 * next transaction may begin. Else it is fatal: nothing but close() is left.
 */
export class ProducerStateError extends ProducerError {
  override readonly cause: ProducerError;

  constructor(
    message: string,
    cause: ProducerError,
    readonly abortable: boolean,
  ) {
    super(cause.kafkaName, message, false, cause.code);
    this.cause = cause;
  }
}

/** In a transaction, a batch that could not be sent in time takes its transaction with it: an abort is safe, a repetition would not be. */
export class TransactionAbortableError extends ProducerError {
  constructor(cause: ProducerError) {
    const text = `the transaction has to be aborted, as a batch could not be sent: ${cause.message}`;
    super('TRANSACTION_ABORTABLE', text, false, 120);
    this.cause = cause;
  }
}

/** The batch was never sent, because its transaction was aborted. */
export class TransactionAbortedError extends ProducerError {
  constructor() {
    super('TRANSACTION_ABORTED', 'the batch was not sent because its transaction was aborted');
  }
}

interface ErrorRow {
  readonly name: string;
  readonly retriable: boolean;
  /** The cached metadata is (probably) stale. */
  readonly refreshesMetadata: boolean;
  readonly message: string;
}

const row = (name: string, flags: '' | 'retriable' | 'retriable+metadata', message: string): ErrorRow => ({
  name,
  retriable: flags !== '',
  refreshesMetadata: flags === 'retriable+metadata',
  message,
});

/**
 * Error codes by number, as in Apache Kafka's common/protocol/Errors.java. `refreshesMetadata` where Java's exception is an
 * InvalidMetadataException.
 */
const TABLE: Readonly<Record<number, ErrorRow>> = {
  [-1]: row('UNKNOWN_SERVER_ERROR', '', 'the broker met an unexpected error'),
  1: row('OFFSET_OUT_OF_RANGE', '', 'the offset is outside the log'),
  2: row('CORRUPT_MESSAGE', 'retriable', 'the batch failed its CRC check or is malformed'),
  3: row('UNKNOWN_TOPIC_OR_PARTITION', 'retriable+metadata', 'the broker does not host this topic-partition'),
  5: row('LEADER_NOT_AVAILABLE', 'retriable+metadata', 'there is no leader for this partition at the moment'),
  6: row('NOT_LEADER_OR_FOLLOWER', 'retriable+metadata', 'the broker no longer leads this partition'),
  7: row('REQUEST_TIMED_OUT', 'retriable', 'the broker gave up waiting, often for its replicas'),
  9: row('REPLICA_NOT_AVAILABLE', 'retriable+metadata', 'the replica is not available'),
  10: row('MESSAGE_TOO_LARGE', '', 'the batch is larger than the broker or topic takes (max.message.bytes)'),
  12: row('OFFSET_METADATA_TOO_LARGE', '', 'the metadata of a committed offset is too long'),
  13: row('NETWORK_EXCEPTION', 'retriable+metadata', 'the connection broke before the answer came'),
  14: row('COORDINATOR_LOAD_IN_PROGRESS', 'retriable', 'the coordinator is still reading its log'),
  15: row('COORDINATOR_NOT_AVAILABLE', 'retriable', 'there is no coordinator at the moment'),
  16: row('NOT_COORDINATOR', 'retriable', 'the broker is not the coordinator'),
  17: row('INVALID_TOPIC_EXCEPTION', '', 'the topic name is not valid'),
  18: row('RECORD_LIST_TOO_LARGE', '', 'the batch is larger than a log segment'),
  19: row('NOT_ENOUGH_REPLICAS', 'retriable', 'fewer in-sync replicas than min.insync.replicas'),
  20: row(
    'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
    'retriable',
    'written, but to fewer in-sync replicas than min.insync.replicas',
  ),
  21: row('INVALID_REQUIRED_ACKS', '', 'acks must be 0, 1 or all'),
  22: row('ILLEGAL_GENERATION', '', 'the group has gone on to another generation'),
  24: row('INVALID_GROUP_ID', '', 'the group id is not valid'),
  25: row('UNKNOWN_MEMBER_ID', '', 'the group does not know this member'),
  27: row('REBALANCE_IN_PROGRESS', '', 'the group is rebalancing'),
  28: row('INVALID_COMMIT_OFFSET_SIZE', '', 'the committed offsets are too large'),
  29: row('TOPIC_AUTHORIZATION_FAILED', '', 'not authorised for this topic'),
  30: row('GROUP_AUTHORIZATION_FAILED', '', 'not authorised for this group'),
  31: row('CLUSTER_AUTHORIZATION_FAILED', '', 'not authorised for this cluster'),
  32: row('INVALID_TIMESTAMP', '', 'the timestamp is outside what the topic takes'),
  33: row('UNSUPPORTED_SASL_MECHANISM', '', 'the broker does not offer this SASL mechanism'),
  34: row('ILLEGAL_SASL_STATE', '', 'this request is not valid in the current SASL state'),
  35: row('UNSUPPORTED_VERSION', '', 'the broker does not support this API version'),
  36: row('TOPIC_ALREADY_EXISTS', '', 'the topic exists already'),
  37: row('INVALID_PARTITIONS', '', 'the number of partitions is not valid'),
  38: row('INVALID_REPLICATION_FACTOR', '', 'the replication factor is below 1 or above the number of brokers'),
  39: row('INVALID_REPLICA_ASSIGNMENT', '', 'the replica assignment is not valid'),
  40: row('INVALID_CONFIG', '', 'a topic setting is not valid'),
  41: row('NOT_CONTROLLER', 'retriable', 'the broker is not the controller'),
  42: row('INVALID_REQUEST', '', 'the request is malformed'),
  43: row('UNSUPPORTED_FOR_MESSAGE_FORMAT', '', 'the message format of the topic does not support this'),
  44: row('POLICY_VIOLATION', '', 'the request breaks a policy of the broker'),
  45: row('OUT_OF_ORDER_SEQUENCE_NUMBER', '', 'a sequence number came out of order'),
  46: row('DUPLICATE_SEQUENCE_NUMBER', '', 'the batch was appended before'),
  47: row('INVALID_PRODUCER_EPOCH', '', 'the producer epoch is older than the broker knows'),
  48: row('INVALID_TXN_STATE', '', 'not allowed in the current transaction state'),
  49: row('INVALID_PRODUCER_ID_MAPPING', '', 'the producer id does not belong to this transactional id'),
  50: row('INVALID_TRANSACTION_TIMEOUT', '', 'transaction.timeout.ms is above the broker’s transaction.max.timeout.ms'),
  51: row('CONCURRENT_TRANSACTIONS', 'retriable', 'a transaction of the same id is still being completed'),
  52: row('TRANSACTION_COORDINATOR_FENCED', '', 'a newer coordinator has taken over'),
  53: row('TRANSACTIONAL_ID_AUTHORIZATION_FAILED', '', 'not authorised for this transactional id'),
  55: row('OPERATION_NOT_ATTEMPTED', '', 'not attempted because another part of the request failed'),
  56: row('KAFKA_STORAGE_ERROR', 'retriable+metadata', 'the broker has a disk error for this partition'),
  58: row('SASL_AUTHENTICATION_FAILED', '', 'SASL authentication failed'),
  59: row('UNKNOWN_PRODUCER_ID', '', 'the broker has no state for this producer id'),
  60: row('REASSIGNMENT_IN_PROGRESS', '', 'a reassignment is in progress'),
  72: row(
    'LISTENER_NOT_FOUND',
    'retriable+metadata',
    'the leader has no listener of the name that this connection uses',
  ),
  74: row(
    'FENCED_LEADER_EPOCH',
    'retriable+metadata',
    'the leader epoch of the request is older than the broker knows',
  ),
  75: row('UNKNOWN_LEADER_EPOCH', 'retriable', 'the leader epoch of the request is newer than the broker knows'),
  82: row('FENCED_INSTANCE_ID', '', 'another member has taken this group.instance.id'),
  87: row('INVALID_RECORD', '', 'the broker refused a record of the batch'),
  88: row('UNSTABLE_OFFSET_COMMIT', 'retriable', 'an offset of an open transaction is in the way'),
  89: row('THROTTLING_QUOTA_EXCEEDED', 'retriable', 'the quota is used up'),
  90: row('PRODUCER_FENCED', '', 'a newer producer with the same transactional id took over'),
  100: row('UNKNOWN_TOPIC_ID', 'retriable+metadata', 'the broker does not know this topic id'),
  103: row('INCONSISTENT_TOPIC_ID', 'retriable+metadata', 'the topic id does not match the log of the partition'),
  105: row('TRANSACTIONAL_ID_NOT_FOUND', '', 'the coordinator does not know this transactional id'),
  120: row('TRANSACTION_ABORTABLE', '', 'the transaction cannot be completed and has to be aborted'),
  129: row('REBOOTSTRAP_REQUIRED', '', 'the metadata is stale; go back to the bootstrap addresses'),
};

/** The table's row for a code; a code from the future counts as not retriable. */
export function errorRow(code: number): ErrorRow {
  return TABLE[code] ?? row(`ERROR_${code}`, '', `error code ${code}, which this version of kbench does not know`);
}

/** A broker's error code as an error. `where` names topic-partition or node; `detail` is the broker's own message. */
export function brokerError(code: number, where: string, detail?: string | null): ProducerError {
  const { name, message, retriable } = errorRow(code);
  return new ProducerError(
    name,
    `${where}: ${name} (${code}): ${detail == null ? message : withoutSecrets(detail)}`,
    retriable,
    code,
  );
}
