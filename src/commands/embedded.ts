// `kbench embedded`: the embedded cluster in the foreground, for any Kafka client to be pointed at.
// Called by main; parses, starts, prints, waits for a signal. What the cluster can do is decided in
// src/targets/embedded/.
import type { Argv, CommandModule } from 'yargs';
import { ConfigurationError } from '../base/errors.js';
import { toStdout } from '../base/terminal.js';
import { awaitSignal } from './await-signal.js';
import type { Hosts } from '../targets/embedded/hosts.js';
import {
  examples,
  NUMBER,
  paragraphs,
  SWITCH,
  WORD,
  WORDS,
  type Example,
} from './options/help-text.js';
import type { EmbeddedClusterOptions, TopicOptions } from '../targets/embedded/options.js';

export interface EmbeddedArguments {
  readonly port: number;
  readonly brokers: number;
  readonly host: string;
  readonly advertise?: string | undefined;
  readonly topic?: readonly string[] | undefined;
  readonly retention: string;
  readonly 'replication-delay': string;
  readonly 'auto-create': boolean;
  readonly 'transaction-version': number;
}

const ADDRESSES = {
  port: {
    ...NUMBER,
    default: 9092,
    describe: 'port of the first broker; the others follow. 0: free ports',
  },
  brokers: { ...NUMBER, default: 3, describe: 'how many, 1 to 100' },
  host: {
    ...WORD,
    default: '127.0.0.1',
    describe: 'address to listen on; 0.0.0.0 or :: for every address of this machine',
  },
  advertise: {
    ...WORD,
    describe:
      'host that clients are told to connect to. Left out: --host; where that is 0.0.0.0 or ::, ' +
      'the first address of this machine that others can reach',
  },
} as const;

const TOPICS = {
  topic: {
    ...WORDS,
    describe:
      'a topic to start with: name:partitions[:replication] (repeatable; ' +
      'replication 1 if left out)',
  },
  retention: {
    ...WORD,
    default: '64MiB',
    describe: 'bytes of records kept per partition',
  },
  'replication-delay': {
    ...WORD,
    default: '0.5ms',
    describe: 'how long acks=all waits where a partition has more than one in-sync replica',
  },
  'auto-create': {
    ...SWITCH,
    describe: 'create unknown topics when a client asks for their metadata',
  },
} as const;

const FEATURES = {
  'transaction-version': {
    ...NUMBER,
    default: 2,
    describe:
      'level of the feature transaction.version, 0 to 2: how producers end transactions (KIP-890)',
  },
} as const;

const EXAMPLES: readonly Example[] = [
  ['kbench embedded', 'three brokers on 127.0.0.1:9092 to 9094'],
  ['kbench embedded --topic orders:6:3 --topic logs:1', 'with topics to start with'],
  [
    'kbench embedded --port 19092 --brokers 1 --auto-create',
    'one broker that creates what is asked for',
  ],
  ['kbench embedded --topic t:6:3 --replication-delay 2ms', 'slower followers'],
  [
    'kbench embedded --host 0.0.0.0 --advertise bench-1.example.org',
    'for clients on other machines',
  ],
];

const EPILOGUE = paragraphs(`\
Records are kept in memory only: the newest --retention bytes of each partition. There are no
ACLs, TLS or SASL, and no consumer groups: a consumer in one is refused (INVALID_REQUEST) and named
in the log; partitions can be read. Its speed says nothing about Kafka's.

Exit codes: 0 ended by Ctrl-C, SIGTERM or SIGHUP; 104 bad options; 107 a port is in use, or the
cluster failed.`);

function options(yargs: Argv): Argv<EmbeddedArguments> {
  return yargs
    .options(ADDRESSES)
    .options(TOPICS)
    .options(FEATURES)
    .epilogue(examples(EXAMPLES))
    .epilogue(EPILOGUE);
}

