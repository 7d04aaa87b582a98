// A real Apache Kafka cluster on this host, for `target: {kafka: {...}}`, `kbench cluster up`, the
// benchmarks and the tests: brokers that are their own controllers (KRaft), or brokers and
// ZooKeepers (3.x), on 127.0.0.1, in a temporary folder that goes with them. Nothing of it outlives
// the run: see run-registry.ts (end of this process) and clean-up.ts (a kbench that was killed).
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { formatAddress } from '../../connect/index.js';
import type { SecuritySettings } from '../../contract/settings.js';
import { RunError, StoppedError } from '../../base/errors.js';
import { makeFolders } from '../../base/files/make-folders.js';
import { makeClientAccess } from './access/client-access.js';
import { cleanUpDeadRuns } from './processes/clean-up.js';
import { findPlaces } from './cluster-places.js';
import {
  DEFAULT_KAFKA_VERSION,
  MAX_KAFKA_BROKERS,
  versionProblem,
  type KafkaMode,
  type KafkaSecurity,
} from './kafka-rules.js';
import type { KafkaBroker } from './kafka-broker.js';
import { isHeap, newClusterId, type BrokerPlace, type ClusterLayout } from './kafka-config.js';
import { checkKnownConfigs } from './known-configs.js';
import { requireKafkaJars } from './kafka-jars.js';
import { prepareBrokers, prepareZooKeepers, type Preparation } from './prepare-servers.js';
import { RunRegistry } from './processes/run-registry.js';
import { ServerDeaths, withKeptLogs } from './server-deaths.js';
import type { ServerProcess } from './server-process.js';
import type { ZooKeeper } from './zookeeper.js';

export interface KafkaClusterOptions {
  /** A release, 3.3.0 or newer; with ZooKeeper 2.8.0 to 3.9.x. Default DEFAULT_KAFKA_VERSION. */
  readonly version?: string;
  /** 1 to 5. Default 1. */
  readonly brokers?: number;
  /** Default `kraft`. */
  readonly mode?: KafkaMode;
  /** In ZooKeeper mode, 1 or 3. Default 1. */
  readonly zookeepers?: number;
  /** Of the listener for clients. Default `plaintext`. */
  readonly security?: KafkaSecurity;
  /** A rack for each broker. */
  readonly racks?: boolean;
  /** The first broker's port for clients, the next one's is one more. Default: free ones. */
  readonly port?: number | undefined;
  /** Ports of relays, by broker: clients are told to come by way of them. */
  readonly advertisedPorts?: readonly number[];
  /** Heap of each broker, as the JVM takes it. Default `1g`, as Kafka's own start script. */
  readonly heap?: string;
  /**
   * Further listeners by name, with their security protocol; what they need stands in `properties`.
   * For tests of security.
   */
  readonly listeners?: Readonly<Record<string, string>>;
  /**
   * What a broker advertises, as advertised.listeners has it; default: where it listens. For tests
   * of what is advertised wrongly.
   */
  readonly advertise?: (broker: BrokerPlace, all: readonly BrokerPlace[]) => string;
  /** Further arguments of `kafka-storage format`, such as --add-scram. */
  readonly formatArguments?: readonly string[];
  /** Further options of every broker's JVM. For tests of security. */
  readonly jvmOptions?: readonly string[];
  /** Settings of every broker, under Kafka's own names; one that it does not know is refused. */
  readonly brokerConfig?: Readonly<Record<string, string>>;
  /** Further lines of every broker's server.properties; they win over all others. */
  readonly properties?: Readonly<Record<string, string>>;
  /**
   * Where the cluster's temporary folder is made; made itself if need be. Default: the system's
   * folder for temporary files.
   */
  readonly logDirRoot?: string;
  /** Limit of the start, jars there. Default 60,000. */
  readonly timeoutMs?: number;
  /** Ends the start: StoppedError. */
  readonly signal?: AbortSignal;
  /** What is being done, for a person who waits. */
  readonly onProgress?: (message: string) => void;
  /**
   * A server has ended that nobody here had ended: how, where its log is kept, and its last lines,
   * one call each.
   */
  readonly onDeath?: (line: string) => void;
}

