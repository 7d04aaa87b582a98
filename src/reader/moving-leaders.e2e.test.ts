// Reading while leaders move, connections break and brokers die, on the embedded cluster.
import net, { type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { startInProcessCluster, type InProcessCluster } from '../targets/embedded/in-process.js';
import { batchOf, recordsOf } from '../testing/audit/batch-editor.js';
import { buildBatch } from '../testing/raw-client.js';
import { API } from '../wire/api-keys.js';
import { openReader, type Reader, ReaderError, type ReaderOptions } from './index.js';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

type Cluster = InProcessCluster;
async function cluster(options: Partial<Parameters<typeof startInProcessCluster>[0]> = {}) {
  const started = await startInProcessCluster({
    brokers: 3,
    topics: [{ name: 't', partitions: 1, replicationFactor: 3 }],
    retentionBytesPerPartition: 8 * 1024 * 1024,
    ...options,
  });
  open.push(started);
  return started;
}

function reader(bootstrap: readonly string[], options: Partial<ReaderOptions> = {}): Reader {
  // Small answers, so that there are many.
  const fetch = { maxPartitionBytes: 2000, maxWaitMs: 50 };
  const opened = openReader({ bootstrap, fetch, ...options });
  open.push(opened);
  return opened;
}

const partitionOf = ({ state }: Cluster) => state.topics.partition('t', 0)!;

function append(to: Cluster, batches: number): void {
  for (let i = 0; i < batches; i++) {
    const batch = buildBatch(['a', 'b', 'c', 'd'].map((value) => value.repeat(50)));
    partitionOf(to).log.append(batch, 0, batch.length, 0);
  }
}

/** The offsets of all records up to `to`; `meanwhile` is called at each of them. */
async function offsets(with_: Reader, to: number, meanwhile?: (offset: number) => void) {
  const found: number[] = [];
  await with_.read([{ topic: 't', partition: 0, from: 0, to }], {
    onRecord(_slot, offset) {
      found.push(offset);
      meanwhile?.(offset);
    },
  });
  return found;
}
const upTo = (end: number): number[] => Array.from({ length: end }, (_, i) => i);

describe('a read goes on, and tells each record once', () => {
  it('while the leader moves', async () => {
    const on = await cluster();
    append(on, 400);
    let moves = 0;
    const found = await offsets(reader(on.bootstrap), 1600, (offset) => {
      if (offset % 200 !== 100) return;
      moves += 1;
      void on.inject({ kind: 'move-leader', topic: 't', partition: 0 });
    });
    expect(found).toEqual(upTo(1600));
    expect(moves).toBe(8);
  });

  it('while connections break, also in the middle of an answer', async () => {
    const on = await cluster();
    append(on, 400);
    for (const [answerBytes, skip] of [
      [0, 3],
      [6, 9],
      [700, 15],
      [900, 20],
    ]) {
      await on.inject({ kind: 'drop', api: API.FETCH, when: 'mid-answer', answerBytes, skip });
    }
    await on.inject({ kind: 'drop', api: API.FETCH, when: 'before-append', every: 17, times: 5 });
    expect(await offsets(reader(on.bootstrap), 1600)).toEqual(upTo(1600));
  });

  it('while brokers die and come back', async () => {
    const on = await cluster();
    append(on, 400);
    const found = await offsets(reader(on.bootstrap), 1600, (offset) => {
      const broker = partitionOf(on).leader;
      if (offset === 300) void on.inject({ kind: 'stop-broker', broker, electAfterMs: 150 });
      if (offset === 700) void on.inject({ kind: 'stop-broker', broker });
      if (offset !== 1000) return;
      for (const id of [1, 2, 3]) void on.inject({ kind: 'start-broker', broker: id });
    });
    expect(found).toEqual(upTo(1600));
  });

  it('behind batches that cannot be read, whatever of them is wrong', async () => {
    const on = await cluster();
    const { log } = partitionOf(on);
    const values = ['a', 'b', 'c', 'd'].map((value) => value.repeat(50));
    for (let i = 0; i < 60; i++) {
      const batch = buildBatch(values);
      const whole = batch.length;
      if (i % 20 === 10) batch[80] ^= 1;
      log.append(batch, 0, whole, 0);
    }
    // Compaction took the two in the middle.
    const source = buildBatch(values);
    const [first, , , last] = recordsOf(source, 0);
    const compacted = batchOf(source, 0, [first, last], [0, 3]);
    const found: number[] = [];
    const corrupt: number[] = [];
    log.append(compacted, 0, compacted.length, 0);
    await reader(on.bootstrap).read([{ topic: 't', partition: 0, from: 0, to: 242 }], {
      onRecord: (_slot, offset) => found.push(offset),
      onCorrupt: (_slot, from, to) => corrupt.push(from, to),
    });
    expect(corrupt).toEqual([40, 44, 120, 124, 200, 204]);
    expect(found.filter((offset) => offset < 240)).toEqual(
      upTo(240).filter((offset) => !(offset % 80 >= 40 && offset % 80 < 44)),
    );
    const strict = offsets(reader(on.bootstrap), 240);
    await expect(strict).rejects.toThrow(/^t-0, offset 40: its CRC does not fit$/);
    await expect(strict).rejects.toThrow(ReaderError);
  });
});

describe('a broker that does not lead, whatever the metadata says', () => {
  it('is asked with a pause between, until the patience is over or another leads', async () => {
    // Every broker is said to be where broker 2 is, and broker 1 leads.
    const door = await countingDoor();
    const ports = { advertisedPorts: [door.port, door.port] };
    const on = await cluster({ brokers: 2, topics: [{ name: 't', partitions: 1 }], ...ports });
    append(on, 3);
    partitionOf(on).leader = 1;
    door.aim(on.listening[1]);
    const bootstrap = [`127.0.0.1:${door.port}`];
    const began = performance.now();
    const impatient = reader(bootstrap, { patienceMs: 700 });
    await expect(offsets(impatient, 12)).rejects.toThrow(
      /t-0 has had no leader that answers for 0.7 s: NOT_LEADER_OR_FOLLOWER/,
    );
    const seconds = (performance.now() - began) / 1000;
    // At most one look-up and one fetch in 50 ms.
    expect(door.asked.get(API.METADATA)).toBeGreaterThan(1);
    expect(door.asked.get(API.METADATA)).toBeLessThanOrEqual(seconds * 20 + 2);
    expect(door.asked.get(API.FETCH)).toBeLessThanOrEqual(seconds * 20 + 2);
    const patient = offsets(reader(bootstrap), 12);
    await on.inject({ kind: 'move-leader', topic: 't', partition: 0, to: 2 });
    expect(await patient).toEqual(upTo(12));
  });
});

/** Hands bytes on to an address that is told later, and counts the requests by their API. */
async function countingDoor() {
  const asked = new Map<number, number>();
  let target = { host: '', port: 0 };
  const sockets = new Set<Socket>();
  const server = net.createServer((client) => {
    const broker = net.connect(target.port, target.host);
    for (const [from, to] of [
      [client, broker],
      [broker, client],
    ]) {
      sockets.add(from);
      from.on('error', () => undefined).on('close', () => to.destroy());
      from.on('data', (bytes: Buffer) => to.write(bytes));
    }
    let received: Buffer = Buffer.alloc(0);
    client.on('data', (bytes: Buffer) => {
      received = Buffer.concat([received, bytes]);
      while (received.length >= 6 && received.length >= 4 + received.readInt32BE(0)) {
        const api = received.readInt16BE(4);
        asked.set(api, (asked.get(api) ?? 0) + 1);
        received = received.subarray(4 + received.readInt32BE(0));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  open.push({ close });
  const aim = (address: string): void => {
    const [host, portText] = address.split(':');
    target = { host, port: Number(portText) };
  };
  return { asked, port, aim };
}
