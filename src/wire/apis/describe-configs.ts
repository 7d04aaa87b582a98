// DescribeConfigs (API key 32): fields, types and versions as in Apache Kafka 4.3's message
// definitions (clients/src/main/resources/common/message/DescribeConfigsRequest.json,
// DescribeConfigsResponse.json). Interpreted by ../message.ts.
import { f, s, message } from '../message.js';
import type { ErrorCode } from '../error-codes.js';
import { API } from '../api-keys.js';

export interface DescribeConfigsRequest {
  resources?: {
    resourceType?: number;
    resourceName?: string;
    configurationKeys?: string[] | null;
  }[];
  includeSynonyms?: boolean;
  includeDocumentation?: boolean;
}

export const describeConfigsRequest = message<DescribeConfigsRequest>({
  api: API.DESCRIBE_CONFIGS,
  name: 'DescribeConfigsRequest',
  versions: [1, 4],
  flexibleFrom: 4,
  fields: [
    s('resources', '[]', '0+', [
      f('resourceType', 'int8', '0+'),
      f('resourceName', 'string', '0+'),
      f('configurationKeys', '[]string', '0+', { nullable: '0+' }),
    ]),
    f('includeSynonyms', 'bool', '1+', { default: false }),
    f('includeDocumentation', 'bool', '3+', { default: false }),
  ],
});

export interface DescribeConfigsResponse {
  throttleTimeMs?: number;
  results?: {
    errorCode?: ErrorCode;
    errorMessage?: string | null;
    resourceType?: number;
    resourceName?: string;
    configs?: {
      name?: string;
      value?: string | null;
      readOnly?: boolean;
      configSource?: number;
      isSensitive?: boolean;
      synonyms?: { name?: string; value?: string | null; source?: number }[];
      configType?: number;
      documentation?: string | null;
    }[];
  }[];
}

export const describeConfigsResponse = message<DescribeConfigsResponse>({
  api: API.DESCRIBE_CONFIGS,
  name: 'DescribeConfigsResponse',
  versions: [1, 4],
  flexibleFrom: 4,
  fields: [
    f('throttleTimeMs', 'int32', '0+'),
    s('results', '[]', '0+', [
      f('errorCode', 'int16', '0+'),
      f('errorMessage', 'string', '0+', { nullable: '0+' }),
      f('resourceType', 'int8', '0+'),
      f('resourceName', 'string', '0+'),
      s('configs', '[]', '0+', [
        f('name', 'string', '0+'),
        f('value', 'string', '0+', { nullable: '0+' }),
        f('readOnly', 'bool', '0+'),
        f('configSource', 'int8', '1+', { default: -1 }),
        f('isSensitive', 'bool', '0+'),
        s('synonyms', '[]', '1+', [
          f('name', 'string', '1+'),
          f('value', 'string', '1+', { nullable: '0+' }),
          f('source', 'int8', '1+'),
        ]),
        f('configType', 'int8', '3+', { default: 0 }),
        f('documentation', 'string', '3+', { nullable: '0+' }),
      ]),
    ]),
  ],
});
