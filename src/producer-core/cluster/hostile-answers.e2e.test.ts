// How much memory a broker that means ill can make a producer take: the built library in a process
// of its own, against 99 MiB of metadata of whatever becomes the most objects, and against answers
// that never end.
import { spawn } from 'node:child_process';
import net from 'node:net';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { apiVersionsResponse } from '../../wire/apis/index.js';
import {
  decodeMessage,
  decodeRequestHeader,
  encodeResponse,
  leadersResponse,
  WireReader,
  WireWriter,
} from '../../wire/index.js';
import { API } from '../../wire/api-keys.js';

const root = path.join(import.meta.dirname, '../../..');
const MIB = 1024 * 1024;
const FRAME_BYTES = 99 * MIB;
const METADATA_VERSION = 9;

const PROGRAM = `
import { readFileSync } from 'node:fs';
import { Producer } from 'kbench/producer-core';
// Not resourceUsage(): its maximum is inherited from the process that started this one.
const peakKib = () => Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
const before = process.memoryUsage.rss();
const producer = new Producer({ 'bootstrap.servers': process.argv[1], 'max.block.ms': \
Number(process.argv[2]) });
const outcome = await producer.partitionsFor('t').then((found) => found.length + ' partitions', \
(error) => error.message);
const grownMiB = Math.round(peakKib() / 1024 - before / 1048576);
process.stdout.write(JSON.stringify({ outcome, grownMiB }));
await producer.close(0).catch(() => undefined);
process.exit(0);
`;

interface Report {
  readonly outcome: string;
  readonly grownMiB: number;
}

function runProducer(bootstrap: string, blockMs = 4000): Promise<Report> {
  const args = ['--input-type=module', '-e', PROGRAM, bootstrap, String(blockMs)];
  const child = spawn(process.execPath, args, { cwd: root, timeout: 60_000 });
  let output = '';
  child.stdout.on('data', (data: Buffer) => (output += data.toString()));
  child.stderr.on('data', (data: Buffer) => (output += data.toString()));
  return new Promise((resolve, reject) => {
    child.on('close', () => {
      try {
        resolve(JSON.parse(output) as Report);
      } catch {
        reject(new Error(output));
      }
    });
  });
}

const servers: net.Server[] = [];
const sockets = new Set<net.Socket>();
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

type AnswerMetadata = (socket: net.Socket, correlationId: number) => void;

/** A broker that answers ApiVersions as any does, and Metadata as it is told to. */
async function listen(answer: AnswerMetadata): Promise<number> {
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (frame) => {
      const { api, version, correlationId } = decodeRequestHeader(new WireReader(frame, 4));
      if (api === API.METADATA) answer(socket, correlationId);
      if (api !== API.API_VERSIONS) return;
      const apiKeys = [
        { apiKey: API.PRODUCE, minVersion: 3, maxVersion: 9 },
        { apiKey: API.METADATA, minVersion: 0, maxVersion: METADATA_VERSION },
        { apiKey: API.API_VERSIONS, minVersion: 0, maxVersion: 4 },
      ];
      socket.write(encodeResponse(apiVersionsResponse, version, correlationId, { apiKeys }));
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as net.AddressInfo).port;
}

/** An array of as many equal elements as the frame has room for, as the compact form has it. */
function many(element: readonly number[], room = FRAME_BYTES): Buffer {
  const count = Math.floor(room / element.length);
  const writer = new WireWriter();
  writer.uvarint(count + 1);
  return Buffer.concat([
    writer.finish(),
    Buffer.alloc(count * element.length, Buffer.from(element)),
  ]);
}

const NONE = Buffer.from([1]);
const TEXT_H = [2, 0x68];
const int32 = (value: number) => [0, 0, 0, value];
const ONE_BROKER = Buffer.from([2, ...int32(1), ...TEXT_H, ...int32(1), 0, 0]);

/**
 * Metadata v9: throttle, brokers, cluster id, controller id, topics, authorized operations, tags.
 */
const metadata = (brokers: Buffer, topics: Buffer, tags: Buffer = Buffer.from([0])) =>
  Buffer.concat([
    Buffer.from(int32(0)),
    brokers,
    Buffer.from([0, ...int32(1)]),
    topics,
    Buffer.from(int32(0)),
    tags,
  ]);

