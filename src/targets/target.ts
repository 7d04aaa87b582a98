// Where the records go: opens what `target:` names, and closes what it opened. Called by
// commands/run; the sweep sees only Target.
import { bounded } from '../base/time-limit.js';
import type { Environment } from '../contract/environment.js';
import type {
  KafkaTargetSettings,
  SecuritySettings,
  TargetSettings,
} from '../contract/settings.js';
import { MAX_RING_BYTES_TOTAL } from './embedded/options.js';
import { openAccess, securityLabel } from './external/access.js';
import { checkCluster, outageOf } from './external/external.js';
import { RunError } from '../base/errors.js';
import type { EmbeddedCluster } from './embedded/options.js';
import type { KafkaCluster, KafkaClusterOptions } from './kafka/kafka-cluster.js';
import type { FaultableCluster, FaultNode } from './faultable-cluster.js';
import { RelayedBrokers, withRelays } from './relayed-brokers.js';
import { probe, PROBE_TIMEOUT_MS } from './external/probe.js';
import { type Access, PLAINTEXT } from '../connect/cold.js';

export interface Target {
  readonly kind: TargetSettings['kind'];
  /** `host:port`, at least one. */
  readonly bootstrap: readonly string[];
  /** How a producer gets in; undefined for PLAINTEXT. */
  readonly security?: SecuritySettings;
  /** The same for kbench's own requests, until close(). */
  readonly access: Access;
  /** What the user should know, one sentence each. */
  readonly notes: readonly string[];
  describe(): Promise<Environment['target']>;
  /** Null while the target answers; else what each bootstrap address does instead. */
  outage(): Promise<string | null>;
  /**
   * How brokers that kbench started have ended by themselves, with the end of their logs; null
   * while all live.
   */
  deaths?(): string | null;
  /** What can be done to it on purpose; left out where that is nothing of kbench's own. */
  readonly faultable?: FaultableCluster;
  /** Whether clients come by way of relays, whose thread is in this process. */
  readonly relayed?: boolean;
  /** Ends what was started for this sweep; an external cluster is left alone. */
  close(): Promise<void>;
}

export interface TargetHooks {
  /** Ends the start of a target: StoppedError. */
  readonly signal?: AbortSignal;
  /** What a person who waits may want to know; one line each. */
  readonly log?: (line: string) => void;
  /** What a person must see; one line each. */
  readonly warn?: (line: string) => void;
  /** Clients of a cluster of kbench's own come by way of relays: a sweep has network faults. */
  readonly relayed?: boolean;
  /** The log will be read back: the embedded cluster keeps all that it has room for. */
  readonly keepLog?: boolean;
}

/** Kafka's jars may have to be fetched first. */
const OPEN_LIMIT_MS = 15 * 60_000;

/**
 * Opens the target and checks that it can take records. Throws RunError naming each address and
 * what happened, StoppedError.
 */
export function openTarget(settings: TargetSettings, hooks: TargetHooks = {}): Promise<Target> {
  // What has been started all the same goes with the process (run-registry), or as soon as it is
  // there.
  const late = (target: Target) => target.close();
  const wait = { limitMs: OPEN_LIMIT_MS, stop: hooks.signal, late };
  return bounded('opening the target', wait, () => open(settings, hooks));
}

async function open(settings: TargetSettings, hooks: TargetHooks): Promise<Target> {
  switch (settings.kind) {
    case 'embedded':
      return openEmbedded(settings, hooks);
    case 'kafka':
      return openKafka(settings, hooks);
    case 'external':
      return openExternal(settings, hooks.signal);
  }
}

async function openExternal(
  settings: Extract<TargetSettings, { kind: 'external' }>,
  stop?: AbortSignal,
): Promise<Target> {
  const { bootstrap, security } = settings;
  const access = await openAccess(security ?? {}, stop);
  const ask = (address: string) => probe(address, PROBE_TIMEOUT_MS, access, stop);
  const { view, notes } = await checkCluster(bootstrap, ask, { stop }).catch((error: unknown) => {
    access.close();
    throw error;
  });
  const { clusterId, features, version, brokers } = view;
  return {
    kind: 'external',
    bootstrap,
    ...(security === undefined ? {} : { security }),
    access,
    notes,
    describe: () =>
      Promise.resolve({
        kind: 'external',
        bootstrap: [...bootstrap],
        ...(security === undefined ? {} : { security: securityLabel(security) }),
        clusterId,
        brokers: brokers.length,
        features,
        version,
      }),
    outage: () => outageOf(bootstrap, ask, { stop }),
    close: () => {
      access.close();
      return Promise.resolve();
    },
  };
}

