// DescribeQuorum (API key 55), version 0: fields and types as in Apache Kafka 4.3's message
// definitions (clients/src/main/resources/common/message/DescribeQuorumRequest.json,
// DescribeQuorumResponse.json). Who is the controller of a cluster in KRaft: its brokers name
// anyone in Metadata. Interpreted by ../message.ts.
import { API } from '../api-keys.js';
import { f, s, message } from '../message.js';

export interface DescribeQuorumRequest {
  topics?: { topicName?: string; partitions?: { partitionIndex?: number }[] }[];
}

export const describeQuorumRequest = message<DescribeQuorumRequest>({
  api: API.DESCRIBE_QUORUM,
  name: 'DescribeQuorumRequest',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: [
    s('topics', '[]', '0+', [
      f('topicName', 'string', '0+'),
      s('partitions', '[]', '0+', [f('partitionIndex', 'int32', '0+')]),
    ]),
  ],
});

interface ReplicaState {
  replicaId?: number;
  logEndOffset?: bigint;
}

export interface DescribeQuorumResponse {
  errorCode?: number;
  topics?: {
    topicName?: string;
    partitions?: {
      partitionIndex?: number;
      errorCode?: number;
      leaderId?: number;
      leaderEpoch?: number;
      highWatermark?: bigint;
      currentVoters?: ReplicaState[];
      observers?: ReplicaState[];
    }[];
  }[];
}

const replicaState = [f('replicaId', 'int32', '0+'), f('logEndOffset', 'int64', '0+')];

export const describeQuorumResponse = message<DescribeQuorumResponse>({
  api: API.DESCRIBE_QUORUM,
  name: 'DescribeQuorumResponse',
  versions: [0, 0],
  flexibleFrom: 0,
  fields: [
    f('errorCode', 'int16', '0+'),
    s('topics', '[]', '0+', [
      f('topicName', 'string', '0+'),
      s('partitions', '[]', '0+', [
        f('partitionIndex', 'int32', '0+'),
        f('errorCode', 'int16', '0+'),
        f('leaderId', 'int32', '0+'),
        f('leaderEpoch', 'int32', '0+'),
        f('highWatermark', 'int64', '0+'),
        s('currentVoters', '[]', '0+', replicaState),
        s('observers', '[]', '0+', replicaState),
      ]),
    ]),
  ],
});
