// The files and arguments that brokers and ZooKeepers start from: server.properties, zoo.cfg,
// log4j2.xml, the JVM's options. Pure text; called by kafka-cluster.ts. Local benchmarks are what
// the choices here are for; `properties` of the caller come last and win.

export interface BrokerPlace {
  readonly id: number;
  /** Of the listener for clients. */
  readonly port: number;
  /** Told to clients in place of `port`: a relay's. */
  readonly advertisedPort?: number | undefined;
  /** Of the listener for the brokers themselves: plaintext, and never behind a relay. */
  readonly internalPort: number;
  /** Unused with ZooKeeper. */
  readonly controllerPort: number;
  readonly dataDir: string;
  /** Further listeners by name. */
  readonly listeners?: readonly BrokerListener[];
}

export interface BrokerListener {
  readonly name: string;
  readonly protocol: string;
  readonly port: number;
}

/** What all brokers of a cluster have in common. */
export interface ClusterLayout {
  readonly brokers: readonly BrokerPlace[];
  /** Addresses of ZooKeepers; null in KRaft. */
  readonly zookeeperConnect: string | null;
  /** Protocol of the listener for clients, and its name. */
  readonly clientProtocol: ClientProtocol;
  /** A rack for each broker. */
  readonly racks: boolean;
  /** What clients are told, in place of where a broker listens. */
  readonly advertise?: ((broker: BrokerPlace, all: readonly BrokerPlace[]) => string) | undefined;
  /** Further lines; they win. */
  readonly properties: Readonly<Record<string, string>>;
}

export type ClientProtocol = 'PLAINTEXT' | 'SSL' | 'SASL_SSL';

/** Brokers talk to each other here, whatever clients meet. */
const INTERNAL = 'INTERNAL';
const ADVERTISED = 'advertised.listeners';

/** server.properties of one broker. In KRaft each is a controller too. */
export function serverProperties(self: BrokerPlace, layout: ClusterLayout): string {
  const all = layout.brokers;
  const replicas = Math.min(3, all.length);
  const properties: Record<string, string | number> = {
    ...roleProperties(self, layout),
    ...listenerProperties(self, layout),
    'log.dirs': self.dataDir,
    ...(layout.racks ? { 'broker.rack': `rack-${self.id}` } : {}),
    'num.partitions': 1,
    'auto.create.topics.enable': 'false',
    'default.replication.factor': replicas,
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': all.length,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': Math.min(2, replicas),
    'transaction.state.log.num.partitions': all.length,
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': Math.min(2, replicas),
    'group.initial.rebalance.delay.ms': 0,
    // A sweep makes and deletes a topic a run: give the disk back now, not a minute later in the
    // middle of another run.
    'log.segment.delete.delay.ms': 1000,
    ...(layout.advertise === undefined ? {} : { [ADVERTISED]: layout.advertise(self, all) }),
    ...layout.properties,
  };
  properties[ADVERTISED] = withInternal(String(properties[ADVERTISED]), self);
  return propertiesText(properties);
}

function roleProperties(
  self: BrokerPlace,
  { brokers, zookeeperConnect }: ClusterLayout,
): Record<string, string | number> {
  if (zookeeperConnect !== null) {
    return {
      'broker.id': self.id,
      'zookeeper.connect': zookeeperConnect,
      'zookeeper.connection.timeout.ms': 18_000,
    };
  }
  return {
    'process.roles': 'broker,controller',
    'node.id': self.id,
    'controller.quorum.voters': brokers
      .map((node) => `${node.id}@127.0.0.1:${node.controllerPort}`)
      .join(','),
    'controller.listener.names': 'CONTROLLER',
  };
}

function listenerProperties(
  self: BrokerPlace,
  { clientProtocol, zookeeperConnect }: ClusterLayout,
): Record<string, string> {
  const { listeners = [] } = self;
  const further = listeners.map(({ name, port }) => `${name}://127.0.0.1:${port}`);
  const clients = (port: number) => `${clientProtocol}://127.0.0.1:${port}`;
  const controller = [`CONTROLLER://127.0.0.1:${self.controllerPort}`];
  return {
    'inter.broker.listener.name': INTERNAL,
    'listener.security.protocol.map': [
      `${INTERNAL}:PLAINTEXT`,
      'CONTROLLER:PLAINTEXT',
      `${clientProtocol}:${clientProtocol}`,
      ...listeners.map(({ name, protocol }) => `${name}:${protocol}`),
    ].join(),
    listeners: [
      ...[clients(self.port), internal(self), ...further],
      ...(zookeeperConnect === null ? controller : []),
    ].join(),
    [ADVERTISED]: [clients(self.advertisedPort ?? self.port), ...further].join(),
  };
}

