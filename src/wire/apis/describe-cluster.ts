// DescribeCluster (API key 60): fields, types and versions as in Apache Kafka 4.3's message
// definitions (clients/src/main/resources/common/message/DescribeClusterRequest.json,
// DescribeClusterResponse.json). Interpreted by ../message.ts.
import { f, s, message } from '../message.js';
import type { ErrorCode } from '../error-codes.js';
import { API } from '../api-keys.js';

export interface DescribeClusterRequest {
  includeClusterAuthorizedOperations?: boolean;
  endpointType?: number;
  includeFencedBrokers?: boolean;
}

export const describeClusterRequest = message<DescribeClusterRequest>({
  api: API.DESCRIBE_CLUSTER,
  name: 'DescribeClusterRequest',
  versions: [0, 2],
  flexibleFrom: 0,
  fields: [
    f('includeClusterAuthorizedOperations', 'bool', '0+'),
    f('endpointType', 'int8', '1+', { default: 1 }),
    f('includeFencedBrokers', 'bool', '2+'),
  ],
});

export interface DescribeClusterResponse {
  throttleTimeMs?: number;
  errorCode?: ErrorCode;
  errorMessage?: string | null;
  endpointType?: number;
  clusterId?: string;
  controllerId?: number;
  brokers?: {
    brokerId?: number;
    host?: string;
    port?: number;
    rack?: string | null;
    isFenced?: boolean;
  }[];
  clusterAuthorizedOperations?: number;
}

export const describeClusterResponse = message<DescribeClusterResponse>({
  api: API.DESCRIBE_CLUSTER,
  name: 'DescribeClusterResponse',
  versions: [0, 2],
  flexibleFrom: 0,
  fields: [
    f('throttleTimeMs', 'int32', '0+'),
    f('errorCode', 'int16', '0+'),
    f('errorMessage', 'string', '0+', { nullable: '0+', default: null }),
    f('endpointType', 'int8', '1+', { default: 1 }),
    f('clusterId', 'string', '0+'),
    f('controllerId', 'int32', '0+', { default: -1 }),
    s('brokers', '[]', '0+', [
      f('brokerId', 'int32', '0+'),
      f('host', 'string', '0+'),
      f('port', 'int32', '0+'),
      f('rack', 'string', '0+', { nullable: '0+', default: null }),
      f('isFenced', 'bool', '2+'),
    ]),
    f('clusterAuthorizedOperations', 'int32', '0+', { default: -2147483648 }),
  ],
});
