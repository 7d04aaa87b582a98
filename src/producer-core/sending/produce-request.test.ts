import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatchMaker, batchBytes, topicState } from '../../testing/simulation/sim-batches.js';
import {
  PRODUCE_VERSIONS,
  ProduceRequestWriter,
  groupByTopic,
  produceHeadroomBytes,
} from './produce-request.js';
import { produceRequest } from '../../wire/apis/all.js';
import { encodeRequest } from '../../wire/index.js';
import type { RecordBatch } from '../batching/format/record-batch.js';
import type { TopicState } from '../batching/topic-state.js';

const VERSIONS = Array.from(
  { length: PRODUCE_VERSIONS[1] - PRODUCE_VERSIONS[0] + 1 },
  (_, i) => i + PRODUCE_VERSIONS[0],
);
const uuid = (id: Buffer) =>
  id.toString('hex').replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5');

/** What the table makes of it. */
function byTable(
  version: number,
  clientId: string,
  acks: number,
  batches: readonly RecordBatch[],
): Buffer {
  const topicData: {
    name: string;
    topicId: string;
    partitionData: { index: number; records: Buffer }[];
  }[] = [];
  for (const batch of batches) {
    const { topic } = batch.partitionState;
    let entry = topicData.find(({ name }) => name === topic.name);
    if (entry === undefined)
      topicData.push((entry = { name: topic.name, topicId: uuid(topic.id!), partitionData: [] }));
    entry.partitionData.push({ index: batch.partition, records: batchBytes(batch) });
  }
  return encodeRequest(produceRequest, version, 77, clientId, {
    acks,
    timeoutMs: 30_000,
    topicData,
  });
}

function byHand(version: number, clientId: string, acks: number, batches: RecordBatch[]) {
  const writer = new ProduceRequestWriter(clientId, acks, 30_000);
  const bytes = writer.write(version, 77, batches, batches.length);
  return { frame: Buffer.concat(writer.chunks), bytes, chunks: writer.chunks };
}

function topics(names: readonly string[], partitions = 200): TopicState[] {
  return names.map((name, i) => topicState(name, partitions, Buffer.alloc(16, i + 1)));
}

describe.each(VERSIONS)('produce request v%d', (version) => {
  it('is byte for byte what its table says, for any partitions of any topics', () => {
    const drains = fc.array(fc.tuple(fc.nat(3), fc.nat(199)), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(drains, fc.constantFrom(0, 1, -1), (drain, acks) => {
        const known = topics(['a', 'topic-with-a-name', 'ünïcode', 'x'.repeat(249)]);
        const maker = new BatchMaker('me');
        const unique = [...new Map(drain.map((entry) => [entry.join(), entry])).values()];
        const batches = unique.map(([topic, partition], i) =>
          maker.sealed(known[topic], partition, 1 + (i % 5)),
        );
        groupByTopic(batches, batches.length);
        const { frame, bytes } = byHand(version, 'me', acks, batches);
        expect(bytes).toBe(frame.length);
        expect(frame.equals(byTable(version, 'me', acks, batches))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('stays within the headroom with the longest topic name and client id', () => {
    const clientId = 'c'.repeat(500);
    const [topic] = topics(['n'.repeat(249)]);
    const maker = new BatchMaker(clientId, 300_000, 10_000_000);
    const batch = maker.open(topic, 199);
    batch.tryAppend(null, Buffer.alloc(290_000), 0);
    batch.seal();
    const others = Array.from({ length: 20 }, (_, i) => maker.sealed(topic, i));
    const { chunks } = byHand(version, clientId, 1, [batch, ...others]);
    expect(chunks[0].length - batch.bytes).toBeLessThanOrEqual(produceHeadroomBytes(clientId));
    expect(chunks[0].byteOffset).toBeGreaterThanOrEqual(batch.slot.buffer.byteOffset);
  });

  it('does not touch the batches before and behind in the slab', () => {
    const [topic] = topics(['t']);
    const maker = new BatchMaker('c', 100, 300);
    const batches = [0, 1, 2].map((partition) => {
      const batch = maker.open(topic, partition);
      while (!batch.full) batch.tryAppend(null, Buffer.alloc(3, partition), 0);
      batch.seal();
      return batch;
    });
    const before = batches.map(batchBytes);
    for (const batch of batches) byHand(version, 'c', 1, [batch]);
    byHand(version, 'c', 1, batches);
    expect(batches.map(batchBytes)).toEqual(before);
  });
});

describe('grouping by topic', () => {
  it('brings a topic together that a drain from the middle has split, in a stable order', () => {
    const [a, b] = topics(['a', 'b']);
    const maker = new BatchMaker();
    const drained = [
      maker.sealed(a, 5),
      maker.sealed(b, 0),
      maker.sealed(b, 1),
      maker.sealed(a, 0),
      maker.sealed(a, 1),
    ];
    groupByTopic(drained, drained.length);
    expect(drained.map(({ topic, partition }) => `${topic}${partition}`)).toEqual([
      'a5',
      'a0',
      'a1',
      'b0',
      'b1',
    ]);
  });

  it('leaves what stands behind the count alone', () => {
    const [a, b] = topics(['a', 'b']);
    const maker = new BatchMaker();
    const drained = [
      maker.sealed(a, 0),
      maker.sealed(b, 0),
      maker.sealed(a, 1),
      maker.sealed(b, 9),
    ];
    groupByTopic(drained, 3);
    expect(drained.map(({ topic, partition }) => `${topic}${partition}`)).toEqual([
      'a0',
      'a1',
      'b0',
      'b9',
    ]);
  });
});
