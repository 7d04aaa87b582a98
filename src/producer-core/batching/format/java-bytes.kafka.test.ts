// Record batches against Java's own MemoryRecordsBuilder: the same records must be taken into a
// batch, and without a codec every byte must be the same. No broker is needed, only Kafka's jars.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { runKafkaTool } from '../../../testing/kafka/kafka-tools.js';
import { describeWithKafkaJars } from '../../../testing/kafka/kafka-fixture.js';
import { BufferPool } from '../memory/buffer-pool.js';
import type { CodecName } from '../../codecs/codec.js';
import { loadCodec } from '../../codecs/load-codec.js';
import { nextRatio } from './compression-ratio.js';
import type { RecordHeader } from '../../producer-api.js';
import { RecordBatch } from './record-batch.js';
import { Staging } from './staging.js';
import { StickyPartitioner } from '../partitioners/sticky-partitioner.js';
import { PartitionState, TopicState } from '../topic-state.js';
import { NO_IDENTITY, ProducerIdentity } from '../identity.js';

interface TestRecord {
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly RecordHeader[] | null;
}

interface TestBatch {
  readonly limit: number;
  readonly producer: {
    readonly id: bigint;
    readonly epoch: number;
    readonly sequence: number;
  } | null;
  readonly transactional: boolean;
  readonly codec: CodecName | 'none';
  readonly ratio: number;
  readonly records: readonly TestRecord[];
}

