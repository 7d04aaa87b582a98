import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PartitionLog } from './partition-log.js';
import { buildBatch } from '../../../testing/raw-client.js';

const KIB = 1024;
const plenty = () => ({ left: 1024 * KIB * KIB });

/** What the log makes of a batch: base offset and leader epoch in place. */
function stored(batch: Buffer, offset: number, epoch: number): Buffer {
  const copy = Buffer.from(batch);
  copy.writeBigInt64BE(BigInt(offset), 0);
  copy.writeInt32BE(epoch, 12);
  return copy;
}

describe('a partition log', () => {
  it('keeps the newest batches, byte for byte, whatever their sizes', () => {
    const sizes = fc.array(
      fc.record({ records: fc.integer({ min: 1, max: 5 }), bytes: fc.nat(9000) }),
      {
        maxLength: 300,
      },
    );
    const capacities = fc.integer({ min: 60 * KIB, max: 600 * KIB });
    const check = (all: { records: number; bytes: number }[], capacity: number) => {
      const log = new PartitionLog(capacity, plenty());
      const model: { offset: number; bytes: Buffer }[] = [];
      let next = 0;
      for (const { records, bytes } of all) {
        const batch = buildBatch(Array.from({ length: records }, () => Buffer.alloc(bytes, 'x')));
        const framed = Buffer.concat([Buffer.from('..'), batch, Buffer.from('..')]);
        expect(log.append(framed, 2, batch.length, 7)).toBe(next);
        model.push({ offset: next, bytes: stored(batch, next, 7) });
        next += records;
      }
      expect(log.nextOffset).toBe(next);
      const kept = model.filter(({ offset }) => offset >= log.logStartOffset);
      expect(
        log
          .read(log.logStartOffset, Infinity, true)
          .equals(Buffer.concat(kept.map((b) => b.bytes))),
      ).toBe(true);
      for (const { offset, bytes } of kept)
        expect(log.read(offset, 1, true).equals(bytes)).toBe(true);
      // It is a bounded ring, but not a wasteful one: at most a batch is lost at its end.
      const keptBytes = kept.reduce((sum, { bytes }) => sum + bytes.length, 0);
      expect(keptBytes).toBeLessThanOrEqual(Math.max(capacity, 46 * KIB));
      if (kept.length < model.length) expect(keptBytes).toBeGreaterThan(capacity - 2 * 46 * KIB);
    };
    fc.assert(fc.property(sizes, capacities, check), { numRuns: 40 });
  });

  it('serves whole batches within a limit, and one over it only if asked', () => {
    const log = new PartitionLog(256 * KIB, plenty());
    const batch = buildBatch(['a', 'b', 'c']);
    for (let i = 0; i < 4; i++) log.append(batch, 0, batch.length, 0);
    expect(log.read(4, 2 * batch.length + 5, false).length).toBe(2 * batch.length);
    expect(log.read(4, 5, false).length).toBe(0);
    expect(log.read(4, 5, true).length).toBe(batch.length);
    expect(log.read(12, 1000, true).length).toBe(0);
    expect(log.read(4, 1000, true).readBigInt64BE(0)).toBe(3n);
  });

  it('finds records by time, and the latest time', () => {
    const log = new PartitionLog(256 * KIB, plenty());
    expect(log.findMaxTimestamp()).toBeNull();
    for (const timestamp of [1000, 3000, 2000]) {
      const batch = buildBatch(['a', 'b', 'c'], { timestamp });
      log.append(batch, 0, batch.length, 0);
    }
    expect(log.findByTime(1001)).toEqual({ offset: 1, timestamp: 1001 });
    expect(log.findByTime(1500)).toEqual({ offset: 3, timestamp: 3000 });
    expect(log.findByTime(3003)).toBeNull();
    expect(log.findMaxTimestamp()).toEqual({ offset: 5, timestamp: 3002 });
    const compressed = buildBatch(['a', 'b'], { timestamp: 9000, attributes: 1 });
    log.append(compressed, 0, compressed.length, 0);
    expect(log.findByTime(9001)).toEqual({ offset: 9, timestamp: 9001 });
    expect(log.findMaxTimestamp()).toEqual({ offset: 10, timestamp: 9001 });
  });

  it('stops growing when the budget of all logs is spent, and gives it back when dropped', () => {
    const budget = { left: 300 * KIB };
    const log = new PartitionLog(64 * KIB * KIB, budget);
    const batch = buildBatch([Buffer.alloc(10_000)]);
    for (let i = 0; i < 100; i++) log.append(batch, 0, batch.length, 0);
    expect(budget.left).toBe(44 * KIB);
    expect(log.logStartOffset).toBeGreaterThan(70);
    log.drop();
    expect(budget.left).toBe(300 * KIB);
    expect(log.logStartOffset).toBe(100);
  });
});
