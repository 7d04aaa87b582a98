// Does kbench's core batch, queue and request as Java's producer does? Both send the same records
// at the same due times to the same broker, one after the other, over a grid of settings; what
// Java's own metrics say of each is compared. The two take turns cell by cell and the order
// alternates, so that what the machine does meanwhile meets both.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { RunError } from '../src/base/errors.js';
import { killGroup, spawnTracked } from '../src/targets/kafka/child-process.js';
import { javaCommand } from '../src/targets/kafka/java.js';
import { DEFAULT_KAFKA_VERSION } from '../src/targets/kafka/kafka-cluster.js';
import { requireKafkaJars } from '../src/targets/kafka/kafka-jars.js';
import { RunRegistry } from '../src/targets/kafka/run-registry.js';
import { eventText } from '../src/workloads/payload/payload-text.js';
import {
  benchTable,
  circumstances,
  formatSpread,
  spreadOf,
  type BenchOptions,
} from './bench-report.js';
import { startDistance } from './distance.js';
import { withRealKafka, type RealKafka } from './real-kafka.js';

export const title =
  "Batches and requests as Java's producer makes them, on a real broker (30 min)";

const ROUNDS = 3;
const SECONDS = 2;
/** Both producers start with a jam: connecting, producer id, the first writes to a new topic. */
const WARMUP_SECONDS = 1;
/**
 * One way. At 0 the two cores that client and broker share decide how long an answer takes, and
 * with linger 0 that decides the batches.
 */
const DELAY_MS = 10;
const VALUE_BYTES = 100;
/**
 * How often Java's side looks for due records: as kbench's pacing comes to on the machines at hand.
 * What it came to is printed.
 */
const LOOK_EVERY_NS = 50_000;
const TOLERANCE = 0.05;
const LIMIT_MS = 60_000;

interface Cell {
  readonly rate: number;
  readonly lingerMs: number;
  readonly batchBytes: number;
  readonly partitions: number;
  readonly codec: 'none' | 'lz4';
}

const WARM: Cell = { rate: 100_000, lingerMs: 5, batchBytes: 16_384, partitions: 1, codec: 'lz4' };

const COMPARED = ['batchSizeAvg', 'recordsPerRequestAvg', 'requestRate'] as const;
type Told = Readonly<Record<string, number>>;

type Side = 'kbench' | 'java';

function grid(): Cell[] {
  const cells: Cell[] = [];
  for (const codec of ['none', 'lz4'] as const)
    for (const partitions of [1, 6])
      for (const batchBytes of [16_384, 65_536])
        for (const lingerMs of [0, 5, 50])
          for (const rate of [5_000, 20_000, 100_000])
            cells.push({ rate, lingerMs, batchBytes, partitions, codec });
  return cells;
}

/** One program that measures again and again, so that its JIT is warm. */
class Client {
  private readonly lines: Interface;
  private waiting: { resolve: (line: string) => void; reject: (error: Error) => void } | null =
    null;
  private stderr = '';
  readonly end: () => void;

