import { describe, expect, it } from 'vitest';
import { MetricCounters, type MetricWindow } from '../../producer-core/parts.js';
import { AckGaps, type PackedGaps } from '../measure/ack-gaps.js';
import { commonGaps, continuityOf } from './continuity.js';

const START_MS = 5000;

/**
 * A worker that is acknowledged at these times (ms from the start), each time with more to come.
 */
function worker(acksMs: readonly number[], endMs: number, idleAfter = false): PackedGaps {
  const gaps = new AckGaps();
  gaps.start(START_MS);
  gaps.asked(START_MS + 1);
  acksMs.forEach((ms, i) => {
    const last = i === acksMs.length - 1;
    gaps.acknowledged(START_MS + ms, !(last && idleAfter));
  });
  return gaps.pack(START_MS + endMs);
}

const every = (stepMs: number, fromMs: number, toMs: number): number[] =>
  Array.from({ length: Math.floor((toMs - fromMs) / stepMs) + 1 }, (_, i) => fromMs + i * stepMs);

function windowOf(
  events: Partial<Record<'connectionsLost' | 'leaderChanges', number>> = {},
): MetricWindow {
  const counters = new MetricCounters();
  return {
    ...{ producerMs: 1000, producers: 1, maxima: counters.maxima },
    totals: { ...counters.totals(0, 0), ...events },
    gauges: {
      ...{ requestsInFlight: 0, metadataAgeSeconds: 0, waitingThreads: 0 },
      ...{ bufferTotalBytes: 0, bufferAvailableBytes: 0, connectionCount: 0 },
    },
  };
}

const FACTS = { lingerMs: 5, lagMaxMs: 3, serviceP50Ms: 4 };

describe('gaps between acknowledgements', () => {
  it('count from the first record to its acknowledgement, and to the end where none comes', () => {
    expect(commonGaps([worker([400, 500], 2000)])).toEqual([
      { atMs: 1, forMs: 399 },
      { atMs: 400, forMs: 100 },
      { atMs: 500, forMs: 1500 },
    ]);
  });

  it('do not count while nothing is waited for', () => {
    const gaps = new AckGaps();
    gaps.start(0);
    for (const ms of [1000, 2000, 3000]) {
      gaps.asked(ms);
      gaps.acknowledged(ms + 7, false);
    }
    expect(commonGaps([gaps.pack(4000)]).map(({ forMs }) => forMs)).toEqual([7, 7, 7]);
  });

  it('of a run are those in which no worker got one', () => {
    const a = worker([...every(10, 10, 1000), ...every(10, 3000, 4000)], 4000, true);
    const b = worker([...every(10, 5, 1495), ...every(10, 2505, 4000)], 4000, true);
    const [longest] = commonGaps([a, b]).sort((x, y) => y.forMs - x.forMs);
    expect(longest).toEqual({ atMs: 1495, forMs: 1010 });
  });

  it('count where one worker waits and the others are done', () => {
    const done = worker([10, 20], 20, true);
    const waits = worker([10, 20, 30, 2030], 2030, true);
    expect(commonGaps([done, waits]).at(-1)).toEqual({ atMs: 30, forMs: 2000 });
  });

  it('are exact above a floor that rises where there are too many', () => {
    const acks = [...every(2, 2, 40_000), ...every(2, 45_000, 60_000)];
    const packed = worker(acks, 60_000, true);
    expect(packed.gaps.length).toBeLessThanOrEqual(3 * 4096);
    expect(packed.floorMs).toBeGreaterThan(1);
    expect(commonGaps([packed])).toEqual([{ atMs: 40_000, forMs: 5000 }]);
  });
});

describe('an outage', () => {
  const outages = (part: PackedGaps, window = windowOf(), facts = FACTS) =>
    continuityOf([part], window, facts).outages;

  it.each<[string, PackedGaps, number]>([
    [
      'six seconds in a run of ten',
      worker([...every(5, 5, 2000), ...every(5, 8000, 10_000)], 10_000, true),
      1,
    ],
    ['two of them', worker([...every(5, 5, 2000), ...every(5, 4000, 6000), 8000], 8000, true), 2],
    ['a run that ends in one', worker(every(5, 5, 2000), 9000), 1],
    ['a run in which nothing was acknowledged', worker([], 9000), 1],
    ['no silence', worker(every(5, 5, 9000), 9000, true), 0],
    ['less than a second', worker([...every(5, 5, 2000), ...every(5, 2800, 5000)], 5000, true), 0],
    ['answers that all take two seconds', worker(every(2000, 2000, 20_000), 20_000, true), 0],
  ])('of %s', (_name, part, count) => {
    expect(outages(part)).toHaveLength(count);
  });

  const pause = worker([...every(5, 5, 2000), ...every(5, 3500, 5000)], 5000, true);

  it('is not what lingering, the client’s own stall or a throttle explains', () => {
    expect(outages(pause)).toEqual([{ atMs: 2000, forMs: 1500, partial: false }]);
    expect(outages(pause, windowOf(), { ...FACTS, lingerMs: 1000 })).toEqual([]);
    expect(outages(pause, windowOf(), { ...FACTS, lagMaxMs: 900 })).toEqual([]);
    const throttled = { ...windowOf(), maxima: { ...windowOf().maxima, throttleMs: 1200 } };
    expect(outages(pause, throttled)).toEqual([]);
  });

  it('needs less silence where connections broke', () => {
    const short = worker([...every(5, 5, 2000), ...every(5, 2400, 5000)], 5000, true);
    expect(outages(short)).toEqual([]);
    expect(outages(short, windowOf({ connectionsLost: 3 }))).toHaveLength(1);
  });

  it('of a part of the cluster shows in a batch that waits while others do not', () => {
    const gaps = new AckGaps();
    gaps.start(0);
    gaps.asked(1);
    for (const ms of every(5, 5, 5000)) gaps.acknowledged(ms, ms < 5000);
    gaps.settled(1000, 4000);
    const part = gaps.pack(5000);
    const partial = [{ atMs: 1000, forMs: 3000, partial: true }];
    expect(outages(part, windowOf({ leaderChanges: 2 }))).toEqual(partial);
    expect(outages(part, windowOf(), { ...FACTS, serviceP50Ms: 400 })).toEqual([]);
  });
});
