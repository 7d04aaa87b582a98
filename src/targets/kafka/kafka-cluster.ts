// A real Apache Kafka cluster on this host, for `target: {kafka: {version, brokers}}`, the
// benchmarks and the tests: KRaft nodes that are broker and controller in one, on 127.0.0.1, in a
// temporary folder that goes with them. Nothing of it outlives the run: see run-registry.ts (end of
// this process) and clean-up.ts (a kbench that was killed).
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { formatAddress } from '../../connect/address.js';
import { writeWholeSync } from '../../base/files/durable-file.js';
import { RunError, StoppedError } from '../../base/errors.js';
import { makeFolders } from '../../base/files/make-folders.js';
import { DEFAULT_KAFKA_VERSION, MAX_KAFKA_BROKERS } from './kafka-rules.js';
import { runToEnd } from './child-process.js';
import { cleanUpDeadRuns } from './clean-up.js';
import { freePorts } from './free-ports.js';
import { javaCommand } from './java.js';
import { KafkaBroker } from './kafka-broker.js';
import type { BrokerPlace } from './kafka-config.js';
import {
  brokerJvmOptions,
  isHeap,
  log4j2Xml,
  newClusterId,
  serverProperties,
  toolJvmOptions,
} from './kafka-config.js';
import { requireKafkaJars } from './kafka-jars.js';
import { FULL_DISK, temporaryError } from './place-error.js';
import { RunRegistry } from './run-registry.js';

export interface KafkaClusterOptions {
  /** A release, 3.3.0 or newer. Default DEFAULT_KAFKA_VERSION. */
  readonly version?: string;
  /** Nodes, 1 to 5. Default 1. */
  readonly brokers?: number;
  /** Heap of each node, as the JVM takes it. Default `1g`, as Kafka's own start script. */
  readonly heap?: string;
  /**
   * Further listeners by name, with their security protocol; what they need stands in `properties`.
   * For tests of security.
   */
  readonly listeners?: Readonly<Record<string, string>>;
  /** Ports of relays, by broker: clients are told to come by way of them. */
  readonly advertisedPorts?: readonly number[];
  /** Further arguments of `kafka-storage format`, such as --add-scram. */
  readonly formatArguments?: readonly string[];
  /** Further options of every node's JVM. For tests of security. */
  readonly jvmOptions?: readonly string[];
  /** Further lines of every node's server.properties; they win over kbench's own. */
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
   * A broker has ended that nobody here had ended: how, where its log is kept, and its last lines,
   * one call each.
   */
  readonly onDeath?: (line: string) => void;
}

export interface KafkaCluster {
  readonly version: string;
  readonly clusterId: string;
  /** `127.0.0.1:port` of every broker. */
  readonly bootstrap: readonly string[];
  /** The same for each further listener, by name. */
  readonly listeners: Readonly<Record<string, readonly string[]>>;
  readonly brokers: readonly KafkaBroker[];
  /**
   * How brokers ended that nobody here had ended, and where their logs are; null while there is
   * none.
   */
  deaths(): string | null;
  /** Ends the processes and removes the folder. May be called more than once. */
  close(): Promise<void>;
}

export { DEFAULT_KAFKA_VERSION };
const START_LIMIT_MS = 60_000;
const FORMAT_LIMIT_MS = 60_000;
/** Data is thrown away on close, so Kafka gets this long to say goodbye and no longer. */
const CLOSE_LIMIT_MS = 2_000;
const PORT_TRIES = 3;
/** Of a dead broker's log, shown in the middle of a sweep. */
const DEATH_LINES = 10;

/**
 * Starts a cluster and resolves when every broker sees every other. RunError when it cannot be had,
 * with the broker's log.
 */
