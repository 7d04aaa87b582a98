// Measures the constants of Java's timing (src/workloads/java-timing/constants.ts) on the machine
// at hand and sets them beside those that are built in: which differ by more than their noise, and
// by what they would be replaced. Changes nothing: what is put in belongs into a commit that says
// where and when, and is held against the unseen cells of bench/fidelity.ts.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { RunError } from '../src/base/errors.js';
import { compressLz4Block } from '../src/producer-core/parts.js';
import { startEmbeddedCluster } from '../src/targets/embedded/embedded-cluster.js';
import { runToEnd } from '../src/targets/kafka/processes/child-process.js';
import { javaCommand } from '../src/targets/kafka/java.js';
import { DEFAULT_KAFKA_VERSION } from '../src/targets/kafka/kafka-cluster.js';
import { requireKafkaJars } from '../src/targets/kafka/kafka-jars.js';
import { RunRegistry } from '../src/targets/kafka/processes/run-registry.js';
import * as builtIn from '../src/workloads/java-timing/constants.js';
import { createPacer } from '../src/workloads/load/pacer.js';
import { eventText } from '../src/workloads/payload/payload-text.js';
import { benchTable, circumstances, formatSpread, spreadOf } from './bench-report.js';

export const title = "The constants of Java's timing, measured on this machine (40 s)";

const LIMIT_MS = 180_000;
const ROUNDS = 7;
const RECORD_BYTES = 100;
/** As in LIBLZ4_FAST_SHARE's own table. */
const RECORDS = [100, 150, 400, 580] as const;
const TURNS = 4000;
/** 20,000 records/s: due times closer than a sleep is exact. */
const GAP_MS = 0.05;

type Rounds = readonly number[];

export async function run(): Promise<void> {
  const text = Buffer.from(eventText(7 * 580 * RECORD_BYTES, 42));
  const turns = await turnsPerSleep();
  const java = await javaTimes(text);
  const shares = RECORDS.flatMap((records) => {
    const ours = spreadOf(ourLz4(text, records * RECORD_BYTES))!.median;
    return times(java, `lz4-${records}`).map((ns) => ns / ours);
  });
  const rows = [
    row('SEND_MS', builtIn.SEND_MS, times(java, 'send').map(toMs), 6),
    row('FIRST_SEND_MS', builtIn.FIRST_SEND_MS, times(java, 'firstSend').map(toMs), 6),
    row('TURN_PER_SLEEP', builtIn.TURN_PER_SLEEP, turns, 2),
    row('LIBLZ4_FAST_SHARE', builtIn.LIBLZ4_FAST_SHARE, shares, 2),
  ];
  const versions = { 'Apache Kafka’s Java client': DEFAULT_KAFKA_VERSION };
  console.log(`\n${circumstances(versions, `${ROUNDS} rounds each; median (least-greatest)`)}\n`);
  console.log(benchTable(['constant', 'built in', 'measured here', ''], rows));
  console.log(
    'SEND_MS and FIRST_SEND_MS were chosen by how batches come out, not by this clock: they ' +
      'hold what the sender does meanwhile. To put a figure in: ' +
      'src/workloads/java-timing/constants.ts with machine and date, then ' +
      '`npm run bench -- fidelity --grid unseen`.',
  );
}

const toMs = (ns: number): number => ns / 1e6;

function row(name: string, value: number, measured: Rounds, digits: number): string[] {
  const { min, max } = spreadOf(measured)!;
  const within = value >= min && value <= max;
  const told = within ? 'within its noise' : `outside its noise`;
  return [name, String(value), formatSpread(measured, digits), told];
}

/** How much longer a turn of a paced loop takes than the sleep that it asks for. */
async function turnsPerSleep(): Promise<Rounds> {
  const pacer = createPacer('auto');
  const sleepMs = pacer.sleepMs(GAP_MS);
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const startMs = performance.now();
    for (let i = 0; i < TURNS; i++)
      await new Promise<void>((resume) => pacer.pause(GAP_MS, GAP_MS, false, resume));
    rounds.push((performance.now() - startMs) / TURNS / sleepMs);
  }
  return rounds;
}

/** Nanoseconds a block, each round's median. */
function ourLz4(text: Buffer, bytes: number): Rounds {
  const into = Buffer.alloc(2 * bytes);
  const view = new DataView(text.buffer, text.byteOffset, text.length);
  const rounds: number[] = [];
  for (let round = -2; round < ROUNDS; round++) {
    const took: number[] = [];
    for (let i = 0; i < 2000; i++) {
      const from = (i % 7) * bytes;
      const startMs = performance.now();
      compressLz4Block(text, view, from, from + bytes, into, 0, into.length);
      took.push(1e6 * (performance.now() - startMs));
    }
    if (round >= 0) rounds.push(spreadOf(took)!.median);
  }
  return rounds;
}

/** What TimingOfJava.java prints, by name. */
async function javaTimes(text: Buffer): Promise<ReadonlyMap<string, Rounds>> {
  const { classPath } = await requireKafkaJars(DEFAULT_KAFKA_VERSION);
  const source = fileURLToPath(new URL('../../bench/fidelity/TimingOfJava.java', import.meta.url));
  const registry = RunRegistry.of();
  const folder = registry.makeFolder('kbench-calibrate-');
  const cluster = await startEmbeddedCluster({
    brokers: 1,
    topics: [{ name: 't', partitions: 1, replicationFactor: 1 }],
  });
  try {
    const file = path.join(folder, 'text');
    writeFileSync(file, text);
    const jvm = ['-Dlog4j2.level=OFF', `-Djava.io.tmpdir=${folder}`, '-cp', classPath, source];
    const args = [...jvm, cluster.bootstrap[0], 't', file];
    const told = await runToEnd(javaCommand(), args, { timeoutMs: LIMIT_MS });
    if (told.code !== 0) throw new RunError(`TimingOfJava ended with ${told.stderr.slice(-2000)}`);
    const found = new Map<string, number[]>();
    for (const line of told.stdout.trim().split('\n')) {
      const [name, value] = line.split('=');
      found.set(name, [...(found.get(name) ?? []), Number(value)]);
    }
    return found;
  } finally {
    await cluster.close();
    registry.removeFolder(folder);
  }
}

function times(told: ReadonlyMap<string, Rounds>, name: string): Rounds {
  const rounds = told.get(name);
  if (rounds === undefined) throw new RunError(`TimingOfJava said nothing of ${name}`);
  return rounds;
}