export const embeddedCommand: CommandModule<object, EmbeddedArguments> = {
  command: 'embedded',
  describe: 'Run the embedded cluster in the foreground, for any Kafka client',
  builder: options,
  handler: async (args) => {
    // Everything heavy is loaded here, so that --help stays quick.
    const { parseBytes, parseMs } = await import('../base/units.js');
    const { startEmbeddedCluster } = await import('../targets/embedded/embedded-cluster.js');
    const { resolveHosts } = await import('../targets/embedded/hosts.js');
    const hosts = resolveHosts(args.host, args.advertise);
    const wanted: EmbeddedClusterOptions = {
      brokers: args.brokers,
      ports: args.port,
      ...hosts,
      topics: (args.topic ?? []).map(parseTopic),
      retentionBytesPerPartition: valueOf('--retention', parseBytes(args.retention)),
      replicationDelayMs: valueOf(
        '--replication-delay',
        parseMs(args['replication-delay'], 'plain-is-ms'),
      ),
      autoCreateTopics: args['auto-create'],
      transactionVersion: args['transaction-version'],
    };
    const cluster = await startEmbeddedCluster(wanted);
    const signal = awaitSignal();
    try {
      toStdout(welcome(cluster.bootstrap, wanted, hosts, args.advertise !== undefined));
      const failed = new Promise<never>((_, reject) => {
        cluster.onFatal(reject);
      });
      await Promise.race([signal.received, failed]);
    } finally {
      signal.release();
      await cluster.close();
    }
  },
};

/** `name:partitions[:replication]`. Throws ConfigurationError. */
function parseTopic(text: string): TopicOptions {
  const match = /^([^:]+):(\d{1,6})(?::(\d{1,3}))?$/.exec(text);
  if (match === null) {
    throw new ConfigurationError(
      `--topic ${text} is not name:partitions[:replication]`,
      'write for example --topic orders:6 or --topic orders:6:3',
    );
  }
  const [, name, partitions, replication] = match as unknown as [
    string,
    string,
    string,
    string | undefined,
  ];
  return { name, partitions: Number(partitions), replicationFactor: Number(replication ?? 1) };
}

type Parsed =
  | { readonly ok: true; readonly value: number }
  | { readonly ok: false; readonly message: string; readonly remedy: string };

function valueOf(option: string, parsed: Parsed): number {
  if (parsed.ok) return parsed.value;
  throw new ConfigurationError(`${option}: ${parsed.message}`, parsed.remedy);
}

function welcome(
  bootstrap: readonly string[],
  { brokers, topics = [], autoCreateTopics }: EmbeddedClusterOptions,
  { host, advertise }: Hosts,
  given: boolean,
): string {
  const servers = bootstrap.join(',');
  const listening = `${host}, advertised as ${advertise}${whyAdvertised(host, advertise, given)}`;
  const named = topics.map(
    ({ name, partitions, replicationFactor }) =>
      `${name} (${partitions} x ${replicationFactor ?? 1})`,
  );
  const first = topics[0]?.name ?? 'TOPIC';
  const whichTopics =
    named.length > 0
      ? `topics, partitions x replicas: ${named.join(', ')}`
      : autoCreateTopics === true
        ? 'topics are created as clients ask for them'
        : 'no topics yet: create them with any admin client, ' +
          'or start with --topic name:partitions or --auto-create';
  return [
    `bootstrap.servers=${servers}`,
    `${brokers} embedded broker${brokers === 1 ? '' : 's'} listening on ${listening}`,
    whichTopics,
    '',
    `  kbench run sweep.yaml --bootstrap ${servers}`,
    `  kafka-producer-perf-test.sh --bootstrap-server ${servers} --topic ${first} ` +
      '--num-records 100000 --record-size 100 --throughput -1',
    `  kafka-console-consumer.sh --bootstrap-server ${servers} --topic ${first} --partition 0 ` +
      '--offset earliest',
    '',
    'Ctrl-C ends it and frees the ports.',
    '',
  ].join('\n');
}

/** Where the advertised host comes from, in brackets; empty where it is plain. */
function whyAdvertised(host: string, advertise: string, given: boolean): string {
  if (given) return ' (--advertise)';
  if (host !== advertise) {
    return advertise === '127.0.0.1'
      ? ', as this machine has no other address (--advertise names one)'
      : ', the first address that others can reach (--advertise names another)';
  }
  return /^(?:127\.|::1$|localhost$)/.test(host)
    ? ' (for this machine alone; --host 0.0.0.0 for others)'
    : '';
}
