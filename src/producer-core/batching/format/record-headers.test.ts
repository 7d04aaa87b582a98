import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readBatch } from '../../../testing/simulation/cluster/sim-batch.js';
import { BatchMaker, batchBytes, topicState } from '../../../testing/simulation/sim-batches.js';
import type { RecordHeader } from '../../producer-api.js';
import { recordUpperBound } from './record-size.js';

const load = createRequire(import.meta.url);
const KafkaJsDecoder = load('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => object;
const kafkaJsDecode = load('kafkajs/src/protocol/recordBatch/v0/decoder') as (
  decoder: object,
) => Promise<{ records: { headers: Record<string, unknown>; timestamp: string }[] }>;

const topic = topicState('t', 1);
const text = fc.oneof(fc.string({ maxLength: 80 }), fc.string({ unit: 'grapheme', maxLength: 80 }));
const header: fc.Arbitrary<RecordHeader> = fc.record({
  key: text,
  value: fc.option(
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    { nil: null },
  ),
});
const headerList = fc.option(fc.array(header, { maxLength: 70 }), { nil: null });

describe('headers of a record', () => {
  it('are read back, in their order, repeated keys and all, and fit the upper bound', () => {
    fc.assert(
      fc.property(fc.array(headerList, { minLength: 1, maxLength: 5 }), (lists) => {
        const maker = new BatchMaker('c', 200_000);
        const batch = maker.open(topic, 0);
        for (const headers of lists) {
          const before = batch.bytes;
          expect(batch.tryAppend(Buffer.from('k'), null, 1000, headers)).toBe(true);
          expect(batch.bytes - before + 61).toBeLessThanOrEqual(recordUpperBound(1, -1, headers));
        }
        batch.seal();
        const read = readBatch(batchBytes(batch)).records.map(({ headers }) => headers);
        expect(read).toEqual(lists.map((headers) => headers ?? []));
      }),
    );
  });

  it('are read by kafkajs', async () => {
    const batch = new BatchMaker().open(topic, 0);
    batch.tryAppend(null, Buffer.from('v'), 1, [
      { key: 'trace', value: Buffer.from('1') },
      { key: 'größe ☂', value: Buffer.from('x'.repeat(100)) },
    ]);
    batch.seal();
    const { records } = await kafkaJsDecode(new KafkaJsDecoder(batchBytes(batch)));
    expect(records[0].headers).toEqual({
      trace: Buffer.from('1'),
      'größe ☂': Buffer.from('x'.repeat(100)),
    });
  });

  it('count in the upper bound as Java counts them', () => {
    // AbstractRecords.estimateSizeInBytesUpperBound of key 10, value 100 and headers ("ab", 5
    // bytes), ("ü", null).
    const headers = [
      { key: 'ab', value: Buffer.alloc(5) },
      { key: 'ü', value: null },
    ];
    expect(recordUpperBound(10, 100, headers)).toBe(
      61 + 21 + 1 + 10 + 2 + 100 + 1 + (1 + 2 + 1 + 5) + (1 + 2 + 1),
    );
  });

  it('cost nothing where there are none: the same bytes as without', () => {
    const bytes = [undefined, null, []].map((headers) => {
      const batch = new BatchMaker().open(topic, 0);
      batch.tryAppend(Buffer.from('k'), Buffer.from('v'), 5, headers);
      batch.seal();
      return batchBytes(batch).toString('hex');
    });
    expect(new Set(bytes).size).toBe(1);
  });
});

describe('timestamps within a batch', () => {
  it('may lie before the first one', async () => {
    const batch = new BatchMaker().open(topic, 0);
    const times = [1_700_000_000_000, 1_699_999_999_999, 0, 1_700_000_100_000];
    for (const at of times) batch.tryAppend(null, Buffer.from('v'), at);
    batch.seal();
    const { records } = await kafkaJsDecode(new KafkaJsDecoder(batchBytes(batch)));
    expect(records.map(({ timestamp }) => Number(timestamp))).toEqual(times);
    expect(readBatch(batchBytes(batch))).toMatchObject({
      baseTimestamp: times[0],
      maxTimestamp: times[3],
    });
  });
});
