// TxnOffsetCommit (API key 28): fields, types and versions as in Apache Kafka 4.3's message
// definitions (clients/src/main/resources/common/message/TxnOffsetCommitRequest.json,
// TxnOffsetCommitResponse.json). Interpreted by ../message.ts.
import { f, s, message } from '../message.js';
import type { ErrorCode } from '../error-codes.js';
import { API } from '../api-keys.js';

export interface TxnOffsetCommitRequest {
  transactionalId?: string;
  groupId?: string;
  producerId?: bigint;
  producerEpoch?: number;
  generationId?: number;
  memberId?: string;
  groupInstanceId?: string | null;
  topics?: {
    name?: string;
    partitions?: {
      partitionIndex?: number;
      committedOffset?: bigint;
      committedLeaderEpoch?: number;
      committedMetadata?: string | null;
    }[];
  }[];
}

export const txnOffsetCommitRequest = message<TxnOffsetCommitRequest>({
  api: API.TXN_OFFSET_COMMIT,
  name: 'TxnOffsetCommitRequest',
  versions: [0, 5],
  flexibleFrom: 3,
  fields: [
    f('transactionalId', 'string', '0+'),
    f('groupId', 'string', '0+'),
    f('producerId', 'int64', '0+'),
    f('producerEpoch', 'int16', '0+'),
    f('generationId', 'int32', '3+', { default: -1 }),
    f('memberId', 'string', '3+', { default: '' }),
    f('groupInstanceId', 'string', '3+', { nullable: '3+', default: null }),
    s('topics', '[]', '0+', [
      f('name', 'string', '0+'),
      s('partitions', '[]', '0+', [
        f('partitionIndex', 'int32', '0+'),
        f('committedOffset', 'int64', '0+'),
        f('committedLeaderEpoch', 'int32', '2+', { default: -1 }),
        f('committedMetadata', 'string', '0+', { nullable: '0+' }),
      ]),
    ]),
  ],
});

export interface TxnOffsetCommitResponse {
  throttleTimeMs?: number;
  topics?: { name?: string; partitions?: { partitionIndex?: number; errorCode?: ErrorCode }[] }[];
}

export const txnOffsetCommitResponse = message<TxnOffsetCommitResponse>({
  api: API.TXN_OFFSET_COMMIT,
  name: 'TxnOffsetCommitResponse',
  versions: [0, 5],
  flexibleFrom: 3,
  fields: [
    f('throttleTimeMs', 'int32', '0+'),
    s('topics', '[]', '0+', [
      f('name', 'string', '0+'),
      s('partitions', '[]', '0+', [
        f('partitionIndex', 'int32', '0+'),
        f('errorCode', 'int16', '0+'),
      ]),
    ]),
  ],
});
