import net from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type Socket, tcpNetwork } from '../../connect/connecting.js';
import { produceRequest, produceResponse } from '../../wire/apis/all.js';
import { apiVersionsResponse, metadataRequest, metadataResponse } from '../../wire/apis/index.js';
import {
  decodeMessage,
  decodeRequestHeader,
  encodeResponse,
  FrameReader,
  WireReader,
} from '../../wire/index.js';
import { readBatch } from '../../testing/simulation/cluster/sim-batch.js';
import { CoreProducer } from '../library/core-producer.js';
import { ERROR } from '../../wire/error-codes.js';
import { API } from '../../wire/api-keys.js';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A server on a port of its own. */
function listen(onSocket: (socket: net.Socket) => void): Promise<number> {
  return new Promise((resolve) => {
    const sockets = new Set<net.Socket>();
    const server = net.createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      onSocket(socket);
    });
    closing.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    server.listen(0, '127.0.0.1', () => resolve((server.address() as net.AddressInfo).port));
  });
}

interface Log {
  readonly events: string[];
  readonly received: Buffer[];
}

/** Connects; resolves when connected, and tells of the end. */
function connect(
  port: number,
): Promise<{ socket: Socket; log: Log; closed: Promise<Error | null> }> {
  return new Promise((resolve) => {
    const log: Log = { events: [], received: [] };
    let onClose!: (error: Error | null) => void;
    const closed = new Promise<Error | null>((done) => (onClose = done));
    const socket = tcpNetwork.connect('127.0.0.1', port, {
      onConnect: () => resolve({ socket, log, closed }),
      onData: (buffer, bytes) => void log.received.push(Buffer.from(buffer.subarray(0, bytes))),
      onClose: (error) => {
        log.events.push('close');
        onClose(error);
        resolve({ socket, log, closed });
      },
    });
  });
}

const written = (socket: Socket, chunks: readonly Buffer[]) =>
  new Promise<Error | null>((resolve) => {
    let calls = 0;
    socket.write(chunks, chunks.length, (error) => {
      calls++;
      setTimeout(() => {
        expect(calls).toBe(1);
        resolve(error ?? (socket.gone ? new Error('gone') : null));
      }, 5);
    });
  });

