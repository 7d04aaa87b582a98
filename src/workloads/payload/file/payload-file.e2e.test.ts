import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import zlib from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fetchRequest, fetchResponse } from '../../../wire/apis/all.js';
import { planSweep } from '../../../plan/load-sweep.js';
import type { EmbeddedCluster } from '../../../targets/embedded/options.js';
import { startInProcessCluster } from '../../../targets/embedded/in-process.js';
import { RawClient } from '../../../testing/raw-client.js';
import { readBatch, type ReadBatch } from '../../../testing/simulation/cluster/sim-batch.js';
import { decompress } from '../../../testing/simulation/cluster/sim-codecs.js';
import { runWorkload } from '../../run-workload.js';

const MIB = 1024 * 1024;
const HEADER_BYTES = 61;

/** Events of which codecs see what they see in real ones: names that recur, numbers that do not. */
function eventLines(count: number): string[] {
  let state = 1;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  return Array.from({ length: count }, (_, i) =>
    JSON.stringify({
      at: new Date(1_760_000_000_000 + i * 37).toISOString(),
      user: { id: `u${random(700)}` },
      path: `/shop/${['cart', 'search', 'item', 'login'][random(4)]}/${random(5000)}`,
      ...(random(3) === 0 ? { note: 'ö'.repeat(random(60)) } : {}),
    }),
  );
}

const lines = eventLines(20_000);
let folder = '';
let cluster: EmbeddedCluster;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'kbench-events-'));
  writeFileSync(path.join(folder, 'events.jsonl'), `${lines.join('\r\n')}\r\n`);
  const names = ['plain', 'gzip', 'zstd', 'shared'];
  cluster = await startInProcessCluster({
    brokers: 1,
    retentionBytesPerPartition: 32 * MIB,
    topics: names.map((name) => ({ name, partitions: 1 })),
  });
});
afterAll(async () => {
  await cluster.close();
  rmSync(folder, { recursive: true });
});

async function run(topicName: string, workload: string, producer = '{}') {
  const text =
    'workload: {payload: {file: events.jsonl, key: {field: user.id}}, records: 20000, ' +
    `warmup: none, ${workload}}\n` +
    `producer: ${producer}\nrepeats: 1\n`;
  const { plan } = planSweep(path.join(folder, 'sweep.yaml'), text);
  const result = await runWorkload({
    ...plan.runs[0],
    bootstrap: cluster.bootstrap,
    topicName,
    settings: plan.points[0].settings,
    transactionalIdPrefix: 'x',
    embeddedTarget: true,
    modulesFrom: folder,
  });
  expect(result.failure).toBeNull();
  return result.measurement!;
}

/** `body`: its records as they were before the codec. */
type StoredBatch = ReadBatch & { readonly bytes: number; readonly body: Buffer };

async function batchesOf(topic: string): Promise<StoredBatch[]> {
  const client = await RawClient.connect(cluster.bootstrap[0]);
  const batches: StoredBatch[] = [];
  for (let fetchOffset = 0; ;) {
    const partitions = [{ partition: 0, fetchOffset: BigInt(fetchOffset), partitionMaxBytes: MIB }];
    const answer = await client.send(fetchRequest, fetchResponse, 11, {
      maxWaitMs: 0,
      topics: [{ topic, partitions }],
    });
    const log = answer.responses[0].partitions[0].records;
    if (log === null || log.length === 0) break;
    for (let at = 0; at < log.length;) {
      const bytes = 12 + log.readInt32BE(at + 8);
      const batch = readBatch(log.subarray(at, at + bytes));
      const packed = log.subarray(at + HEADER_BYTES, at + bytes);
      const body = batch.codec === 0 ? packed : decompress(batch.codec, packed);
      batches.push({ ...batch, bytes: bytes - HEADER_BYTES, body });
      fetchOffset += batch.records.length;
      at += bytes;
    }
  }
  client.close();
  return batches;
}

const valuesOf = (batches: readonly ReadBatch[]) =>
  batches.flatMap(({ records }) => records.map(({ value }) => value!.toString()));

describe('a payload file of 20,000 events', () => {
  it('arrives line by line, in order, with its keys, and its true size is told', async () => {
    const { throughput } = await run('plain', 'workers: 1');
    const batches = await batchesOf('plain');
    expect(valuesOf(batches)).toEqual(lines);
    const keys = batches.flatMap(({ records }) => records.map(({ key }) => key!.toString()));
    expect(keys).toEqual(
      lines.map((line) => (JSON.parse(line) as { user: { id: string } }).user.id),
    );
    const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line), 0);
    const told = (throughput.mebibytesPerSecond * MIB) / throughput.recordsPerSecond;
    expect(told).toBeCloseTo(bytes / lines.length, 6);
  });

  it('is sent by three workers as one would: each line once', async () => {
    await run('shared', 'workers: 3');
    expect(valuesOf(await batchesOf('shared')).sort()).toEqual(lines.toSorted());
  });

  it('compresses as node:zlib does the same batches; codecs keep their true order', async () => {
    const sent = async (codec: 'gzip' | 'zstd') => {
      await run(codec, 'workers: 1', `{compression.type: ${codec}, linger.ms: 20}`);
      const batches = await batchesOf(codec);
      expect(valuesOf(batches)).toEqual(lines);
      return batches;
    };
    const gzip = await sent('gzip');
    const bytesOf = (batches: readonly StoredBatch[]) => sum(batches.map(({ bytes }) => bytes));
    const truth = sum(gzip.map(({ body }) => zlib.gzipSync(body).length));
    expect(bytesOf(gzip) / truth).toBeCloseTo(1, 2);
    if (zstdSync === undefined) return;
    const zstd = await sent('zstd');
    const zstdTruth = sum(zstd.map(({ body }) => zstdSync(body).length));
    expect(bytesOf(zstd) / zstdTruth).toBeCloseTo(1, 1);
    const share = (bytes: number, of: readonly StoredBatch[]) =>
      bytes / sum(of.map(({ body }) => body.length));
    const order = share(bytesOf(gzip), gzip) - share(bytesOf(zstd), zstd);
    expect(Math.sign(order)).toBe(Math.sign(share(truth, gzip) - share(zstdTruth, zstd)));
  });
});

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

/** From Node 22.15 on. */
const { zstdCompressSync: zstdSync } = zlib as { zstdCompressSync?: (bytes: Buffer) => Buffer };
