import { describe, expect, it } from 'vitest';
import type { FaultEvent, FaultSettings } from '../../contract/faults.js';
import type { Interval } from '../../contract/run-result.js';
import { AckGaps } from '../measure/ack-gaps.js';
import { PartitionGaps } from '../measure/partition-gaps.js';
import { failedWithin, recoveryOf } from './recovery.js';

const KILL: FaultSettings = {
  ...{ kind: 'kill', atMs: 3000, target: { kind: 'leader' }, restartAfterMs: 2000 },
};
const event = (
  fault: number,
  action: FaultEvent['action'],
  atMs: number,
  doneAtMs: number | null,
) => ({ fault, plannedMs: atMs, atMs, action, target: 'broker 1', doneAtMs, note: '' }) as const;
const KILLED = [event(0, 'kill', 3000, 3010), event(0, 'start', 5000, 5600)];

/** A second each, with its p99; null: nothing was acknowledged. */
const intervals = (
  p99s: readonly (number | null)[],
  more: Record<number, object> = {},
): Interval[] =>
  p99s.map((p99, index) => ({
    ...{ atMs: index * 1000, durationMs: 1000, sent: 10, acked: p99 === null ? 0 : 10, failed: 0 },
    ...{ p50: p99, p99, max: p99, metrics: {} },
    ...more[index],
  }));

interface Setup {
  readonly p99s: readonly (number | null)[];
  readonly more?: Record<number, object>;
  readonly faults?: readonly FaultSettings[];
  readonly events?: readonly FaultEvent[];
  /**
   * Acknowledgements of partition 0 and of 1, in ms; each batch was handed over when the one before
   * it was acknowledged.
   */
  readonly acks?: readonly (readonly number[])[];
  readonly consumerPauses?: readonly { readonly atMs: number; readonly forMs: number }[];
}

function recover(setup: Setup) {
  const { p99s, more, faults = [KILL], events = KILLED, acks = [[], []], consumerPauses } = setup;
  const made = intervals(p99s, more);
  const gaps = new AckGaps();
  const partitions = new PartitionGaps();
  gaps.start(0);
  partitions.start(0);
  const all = acks.flatMap((times, partition) => times.map((ms) => ({ ms, partition })));
  const last = new Map<number, number>();
  for (const { ms, partition } of all.sort((a, b) => a.ms - b.ms)) {
    const sentMs = last.get(partition) ?? 0;
    gaps.asked(sentMs);
    gaps.acknowledged(ms, true);
    partitions.settled(partition, sentMs, ms, true);
    last.set(partition, ms);
  }
  const endMs = p99s.length * 1000;
  return recoveryOf({
    ...{ faults, events, intervals: made },
    p99Ms: (fromMs, toMs) => {
      const own = made.filter((each) => each.atMs >= fromMs && each.atMs + 1000 <= toMs);
      const told = own.flatMap(({ p99 }) => p99 ?? []);
      return told.length === 0 ? null : Math.max(...told);
    },
    gaps: [gaps.pack(endMs)],
    partitionGaps: [partitions.pack(endMs)],
    consumerPauses,
  });
}

const every = (stepMs: number, toMs: number, fromMs = 0) =>
  Array.from({ length: (toMs - fromMs) / stepMs }, (_, i) => fromMs + i * stepMs);

