// Over which time a run's rates are told. Pure; called once a run by merge.ts.
//
// Open loop: records stand for the gaps of their schedule, so N records at `rate` stand for N /
// rate, whenever the last answer came: N - 1 gaps would read too high at low rates, and the wait
// for slow answers too low at any. What comes after the schedule's end is drain, told beside the
// rate. A cluster that does not keep up is not let off by that: where the drain is longer than
// answers took when nothing was queued, its records are told over the time that they took.
import type { WorkloadSettings } from '../../contract/settings.js';
import { recordsIn } from '../load/schedule.js';
import type { WorkerResult } from '../threads/worker-result.js';

export interface RateWindow {
  /** What rates are divided by. */
  readonly measuredMs: number;
  /** From the schedule's end to the last acknowledgement; null in a closed loop. */
  readonly drainMs: number | null;
}

type Timed = Pick<
  WorkerResult,
  'records' | 'firstAckAtMs' | 'lastAckAtMs' | 'lastSentAtMs' | 'sendingEndedAtMs'
> & {
  /** Of another client nobody knows it. */
  readonly health?: Pick<WorkerResult['health'], 'spanMs'>;
};

/**
 * Answers may take so many times what the first one took, without a queue of records being the
 * cause.
 */
const USUAL_ANSWERS = 2;
/** And so much more by chance, as a share of the schedule's time and at least in ms. */
const CHANCE_SHARE = 0.05;
const CHANCE_MS = 100;

export function rateWindow(
  { rate, records, durationMs }: Pick<WorkloadSettings, 'rate' | 'records' | 'durationMs'>,
  results: readonly Timed[],
): RateWindow {
  if (rate === 'max') return { measuredMs: closedLoop(results), drainMs: null };
  const asked = records ?? recordsIn(durationMs ?? 0, rate);
  const sent = results.reduce((sum, each) => sum + each.records.sent, 0);
  const sendingMs = Math.max(...results.map((each) => each.sendingEndedAtMs));
  // Stopped early, or given up: what was not sent has no gap.
  const scheduleMs = Math.max((sent / rate) * 1000, sent < asked ? sendingMs : lateEnd(results));
  const lastAckMs = Math.max(0, ...results.map((each) => each.lastAckAtMs ?? 0));
  const drainMs = Math.max(0, lastAckMs - scheduleMs);
  return { measuredMs: keepsUp(results, scheduleMs, drainMs) ? scheduleMs : lastAckMs, drainMs };
}

/**
 * When the last record was handed over; with the gap that follows it this is the schedule's end
 * where all was on time.
 */
const lateEnd = (results: readonly Timed[]): number =>
  Math.max(0, ...results.map((each) => each.lastSentAtMs ?? 0));

function keepsUp(results: readonly Timed[], scheduleMs: number, drainMs: number): boolean {
  const firstAckMs = Math.min(...results.map((each) => each.firstAckAtMs ?? Infinity));
  const usualMs = firstAckMs === Infinity ? 0 : USUAL_ANSWERS * firstAckMs;
  return drainMs <= usualMs + Math.max(CHANCE_MS, CHANCE_SHARE * scheduleMs);
}

/**
 * Up to the last acknowledgement. Where records failed that would be the time until an outage, and
 * the rate the one of sending until then: so all the time of sending counts.
 */
function closedLoop(results: readonly Timed[]): number {
  const failed = results.some((each) => each.records.failed > 0);
  const ends = results.map((each) => {
    if (each.lastAckAtMs === null)
      return each.lastSentAtMs === null
        ? (each.health?.spanMs ?? each.sendingEndedAtMs)
        : each.sendingEndedAtMs;
    return failed ? Math.max(each.lastAckAtMs, each.sendingEndedAtMs) : each.lastAckAtMs;
  });
  return Math.max(...ends);
}
