import { describe, expect, it } from 'vitest';
import { BatchStamps } from './stamps.js';

describe('stamps of a batch', () => {
  const stamps = new BatchStamps();
  for (const [sentMs, records] of [
    [10, 3],
    [20, 1],
    [30, 4],
  ] as const) {
    for (let i = 0; i < records; i++) {
      stamps.addSent(sentMs);
      stamps.addIntended(sentMs - i / 10);
    }
  }

  it('give the part of a batch that was split: send and intended times of its records', () => {
    expect(stamps.records).toBe(8);
    const part = stamps.part(2, 4);
    expect(part.records).toBe(4);
    expect([...part.sentAt.subarray(0, part.runs)]).toEqual([10, 20, 30]);
    expect([...part.counts.subarray(0, part.runs)]).toEqual([1, 1, 2]);
    expect([...part.intended.subarray(0, part.intendedCount)]).toEqual([9.8, 20, 30, 29.9]);
  });

  it('give parts that together are the whole', () => {
    const parts = [stamps.part(0, 1), stamps.part(1, 5), stamps.part(6, 2)];
    expect(parts.reduce((sum, { records }) => sum + records, 0)).toBe(8);
    expect(parts.flatMap((part) => [...part.intended.subarray(0, part.intendedCount)])).toEqual([
      ...stamps.intended.subarray(0, 8),
    ]);
  });
});
