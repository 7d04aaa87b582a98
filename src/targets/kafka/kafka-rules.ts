// What a cluster of Kafka's own that kbench starts may be: one set of rules, told by `kbench
// validate` (through plan/target) and held to when the cluster is started. Starts nothing, and
// imports nothing that does.

export const DEFAULT_KAFKA_VERSION = '4.4.0';
/** Nodes on one host. */
export const MAX_KAFKA_BROKERS = 5;
/** Who keeps the cluster's metadata: brokers themselves, or ZooKeeper (up to 3.9). */
export const KAFKA_MODES = ['kraft', 'zookeeper'] as const;
/** How clients get in: `sasl` is SASL/PLAIN over TLS. */
export const KAFKA_SECURITIES = ['plaintext', 'tls', 'sasl'] as const;
/** One, or a quorum that survives one of them. */
export const ZOOKEEPER_COUNTS = [1, 3] as const;

export type KafkaMode = (typeof KAFKA_MODES)[number];
export type KafkaSecurity = (typeof KAFKA_SECURITIES)[number];

/** What is wrong, and what to do instead. */
export interface RuleBroken {
  readonly message: string;
  readonly remedy: string;
}

interface Release {
  readonly major: number;
  readonly minor: number;
}

function releaseOf(version: string): Release | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.\d{1,3}$/.exec(version);
  return match === null ? null : { major: Number(match[1]), minor: Number(match[2]) };
}

const isAtLeast = ({ major, minor }: Release, [a, b]: readonly [number, number]): boolean =>
  major > a || (major === a && minor >= b);

/** Does `version` name a release that can be started here in some mode? */
export function isKafkaVersion(version: string): boolean {
  const release = releaseOf(version);
  return release !== null && isAtLeast(release, OLDEST.zookeeper);
}

/** KRaft for use by anyone; keys and certificates as PEM, and Java 17. */
const OLDEST = { kraft: [3, 3], zookeeper: [2, 8] } as const;

/** Null where this release can be started in this mode. */
export function versionProblem(version: string, mode: KafkaMode): RuleBroken | null {
  const release = releaseOf(version);
  if (release === null || !isKafkaVersion(version)) {
    return {
      message: `${version} is not a version of Kafka that kbench can start`,
      remedy: 'write all three parts, e.g. 4.4.0; the oldest is 3.3.0 (with ZooKeeper 2.8.0)',
    };
  }
  if (mode === 'zookeeper' && release.major >= 4) {
    return {
      message: `Kafka ${version} has no ZooKeeper mode: 4.0 removed it`,
      remedy: 'write version: 3.9.1 (the last line with ZooKeeper), or leave mode out for KRaft',
    };
  }
  if (mode === 'kraft' && !isAtLeast(release, OLDEST.kraft)) {
    return {
      message: `Kafka ${version} is not ready for KRaft, which is the mode asked for`,
      remedy: 'write mode: zookeeper, or a version from 3.3.0 on',
    };
  }
  return null;
}

/** What kbench says itself and nobody else may: a broker that listens elsewhere is not found. */
export const OWN_PROPERTIES: ReadonlySet<string> = new Set([
  ...['process.roles', 'node.id', 'broker.id', 'controller.quorum.voters'],
  ...['controller.quorum.bootstrap.servers', 'controller.listener.names', 'zookeeper.connect'],
  ...[
    'listeners',
    'advertised.listeners',
    'listener.security.protocol.map',
    'inter.broker.listener.name',
  ],
  ...['security.inter.broker.protocol', 'log.dir', 'log.dirs', 'metadata.log.dir', 'broker.rack'],
]);
