import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatchMaker, batchBytes, topicState } from '../../../testing/simulation/sim-batches.js';
import { readBatch } from '../../../testing/simulation/cluster/sim-batch.js';
import { recordUpperBound } from './record-size.js';

interface KafkaJsRecord {
  key: Buffer | null;
  value: Buffer | null;
  timestamp: string;
  offset: string;
}
interface KafkaJsBatch {
  maxTimestamp: string;
  records: KafkaJsRecord[];
}
// A decoder that no one here wrote.
const load = createRequire(import.meta.url);
const KafkaJsDecoder = load('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => object;
const kafkaJsDecode = load('kafkajs/src/protocol/recordBatch/v0/decoder') as (
  decoder: object,
) => Promise<KafkaJsBatch>;
/** It expects the magic byte to have been looked at, not read. */
const decodeWithKafkaJs = (bytes: Buffer) => kafkaJsDecode(new KafkaJsDecoder(bytes));

const topic = topicState('t', 1);
const T = 1_700_000_000_000;
const field = fc.option(
  fc.uint8Array({ maxLength: 90 }).map((bytes) => Buffer.from(bytes)),
  { nil: null },
);
const timestamp = fc.oneof(
  fc.integer({ min: T - 100_000, max: T + 100_000 }),
  fc.constantFrom(0, 1, T, 2 ** 47, T + 2 ** 40),
);

describe('record batch', () => {
  it('is read back by kafkajs and by an independent reader, whatever is in it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(field, field, timestamp), { minLength: 1, maxLength: 30 }),
        async (records) => {
          const batch = new BatchMaker('c', 10_000).open(topic, 0);
          for (const [key, value, at] of records)
            expect(batch.tryAppend(key, value, at)).toBe(true);
          batch.seal();
          const bytes = batchBytes(batch);
          const wanted = records.map(([key, value, at]) => ({ key, value, timestamp: at }));
          const own = readBatch(bytes);
          expect(
            own.records.map(({ key, value, timestamp: at }) => ({ key, value, timestamp: at })),
          ).toEqual(wanted);
          expect(own.maxTimestamp).toBe(Math.max(...records.map(([, , at]) => at)));
          expect(own.lastOffsetDelta).toBe(records.length - 1);
          const theirs = await decodeWithKafkaJs(bytes);
          expect(
            theirs.records.map(({ key, value, timestamp: at }) => ({
              key,
              value,
              timestamp: Number(at),
            })),
          ).toEqual(wanted);
          expect(Number(theirs.maxTimestamp)).toBe(own.maxTimestamp);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('has the header of a batch neither idempotent nor transactional nor compressed', () => {
    const batch = new BatchMaker().sealed(topic, 0, 3);
    const bytes = batchBytes(batch);
    expect(bytes.readBigInt64BE(0)).toBe(0n);
    expect(bytes.readInt32BE(12)).toBe(-1);
    expect(bytes.readInt16BE(21)).toBe(0);
    expect(bytes.readBigInt64BE(27)).toBe(BigInt(T));
    expect(bytes.readBigInt64BE(43)).toBe(-1n);
    expect(bytes.readInt16BE(51)).toBe(-1);
    expect(bytes.readInt32BE(53)).toBe(-1);
  });

  it('takes records exactly up to batch.size', () => {
    // Each record: length 1, attributes 1, timestamp 1, offset 1, null key 1, value length 1,
    // value, headers 1.
    const recordBytes = 7 + 13;
    const batchSize = 61 + 4 * recordBytes;
    for (const [size, fits] of [
      [batchSize, 4],
      [batchSize - 1, 3],
      [batchSize + recordBytes - 1, 4],
      [batchSize + recordBytes, 5],
    ] as const) {
      const batch = new BatchMaker('c', size).open(topic, 0);
      let taken = 0;
      while (batch.tryAppend(null, Buffer.alloc(13), T)) taken++;
      expect(taken).toBe(fits);
      expect(batch.full).toBe(true);
      expect(batch.tryAppend(null, null, T)).toBe(false); // closed by the one that did not fit
    }
  });

  it('is full without a refusal once not a byte is left', () => {
    const batch = new BatchMaker('c', 61 + 20).open(topic, 0);
    expect(batch.tryAppend(null, Buffer.alloc(13), T)).toBe(true);
    expect(batch.bytes).toBe(81);
    expect(batch.full).toBe(true);
  });

  it('always takes its first record, however large', () => {
    for (const valueBytes of [1, 99, 100, 5000, 200_000]) {
      const maker = new BatchMaker('c', 100);
      const batch = maker.open(topic, 0, recordUpperBound(-1, valueBytes));
      expect(batch.tryAppend(null, Buffer.alloc(valueBytes, 1), T)).toBe(true);
      batch.seal();
      expect(readBatch(batchBytes(batch)).records[0].value).toHaveLength(valueBytes);
    }
  });

  it('is never longer than the upper bound of its first record', () => {
    const length = fc.oneof(
      fc.integer({ min: -1, max: 300 }),
      fc.constantFrom(63, 64, 8191, 8192, 100_000),
    );
    fc.assert(
      fc.property(length, length, timestamp, (keyBytes, valueBytes, at) => {
        const bound = recordUpperBound(keyBytes, valueBytes);
        const batch = new BatchMaker('c', 10).open(topic, 0, bound);
        batch.tryAppend(
          keyBytes < 0 ? null : Buffer.alloc(keyBytes),
          valueBytes < 0 ? null : Buffer.alloc(valueBytes),
          at,
        );
        expect(batch.bytes).toBeLessThanOrEqual(bound);
      }),
    );
    // Java's own figure: AbstractRecords.estimateSizeInBytesUpperBound of a 10-byte key and a
    // 100-byte value.
    expect(recordUpperBound(10, 100)).toBe(61 + 21 + 1 + 10 + 2 + 100 + 1);
  });

  it('starts anew in the same memory', () => {
    const maker = new BatchMaker('c', 1000, 1000);
    const first = maker.sealed(topic, 0, 5);
    first.done = true;
    maker.pool.release(first.slot);
    const second = maker.open(topic, 0);
    expect(second).toBe(first);
    expect(second).toMatchObject({
      recordCount: 0,
      done: false,
      full: false,
      attempts: 0,
      baseOffset: -1,
      attachment: null,
    });
    second.tryAppend(Buffer.from('k'), Buffer.from('v'), 5);
    second.seal();
    expect(readBatch(batchBytes(second))).toMatchObject({
      baseTimestamp: 5,
      maxTimestamp: 5,
      records: [{ key: Buffer.from('k') }],
    });
  });

  it('may be reused only when told, with no write under way and no answer to come', () => {
    const batch = new BatchMaker().sealed(topic, 0);
    for (const done of [false, true]) {
      for (const writing of [false, true]) {
        for (const awaitingAnswer of [false, true]) {
          Object.assign(batch, { done, writing, awaitingAnswer });
          expect(batch.releasable).toBe(done && !writing && !awaitingAnswer);
        }
      }
    }
  });
});
