import { beforeAll, describe, expect, it } from 'vitest';
import { initHistograms, mergeLatency } from './histogram.js';
import { Recorder } from './recorder.js';
import { BatchStamps, StampPool } from './stamps.js';

beforeAll(initHistograms);

/** HdrHistogram tells the highest value that it cannot tell from the one recorded. */
const within3Digits = (ms: number): unknown => expect.closeTo(ms * 1.0005, 2);

describe('stamps', () => {
  it('keep one run for records that share a clock reading', () => {
    const stamps = new BatchStamps();
    for (const ms of [5, 5, 5, 7, 7, 5]) stamps.addSent(ms);
    expect(stamps.runs).toBe(3);
    expect([...stamps.sentAt.subarray(0, 3)]).toEqual([5, 7, 5]);
    expect([...stamps.counts.subarray(0, 3)]).toEqual([3, 2, 1]);
  });

  it('grow with what they hold and are empty, grown, when reused', () => {
    const pool = new StampPool();
    const stamps = pool.take();
    for (let i = 0; i < 1000; i++) {
      stamps.addSent(i);
      stamps.addIntended(i / 2);
    }
    expect([stamps.sentAt[999], stamps.counts[999], stamps.intended[999]]).toEqual([999, 1, 499.5]);
    pool.give(stamps);
    const again = pool.take();
    expect(again).toBe(stamps);
    expect([again.runs, again.intendedCount]).toEqual([0, 0]);
    expect(again.intended.length).toBeGreaterThanOrEqual(1000);
  });
});

describe('recorder', () => {
  it('keeps response, service and delay of an open loop apart, from hand-computed times', () => {
    const recorder = new Recorder(true);
    const stamps = new BatchStamps();
    // intended 10, 11, 12; the first two left together at 12, the third at 12.5; acknowledged at
    // 20.
    for (const [intended, sent] of [
      [10, 12],
      [11, 12],
      [12, 12.5],
    ] as const) {
      stamps.addSent(sent);
      stamps.addIntended(intended);
    }
    recorder.record(stamps, 20);
    const { response, service, delay } = recorder.pack();
    expect(mergeLatency([response!])).toMatchObject({
      count: 3,
      min: 8,
      p50: within3Digits(9),
      max: 10,
    });
    expect(mergeLatency([service])).toMatchObject({
      count: 3,
      min: 7.5,
      p50: within3Digits(8),
      max: 8,
    });
    expect(mergeLatency([delay!])).toMatchObject({
      count: 3,
      min: 0.5,
      p50: within3Digits(1),
      max: 2,
    });
  });

  it('has service only in a closed loop', () => {
    const recorder = new Recorder(false);
    const stamps = new BatchStamps();
    for (const sent of [1, 1, 1, 2]) stamps.addSent(sent);
    recorder.record(stamps, 4);
    const packed = recorder.pack();
    expect([packed.response, packed.delay]).toEqual([null, null]);
    expect(mergeLatency([packed.service])).toMatchObject({
      count: 4,
      min: 2,
      p50: within3Digits(3),
      max: 3,
    });
  });

  it('counts each latency once, in its interval and in the total', () => {
    const recorder = new Recorder(false);
    const stamps = new BatchStamps();
    stamps.addSent(0);
    recorder.record(stamps, 1);
    expect(recorder.interval.count).toBe(1);
    recorder.endInterval();
    expect(recorder.interval.count).toBe(0);
    recorder.record(stamps, 2);
    expect(mergeLatency([recorder.pack().service])).toMatchObject({ count: 2, min: 1, max: 2 });
  });

  it('groups open-loop records of one microsecond without losing any', () => {
    const recorder = new Recorder(true);
    const stamps = new BatchStamps();
    for (let i = 0; i < 10_000; i++) {
      stamps.addSent(50);
      stamps.addIntended(40 + i * 0.0001);
    }
    recorder.record(stamps, 60);
    const { response, delay } = recorder.pack();
    expect([response!.count, delay!.count]).toEqual([10_000, 10_000]);
    expect(response!.maxMicros - response!.minMicros).toBe(1000);
    expect(delay!.maxMicros).toBe(10_000);
  });

  it('forgets the warm-up', () => {
    const recorder = new Recorder(true);
    const stamps = new BatchStamps();
    stamps.addSent(0);
    stamps.addIntended(0);
    recorder.record(stamps, 9);
    recorder.endInterval();
    recorder.record(stamps, 9);
    recorder.reset();
    const packed = recorder.pack();
    expect([packed.response!.count, packed.service.count, packed.delay!.count]).toEqual([0, 0, 0]);
  });
});
