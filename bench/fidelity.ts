// Does kbench's core batch, queue and request as Java's producer does? Both send the same records
// at the same due times to the same broker, one after the other, over a grid of settings; what
// Java's own metrics say of each is compared. The two take turns cell by cell and the order
// alternates, so that what the machine does meanwhile meets both.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { RunError } from '../src/base/errors.js';
import { killGroup, spawnTracked } from '../src/targets/kafka/processes/child-process.js';
import { javaCommand } from '../src/targets/kafka/java.js';
import { DEFAULT_KAFKA_VERSION } from '../src/targets/kafka/kafka-cluster.js';
import { requireKafkaJars } from '../src/targets/kafka/kafka-jars.js';
import { RunRegistry } from '../src/targets/kafka/processes/run-registry.js';
import { eventText } from '../src/workloads/payload/payload-text.js';
import {
  benchTable,
  circumstances,
  formatSpread,
  spreadOf,
  type BenchOptions,
} from './bench-report.js';
import { cellName, chooseCells, WARM, type Cell } from './fidelity/fidelity-cells.js';
import { startDistance } from './kafka/distance.js';
import { withRealKafka, type RealKafka } from './kafka/real-kafka.js';

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
/** Cut into values of the cell's size, in its order, again and again. */
const PAYLOAD_BYTES = 4096 * 1000;
/**
 * How often Java's side looks for due records: as kbench's pacing comes to on the machines at hand.
 * What it came to is printed.
 */
const LOOK_EVERY_NS = 50_000;
const TOLERANCE = 0.05;
const LIMIT_MS = 60_000;

const COMPARED = ['batchSizeAvg', 'recordsPerRequestAvg', 'requestRate'] as const;
type Told = Readonly<Record<string, number>>;

/** Java's producer, and kbench's core with `workload.timing: java` and `none`. */
const SIDES = ['java', 'kbench', 'none'] as const;
type Side = (typeof SIDES)[number];
type Results = Readonly<Record<Side, Told[]>>;

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
  const cells = chooseCells(options.grid, options.cell);
  const sides = chooseSides(options.clients);
  const { classPath } = await requireKafkaJars(DEFAULT_KAFKA_VERSION);
  const registry = RunRegistry.of();
  const folder = registry.makeFolder('kbench-fidelity-');
  const payload = path.join(folder, 'payload');
  writeFileSync(payload, eventText(PAYLOAD_BYTES, 42));
  const delayMs = options.delay ?? DELAY_MS;
  const distance = delayMs > 0 ? await startDistance(delayMs) : null;
  const measuring: Measuring = {
    ...{ cells, sides, classPath, folder, payload, delayMs },
    rounds: options.rounds ?? ROUNDS,
    seconds: options.seconds ?? SECONDS,
    told: new Map(cells.map((cell) => [cell, { java: [], kbench: [], none: [] }])),
  };
  try {
    await withRealKafka(
      { version: DEFAULT_KAFKA_VERSION, brokers: 1, ...(distance === null ? {} : { distance }) },
      async (kafka) => {
        for (let round = 1; round <= measuring.rounds; round++)
          await measureRound(measuring, kafka, round);
      },
    );
  } finally {
    distance?.close();
    registry.removeFolder(folder);
  }
  print(measuring);
}

interface Measuring {
  readonly cells: readonly Cell[];
  readonly sides: readonly Side[];
  readonly classPath: string;
  readonly folder: string;
  readonly payload: string;
  readonly delayMs: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly told: ReadonlyMap<Cell, Results>;
}

function chooseSides(names: readonly string[] | null): readonly Side[] {
  if (names === null) return SIDES;
  const sides = SIDES.filter((side) => names.includes(side));
  if (sides.length === names.length && sides.includes('java')) return sides;
  throw new RunError(`--clients of fidelity: java, and one or both of kbench, none`);
}

/**
 * All cells once, the sides in an order that turns. Clients of their own in each round: how a JVM
 * has compiled itself makes batches up to a tenth larger or smaller, for as long as it lives.
 */
