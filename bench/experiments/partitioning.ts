// The tables of partitioning: what the choice does to batches (a sweep), and how records fall on
// partitions (a program, as a sweep does not tell it by partition).
import type { KeySettings } from '../../src/contract/settings.js';
import { sleep } from '../../src/base/time-limit.js';
import type { Producer } from '../../src/producer-core/index.js';
import type { KafkaCluster } from '../../src/targets/kafka/kafka-cluster.js';
import { createKeys } from '../../src/workloads/keys/keys.js';
import { formatSpread } from '../bench-report.js';
import type { Experiment, PartContext } from './experiment.js';
import { markdownTable } from './page-figures.js';
import { makeTopic, programPart, withProducer, type Settings } from './program-part.js';
import { setting, sweepPart } from './sweep-part.js';
import { latency, spread, type PointResults } from './sweep-results.js';

const PARTITIONS = 12;
const RECORDS = 60_000;
const BURST = 100;
const PAUSE_MS = 5;
const VALUE = Buffer.alloc(100, 'x');
const NONE: KeySettings = { kind: 'none' };
const UNIFORM: KeySettings = { kind: 'uniform', distinct: 10_000, bytes: 16 };
const ZIPF: KeySettings = { kind: 'zipf', distinct: 10_000, bytes: 16, exponent: 1.1 };

interface Case {
  readonly name: string;
  readonly keys: KeySettings;
  readonly settings?: Settings;
  readonly partition?: (index: number) => number;
}

const CASES: readonly Case[] = [
  { name: 'explicit: 0, 1, 2 in turn', keys: NONE, partition: (i) => i % 3 },
  { name: 'hash of the key, 10,000 even keys', keys: UNIFORM },
  { name: 'hash of the key, Zipf 1.1', keys: ZIPF },
  { name: 'no key: sticky', keys: NONE },
  {
    name: 'no key: round robin',
    keys: NONE,
    settings: { 'partitioner.class': 'RoundRobinPartitioner' },
  },
  {
    name: 'Zipf 1.1, partitioner.ignore.keys',
    keys: ZIPF,
    settings: { 'partitioner.ignore.keys': true },
  },
];

/** How a point of the sweep chooses. */
function choice(point: PointResults): string {
  const keys = setting('workload.keys')(point)
    .replace(/ 10000.*exponent/, '')
    .replace(/ 10000.*/, '');
  const own = setting('partitioner.class')(point);
  const ignored = setting('partitioner.ignore.keys')(point) === 'true';
  const name = own === '-' ? '' : own.replace(/^.*\//, '');
  const how = keys === 'none' ? 'sticky' : ignored ? 'sticky, keys ignored' : 'hash';
  return `keys ${keys}: ${name === '' ? how : name}`;
}

export const partitioning: Experiment = {
  name: 'partitioning',
  question: 'Where do records go, and what does that do to batches?',
  parts: [
    sweepPart({
      name: 'partitioning',
      row: { head: 'keys and partitioner', name: choice },
      columns: [
        {
          head: 'records a batch',
          cell: (point) =>
            spread(point, (run) => run.measurement.achieved.recordsPerBatch ?? null, 1),
        },
        {
          head: 'requests/s',
          cell: (point) =>
            spread(point, (run) => run.measurement.achieved.requestsPerSecond ?? null, 0),
        },
        { head: 'p50 ms', cell: (point) => spread(point, latency('p50'), 1) },
        { head: 'p99 ms', cell: (point) => spread(point, latency('p99'), 1) },
        {
          head: 'us CPU a record',
          cell: (point) => spread(point, (run) => run.measurement.generator.cpuMicrosPerRecord, 2),
        },
      ],
    }),
    programPart({
      title: 'how records fall on partitions',
      seconds: 25,
      rounds: 3,
      cluster: { brokers: 1 },
      measure: distribution,
    }),
  ],
};

async function distribution(
  cluster: KafkaCluster,
  { rounds, signal }: PartContext & { readonly rounds: number },
): Promise<string> {
  const shares = new Map(CASES.map(({ name }) => [name, [] as number[][]]));
  for (let round = 0; round < rounds; round++) {
    for (const [i, each] of CASES.entries()) {
      const topic = `spread-${round}-${i}`;
      await makeTopic(cluster, topic, { partitions: PARTITIONS, replicationFactor: 1 });
      const settings: Settings = { acks: '1', 'linger.ms': 5, ...each.settings };
      const counts = await withProducer(cluster, settings, (producer) =>
        sendAll(producer, topic, each, round, signal),
      );
      shares.get(each.name)!.push(counts.map((count) => (100 * count) / RECORDS));
    }
  }
  const rows = [...shares].map(([name, of]) => [
    name,
    formatSpread(
      of.map((each) => each.filter((share) => share > 0).length),
      0,
    ),
    formatSpread(
      of.map((each) => Math.min(...each)),
      1,
    ),
    formatSpread(
      of.map((each) => Math.max(...each)),
      1,
    ),
  ]);
  return markdownTable(
    [
      `${RECORDS.toLocaleString('en-US')} records, ${PARTITIONS} partitions`,
      'used',
      'least, %',
      'most, %',
    ],
    rows,
  );
}

/** Records by partition, as their acknowledgements tell it. */
async function sendAll(
  producer: Producer,
  topic: string,
  { keys: settings, partition }: Case,
  seed: number,
  signal: AbortSignal,
): Promise<number[]> {
  const keys = createKeys(settings, { seed, worker: 0, workers: 1 });
  const counts = new Array<number>(PARTITIONS).fill(0);
  const sends: Promise<void>[] = [];
  for (let i = 0; i < RECORDS; i++) {
    const record = {
      ...{ topic, key: keys.current, value: VALUE },
      partition: partition?.(i) ?? null,
    };
    const stored = producer.send(record).then((where) => {
      counts[where.partition]++;
    });
    sends.push(stored);
    keys.advance();
    if (i % BURST === 0) await sleep(PAUSE_MS, signal);
  }
  await Promise.all(sends);
  return counts;
}
