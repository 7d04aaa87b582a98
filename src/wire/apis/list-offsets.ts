// ListOffsets (API key 2): fields, types and versions as in Apache Kafka 4.3's message definitions
// (clients/src/main/resources/common/message/ListOffsetsRequest.json, ListOffsetsResponse.json).
// Interpreted by ../message.ts.
import { f, s, message } from '../message.js';
import type { ErrorCode } from '../error-codes.js';
import { API } from '../api-keys.js';

export interface ListOffsetsRequest {
  replicaId?: number;
  isolationLevel?: number;
  topics?: {
    name?: string;
    partitions?: { partitionIndex?: number; currentLeaderEpoch?: number; timestamp?: bigint }[];
  }[];
  timeoutMs?: number;
}

export const listOffsetsRequest = message<ListOffsetsRequest>({
  api: API.LIST_OFFSETS,
  name: 'ListOffsetsRequest',
  versions: [1, 11],
  flexibleFrom: 6,
  fields: [
    f('replicaId', 'int32', '0+'),
    f('isolationLevel', 'int8', '2+'),
    s('topics', '[]', '0+', [
      f('name', 'string', '0+'),
      s('partitions', '[]', '0+', [
        f('partitionIndex', 'int32', '0+'),
        f('currentLeaderEpoch', 'int32', '4+', { default: -1 }),
        f('timestamp', 'int64', '0+'),
      ]),
    ]),
    f('timeoutMs', 'int32', '10+'),
  ],
});

export interface ListOffsetsResponse {
  throttleTimeMs?: number;
  topics?: {
    name?: string;
    partitions?: {
      partitionIndex?: number;
      errorCode?: ErrorCode;
      timestamp?: bigint;
      offset?: bigint;
      leaderEpoch?: number;
    }[];
  }[];
}

export const listOffsetsResponse = message<ListOffsetsResponse>({
  api: API.LIST_OFFSETS,
  name: 'ListOffsetsResponse',
  versions: [1, 11],
  flexibleFrom: 6,
  fields: [
    f('throttleTimeMs', 'int32', '2+'),
    s('topics', '[]', '0+', [
      f('name', 'string', '0+'),
      s('partitions', '[]', '0+', [
        f('partitionIndex', 'int32', '0+'),
        f('errorCode', 'int16', '0+'),
        f('timestamp', 'int64', '1+', { default: -1n }),
        f('offset', 'int64', '1+', { default: -1n }),
        f('leaderEpoch', 'int32', '4+', { default: -1 }),
      ]),
    ]),
  ],
});
