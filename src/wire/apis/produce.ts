// Produce (API key 0): fields, types and versions as in Apache Kafka 4.3's message definitions
// (clients/src/main/resources/common/message/ProduceRequest.json, ProduceResponse.json).
// Interpreted by ../message.ts.
import { f, s, message } from '../message.js';
import type { ErrorCode } from '../error-codes.js';
import { API } from '../api-keys.js';

export interface ProduceRequest {
  transactionalId?: string | null;
  acks?: number;
  timeoutMs?: number;
  topicData?: {
    name?: string;
    topicId?: string;
    partitionData?: { index?: number; records?: Buffer | null }[];
  }[];
}

export const produceRequest = message<ProduceRequest>({
  api: API.PRODUCE,
  name: 'ProduceRequest',
  versions: [3, 13],
  flexibleFrom: 9,
  fields: [
    f('transactionalId', 'string', '3+', { nullable: '3+', default: null }),
    f('acks', 'int16', '0+'),
    f('timeoutMs', 'int32', '0+'),
    s('topicData', '[]', '0+', [
      f('name', 'string', '0-12'),
      f('topicId', 'uuid', '13+'),
      s('partitionData', '[]', '0+', [
        f('index', 'int32', '0+'),
        f('records', 'records', '0+', { nullable: '0+' }),
      ]),
    ]),
  ],
});

export interface ProduceResponse {
  responses?: {
    name?: string;
    topicId?: string;
    partitionResponses?: {
      index?: number;
      errorCode?: ErrorCode;
      baseOffset?: bigint;
      logAppendTimeMs?: bigint;
      logStartOffset?: bigint;
      recordErrors?: { batchIndex?: number; batchIndexErrorMessage?: string | null }[];
      errorMessage?: string | null;
      currentLeader?: { leaderId?: number; leaderEpoch?: number };
    }[];
  }[];
  throttleTimeMs?: number;
  nodeEndpoints?: { nodeId?: number; host?: string; port?: number; rack?: string | null }[];
}

export const produceResponse = message<ProduceResponse>({
  api: API.PRODUCE,
  name: 'ProduceResponse',
  versions: [3, 13],
  flexibleFrom: 9,
  fields: [
    s('responses', '[]', '0+', [
      f('name', 'string', '0-12'),
      f('topicId', 'uuid', '13+'),
      s('partitionResponses', '[]', '0+', [
        f('index', 'int32', '0+'),
        f('errorCode', 'int16', '0+'),
        f('baseOffset', 'int64', '0+'),
        f('logAppendTimeMs', 'int64', '2+', { default: -1n }),
        f('logStartOffset', 'int64', '5+', { default: -1n }),
        s('recordErrors', '[]', '8+', [
          f('batchIndex', 'int32', '8+'),
          f('batchIndexErrorMessage', 'string', '8+', { nullable: '8+', default: null }),
        ]),
        f('errorMessage', 'string', '8+', { nullable: '8+', default: null }),
        s(
          'currentLeader',
          '{}',
          '10+',
          [
            f('leaderId', 'int32', '10+', { default: -1 }),
            f('leaderEpoch', 'int32', '10+', { default: -1 }),
          ],
          { tag: 0, tagged: '10+' },
        ),
      ]),
    ]),
    f('throttleTimeMs', 'int32', '1+', { default: 0 }),
    s(
      'nodeEndpoints',
      '[]',
      '10+',
      [
        f('nodeId', 'int32', '10+'),
        f('host', 'string', '10+'),
        f('port', 'int32', '10+'),
        f('rack', 'string', '10+', { nullable: '10+', default: null }),
      ],
      { tag: 0, tagged: '10+' },
    ),
  ],
});