export interface KafkaCluster {
  readonly version: string;
  /** Null with ZooKeeper, where the brokers make it up. */
  readonly clusterId: string | null;
  /** `127.0.0.1:port` where each broker listens for clients. */
  readonly bootstrap: readonly string[];
  /** Where they listen in plaintext, past every relay: for kbench's own questions. */
  readonly internal: readonly string[];
  /** The same for each further listener, by name. */
  readonly listeners: Readonly<Record<string, readonly string[]>>;
  /** By id, from 1. Each can be killed, stopped, paused, resumed and started again. */
  readonly brokers: readonly KafkaBroker[];
  /** Likewise; empty in KRaft. */
  readonly zookeepers: readonly ZooKeeper[];
  /** How a client gets in; undefined for PLAINTEXT. */
  readonly security: SecuritySettings | undefined;
  /** A file that Java's tools take as it is. */
  readonly clientProperties: string;
  /**
   * How servers ended that nobody here had ended, and where their logs are; null while there is
   * none.
   */
  deaths(): string | null;
  /** Ends the processes and removes the folder. May be called more than once. */
  close(): Promise<void>;
}

export { DEFAULT_KAFKA_VERSION };
const START_LIMIT_MS = 60_000;
/** Data is thrown away on close, so Kafka gets this long to say goodbye and no longer. */
const CLOSE_LIMIT_MS = 2_000;
const PORT_TRIES = 3;

/**
 * Starts a cluster and resolves when every broker sees every other. RunError when it cannot be had,
 * with the log of whoever did not come up.
 */
export async function startKafkaCluster(options: KafkaClusterOptions = {}): Promise<KafkaCluster> {
  const { version = DEFAULT_KAFKA_VERSION, onProgress, signal } = options;
  cleanUpDeadRuns();
  checkOptions(options);
  const jars = await requireKafkaJars(version, onProgress ? { onProgress } : {});
  onProgress?.(`starting ${clusterText(options)}`);
  for (let attempt = 1; ; attempt++) {
    const registry = RunRegistry.of();
    if (options.logDirRoot !== undefined) makeFolders(path.resolve(options.logDirRoot));
    const folder = registry.makeFolder('kbench-kafka-', options.logDirRoot);
    const servers: ServerProcess[] = [];
    const close = async (): Promise<void> => {
      await Promise.all(servers.map((server) => server.stop(CLOSE_LIMIT_MS)));
      if (registry.owns(folder)) registry.removeFolder(folder);
    };
    try {
      return await startIn(folder, jars.classPath, servers, close, options);
    } catch (error) {
      const portTaken = servers.some((server) =>
        /Address already in use|BindException/.test(server.logTail(200)),
      );
      const last = attempt === PORT_TRIES || !portTaken || options.port !== undefined;
      const told = last && !signal?.aborted ? withKeptLogs(error, servers, folder) : error;
      await close();
      if (signal?.aborted) throw new StoppedError('stopped while Kafka was starting');
      if (last) throw told;
    }
  }
}

/** Throws RunError for what cannot be started anywhere. */
function checkOptions(options: KafkaClusterOptions): void {
  const { version = DEFAULT_KAFKA_VERSION, brokers = 1, heap = '1g', mode = 'kraft' } = options;
  if (!Number.isInteger(brokers) || brokers < 1 || brokers > MAX_KAFKA_BROKERS)
    throw new RunError(`a local cluster has 1 to ${MAX_KAFKA_BROKERS} brokers, not ${brokers}`);
  const broken = versionProblem(version, mode);
  if (broken !== null) throw new RunError(broken.message, broken.remedy);
  if (!isHeap(heap))
    throw new RunError(
      `${JSON.stringify(heap)} is no heap size`,
      'Write it as the JVM does: 512m, 1g.',
    );
}

