// Java's settings in, one typed ProducerConfig out: every default filled in, every rule of Java's checked. Called once a producer by
// core-producer.ts, and by sweep's `validate` through producerConfigProblems (config-rules.ts). Never called while records flow.
import type { SettingValue } from './config-setting.js';
import { INT_MAX, PRODUCER_SETTINGS } from './config-table.js';
import { effectiveIdempotence, producerConfigProblems, readAddresses, readSetting } from './config-rules.js';
import { ConfigError } from './errors.js';

export type { ProducerSetting, SettingType, SettingValue } from './config-setting.js';
export { PRODUCER_SETTINGS } from './config-table.js';
export { effectiveIdempotence, producerConfigProblems, type ConfigProblem } from './config-rules.js';

/** Everything that the core needs to know, under camel-cased Java names. Sizes in bytes, times in milliseconds. */
export interface ProducerConfig {
  /** `host:port`, IPv6 in brackets; at least one. */
  readonly bootstrapServers: readonly string[];
  readonly clientId: string;
  /** -1 is `all`. */
  readonly acks: 0 | 1 | -1;
  /** At least 1: Java takes batch.size 0 as 1, that is one record a batch. */
  readonly batchSize: number;
  readonly lingerMs: number;
  readonly bufferMemory: number;
  readonly maxRequestSize: number;
  readonly maxBlockMs: number;
  /** At least lingerMs + requestTimeoutMs. */
  readonly deliveryTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly retries: number;
  /** Not above retryBackoffMaxMs. */
  readonly retryBackoffMs: number;
  readonly retryBackoffMaxMs: number;
  /** Not above reconnectBackoffMaxMs. */
  readonly reconnectBackoffMs: number;
  readonly reconnectBackoffMaxMs: number;
  /** Not above socketConnectionSetupTimeoutMaxMs. */
  readonly socketConnectionSetupTimeoutMs: number;
  readonly socketConnectionSetupTimeoutMaxMs: number;
  /** -1: idle connections are never closed. */
  readonly connectionsMaxIdleMs: number;
  readonly metadataMaxAgeMs: number;
  readonly metadataMaxIdleMs: number;
  readonly maxInFlightRequestsPerConnection: number;
  /** False in this version whatever Java would do: see enable.idempotence in config-table.ts. */
  readonly enableIdempotence: boolean;
  readonly compressionType: 'none';
  readonly partitionerAdaptivePartitioningEnable: boolean;
  readonly partitionerAvailabilityTimeoutMs: number;
  readonly partitionerIgnoreKeys: boolean;
}

const ACKS: Readonly<Record<string, ProducerConfig['acks']>> = { '0': 0, '1': 1, '-1': -1, all: -1 };

/**
 * The configuration of one producer from settings under Java's names; what is left out has Java's default (but enable.idempotence,
 * which is off in this version). Numbers and booleans may also come as text, as in a properties file.
 * Throws ConfigError, which names setting and remedy, for the first thing wrong.
 */
export function resolveProducerConfig(values: Readonly<Record<string, SettingValue>>): ProducerConfig {
  const [problem] = producerConfigProblems(values);
  if (problem !== undefined) throw new ConfigError(problem.setting, `${problem.message}; ${problem.remedy}`);
  const addresses = readAddresses(text('bootstrap.servers'));
  if (addresses.length === 0) {
    throw new ConfigError('bootstrap.servers', "bootstrap.servers is missing; give at least one broker's host:port");
  }

  function value(name: string): SettingValue {
    const setting = PRODUCER_SETTINGS.get(name)!;
    const given = Object.hasOwn(values, name) ? values[name] : undefined;
    if (given === undefined) return setting.default ?? '';
    return readSetting(setting, given) as SettingValue;
  }
  function number(name: string): number {
    return value(name) as number;
  }
  function text(name: string): string {
    return value(name) as string;
  }
  function flag(name: string): boolean {
    return value(name) as boolean;
  }

  const lingerMs = Math.min(number('linger.ms'), INT_MAX);
  const requestTimeoutMs = number('request.timeout.ms');
  const retryBackoffMaxMs = number('retry.backoff.max.ms');
  const setupTimeoutMaxMs = number('socket.connection.setup.timeout.max.ms');
  // Java: reconnect.backoff.ms alone means a fixed backoff (CommonClientConfigs.postProcessReconnectBackoffConfigs).
  const fixedReconnect = isSet(values, 'reconnect.backoff.ms') && !isSet(values, 'reconnect.backoff.max.ms');
  const reconnectBackoffMaxMs = number(fixedReconnect ? 'reconnect.backoff.ms' : 'reconnect.backoff.max.ms');
  return {
    bootstrapServers: addresses,
    clientId: text('client.id'),
    acks: ACKS[text('acks')] ?? -1,
    batchSize: Math.max(1, number('batch.size')),
    lingerMs,
    bufferMemory: number('buffer.memory'),
    maxRequestSize: number('max.request.size'),
    maxBlockMs: number('max.block.ms'),
    // An explicit value that is too small was refused above; the default is raised (KafkaProducer.configureDeliveryTimeout).
    deliveryTimeoutMs: Math.max(number('delivery.timeout.ms'), Math.min(lingerMs + requestTimeoutMs, INT_MAX)),
    requestTimeoutMs,
    retries: number('retries'),
    // A first wait above the longest is that longest one (ExponentialBackoff).
    retryBackoffMs: Math.min(number('retry.backoff.ms'), retryBackoffMaxMs),
    retryBackoffMaxMs,
    reconnectBackoffMs: Math.min(number('reconnect.backoff.ms'), reconnectBackoffMaxMs),
    reconnectBackoffMaxMs,
    socketConnectionSetupTimeoutMs: Math.min(number('socket.connection.setup.timeout.ms'), setupTimeoutMaxMs),
    socketConnectionSetupTimeoutMaxMs: setupTimeoutMaxMs,
    connectionsMaxIdleMs: number('connections.max.idle.ms'),
    metadataMaxAgeMs: number('metadata.max.age.ms'),
    metadataMaxIdleMs: number('metadata.max.idle.ms'),
    maxInFlightRequestsPerConnection: number('max.in.flight.requests.per.connection'),
    enableIdempotence: PRODUCER_SETTINGS.get('enable.idempotence')!.implemented && effectiveIdempotence(values),
    compressionType: 'none',
    partitionerAdaptivePartitioningEnable: flag('partitioner.adaptive.partitioning.enable'),
    partitionerAvailabilityTimeoutMs: number('partitioner.availability.timeout.ms'),
    partitionerIgnoreKeys: flag('partitioner.ignore.keys'),
  };
}

function isSet(values: Readonly<Record<string, SettingValue>>, name: string): boolean {
  return Object.hasOwn(values, name);
}
