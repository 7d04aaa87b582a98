// All settings of Java's producer (Apache Kafka 4.4, ProducerConfig.java) in one table: type,
// default, range, and whether kbench's core does it. config.ts reads values by it, sweep reads
// units and suggestions by it. Security's settings stand in config-table-security.ts.
import {
  type ProducerSetting,
  SECURITY_SETTINGS,
  type SecurityRow,
  type SettingType,
} from '../../connect/security/index.js';
import { interceptorRefusal, partitionerRefusal, serializerRefusal } from './module-names.js';

/** Java's int. */
export const INT_MAX = 2_147_483_647;
/** Java's long, as far as a number is exact. */
const LONG_MAX = Number.MAX_SAFE_INTEGER;

const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

type Rest = Pick<ProducerSetting, 'accepts' | 'why' | 'except' | 'since' | 'caseless'> & {
  readonly implemented?: boolean;
};

/** A row whose name and type TypeScript knows; ProducerSettings is made of them. */
type Named<Name extends string, Type extends SettingType> = ProducerSetting & {
  readonly name: Name;
  readonly type: Type;
};

/** A whole number from `min` to `max`. */
function whole<const Name extends string, const Type extends 'int' | 'bytes' | 'ms'>(
  name: Name,
  type: Type,
  preset: number,
  [min, max]: readonly [number, number],
  doc: string,
  rest: Rest = {},
): Named<Name, Type> {
  return { name, type, default: preset, min, max, doc, implemented: true, ...rest };
}

function flag<const Name extends string>(
  name: Name,
  preset: boolean,
  doc: string,
  rest: Rest = {},
): Named<Name, 'boolean'> {
  return { name, type: 'boolean', default: preset, doc, implemented: true, ...rest };
}

function choice<const Name extends string, const Values extends readonly string[]>(
  name: Name,
  preset: string,
  values: Values,
  doc: string,
  rest: Rest = {},
): Named<Name, 'enum'> & { readonly values: Values } {
  return { name, type: 'enum', default: preset, values, doc, implemented: true, ...rest };
}

/** Text or a list that the core has no use for. */
function other<const Name extends string, const Type extends 'string' | 'list'>(
  name: Name,
  type: Type,
  preset: string | null,
  doc: string,
  rest: Pick<ProducerSetting, 'why' | 'since'>,
): Named<Name, Type> {
  return { name, type, default: preset, doc, implemented: false, ...rest };
}

/** Names something built in, or modules by path. */
function code<const Name extends string, const Type extends 'string' | 'list'>(
  name: Name,
  type: Type,
  doc: string,
  check: NonNullable<ProducerSetting['check']>,
): Named<Name, Type> {
  return { name, type, default: type === 'string' ? null : '', doc, check, implemented: true };
}

const INT: readonly [number, number] = [0, INT_MAX];
const LONG: readonly [number, number] = [0, LONG_MAX];
const later: Rest = { implemented: false };
const noBuffers: Rest = {
  implemented: false,
  why: 'Node.js has no way to set socket buffers, so the operating system decides (in Java: -1)',
};
const noJava = "it names a Java class, and kbench's core is not Java";
const noMetrics = "kbench's core keeps its own counts and has no Java metrics";

