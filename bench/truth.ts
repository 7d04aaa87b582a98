// Are the latencies true? Real Kafka, kbench's own worker at a rate, and tcpdump on loopback beside
// it: request by request, from the last byte of a Produce request to the first of its answer on the
// wire, against what the core recorded for the same request. And when a reader had an answer,
// against its last byte.
import { fileURLToPath } from 'node:url';
import { BroadcastChannel } from 'node:worker_threads';
import { startKafkaCluster, DEFAULT_KAFKA_VERSION } from '../src/targets/kafka/kafka-cluster.js';
import type { Measurement, RunResult } from '../src/contract/run-result.js';
import type { RunSpec } from '../src/contract/run-spec.js';
import { runWorkload } from '../src/workloads/run-workload.js';
import { launchIn } from '../src/workloads/threads/crew.js';
import { API } from '../src/wire/api-keys.js';
import { benchTable, circumstances, type BenchOptions } from './bench-report.js';
import { openLoopSpec } from './core/open-loop-spec.js';
import { asAdmin, createTopic } from './kafka/real-kafka.js';
import { captured } from './truth/capture.js';
import { HEARD_CHANNEL, type Heard } from './truth/heard.js';
import { requestsOnWire, type WireRequest } from './truth/pcap.js';
import { readerRow, READER_HEAD } from './truth/reader-row.js';

export const title =
  'latencies as told and as tcpdump sees them on loopback, request by request, on real Kafka ' +
  '(aim: within 0.1 ms or 5 %)';

const RATES = [1000, 20_000, 100_000];
const SECONDS = 5;
const ROUNDS = 3;
const WARMUP_SECONDS = 3;
const VALUE_BYTES = 100;
const TOLERANCE_MS = 0.1;
const TOLERANCE = 0.05;

/** One request as the core told it; ms on performance.now(). */
interface ToldRequest {
  readonly tookMs: number;
  readonly answeredMs: number;
}

export async function run(options: BenchOptions): Promise<void> {
  const rounds = options.rounds ?? ROUNDS;
  const seconds = options.seconds ?? SECONDS;
  const versions = { kafka: DEFAULT_KAFKA_VERSION };
  console.log(circumstances(versions, `${rounds} rounds of ${seconds} s, each a row`));
  const onProgress = (message: string): void => console.log(`  ${message}`);
  const cluster = await startKafkaCluster({ brokers: 1, onProgress });
  try {
    const [bootstrap] = cluster.bootstrap;
    const specOf = async (topic: string, rate: number): Promise<RunSpec> => {
      await asAdmin(bootstrap, (admin) => createTopic(admin, topic, 1));
      return openLoopSpec({
        ...{ bootstrap: [bootstrap], embedded: false, topic, rate, seconds },
        ...{ lingerMs: 0, valueBytes: VALUE_BYTES, warmupSeconds: WARMUP_SECONDS },
      });
    };
    const produced: string[][] = [];
    const read: string[][] = [];
    for (const rate of RATES) {
      for (let round = 0; round < rounds; round++) {
        produced.push(await row(await specOf(`truth-${rate}-${round}`, rate)));
        console.log(`  ${rate}/s, round ${round + 1}: done`);
      }
      read.push(await readerRow(await specOf(`truth-read-${rate}`, rate)));
      console.log(`  ${rate}/s, a reader beside it: done`);
    }
    console.log(benchTable(HEAD, produced));
    console.log(benchTable(READER_HEAD, read));
  } finally {
    await cluster.close();
  }
}

const HEAD = [
  'linger 0, 100 B',
  'requests',
  'p50 told',
  'wire',
  'p99 told',
  'wire',
  'told later p50',
  'p99',
  'ackDelay p50',
  'p99',
  'within',
  'bound holds',
];

async function row(spec: RunSpec): Promise<string[]> {
  const port = Number(spec.bootstrap[0].split(':').at(-1));
  const { told, file, ackDelayMs } = await listened(port, spec);
  const wire = requestsOnWire(file, port, API.PRODUCE);
  if (wire.length !== told.length)
    throw new Error(`${wire.length} answers on the wire, ${told.length} told`);
  const from = told[0].answeredMs + WARMUP_SECONDS * 1000;
  const first = told.findIndex(({ answeredMs }) => answeredMs >= from);
  return compare(spec, told.slice(first), wire.slice(first), ackDelayMs);
}

function compare(
  spec: RunSpec,
  told: readonly ToldRequest[],
  wire: readonly WireRequest[],
  bound: Measurement['generator']['ackDelayMs'],
): string[] {
  const toldMs = told.map(({ tookMs }) => tookMs);
  const wireMs = wire.map(({ sentMs, answeredMs }) => answeredMs - sentMs);
  const later = toldMs.map((ms, i) => ms - wireMs[i]);
  const at = (values: readonly number[], share: number): number =>
    values.toSorted((a, b) => a - b)[Math.floor(share * (values.length - 1))];
  const within = (share: number): boolean => {
    const gap = at(toldMs, share) - at(wireMs, share);
    return Math.abs(gap) <= Math.max(TOLERANCE_MS, TOLERANCE * at(wireMs, share));
  };
  const ms = (value: number): string => value.toFixed(3);
  const bounds = bound === undefined ? [] : [bound.p50, bound.p99];
  // A probe's posting is not in the answer's way, nor the answer's decoding in the probe's.
  const explained = bounds.map((limit, i) => at(later, [0.5, 0.99][i]) <= limit + TOLERANCE_MS);
  return [
    `${spec.settings.workload.rate}/s`,
    String(told.length),
    ...[0.5, 0.99].flatMap((share) => [ms(at(toldMs, share)), ms(at(wireMs, share))]),
    ms(at(later, 0.5)),
    ms(at(later, 0.99)),
    ...(bound === undefined ? ['-', '-'] : bounds.map(ms)),
    within(0.5) && within(0.99) ? 'yes' : 'no',
    explained.length > 0 && explained.every(Boolean) ? 'yes' : 'no',
  ];
}

/** The worker in a thread of its own as ever, where its answers are listened to. */
async function listened(port: number, spec: RunSpec) {
  const heard = new BroadcastChannel(HEARD_CHANNEL);
  try {
    const told = new Promise<readonly ToldRequest[]>((resolve) => {
      heard.onmessage = (event): void => resolve(requestsOf(event as { readonly data: Heard }));
    });
    const launch = launchIn(fileURLToPath(new URL('./truth/listening-worker.js', import.meta.url)));
    const run = (): Promise<RunResult> => runWorkload(spec, {}, { launch });
    const { result, file } = await captured(port, run);
    if (result.measurement === null) throw new Error(`the run failed: ${JSON.stringify(result)}`);
    return { told: await told, file, ackDelayMs: result.measurement.generator.ackDelayMs };
  } finally {
    heard.close();
  }
}

const requestsOf = ({ data }: { readonly data: Heard }): ToldRequest[] =>
  Array.from(data.tookMs, (tookMs, i) => ({ tookMs, answeredMs: data.answeredMs[i] }));
