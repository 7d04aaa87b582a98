import { describe, expect, it } from 'vitest';
import { runSpec } from '../../testing/sweep-fixtures.js';
import { shareOf } from '../load/run-share.js';
import { initHistograms } from '../measure/histogram.js';
import { MEETINGS, SharedState } from '../threads/shared-state.js';
import { OriginTimes } from './origin-times.js';
import { StreamMeter } from './stream-meter.js';

await initHistograms();
const START_MS = 5000;
const SPEC = runSpec({ rate: 1000, workers: 1 });
const SHARE = shareOf(SPEC);

/** Of one partition, told of a record at each of these times after the start. */
function pauses(times: readonly number[]) {
  const state = SharedState.create(1);
  state.setOrigin(0, 0, 0);
  state.open(MEETINGS.measure, START_MS);
  const meter = new StreamMeter(1, SHARE, new OriginTimes(SPEC, state, null), [0]);
  times.forEach((ms, offset) => {
    meter.answer(0, START_MS + ms, offset + 1);
    meter.reached(0, offset + 1);
  });
  const found = meter.finish(START_MS, START_MS + (times.at(-1) ?? 0)).pauses;
  meter.destroy();
  return found;
}

describe('pauses of a consumer', () => {
  it('are all that last, also a shorter one after a longer one', () => {
    expect(pauses([10, 1510, 1520, 1820, 1830])).toEqual([
      { atMs: 0, forMs: 10 },
      { atMs: 10, forMs: 1500 },
      { atMs: 1520, forMs: 300 },
    ]);
  });

  it('end with a record, and not with an answer without one', () => {
    const state = SharedState.create(1);
    state.setOrigin(0, 0, 0);
    state.open(MEETINGS.measure, START_MS);
    const meter = new StreamMeter(1, SHARE, new OriginTimes(SPEC, state, null), [0]);
    for (const [ms, next] of [
      [200, 0],
      [400, 0],
      [700, 3],
    ]) {
      meter.answer(0, START_MS + ms, next);
      meter.reached(0, next);
    }
    expect(meter.finish(START_MS, START_MS + 800).pauses).toEqual([{ atMs: 0, forMs: 700 }]);
    meter.destroy();
  });

  it('last to the end of the load where nothing came any more', () => {
    const state = SharedState.create(1);
    state.setOrigin(0, 0, 0);
    state.open(MEETINGS.measure, START_MS);
    const meter = new StreamMeter(1, SHARE, new OriginTimes(SPEC, state, null), [0]);
    meter.answer(0, START_MS + 100, 1);
    meter.reached(0, 1);
    meter.pausedUntil(START_MS + 9100);
    expect(meter.finish(START_MS, START_MS + 9200).pauses.at(-1)).toEqual({
      ...{ atMs: 100, forMs: 9000 },
    });
    meter.destroy();
  });

  it('are bounded: the shortest go', () => {
    const times = Array.from({ length: 1500 }, (_, i) => 200 * (i + 1));
    const found = pauses([...times.slice(0, 1200), times[1199] + 5000, times[1199] + 5150]);
    expect(found).toHaveLength(1000);
    expect(Math.max(...found.map(({ forMs }) => forMs))).toBe(5000);
    expect(found.some(({ forMs }) => forMs === 150)).toBe(false);
  });
});
