// The reader against the embedded cluster, whose producer is kbench's own.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CoreProducer } from '../producer-core/parts.js';
import { startInProcessCluster, type InProcessCluster } from '../targets/embedded/in-process.js';
import { openReader, ReaderError, type Reader, type RecordVisitor } from './index.js';

let cluster: InProcessCluster;
const readers: Reader[] = [];
const reader = (options: Partial<Parameters<typeof openReader>[0]> = {}): Reader => {
  const opened = openReader({ bootstrap: cluster.bootstrap, ...options });
  readers.push(opened);
  return opened;
};

beforeAll(async () => {
  cluster = await startInProcessCluster({
    brokers: 3,
    topics: ['none', 'gzip', 'snappy', 'lz4', 'zstd', 'txn', 'empty'].map((name) => ({
      ...{ name, partitions: 6, replicationFactor: 1 },
    })),
    retentionBytesPerPartition: 16 * 1024 * 1024,
    replicationDelayMs: 0,
  });
});
afterAll(async () => {
  for (const each of readers) each.close();
  await cluster.close();
});

const COUNT = 5000;

async function produce(topic: string, settings: Record<string, string | number> = {}) {
  const producer = new CoreProducer({
    settings: { 'bootstrap.servers': cluster.bootstrap.join(','), 'linger.ms': 1, ...settings },
    hooks: { onBatchDone: () => undefined },
  });
  await producer.connect();
  const handle = await producer.topic(topic);
  const append = (from: number, to: number): void => {
    for (let i = from; i < to; i++) {
      const key = i % 5 === 0 ? null : Buffer.from(`k${i}`);
      const value = i % 7 === 0 ? null : Buffer.from(`v${i}-${'x'.repeat(i % 300)}`);
      expect(producer.append(handle, i % 6, key, value, 1_000_000 + i, 0)).not.toBeNull();
    }
  };
  return { producer, append };
}

/** All records of a topic as text, by partition. */
async function readAll(topic: string, with_: Reader = reader()): Promise<string[][]> {
  const [from, to] = [await with_.offsets(topic, 'earliest'), await with_.offsets(topic, 'latest')];
  const found: string[][] = from.map(() => []);
  const assignments = from.map((first, partition) => ({
    ...{ topic, partition, from: first, to: to[partition] },
  }));
  const visitor: RecordVisitor = {
    onRecord(slot, offset, bytes, keyAt, keyBytes, valueAt, valueBytes, timestampMs) {
      const text = (at: number, length: number): string =>
        length < 0 ? 'null' : bytes.toString('latin1', at, at + length);
      const [key, value] = [text(keyAt, keyBytes), text(valueAt, valueBytes)];
      found[slot].push(`${offset} ${timestampMs} ${key} ${value}`);
    },
  };
  await with_.read(assignments, visitor);
  return found;
}

const expected = (partition: number): string[] =>
  Array.from({ length: COUNT }, (_, i) => i)
    .filter((i) => i % 6 === partition)
    .map((i, offset) => {
      const key = i % 5 === 0 ? 'null' : `k${i}`;
      const value = i % 7 === 0 ? 'null' : `v${i}-${'x'.repeat(i % 300)}`;
      return `${offset} ${1_000_000 + i} ${key} ${value}`;
    });

describe('reader', () => {
  it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])(
    'reads what was written: %s',
    async (codec) => {
      const { producer, append } = await produce(codec, { 'compression.type': codec });
      append(0, COUNT);
      await producer.flush();
      await producer.close();
      const found = await readAll(codec);
      for (const [partition, records] of found.entries())
        expect(records).toEqual(expected(partition));
    },
  );

  it('begins and ends within batches', async () => {
    const found: number[] = [];
    await reader().read([{ topic: 'none', partition: 2, from: 17, to: 423 }], {
      onRecord: (_slot, offset) => found.push(offset),
    });
    expect(found).toEqual(Array.from({ length: 423 - 17 }, (_, i) => 17 + i));
  });

  it('shows committed records only, and where the stable part ends', async () => {
    const { producer, append } = await produce('txn', { 'transactional.id': 'reads' });
    await producer.initTransactions();
    for (let round = 0; round < 6; round++) {
      producer.beginTransaction();
      append(round * 60, round * 60 + 60);
      if (round % 2 === 0) await producer.commitTransaction();
      else await producer.abortTransaction();
    }
    const committed = await readAll('txn', reader({ isolation: 'read_committed' }));
    const keys = (records: string[]) => records.map((record) => record.split(' ')[1]);
    const wanted = Array.from({ length: 360 }, (_, i) => i).filter(
      (i) => Math.floor(i / 60) % 2 === 0 && i % 6 === 3,
    );
    expect(keys(committed[3])).toEqual(wanted.map((i) => String(1_000_000 + i)));
    producer.beginTransaction();
    append(1000, 1060);
    await producer.flush();
    const open = await reader({ isolation: 'read_committed' }).offsets('txn', 'latest');
    const all = await reader().offsets('txn', 'latest');
    expect(all[0]).toBe(open[0] + 10);
    await producer.abortTransaction();
    await producer.close();
  });

  it('tails a partition until it is told to stop', async () => {
    const { producer, append } = await produce('empty');
    const stop = new AbortController();
    const found: number[] = [];
    const tailing = reader().read(
      [{ topic: 'empty', partition: 1, from: 0 }],
      { onRecord: (_slot, offset) => found.push(offset) },
      { signal: stop.signal },
    );
    for (let i = 0; i < 3; i++) {
      append(i * 60, i * 60 + 60);
      await producer.flush();
    }
    await expect.poll(() => found.length, { timeout: 5000 }).toBe(30);
    stop.abort();
    await tailing;
    await producer.close();
  });

  it('says what is wrong', async () => {
    await expect(reader().partitions('absent')).rejects.toThrow(/no topic absent/);
    const nowhere = openReader({ bootstrap: ['127.0.0.1:1'], patienceMs: 200 });
    await expect(nowhere.partitions('none')).rejects.toThrow(ReaderError);
    nowhere.close();
    const read = (from: number) =>
      reader().read([{ topic: 'none', partition: 0, from, to: from + 5 }], {
        onRecord: () => undefined,
      });
    await expect(read(1_000_000)).rejects.toThrow(/none-0 ends at offset 834, and 1000000/);
    await expect(
      reader().read([{ topic: 'none', partition: 9, from: 0, to: 1 }], {
        onRecord: () => undefined,
      }),
    ).rejects.toThrow(/has no partition 9/);
  });
});
