// What of a driver's words can be so: by what was asked for, and by the clock.
import { build, encodeIntoCompressedBase64 } from 'hdr-histogram-js';
import { describe, expect, it } from 'vitest';
import type { DriverHistogram, DriverResult } from '../../contract/driver-protocol.js';
import { ToldPhase } from './told-phase.js';

const OPEN = { records: 1000, durationMs: null, giveUpMs: null };
const DUE = { firstMs: 0, gapMs: 10 };
const asked = (phase: Partial<typeof OPEN | Record<string, number | null>>, due = true) =>
  new ToldPhase({
    phase: { ...OPEN, ...phase },
    ...{ due: due ? DUE : null, intervalMs: 1000, valueBytes: { least: 80, most: 120 } },
  });

function times(count: number, micros: number): DriverHistogram {
  const histogram = build({ highestTrackableValue: 3_600_000_000 });
  histogram.recordValueWithCount(micros, count);
  const encoded = encodeIntoCompressedBase64(histogram);
  return { encoded, count, minMicros: micros, maxMicros: micros };
}

const allOf = (histogram: DriverHistogram) => ({
  ...{ response: histogram, service: histogram, delay: histogram },
});

/** Of an open loop of 1,000 records, 10 s long, unless said otherwise. */
function result(acked: number, other: Partial<DriverResult> = {}): DriverResult {
  return {
    ...{ type: 'result', sent: acked, acked, failed: 0, valueBytes: acked * 100 },
    ...{ firstAckMs: 5, lastAckMs: 9995, lastSentMs: 9990, endedMs: 9990, blockedMs: 0 },
    histograms: allOf(times(acked, 2000)),
    ...{ errors: [], totals: {}, ...other },
  };
}

describe('a driver’s result', () => {
  it('may be so', () => {
    expect(asked({}).result(result(1000), 10_000, false)).toBeNull();
  });

  it('has all records that were asked for, unless it was stopped or gave up in time', () => {
    const fewer = result(900);
    expect(asked({}).result(fewer, 10_000, false)).toMatch(/900 records sent, 1000 asked for/);
    expect(asked({}).result(fewer, 10_000, true)).toBeNull();
    expect(asked({ giveUpMs: 9000 }).result(fewer, 10_000, false)).toBeNull();
    expect(asked({ giveUpMs: 30_000 }).result(fewer, 10_000, false)).toMatch(
      /ended after 9990 ms with 900 records, 30000 ms were asked for/,
    );
  });

  it('of a closed loop lasts as long as was asked for', () => {
    const closed = { records: null, durationMs: 20_000 };
    const service = times(50, 2000);
    const short = result(50, { histograms: { response: null, service, delay: null } });
    expect(asked(closed, false).result(short, 20_000, false)).toMatch(/20000 ms were asked for/);
    expect(asked(closed, false).result(short, 10_000, true)).toBeNull();
    const whole = { ...short, endedMs: 20_000 };
    expect(asked(closed, false).result(whole, 20_001, false)).toBeNull();
  });

  it.each([
    [{ firstAckMs: -500 }, /firstAckMs is -500/],
    [{ lastAckMs: 3_600_000 }, /lastAckMs is 3600000, told 10000 ms after the start/],
    [{ firstAckMs: 20, lastAckMs: 10 }, /firstAckMs is 20 and lastAckMs 10/],
    [{ firstAckMs: null }, /no firstAckMs or lastAckMs/],
    [{ lastSentMs: null }, /1000 records sent, and no lastSentMs/],
    [{ valueBytes: 7 }, /7 bytes in 1000 values of 80 to 120 bytes/],
    [{ errors: [{ name: 'X', message: '', records: 3 }] }, /0 records failed, and 3 errors/],
    [{ silences: [[0, 3_600_000] as [number, number]] }, /a silence of 3600000 ms/],
    [{ failed: 1 }, /1000 records sent, 1000 acknowledged and 1 failed/],
    [{ histograms: allOf(times(1000, 3e9)) }, /response times has a time of 3000000000 us/],
    [{ histograms: allOf(times(999, 1)) }, /response times has 999 times, with 1000 records/],
    [{ histograms: allOf({ ...times(1000, 1), maxMicros: 9 }) }, /holds 1 to 1 us and says 1 to 9/],
    [{ histograms: { ...allOf(times(1000, 1)), delay: null } }, /no histogram of delay times/],
  ])('cannot be so: %#', (lie, why) => {
    expect(asked({}).result(result(1000, lie), 10_000, false)).toMatch(why);
  });

  it('without a record has nothing else', () => {
    const none = { response: null, service: null, delay: null };
    const moments = { firstAckMs: null, lastAckMs: null, lastSentMs: null };
    const nothing = result(0, { ...moments, histograms: none, valueBytes: 0 });
    expect(asked({ records: 0 }).result(nothing, 10_000, false)).toBeNull();
  });
});

