// `kbench cluster up | status | down`: an Apache Kafka of one's own that stands until it is taken
// down. Called by main; parses, calls src/targets/kafka/standing/, prints.
import type { Argv, CommandModule } from 'yargs';
import { examples, paragraphs, type Example } from './options/help-text.js';
import { ConfigurationError, RunError } from '../base/errors.js';
import { toStderr, toStdout } from '../base/terminal.js';
import { listenForInterrupt } from '../session/interrupt.js';
import {
  DEFAULT_KAFKA_VERSION,
  KAFKA_MODES,
  KAFKA_SECURITIES,
  MAX_KAFKA_BROKERS,
  OWN_PROPERTIES,
  versionProblem,
  ZOOKEEPER_COUNTS,
  type KafkaMode,
  type KafkaSecurity,
} from '../targets/kafka/kafka-rules.js';
import type { FromSupervisor, StandingOptions } from '../targets/kafka/standing/supervise.js';
import { awaitSignal } from './await-signal.js';
import { downText, statusJson, statusText, upJson, upText } from './cluster-text.js';

interface UpArguments {
  readonly name: string;
  readonly version: string;
  readonly brokers: number;
  readonly mode: string;
  readonly zookeepers?: number | undefined;
  readonly security: string;
  readonly racks: boolean;
  readonly config?: readonly string[] | undefined;
  readonly port?: number | undefined;
  readonly json: boolean;
}

const UP_EPILOGUE = `
The cluster stands until kbench cluster down, also when this terminal is closed; its data goes with
it. It needs Java (17 for Kafka 4.x) and, the first time a version is used, Apache Maven, which
fetches its jars.

Exit codes: 0 it is up; 104 bad options; 105 stopped by Ctrl-C, nothing is left; 107 it could not be
started: the reason, and the broker's own words.`;

const UP_EXAMPLES: readonly Example[] = [
  ['kbench cluster up', `one broker of Kafka ${DEFAULT_KAFKA_VERSION} on a free port`],
  ['kbench cluster up --brokers 3 --port 9092', 'on 127.0.0.1:9092 to 9094'],
  ['kbench cluster up --security sasl --config num.io.threads=2', 'TLS, a user, a setting'],
  [
    'kbench cluster up --name old --version 3.9.1 --mode zookeeper --zookeepers 3',
    'ZooKeeper, beside another one',
  ],
];
const STATUS_EXAMPLES: readonly Example[] = [
  ['kbench cluster status', 'all that stand'],
  ['kbench cluster status --json', 'for scripts'],
];
const DOWN_EXAMPLES: readonly Example[] = [
  ['kbench cluster down', 'the only one'],
  ['kbench cluster down --all', 'all of them'],
];

const NAME_OPTION = {
  type: 'string',
  default: 'kafka',
  requiresArg: true,
  describe: 'which one, where there are several',
} as const;
const JSON_OPTION = { type: 'boolean', default: false, describe: 'for scripts' } as const;

function upOptions(yargs: Argv): Argv<UpArguments> {
  return yargs
    .version(false)
    .option('name', NAME_OPTION)
    .option('version', {
      ...{ type: 'string', requiresArg: true, default: DEFAULT_KAFKA_VERSION },
      describe: 'a release of Apache Kafka, all three parts',
    })
    .option('brokers', {
      ...{ type: 'number', requiresArg: true, default: 1 },
      describe: `how many, 1 to ${MAX_KAFKA_BROKERS}`,
    })
    .option('mode', {
      ...{ type: 'string', requiresArg: true, default: 'kraft' },
      describe: `${KAFKA_MODES.join(' or ')} (on the 3.x line)`,
    })
    .option('zookeepers', {
      ...{ type: 'number', requiresArg: true, defaultDescription: '1' },
      describe: 'with --mode zookeeper: 1 or 3',
    })
    .option('security', {
      ...{ type: 'string', requiresArg: true, default: 'plaintext' },
      describe: `${KAFKA_SECURITIES.join(', ')} (SASL/PLAIN over TLS); keys are made on the spot`,
    })
    .option('racks', {
      ...{ type: 'boolean', default: false },
      describe: 'each broker in a rack of its own',
    })
    .option('config', {
      ...{ type: 'string', array: true, nargs: 1 },
      describe: 'a setting of every broker, name=value (repeatable)',
    })
    .option('port', {
      ...{ type: 'number', requiresArg: true, defaultDescription: 'free ports' },
      describe: 'port of the first broker; the others follow',
    })
    .option('json', JSON_OPTION)
    .epilogue(examples(UP_EXAMPLES))
    .epilogue(paragraphs(UP_EPILOGUE));
}

