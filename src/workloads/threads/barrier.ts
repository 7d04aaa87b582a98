// How a run's workers start a phase together at one agreed instant. Waiting polls by timer, so the
// sockets are served meanwhile. The threads' performance.now() have different origins, so the
// instant is told on the clock that all share, process.hrtime.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Meeting, SharedState } from './shared-state.js';

const POLL_MS = 2;
/**
 * From the last arrival to the start: long enough that every worker has seen the instant before it
 * comes.
 */
export const LEAD_MS = 20;

/** Milliseconds on the clock that all threads of the process share. */
export function commonNow(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** What a thread's performance.now() lacks of the common clock, and how far that may be wrong. */
export interface CommonClock {
  readonly offsetMs: number;
  readonly errorMs: number;
}

/**
 * To about a microsecond: the tightest of a few readings, since the thread may be interrupted
 * between the two clocks.
 */
export function commonClock(now: () => number = () => performance.now()): CommonClock {
  let tightest = Infinity;
  let offsetMs = 0;
  for (let i = 0; i < 8; i++) {
    const before = now();
    const common = commonNow();
    const after = now();
    if (after - before >= tightest) continue;
    tightest = after - before;
    offsetMs = common - (before + after) / 2;
  }
  return { offsetMs, errorMs: tightest / 2 };
}

/**
 * Resolves when all workers have arrived, with the agreed start in ms of this thread's clock, which
 * lies a little ahead. Null when the run was stopped before. A worker meets once at each point.
 */
export async function meet(
  state: SharedState,
  meeting: Meeting,
  offsetMs: number,
): Promise<number | null> {
  const all = state.arrive(meeting) === state.workers;
  if (all && !state.meetsOutside) state.open(meeting, commonNow() + LEAD_MS);
  for (;;) {
    if (state.stopped) return null;
    const start = state.startOf(meeting);
    if (start !== null) return start - offsetMs;
    await sleep(POLL_MS);
  }
}
