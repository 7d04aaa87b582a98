// Kafka's error codes: number, name, whether a retry may help. One table for producer, probes and
// the embedded cluster; names everywhere else.

export interface ErrorRow {
  readonly name: string;
  readonly retriable: boolean;
  /** The cached metadata is (probably) stale. */
  readonly refreshesMetadata: boolean;
  readonly message: string;
}

const row = (
  name: string,
  flags: '' | 'retriable' | 'retriable+metadata',
  message: string,
): ErrorRow => ({
  name,
  retriable: flags !== '',
  refreshesMetadata: flags === 'retriable+metadata',
  message,
});

/**
 * Error codes by number, as in Apache Kafka's common/protocol/Errors.java. `refreshesMetadata`
 * where Java's exception is an InvalidMetadataException.
 */
const TABLE: Readonly<Record<number, ErrorRow>> = {
  [-1]: row('UNKNOWN_SERVER_ERROR', '', 'the broker met an unexpected error'),
  1: row('OFFSET_OUT_OF_RANGE', '', 'the offset is outside the log'),
  2: row('CORRUPT_MESSAGE', 'retriable', 'the batch failed its CRC check or is malformed'),
  3: row(
    'UNKNOWN_TOPIC_OR_PARTITION',
    'retriable+metadata',
    'the broker does not host this topic-partition',
  ),
  5: row(
    'LEADER_NOT_AVAILABLE',
    'retriable+metadata',
    'there is no leader for this partition at the moment',
  ),
  6: row(
    'NOT_LEADER_OR_FOLLOWER',
    'retriable+metadata',
    'the broker no longer leads this partition',
  ),
  7: row('REQUEST_TIMED_OUT', 'retriable', 'the broker gave up waiting, often for its replicas'),
  9: row('REPLICA_NOT_AVAILABLE', 'retriable+metadata', 'the replica is not available'),
  10: row(
    'MESSAGE_TOO_LARGE',
    '',
    'the batch is larger than the broker or topic takes (max.message.bytes)',
  ),
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
  38: row(
    'INVALID_REPLICATION_FACTOR',
    '',
    'the replication factor is below 1 or above the number of brokers',
  ),
  39: row('INVALID_REPLICA_ASSIGNMENT', '', 'the replica assignment is not valid'),
  40: row('INVALID_CONFIG', '', 'a topic setting is not valid'),
  41: row('NOT_CONTROLLER', 'retriable', 'the broker is not the controller'),
  42: row('INVALID_REQUEST', '', 'the request is malformed'),
  43: row(
    'UNSUPPORTED_FOR_MESSAGE_FORMAT',
    '',
    'the message format of the topic does not support this',
  ),
  44: row('POLICY_VIOLATION', '', 'the request breaks a policy of the broker'),
  45: row('OUT_OF_ORDER_SEQUENCE_NUMBER', '', 'a sequence number came out of order'),
  46: row('DUPLICATE_SEQUENCE_NUMBER', '', 'the batch was appended before'),
  47: row('INVALID_PRODUCER_EPOCH', '', 'the producer epoch is older than the broker knows'),
  48: row('INVALID_TXN_STATE', '', 'not allowed in the current transaction state'),
  49: row(
    'INVALID_PRODUCER_ID_MAPPING',
    '',
    'the producer id does not belong to this transactional id',
  ),
  50: row(
    'INVALID_TRANSACTION_TIMEOUT',
    '',
    'transaction.timeout.ms is above the broker’s transaction.max.timeout.ms',
  ),
  51: row(
    'CONCURRENT_TRANSACTIONS',
    'retriable',
    'a transaction of the same id is still being completed',
  ),
  52: row('TRANSACTION_COORDINATOR_FENCED', '', 'a newer coordinator has taken over'),
  53: row('TRANSACTIONAL_ID_AUTHORIZATION_FAILED', '', 'not authorised for this transactional id'),
  55: row(
    'OPERATION_NOT_ATTEMPTED',
    '',
    'not attempted because another part of the request failed',
  ),
  56: row(
    'KAFKA_STORAGE_ERROR',
    'retriable+metadata',
    'the broker has a disk error for this partition',
  ),
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
  75: row(
    'UNKNOWN_LEADER_EPOCH',
    'retriable',
    'the leader epoch of the request is newer than the broker knows',
  ),
  76: row('UNSUPPORTED_COMPRESSION_TYPE', '', 'the broker or the version does not take this codec'),
  78: row(
    'OFFSET_NOT_AVAILABLE',
    'retriable',
    'the leader has been elected, and its offsets are not known yet',
  ),
  82: row('FENCED_INSTANCE_ID', '', 'another member has taken this group.instance.id'),
  87: row('INVALID_RECORD', '', 'the broker refused a record of the batch'),
  88: row('UNSTABLE_OFFSET_COMMIT', 'retriable', 'an offset of an open transaction is in the way'),
  89: row('THROTTLING_QUOTA_EXCEEDED', 'retriable', 'the quota is used up'),
  90: row('PRODUCER_FENCED', '', 'a newer producer with the same transactional id took over'),
  100: row('UNKNOWN_TOPIC_ID', 'retriable+metadata', 'the broker does not know this topic id'),
  103: row(
    'INCONSISTENT_TOPIC_ID',
    'retriable+metadata',
    'the topic id does not match the log of the partition',
  ),
  105: row('TRANSACTIONAL_ID_NOT_FOUND', '', 'the coordinator does not know this transactional id'),
  120: row(
    'TRANSACTION_ABORTABLE',
    '',
    'the transaction cannot be completed and has to be aborted',
  ),
  129: row('REBOOTSTRAP_REQUIRED', '', 'the metadata is stale; go back to the bootstrap addresses'),
};

/** The table's row for a code; a code from the future counts as not retriable. */
export function errorRow(code: number): ErrorRow {
  return (
    TABLE[code] ??
    row(`ERROR_${code}`, '', `error code ${code}, which this version of kbench does not know`)
  );
}
