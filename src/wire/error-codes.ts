// Kafka's error codes: name, number, whether a retry may help. The one table of producer, reader,
// probes and the embedded cluster. Everywhere else a code stands by its name: ERROR.NONE.

declare const kind: unique symbol;
/**
 * A code of the table, or one that a broker answered with. No plain number is one: a code is
 * written by its name, and read off the wire (`errorCodeFrom`, or by a table of apis/).
 */
export type ErrorCode = number & { readonly [kind]: 'error code' };

export interface ErrorRow {
  readonly code: ErrorCode;
  readonly name: string;
  readonly retriable: boolean;
  /** The cached metadata is (probably) stale. */
  readonly refreshesMetadata: boolean;
  readonly message: string;
}

type Row = readonly [code: number, flags: '' | 'retriable' | 'retriable+metadata', message: string];
const row = (...cells: Row): Row => cells;

/**
 * As in Apache Kafka's common/protocol/Errors.java. `retriable+metadata` where Java's exception is
 * an InvalidMetadataException.
 */
const TABLE = {
  UNKNOWN_SERVER_ERROR: row(-1, '', 'the broker met an unexpected error'),
  NONE: row(0, '', 'no error'),
  OFFSET_OUT_OF_RANGE: row(1, '', 'the offset is outside the log'),
  CORRUPT_MESSAGE: row(2, 'retriable', 'the batch failed its CRC check or is malformed'),
  UNKNOWN_TOPIC_OR_PARTITION: row(
    3,
    'retriable+metadata',
    'the broker does not host this topic-partition',
  ),
  LEADER_NOT_AVAILABLE: row(
    5,
    'retriable+metadata',
    'there is no leader for this partition at the moment',
  ),
  NOT_LEADER_OR_FOLLOWER: row(6, 'retriable+metadata', 'the broker no longer leads this partition'),
  REQUEST_TIMED_OUT: row(7, 'retriable', 'the broker gave up waiting, often for its replicas'),
  REPLICA_NOT_AVAILABLE: row(9, 'retriable+metadata', 'the replica is not available'),
  MESSAGE_TOO_LARGE: row(
    10,
    '',
    'the batch is larger than the broker or topic takes (max.message.bytes)',
  ),
  OFFSET_METADATA_TOO_LARGE: row(12, '', 'the metadata of a committed offset is too long'),
  NETWORK_EXCEPTION: row(13, 'retriable+metadata', 'the connection broke before the answer came'),
  COORDINATOR_LOAD_IN_PROGRESS: row(14, 'retriable', 'the coordinator is still reading its log'),
  COORDINATOR_NOT_AVAILABLE: row(15, 'retriable', 'there is no coordinator at the moment'),
  NOT_COORDINATOR: row(16, 'retriable', 'the broker is not the coordinator'),
  INVALID_TOPIC_EXCEPTION: row(17, '', 'the topic name is not valid'),
  RECORD_LIST_TOO_LARGE: row(18, '', 'the batch is larger than a log segment'),
  NOT_ENOUGH_REPLICAS: row(19, 'retriable', 'fewer in-sync replicas than min.insync.replicas'),
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: row(
    20,
    'retriable',
    'written, but to fewer in-sync replicas than min.insync.replicas',
  ),
  INVALID_REQUIRED_ACKS: row(21, '', 'acks must be 0, 1 or all'),
  ILLEGAL_GENERATION: row(22, '', 'the group has gone on to another generation'),
  INVALID_GROUP_ID: row(24, '', 'the group id is not valid'),
  UNKNOWN_MEMBER_ID: row(25, '', 'the group does not know this member'),
  REBALANCE_IN_PROGRESS: row(27, '', 'the group is rebalancing'),
  INVALID_COMMIT_OFFSET_SIZE: row(28, '', 'the committed offsets are too large'),
  TOPIC_AUTHORIZATION_FAILED: row(29, '', 'not authorised for this topic'),
  GROUP_AUTHORIZATION_FAILED: row(30, '', 'not authorised for this group'),
  CLUSTER_AUTHORIZATION_FAILED: row(31, '', 'not authorised for this cluster'),
  INVALID_TIMESTAMP: row(32, '', 'the timestamp is outside what the topic takes'),
  UNSUPPORTED_SASL_MECHANISM: row(33, '', 'the broker does not offer this SASL mechanism'),
  ILLEGAL_SASL_STATE: row(34, '', 'this request is not valid in the current SASL state'),
  UNSUPPORTED_VERSION: row(35, '', 'the broker does not support this API version'),
  TOPIC_ALREADY_EXISTS: row(36, '', 'the topic exists already'),
  INVALID_PARTITIONS: row(37, '', 'the number of partitions is not valid'),
  INVALID_REPLICATION_FACTOR: row(
    38,
    '',
    'the replication factor is below 1 or above the number of brokers',
  ),
  INVALID_REPLICA_ASSIGNMENT: row(39, '', 'the replica assignment is not valid'),
  INVALID_CONFIG: row(40, '', 'a topic setting is not valid'),
  NOT_CONTROLLER: row(41, 'retriable', 'the broker is not the controller'),
  INVALID_REQUEST: row(42, '', 'the request is malformed'),
  UNSUPPORTED_FOR_MESSAGE_FORMAT: row(
    43,
    '',
    'the message format of the topic does not support this',
  ),
  POLICY_VIOLATION: row(44, '', 'the request breaks a policy of the broker'),
  OUT_OF_ORDER_SEQUENCE_NUMBER: row(45, '', 'a sequence number came out of order'),
  DUPLICATE_SEQUENCE_NUMBER: row(46, '', 'the batch was appended before'),
  INVALID_PRODUCER_EPOCH: row(47, '', 'the producer epoch is older than the broker knows'),
  INVALID_TXN_STATE: row(48, '', 'not allowed in the current transaction state'),
  INVALID_PRODUCER_ID_MAPPING: row(
    49,
    '',
    'the producer id does not belong to this transactional id',
  ),
  INVALID_TRANSACTION_TIMEOUT: row(
    50,
    '',
    'transaction.timeout.ms is above the broker’s transaction.max.timeout.ms',
  ),
  CONCURRENT_TRANSACTIONS: row(
    51,
    'retriable',
    'a transaction of the same id is still being completed',
  ),
  TRANSACTION_COORDINATOR_FENCED: row(52, '', 'a newer coordinator has taken over'),
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: row(53, '', 'not authorised for this transactional id'),
  OPERATION_NOT_ATTEMPTED: row(55, '', 'not attempted because another part of the request failed'),
  KAFKA_STORAGE_ERROR: row(
    56,
    'retriable+metadata',
    'the broker has a disk error for this partition',
  ),
  SASL_AUTHENTICATION_FAILED: row(58, '', 'SASL authentication failed'),
  UNKNOWN_PRODUCER_ID: row(59, '', 'the broker has no state for this producer id'),
  REASSIGNMENT_IN_PROGRESS: row(60, '', 'a reassignment is in progress'),
  FETCH_SESSION_ID_NOT_FOUND: row(70, 'retriable', 'the broker does not know this fetch session'),
  LISTENER_NOT_FOUND: row(
    72,
    'retriable+metadata',
    'the leader has no listener of the name that this connection uses',
  ),
  FENCED_LEADER_EPOCH: row(
    74,
    'retriable+metadata',
    'the leader epoch of the request is older than the broker knows',
  ),
  UNKNOWN_LEADER_EPOCH: row(
    75,
    'retriable',
    'the leader epoch of the request is newer than the broker knows',
  ),
  UNSUPPORTED_COMPRESSION_TYPE: row(76, '', 'the broker or the version does not take this codec'),
  OFFSET_NOT_AVAILABLE: row(
    78,
    'retriable',
    'the leader has been elected, and its offsets are not known yet',
  ),
  FENCED_INSTANCE_ID: row(82, '', 'another member has taken this group.instance.id'),
  INVALID_RECORD: row(87, '', 'the broker refused a record of the batch'),
  UNSTABLE_OFFSET_COMMIT: row(88, 'retriable', 'an offset of an open transaction is in the way'),
  THROTTLING_QUOTA_EXCEEDED: row(89, 'retriable', 'the quota is used up'),
  PRODUCER_FENCED: row(90, '', 'a newer producer with the same transactional id took over'),
  UNKNOWN_TOPIC_ID: row(100, 'retriable+metadata', 'the broker does not know this topic id'),
  INCONSISTENT_TOPIC_ID: row(
    103,
    'retriable+metadata',
    'the topic id does not match the log of the partition',
  ),
  TRANSACTIONAL_ID_NOT_FOUND: row(105, '', 'the coordinator does not know this transactional id'),
  UNSUPPORTED_ENDPOINT_TYPE: row(115, '', 'the broker does not know endpoints of this type'),
  TRANSACTION_ABORTABLE: row(120, '', 'the transaction cannot be completed and has to be aborted'),
  REBOOTSTRAP_REQUIRED: row(129, '', 'the metadata is stale; go back to the bootstrap addresses'),
} satisfies Record<string, Row>;

export type ErrorName = keyof typeof TABLE;

const rowOf = (name: string, [code, flags, message]: Row): ErrorRow => ({
  code: errorCodeFrom(code),
  name,
  retriable: flags !== '',
  refreshesMetadata: flags === 'retriable+metadata',
  message,
});

const ROWS: ReadonlyMap<number, ErrorRow> = new Map(
  Object.entries(TABLE).map(([name, cells]) => [cells[0], rowOf(name, cells)]),
);

/** The codes by their names. */
export const ERROR = Object.fromEntries(
  Object.entries(TABLE).map(([name, [code]]) => [name, code]),
) as { readonly [name in ErrorName]: ErrorCode };

/** A number that a broker sent as an error code. */
export function errorCodeFrom(wire: number): ErrorCode {
  return wire as ErrorCode;
}

/** The table's row for a code; a code from the future counts as not retriable. */
export function errorRow(code: ErrorCode): ErrorRow {
  const unknown = `error code ${code}, which this version of kbench does not know`;
  return ROWS.get(code) ?? rowOf(`ERROR_${code}`, [code, '', unknown]);
}
