// ElectLeaders (API key 43): fields, types and versions as in Apache Kafka 4.3's message
// definitions (clients/src/main/resources/common/message/ElectLeadersRequest.json,
// ElectLeadersResponse.json). Interpreted by ../message.ts.
import { API } from '../api-keys.js';
import { f, s, message } from '../message.js';

/** Of `electionType`: the first replica leads again. */
export const PREFERRED = 0;

export interface ElectLeadersRequest {
  electionType?: number;
  /** Null: all there are. */
  topicPartitions?: { topic?: string; partitions?: number[] }[] | null;
  timeoutMs?: number;
}

export const electLeadersRequest = message<ElectLeadersRequest>({
  api: API.ELECT_LEADERS,
  name: 'ElectLeadersRequest',
  versions: [0, 2],
  flexibleFrom: 2,
  fields: [
    f('electionType', 'int8', '1+'),
    s(
      'topicPartitions',
      '[]',
      '0+',
      [f('topic', 'string', '0+'), f('partitions', '[]int32', '0+')],
      { nullable: '0+' },
    ),
    f('timeoutMs', 'int32', '0+', { default: 60_000 }),
  ],
});

export interface ElectLeadersResponse {
  throttleTimeMs?: number;
  errorCode?: number;
  replicaElectionResults?: {
    topic?: string;
    partitionResult?: { partitionId?: number; errorCode?: number; errorMessage?: string | null }[];
  }[];
}

export const electLeadersResponse = message<ElectLeadersResponse>({
  api: API.ELECT_LEADERS,
  name: 'ElectLeadersResponse',
  versions: [0, 2],
  flexibleFrom: 2,
  fields: [
    f('throttleTimeMs', 'int32', '0+'),
    f('errorCode', 'int16', '1+'),
    s('replicaElectionResults', '[]', '0+', [
      f('topic', 'string', '0+'),
      s('partitionResult', '[]', '0+', [
        f('partitionId', 'int32', '0+'),
        f('errorCode', 'int16', '0+'),
        f('errorMessage', 'string', '0+', { nullable: '0+' }),
      ]),
    ]),
  ],
});