  constructor(
    readonly name: Side,
    command: string,
    args: readonly string[],
  ) {
    const child = spawnTracked(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.lines = createInterface({ input: child.stdout! });
    this.lines.on('line', (line) => this.settle((waiting) => waiting.resolve(line)));
    child.stderr!.on(
      'data',
      (text: Buffer) => (this.stderr = (this.stderr + String(text)).slice(-4000)),
    );
    child.once('error', (error) => this.settle((waiting) => waiting.reject(error)));
    child.once('close', (code) =>
      this.settle((waiting) =>
        waiting.reject(new RunError(`${name} ended with ${code ?? 'a signal'}: ${this.stderr}`)),
      ),
    );
    this.send = (line) => child.stdin!.write(`${line}\n`);
    this.end = () => killGroup(child, 'SIGKILL');
  }

  private readonly send: (line: string) => void;

  private settle(how: (waiting: NonNullable<Client['waiting']>) => void): void {
    const { waiting } = this;
    this.waiting = null;
    if (waiting !== null) how(waiting);
  }

  async measure(asked: Readonly<Record<string, string | number>>): Promise<Told> {
    const timer = setTimeout(
      () =>
        this.settle((waiting) =>
          waiting.reject(new RunError(`${this.name}: no answer within ${LIMIT_MS / 1000} s`)),
        ),
      LIMIT_MS,
    );
    const line = await new Promise<string>((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.send(
        Object.entries(asked)
          .map(([key, value]) => `${key}=${value}`)
          .join(' '),
      );
    });
    clearTimeout(timer);
    const told = Object.fromEntries(
      line
        .split(' ')
        .map((pair) => [
          pair.slice(0, pair.indexOf('=')),
          Number(pair.slice(pair.indexOf('=') + 1)),
        ]),
    );
    if (told['acked'] !== asked['records'])
      throw new RunError(`${this.name} acknowledged too few records: ${line}`);
    return told;
  }
}

export async function run(options: BenchOptions): Promise<void> {
  const rounds = options.rounds ?? ROUNDS;
  const seconds = options.seconds ?? SECONDS;
  const delayMs = options.delay ?? DELAY_MS;
  const wanted = options.cell?.split(',').map((text) => text.trim()) ?? [''];
  const cells = grid().filter((cell) => wanted.some((text) => label(cell).includes(text)));
  if (cells.length === 0)
    throw new RunError(
      `no cell's name contains ${wanted.join(' or ')}; one is ${label(grid()[0])}`,
    );
  const { classPath } = await requireKafkaJars(DEFAULT_KAFKA_VERSION);
  const registry = RunRegistry.of();
  const folder = registry.makeFolder('kbench-fidelity-');
  const payload = path.join(folder, 'payload');
  writeFileSync(payload, eventText(4096 * VALUE_BYTES, 42));
  const distance = delayMs > 0 ? await startDistance(delayMs) : null;
  let clients: readonly Client[] = [];
  const told = new Map<Cell, Record<Side, Told[]>>(
    cells.map((cell) => [cell, { kbench: [], java: [] }]),
  );
  try {
    await withRealKafka(
      { version: DEFAULT_KAFKA_VERSION, brokers: 1, ...(distance === null ? {} : { distance }) },
      async (kafka) => {
        for (let round = 0; round < rounds; round++) {
          // Of their own in each round: how a JVM has compiled itself makes batches up to a tenth
          // larger or smaller, for as long as it lives.
          clients = startClients(classPath, folder);
          console.log(
            `  round ${round + 1} of ${rounds}: ` +
              `warming ${round === 0 ? 'broker and ' : ''}clients up`,
          );
          for (const client of [...clients, ...clients])
            await measure(kafka, client, WARM, 4, payload);
          for (const [i, cell] of cells.entries()) {
            for (const client of (i + round) % 2 === 0 ? clients : clients.toReversed()) {
              const measured = await measure(kafka, client, cell, seconds, payload);
              told.get(cell)![client.name].push(measured);
            }
            const results = told.get(cell)!;
            const last = COMPARED.map((name) =>
              percent(results.kbench.at(-1)![name] / results.java.at(-1)![name]),
            );
            console.log(
              `  round ${round + 1} of ${rounds}, ${i + 1} of ${cells.length}: ` +
                `${label(cell).padEnd(40)} ${last.join(' ')}`,
            );
          }
          for (const client of clients) client.end();
        }
      },
    );
  } finally {
    for (const client of clients) client.end();
    distance?.close();
    registry.removeFolder(folder);
  }
  print(told, rounds, seconds, delayMs);
}

function startClients(classPath: string, folder: string): readonly Client[] {
  const source = fileURLToPath(
    new URL('../../bench/fidelity/FidelityProducer.java', import.meta.url),
  );
  const jvm = ['-Xmx512m', '-Dlog4j2.level=OFF', `-Djava.io.tmpdir=${folder}`, '-cp', classPath];
  return [
    new Client('kbench', process.execPath, [
      fileURLToPath(new URL('fidelity-client.js', import.meta.url)),
    ]),
    new Client('java', javaCommand(), [...jvm, source]),
  ];
}

const label = ({ rate, lingerMs, batchBytes, partitions, codec }: Cell) =>
  `${rate / 1000}k/s linger ${lingerMs} ${batchBytes / 1024}KiB p${partitions} ${codec}`;

function measure(
  kafka: RealKafka,
  client: Client,
  cell: Cell,
  seconds: number,
  payload: string,
): Promise<Told> {
  return kafka.withTopic(cell.partitions, (topic) =>
    client.measure({
      topic,
      rate: cell.rate,
      warmup: cell.rate * WARMUP_SECONDS,
      records: cell.rate * (WARMUP_SECONDS + seconds),
      lookEveryNs: LOOK_EVERY_NS,
      valueBytes: VALUE_BYTES,
      payload,
      's.bootstrap.servers': kafka.bootstrap,
      's.linger.ms': cell.lingerMs,
      's.batch.size': cell.batchBytes,
      's.compression.type': cell.codec,
    }),
  );
}

const percent = (ratio: number) => `${ratio >= 1 ? '+' : ''}${((ratio - 1) * 100).toFixed(1)}%`;

function print(
  told: ReadonlyMap<Cell, Record<Side, readonly Told[]>>,
  rounds: number,
  seconds: number,
  delayMs: number,
): void {
  let within = 0;
  const looks = (side: Side) =>
    formatSpread(
      [...told.values()].flatMap((results) => results[side].map((each) => each.lookEveryUs)),
      0,
    );
  const rows = [...told].map(([cell, results]) => {
    const middle = (side: Side, name: string) =>
      spreadOf(results[side].map((each) => each[name]))!.median;
    const ratios = COMPARED.map((name) => middle('kbench', name) / middle('java', name));
    const fits = ratios.every((ratio) => Math.abs(ratio - 1) <= TOLERANCE);
    if (fits) within++;
    const values = COMPARED.flatMap((name, i) => [
      middle('java', name).toFixed(name === 'recordsPerRequestAvg' ? 1 : 0),
      middle('kbench', name).toFixed(name === 'recordsPerRequestAvg' ? 1 : 0),
      percent(ratios[i]),
    ]);
    const own = spreadOf(results.java.map((each) => each.batchSizeAvg))!;
    return [
      label(cell),
      ...values,
      `${(((own.max - own.min) / own.median) * 100).toFixed(1)}%`,
      fits ? '' : '*',
    ];
  });
  const versions = { 'Apache Kafka and its Java client': DEFAULT_KAFKA_VERSION };
  console.log(
    `\n${circumstances(versions, `${rounds} interleaved rounds of ${seconds} s a cell; medians`)}`,
  );
  console.log(
    `work      values of ${VALUE_BYTES} B, no keys, due at even gaps from the index, ` +
      `looked for every ${looks('java')} us by Java's side, ${looks('kbench')} by kbench's; ` +
      `one broker on the same machine, ${delayMs} ms away each way; ` +
      "all other settings Java's defaults (acks=all, idempotent)\n",
  );
  const head = [
    'cell',
    ...COMPARED.flatMap((name) => [`${name} Java`, 'kbench', 'diff']),
    'Java by itself',
    '',
  ];
  console.log(benchTable(head, rows));
  const share = ((within / told.size) * 100).toFixed(1);
  console.log(
    `${within} of ${told.size} cells (${share} %) have all three ` +
      `within ${TOLERANCE * 100} % of Java's; others are marked *. ` +
      "Java by itself: how far apart its own rounds' batch sizes are, " +
      'greatest less smallest over the median.',
  );
}
