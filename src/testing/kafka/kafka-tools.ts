// Kafka's own command line tools, run as they come: the independent witness of what a broker holds.
// Called by tests and benchmarks. Every run has a time limit (a Java tool may hang for ever without
// a word) and is ended with kbench.
import { randomBytes } from 'node:crypto';
import { RunError } from '../../base/errors.js';
import { runToEnd } from '../../targets/kafka/processes/child-process.js';
import { javaCommand } from '../../targets/kafka/java.js';
import { toolJvmOptions } from '../../targets/kafka/kafka-config.js';
import { DEFAULT_KAFKA_VERSION } from '../../targets/kafka/kafka-cluster.js';
import { requireKafkaJars } from '../../targets/kafka/kafka-jars.js';

export interface KafkaToolOptions {
  readonly timeoutMs: number;
  /** Release of the tool, not of the broker. Default DEFAULT_KAFKA_VERSION. */
  readonly version?: string;
  /** Options of the JVM in place of those of a short-lived tool. */
  readonly jvmOptions?: readonly string[];
  readonly maxOutputBytes?: number;
}

export interface KafkaToolResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly stdoutBytes: Buffer;
}

/**
 * Runs a Java main class of Kafka's jars. Rejects (RunError) when it cannot start, is killed or
 * does not end in time.
 */
export async function runKafkaTool(
  mainClass: string,
  args: readonly string[],
  options: KafkaToolOptions,
): Promise<KafkaToolResult> {
  const jars = await requireKafkaJars(options.version ?? DEFAULT_KAFKA_VERSION);
  // Log4j's own default would write to stdout, among the results; the tools tell their errors
  // themselves.
  const jvm = [
    ...(options.jvmOptions ?? toolJvmOptions),
    '-Dlog4j2.level=OFF',
    '-cp',
    jars.classPath,
  ];
  const { timeoutMs, maxOutputBytes } = options;
  const limits = maxOutputBytes === undefined ? { timeoutMs } : { timeoutMs, maxOutputBytes };
  const run = await runToEnd(javaCommand(), [...jvm, mainClass, ...args], limits);
  const name = mainClass.slice(mainClass.lastIndexOf('.') + 1);
  if (run.timedOut)
    throw new RunError(`Kafka’s ${name} did not end within ${timeoutMs / 1000} s${lastWords(run)}`);
  if (run.code === null) throw new RunError(`Kafka’s ${name} could not run${lastWords(run)}`);
  if (run.truncated) throw new RunError(`Kafka’s ${name} wrote more than its caller would take`);
  return { code: run.code, stdout: run.stdout, stderr: run.stderr, stdoutBytes: run.stdoutBytes };
}

/**
 * End offset (the next record's) of each partition of a topic, as Kafka's GetOffsetShell tells.
 * RunError if there is no such topic.
 */
export async function endOffsets(
  bootstrap: string,
  topic: string,
  options: KafkaToolOptions = { timeoutMs: 60_000 },
): Promise<ReadonlyMap<number, number>> {
  const args = ['--bootstrap-server', bootstrap, '--topic-partitions', escapeRegex(topic)];
  const run = await runKafkaTool('org.apache.kafka.tools.GetOffsetShell', args, options);
  const offsets = new Map<number, number>();
  for (const line of run.stdout.split('\n')) {
    const match = /^(.+):(\d+):(\d+)\s*$/.exec(line);
    if (match?.[1] === topic) offsets.set(Number(match[2]), Number(match[3]));
  }
  if (run.code !== 0 || offsets.size === 0) {
    throw new RunError(
      `Kafka’s GetOffsetShell found no offsets of topic ${topic}${lastWords(run)}`,
    );
  }
  return offsets;
}

export interface ConsumedRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** What parts the output of Kafka's ConsoleConsumer. */
interface Separators {
  readonly field: string;
  readonly line: string;
  /** Stands for a key or value that is null. */
  readonly none: string;
}

/** Values are arbitrary bytes; 128 random bits do not occur in them. */
function separators(): Separators {
  const [field, line, none] = Array.from({ length: 3 }, () => randomBytes(16).toString('hex'));
  return { field, line, none };
}

type ConsumeOptions = KafkaToolOptions & { readonly isolation?: 'read_committed' };

/**
 * The first `count` records of a topic as Kafka's ConsoleConsumer reads them, byte for byte, in the
 * order of its reading (offsets ascend within a partition). RunError when there are fewer.
 */