async function measureRound(measuring: Measuring, kafka: RealKafka, round: number): Promise<void> {
  const { cells, seconds, payload, told } = measuring;
  const clients = measuring.sides.map((side) => startClient(side, measuring));
  const title = `  round ${round} of ${measuring.rounds}`;
  try {
    console.log(`${title}: warming ${round === 1 ? 'broker and ' : ''}clients up`);
    for (const client of [...clients, ...clients]) await measure(kafka, client, WARM, 4, payload);
    for (const [i, cell] of cells.entries()) {
      const first = (i + round) % clients.length;
      for (const client of [...clients.slice(first), ...clients.slice(0, first)]) {
        const measured = await measure(kafka, client, cell, seconds, payload);
        told.get(cell)![client.name].push(measured);
      }
      const results = told.get(cell)!;
      const last = measuring.sides.filter(isOurs).map((side) => {
        const of = (name: (typeof COMPARED)[number]) =>
          percent(results[side].at(-1)![name] / results.java.at(-1)![name]);
        return `${side} ${COMPARED.map(of).join(' ')}`;
      });
      const place = `${title}, ${i + 1} of ${cells.length}:`;
      console.log(`${place} ${cellName(cell).padEnd(40)} ${last.join('  ')}`);
    }
  } finally {
    for (const client of clients) client.end();
  }
}

const isOurs = (side: Side): boolean => side !== 'java';

function startClient(side: Side, { classPath, folder }: Measuring): Client {
  if (side !== 'java') {
    const program = fileURLToPath(new URL('fidelity/fidelity-client.js', import.meta.url));
    return new Client(side, process.execPath, [program, side === 'none' ? 'none' : 'java']);
  }
  const source = fileURLToPath(
    new URL('../../bench/fidelity/FidelityProducer.java', import.meta.url),
  );
  const jvm = ['-Xmx512m', '-Dlog4j2.level=OFF', `-Djava.io.tmpdir=${folder}`, '-cp', classPath];
  return new Client(side, javaCommand(), [...jvm, source]);
}

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
      valueBytes: cell.valueBytes,
      payload,
      's.bootstrap.servers': kafka.bootstrap,
      's.linger.ms': cell.lingerMs,
      's.batch.size': cell.batchBytes,
      's.compression.type': cell.codec,
    }),
  );
}

const percent = (ratio: number) => `${ratio >= 1 ? '+' : ''}${((ratio - 1) * 100).toFixed(1)}%`;

function print(measuring: Measuring): void {
  const { told, rounds, seconds, delayMs, sides } = measuring;
  const looks = (side: Side) =>
    formatSpread(
      [...told.values()].flatMap((results) => results[side].map((each) => each['lookEveryUs'])),
      0,
    );
  const versions = { 'Apache Kafka and its Java client': DEFAULT_KAFKA_VERSION };
  console.log(
    `\n${circumstances(versions, `${rounds} interleaved rounds of ${seconds} s a cell; medians`)}`,
  );
  const ours = sides.filter(isOurs);
  console.log(
    `work      values, no keys, due at even gaps from the index, looked for every ` +
      `${looks('java')} us by Java's side, ${ours.map(looks).join(' and ')} by kbench's; ` +
      `one broker on the same machine, ${delayMs} ms away each way; ` +
      "all other settings Java's defaults (acks=all, idempotent)\n",
  );
  for (const side of ours) printSide(measuring, side);
  console.log(
    "Java by itself: how far apart its own rounds' batch sizes are, greatest less smallest over " +
      'the median.',
  );
}

function printSide({ told }: Measuring, side: Side): void {
  let within = 0;
  const rows = [...told].map(([cell, results]) => {
    const middle = (of: Side, name: string) => spreadOf(results[of].map((each) => each[name]))!;
    const figures = COMPARED.map((name) => {
      const [java, kbench] = [middle('java', name).median, middle(side, name).median];
      const digits = name === 'recordsPerRequestAvg' ? 1 : 0;
      return { ratio: kbench / java, texts: [java.toFixed(digits), kbench.toFixed(digits)] };
    });
    const fits = figures.every(({ ratio }) => Math.abs(ratio - 1) <= TOLERANCE);
    if (fits) within++;
    const own = middle('java', 'batchSizeAvg');
    return [
      cellName(cell),
      ...figures.flatMap(({ ratio, texts }) => [...texts, percent(ratio)]),
      `${(((own.max - own.min) / own.median) * 100).toFixed(1)}%`,
      fits ? '' : '*',
    ];
  });
  const title = side === 'none' ? 'workload.timing: none' : 'workload.timing: java';
  const head = [
    'cell',
    ...COMPARED.flatMap((name) => [`${name} Java`, 'kbench', 'diff']),
    'Java by itself',
    '',
  ];
  console.log(`${title}\n${benchTable(head, rows)}`);
  const share = ((within / told.size) * 100).toFixed(1);
  console.log(
    `${title}: ${within} of ${told.size} cells (${share} %) have all three ` +
      `within ${TOLERANCE * 100} % of Java's; others are marked *.\n`,
  );
}