const internal = ({ internalPort }: BrokerPlace): string =>
  `${INTERNAL}://127.0.0.1:${internalPort}`;

/** Whatever clients are told, brokers find each other. */
const withInternal = (advertised: string, self: BrokerPlace): string =>
  advertised.includes(`${INTERNAL}://`) ? advertised : `${advertised},${internal(self)}`;

/** One ZooKeeper of a cluster. */
export interface ZooKeeperPlace {
  readonly id: number;
  readonly port: number;
  /** Where the others of its ensemble reach it. */
  readonly quorumPort: number;
  readonly electionPort: number;
  readonly dataDir: string;
}

/** zoo.cfg; `srvr` is how kbench asks whether it serves. */
export function zookeeperProperties(self: ZooKeeperPlace, all: readonly ZooKeeperPlace[]): string {
  const ensemble = all.map(
    ({ id, quorumPort, electionPort }) =>
      [`server.${id}`, `127.0.0.1:${quorumPort}:${electionPort}`] as const,
  );
  return propertiesText({
    tickTime: 1000,
    initLimit: 20,
    syncLimit: 10,
    dataDir: self.dataDir,
    clientPort: self.port,
    clientPortAddress: '127.0.0.1',
    maxClientCnxns: 0,
    'admin.enableServer': 'false',
    '4lw.commands.whitelist': 'srvr',
    ...(all.length === 1 ? {} : Object.fromEntries(ensemble)),
  });
}

/** A file of Java's properties. */
export const propertiesText = (properties: Readonly<Record<string, string | number>>): string =>
  `${Object.entries(properties)
    .map(([key, value]) => `${escapeProperty(key, true)}=${escapeProperty(String(value), false)}`)
    .join('\n')}\n`;

/** java.util.Properties' own escapes, so that no value can end its line or start another key. */
function escapeProperty(text: string, key: boolean): string {
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replace(/^[ \t\f]/, '\\$&');
  return key ? escaped.replaceAll(/[ :=#!]/g, '\\$&') : escaped;
}

/**
 * Everything from INFO up into one file, written through at once: a dying broker's last words are
 * what one wants to read.
 */
export function log4j2Xml(logFile: string): string {
  const file = logFile.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
  return `<?xml version="1.0" encoding="UTF-8"?>
<Configuration status="ERROR" shutdownHook="disable">
  <Appenders>
    <File name="file" fileName="${file}"><PatternLayout pattern="[%d] %p %m (%c)%n"/></File>
  </Appenders>
  <Loggers><Root level="INFO"><AppenderRef ref="file"/></Root></Loggers>
</Configuration>
`;
}

/**
 * A JVM that is killed would leave its file for jstat in the system's folder for temporary files.
 */
const NO_SHARED_COUNTERS = '-XX:-UsePerfData';

/**
 * A broker's JVM options: those of Kafka's own kafka-run-class script, with its heap fixed from the
 * start, and a place of its own for the native libraries that codecs unpack: killed, it leaves them
 * behind.
 */
export const brokerJvmOptions = (heap: string, log4jFile: string, temporary: string) => [
  `-Xms${heap}`,
  `-Xmx${heap}`,
  '-server',
  '-XX:+UseG1GC',
  '-XX:MaxGCPauseMillis=20',
  '-XX:InitiatingHeapOccupancyPercent=35',
  '-XX:+ExplicitGCInvokesConcurrent',
  '-XX:MaxInlineLevel=15',
  '-Djava.awt.headless=true',
  NO_SHARED_COUNTERS,
  `-Dlog4j2.configurationFile=${log4jFile}`,
  `-Djava.io.tmpdir=${temporary}`,
];

/** A ZooKeeper has little to do, and two cores are few. */
export const zookeeperJvmOptions = (log4jFile: string, temporary: string) => [
  ...['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Djava.awt.headless=true'],
  NO_SHARED_COUNTERS,
  `-Dlog4j2.configurationFile=${log4jFile}`,
  `-Djava.io.tmpdir=${temporary}`,
];

/** A short-lived tool's: compiled little, since it lives a second or two. */
export const toolJvmOptions = [
  '-Xmx512m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Djava.awt.headless=true',
  NO_SHARED_COUNTERS,
];

/** As the JVM takes it: digits and a unit. */
export const isHeap = (text: string) => /^[1-9]\d{0,5}[kmgKMG]$/.test(text);

/**
 * A cluster id as Kafka writes it: base64url of 16 random bytes, unpadded; never one that begins
 * with a dash (an option to a tool).
 */
export function newClusterId(random: (bytes: number) => Buffer): string {
  for (;;) {
    const id = random(16).toString('base64url');
    if (!id.startsWith('-')) return id;
  }
}