const upCommand: CommandModule<object, UpArguments> = {
  command: 'up',
  describe: 'Start an Apache Kafka that stands until it is taken down',
  builder: upOptions,
  handler: async (args) => {
    const options = await readOptions(args);
    const { standUp } = await import('../targets/kafka/standing/stand-up.js');
    const interrupt = listenForInterrupt({ onOverdue: () => undefined });
    const startedMs = performance.now();
    try {
      const cluster = await standUp({
        options,
        command: [process.execPath, process.argv[1], 'cluster', 'supervise'],
        signal: interrupt.signal,
        onProgress: (line) => toStderr(`${line}\n`),
      });
      const seconds = (performance.now() - startedMs) / 1000;
      toStdout(args.json ? upJson(cluster) : upText(cluster, seconds));
    } finally {
      interrupt.release();
    }
  },
};

/** Throws ConfigurationError for what no cluster can be. */
async function readOptions(args: UpArguments): Promise<StandingOptions> {
  const { isClusterName } = await import('../targets/kafka/standing/standing-state.js');
  const { name, version, brokers, racks, port } = args;
  if (!isClusterName(name))
    throw bad(`--name ${name} is no name of a cluster`, 'use letters, digits, dots, hyphens');
  if (!Number.isInteger(brokers) || brokers < 1 || brokers > MAX_KAFKA_BROKERS)
    throw bad(`--brokers ${brokers} is not 1 to ${MAX_KAFKA_BROKERS}`, 'write e.g. --brokers 3');
  const mode = oneOf('--mode', KAFKA_MODES, args.mode);
  const security = oneOf('--security', KAFKA_SECURITIES, args.security);
  const broken = versionProblem(version, mode);
  if (broken !== null)
    throw bad(broken.message, broken.remedy.replaceAll('version: ', '--version '));
  if (port !== undefined && (!Number.isInteger(port) || port < 1 || port > 65_535))
    throw bad(`--port ${port} is no port`, 'write a port from 1 to 65535');
  return {
    ...{ name, version, brokers, mode, security, racks, port },
    ...zookeepersOf(args.zookeepers, mode),
    brokerConfig: Object.fromEntries((args.config ?? []).map(settingOf)),
  };
}

function zookeepersOf(count: number | undefined, mode: KafkaMode): { zookeepers?: number } {
  if (count === undefined) return {};
  if (mode !== 'zookeeper')
    throw bad('--zookeepers is for --mode zookeeper', 'leave it out, or write --mode zookeeper');
  if (ZOOKEEPER_COUNTS.every((each) => each !== count))
    throw bad(`--zookeepers ${count} is neither 1 nor 3`, 'write --zookeepers 1 or 3');
  return { zookeepers: count };
}

