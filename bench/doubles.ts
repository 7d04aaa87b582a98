// kbench's producer against brokers that nobody of kbench wrote: librdkafka's mock cluster and
// franz-go's kfake. Each case sends numbered records, and the double's own consumer counts what is
// stored: lost, twice, out of order. Not a measurement; fails loudly on a mismatch.
import { RunError } from '../src/base/errors.js';
import type { ProducerSettingValues } from '../src/producer-core/index.js';
import { CoreProducer } from '../src/producer-core/parts.js';
import { benchTable, circumstances } from './bench-report.js';
import type { BenchOptions } from './bench-report.js';
import { Double, PROGRAMS, builtProgram } from './doubles/doubles-programs.js';
import type { Counted, DoubleProgram } from './doubles/doubles-programs.js';
import { ERROR } from '../src/wire/error-codes.js';

export const title =
  'correctness against librdkafka’s mock cluster and franz-go’s kfake (cc, librdkafka-dev, Go)';

const RECORDS = 20_000;
const BROKERS = 3;
const PARTITIONS = 4;
/** Records between two turns for the sockets, and between two faults. */
const BURST = 200;
const BREAK = -195;

interface Case {
  readonly name: string;
  readonly settings: ProducerSettingValues;
  /** Told to the double, evenly spread over the records. */
  readonly faults?: readonly string[];
  /**
   * Without idempotence, on either side, a retry may store twice what was stored before its answer
   * was lost, and may pass others.
   */
  readonly idempotent: boolean;
}

const IDEMPOTENT: ProducerSettingValues = { acks: 'all', 'enable.idempotence': true };
const FAULTS = [
  `fault ${ERROR.NOT_LEADER_OR_FOLLOWER} 2`,
  `fault ${ERROR.REQUEST_TIMED_OUT} 2`,
  'move TOPIC 0 2',
  `fault ${BREAK} 1`,
  `fault ${ERROR.NOT_ENOUGH_REPLICAS} 3`,
  'move TOPIC 1 1',
  `fault ${BREAK} 2`,
  'move TOPIC 0 3',
];

const CASES: readonly Case[] = [
  { name: 'acks=1', settings: { acks: '1', 'enable.idempotence': false }, idempotent: false },
  { name: 'acks=all, idempotent', settings: IDEMPOTENT, idempotent: true },
  ...['gzip', 'snappy', 'lz4', 'zstd'].map((codec) => ({
    name: `idempotent, ${codec}`,
    settings: { ...IDEMPOTENT, 'compression.type': codec },
    idempotent: true,
  })),
  {
    name: 'acks=all, faults',
    settings: { acks: 'all', 'enable.idempotence': false },
    faults: FAULTS,
    idempotent: false,
  },
  { name: 'idempotent, faults', settings: IDEMPOTENT, faults: FAULTS, idempotent: true },
];

export async function run(options: BenchOptions): Promise<void> {
  const records = options.records ?? RECORDS;
  const rows: string[][] = [];
  const versions: Record<string, string> = {};
  const left: string[] = [];
  const wrong: string[] = [];
  for (const program of PROGRAMS) {
    if (options.clients !== null && !options.clients.includes(program.name)) continue;
    const built = await builtProgram(program);
    if ('missing' in built) {
      left.push(`${program.name} is left out: ${built.missing}`);
      continue;
    }
    await against(program, built.file, records, (row, version, problem) => {
      rows.push(row);
      versions[program.name] = version;
      if (problem !== null) wrong.push(problem);
    });
  }
  console.log(
    `\n${circumstances(versions, `${records.toLocaleString('en-US')} records a case`)}\n`,
  );
  const head = [
    'double',
    'case',
    'acknowledged',
    'failed',
    'retries',
    'stored',
    'lost',
    'twice',
    'out of order',
    'verdict',
  ];
  if (rows.length > 0) console.log(benchTable(head, rows));
  for (const line of left) console.log(line);
  if (wrong.length > 0) throw new RunError(`not as it should be:\n  ${wrong.join('\n  ')}`);
}