/** For people: what is started, as far as it is not the default. */
export function clusterText(options: KafkaClusterOptions): string {
  const { version = DEFAULT_KAFKA_VERSION, brokers = 1, security = 'plaintext' } = options;
  const { mode, zookeepers = 1 } = options;
  return [
    `Apache Kafka ${version}`,
    plural(brokers, 'broker'),
    ...(mode === 'zookeeper' ? [plural(zookeepers, 'ZooKeeper')] : []),
    ...(security === 'plaintext' ? [] : [security === 'tls' ? 'TLS' : 'SASL over TLS']),
    ...Object.entries(options.brokerConfig ?? {}).map(([name, value]) => `${name}=${value}`),
  ].join(', ');
}

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** `servers` is filled as they are made, so that the caller can end them whatever happens. */
async function startIn(
  folder: string,
  classPath: string,
  servers: ServerProcess[],
  close: () => Promise<void>,
  options: KafkaClusterOptions,
): Promise<KafkaCluster> {
  const { version = DEFAULT_KAFKA_VERSION, mode = 'kraft', signal } = options;
  const timeoutMs = options.timeoutMs ?? START_LIMIT_MS;
  const deaths = new ServerDeaths(options.onDeath);
  const access = makeClientAccess(options.security ?? 'plaintext', path.join(folder, 'client'));
  const places = await findPlaces({
    folder,
    brokers: options.brokers ?? 1,
    zookeepers: mode === 'zookeeper' ? (options.zookeepers ?? 1) : 0,
    listeners: options.listeners ?? {},
    port: options.port,
    advertisedPorts: options.advertisedPorts,
  });
  const { zookeepers: ensemble } = places;
  const layout: ClusterLayout = {
    brokers: places.brokers,
    zookeeperConnect:
      mode === 'zookeeper' ? ensemble.map(({ port }) => `127.0.0.1:${port}`).join() : null,
    clientProtocol: access.protocol,
    racks: options.racks ?? false,
    properties: { ...access.brokerProperties, ...options.brokerConfig, ...options.properties },
    ...(options.advertise === undefined ? {} : { advertise: options.advertise }),
  };
  const make: Preparation = {
    ...{ folder, classPath, layout, places, deaths, signal, readyLimitMs: timeoutMs },
    clusterId: newClusterId(randomBytes),
    heap: options.heap ?? '1g',
    formatArguments: options.formatArguments ?? [],
    jvmOptions: options.jvmOptions ?? [],
  };
  const zookeepers = prepareZooKeepers(make);
  servers.push(...zookeepers);
  for (const zookeeper of zookeepers) zookeeper.launch();
  const brokers = await prepareBrokers(make);
  await Promise.all(zookeepers.map((zookeeper) => zookeeper.ready({ timeoutMs, signal })));
  servers.push(...brokers);
  for (const broker of brokers) broker.launch();
  const expect = brokers.map(({ id }) => id);
  await Promise.all(brokers.map((broker) => broker.ready({ timeoutMs, expect, signal })));
  const internal = brokers.map(({ host, internalPort: port }) => formatAddress({ host, port }));
  const names = Object.keys(options.brokerConfig ?? {});
  await checkKnownConfigs({ id: brokers[0].id, address: internal[0] }, names);
  deaths.clusterIsUp();
  const bootstrap = brokers.map(formatAddress);
  return {
    ...{ version, bootstrap, internal, brokers, zookeepers, close, security: access.security },
    clusterId: mode === 'kraft' ? make.clusterId : null,
    listeners: listenersOf(brokers),
    clientProperties: access.writeClientProperties(bootstrap),
    deaths: () => deaths.text(servers),
  };
}

function listenersOf(brokers: readonly KafkaBroker[]): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const { host, listeners } of brokers) {
    for (const { name, port } of listeners)
      (found[name] ??= []).push(formatAddress({ host, port }));
  }
  return found;
}