export async function startKafkaCluster(options: KafkaClusterOptions = {}): Promise<KafkaCluster> {
  const { version = DEFAULT_KAFKA_VERSION, brokers: count = 1, heap = '1g', signal } = options;
  if (!Number.isInteger(count) || count < 1 || count > MAX_KAFKA_BROKERS)
    throw new RunError(`a local cluster has 1 to ${MAX_KAFKA_BROKERS} brokers, not ${count}`);
  if (!isHeap(heap))
    throw new RunError(
      `${JSON.stringify(heap)} is no heap size`,
      'Write it as the JVM does: 512m, 1g.',
    );
  cleanUpDeadRuns();
  const jars = await requireKafkaJars(
    version,
    options.onProgress ? { onProgress: options.onProgress } : {},
  );
  options.onProgress?.(
    `starting Apache Kafka ${version}, ${count} broker${count === 1 ? '' : 's'}`,
  );
  for (let attempt = 1; ; attempt++) {
    const registry = RunRegistry.of();
    if (options.logDirRoot !== undefined) makeFolders(path.resolve(options.logDirRoot));
    const folder = registry.makeFolder('kbench-kafka-', options.logDirRoot);
    const clusterId = newClusterId(randomBytes);
    const brokers: KafkaBroker[] = [];
    const deaths = new Deaths(options.onDeath);
    const close = async () => {
      await Promise.all(brokers.map((broker) => broker.stop(CLOSE_LIMIT_MS)));
      if (registry.owns(folder)) registry.removeFolder(folder);
    };
    try {
      const make: Preparation = {
        folder,
        count,
        classPath: jars.classPath,
        clusterId,
        heap,
        deaths,
      };
      brokers.push(...(await prepare(make, options)));
      for (const broker of brokers) broker.launch();
      const expect = brokers.map(({ id }) => id);
      const timeoutMs = options.timeoutMs ?? START_LIMIT_MS;
      await Promise.all(brokers.map((broker) => broker.ready({ timeoutMs, expect, signal })));
      deaths.clusterIsUp();
      const bootstrap = brokers.map(formatAddress);
      const told = () => deaths.text(brokers);
      return {
        version,
        clusterId,
        bootstrap,
        listeners: listenersOf(brokers),
        brokers,
        deaths: told,
        close,
      };
    } catch (error) {
      const portTaken = brokers.some((broker) =>
        /Address already in use|BindException/.test(broker.logTail(200)),
      );
      const last = attempt === PORT_TRIES || !portTaken;
      const told = last && !signal?.aborted ? withKeptLogs(error, brokers, folder) : error;
      await close();
      if (signal?.aborted) throw new StoppedError('stopped while Kafka was starting');
      if (last) throw told;
    }
  }
}

/**
 * Brokers that ended and should not have, from when the cluster was up: the user is told at once,
 * and their logs are kept.
 */
class Deaths {
  private up = false;
  private readonly kept = new Map<KafkaBroker, string>();

  constructor(private readonly say: ((line: string) => void) | undefined) {}

  clusterIsUp(): void {
    this.up = true;
  }

  add(broker: KafkaBroker): void {
    if (!this.up || broker.death === null) return;
    const lines = [
      `${broker.death}; ${keptText(broker.keepLog())}`,
      ...broker.logTail(DEATH_LINES).split('\n'),
    ];
    this.kept.set(broker, lines.join('\n'));
    for (const line of lines) this.say?.(line);
  }

  text(brokers: readonly KafkaBroker[]): string | null {
    const down = brokers.filter(({ death }) => death !== null);
    return down.length === 0
      ? null
      : down.map((broker) => this.kept.get(broker) ?? broker.death!).join('\n');
  }
}

const keptText = (file: string | null): string =>
  file === null ? 'its log could not be kept, and ends:' : `its log is kept as ${file}, and ends:`;