describe('the recovery from a fault', () => {
  it('has how long a consumer received nothing, of the fault that it follows', () => {
    const consumerPauses = [
      { atMs: 500, forMs: 300 },
      { atMs: 3100, forMs: 1200 },
    ];
    const p99s = [5, 5, 6, 80, 90, 7, 6, 5];
    expect(recover({ p99s, consumerPauses }).recovery[0].consumerPauseMs).toBe(1200);
    expect(recover({ p99s, consumerPauses: [] }).recovery[0].consumerPauseMs).toBeNull();
    expect(recover({ p99s }).recovery[0]).not.toHaveProperty('consumerPauseMs');
  });

  it('has what befell connections in its first moment, whichever interval was told of it', () => {
    // Killed just past the second; the interval before ends with the first that comes back.
    const events = [event(0, 'kill', 3000.4, 3010), KILLED[1]];
    const befell = { connectionsLost: 2, leaderChanges: 0, recordRetries: 0 };
    const p99s = [5, 5, 6, 80, 30, 7, 6, 5];
    const found = recover({ p99s, events, more: { 2: { events: befell } } });
    expect(found.recovery[0]).toMatchObject({ connectionsLost: 2 });
    const earlier = recover({ p99s, events, more: { 1: { events: befell } } });
    expect(earlier.recovery[0]).toMatchObject({ connectionsLost: 0 });
  });

  it('has p99 before, during and after, and the time until it was back', () => {
    const { recovery, windows } = recover({ p99s: [5, 5, 6, 80, null, 2000, 30, 7, 6, 5] });
    expect(recovery).toMatchObject([
      {
        ...{ fault: 0, label: 'kill leader', atMs: 3000, endMs: 5600, recoveredMs: 4000 },
        p99Ms: { before: 6, during: 2000, after: 7 },
      },
    ]);
    expect(windows).toEqual([{ fromMs: 3000, toMs: 7000 }]);
  });

  it('is not over with one good interval among bad ones, and may not be over at all', () => {
    expect(recover({ p99s: [5, 5, 5, 90, 5, 90, 90, 5, 5, 5] }).recovery[0].recoveredMs).toBe(4000);
    const never = recover({ p99s: [5, 5, 5, 90, 90, 90, 90, 90, 90, 90] });
    expect(never.recovery[0].recoveredMs).toBeNull();
    expect(never.windows).toEqual([{ fromMs: 3000, toMs: 10_000 }]);
  });

  it('is at once where nothing was seen of the fault', () => {
    expect(recover({ p99s: [5, 5, 5, 5, 6, 5, 5] }).recovery[0].recoveredMs).toBe(0);
  });

  it('waits for a partition that did not answer, however quick the others are', () => {
    const acks = [[...every(50, 3000), ...every(50, 10_000, 6500)], every(50, 10_000)];
    const { recovery } = recover({ p99s: [5, 5, 5, 5, 5, 5, 3500, 5, 5, 5], acks });
    expect(recovery[0].longestGapMs).toBeLessThanOrEqual(100);
    expect(recovery[0].recoveredMs).toBe(4000);
  });

  it('tells the longest silence over all and by partition, and what failed meanwhile', () => {
    const failed = { failed: 4, errors: { NOT_LEADER: 3, TIMED_OUT: 1 } };
    const events = { events: { recordRetries: 9, connectionsLost: 1, leaderChanges: 2 } };
    const { recovery } = recover({
      p99s: [5, 5, 5, 90, 90, 90, 5, 5, 5],
      more: { 1: { failed: 1, errors: { EARLY: 1 } }, 4: { ...failed, ...events } },
    });
    expect(recovery[0]).toMatchObject({
      errors: [
        { name: 'NOT_LEADER', records: 3 },
        { name: 'TIMED_OUT', records: 1 },
      ],
      ...{ recordRetries: 9, connectionsLost: 1, leaderChanges: 2 },
    });
  });

  it('lasts to the end of the run where nothing in it ends the fault', () => {
    const { recovery, windows } = recover({
      p99s: [5, 5, 5, 90, 5, 5, 5],
      events: [event(0, 'kill', 3000, 3010)],
    });
    expect([recovery[0].endMs, windows[0].toMs]).toEqual([null, 7000]);
  });

  it('keeps faults apart: each is held against what was before it', () => {
    const second: FaultSettings = { ...KILL, atMs: 8000 };
    const { recovery } = recover({
      p99s: [5, 5, 5, 90, 90, 90, 5, 5, 40, 40, 40, 6, 6, 6],
      faults: [KILL, second],
      events: [...KILLED, event(1, 'kill', 8000, 8001), event(1, 'start', 10_000, 10_500)],
    });
    expect(recovery.map(({ recoveredMs }) => recoveredMs)).toEqual([3000, 3000]);
    expect(recovery[1].p99Ms).toEqual({ before: 5, during: 40, after: 6 });
  });

  it('is none for a fault that never began', () => {
    expect(recover({ p99s: [5, 5, 5], events: [] })).toEqual({ recovery: [], windows: [] });
  });
});

it('counts what failed in windows once, however many of them an interval meets', () => {
  const made = intervals([5, 5, 5, 5], { 1: { failed: 3 }, 3: { failed: 5 } });
  const windows = [
    { fromMs: 1000, toMs: 1500 },
    { fromMs: 1200, toMs: 2500 },
  ];
  expect(failedWithin(made, windows)).toBe(3);
});

describe('gaps by partition', () => {
  it('stand from what was first waited for, also where it failed', () => {
    const partitions = new PartitionGaps();
    partitions.start(1000);
    partitions.settled(3, 1100, 1110, true);
    partitions.settled(3, 1500, 2000, false);
    partitions.settled(3, 2500, 2600, true);
    const [{ partition, gaps }] = partitions.pack(3000);
    expect(partition).toBe(3);
    expect([...gaps.gaps]).toEqual([0, 100, 110, 110, 500, 1600, 1600, Infinity, Infinity]);
  });
});
