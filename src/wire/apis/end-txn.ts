// EndTxn (API key 26): fields, types and versions as in Apache Kafka 4.3's message definitions
// (clients/src/main/resources/common/message/EndTxnRequest.json, EndTxnResponse.json). Interpreted
// by ../message.ts.
import { f, message } from '../message.js';
import type { ErrorCode } from '../error-codes.js';
import { API } from '../api-keys.js';

export interface EndTxnRequest {
  transactionalId?: string;
  producerId?: bigint;
  producerEpoch?: number;
  committed?: boolean;
}

export const endTxnRequest = message<EndTxnRequest>({
  api: API.END_TXN,
  name: 'EndTxnRequest',
  versions: [0, 5],
  flexibleFrom: 3,
  fields: [
    f('transactionalId', 'string', '0+'),
    f('producerId', 'int64', '0+'),
    f('producerEpoch', 'int16', '0+'),
    f('committed', 'bool', '0+'),
  ],
});

export interface EndTxnResponse {
  throttleTimeMs?: number;
  errorCode?: ErrorCode;
  producerId?: bigint;
  producerEpoch?: number;
}

export const endTxnResponse = message<EndTxnResponse>({
  api: API.END_TXN,
  name: 'EndTxnResponse',
  versions: [0, 5],
  flexibleFrom: 3,
  fields: [
    f('throttleTimeMs', 'int32', '0+'),
    f('errorCode', 'int16', '0+'),
    f('producerId', 'int64', '5+', { default: -1n }),
    f('producerEpoch', 'int16', '5+', { default: -1 }),
  ],
});
