import { once } from 'node:events';
import net from 'node:net';
import type { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { startEmbeddedCluster } from './embedded-cluster.js';
import { resolveOptions } from './options.js';
import { buildBatch, RawClient } from '../../testing/raw-client.js';
import { ERROR } from '../../wire/error-codes.js';

it('runs in a thread of its own, takes faults, frees its ports, tells of its death', async () => {
  const cluster = await startEmbeddedCluster({
    brokers: 2,
    topics: [{ name: 't', partitions: 1, replicationFactor: 2 }],
  });
  const client = await RawClient.connect(cluster.bootstrap[0]);
  expect((await client.produce('t', 0, buildBatch(['x']), { acks: -1 })).baseOffset).toBe(0n);
  await cluster.inject({ kind: 'error', code: ERROR.REQUEST_TIMED_OUT });
  expect((await client.produce('t', 0, buildBatch(['x']))).errorCode).toBe(7);
  await expect(cluster.inject({ kind: 'stop-broker', broker: 5 })).rejects.toThrow('no broker 5');
  const ports = Number(cluster.bootstrap[0].split(':')[1]);
  await expect(startEmbeddedCluster({ brokers: 1, ports })).rejects.toThrow(
    `port ${ports} is in use`,
  );
  await cluster.close();
  await cluster.close();
  await client.closed;

  const again = await startEmbeddedCluster({ brokers: 1, ports });
  const died = new Promise<Error>((resolve) => again.onFatal(resolve));
  await (again as unknown as { worker: Worker }).worker.terminate();
  expect((await died).message).toContain('ended with code');
  await expect(again.inject({ kind: 'clear' })).rejects.toThrow('ended with code');
  await again.close();
});

it('refuses options that make no sense', () => {
  expect(() => resolveOptions({ brokers: 0 })).toThrow('number of brokers');
  expect(() => resolveOptions({ brokers: 3, ports: 65_535 })).toThrow('port');
  expect(() => resolveOptions({ brokers: 1, replicationDelayMs: -1 })).toThrow('replication delay');
  expect(() => resolveOptions({ brokers: 1, retentionBytesPerPartition: 5 })).toThrow('retention');
});

it('closes while its clients do', async () => {
  for (let i = 0; i < 5; i++) {
    const cluster = await startEmbeddedCluster({
      brokers: 1,
      topics: [{ name: 't', partitions: 1 }],
    });
    const [host, port] = cluster.bootstrap[0].split(':');
    const sockets = await Promise.all(
      Array.from({ length: 4 }, async () => {
        // a reset is fine
        const socket = net.connect(Number(port), host).on('error', () => undefined);
        await once(socket, 'connect');
        return socket;
      }),
    );
    for (const socket of sockets) socket.end();
    await cluster.close();
    for (const socket of sockets) socket.destroy();
  }
}, 20_000);
