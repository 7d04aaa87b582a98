// `kbench doctor [HOST:PORT..]`: what is wrong between this machine and a cluster, with cause and
// remedy. Called by main; parses, examines (src/targets/external/doctor/), prints, decides the exit
// code.
import type { ArgumentsCamelCase, Argv, CommandModule } from 'yargs';
import { ConfigurationError, EXIT, KbenchError, StoppedError } from '../base/errors.js';
import { printable } from '../base/printable.js';
import { productToStdout, stdoutView, toStderr, toStdout } from '../base/terminal.js';
import { listenForInterrupt, STOP_LIMIT_MS, type Interrupt } from '../session/interrupt.js';
import { examples, paragraphs, type Example } from './options/help-text.js';
import type { Verdict } from '../targets/external/doctor/examination.js';
import type { SettingsPlace } from '../targets/external/doctor/remedies.js';

export interface DoctorArguments {
  readonly address?: readonly string[] | undefined;
  readonly config?: string | undefined;
  readonly write: boolean;
  readonly timeout: string;
  readonly quiet: boolean;
  readonly json: boolean;
}

const EPILOGUE = `
It goes the way of a client, step by step: name, connection, TLS, SASL, ApiVersions, metadata; then
every broker at the address that it advertises, leaders and in-sync replicas of all topics, round
trips; and writes a few records (acks=all) to a topic of its own, kbench-doctor-*, reads them back,
holds the brokers' clocks against this machine's, and deletes the topic, also on Ctrl-C. --no-write
leaves that out: then nothing is changed on the cluster. Findings have a cause and a remedy:
docs/doctor.md.

Progress goes to stderr, the result to stdout.

Exit codes: 0 no problem (warnings may be there); 99 a problem was found; 104 bad options or
configuration; 105 stopped by Ctrl-C; 107 no Kafka broker can be reached at all.`;

const EXAMPLES: readonly Example[] = [
  ['kbench doctor localhost:9092', 'a cluster without security'],
  ['kbench doctor kafka-1:9093 --config client.properties', 'as Java’s clients get in'],
  ['kbench doctor --config sweep.yaml', 'the target of a sweep'],
  ['kbench doctor kafka-1:9092 kafka-2:9092 --no-write', 'changes nothing'],
  ['kbench doctor localhost:9092 --json > doctor.json', 'for scripts'],
];

const EXIT_OF = {
  ok: EXIT.ok,
  warning: EXIT.ok,
  problem: EXIT.gateFailed,
  unreachable: EXIT.runFailed,
} as const satisfies Readonly<Record<Verdict, number>>;

const COLUMNS = { least: 60, most: 100, default: 80 } as const;
const TIMEOUT_MS = { least: 100, most: 120_000 } as const;

function options(yargs: Argv): Argv<DoctorArguments> {
  return yargs
    .positional('address', {
      type: 'string',
      array: true,
      describe: 'host:port of one or more brokers; may be left out where --config has them',
    })
    .option('config', {
      type: 'string',
      requiresArg: true,
      describe: 'security and addresses: a file of Java’s clients, or a sweep.yaml (its target)',
    })
    .option('write', {
      type: 'boolean',
      default: true,
      describe: 'write and read records in a topic of its own; --no-write leaves it out',
    })
    .option('timeout', {
      type: 'string',
      requiresArg: true,
      default: '5s',
      describe: 'limit of each connection and of each answer',
    })
    .option('quiet', { type: 'boolean', default: false, describe: 'no progress' })
    .option('json', { type: 'boolean', default: false, describe: 'the result as JSON' })
    .epilogue(`${examples(EXAMPLES)}\n${paragraphs(EPILOGUE)}`);
}

export const doctorCommand: CommandModule<object, DoctorArguments> = {
  command: 'doctor [address..]',
  describe: 'Find out why a cluster cannot be used from here, or how well it can',
  builder: options,
  handler: async (args) => {
    const interrupt = listenForInterrupt({ onOverdue: tellOverdue });
    try {
      process.exitCode = await examineAndPrint(args, interrupt);
    } catch (error) {
      if (interrupt.signal.aborted && error instanceof KbenchError)
        throw new StoppedError(error.message, error.remedy, { cause: error });
      throw error;
    } finally {
      interrupt.release();
    }
  },
};