const CORE = [
  {
    name: 'bootstrap.servers',
    type: 'list',
    default: null,
    implemented: true,
    doc: 'Brokers to begin with: host:port, ...',
  },
  {
    name: 'client.id',
    type: 'string',
    default: '',
    implemented: true,
    doc: "Name of this client in the broker's logs and quotas.",
  },
  whole(
    'bootstrap.resolve.timeout.ms',
    'ms',
    0,
    LONG,
    'How long names in bootstrap.servers are tried that DNS does not know. 0: once.',
    { since: '4.4' },
  ),
  {
    name: 'client.rack',
    type: 'string',
    default: '',
    implemented: true,
    since: '4.4',
    doc:
      'Where this client is, by the name that broker.rack has; ' +
      'partitioner.rack.aware goes by it.',
  },
  choice(
    'acks',
    'all',
    ['all', '-1', '0', '1'],
    'Who must have a record before it counts: nobody, the leader, all in-sync replicas.',
  ),
  whole(
    'batch.size',
    'bytes',
    16_384,
    INT,
    'Bytes at which a batch of one partition is full. 0: one record a batch.',
  ),
  whole('linger.ms', 'ms', 5, LONG, 'How long a batch waits for more records. 0 before Kafka 4.0.'),
  whole(
    'buffer.memory',
    'bytes',
    33_554_432,
    LONG,
    'Bytes of records that may wait to be sent or acknowledged.',
  ),
  choice(
    'buffer.memory.allocation.strategy',
    'full',
    ['full', 'incremental'],
    'What of buffer.memory a batch takes when it begins: a whole batch.size, or what it grows to.',
    {
      implemented: false,
      caseless: true,
      since: '4.4',
      why: "kbench's core reserves a whole batch.size for each batch, as full does",
    },
  ),
  whole(
    'max.request.size',
    'bytes',
    1_048_576,
    INT,
    'Largest produce request, and so the largest record, before compression.',
  ),
  whole(
    'max.block.ms',
    'ms',
    60_000,
    LONG,
    'How long a send may wait for metadata and for buffer.memory.',
  ),
  whole(
    'delivery.timeout.ms',
    'ms',
    120_000,
    INT,
    'From send to success or failure, retries included. At least linger.ms + request.timeout.ms.',
  ),
  whole('request.timeout.ms', 'ms', 30_000, INT, "How long a broker's answer may take."),
  whole('retries', 'int', INT_MAX, INT, 'How often a batch is sent again after a retriable error.'),
  whole(
    'retry.backoff.ms',
    'ms',
    100,
    LONG,
    'Wait before the first retry; doubles, with 20 % jitter.',
  ),
  whole('retry.backoff.max.ms', 'ms', 1_000, LONG, 'Longest wait before a retry.'),
  whole(
    'reconnect.backoff.ms',
    'ms',
    50,
    LONG,
    'Wait before the first reconnect; doubles, with 20 % jitter.',
  ),
  whole(
    'reconnect.backoff.max.ms',
    'ms',
    1_000,
    LONG,
    'Longest wait before a reconnect. Without it, reconnect.backoff.ms alone is a fixed wait.',
  ),
  whole(
    'socket.connection.setup.timeout.ms',
    'ms',
    10_000,
    LONG,
    'How long a connection may take to be made; doubles with each failure.',
  ),
  whole(
    'socket.connection.setup.timeout.max.ms',
    'ms',
    30_000,
    LONG,
    'Longest time that a connection may take to be made.',
  ),
  whole(
    'connections.max.idle.ms',
    'ms',
    540_000,
    [-1, LONG_MAX],
    'Idle connections are closed after it; -1: never.',
  ),
  whole('metadata.max.age.ms', 'ms', 300_000, LONG, 'Metadata older than this is fetched again.'),
  whole(
    'metadata.max.idle.ms',
    'ms',
    300_000,
    [5_000, LONG_MAX],
    'A topic not produced to for this long is forgotten.',
  ),
  whole(
    'max.in.flight.requests.per.connection',
    'int',
    5,
    [1, INT_MAX],
    'Unanswered requests a connection. More than 1 without idempotence may reorder on retries.',
  ),
  flag('enable.idempotence', true, 'No duplicates, no reordering on retries.'),
  choice('compression.type', 'none', CODECS, 'Codec of whole batches.'),
  whole(
    'compression.gzip.level',
    'int',
    -1,
    [-1, 9],
    'Level of gzip: 1 to 9, or -1 for its default (6).',
    {
      except: [0],
    },
  ),
  whole(
    'compression.lz4.level',
    'int',
    9,
    [1, 17],
    "Level of lz4. 9 is LZ4's fast compressor, with the very bytes of Java's; " +
      "the others search 2^(level-1) candidates, with sizes near Java's.",
  ),
  whole('compression.zstd.level', 'int', 3, [-131_072, 22], 'Level of zstd; below 0 faster still.'),
  flag(
    'partitioner.adaptive.partitioning.enable',
    true,
    'Records without key go more to partitions that drain faster.',
  ),
  whole(
    'partitioner.availability.timeout.ms',
    'ms',
    0,
    LONG,
    'Partitions whose broker takes nothing for this long are left out. 0: never.',
  ),
  flag('partitioner.ignore.keys', false, 'Choose the partition as if records had no key.'),
  flag(
    'partitioner.rack.aware',
    false,
    'Records without key go to partitions whose leader is in client.rack, while there are any.',
    { since: '4.4' },
  ),
  whole('send.buffer.bytes', 'bytes', 131_072, [-1, INT_MAX], 'SO_SNDBUF of each connection.', {
    ...noBuffers,
    accepts: [131_072, -1],
  }),
  whole('receive.buffer.bytes', 'bytes', 32_768, [-1, INT_MAX], 'SO_RCVBUF of each connection.', {
    ...noBuffers,
    accepts: [32_768, -1],
  }),
  choice(
    'client.dns.lookup',
    'use_all_dns_ips',
    ['use_all_dns_ips', 'resolve_canonical_bootstrap_servers_only'],
    'Which addresses of a name are tried.',
  ),
  choice(
    'metadata.recovery.strategy',
    'rebootstrap',
    ['rebootstrap', 'none'],
    'What to do when no known broker is there.',
    { caseless: true },
  ),
  whole(
    'metadata.recovery.rebootstrap.trigger.ms',
    'ms',
    300_000,
    LONG,
    'Time without metadata after which to bootstrap again.',
    { since: '4.0' },
  ),
  flag(
    'metadata.cluster.check.enable',
    true,
    'Tell brokers of which cluster and node they should be; ' +
      'with metadata.recovery.strategy none never.',
    { since: '4.4' },
  ),
  whole('transaction.timeout.ms', 'ms', 60_000, INT, 'How long a transaction may stay open.'),
  {
    name: 'transactional.id',
    type: 'string',
    default: null,
    implemented: true,
    doc: 'Makes the producer transactional.',
  },
  flag(
    'transaction.two.phase.commit.enable',
    false,
    'Transactions of an outer coordinator, which never expire. As in Java 4.4.0: ' +
      'checked, but not told to brokers yet.',
    { since: '4.1' },
  ),
  code(
    'key.serializer',
    'string',
    "Turns keys into bytes: one of Java's by name, or a module by path.",
    serializerRefusal,
  ),
  code(
    'value.serializer',
    'string',
    "Turns values into bytes: one of Java's by name, or a module by path.",
    serializerRefusal,
  ),
  code(
    'partitioner.class',
    'string',
    'Chooses partitions: RoundRobinPartitioner, or a module by path.',
    partitionerRefusal,
  ),
  code(
    'interceptor.classes',
    'list',
    'Modules, by path, that see each record and its outcome.',
    interceptorRefusal,
  ),
  other(
    'metric.reporters',
    'list',
    'org.apache.kafka.common.metrics.JmxReporter',
    'Java classes that report metrics.',
    { why: noMetrics },
  ),
  whole('metrics.num.samples', 'int', 2, [1, INT_MAX], 'Samples of a metric.', {
    ...later,
    why: noMetrics,
  }),
  whole('metrics.sample.window.ms', 'ms', 30_000, LONG, 'Window of a sample.', {
    ...later,
    why: noMetrics,
  }),
  choice('metrics.recording.level', 'INFO', ['INFO', 'DEBUG', 'TRACE'], 'Detail of metrics.', {
    ...later,
    why: noMetrics,
  }),
  flag('enable.metrics.push', true, "Send the client's metrics to the cluster (KIP-714).", {
    implemented: false,
    accepts: [false],
  }),
  other('config.providers', 'list', '', 'Java classes that look up configuration values.', {
    why: noJava,
    since: '4.2',
  }),
  choice(
    'security.protocol',
    'PLAINTEXT',
    ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'],
    'How brokers are talked to.',
    { caseless: true },
  ),
  other('security.providers', 'string', null, "Java's security providers.", { why: noJava }),
] as const satisfies readonly ProducerSetting[];

/** Any row of the table, name and type known to TypeScript. */
export type SettingRow = (typeof CORE)[number] | SecurityRow;

/** Every setting of Java's producer by name, in the order in which help shows them. */
export const PRODUCER_SETTINGS: ReadonlyMap<string, ProducerSetting> = new Map(
  [...CORE, ...SECURITY_SETTINGS].map((setting: ProducerSetting) => {
    const since = setting.since === undefined ? '' : ` Since Kafka ${setting.since}.`;
    return [setting.name, { ...setting, doc: setting.doc + since }];
  }),
);
