// Fetch (API key 1): fields, types and versions as in Apache Kafka 4.3's message definitions
// (clients/src/main/resources/common/message/FetchRequest.json, FetchResponse.json). Interpreted by
// ../message.ts.
import { f, s, message } from '../message.js';
import type { ErrorCode } from '../error-codes.js';
import { API } from '../api-keys.js';

export interface FetchRequest {
  clusterId?: string | null;
  replicaId?: number;
  replicaState?: { replicaId?: number; replicaEpoch?: bigint };
  maxWaitMs?: number;
  minBytes?: number;
  maxBytes?: number;
  isolationLevel?: number;
  sessionId?: number;
  sessionEpoch?: number;
  topics?: {
    topic?: string;
    topicId?: string;
    partitions?: {
      partition?: number;
      currentLeaderEpoch?: number;
      fetchOffset?: bigint;
      lastFetchedEpoch?: number;
      logStartOffset?: bigint;
      partitionMaxBytes?: number;
      replicaDirectoryId?: string;
      highWatermark?: bigint;
    }[];
  }[];
  forgottenTopicsData?: { topic?: string; topicId?: string; partitions?: number[] }[];
  rackId?: string;
}

export const fetchRequest = message<FetchRequest>({
  api: API.FETCH,
  name: 'FetchRequest',
  versions: [4, 18],
  flexibleFrom: 12,
  fields: [
    f('clusterId', 'string', '12+', { nullable: '12+', tag: 0, tagged: '12+', default: null }),
    f('replicaId', 'int32', '0-14', { default: -1 }),
    s(
      'replicaState',
      '{}',
      '15+',
      [
        f('replicaId', 'int32', '15+', { default: -1 }),
        f('replicaEpoch', 'int64', '15+', { default: -1n }),
      ],
      { tag: 1, tagged: '15+' },
    ),
    f('maxWaitMs', 'int32', '0+'),
    f('minBytes', 'int32', '0+'),
    f('maxBytes', 'int32', '3+', { default: 2147483647 }),
    f('isolationLevel', 'int8', '4+', { default: 0 }),
    f('sessionId', 'int32', '7+', { default: 0 }),
    f('sessionEpoch', 'int32', '7+', { default: -1 }),
    s('topics', '[]', '0+', [
      f('topic', 'string', '0-12'),
      f('topicId', 'uuid', '13+'),
      s('partitions', '[]', '0+', [
        f('partition', 'int32', '0+'),
        f('currentLeaderEpoch', 'int32', '9+', { default: -1 }),
        f('fetchOffset', 'int64', '0+'),
        f('lastFetchedEpoch', 'int32', '12+', { default: -1 }),
        f('logStartOffset', 'int64', '5+', { default: -1n }),
        f('partitionMaxBytes', 'int32', '0+'),
        f('replicaDirectoryId', 'uuid', '17+', { tag: 0, tagged: '17+' }),
        f('highWatermark', 'int64', '18+', {
          tag: 1,
          tagged: '18+',
          default: 9223372036854775807n,
        }),
      ]),
    ]),
    s('forgottenTopicsData', '[]', '7+', [
      f('topic', 'string', '7-12'),
      f('topicId', 'uuid', '13+'),
      f('partitions', '[]int32', '7+'),
    ]),
    f('rackId', 'string', '11+', { default: '' }),
  ],
});

export interface FetchResponse {
  throttleTimeMs?: number;
  errorCode?: ErrorCode;
  sessionId?: number;
  responses?: {
    topic?: string;
    topicId?: string;
    partitions?: {
      partitionIndex?: number;
      errorCode?: ErrorCode;
      highWatermark?: bigint;
      lastStableOffset?: bigint;
      logStartOffset?: bigint;
      divergingEpoch?: { epoch?: number; endOffset?: bigint };
      currentLeader?: { leaderId?: number; leaderEpoch?: number };
      snapshotId?: { endOffset?: bigint; epoch?: number };
      abortedTransactions?: { producerId?: bigint; firstOffset?: bigint }[] | null;
      preferredReadReplica?: number;
      records?: Buffer | null;
    }[];
  }[];
  nodeEndpoints?: { nodeId?: number; host?: string; port?: number; rack?: string | null }[];
}

export const fetchResponse = message<FetchResponse>({
  api: API.FETCH,
  name: 'FetchResponse',
  versions: [4, 18],
  flexibleFrom: 12,
  fields: [
    f('throttleTimeMs', 'int32', '1+'),
    f('errorCode', 'int16', '7+'),
    f('sessionId', 'int32', '7+', { default: 0 }),
    s('responses', '[]', '0+', [
      f('topic', 'string', '0-12'),
      f('topicId', 'uuid', '13+'),
      s('partitions', '[]', '0+', [
        f('partitionIndex', 'int32', '0+'),
        f('errorCode', 'int16', '0+'),
        f('highWatermark', 'int64', '0+'),
        f('lastStableOffset', 'int64', '4+', { default: -1n }),
        f('logStartOffset', 'int64', '5+', { default: -1n }),
        s(
          'divergingEpoch',
          '{}',
          '12+',
          [
            f('epoch', 'int32', '12+', { default: -1 }),
            f('endOffset', 'int64', '12+', { default: -1n }),
          ],
          { tag: 0, tagged: '12+' },
        ),
        s(
          'currentLeader',
          '{}',
          '12+',
          [
            f('leaderId', 'int32', '12+', { default: -1 }),
            f('leaderEpoch', 'int32', '12+', { default: -1 }),
          ],
          { tag: 1, tagged: '12+' },
        ),
        s(
          'snapshotId',
          '{}',
          '12+',
          [
            f('endOffset', 'int64', '0+', { default: -1n }),
            f('epoch', 'int32', '0+', { default: -1 }),
          ],
          { tag: 2, tagged: '12+' },
        ),
        s(
          'abortedTransactions',
          '[]',
          '4+',
          [f('producerId', 'int64', '4+'), f('firstOffset', 'int64', '4+')],
          {
            nullable: '4+',
          },
        ),
        f('preferredReadReplica', 'int32', '11+', { default: -1 }),
        f('records', 'records', '0+', { nullable: '0+' }),
      ]),
    ]),
    s(
      'nodeEndpoints',
      '[]',
      '16+',
      [
        f('nodeId', 'int32', '16+'),
        f('host', 'string', '16+'),
        f('port', 'int32', '16+'),
        f('rack', 'string', '16+', { nullable: '16+', default: null }),
      ],
      { tag: 0, tagged: '16+' },
    ),
  ],
});
