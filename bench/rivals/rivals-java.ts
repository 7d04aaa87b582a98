// Java's own ProducerPerformance as a client of bench/rivals.ts. It cannot tell its CPU after
// warm-up (and the JVM compiles for seconds), so two processes are run, of N and of 3 N records,
// and the difference is taken as the steady part.
import { RunError } from '../../src/base/errors.js';
import { runToEnd } from '../../src/targets/kafka/processes/child-process.js';
import { javaCommand } from '../../src/targets/kafka/java.js';
import { requireKafkaJars } from '../../src/targets/kafka/kafka-jars.js';
import { failed, LIMIT_MS } from './rivals-clients.js';
import type { Client, Measured, Work } from './rivals-clients.js';

const LONG = 3;

export const javaClient = (version: string): Client => ({
  name: 'java',
  ownTopics: false,
  stores: (work) => work.records * (1 + LONG),
  async measure(work, bootstrap, topic): Promise<Measured> {
    const short = await perf(version, work, bootstrap, topic, 1);
    const long = await perf(version, work, bootstrap, topic, LONG);
    return {
      version,
      cpuMicrosPerRecord:
        ((long.cpuSeconds - short.cpuSeconds) * 1e6) / (work.records * (LONG - 1)),
      ...long.steady,
      rssMiB: null,
    };
  },
});

interface Performed {
  readonly cpuSeconds: number;
  readonly steady: Pick<Measured, 'recordsPerSecond' | 'p50Ms' | 'p99Ms'>;
}

async function perf(
  version: string,
  work: Work,
  bootstrap: string,
  topic: string,
  times: number,
): Promise<Performed> {
  const { classPath } = await requireKafkaJars(version);
  const records = work.records * times;
  const settings = {
    acks: '1',
    'enable.idempotence': false,
    'batch.size': work.batchBytes,
    'linger.ms': work.lingerMs,
    'max.in.flight.requests.per.connection': work.inFlight,
  };
  const java = [
    ...[
      javaCommand(),
      '-Xms512m',
      '-Xmx512m',
      '-XX:+UseG1GC',
      '-Dlog4j2.level=OFF',
      '-cp',
      classPath,
    ],
    'org.apache.kafka.tools.ProducerPerformance',
    ...['--bootstrap-server', bootstrap, '--topic', topic, '--num-records', String(records)],
    ...['--throughput', '-1', '--record-size', String(work.valueBytes)],
    // The steady part of the long run is what comes after as many records as the short one has.
    ...(times > 1 ? ['--warmup-records', String(work.records)] : []),
    '--command-property',
    ...Object.entries(settings).map(([key, value]) => `${key}=${String(value)}`),
  ];
  // `times` tells the shell's own CPU, then that of its children, each `user system`.
  const run = await runToEnd('sh', ['-c', '"$@"; code=$?; times >&2; exit $code', 'sh', ...java], {
    timeoutMs: LIMIT_MS,
  });
  if (run.code !== 0) throw failed('ProducerPerformance', run);
  const summary = run.stdout.trim().split('\n').at(-1) ?? '';
  const number = (pattern: RegExp) => Number(pattern.exec(summary)?.[1] ?? NaN);
  const sent = number(/^(\d+) [a-z ]*records sent/);
  if (sent !== records - (times > 1 ? work.records : 0))
    throw new RunError(`ProducerPerformance ended with: ${summary}`);
  return {
    cpuSeconds: childSeconds(run.stderr),
    steady: {
      recordsPerSecond: number(/, ([\d.]+) records\/sec/),
      p50Ms: number(/, (\d+) ms 50th/),
      p99Ms: number(/, (\d+) ms 99th/),
    },
  };
}

/** The last line of `times`: `1m2.34s 0m5.67s`. */
function childSeconds(text: string): number {
  const match = /(\d+)m([\d.]+)s (\d+)m([\d.]+)s\s*$/.exec(text);
  if (match === null) throw new RunError(`the shell told no CPU times: ${text.slice(-200)}`);
  const [userMinutes, user, systemMinutes, system] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
  ];
  return userMinutes * 60 + user + systemMinutes * 60 + system;
}
