// Java's settings in, one typed ProducerConfig out: every default filled in, every rule of Java's
// checked. Called once a producer by core-producer.ts, and by sweep's `validate` through
// producerConfigProblems (config-rules.ts). Never called while records flow.
import type { CodecLevels, CodecName } from '../codecs/codec.js';
import { INT_MAX, PRODUCER_SETTINGS } from './config-table.js';
import {
  effectiveIdempotence,
  producerConfigProblems,
  readAddresses,
  readSetting,
} from './config-rules.js';
import { ConfigError } from '../errors.js';
import {
  type ProducerSettingValues,
  type SecurityConfig,
  securityConfigOf,
  type SettingValue,
} from '../../connect/security/index.js';
import { takeSettings, type ProducerSettings } from './producer-settings.js';
import { interceptorNames } from './module-names.js';

export type { ProducerSetting, SettingType, SettingValue } from '../../connect/security/index.js';
export { PRODUCER_SETTINGS } from './config-table.js';
export {
  effectiveIdempotence,
  producerConfigProblems,
  type ConfigProblem,
} from './config-rules.js';

/**
 * Everything that the core needs to know, under camel-cased Java names. Sizes in bytes, times in
 * milliseconds.
 */
export interface ProducerConfig {
  /** `host:port`, IPv6 in brackets; at least one. */
  readonly bootstrapServers: readonly string[];
  /** 0: names are looked up once. */
  readonly bootstrapResolveTimeoutMs: number;
  readonly clientId: string;
  readonly clientRack: string;
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
  readonly metadataRecoveryStrategy: 'rebootstrap' | 'none';
  readonly metadataRecoveryRebootstrapTriggerMs: number;
  readonly metadataClusterCheckEnable: boolean;
  readonly clientDnsLookup: 'use_all_dns_ips' | 'resolve_canonical_bootstrap_servers_only';
  readonly maxInFlightRequestsPerConnection: number;
  /** As Java works it out: switched off in silence by acks other than all and by retries 0. */
  readonly enableIdempotence: boolean;
  /** Null: no transactions. */
  readonly transactionalId: string | null;
  readonly transactionTimeoutMs: number;
  readonly compressionType: 'none' | CodecName;
  readonly compressionLevels: CodecLevels;
  readonly partitionerAdaptivePartitioningEnable: boolean;
  readonly partitionerAvailabilityTimeoutMs: number;
  readonly partitionerIgnoreKeys: boolean;
  readonly partitionerRackAware: boolean;
  readonly security: SecurityConfig;
  /** A built-in name or a module's path; null: none. See user-code/module-names.ts. */
  readonly keySerializer: string | null;
  readonly valueSerializer: string | null;
  readonly partitionerClass: string | null;
  /** Paths of modules. */
  readonly interceptorClasses: readonly string[];
}

const ACKS: Readonly<Record<string, ProducerConfig['acks']>> = {
  '0': 0,
  '1': 1,
  '-1': -1,
  all: -1,
};

/**
 * The configuration of one producer from settings under Java's names; what is left out has Java's
 * default. Numbers and booleans may also come as text, as in a properties file. Throws ConfigError,
 * which names setting and remedy, for the first thing wrong.
 */
export function resolveProducerConfig(
  settings: ProducerSettings | ProducerSettingValues,
): ProducerConfig {
  const values = takeSettings(settings);
  const [problem] = producerConfigProblems(values);
  if (problem !== undefined)
    throw new ConfigError(problem.setting, `${problem.message}; ${problem.remedy}`);
  const read = readerOf(values);
  const { number, text, named, flag } = read;
  const addresses = readAddresses(text('bootstrap.servers'));
  if (addresses.length === 0) {
    throw new ConfigError(
      'bootstrap.servers',
      "bootstrap.servers is missing; give at least one broker's host:port",
    );
  }
  return {
    bootstrapServers: addresses,
    bootstrapResolveTimeoutMs: number('bootstrap.resolve.timeout.ms'),
    clientId: text('client.id'),
    clientRack: text('client.rack'),
    acks: ACKS[text('acks')] ?? -1,
    batchSize: Math.max(1, number('batch.size')),
    bufferMemory: number('buffer.memory'),
    maxRequestSize: number('max.request.size'),
    maxBlockMs: number('max.block.ms'),
    ...timeLimitsOf(read),
    retries: number('retries'),
    ...waitsOf(values, read),
    connectionsMaxIdleMs: number('connections.max.idle.ms'),
    metadataMaxAgeMs: number('metadata.max.age.ms'),
    metadataMaxIdleMs: number('metadata.max.idle.ms'),
    metadataRecoveryStrategy:
      text('metadata.recovery.strategy') === 'none' ? 'none' : 'rebootstrap',
    metadataRecoveryRebootstrapTriggerMs: number('metadata.recovery.rebootstrap.trigger.ms'),
    metadataClusterCheckEnable: flag('metadata.cluster.check.enable'),
    clientDnsLookup:
      text('client.dns.lookup') === 'use_all_dns_ips'
        ? 'use_all_dns_ips'
        : 'resolve_canonical_bootstrap_servers_only',
    maxInFlightRequestsPerConnection: number('max.in.flight.requests.per.connection'),
    enableIdempotence: effectiveIdempotence(values),
    transactionalId: isSet(values, 'transactional.id') ? text('transactional.id') : null,
    transactionTimeoutMs: number('transaction.timeout.ms'),
    compressionType: text('compression.type') as 'none' | CodecName,
    compressionLevels: {
      gzip: number('compression.gzip.level'),
      lz4: number('compression.lz4.level'),
      zstd: number('compression.zstd.level'),
    },
    partitionerAdaptivePartitioningEnable: flag('partitioner.adaptive.partitioning.enable'),
    partitionerAvailabilityTimeoutMs: number('partitioner.availability.timeout.ms'),
    partitionerIgnoreKeys: flag('partitioner.ignore.keys'),
    partitionerRackAware: flag('partitioner.rack.aware'),
    security: securityConfigOf(values),
    keySerializer: named('key.serializer'),
    valueSerializer: named('value.serializer'),
    partitionerClass: named('partitioner.class'),
    interceptorClasses: interceptorNames(text('interceptor.classes')),
  };
}