const topicHead = (name: readonly number[]) => [0, 0, ...name, 0];
const topicTail = [...int32(0), 0];
const TOPIC_T = [2, 0x74];
/** error, index, leader, epoch, replicas, in sync, offline, tags */
const PARTITION = [0, 0, ...int32(0), ...int32(1), ...int32(0), 1, 1, 1, 0];

const CASES: readonly (readonly [string, () => Buffer])[] = [
  ['topics without a name', () => metadata(ONE_BROKER, many([...topicHead([1]), 1, ...topicTail]))],
  [
    'partitions of the topic asked for',
    () =>
      metadata(
        ONE_BROKER,
        Buffer.concat([
          Buffer.from([2, ...topicHead(TOPIC_T)]),
          many(PARTITION),
          Buffer.from(topicTail),
        ]),
      ),
  ],
  ['brokers', () => metadata(many([...int32(1), ...TEXT_H, ...int32(1), 0, 0]), NONE)],
  ['tagged fields that nobody knows', () => metadata(ONE_BROKER, NONE, tagged())],
];

function tagged(): Buffer {
  const tags = many([9, 62, ...Array<number>(62).fill(0)]);
  // A tagged section has its plain count in front.
  tags[0]--;
  return tags;
}

function frameOf(body: Buffer, correlationId: number): Buffer {
  const head = Buffer.alloc(9);
  head.writeInt32BE(body.length + 5);
  head.writeInt32BE(correlationId, 4);
  return Buffer.concat([head, body]);
}

describe.skipIf(process.platform !== 'linux')('a producer that is answered with 99 MiB of', () => {
  // Side by side: a producer asks again until max.block.ms is over.
  it.concurrent.each(CASES)('%s takes at most 400 MiB', async (_, body) => {
    const bytes = body();
    const port = await listen(
      (socket, correlationId) => void socket.write(frameOf(bytes, correlationId)),
    );
    const { outcome, grownMiB } = await runProducer(`127.0.0.1:${port}`, 6000);
    expect(outcome).toContain('max.block.ms');
    expect(grownMiB, outcome).toBeLessThan(400);
  });
});

it.each(CASES.slice(0, 3))('the decoder says what is wrong with 99 MiB of %s', (_, body) => {
  const read = () => decodeMessage(leadersResponse, METADATA_VERSION, new WireReader(body()));
  expect(read).toThrow(/MetadataResponse v9 would take more than 128 MiB of memory/);
});

describe.skipIf(process.platform !== 'linux')('a producer whose brokers', () => {
  it('begin answers of 95 MiB and never end them keeps at most 160 MiB in all', async () => {
    const head = Buffer.alloc(8);
    head.writeInt32BE(95 * MIB);
    const part = Buffer.alloc(94 * MIB);
    const begin: AnswerMetadata = (socket, correlationId) => {
      head.writeInt32BE(correlationId, 4);
      socket.write(Buffer.from(head));
      socket.write(part);
    };
    const ports = await Promise.all(Array.from({ length: 5 }, () => listen(begin)));
    const { outcome, grownMiB } = await runProducer(
      ports.map((port) => `127.0.0.1:${port}`).join(','),
    );
    expect(outcome).toContain('t');
    expect(grownMiB, outcome).toBeLessThan(400);
  });

  it('make a large cluster, 1,000 brokers, 200,000 partitions, is served as before', async () => {
    const brokers = many([...int32(1), ...TEXT_H, ...int32(1), 0, 0], 1000 * 12);
    const replicas = [4, ...int32(1), ...int32(2), ...int32(3)];
    const partition = [...PARTITION.slice(0, 14), ...replicas, ...replicas, ...replicas, 0];
    const partitions = many(partition, 200_000 * partition.length);
    const first = partitions.length - 200_000 * partition.length;
    for (let i = 0; i < 200_000; i++) partitions.writeInt32BE(i, first + i * partition.length + 2);
    const topic = [Buffer.from([2, ...topicHead(TOPIC_T)]), partitions, Buffer.from(topicTail)];
    const body = metadata(brokers, Buffer.concat(topic));
    const port = await listen(
      (socket, correlationId) => void socket.write(frameOf(body, correlationId)),
    );
    expect((await runProducer(`127.0.0.1:${port}`, 30_000)).outcome).toBe('200000 partitions');
  });
});