function settingOf(text: string): readonly [string, string] {
  const [, name, value] = /^([\w.-]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw bad(`--config ${text} is not name=value`, 'write e.g. --config num.io.threads=8');
  if (OWN_PROPERTIES.has(name))
    throw bad(
      `--config ${name}: that is kbench's own to say, as it must find its brokers`,
      'leave it out; --mode, --security, --port and --racks say what may be chosen',
    );
  return [name, value];
}

function oneOf<T extends KafkaMode | KafkaSecurity>(
  option: string,
  values: readonly T[],
  given: string,
): T {
  const value = values.find((each) => each === given);
  if (value === undefined)
    throw bad(
      `${option} ${given} is not one of ${values.join(', ')}`,
      `write ${values.join(' or ')}`,
    );
  return value;
}

const bad = (message: string, remedy: string): ConfigurationError =>
  new ConfigurationError(message, remedy);

const statusCommand: CommandModule<object, { readonly json: boolean }> = {
  command: 'status',
  describe: 'Which clusters stand, where, and which of their brokers answer',
  builder: (yargs) =>
    yargs
      .option('json', JSON_OPTION)
      .epilogue(examples(STATUS_EXAMPLES))
      .epilogue('Exit codes: 0, whether or not one stands; 107 its files cannot be read.'),
  handler: async ({ json }) => {
    const { cleanUpDeadRuns } = await import('../targets/kafka/processes/clean-up.js');
    const { standingHealth } = await import('../targets/kafka/standing/standing-health.js');
    const { standingClusters } = await import('../targets/kafka/standing/standing-state.js');
    cleanUpDeadRuns();
    const health = await Promise.all(standingClusters().map(standingHealth));
    toStdout(json ? statusJson(health) : statusText(health));
  },
};

const downCommand: CommandModule<
  object,
  { readonly name?: string | undefined; readonly all: boolean; readonly json: boolean }
> = {
  command: 'down',
  describe: 'End a cluster that stands; its data goes with it',
  builder: (yargs) =>
    yargs
      .option('name', {
        ...{ type: 'string', requiresArg: true, defaultDescription: 'the only one' },
        describe: NAME_OPTION.describe,
      })
      .option('all', { type: 'boolean', default: false, describe: 'all that stand' })
      .option('json', JSON_OPTION)
      .epilogue(examples(DOWN_EXAMPLES))
      .epilogue('Exit codes: 0 ended; 104 which one?; 107 there is none by this name.'),
  handler: async ({ name, all, json }) => {
    const { standingClusters } = await import('../targets/kafka/standing/standing-state.js');
    const { takeDown } = await import('../targets/kafka/standing/stand-up.js');
    const standing = standingClusters();
    const chosen = standing.filter((each) => all || name === undefined || each.name === name);
    if (chosen.length === 0 && !all)
      throw new RunError(
        name === undefined ? 'no cluster stands' : `no cluster ${name} stands`,
        'Run `kbench cluster status` to see which do.',
      );
    if (chosen.length > 1 && !all)
      throw bad(
        `${chosen.length} clusters stand: ${chosen.map((each) => each.name).join(', ')}`,
        'name one with --name, or write --all',
      );
    await Promise.all(chosen.map(takeDown));
    toStdout(downText(chosen, json));
  },
};

/** Not for people: what `up` leaves behind, with its options as JSON. */
const superviseCommand: CommandModule<object, { readonly options: string }> = {
  command: 'supervise <options>',
  describe: false,
  builder: (yargs) => yargs.positional('options', { type: 'string', demandOption: true }),
  handler: async ({ options }) => {
    const { failureOf, supervise } = await import('../targets/kafka/standing/supervise.js');
    const signal = awaitSignal();
    let isUp = false;
    // A starter that goes before the cluster is up has changed its mind, or was killed.
    const left = new Promise<void>((resolve) => {
      process.once('disconnect', () => {
        if (!isUp) resolve();
      });
    });
    const tell = (message: FromSupervisor): void => {
      isUp ||= message.kind === 'up';
      if (process.connected) process.send?.(message, undefined, {}, () => undefined);
    };
    const log = (line: string): void => toStdout(`${new Date().toISOString()} ${line}\n`);
    try {
      await supervise({
        options: JSON.parse(options) as StandingOptions,
        asked: Promise.race([signal.received, left]),
        ...{ tell, log },
      });
    } catch (error) {
      tell(failureOf(error));
      throw error;
    } finally {
      signal.release();
      if (process.connected) process.disconnect();
    }
  },
};

const EXAMPLES: readonly Example[] = [
  ['kbench cluster up --brokers 3 --port 9092', 'three brokers of the newest Kafka'],
  ['kbench cluster status', 'which stand, and where'],
  ['kbench cluster down', 'ends the one that stands; its data goes with it'],
];

/** Those for people. */
export const CLUSTER_COMMANDS = [upCommand, statusCommand, downCommand] as const;

export const clusterCommand: CommandModule = {
  command: 'cluster <command>',
  describe: 'An Apache Kafka of your own on this machine: up, status, down',
  builder: (yargs) =>
    yargs
      .command(upCommand)
      .command(statusCommand)
      .command(downCommand)
      .command(superviseCommand)
      .demandCommand(1, 'name a command: up, status or down')
      .recommendCommands()
      .epilogue(examples(EXAMPLES)),
  handler: () => undefined,
};
