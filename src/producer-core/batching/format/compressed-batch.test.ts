import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readBatch } from '../../../testing/simulation/cluster/sim-batch.js';
import { BatchMaker, batchBytes, topicState } from '../../../testing/simulation/sim-batches.js';
import { canReadZstd } from '../../../testing/simulation/cluster/sim-codecs.js';
import { seededRandom } from '../../../testing/simulation/sim-random.js';
import type { Codec, CodecName } from '../../codecs/codec.js';
import { loadCodec } from '../../codecs/load-codec.js';
import type { RecordBatch } from './record-batch.js';
import { Staging } from './staging.js';

const LEVELS = { gzip: -1, lz4: 9, zstd: 3 };
const NAMES = (['gzip', 'snappy', 'lz4', 'zstd'] as const).filter(
  (name) => name !== 'zstd' || canReadZstd,
);
const HEADER = 61;
const T = 1_700_000_000_000;

function maker(codec: CodecName | Codec, batchSize = 1000) {
  const loaded = typeof codec === 'string' ? loadCodec(codec, LEVELS)! : codec;
  const staging = new Staging(loaded, batchSize);
  return {
    staging,
    batches: new BatchMaker('c', batchSize, 8_000_000, staging),
    topic: topicState('t', 1),
  };
}

const same = Buffer.alloc(100, 'a');
const random = seededRandom(3);
const noise = (bytes: number) =>
  Buffer.from(Array.from({ length: bytes }, () => Math.floor(random() * 256)));

/** How many records a batch takes. */
function fill(batch: RecordBatch, value: Buffer): number {
  let records = 0;
  while (batch.tryAppend(null, value, T)) records++;
  return records;
}

describe.each(NAMES)('a batch with %s', (name) => {
  it('is read back by an independent reader, whatever the records', () => {
    const value = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      fc.integer({ min: 0, max: 5000 }).map((bytes) => Buffer.alloc(bytes, 'abc')),
      fc.constant(null),
    );
    const { batches, topic } = maker(name);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(value, fc.integer({ min: -5, max: 5 })), { minLength: 1, maxLength: 40 }),
        (records) => {
          const batch = batches.open(topic, 0, 6000);
          const taken = records.filter(([each, ms]) =>
            batch.tryAppend(Buffer.from('k'), each, T + ms),
          );
          batch.seal();
          const read = readBatch(batchBytes(batch));
          expect(read.codec).toBe(batch.codecId);
          expect(read.records.map(({ value: each, timestamp }) => [each, timestamp - T])).toEqual(
            taken,
          );
          expect(read.maxTimestamp).toBe(T + Math.max(...taken.map(([, ms]) => ms)));
          expect(batch.bytes).toBe(batchBytes(batch).length);
          batch.done = true;
          batches.pool.release(batch.slot);
        },
      ),
      { numRuns: 80 },
    );
  });

  it('may become larger than its slot: the rest lies in memory of the codec’s', () => {
    const { batches, topic } = maker(name);
    topic.compressionRatio = Math.fround(0.1); // as if everything so far had become a tenth
    const batch = batches.open(topic, 0);
    let records = 0;
    while (batch.tryAppend(null, noise(200), T)) records++;
    expect(records).toBeGreaterThan(20);
    batch.seal();
    expect(batch.bytes).toBeGreaterThan(1000);
    expect(batch.body).not.toBeNull();
    expect(readBatch(batchBytes(batch)).records).toHaveLength(records);
    expect(topic.compressionRatio).toBeGreaterThan(0.9);
  });
});

describe('when a batch with a codec is full', () => {
  it('is told from the estimate, as Java does it', () => {
    const { batches, topic } = maker('lz4', 16_384);
    for (const ratio of [NaN, 0.5, 0.1]) {
      topic.compressionRatio = ratio;
      const estimate = (raw: number) =>
        HEADER + Math.floor(raw * (Number.isNaN(ratio) ? 1 : ratio) * 1.05 + 1e-6);
      const batch = batches.open(topic, 0);
      const records = fill(batch, same);
      // MemoryRecordsBuilder: the next record is counted uncompressed.
      let raw = 0;
      let wanted = 0;
      for (;;) {
        const size = 2 + 1 + 1 + (wanted < 64 ? 1 : 2) + 1 + 2 + 100 + 1;
        if (wanted > 0 && (estimate(raw) >= 16_384 || estimate(raw) + size > 16_384)) break;
        raw += size;
        wanted++;
      }
      expect(records).toBe(wanted);
      expect(batch.uncompressedBytes).toBe(HEADER + raw);
      expect(batch.bytes).toBe(estimate(raw));
      batch.seal();
      expect(batch.bytes).toBeLessThan(raw / 10);
    }
  });

  it('lets a record in whose estimate has filled it, and no other after that', () => {
    const { batches, topic } = maker('lz4');
    const batch = batches.open(topic, 0);
    expect(batch.tryAppend(null, Buffer.alloc(880), T)).toBe(true);
    expect(batch.full).toBe(false);
    const full = batches.open(topic, 0);
    expect(full.tryAppend(null, Buffer.alloc(890), T)).toBe(true);
    expect(full.full).toBe(true); // 61 + (890 + 11) * 1.05 = 1007
    expect(full.tryAppend(null, null, T)).toBe(false);
  });

  it('takes the first record, however large', () => {
    const { batches, topic } = maker('gzip');
    const batch = batches.open(topic, 0, 50_000);
    expect(batch.tryAppend(null, Buffer.alloc(49_000), T)).toBe(true);
    batch.seal();
    expect(readBatch(batchBytes(batch)).records[0].value).toHaveLength(49_000);
  });
});

describe('the ratio of a topic', () => {
  it('is read when a batch is opened and learned when it is sealed, at each attempt', () => {
    const { batches, topic } = maker('lz4');
    const first = batches.open(topic, 0);
    const second = batches.open(topic, 0);
    fill(first, same);
    expect(topic.compressionRatio).toBeNaN();
    first.seal();
    expect(topic.compressionRatio).toBe(Math.fround(0.995));
    first.seal(); // sent again
    expect(topic.compressionRatio).toBe(Math.fround(Math.fround(0.995) - Math.fround(0.005)));
    second.tryAppend(null, same, T);
    expect(second.bytes).toBe(HEADER + Math.floor(109 * 1.05)); // opened while it was 1
    expect(first.compressionRatio).toBeCloseTo(
      (first.bytes - HEADER) / (first.uncompressedBytes - HEADER),
      6,
    );
  });
});

describe('staging', () => {
  it('goes back when the batch closes, and when it ends without that', () => {
    const { batches, topic, staging } = maker('lz4');
    const taken = new Set<Buffer>();
    const take = staging.take.bind(staging);
    let made = 0;
    staging.take = (bytes) => {
      const buffer = take(bytes);
      if (!taken.has(buffer)) made++;
      taken.add(buffer);
      return buffer;
    };
    for (let i = 0; i < 20; i++) {
      const batch = batches.open(topic, 0);
      batch.tryAppend(null, same, T);
      if (i % 2 === 0) batch.seal();
      else batch.dropStaging();
      batch.done = true;
      batches.pool.release(batch.slot);
    }
    expect(made).toBe(1);
  });

  it('closes a batch whose records would take memory without bound', () => {
    const { batches, topic } = maker('lz4', 1 << 20);
    topic.compressionRatio = Math.fround(0.0001);
    const batch = batches.open(topic, 0);
    const value = Buffer.alloc(1_000_000);
    const records = fill(batch, value);
    expect(records).toBe(Math.ceil((64 * 1024 * 1024) / 1_000_011));
    expect(batch.full).toBe(true);
  });
});
