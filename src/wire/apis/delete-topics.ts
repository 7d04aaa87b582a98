// DeleteTopics (API key 20): fields, types and versions as in Apache Kafka 4.3's message
// definitions (clients/src/main/resources/common/message/DeleteTopicsRequest.json,
// DeleteTopicsResponse.json). Interpreted by ../message.ts.
import { f, s, message } from '../message.js';
import type { ErrorCode } from '../error-codes.js';
import { API } from '../api-keys.js';

export interface DeleteTopicsRequest {
  topics?: { name?: string | null; topicId?: string }[];
  topicNames?: string[];
  timeoutMs?: number;
}

export const deleteTopicsRequest = message<DeleteTopicsRequest>({
  api: API.DELETE_TOPICS,
  name: 'DeleteTopicsRequest',
  versions: [1, 6],
  flexibleFrom: 4,
  fields: [
    s('topics', '[]', '6+', [
      f('name', 'string', '6+', { nullable: '6+', default: null }),
      f('topicId', 'uuid', '6+'),
    ]),
    f('topicNames', '[]string', '0-5'),
    f('timeoutMs', 'int32', '0+'),
  ],
});

export interface DeleteTopicsResponse {
  throttleTimeMs?: number;
  responses?: {
    name?: string | null;
    topicId?: string;
    errorCode?: ErrorCode;
    errorMessage?: string | null;
  }[];
}

export const deleteTopicsResponse = message<DeleteTopicsResponse>({
  api: API.DELETE_TOPICS,
  name: 'DeleteTopicsResponse',
  versions: [1, 6],
  flexibleFrom: 4,
  fields: [
    f('throttleTimeMs', 'int32', '1+'),
    s('responses', '[]', '0+', [
      f('name', 'string', '0+', { nullable: '6+' }),
      f('topicId', 'uuid', '6+'),
      f('errorCode', 'int16', '0+'),
      f('errorMessage', 'string', '5+', { nullable: '5+', default: null }),
    ]),
  ],
});
