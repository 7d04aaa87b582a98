// What reading costs: CPU and heap a record, for records of 100 B in each codec, from the embedded
// cluster (in a thread of its own, whose CPU is not counted). Each round reads the same log once.
import { CoreProducer } from '../src/producer-core/parts.js';
import { openReader } from '../src/reader/index.js';
import { startEmbeddedCluster } from '../src/targets/embedded/embedded-cluster.js';
import { openCpuClock } from '../src/workloads/measure/thread-cpu.js';
import { eventText } from '../src/workloads/payload/payload-text.js';
import { benchTable, circumstances, formatSpread, type BenchOptions } from './bench-report.js';

export const title = 'The reader: CPU and heap of a record of 100 B, by codec';

const ROUNDS = 7;
const RECORDS = 600_000;
const VALUE_BYTES = 100;
const PARTITIONS = 6;
const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

interface Measured {
  readonly cpuUs: number[];
  readonly perSecond: number[];
  readonly heapBytes: number[];
}

export async function run(options: BenchOptions): Promise<void> {
  const rounds = options.rounds ?? ROUNDS;
  const records = options.records ?? RECORDS;
  const topics = CODECS.map((name) => ({ name, partitions: PARTITIONS, replicationFactor: 1 }));
  const cluster = await startEmbeddedCluster({
    ...{ brokers: 1, topics, replicationDelayMs: 0 },
    retentionBytesPerPartition: 64 * 1024 * 1024,
  });
  const told = new Map(CODECS.map((codec) => [codec, newMeasured()]));
  try {
    for (const codec of CODECS) await fill(cluster.bootstrap, codec, records);
    for (let round = -1; round < rounds; round++) {
      for (const codec of CODECS) {
        const measured = await readOnce(cluster.bootstrap, codec, records);
        if (round < 0) continue;
        for (const name of ['cpuUs', 'perSecond', 'heapBytes'] as const)
          told.get(codec)![name].push(measured[name]);
      }
    }
  } finally {
    await cluster.close();
  }
  console.log(`\n${circumstances({}, `${rounds} rounds; median (least-greatest)`)}\n`);
  const head = ['codec', 'CPU us/record', 'records/s', 'heap B/record'];
  const rows = [...told].map(([codec, { cpuUs, perSecond, heapBytes }]) => [
    codec,
    formatSpread(cpuUs, 3),
    formatSpread(perSecond, 0),
    formatSpread(heapBytes, 2),
  ]);
  console.log(benchTable(head, rows));
}

const newMeasured = (): Measured => ({ cpuUs: [], perSecond: [], heapBytes: [] });

async function fill(bootstrap: readonly string[], codec: string, records: number): Promise<void> {
  const text = Buffer.from(eventText(4096 * VALUE_BYTES, 42));
  const producer = new CoreProducer({
    settings: {
      'bootstrap.servers': bootstrap.join(','),
      ...{ 'compression.type': codec, 'linger.ms': 5 },
    },
    hooks: { onBatchDone: () => undefined },
  });
  await producer.connect();
  const topic = await producer.topic(codec);
  for (let i = 0; i < records; i++) {
    const at = (i % 4096) * VALUE_BYTES;
    const value = text.subarray(at, at + VALUE_BYTES);
    const now = performance.now();
    while (producer.append(topic, -1, null, value, Date.now(), now) === null)
      await new Promise<void>((resolve) => producer.awaitMemory(() => resolve()));
    if (i % 64 === 0) producer.wake();
  }
  await producer.flush();
  await producer.close();
}

async function readOnce(bootstrap: readonly string[], topic: string, records: number) {
  const reader = openReader({ bootstrap });
  const [first, last] = [
    await reader.offsets(topic, 'earliest'),
    await reader.offsets(topic, 'latest'),
  ];
  const assignments = first.map((from, partition) => ({
    topic,
    partition,
    from,
    to: last[partition],
  }));
  let count = 0;
  let bytes = 0;
  const visitor = {
    onRecord: (
      _s: number,
      _o: number,
      _b: Buffer,
      _ka: number,
      _kb: number,
      _va: number,
      size: number,
    ) => {
      count++;
      bytes += size;
    },
  };
  const clock = openCpuClock();
  const heapBefore = process.memoryUsage().heapUsed;
  const cpuBefore = clock?.read() ?? NaN;
  const startMs = performance.now();
  await reader.read(assignments, visitor);
  const tookMs = performance.now() - startMs;
  const cpuMicros = (clock?.read() ?? NaN) - cpuBefore;
  const heapBytes = process.memoryUsage().heapUsed - heapBefore;
  clock?.close();
  reader.close();
  if (count !== records || bytes !== records * VALUE_BYTES)
    throw new Error(`${count} of ${records} records were read`);
  return {
    cpuUs: cpuMicros / records,
    perSecond: (1000 * records) / tookMs,
    heapBytes: heapBytes / records,
  };
}
