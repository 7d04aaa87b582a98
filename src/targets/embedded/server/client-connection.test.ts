import fc from 'fast-check';
import { expect, it } from 'vitest';
import { systemClock } from '../../../base/clock.js';
import {
  createTopicsRequest,
  fetchRequest,
  listOffsetsRequest,
  metadataRequest,
  produceRequest,
} from '../../../wire/apis/all.js';
import { encodeRequest } from '../../../wire/index.js';
import type { Connection } from './client-connection.js';
import { UnpluggedCluster } from '../in-process.js';
import { buildBatch } from '../../../testing/raw-client.js';

const produced = (id: number) =>
  encodeRequest(produceRequest, 11, id, 'c', {
    acks: 1,
    topicData: [{ name: 't', partitionData: [{ index: 0, records: buildBatch(['x', 'y']) }] }],
  });

const partition = {
  partition: 0,
  partitionIndex: 0,
  fetchOffset: 0n,
  timestamp: -1n,
  partitionMaxBytes: 1000,
};
const FRAMES = [
  produced(1),
  encodeRequest(metadataRequest, 12, 2, 'c', { topics: [{ name: 't' }] }),
  encodeRequest(listOffsetsRequest, 7, 3, 'c', {
    topics: [{ name: 't', partitions: [partition] }],
  }),
  encodeRequest(fetchRequest, 12, 4, 'c', {
    maxWaitMs: 0,
    topics: [{ topic: 't', partitions: [partition] }],
  }),
  encodeRequest(createTopicsRequest, 7, 5, 'c', {
    topics: [{ name: 'u', numPartitions: 1, replicationFactor: 1 }],
    validateOnly: true,
  }),
];

function open(cluster: UnpluggedCluster): { connection: Connection; ids: number[] } {
  const ids: number[] = [];
  const connection = cluster.connect(1, {
    peer: 'test',
    write: (bytes) => {
      for (let at = 0; at < bytes.length; at += 4 + bytes.readInt32BE(at))
        ids.push(bytes.readInt32BE(at + 4));
      return true;
    },
    resumeReads: () => undefined,
    destroy: () => undefined,
  });
  return { connection, ids };
}

// A second per look at the clock, so that no line is left out of the log.
let nowMs = 0;
const clock = { ...systemClock, now: () => (nowMs += 1000) };

const start = (lines: string[] = []) =>
  new UnpluggedCluster(
    { brokers: 1, topics: [{ name: 't', partitions: 1 }], log: (line) => lines.push(line) },
    { clock },
  );

it('answers in order, however the bytes are cut into pieces', () => {
  const all = Buffer.concat(FRAMES);
  fc.assert(
    fc.property(fc.array(fc.nat(all.length), { maxLength: 20 }), (cuts) => {
      const { connection, ids } = open(start());
      const edges = [0, ...cuts.sort((a, b) => a - b), all.length];
      for (let i = 1; i < edges.length; i++)
        connection.receive(all.subarray(edges[i - 1], edges[i]));
      expect(ids).toEqual([1, 2, 3, 4, 5]);
    }),
  );
});

it('never throws at changed, cut or random bytes, has no bug of its own, serves on', () => {
  const lines: string[] = [];
  const cluster = start(lines);
  const change = fc.record({ where: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) });
  fc.assert(
    fc.property(
      fc.nat(FRAMES.length - 1),
      fc.array(change, { maxLength: 4 }),
      fc.uint8Array(),
      (which, changes, tail) => {
        const frame = Buffer.from(FRAMES[which]);
        for (const { where, byte } of changes) frame[4 + (where % (frame.length - 4))] = byte;
        open(cluster).connection.receive(Buffer.concat([frame, tail]));
        const { connection, ids } = open(cluster);
        connection.receive(produced(9));
        expect(ids).toEqual([9]);
      },
    ),
    { numRuns: 2000 },
  );
  expect(lines.length).toBeGreaterThan(100);
  // An error of ours would be logged with its stack.
  expect(lines.filter((line) => line.includes('    at '))).toEqual([]);
});

it('reads no further ahead than its bound while a request waits', () => {
  const cluster = new UnpluggedCluster(
    {
      brokers: 2,
      topics: [{ name: 't', partitions: 1, replicationFactor: 2 }],
      replicationDelayMs: 1000,
    },
    { clock: { ...systemClock, schedule: () => ({ cancel: () => undefined }) } },
  );
  const { connection } = open(cluster);
  const waiting = encodeRequest(produceRequest, 11, 1, 'c', {
    acks: -1,
    topicData: [{ name: 't', partitionData: [{ index: 0, records: buildBatch(['x']) }] }],
  });
  expect(connection.receive(waiting)).toBe(true);
  const chunk = Buffer.concat(Array.from({ length: 100 }, () => produced(2)));
  let taken = 0;
  while (connection.receive(chunk)) taken += chunk.length;
  expect(taken).toBeLessThan(300 * 1024);
});
