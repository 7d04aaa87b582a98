// AddOffsetsToTxn (API key 25): fields, types and versions as in Apache Kafka 4.3's message
// definitions (clients/src/main/resources/common/message/AddOffsetsToTxnRequest.json,
// AddOffsetsToTxnResponse.json). Interpreted by ../message.ts.
import { f, message } from '../message.js';
import type { ErrorCode } from '../error-codes.js';
import { API } from '../api-keys.js';

export interface AddOffsetsToTxnRequest {
  transactionalId?: string;
  producerId?: bigint;
  producerEpoch?: number;
  groupId?: string;
}

export const addOffsetsToTxnRequest = message<AddOffsetsToTxnRequest>({
  api: API.ADD_OFFSETS_TO_TXN,
  name: 'AddOffsetsToTxnRequest',
  versions: [0, 4],
  flexibleFrom: 3,
  fields: [
    f('transactionalId', 'string', '0+'),
    f('producerId', 'int64', '0+'),
    f('producerEpoch', 'int16', '0+'),
    f('groupId', 'string', '0+'),
  ],
});

export interface AddOffsetsToTxnResponse {
  throttleTimeMs?: number;
  errorCode?: ErrorCode;
}

export const addOffsetsToTxnResponse = message<AddOffsetsToTxnResponse>({
  api: API.ADD_OFFSETS_TO_TXN,
  name: 'AddOffsetsToTxnResponse',
  versions: [0, 4],
  flexibleFrom: 3,
  fields: [f('throttleTimeMs', 'int32', '0+'), f('errorCode', 'int16', '0+')],
});
