// FindCoordinator (API key 10): fields, types and versions as in Apache Kafka 4.3's message
// definitions (clients/src/main/resources/common/message/FindCoordinatorRequest.json,
// FindCoordinatorResponse.json). Interpreted by ../message.ts.
import { f, s, message } from '../message.js';
import type { ErrorCode } from '../error-codes.js';
import { API } from '../api-keys.js';

export interface FindCoordinatorRequest {
  key?: string;
  keyType?: number;
  coordinatorKeys?: string[];
}

export const findCoordinatorRequest = message<FindCoordinatorRequest>({
  api: API.FIND_COORDINATOR,
  name: 'FindCoordinatorRequest',
  versions: [0, 6],
  flexibleFrom: 3,
  fields: [
    f('key', 'string', '0-3'),
    f('keyType', 'int8', '1+', { default: 0 }),
    f('coordinatorKeys', '[]string', '4+'),
  ],
});

export interface FindCoordinatorResponse {
  throttleTimeMs?: number;
  errorCode?: ErrorCode;
  errorMessage?: string | null;
  nodeId?: number;
  host?: string;
  port?: number;
  coordinators?: {
    key?: string;
    nodeId?: number;
    host?: string;
    port?: number;
    errorCode?: ErrorCode;
    errorMessage?: string | null;
  }[];
}

export const findCoordinatorResponse = message<FindCoordinatorResponse>({
  api: API.FIND_COORDINATOR,
  name: 'FindCoordinatorResponse',
  versions: [0, 6],
  flexibleFrom: 3,
  fields: [
    f('throttleTimeMs', 'int32', '1+'),
    f('errorCode', 'int16', '0-3'),
    f('errorMessage', 'string', '1-3', { nullable: '1-3' }),
    f('nodeId', 'int32', '0-3'),
    f('host', 'string', '0-3'),
    f('port', 'int32', '0-3'),
    s('coordinators', '[]', '4+', [
      f('key', 'string', '4+'),
      f('nodeId', 'int32', '4+'),
      f('host', 'string', '4+'),
      f('port', 'int32', '4+'),
      f('errorCode', 'int16', '4+'),
      f('errorMessage', 'string', '4+', { nullable: '4+' }),
    ]),
  ],
});