async function against(
  program: DoubleProgram,
  file: string,
  records: number,
  tell: (row: string[], version: string, problem: string | null) => void,
): Promise<void> {
  const topics = CASES.map((_, i) => `case-${i}`);
  const { double, bootstrap, version } = await Double.start(program.name, file, [
    `${BROKERS}`,
    `${PARTITIONS}`,
    ...topics,
  ]);
  try {
    for (const [i, each] of CASES.entries()) {
      const topic = topics[i];
      const sent = await send(double, bootstrap, topic, each, records);
      const counted = await double.count(topic, PARTITIONS, records);
      const problem = verdict(each, program.checksSequences, records, sent, counted);
      console.log(`  ${program.name}: ${each.name}: ${problem ?? 'as it should be'}`);
      const lost = records - counted.distinct;
      const twice = counted.stored - counted.strangers - counted.distinct;
      const figures = [
        sent.acknowledged,
        sent.failed,
        sent.retries,
        counted.stored,
        lost,
        twice,
        counted.reordered,
      ];
      tell(
        [
          program.name,
          each.name,
          ...figures.map((figure) => figure.toLocaleString('en-US')),
          problem === null ? 'ok' : 'WRONG',
        ],
        version,
        problem === null ? null : `${program.name}, ${each.name}: ${problem}`,
      );
    }
  } finally {
    await double.close();
  }
}

interface Sent {
  readonly acknowledged: number;
  readonly failed: number;
  readonly retries: number;
  /** Why records failed, the first one. */
  readonly failure: string | null;
}

function verdict(
  each: Case,
  checksSequences: boolean,
  records: number,
  sent: Sent,
  counted: Counted,
): string | null {
  if (sent.failed > 0) return `${sent.failed} records failed: ${sent.failure ?? 'no reason'}`;
  if (sent.acknowledged !== records)
    return `${sent.acknowledged} of ${records} records acknowledged`;
  if (!counted.complete) return 'the double’s consumer did not come to the end';
  if (counted.strangers > 0) return `${counted.strangers} records that nobody sent`;
  if (counted.distinct !== records) return `${records - counted.distinct} records lost`;
  const exact = each.faults === undefined || (each.idempotent && checksSequences);
  if (exact && counted.stored !== records)
    return `${counted.stored - records} records stored twice`;
  if (exact && counted.reordered > 0) return `${counted.reordered} records out of order`;
  // A case with faults that did not come about shows nothing.
  if (each.faults !== undefined && sent.retries === 0)
    return 'nothing was sent again in spite of the faults';
  return null;
}

async function send(
  double: Double,
  bootstrap: string,
  topic: string,
  each: Case,
  records: number,
): Promise<Sent> {
  let acknowledged = 0;
  let failed = 0;
  let failure: string | null = null;
  const producer = new CoreProducer({
    settings: {
      'bootstrap.servers': bootstrap,
      'linger.ms': 1,
      'batch.size': 4096,
      ...each.settings,
    },
    hooks: {
      onBatchDone(batch, error) {
        if (error === null) acknowledged += batch.recordCount;
        else {
          failed += batch.recordCount;
          failure ??= error.message;
        }
      },
    },
    poison: true,
  });
  try {
    await producer.connect();
    const handle = await producer.topic(topic);
    const faults = each.faults ?? [];
    const every = Math.floor(records / (faults.length + 1) / BURST) * BURST;
    for (let i = 0; i < records; i++) {
      const value = Buffer.from(`${i}:${'kbench '.repeat(i % 20)}`);
      // The partitions one after the other, in runs, so that the order in each is that of the
      // numbers.
      const partition = Math.floor(i / 7) % PARTITIONS;
      while (
        producer.append(handle, partition, null, value, Date.now(), performance.now()) === null
      )
        await new Promise<void>((resolve) => producer.awaitMemory(() => resolve()));
      if (i % BURST !== BURST - 1) continue;
      producer.wake();
      await new Promise((resolve) => setTimeout(resolve, 1));
      const due = every > 0 && (i + 1) % every === 0 ? faults.at((i + 1) / every - 1) : undefined;
      if (due !== undefined && (i + 1) / every <= faults.length)
        double.tell(due.replace('TOPIC', topic));
    }
    await producer.flush();
    const { retries } = producer.totals;
    return { acknowledged, failed, retries, failure };
  } finally {
    await producer.close(10_000);
  }
}
