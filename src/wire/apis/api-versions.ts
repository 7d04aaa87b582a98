// ApiVersions (API key 18): fields, types and versions as in Apache Kafka 4.4's message definitions
// (clients/src/main/resources/common/message/ApiVersionsRequest.json, ApiVersionsResponse.json).
// Interpreted by ../message.ts.
import { f, s, message } from '../message.js';
import type { ErrorCode } from '../error-codes.js';
import { API } from '../api-keys.js';

export interface ApiVersionsRequest {
  clientSoftwareName?: string;
  clientSoftwareVersion?: string;
  clusterId?: string | null;
  nodeId?: number;
}

export const apiVersionsRequest = message<ApiVersionsRequest>({
  api: API.API_VERSIONS,
  name: 'ApiVersionsRequest',
  versions: [0, 5],
  flexibleFrom: 3,
  fields: [
    f('clientSoftwareName', 'string', '3+'),
    f('clientSoftwareVersion', 'string', '3+'),
    f('clusterId', 'string', '5+', { nullable: '5+', default: null }),
    f('nodeId', 'int32', '5+', { default: -1 }),
  ],
});

export interface ApiVersionsResponse {
  errorCode?: ErrorCode;
  apiKeys?: { apiKey?: number; minVersion?: number; maxVersion?: number }[];
  throttleTimeMs?: number;
  supportedFeatures?: { name?: string; minVersion?: number; maxVersion?: number }[];
  finalizedFeaturesEpoch?: bigint;
  finalizedFeatures?: { name?: string; maxVersionLevel?: number; minVersionLevel?: number }[];
  zkMigrationReady?: boolean;
}

export const apiVersionsResponse = message<ApiVersionsResponse>({
  api: API.API_VERSIONS,
  name: 'ApiVersionsResponse',
  versions: [0, 5],
  flexibleFrom: 3,
  fields: [
    f('errorCode', 'int16', '0+'),
    s('apiKeys', '[]', '0+', [
      f('apiKey', 'int16', '0+'),
      f('minVersion', 'int16', '0+'),
      f('maxVersion', 'int16', '0+'),
    ]),
    f('throttleTimeMs', 'int32', '1+'),
    s(
      'supportedFeatures',
      '[]',
      '3+',
      [f('name', 'string', '3+'), f('minVersion', 'int16', '3+'), f('maxVersion', 'int16', '3+')],
      { tag: 0, tagged: '3+' },
    ),
    f('finalizedFeaturesEpoch', 'int64', '3+', { tag: 1, tagged: '3+', default: -1n }),
    s(
      'finalizedFeatures',
      '[]',
      '3+',
      [
        f('name', 'string', '3+'),
        f('maxVersionLevel', 'int16', '3+'),
        f('minVersionLevel', 'int16', '3+'),
      ],
      { tag: 2, tagged: '3+' },
    ),
    f('zkMigrationReady', 'bool', '3+', { tag: 3, tagged: '3+', default: false }),
  ],
});