const SEED = Number(process.env['KBENCH_SEED'] ?? 20_261_122);
const folder = mkdtempSync(path.join(tmpdir(), 'kbench-bytes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bytes = (maxLength: number) => fc.option(fc.uint8Array({ maxLength }), { nil: null });
const header: fc.Arbitrary<RecordHeader> = fc.record({
  key: fc.string({ unit: 'grapheme', maxLength: 12 }),
  value: bytes(40),
});
const record: fc.Arbitrary<TestRecord> = fc.record({
  timestamp: fc.oneof(
    fc.integer({ min: 1_700_000_000_000, max: 1_700_000_000_200 }),
    fc.constantFrom(0, 1, 8_640_000_000_000_000, 4_294_967_296, 4_294_967_295),
  ),
  key: bytes(70),
  value: fc.oneof(
    bytes(200),
    fc.integer({ min: 0, max: 9000 }).map((length) => new Uint8Array(length).fill(length)),
  ),
  headers: fc.option(fc.array(header, { minLength: 1, maxLength: 4 }), { nil: null }),
});
const batch: fc.Arbitrary<TestBatch> = fc.record({
  limit: fc.constantFrom(100, 500, 4096, 16_384, 65_536),
  producer: fc.option(
    fc.record({
      id: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
      epoch: fc.integer({ min: 0, max: 32_767 }),
      sequence: fc.integer({ min: 0, max: 2_147_483_647 }),
    }),
    { nil: null },
  ),
  transactional: fc.boolean(),
  codec: fc.constantFrom<TestBatch['codec'][]>('none', 'none', 'gzip', 'snappy', 'lz4', 'zstd'),
  // Floats, as Java keeps them.
  ratio: fc.constantFrom(1, 0.5, 0.25, 1.05),
  records: fc.array(record, { minLength: 1, maxLength: 120 }),
});

const hex = (data: Uint8Array | null) =>
  data === null ? '-' : data.length === 0 ? '.' : Buffer.from(data).toString('hex');

/** The batch as RecordBatches.java reads it. */
function asLines({ limit, producer, transactional, codec, ratio, records }: TestBatch): string[] {
  const { id, epoch, sequence } = producer ?? { id: -1n, epoch: -1, sequence: -1 };
  return [
    `B ${limit} ${id} ${epoch} ${sequence} ${transactional && producer !== null} ${codec} ${ratio}`,
    ...records.map(({ timestamp, key, value, headers }) =>
      [
        'R',
        timestamp,
        hex(key),
        hex(value),
        ...(headers ?? []).flatMap((each) => [hex(Buffer.from(each.key)), hex(each.value)]),
      ].join(' '),
    ),
    'E',
  ];
}

/**
 * What the core makes of it: records taken, bytes estimated before the batch closes, and its bytes.
 */
function build({ limit, producer, transactional, codec, ratio, records }: TestBatch) {
  const options = {
    batchBytes: limit,
    adaptive: false,
    availabilityTimeoutMs: 0,
    random: Math.random,
  };
  const topic = new TopicState('t', new StickyPartitioner(options));
  topic.compressionRatio = ratio;
  const pool = new BufferPool<RecordBatch>(1 << 24, limit, 8, 8);
  const staging =
    codec === 'none' ? null : new Staging(loadCodec(codec, { gzip: -1, lz4: 9, zstd: 3 })!, limit);
  // A first record larger than batch.size gets memory of its own, and Java's limit stays batch.size
  // all the same: nothing else fits.
  const slot = pool.allocate(limit > 20_000 ? limit : 20_000)!;
  const shorter = Object.assign(Object.create(slot) as typeof slot, { capacity: limit });
  const partition = new PartitionState(topic, 0);
  const own = new RecordBatch(shorter, partition, staging);
  own.open(partition, 0);
  let taken = 0;
  for (const { key, value, timestamp, headers } of records) {
    if (!own.tryAppend(key, value, timestamp, headers)) break;
    taken++;
  }
  const estimated = own.bytes;
  if (producer === null) own.setProducerState(NO_IDENTITY, -1, false);
  else
    own.setProducerState(
      new ProducerIdentity(producer.id, producer.epoch),
      producer.sequence,
      transactional,
    );
  own.seal();
  const inSlot = slot.buffer.subarray(slot.start, own.end);
  return {
    taken,
    estimated,
    bytes: own.body === null ? inSlot : Buffer.concat([inSlot, own.body]),
  };
}

/**
 * Short, where the batches themselves would fill screens. The CRC is left to the end: it differs
 * with anything else.
 */
function firstDifference(ours: Buffer, theirs: Buffer): string | null {
  if (ours.equals(theirs)) return null;
  const differs = (i: number) => ours[i] !== theirs[i];
  let at = 0;
  while (at < Math.max(ours.length, theirs.length) && (!differs(at) || (at >= 17 && at < 21))) at++;
  const around = (bytes: Buffer) => bytes.subarray(Math.max(0, at - 8), at + 8).toString('hex');
  return (
    `byte ${at} of ${ours.length} and ${theirs.length}: ` +
    `${around(ours)} instead of ${around(theirs)}`
  );
}

await describeWithKafkaJars('record batches', () => {
  it('are those of Java, byte for byte', async () => {
    const batches = fc.sample(batch, { numRuns: 400, seed: SEED });
    const file = path.join(folder, 'batches');
    writeFileSync(file, batches.flatMap(asLines).join('\n'));
    const source = fileURLToPath(
      new URL('../../../testing/java/RecordBatches.java', import.meta.url),
    );
    const java = await runKafkaTool(source, [file], { timeoutMs: 60_000 });
    expect(java.code, java.stderr).toBe(0);
    const lines = java.stdout.trim().split('\n');
    expect(lines.length).toBe(batches.length);
    let many = 0;
    batches.forEach((each, i) => {
      const [taken, , theirs] = lines[i].split(' ');
      const ours = build(each);
      const where =
        `KBENCH_SEED=${SEED}, batch ${i}: ${each.codec}, limit ${each.limit}, ` +
        `ratio ${each.ratio}`;
      expect(ours.taken, where).toBe(Number(taken));
      if (each.codec === 'none')
        expect(firstDifference(ours.bytes, Buffer.from(theirs, 'hex')), where).toBeNull();
      if (ours.taken > 1 && ours.taken < each.records.length) many++;
    });
    expect(many).toBeGreaterThan(50); // that a batch was full is what most of them are about
  }, 90_000);

  it('move the estimate of the ratio as Java does', () => {
    // CompressionRatioEstimator.updateEstimation: 0.05 up at once, 0.005 down at most.
    expect(nextRatio(1, 0.4)).toBeCloseTo(0.995, 6);
    expect(nextRatio(0.5, 0.52)).toBeCloseTo(0.55, 6);
    expect(nextRatio(0.5, 0.7)).toBeCloseTo(0.7, 6);
  });
});
