// The files and arguments that a broker starts from: server.properties, log4j2.xml, the JVM's
// options. Pure text; called by kafka-cluster.ts. Local benchmarks are what the choices here are
// for; `properties` of the caller come last and win.

export interface BrokerPlace {
  readonly id: number;
  readonly port: number;
  /** Told to clients in place of `port`: a relay's. */
  readonly advertisedPort?: number | undefined;
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

/**
 * server.properties of one combined (broker and controller) KRaft node; `all` are the nodes of the
 * cluster, itself included.
 */
export function serverProperties(
  self: BrokerPlace,
  all: readonly BrokerPlace[],
  extra: Readonly<Record<string, string>>,
): string {
  const replicas = Math.min(3, all.length);
  const { listeners = [] } = self;
  const further = listeners.map(({ name, port }) => `${name}://127.0.0.1:${port}`);
  const own = [`PLAINTEXT://127.0.0.1:${self.port}`, ...further];
  const told = [`PLAINTEXT://127.0.0.1:${self.advertisedPort ?? self.port}`, ...further];
  const protocols = listeners.map(({ name, protocol }) => `${name}:${protocol}`);
  const properties: Record<string, string | number> = {
    'process.roles': 'broker,controller',
    'node.id': self.id,
    'controller.quorum.voters': all
      .map((node) => `${node.id}@127.0.0.1:${node.controllerPort}`)
      .join(','),
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': [
      'PLAINTEXT:PLAINTEXT',
      'CONTROLLER:PLAINTEXT',
      ...protocols,
    ].join(),
    listeners: [...own, `CONTROLLER://127.0.0.1:${self.controllerPort}`].join(),
    'advertised.listeners': told.join(),
    'log.dirs': self.dataDir,
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
    ...extra,
  };
  return `${Object.entries(properties)
    .map(([key, value]) => `${escapeProperty(key, true)}=${escapeProperty(String(value), false)}`)
    .join('\n')}\n`;
}

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