describe('sockets', () => {
  it('bring writes of several chunks, corked or not, whole and in order', async () => {
    const got: Buffer[] = [];
    let all!: () => void;
    const arrived = new Promise<void>((resolve) => (all = resolve));
    const chunks = Array.from({ length: 60 }, (_, i) => Buffer.alloc(1 + ((i * 7919) % 70_000), i));
    const wanted = Buffer.concat(chunks);
    const port = await listen((peer) =>
      peer.on('data', (bytes) => {
        got.push(bytes);
        if (got.reduce((sum, { length }) => sum + length, 0) === wanted.length) all();
      }),
    );
    const { socket } = await connect(port);
    const writes: Promise<Error | null>[] = [];
    for (let i = 0; i < 60; i += 6) {
      if (i % 12 === 0) socket.cork();
      writes.push(
        written(socket, chunks.slice(i, i + 3)),
        written(socket, chunks.slice(i + 3, i + 6)),
      );
      if (i % 12 === 0) socket.uncork();
    }
    expect(await Promise.all(writes)).toEqual(writes.map(() => null));
    await arrived;
    expect(Buffer.concat(got).equals(wanted)).toBe(true);
    socket.destroy();
  });

  it('tell of a reset, of an orderly end, and of a refusal', async () => {
    const reset = await connect(
      await listen((peer) => setTimeout(() => peer.resetAndDestroy(), 20)),
    );
    expect(await reset.closed).toMatchObject({ code: 'ECONNRESET' });
    const ended = await connect(await listen((peer) => setTimeout(() => peer.end(), 20)));
    expect(await ended.closed).toBeNull();
    const port = await listen(() => undefined);
    for (const close of closing.splice(0)) close();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const refused = await connect(port);
    expect(await refused.closed).toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('tell each write once, with an error when they go before it is taken', async () => {
    // The peer never reads, so that the kernel's buffers fill up.
    const { socket, closed } = await connect(await listen((peer) => peer.pause()));
    const chunks = Array.from({ length: 40 }, () => Buffer.alloc(1 << 20));
    const writes = chunks.map((chunk) => written(socket, [chunk]));
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    const errors = await Promise.all(writes);
    expect(errors.at(-1)).not.toBeNull();
    expect(errors.filter((error) => error !== null).length).toBeGreaterThan(10);
    expect(await closed).toBeNull();
  });

  it('tell a write with an error when the peer resets in the middle of it', async () => {
    const { socket, closed } = await connect(
      await listen((peer) => {
        peer.pause();
        setTimeout(() => peer.resetAndDestroy(), 50);
      }),
    );
    const error = await written(socket, [Buffer.alloc(1 << 24), Buffer.alloc(1 << 24)]);
    expect(error).not.toBeNull();
    await closed;
    // on a socket that is gone, too
    expect(await written(socket, [Buffer.alloc(10)])).not.toBeNull();
  });

  it('resolve names to all their addresses, addresses to themselves', async () => {
    expect(await tcpNetwork.resolve('127.0.0.1')).toEqual(['127.0.0.1']);
    expect(await tcpNetwork.resolve('::1')).toEqual(['::1']);
    expect(await tcpNetwork.resolve('localhost')).toContain('127.0.0.1');
    await expect(tcpNetwork.resolve('no-such-host.invalid')).rejects.toThrow();
  });
});

/**
 * A broker of one topic with two partitions: Metadata v8, Produce v8. Gives the values that it got.
 */
async function tinyBroker(values: string[]): Promise<number> {
  const port = await listen((socket) => {
    const frames = new FrameReader((buffer, from, to) => {
      const reader = new WireReader(Buffer.from(buffer.subarray(from, to)));
      const { api, version, correlationId } = decodeRequestHeader(reader);
      if (api === API.API_VERSIONS) {
        const apiKeys = [
          [API.PRODUCE, 3, 8],
          [API.METADATA, 0, 8],
          [API.API_VERSIONS, 0, 0],
        ].map(([apiKey, minVersion, maxVersion]) => ({ apiKey, minVersion, maxVersion }));
        socket.write(
          encodeResponse(apiVersionsResponse, 0, correlationId, {
            errorCode: version > 0 ? ERROR.UNSUPPORTED_VERSION : ERROR.NONE,
            apiKeys,
          }),
        );
      } else if (api === API.METADATA) {
        const topics = decodeMessage(metadataRequest, version, reader).topics!.map(({ name }) => ({
          name,
          partitions: [0, 1].map((partitionIndex) => ({ partitionIndex, leaderId: 0 })),
        }));
        socket.write(
          encodeResponse(metadataResponse, version, correlationId, {
            brokers: [{ nodeId: 0, host: '127.0.0.1', port }],
            topics,
          }),
        );
      } else {
        const { topicData } = decodeMessage(produceRequest, version, reader);
        const responses = topicData.map(({ name, partitionData }) => ({
          name,
          partitionResponses: partitionData.map(({ index, records }) => {
            for (const { value } of readBatch(records!).records) values.push(String(value));
            return { index, baseOffset: 0n };
          }),
        }));
        socket.write(encodeResponse(produceResponse, version, correlationId, { responses }));
      }
    });
    socket.on('data', (bytes) => frames.push(bytes, bytes.length));
  });
  return port;
}

describe('a producer over real sockets', () => {
  it('delivers every record intact, and is quiet after close', async () => {
    const values: string[] = [];
    const port = await tinyBroker(values);
    const outcomes: (string | null)[] = [];
    const producer = new CoreProducer({
      settings: {
        'bootstrap.servers': `127.0.0.1:${port}`,
        acks: '1',
        'linger.ms': 1,
        'batch.size': 4096,
        'buffer.memory': 65_536,
      },
      hooks: {
        onBatchDone: (batch, error) =>
          void outcomes.push(
            ...Array.from({ length: batch.recordCount }, () => error?.kafkaName ?? null),
          ),
      },
      poison: true,
    });
    await producer.connect();
    const topic = await producer.topic('t');
    const sent: string[] = [];
    for (let i = 0; i < 5000; i++) {
      const value = `${i}:${'-'.repeat(i % 200)}`;
      sent.push(value);
      while (
        producer.append(topic, i % 2, null, Buffer.from(value), Date.now(), performance.now()) ===
        null
      ) {
        await new Promise<void>((resolve) => producer.awaitMemory(() => resolve()));
      }
      if (i % 50 === 0) {
        producer.wake();
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    await producer.close();
    expect(outcomes).toEqual(sent.map(() => null));
    expect(values.sort()).toEqual(sent.sort());
    expect(producer.availableBytes).toBe(65_536);
  });
});