export async function consumeRecords(
  bootstrap: string,
  topic: string,
  count: number,
  options: ConsumeOptions = { timeoutMs: 60_000 },
): Promise<ConsumedRecord[]> {
  const parts = separators();
  const args = [
    ...['--bootstrap-server', bootstrap, '--topic', topic],
    ...['--from-beginning', '--max-messages', String(count)],
    ...consumerArguments(parts, options),
  ];
  const main = isAtLeast(options.version ?? DEFAULT_KAFKA_VERSION, 3, 8)
    ? 'org.apache.kafka.tools.consumer.ConsoleConsumer'
    : 'kafka.tools.ConsoleConsumer';
  const run = await runKafkaTool(main, args, options);
  const records = split(run.stdoutBytes, parts.line).map((text) => consumedRecord(text, parts));
  if (records.length < count) {
    throw new RunError(
      `Kafka’s ConsoleConsumer read ${records.length} of ${count} records ` +
        `of ${topic}${lastWords(run)}`,
    );
  }
  return records;
}

function consumerArguments(
  { field, line, none }: Separators,
  { version = DEFAULT_KAFKA_VERSION, timeoutMs, isolation }: ConsumeOptions,
): string[] {
  // KIP-1147 renamed these options; the old names work up to 4.x.
  const renamed = isAtLeast(version, 4, 3);
  const formatter = {
    'print.partition': true,
    'print.offset': true,
    'print.key': true,
    'key.separator': field,
    'line.separator': line,
    'null.literal': none,
  };
  return [
    ...['--timeout-ms', String(Math.min(20_000, timeoutMs))],
    ...(isolation === undefined ? [] : ['--isolation-level', isolation]),
    ...[renamed ? '--command-property' : '--consumer-property', 'enable.auto.commit=false'],
    ...Object.entries(formatter).flatMap(([name, value]) => [
      renamed ? '--formatter-property' : '--property',
      `${name}=${value}`,
    ]),
  ];
}

function consumedRecord(text: Buffer, { field, none }: Separators): ConsumedRecord {
  const [partition, offset, key, value] = split(text, field, true) as (Buffer | undefined)[];
  if ([partition, offset, key, value].includes(undefined)) {
    const shown = text.toString('latin1', 0, 200);
    throw new RunError(`Kafka’s ConsoleConsumer wrote what kbench cannot read: ${shown}`);
  }
  const bytesOrNull = (bytes: Buffer) => (bytes.equals(Buffer.from(none)) ? null : bytes);
  return {
    partition: numberOf(partition!, 'Partition:'),
    offset: numberOf(offset!, 'Offset:'),
    key: bytesOrNull(key!),
    value: bytesOrNull(value!),
  };
}

/**
 * How many records of a topic's partition Java's consumer sees with isolation.level read_committed:
 * none of transactions that are open or aborted.
 */
export async function committedRecords(
  bootstrap: string,
  topic: string,
  partition: number,
  options: KafkaToolOptions = { timeoutMs: 60_000 },
): Promise<number> {
  const args = [
    ...[
      '--bootstrap-server',
      bootstrap,
      '--topic',
      topic,
      '--partition',
      String(partition),
      '--offset',
      'earliest',
    ],
    ...['--isolation-level', 'read_committed', '--timeout-ms', '4000'],
    ...['--formatter-property', 'print.value=false', '--formatter-property', 'print.offset=true'],
  ];
  const run = await runKafkaTool('org.apache.kafka.tools.consumer.ConsoleConsumer', args, options);
  return run.stdout.split('\n').filter((line) => /^Offset:\d+\s*$/.test(line)).length;
}

/** The parts that the separator ends; with `rest` also what follows the last one. */
function split(bytes: Buffer, separator: string, rest = false): Buffer[] {
  const parts: Buffer[] = [];
  let from = 0;
  for (let at = bytes.indexOf(separator); at >= 0; at = bytes.indexOf(separator, from)) {
    parts.push(bytes.subarray(from, at));
    from = at + separator.length;
  }
  if (rest) parts.push(bytes.subarray(from));
  return parts;
}

function numberOf(bytes: Buffer, prefix: string): number {
  const text = bytes.toString('latin1');
  const value = Number(text.slice(prefix.length));
  if (!text.startsWith(prefix) || !Number.isSafeInteger(value))
    throw new RunError(`no ${prefix} number: ${text.slice(0, 80)}`);
  return value;
}

const isAtLeast = (version: string, major: number, minor: number) => {
  const [a = 0, b = 0] = version.split('.').map(Number);
  return a > major || (a === major && b >= minor);
};

/** GetOffsetShell takes regular expressions. */
const escapeRegex = (topic: string) => topic.replaceAll('.', '\\.');

function lastWords(run: { readonly stdout: string; readonly stderr: string }): string {
  const said = (run.stderr.trim() || run.stdout.trim()).split('\n').slice(-10).join('\n');
  return said === '' ? '' : `: ${said}`;
}
