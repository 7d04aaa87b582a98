import { describe, expect, it } from 'vitest';
import { codecShareOf } from './codec-share.js';
import { LIBLZ4_FAST_SHARE, TURN_PER_SLEEP } from './constants.js';
import { createTiming } from './timing.js';

const KIB = 1024;

describe('what Java’s thread is held up by when a compressed batch closes', () => {
  it('is the last block of lz4, at liblz4’s speed where that is known: the fast level', () => {
    const fast = codecShareOf('lz4', 9);
    expect(fast(16 * KIB)).toBeCloseTo(LIBLZ4_FAST_SHARE, 9);
    expect(fast(64 * KIB)).toBeCloseTo(LIBLZ4_FAST_SHARE, 9);
    expect(fast(128 * KIB)).toBeCloseTo(LIBLZ4_FAST_SHARE / 2, 9);
    expect(fast(65 * KIB)).toBeCloseTo(LIBLZ4_FAST_SHARE / 65, 9);
    for (const level of [1, 3, 17]) expect(codecShareOf('lz4', level)(16 * KIB)).toBe(1);
    expect(codecShareOf('lz4', 17)(128 * KIB)).toBe(0.5);
  });

  it('is as long as ours where both call the same library', () => {
    for (const codec of ['none', 'gzip', 'snappy', 'zstd'])
      expect(codecShareOf(codec, 9)(100 * KIB)).toBe(1);
  });
});

describe('workload.timing', () => {
  const asked: number[] = [];
  const meanwhile = (sinceMs: number): void => {
    asked.push(sinceMs);
  };

  it('java watches the sender and gives what became due in a drain, less our codec’s lag', () => {
    const timing = createTiming('java', { 'compression.type': 'lz4' }, meanwhile);
    timing.watch!.betweenBatches(7);
    expect(asked).toEqual([7]);
    const thread = timing.thread(0.05);
    thread.looked(100);
    timing.watch!.compressed(16 * KIB, 1);
    expect(thread.dueBy(101)).toBeCloseTo(101 - (1 - LIBLZ4_FAST_SHARE), 9);
    thread.wasFreeUntil(99);
    expect(thread.handedOverMs(100, 101)).toBe(100);
    expect(thread.look(100, 100 + 2 * 0.05 * TURN_PER_SLEEP + 1)).toBeGreaterThan(100);
    expect([thread.senderFirst(), thread.senderFirst()]).toEqual([true, false]);
  });

  it('none watches nothing: a record is handed over when it is appended', () => {
    const timing = createTiming('none', { 'compression.type': 'lz4' }, meanwhile);
    expect(timing.watch).toBeUndefined();
    const thread = timing.thread(0.05);
    thread.looked(100);
    thread.wasFreeUntil(100);
    expect(thread.handedOverMs(100, 101)).toBe(101);
    expect(thread.look(100, 105)).toBe(-Infinity);
    expect(thread.caughtUp(105)).toBe(105);
    expect(thread.dueBy(105)).toBe(105);
    expect([thread.senderFirst(), thread.senderFirst()]).toEqual([false, false]);
  });
});
