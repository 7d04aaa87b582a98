// What each fault did to the load and how long it took to be over, from what was measured beside
// it. Pure; called once a run by merge.ts. Its windows are what a verdict excuses: what happened in
// them is what was asked for.
import { whatOf } from '../../contract/fault-label.js';
import type { FaultEvent, FaultRecovery, FaultSettings } from '../../contract/faults.js';
import type { Interval } from '../../contract/run-result.js';
import type { PackedGaps } from '../measure/ack-gaps.js';
import type { PackedPartitionGaps } from '../measure/partition-gaps.js';
import { LATEST_END_MS } from '../measure/tracker.js';
import { commonGaps, type Gap } from './continuity.js';

/** Times in ms from the measured start. */
export interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface RecoveryInput {
  readonly faults: readonly FaultSettings[];
  readonly events: readonly FaultEvent[];
  readonly intervals: readonly Interval[];
  /** p99 of all records acknowledged in whole intervals from one time to another. */
  readonly p99Ms: (fromMs: number, toMs: number) => number | null;
  /** Of each worker. */
  readonly gaps: readonly PackedGaps[];
  readonly partitionGaps: readonly (readonly PackedPartitionGaps[])[];
  /** Times in which a consumer received nothing; undefined where nobody consumed. */
  readonly consumerPauses?: readonly Gap[] | undefined;
}

export interface Recovered {
  readonly recovery: FaultRecovery[];
  /** By fault that was begun: from its begin until it was over. */
  readonly windows: Window[];
}

const UNDOING: ReadonlySet<string> = new Set(['start', 'resume', 'heal', 'after']);
/** Back: not above so many times what it was. */
const WITHIN = 2;
/** So many intervals in a row are to be, as one alone may be chance. */
const IN_A_ROW = 3;
/** A partition that waited longer than this was hit; p99 is not back before it answers again. */
const HIT_MS = 250;
/** What a fault whose p99 never came back is given at least, after its effect has ended. */
const LEAST_GRACE_MS = 10_000;
const MOST_PARTITIONS = 20;

/** One that was begun. */
interface Begun {
  readonly fault: FaultSettings;
  readonly index: number;
  readonly atMs: number;
  readonly endMs: number | null;
}

export function recoveryOf(input: RecoveryInput): Recovered {
  const begun = begunFaults(input).sort((a, b) => a.atMs - b.atMs);
  const runEndMs = Math.max(0, ...input.intervals.map((each) => each.atMs + each.durationMs));
  const all = commonGaps(input.gaps);
  const byPartition = gapsByPartition(input);
  const recovery: FaultRecovery[] = [];
  const windows: Window[] = [];
  let calmMs = 0;
  let before: number | null = null;
  for (const [at, each] of begun.entries()) {
    const nextMs = begun[at + 1]?.atMs ?? runEndMs;
    const effectEndMs = Math.min(each.endMs ?? runEndMs, runEndMs);
    // Where it begins before the one before it is over: what it was before that.
    before = input.p99Ms(calmMs, each.atMs) ?? before;
    const hit = [...byPartition.values()].flatMap(
      (gaps) => longestIn(gaps, each.atMs, nextMs) ?? [],
    );
    const answeredMs = Math.max(
      each.atMs,
      ...hit.filter(({ forMs }) => forMs >= HIT_MS).map((gap) => gap.atMs + gap.forMs),
    );
    const backMs = backAt(input.intervals, before, [each.atMs, answeredMs, nextMs]);
    const graceMs = Math.max(LEAST_GRACE_MS, effectEndMs - each.atMs);
    const overMs = Math.min(runEndMs, Math.max(effectEndMs, backMs ?? effectEndMs + graceMs));
    const window = { fromMs: each.atMs, toMs: overMs };
    // What the next one did is told of that one.
    const own = { fromMs: each.atMs, toMs: Math.max(each.atMs, Math.min(overMs, nextMs)) };
    const [first, last] = wholeIntervals(input.intervals, own);
    const partitions = [...byPartition].flatMap(([partition, gaps]) => {
      const longest = longestIn(gaps, own.fromMs, own.toMs);
      return longest === null ? [] : [{ partition, longestGapMs: longest.forMs }];
    });
    partitions.sort((a, b) => b.longestGapMs - a.longestGapMs);
    recovery.push({
      fault: each.index,
      label: whatOf(each.fault),
      atMs: each.atMs,
      endMs: each.endMs,
      longestGapMs: longestIn(all, own.fromMs, own.toMs)?.forMs ?? null,
      longestPartitionGapMs: partitions[0]?.longestGapMs ?? null,
      partitions: partitions.slice(0, MOST_PARTITIONS),
      ...consumerPause(input, own),
      p99Ms: {
        before,
        during: input.p99Ms(first, last),
        after: input.p99Ms(overMs, nextMs),
      },
      recoveredMs: backMs === null ? null : Math.max(0, backMs - each.atMs),
      ...befell(input.intervals, own),
    });
    windows.push(window);
    calmMs = overMs;
  }
  return { recovery, windows };
}