describe('a driver’s warm-up', () => {
  it('lasts as long as was asked for', () => {
    expect(asked({}).done(9_995)).toBeNull();
    expect(asked({}).done(500)).toMatch(/said done 500 ms after the start of 9990 ms/);
    expect(asked({ records: null, durationMs: 2000 }, false).done(2001)).toBeNull();
    expect(asked({ records: null, durationMs: 2000 }, false).done(900)).toMatch(/of 2000 ms/);
    expect(asked({ records: 1000 }, false).done(1)).toBeNull();
  });
});

describe('a driver’s progress', () => {
  it('is not ahead of what was due, nor of what was asked for', () => {
    const phase = asked({});
    expect(phase.progress({ sent: 60, acked: 50, failed: 0 }, 600)).toBeNull();
    expect(phase.progress({ sent: 90, acked: 50, failed: 0 }, 600)).toMatch(/71 were due/);
    expect(phase.progress({ sent: 1001, acked: 0, failed: 0 }, 60_000)).toMatch(/1000 asked for/);
    expect(phase.progress({ sent: 9, acked: 9, failed: 1 }, 600)).toMatch(/9 records sent, 9 ack/);
  });
});

describe('a driver’s interval', () => {
  const part = (index: number, acked: number, other = {}) => ({
    ...{ type: 'interval' as const, index, durationMs: 1000, sent: acked, acked, failed: 0 },
    ...{ errors: {}, histogram: acked === 0 ? null : times(acked, 2000), ...other },
  });

  it('may be so, also where nothing was acknowledged in it', () => {
    const phase = asked({});
    expect(phase.interval(part(0, 100), 1000)).toBeNull();
    expect(phase.interval(part(1, 0), 2001)).toBeNull();
    expect(phase.interval(part(2, 5, { durationMs: 10 }), 2010)).toBeNull();
  });

  it.each([
    [part(1, 1), 2000, /told interval 1 where 0 was due/],
    [part(0, 1), 500, /before it was over/],
    [part(0, 1, { durationMs: 1002 }), 2000, /of 1002 ms, longer than asked for/],
    [part(0, 1, { histogram: null }), 1000, /is not there, with 1 acknowledged/],
    [part(0, 0, { histogram: times(3, 1) }), 1000, /has 3 times, with 0 records/],
    [part(0, 400), 1000, /by the intervals up to 0, 400 records sent 1000 ms after/],
    [part(0, 1, { errors: { X: 4 } }), 1000, /0 records failed and 4 errors/],
    [part(0, 1, { histogram: times(1, 5e6) }), 1000, /has a time of 5000000 us/],
  ])('cannot be so: %#', (told, nowMs, why) => {
    expect(asked({}).interval(told, nowMs)).toMatch(why);
  });

  it('counts for the result', () => {
    const phase = asked({});
    expect(phase.interval(part(0, 100), 1000)).toBeNull();
    const smaller = result(50);
    expect(phase.result(smaller, 10_000, true)).toMatch(/100 records sent by its intervals, 50/);
  });
});
