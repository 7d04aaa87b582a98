// What the embedded cluster costs per record, in a process of its own, fed by a bare socket that
// writes prebuilt produce requests. Called by bench/main.ts, and started by itself as that process.
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { fileURLToPath } from 'node:url';
import { produceRequest } from '../src/wire/apis/all.js';
import { encodeRequest } from '../src/wire/index.js';
import { startInProcessCluster } from '../src/targets/embedded/in-process.js';
import { buildBatch } from '../src/testing/raw-client.js';
import { benchTable, circumstances, formatSpread } from './bench-report.js';
import type { BenchOptions } from './bench-report.js';

export const title = 'Embedded cluster: CPU a record of its thread, fed by a bare socket';

const REPEATS = 5;
const REQUESTS = 40_000;
const VALUE_BYTES = 100;
const BATCH_BYTES = 16_384;

interface Variant {
  readonly name: string;
  readonly acks: number;
  readonly connections: number;
  readonly inFlight: number;
  readonly waiting: 'spin' | 'sleep';
  /** Of REQUESTS, as acks=all takes its time. */
  readonly share: number;
}

const VARIANTS: readonly Variant[] = [
  { name: 'acks=1, 5 in flight', acks: 1, connections: 1, inFlight: 5, waiting: 'sleep', share: 1 },
  {
    name: 'acks=1, 1 in flight',
    acks: 1,
    connections: 1,
    inFlight: 1,
    waiting: 'sleep',
    share: 0.5,
  },
  {
    name: 'acks=all 0.5 ms, 3 connections, sleeping',
    acks: -1,
    connections: 3,
    inFlight: 5,
    waiting: 'sleep',
    share: 0.25,
  },
  {
    name: 'acks=all 0.5 ms, 3 connections, spinning',
    acks: -1,
    connections: 3,
    inFlight: 5,
    waiting: 'spin',
    share: 0.25,
  },
];

interface Sample {
  readonly userNs: number;
  readonly systemNs: number;
  readonly recordsPerSecond: number;
}

/**
 * Prints the broker's CPU per record, user and system apart. `records`: of each measurement, before
 * acks=all's share.
 */
export async function run({
  rounds,
  records: wanted,
}: Pick<BenchOptions, 'rounds' | 'records'>): Promise<void> {
  const batch = fullBatch();
  const records = batch.readInt32BE(57);
  const requests = wanted === null ? REQUESTS : Math.ceil(wanted / records);
  const repeats = rounds ?? REPEATS;
  const samples = VARIANTS.map((): Sample[] => []);
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const [i, variant] of VARIANTS.entries())
      samples[i].push(await measure(variant, requests, batch, records));
  }
  console.log(circumstances({}, `${repeats}, interleaved; median (min-max)`));
  console.log(
    `${VALUE_BYTES} B values, batches of ${records} records and ${batch.length} B, ` +
      'one a request; 3 replicas',
  );
  const head = ['variant', 'user ns/record', 'system ns/record', 'M records/s'];
  const rows = VARIANTS.map(({ name }, i) => [
    name,
    formatSpread(
      samples[i].map((s) => s.userNs),
      1,
    ),
    formatSpread(
      samples[i].map((s) => s.systemNs),
      1,
    ),
    formatSpread(
      samples[i].map((s) => s.recordsPerSecond / 1e6),
      2,
    ),
  ]);
  console.log(benchTable(head, rows));
}

function fullBatch(): Buffer {
  const value = Buffer.alloc(VALUE_BYTES, 'v');
  let count = 1;
  while (buildBatch(new Array<Buffer>(count + 1).fill(value)).length <= BATCH_BYTES) count++;
  return buildBatch(new Array<Buffer>(count).fill(value));
}

async function measure(
  variant: Variant,
  total: number,
  batch: Buffer,
  records: number,
): Promise<Sample> {
  const child = fork(fileURLToPath(import.meta.url), ['sink', variant.waiting], { execArgv: [] });
  const [port] = (await once(child, 'message')) as [number];
  const request = encodeRequest(produceRequest, 11, 1, 'bench', {
    acks: variant.acks,
    timeoutMs: 1000,
    topicData: [{ name: 'sink', partitionData: [{ index: 0, records: batch }] }],
  });
  const pump = async (requests: number) => {
    const each = Math.ceil(requests / variant.connections);
    await Promise.all(
      Array.from({ length: variant.connections }, () =>
        pumpOne(port, request, each, variant.inFlight),
      ),
    );
    return each * variant.connections;
  };
  await pump((total / 4) * variant.share);
  const before = await usage(child);
  const startedMs = performance.now();
  const requests = await pump(total * variant.share);
  const seconds = (performance.now() - startedMs) / 1000;
  const after = await usage(child);
  child.disconnect();
  await once(child, 'exit');
  const sent = requests * records;
  return {
    userNs: ((after.user - before.user) * 1000) / sent,
    systemNs: ((after.system - before.system) * 1000) / sent,
    recordsPerSecond: sent / seconds,
  };
}

async function usage(child: ChildProcess): Promise<NodeJS.CpuUsage> {
  child.send('usage');
  return ((await once(child, 'message')) as [NodeJS.CpuUsage])[0];
}

/** Keeps `inFlight` requests under way until `requests` are answered. */
function pumpOne(port: number, request: Buffer, requests: number, inFlight: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: '127.0.0.1', port, noDelay: true });
    let answerBytes = 0;
    let received = 0;
    let sent = 0;
    const send = (upTo: number) => {
      socket.cork();
      for (; sent < Math.min(requests, upTo); sent++) socket.write(request);
      socket.uncork();
    };
    socket.on('connect', () => send(inFlight));
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      const bytes = chunk as Buffer;
      // All answers are of one length: same topic, same partition.
      if (answerBytes === 0) answerBytes = 4 + bytes.readInt32BE(0);
      received += bytes.length;
      const answered = Math.floor(received / answerBytes);
      send(answered + inFlight);
      if (answered < requests) return;
      socket.destroy();
      resolve();
    });
  });
}

async function sink(waiting: 'spin' | 'sleep'): Promise<void> {
  const topics = [{ name: 'sink', partitions: 1, replicationFactor: 3 }];
  const cluster = await startInProcessCluster({ brokers: 3, topics }, { waiting });
  process.on('message', () => process.send!(process.cpuUsage()));
  process.on('disconnect', () => void cluster.close());
  process.send!(Number(cluster.bootstrap[0].split(':')[1]));
}

if (process.argv[1] === fileURLToPath(import.meta.url) && process.argv[2] === 'sink') {
  await sink(process.argv[3] === 'spin' ? 'spin' : 'sleep');
}
