// InitProducerId (API key 22): fields, types and versions as in Apache Kafka 4.3's message
// definitions (clients/src/main/resources/common/message/InitProducerIdRequest.json,
// InitProducerIdResponse.json). Interpreted by ../message.ts.
import { f, message } from '../message.js';
import type { ErrorCode } from '../error-codes.js';
import { API } from '../api-keys.js';

export interface InitProducerIdRequest {
  transactionalId?: string | null;
  transactionTimeoutMs?: number;
  producerId?: bigint;
  producerEpoch?: number;
  enable2Pc?: boolean;
  keepPreparedTxn?: boolean;
}

export const initProducerIdRequest = message<InitProducerIdRequest>({
  api: API.INIT_PRODUCER_ID,
  name: 'InitProducerIdRequest',
  versions: [0, 6],
  flexibleFrom: 2,
  fields: [
    f('transactionalId', 'string', '0+', { nullable: '0+' }),
    f('transactionTimeoutMs', 'int32', '0+'),
    f('producerId', 'int64', '3+', { default: -1n }),
    f('producerEpoch', 'int16', '3+', { default: -1 }),
    f('enable2Pc', 'bool', '6+', { default: false }),
    f('keepPreparedTxn', 'bool', '6+', { default: false }),
  ],
});

export interface InitProducerIdResponse {
  throttleTimeMs?: number;
  errorCode?: ErrorCode;
  producerId?: bigint;
  producerEpoch?: number;
  ongoingTxnProducerId?: bigint;
  ongoingTxnProducerEpoch?: number;
}

export const initProducerIdResponse = message<InitProducerIdResponse>({
  api: API.INIT_PRODUCER_ID,
  name: 'InitProducerIdResponse',
  versions: [0, 6],
  flexibleFrom: 2,
  fields: [
    f('throttleTimeMs', 'int32', '0+'),
    f('errorCode', 'int16', '0+'),
    f('producerId', 'int64', '0+', { default: -1n }),
    f('producerEpoch', 'int16', '0+'),
    f('ongoingTxnProducerId', 'int64', '6+', { default: -1n }),
    f('ongoingTxnProducerEpoch', 'int16', '6+', { default: -1 }),
  ],
});