/** Settings by their names, as given or by Java's default. */
interface Reader {
  readonly number: (name: string) => number;
  readonly text: (name: string) => string;
  /** Empty is as good as left out. */
  readonly named: (name: string) => string | null;
  readonly flag: (name: string) => boolean;
}

function readerOf(values: ProducerSettingValues): Reader {
  const value = (name: string): SettingValue => {
    const setting = PRODUCER_SETTINGS.get(name)!;
    const given = Object.hasOwn(values, name) ? values[name] : undefined;
    if (given === undefined) return setting.default ?? '';
    return readSetting(setting, given) as SettingValue;
  };
  const text = (name: string) => value(name) as string;
  return {
    number: (name) => value(name) as number,
    text,
    named: (name) => text(name).trim() || null,
    flag: (name) => value(name) as boolean,
  };
}

function timeLimitsOf({
  number,
}: Reader): Pick<ProducerConfig, 'lingerMs' | 'deliveryTimeoutMs' | 'requestTimeoutMs'> {
  const lingerMs = Math.min(number('linger.ms'), INT_MAX);
  const requestTimeoutMs = number('request.timeout.ms');
  return {
    lingerMs,
    // An explicit value that is too small was refused before; the default is raised
    // (KafkaProducer.configureDeliveryTimeout).
    deliveryTimeoutMs: Math.max(
      number('delivery.timeout.ms'),
      Math.min(lingerMs + requestTimeoutMs, INT_MAX),
    ),
    requestTimeoutMs,
  };
}

/** A first wait above the longest is that longest one (ExponentialBackoff). */
function waitsOf(
  values: ProducerSettingValues,
  { number }: Reader,
): Pick<
  ProducerConfig,
  | 'retryBackoffMs'
  | 'retryBackoffMaxMs'
  | 'reconnectBackoffMs'
  | 'reconnectBackoffMaxMs'
  | 'socketConnectionSetupTimeoutMs'
  | 'socketConnectionSetupTimeoutMaxMs'
> {
  const retryMax = number('retry.backoff.max.ms');
  const setupMax = number('socket.connection.setup.timeout.max.ms');
  // Java: reconnect.backoff.ms alone means a fixed backoff
  // (CommonClientConfigs.postProcessReconnectBackoffConfigs).
  const fixedReconnect =
    isSet(values, 'reconnect.backoff.ms') && !isSet(values, 'reconnect.backoff.max.ms');
  const reconnectMax = number(fixedReconnect ? 'reconnect.backoff.ms' : 'reconnect.backoff.max.ms');
  return {
    retryBackoffMs: Math.min(number('retry.backoff.ms'), retryMax),
    retryBackoffMaxMs: retryMax,
    reconnectBackoffMs: Math.min(number('reconnect.backoff.ms'), reconnectMax),
    reconnectBackoffMaxMs: reconnectMax,
    socketConnectionSetupTimeoutMs: Math.min(
      number('socket.connection.setup.timeout.ms'),
      setupMax,
    ),
    socketConnectionSetupTimeoutMaxMs: setupMax,
  };
}

function isSet(values: Readonly<Record<string, SettingValue>>, name: string): boolean {
  return Object.hasOwn(values, name);
}
