import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Schedule, recordsIn, workerShare } from './schedule.js';

const rates = fc.double({ min: 0.1, max: 1e7, noNaN: true });
const crews = fc
  .integer({ min: 1, max: 64 })
  .chain((workers) => fc.tuple(fc.nat(workers - 1), fc.constant(workers)));

describe('schedule', () => {
  it('puts record k of a run k / rate after the start, without drift, up to 2^53', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000_000 }),
        crews,
        fc.maxSafeNat(),
        (rate, [worker, workers], k) => {
          const i = Math.floor(k / workers);
          // Exact nanoseconds by integers.
          const nanos = (BigInt(i) * BigInt(workers) + BigInt(worker)) * 1_000_000_000n;
          const exactMs = Number(nanos / BigInt(rate)) / 1e6;
          const at = new Schedule(0, rate, worker, workers).at(i);
          expect(Math.abs(at - exactMs)).toBeLessThanOrEqual(2e-6 + exactMs * 4 * Number.EPSILON);
        },
      ),
    );
  });

  it('counts as due exactly the records whose time has come', () => {
    fc.assert(
      fc.property(
        rates,
        crews,
        fc.double({ min: 0, max: 1e7, noNaN: true }),
        (rate, [worker, workers], spanMs) => {
          const schedule = new Schedule(12_345.678, rate, worker, workers);
          const now = schedule.t0Ms + spanMs;
          const due = schedule.dueAt(now);
          expect(schedule.at(due)).toBeGreaterThan(now);
          if (due > 0) expect(schedule.at(due - 1)).toBeLessThanOrEqual(now);
        },
      ),
    );
  });

  it('has a record due at its own time and not before it', () => {
    fc.assert(
      fc.property(rates, crews, fc.nat(1_000_000), (rate, [worker, workers], i) => {
        const schedule = new Schedule(500, rate, worker, workers);
        expect(schedule.dueAt(schedule.at(i))).toBeGreaterThanOrEqual(i + 1);
      }),
    );
  });

  it('interleaves workers: together they make the stream of one', () => {
    const together = [0, 1, 2].flatMap((w) =>
      [0, 1, 2, 3].map((i) => new Schedule(0, 300, w, 3).at(i)),
    );
    const alone = Array.from({ length: 12 }, (_, k) => new Schedule(0, 300, 0, 1).at(k));
    expect(together.sort((a, b) => a - b)).toEqual(alone);
  });

  it('splits any number of records over the workers without losing one', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.integer({ min: 1, max: 100 }), (total, workers) => {
        const shares = Array.from({ length: workers }, (_, w) => workerShare(total, w, workers));
        expect(shares.reduce((sum, share) => sum + BigInt(share), 0n)).toBe(BigInt(total));
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('counts the records of a duration: those due before its end', () => {
    expect(recordsIn(10_000, 0.1)).toBe(1);
    expect(recordsIn(10_001, 0.1)).toBe(2);
    expect(recordsIn(20_000, 5000)).toBe(100_000);
    expect(recordsIn(3000, 1 / 3)).toBe(1);
    expect(recordsIn(0, 1000)).toBe(0);
    expect(recordsIn(700, 10)).toBe(7);
  });

  it('refuses a rate that is no rate', () => {
    expect(() => new Schedule(0, 0, 0, 1)).toThrow(RangeError);
    expect(() => new Schedule(0, Infinity, 0, 1)).toThrow(RangeError);
  });
});