/** Records that failed in intervals that meet a window. */
export function failedWithin(intervals: readonly Interval[], windows: readonly Window[]): number {
  return intervals
    .filter((interval) => windows.some((window) => meets(interval, window)))
    .reduce((sum, { failed }) => sum + failed, 0);
}

function begunFaults({ faults, events }: RecoveryInput): Begun[] {
  return faults.flatMap((fault, index) => {
    const own = events.filter((event) => event.fault === index);
    const begins = own.filter(({ action }) => !UNDOING.has(action));
    if (begins.length === 0) return [];
    const ends = own.filter(({ action }) => UNDOING.has(action));
    const lasting = isLasting(fault);
    const closing = lasting ? ends : begins;
    const done = closing.map(({ doneAtMs }) => doneAtMs);
    const open = done.includes(null) || (lasting && ends.length < begins.length);
    return [
      {
        ...{ fault, index, atMs: Math.min(...begins.map(({ atMs }) => atMs)) },
        endMs: open ? null : Math.max(...done.map((ms) => ms ?? 0)),
      },
    ];
  });
}

/** Whether something has to undo it. */
function isLasting(fault: FaultSettings): boolean {
  if (fault.kind === 'run') return fault.after !== null;
  if (fault.kind === 'member') return false;
  return fault.kind !== 'network' || fault.forMs !== null;
}

/**
 * When p99 was back: the first of some intervals in a row that are, once every partition answers
 * again, before the next fault.
 */
function backAt(
  intervals: readonly Interval[],
  beforeMs: number | null,
  [atMs, answeredMs, nextMs]: readonly [number, number, number],
): number | null {
  if (beforeMs === null) return null;
  const looked = intervals.filter(
    (each) => each.atMs + each.durationMs > answeredMs && each.atMs < nextMs,
  );
  const isBack = ({ p99 }: Interval): boolean => p99 !== null && p99 <= WITHIN * beforeMs;
  const found = looked.findIndex((_, index) => {
    const row = looked.slice(index, index + IN_A_ROW);
    return row.every(isBack);
  });
  if (found < 0) return null;
  // Nothing was seen of it at all.
  if (found === 0 && answeredMs === atMs) return atMs;
  return Math.max(answeredMs, looked[found].atMs);
}

const consumerPause = (
  { consumerPauses }: RecoveryInput,
  { fromMs, toMs }: Window,
): Pick<FaultRecovery, 'consumerPauseMs'> =>
  consumerPauses === undefined
    ? {}
    : { consumerPauseMs: longestIn(consumerPauses, fromMs, toMs)?.forMs ?? null };

/** The longest that meets the time; null where there is none. */
function longestIn(gaps: readonly Gap[], fromMs: number, toMs: number): Gap | null {
  let longest: Gap | null = null;
  for (const gap of gaps) {
    if (gap.atMs > toMs || gap.atMs + gap.forMs <= fromMs) continue;
    if (longest === null || gap.forMs > longest.forMs) longest = gap;
  }
  return longest;
}

/** A worker that sent nothing to a partition waits for nothing there. */
function gapsByPartition({ gaps, partitionGaps }: RecoveryInput): Map<number, Gap[]> {
  const ids = new Set(partitionGaps.flatMap((own) => own.map(({ partition }) => partition)));
  const found = new Map<number, Gap[]>();
  for (const id of ids) {
    const parts = partitionGaps.map(
      (own, worker): PackedGaps =>
        own.find(({ partition }) => partition === id)?.gaps ?? {
          ...gaps[worker],
          gaps: Float64Array.of(0, Infinity, Infinity),
        },
    );
    found.set(id, commonGaps(parts));
  }
  return found;
}

const meets = (interval: Interval, { fromMs, toMs }: Window): boolean =>
  interval.atMs < toMs && interval.atMs + interval.durationMs > fromMs;

/** From the begin of the first interval that meets it to the end of the last. */
function wholeIntervals(intervals: readonly Interval[], window: Window): [number, number] {
  const own = intervals.filter((interval) => meets(interval, window));
  if (own.length === 0) return [window.fromMs, window.toMs];
  const last = own[own.length - 1];
  return [own[0].atMs, last.atMs + last.durationMs];
}

function befell(
  intervals: readonly Interval[],
  window: Window,
): Pick<FaultRecovery, 'errors' | 'recordRetries' | 'connectionsLost' | 'leaderChanges'> {
  const errors = new Map<string, number>();
  for (const { errors: failed = {} } of intervals.filter((interval) => meets(interval, window))) {
    for (const [name, records] of Object.entries(failed))
      errors.set(name, (errors.get(name) ?? 0) + records);
  }
  // A fault at a whole second: what it did in the first moment may stand in the interval before.
  const sampled = { ...window, fromMs: window.fromMs - LATEST_END_MS };
  const sums = { recordRetries: 0, connectionsLost: 0, leaderChanges: 0 };
  for (const { events } of intervals.filter((interval) => meets(interval, sampled))) {
    sums.recordRetries += events?.recordRetries ?? 0;
    sums.connectionsLost += events?.connectionsLost ?? 0;
    sums.leaderChanges += events?.leaderChanges ?? 0;
  }
  const named = [...errors].map(([name, records]) => ({ name, records }));
  return { errors: named.sort((a, b) => b.records - a.records), ...sums };
}
