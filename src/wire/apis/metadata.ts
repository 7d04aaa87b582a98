// Metadata (API key 3): fields, types and versions as in Apache Kafka 4.3's message definitions
// (clients/src/main/resources/common/message/MetadataRequest.json, MetadataResponse.json).
// Interpreted by ../message.ts.
import { f, s, message } from '../message.js';
import type { ErrorCode } from '../error-codes.js';
import { API } from '../api-keys.js';

export interface MetadataRequest {
  topics?: { topicId?: string; name?: string | null }[] | null;
  allowAutoTopicCreation?: boolean;
  includeClusterAuthorizedOperations?: boolean;
  includeTopicAuthorizedOperations?: boolean;
}

export const metadataRequest = message<MetadataRequest>({
  api: API.METADATA,
  name: 'MetadataRequest',
  versions: [0, 13],
  flexibleFrom: 9,
  fields: [
    s(
      'topics',
      '[]',
      '0+',
      [f('topicId', 'uuid', '10+'), f('name', 'string', '0+', { nullable: '10+' })],
      {
        nullable: '1+',
      },
    ),
    f('allowAutoTopicCreation', 'bool', '4+', { default: true }),
    f('includeClusterAuthorizedOperations', 'bool', '8-10'),
    f('includeTopicAuthorizedOperations', 'bool', '8+'),
  ],
});

export interface MetadataResponse {
  throttleTimeMs?: number;
  brokers?: { nodeId?: number; host?: string; port?: number; rack?: string | null }[];
  clusterId?: string | null;
  controllerId?: number;
  topics?: {
    errorCode?: ErrorCode;
    name?: string | null;
    topicId?: string;
    isInternal?: boolean;
    partitions?: {
      errorCode?: ErrorCode;
      partitionIndex?: number;
      leaderId?: number;
      leaderEpoch?: number;
      replicaNodes?: number[];
      isrNodes?: number[];
      offlineReplicas?: number[];
    }[];
    topicAuthorizedOperations?: number;
  }[];
  clusterAuthorizedOperations?: number;
  errorCode?: ErrorCode;
}

export const metadataResponse = message<MetadataResponse>({
  api: API.METADATA,
  name: 'MetadataResponse',
  versions: [0, 13],
  flexibleFrom: 9,
  fields: [
    f('throttleTimeMs', 'int32', '3+'),
    s('brokers', '[]', '0+', [
      f('nodeId', 'int32', '0+'),
      f('host', 'string', '0+'),
      f('port', 'int32', '0+'),
      f('rack', 'string', '1+', { nullable: '1+', default: null }),
    ]),
    f('clusterId', 'string', '2+', { nullable: '2+', default: null }),
    f('controllerId', 'int32', '1+', { default: -1 }),
    s('topics', '[]', '0+', [
      f('errorCode', 'int16', '0+'),
      f('name', 'string', '0+', { nullable: '12+' }),
      f('topicId', 'uuid', '10+'),
      f('isInternal', 'bool', '1+', { default: false }),
      s('partitions', '[]', '0+', [
        f('errorCode', 'int16', '0+'),
        f('partitionIndex', 'int32', '0+'),
        f('leaderId', 'int32', '0+'),
        f('leaderEpoch', 'int32', '7+', { default: -1 }),
        f('replicaNodes', '[]int32', '0+'),
        f('isrNodes', '[]int32', '0+'),
        f('offlineReplicas', '[]int32', '5+'),
      ]),
      f('topicAuthorizedOperations', 'int32', '8+', { default: -2147483648 }),
    ]),
    f('clusterAuthorizedOperations', 'int32', '8-10', { default: -2147483648 }),
    f('errorCode', 'int16', '13+'),
  ],
});
