// AddPartitionsToTxn (API key 24): fields, types and versions as in Apache Kafka 4.3's message
// definitions (clients/src/main/resources/common/message/AddPartitionsToTxnRequest.json,
// AddPartitionsToTxnResponse.json). Interpreted by ../message.ts.
import { f, s, message } from '../message.js';
import type { ErrorCode } from '../error-codes.js';
import { API } from '../api-keys.js';

export interface AddPartitionsToTxnRequest {
  v3AndBelowTransactionalId?: string;
  v3AndBelowProducerId?: bigint;
  v3AndBelowProducerEpoch?: number;
  v3AndBelowTopics?: { name?: string; partitions?: number[] }[];
}

export const addPartitionsToTxnRequest = message<AddPartitionsToTxnRequest>({
  api: API.ADD_PARTITIONS_TO_TXN,
  name: 'AddPartitionsToTxnRequest',
  versions: [0, 3],
  flexibleFrom: 3,
  fields: [
    f('v3AndBelowTransactionalId', 'string', '0-3'),
    f('v3AndBelowProducerId', 'int64', '0-3'),
    f('v3AndBelowProducerEpoch', 'int16', '0-3'),
    s('v3AndBelowTopics', '[]', '0-3', [
      f('name', 'string', '0+'),
      f('partitions', '[]int32', '0+'),
    ]),
  ],
});

export interface AddPartitionsToTxnResponse {
  throttleTimeMs?: number;
  resultsByTopicV3AndBelow?: {
    name?: string;
    resultsByPartition?: { partitionIndex?: number; partitionErrorCode?: ErrorCode }[];
  }[];
}

export const addPartitionsToTxnResponse = message<AddPartitionsToTxnResponse>({
  api: API.ADD_PARTITIONS_TO_TXN,
  name: 'AddPartitionsToTxnResponse',
  versions: [0, 3],
  flexibleFrom: 3,
  fields: [
    f('throttleTimeMs', 'int32', '0+'),
    s('resultsByTopicV3AndBelow', '[]', '0-3', [
      f('name', 'string', '0+'),
      s('resultsByPartition', '[]', '0+', [
        f('partitionIndex', 'int32', '0+'),
        f('partitionErrorCode', 'int16', '0+'),
      ]),
    ]),
  ],
});