/** A start that failed: the folder goes, so what the brokers said is to be found elsewhere. */
function withKeptLogs(error: unknown, brokers: readonly KafkaBroker[], folder: string): unknown {
  if (!(error instanceof RunError)) return temporaryError(path.dirname(folder), error);
  const kept = brokers
    .filter((broker) => broker.logTail(1) !== '')
    .map((broker) => broker.keepLog())
    .filter((file) => file !== null);
  if (kept.length === 0) return error;
  return new RunError(`${error.message}\nThe whole log is kept: ${kept.join(', ')}`, error.remedy, {
    cause: error,
  });
}

function listenersOf(brokers: readonly KafkaBroker[]): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const { host, listeners } of brokers) {
    for (const { name, port } of listeners)
      (found[name] ??= []).push(formatAddress({ host, port }));
  }
  return found;
}

interface Preparation {
  readonly folder: string;
  readonly count: number;
  readonly classPath: string;
  readonly clusterId: string;
  readonly heap: string;
  readonly deaths: Deaths;
}

/** Writes each node's files and formats its data folder. */
async function prepare(make: Preparation, options: KafkaClusterOptions): Promise<KafkaBroker[]> {
  const { folder, count } = make;
  const further = Object.entries(options.listeners ?? {});
  const each = 2 + further.length;
  const ports = await freePorts(count * each);
  const places = Array.from({ length: count }, (_, i): BrokerPlace => ({
    id: i + 1,
    port: ports[i * each],
    advertisedPort: options.advertisedPorts?.[i],
    controllerPort: ports[i * each + 1],
    listeners: further.map(([name, protocol], j) => ({
      name,
      protocol,
      port: ports[i * each + 2 + j],
    })),
    dataDir: path.join(folder, `node-${i + 1}`, 'data'),
  }));
  const made = await Promise.allSettled(
    places.map(async (place) => {
      const file = (name: string) => path.join(folder, `node-${place.id}`, name);
      mkdirSync(file('.'));
      writeWholeSync(
        file('server.properties'),
        serverProperties(place, places, options.properties ?? {}),
      );
      writeWholeSync(file('log4j2.xml'), log4j2Xml(file('server.log')));
      options.signal?.throwIfAborted();
      await format(place, make, file, options.formatArguments ?? []);
      return new KafkaBroker(
        {
          id: place.id,
          port: place.port,
          listeners: place.listeners ?? [],
          dataDir: place.dataDir,
          logFile: file('server.log'),
          outFile: file('server.out'),
          javaArgs: [
            ...brokerJvmOptions(make.heap, file('log4j2.xml'), file('.')),
            ...(options.jvmOptions ?? []),
            ...['-cp', make.classPath, 'kafka.Kafka', file('server.properties')],
          ],
        },
        options.timeoutMs ?? START_LIMIT_MS,
        (broker) => make.deaths.add(broker),
      );
    }),
  );
  // Only once all have ended: one that goes on would make its folder again after it was removed.
  return made.map((each) => {
    if (each.status === 'rejected') throw each.reason;
    return each.value;
  });
}

async function format(
  place: BrokerPlace,
  { classPath, clusterId, folder }: Preparation,
  file: (name: string) => string,
  further: readonly string[],
): Promise<void> {
  const run = await runToEnd(
    javaCommand(),
    [
      ...toolJvmOptions,
      `-Dlog4j2.configurationFile=${file('log4j2.xml')}`,
      '-cp',
      classPath,
      ...['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', file('server.properties')],
      ...further,
    ],
    { timeoutMs: FORMAT_LIMIT_MS },
  );
  if (run.code === 0) return;
  const said = run.timedOut
    ? `no end within ${FORMAT_LIMIT_MS / 1000} s`
    : `${run.stdout}${run.stderr}`.trim();
  throw new RunError(
    `Kafka could not format the folder of broker ${place.id}: ` +
      said.split('\n').slice(-20).join('\n'),
    FULL_DISK.test(said)
      ? `Free some space for ${path.dirname(folder)}, or set TMPDIR to a folder elsewhere.`
      : undefined,
  );
}
