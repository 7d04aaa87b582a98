// What the core adds to a codec's own cost: CPU a record of the whole producer's thread with each
// codec, against the codec alone on the same bytes (batches of records as they stand before they
// are compressed), interleaved. The aim is 1.3 for lz4 and zstd.
import {
  BATCH_HEADER_BYTES,
  BufferPool,
  type CodecName,
  loadCodec,
  PartitionState,
  RecordBatch,
  StickyPartitioner,
  TopicState,
} from '../src/producer-core/parts.js';
import { startEmbeddedCluster } from '../src/targets/embedded/embedded-cluster.js';
import { threadCpu } from '../src/workloads/measure/thread-cpu.js';
import { initHistograms } from '../src/workloads/measure/histogram.js';
import { PayloadPool } from '../src/workloads/payload/payload.js';
import { benchTable, circumstances, formatSpread, type BenchOptions } from './bench-report.js';
import { measureCore } from './core/core-run.js';

export const title =
  'Codecs: CPU a record of the core with each, against the codec alone on the same bytes';

const ROUNDS = 5;
const BYTES_OF_VALUES = 200_000_000;
const BATCH_SIZE = 65_536;
const VALUE_BYTES = [100, 1000];
const CODECS: readonly CodecName[] = ['lz4', 'zstd', 'snappy', 'gzip'];
const LEVELS = { gzip: -1, lz4: 9, zstd: 3 };
/** gzip takes ten times as long a byte. */
const SHARE: Readonly<Record<CodecName, number>> = { lz4: 1, zstd: 0.5, snappy: 1, gzip: 0.1 };
/** Batches that the codec alone goes round and round. */
const DISTINCT = 200;

interface Case {
  readonly codec: CodecName;
  readonly valueBytes: number;
  readonly whole: number[];
  readonly plain: number[];
  readonly alone: number[];
  ratio: number;
}

export async function run(options: BenchOptions): Promise<void> {
  await initHistograms();
  const rounds = options.rounds ?? ROUNDS;
  const cases = VALUE_BYTES.flatMap((valueBytes) =>
    CODECS.map((codec): Case => ({
      codec,
      valueBytes,
      whole: [],
      plain: [],
      alone: [],
      ratio: NaN,
    })),
  );
  const cluster = await startEmbeddedCluster({
    brokers: 1,
    topics: [{ name: 'bench', partitions: 1 }],
  });
  try {
    for (let round = 0; round < rounds; round++) {
      for (const each of cases) await measure(each, cluster.bootstrap.join(','), options.records);
    }
  } finally {
    await cluster.close();
  }
  console.log(circumstances({}, `${rounds} interleaved rounds; median (min-max)`));
  console.log(
    `work      text values (JSON events), batch.size ${BATCH_SIZE}, linger 5, ` +
      'acks=1, one partition, embedded cluster; default levels\n',
  );
  const ratio = (over: readonly number[], under: readonly number[]) =>
    formatSpread(
      over.map((value, i) => value / under[i]),
      2,
    );
  console.log(
    benchTable(
      [
        'codec',
        'ratio',
        'core with it, us a record',
        'codec alone',
        'core without',
        'with / alone',
        '(with - without) / alone',
      ],
      cases.map(({ codec, valueBytes, whole, plain, alone, ratio: compressed }) => [
        `${codec}, ${valueBytes} B`,
        compressed.toFixed(2),
        formatSpread(whole, 3),
        formatSpread(alone, 3),
        formatSpread(plain, 3),
        ratio(whole, alone),
        ratio(
          whole.map((value, i) => value - plain[i]),
          alone,
        ),
      ]),
    ),
  );
}

async function measure(each: Case, bootstrap: string, asked: number | null): Promise<void> {
  const { codec, valueBytes } = each;
  const records = asked ?? Math.round((BYTES_OF_VALUES * SHARE[codec]) / valueBytes);
  const payload = () => new PayloadPool(valueBytes, 1, 'text');
  const settings = {
    'bootstrap.servers': bootstrap,
    'batch.size': BATCH_SIZE,
    'linger.ms': 5,
    acks: '1',
  };
  const work = { topic: 'bench', records, warmupRecords: Math.round(records / 4) };
  const whole = await measureCore({
    ...work,
    settings: { ...settings, 'compression.type': codec },
    payload: payload(),
  });
  const plain = await measureCore({ ...work, settings, payload: payload() });
  each.ratio = whole.wireBytes / whole.rawBytes;
  // As many raw bytes in a batch as the core's own batches had.
  const rawBytes = Math.round(whole.rawBytes / whole.batches);
  each.whole.push(whole.cpuMicros);
  each.plain.push(plain.cpuMicros);
  each.alone.push(codecAlone(codec, rawBatches(payload(), rawBytes), whole.rawBytes) / records);
}

/** The records of batches as they stand before they are compressed. */
function rawBatches(payload: PayloadPool, bytes: number): Buffer[] {
  const sticky = {
    batchBytes: bytes,
    adaptive: false,
    availabilityTimeoutMs: 0,
    random: Math.random,
  };
  const partition = new PartitionState(new TopicState('bench', new StickyPartitioner(sticky)), 0);
  const pool = new BufferPool<RecordBatch>(bytes * DISTINCT * 2, bytes, 0, 0);
  return Array.from({ length: DISTINCT }, () => {
    const slot = pool.allocate(bytes)!;
    const batch = new RecordBatch(slot, partition);
    batch.open(partition, 0);
    while (batch.tryAppend(null, payload.current, 1_700_000_000_000, null)) payload.advance();
    return slot.buffer.subarray(slot.start + BATCH_HEADER_BYTES, batch.end);
  });
}

/** CPU of this thread in us for compressing `total` bytes. */
function codecAlone(name: CodecName, batches: readonly Buffer[], total: number): number {
  const codec = loadCodec(name, LEVELS)!;
  const into = Buffer.allocUnsafeSlow(BATCH_SIZE * 4);
  const compress = (bytes: number) => {
    for (let done = 0, i = 0; done < bytes; i++) {
      const batch = batches[i % batches.length];
      if (codec.compress(batch, 0, batch.length, into, 0, into.length) < 0) codec.takeOutput();
      done += batch.length;
    }
  };
  compress(total / 10);
  const before = threadCpu()?.cpuMs ?? NaN;
  compress(total);
  return ((threadCpu()?.cpuMs ?? NaN) - before) * 1000;
}