async function openEmbedded(
  settings: Extract<TargetSettings, { kind: 'embedded' }>,
  hooks: TargetHooks,
): Promise<Target> {
  const { startEmbeddedCluster } = await import('./embedded/embedded-cluster.js');
  const { brokers, replicationDelayMs } = settings;
  const relays = hooks.relayed === true ? await RelayedBrokers.start(brokers) : null;
  const cluster = await startEmbeddedCluster({
    brokers,
    replicationDelayMs,
    ...(hooks.keepLog === true ? { retentionBytesPerPartition: MAX_RING_BYTES_TOTAL } : {}),
    log: hooks.log ?? (() => undefined),
    ...(relays === null ? {} : { advertisedPorts: relays.ports }),
  }).catch(closing(relays));
  await relays?.aim(cluster.listening);
  const bootstrap = [...cluster.bootstrap];
  let death: string | null = null;
  cluster.onFatal(({ message }) => (death = `the embedded cluster died: ${message}`));
  return {
    kind: 'embedded',
    bootstrap,
    access: PLAINTEXT,
    notes: [],
    describe: () =>
      Promise.resolve({
        kind: 'embedded',
        bootstrap,
        clusterId: cluster.clusterId,
        brokers,
        features: {},
        version: null,
      }),
    outage: () =>
      death === null ? outageOf(bootstrap, probe, { stop: hooks.signal }) : Promise.resolve(death),
    faultable: withRelays(embeddedFaults(cluster), relays),
    relayed: relays !== null,
    close: () => closeAll(cluster, relays),
  };
}

/** An embedded broker ends at once however it is asked, and there is nothing to pause. */
function embeddedFaults(cluster: EmbeddedCluster): Omit<FaultableCluster, 'network'> {
  const stop = ({ id }: FaultNode) => cluster.inject({ kind: 'stop-broker', broker: id });
  const cannot = () => Promise.reject(new RunError('an embedded broker cannot be paused'));
  return {
    brokers: cluster.listening.map((_, index) => index + 1),
    zookeepers: [],
    addresses: cluster.listening,
    ...{ kill: stop, stop, pause: cannot, resume: cannot },
    start: ({ id }) => cluster.inject({ kind: 'start-broker', broker: id }),
  };
}

function kafkaFaults(cluster: KafkaCluster): Omit<FaultableCluster, 'network'> {
  const { brokers, zookeepers } = cluster;
  const server = ({ kind, id }: FaultNode) => (kind === 'broker' ? brokers : zookeepers)[id - 1];
  return {
    brokers: brokers.map(({ id }) => id),
    zookeepers: zookeepers.map(({ id }) => id),
    // Where brokers talk among themselves: no relay stands before it, and it asks for no login.
    addresses: cluster.internal,
    kill: (node) => server(node).kill('SIGKILL'),
    stop: (node) => server(node).stop(),
    start: (node) => server(node).start(),
    pause: (node) => server(node).pause(),
    resume: (node) => server(node).resume(),
  };
}

async function closeAll(
  cluster: { readonly close: () => Promise<void> },
  relays: RelayedBrokers | null,
): Promise<void> {
  await Promise.all([cluster.close(), relays?.close()]);
}

const closing =
  (relays: RelayedBrokers | null) =>
  async (error: unknown): Promise<never> => {
    await relays?.close();
    throw error;
  };

async function openKafka(settings: KafkaTargetSettings, hooks: TargetHooks): Promise<Target> {
  const { startKafkaCluster } = await import('./kafka/kafka-cluster.js');
  const { signal, log, warn } = hooks;
  const relays = hooks.relayed === true ? await RelayedBrokers.start(settings.brokers) : null;
  const cluster = await startKafkaCluster({
    ...kafkaOptions(settings),
    ...(relays === null ? {} : { advertisedPorts: relays.ports }),
    ...(signal === undefined ? {} : { signal }),
    ...(log === undefined ? {} : { onProgress: log }),
    ...(warn === undefined ? {} : { onDeath: warn }),
  }).catch(closing(relays));
  const bootstrap = relays?.bootstrap ?? [...cluster.bootstrap];
  const { security } = cluster;
  let access = PLAINTEXT;
  let closeAccess = (): void => undefined;
  try {
    await relays?.aim(cluster.bootstrap);
    if (security !== undefined) {
      const opened = await openAccess(security, signal);
      access = opened;
      closeAccess = () => opened.close();
    }
    const ask = (address: string) => probe(address, PROBE_TIMEOUT_MS, access, signal);
    const { view, notes } = await checkCluster(bootstrap, ask, { stop: signal });
    return {
      kind: 'kafka',
      bootstrap,
      ...(security === undefined ? {} : { security }),
      access,
      notes,
      describe: () =>
        Promise.resolve({
          kind: 'kafka',
          bootstrap,
          ...(security === undefined ? {} : { security: securityLabel(security) }),
          clusterId: view.clusterId,
          brokers: view.brokers.length,
          features: view.features,
          version: cluster.version,
        }),
      outage: async () => {
        const silent = await outageOf(bootstrap, ask, { stop: signal });
        const deaths = cluster.deaths();
        return silent === null || deaths === null ? silent : `${silent}\n${deaths}`;
      },
      deaths: () => cluster.deaths(),
      faultable: withRelays(kafkaFaults(cluster), relays),
      relayed: relays !== null,
      close: () => {
        closeAccess();
        return closeAll(cluster, relays);
      },
    };
  } catch (error) {
    closeAccess();
    await closeAll(cluster, relays);
    throw error;
  }
}

/** What the YAML says, as Kafka takes it. */
function kafkaOptions(settings: KafkaTargetSettings): KafkaClusterOptions {
  const given = Object.entries(settings.brokerConfig ?? {});
  const text = given.map(([name, value]) => [name, String(value)] as const);
  return { ...settings, brokerConfig: Object.fromEntries(text) };
}
