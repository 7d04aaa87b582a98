// DescribeConfigs (32): what admin clients and consoles ask before they do anything. Called through
// api-table.ts.
import {
  describeConfigsRequest,
  describeConfigsResponse,
  type DescribeConfigsResponse,
} from '../../../wire/apis/all.js';
import { api } from './api.js';
import type { Cluster } from '../cluster.js';
import { ERROR, type ErrorCode } from '../../../wire/error-codes.js';

const TOPIC = 2;
const BROKER = 4;
const TOPIC_CONFIG = 1;
const STATIC_BROKER_CONFIG = 4;
const DEFAULT_CONFIG = 5;
const BOOLEAN = 1;
const INT = 3;

type Described = NonNullable<DescribeConfigsResponse['results']>[number];
type Config = NonNullable<Described['configs']>[number];

export const describeConfigs = api(
  describeConfigsRequest,
  describeConfigsResponse,
  [1, 4],
  (request, call) => {
    const results = request.resources.map(
      ({ resourceType, resourceName, configurationKeys }): Described => {
        const found = describe(call.cluster, resourceType, resourceName);
        if ('errorCode' in found) return { resourceType, resourceName, configs: [], ...found };
        const keys = configurationKeys;
        const wanted = keys === null || keys.length === 0 ? null : new Set(keys);
        const configs = found.filter(({ name }) => wanted === null || wanted.has(name!));
        return { resourceType, resourceName, errorMessage: null, configs };
      },
    );
    call.answer({ results });
  },
);

function describe(
  cluster: Cluster,
  type: number,
  name: string,
): Config[] | { errorCode: ErrorCode; errorMessage: string } {
  switch (type) {
    case TOPIC: {
      const topic = cluster.topics.named(name);
      if (topic === undefined)
        return { errorCode: ERROR.UNKNOWN_TOPIC_OR_PARTITION, errorMessage: `no topic ${name}` };
      return topic.configs
        .entries()
        .map((entry) =>
          config(
            entry.name,
            entry.value,
            entry.type,
            entry.isDefault ? DEFAULT_CONFIG : TOPIC_CONFIG,
          ),
        );
    }
    case BROKER: {
      if (name !== '' && !cluster.isAlive(Number(name))) {
        return { errorCode: ERROR.INVALID_REQUEST, errorMessage: `no broker ${name}` };
      }
      return [
        config(
          'auto.create.topics.enable',
          String(cluster.options.autoCreateTopics),
          BOOLEAN,
          STATIC_BROKER_CONFIG,
        ),
        config('default.replication.factor', '1', INT, DEFAULT_CONFIG),
        config('message.max.bytes', '1048588', INT, DEFAULT_CONFIG),
        config('min.insync.replicas', '1', INT, DEFAULT_CONFIG),
        config('num.partitions', '1', INT, DEFAULT_CONFIG),
      ];
    }
    default:
      return {
        errorCode: ERROR.INVALID_REQUEST,
        errorMessage: `the embedded cluster describes topics and brokers only`,
      };
  }
}

const config = (name: string, value: string, configType: number, configSource: number): Config => ({
  name,
  value,
  readOnly: configSource !== TOPIC_CONFIG,
  configSource,
  isSensitive: false,
  synonyms: [],
  configType,
  documentation: null,
});