async function examineAndPrint(
  args: ArgumentsCamelCase<DoctorArguments>,
  { signal }: Interrupt,
): Promise<number> {
  // Everything heavy is loaded here, so that --help stays quick.
  const [{ examine }, { openAccess, securityLabel }, { kafkaAdmin }] = await Promise.all([
    import('../targets/external/doctor/doctor.js'),
    import('../targets/external/access.js'),
    import('../session/topics/kafka-admin.js'),
  ]);
  const timeoutMs = await readTimeout(args.timeout);
  const { bootstrap, security, place } = await readTargetOf(args, signal);
  const access = await openAccess(security, signal);
  try {
    const examination = await examine({
      ...{ addresses: bootstrap, security, place },
      securityLabel: securityLabel(security),
      way: { access, timeoutMs, stop: signal },
      topics: args.write ? kafkaAdmin(bootstrap, access, { stop: signal }) : null,
      tell: args.quiet ? () => undefined : (what) => toStderr(`kbench doctor: ${what}\n`),
    });
    if (args.json) {
      const { harmlessJson } = await import('../report/text/escape-controls.js');
      productToStdout(`${harmlessJson(examination, 2)}\n`);
    } else {
      const { examinationText } = await import('./doctor/print-doctor.js');
      toStdout(examinationText(examination, columnsOf()));
    }
    return EXIT_OF[examination.verdict];
  } finally {
    access.close();
  }
}

async function readTargetOf(
  { address = [], config }: DoctorArguments,
  stop: AbortSignal,
): Promise<{
  readonly bootstrap: readonly string[];
  readonly security: Readonly<Record<string, string>>;
  readonly place: SettingsPlace;
}> {
  const addresses = address.flatMap((each) => each.split(',')).map((each) => each.trim());
  if (addresses.length === 0 && config === undefined)
    throw new ConfigurationError(
      'there is no cluster to look at',
      'write kbench doctor HOST:PORT, or kbench doctor --config client.properties',
    );
  const { isAddress } = await import('../connect/index.js');
  const wrong = addresses.find((each) => !isAddress(each));
  if (wrong !== undefined)
    throw new ConfigurationError(
      `${printable(wrong, 100)} is not host:port`,
      'write host:port with a port from 1 to 65535, IPv6 as [::1]:9092',
    );
  const { isSweepFile, readClientTarget } = await import('../plan/target/client-target.js');
  const { bootstrap, security, warnings } = await readClientTarget(config, addresses, stop);
  for (const { message, remedy } of warnings)
    toStderr(`warning: ${printable(message)}\n  -> ${printable(remedy ?? '')}\n`);
  const place =
    config === undefined
      ? 'a client.properties, and give it with --config'
      : isSweepFile(config)
        ? `target.security of ${config}`
        : config;
  return { bootstrap, security, place };
}

async function readTimeout(text: string): Promise<number> {
  const { parseMs } = await import('../base/units.js');
  const parsed = parseMs(text, 'unit-required');
  const { least, most } = TIMEOUT_MS;
  if (parsed.ok && parsed.value >= least && parsed.value <= most) return parsed.value;
  throw new ConfigurationError(
    `--timeout: ${parsed.ok ? `${text} is not within 100ms and 2m` : parsed.message}`,
    'write it with its unit: --timeout 5s',
  );
}

function columnsOf(): number {
  const { isTTY, columns } = stdoutView();
  const { least, most } = COLUMNS;
  return isTTY ? Math.min(most, Math.max(least, columns)) : COLUMNS.default;
}

function tellOverdue(): void {
  toStderr(
    `kbench: ended ${STOP_LIMIT_MS / 1000} s after the stop with something still under way; ` +
      'a topic kbench-doctor-* may be left\n',
  );
}
