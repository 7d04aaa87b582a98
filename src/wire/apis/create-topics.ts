// CreateTopics (API key 19): fields, types and versions as in Apache Kafka 4.3's message
// definitions (clients/src/main/resources/common/message/CreateTopicsRequest.json,
// CreateTopicsResponse.json). Interpreted by ../message.ts.
import { f, s, message } from '../message.js';
import type { ErrorCode } from '../error-codes.js';
import { API } from '../api-keys.js';

export interface CreateTopicsRequest {
  topics?: {
    name?: string;
    numPartitions?: number;
    replicationFactor?: number;
    assignments?: { partitionIndex?: number; brokerIds?: number[] }[];
    configs?: { name?: string; value?: string | null }[];
  }[];
  timeoutMs?: number;
  validateOnly?: boolean;
}

export const createTopicsRequest = message<CreateTopicsRequest>({
  api: API.CREATE_TOPICS,
  name: 'CreateTopicsRequest',
  versions: [2, 7],
  flexibleFrom: 5,
  fields: [
    s('topics', '[]', '0+', [
      f('name', 'string', '0+'),
      f('numPartitions', 'int32', '0+'),
      f('replicationFactor', 'int16', '0+'),
      s('assignments', '[]', '0+', [
        f('partitionIndex', 'int32', '0+'),
        f('brokerIds', '[]int32', '0+'),
      ]),
      s('configs', '[]', '0+', [
        f('name', 'string', '0+'),
        f('value', 'string', '0+', { nullable: '0+' }),
      ]),
    ]),
    f('timeoutMs', 'int32', '0+', { default: 60000 }),
    f('validateOnly', 'bool', '1+', { default: false }),
  ],
});

export interface CreateTopicsResponse {
  throttleTimeMs?: number;
  topics?: {
    name?: string;
    topicId?: string;
    errorCode?: ErrorCode;
    errorMessage?: string | null;
    topicConfigErrorCode?: ErrorCode;
    numPartitions?: number;
    replicationFactor?: number;
    configs?:
      | {
          name?: string;
          value?: string | null;
          readOnly?: boolean;
          configSource?: number;
          isSensitive?: boolean;
        }[]
      | null;
  }[];
}

export const createTopicsResponse = message<CreateTopicsResponse>({
  api: API.CREATE_TOPICS,
  name: 'CreateTopicsResponse',
  versions: [2, 7],
  flexibleFrom: 5,
  fields: [
    f('throttleTimeMs', 'int32', '2+'),
    s('topics', '[]', '0+', [
      f('name', 'string', '0+'),
      f('topicId', 'uuid', '7+'),
      f('errorCode', 'int16', '0+'),
      f('errorMessage', 'string', '1+', { nullable: '0+' }),
      f('topicConfigErrorCode', 'int16', '5+', { tag: 0, tagged: '5+' }),
      f('numPartitions', 'int32', '5+', { default: -1 }),
      f('replicationFactor', 'int16', '5+', { default: -1 }),
      s(
        'configs',
        '[]',
        '5+',
        [
          f('name', 'string', '5+'),
          f('value', 'string', '5+', { nullable: '5+' }),
          f('readOnly', 'bool', '5+'),
          f('configSource', 'int8', '5+', { default: -1 }),
          f('isSensitive', 'bool', '5+'),
        ],
        { nullable: '5+' },
      ),
    ]),
  ],
});
