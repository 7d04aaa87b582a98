import { describe, expect, it } from 'vitest';
import { rateWindow } from './rate-window.js';

type Timed = Parameters<typeof rateWindow>[1][number];

/**
 * One worker: `sent` records, acknowledged between the two times, the last one handed over at
 * `lastSent`.
 */
function worker(
  sent: number,
  times: { first: number; last: number; lastSent: number; ended?: number; failed?: number },
): Timed {
  const { first, last, lastSent, ended = lastSent, failed = 0 } = times;
  return {
    records: { sent, acked: sent - failed, failed },
    ...{ firstAckAtMs: first, lastAckAtMs: last, lastSentAtMs: lastSent, sendingEndedAtMs: ended },
    health: { spanMs: last },
  };
}

const perSecond = (acked: number, { measuredMs }: { measuredMs: number }): number =>
  (acked * 1000) / measuredMs;

describe('the window of an open loop', () => {
  it.each([
    ['one record in 2 s', 1, 0.5, worker(1, { first: 3, last: 3, lastSent: 0 })],
    ['five records at 0.5/s', 5, 0.5, worker(5, { first: 3, last: 8003, lastSent: 8000 })],
    ['two seconds at 1,000/s', 2000, 1000, worker(2000, { first: 6, last: 2004, lastSent: 1999 })],
    [
      'answers that take 2 s each',
      2000,
      1000,
      worker(2000, { first: 2000, last: 3999, lastSent: 1999 }),
    ],
    [
      'answers that take 5 s to a run of 2 s',
      2000,
      1000,
      worker(2000, { first: 5000, last: 7100, lastSent: 1999 }),
    ],
  ])('%s: the rate that was asked for', (_name, records, rate, result) => {
    const window = rateWindow({ rate, records, durationMs: null }, [result]);
    expect(perSecond(records, window)).toBeCloseTo(rate, 9);
  });

  it('tells the drain', () => {
    const window = rateWindow({ rate: 1000, records: null, durationMs: 2000 }, [
      worker(2000, { first: 2000, last: 3999, lastSent: 1999 }),
    ]);
    expect(window).toEqual({ measuredMs: 2000, drainMs: 1999 });
  });

  it('is the time it took where the cluster takes half the rate, memory the rest', () => {
    const window = rateWindow({ rate: 1000, records: 2000, durationMs: null }, [
      worker(2000, { first: 5, last: 4000, lastSent: 1999 }),
    ]);
    expect(window).toEqual({ measuredMs: 4000, drainMs: 2000 });
  });

  it('ends with sending where that was late, and tells no rate above the one asked for', () => {
    const late = rateWindow({ rate: 1000, records: 2000, durationMs: null }, [
      worker(2000, { first: 5, last: 2505, lastSent: 2500 }),
    ]);
    expect(perSecond(2000, late)).toBe(800);
    const stopped = rateWindow({ rate: 0.5, records: 100, durationMs: null }, [
      worker(1, { first: 3, last: 3, lastSent: 0, ended: 100 }),
    ]);
    expect(perSecond(1, stopped)).toBe(0.5);
    const longer = rateWindow({ rate: 10, records: 100, durationMs: null }, [
      worker(20, { first: 3, last: 1903, lastSent: 1900, ended: 2500 }),
    ]);
    expect(perSecond(20, longer)).toBe(8);
  });

  it('counts all time of sending where records failed', () => {
    const window = rateWindow({ rate: 1000, records: 10_000, durationMs: null }, [
      worker(10_000, { first: 5, last: 3700, lastSent: 9999, failed: 6300 }),
    ]);
    expect(perSecond(3700, window)).toBe(370);
  });

  it('spans all workers', () => {
    const window = rateWindow({ rate: 1000, records: 2000, durationMs: null }, [
      worker(1000, { first: 5, last: 1990, lastSent: 1980 }),
      worker(1000, { first: 6, last: 2003, lastSent: 1999 }),
    ]);
    expect(window).toEqual({ measuredMs: 2000, drainMs: 3 });
  });
});

describe('the window of a closed loop', () => {
  it('ends with the last acknowledgement, or with sending where records failed', () => {
    const of = (failed: number) =>
      rateWindow({ rate: 'max', records: 1000, durationMs: null }, [
        worker(1000, { first: 5, last: 700, lastSent: 990, ended: 1000, failed }),
      ]);
    expect(of(0)).toEqual({ measuredMs: 700, drainMs: null });
    expect(of(10)).toEqual({ measuredMs: 1000, drainMs: null });
  });
});
