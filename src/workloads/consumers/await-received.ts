// The end of a run for its consumers: nothing more is produced, and what is in the log is waited
// for, within limits. Called by whoever consumes.
import { sleep } from '../../base/time-limit.js';
import type { Ends } from './log-ends.js';
import type { StreamMeter } from './stream-meter.js';

const POLL_MS = 20;
/** As long as the measured part, at least this. */
const LEAST_MS = 30_000;
/** Given up earlier where nothing comes any more. */
const SILENCE_MS = 10_000;
/** What a stopped run has for it. */
const STOPPED_MS = 1000;

export interface Awaited {
  readonly meters: readonly StreamMeter[];
  readonly ends: Ends;
  readonly measuredMs: number;
  readonly stopped: () => boolean;
  /** Rejects once there is nobody to wait for. */
  readonly failure: Promise<never>;
  readonly silenceMs?: number;
  /** For so long at most nobody reads a part of the log: silence, then, says nothing. */
  readonly vacantMs?: number;
}

export async function awaitReceived(awaited: Awaited): Promise<void> {
  const { meters, ends, measuredMs, stopped, failure } = awaited;
  const { silenceMs = SILENCE_MS, vacantMs = 0 } = awaited;
  const left = (): number => meters.reduce((sum, meter) => sum + meter.behind(ends.stable), 0);
  const startMs = performance.now();
  const limitMs = startMs + vacantMs + Math.max(LEAST_MS, measuredMs);
  let behind = left();
  let movedMs = startMs;
  while (behind > 0) {
    const nowMs = performance.now();
    const sinceMs = stopped() ? movedMs : Math.max(movedMs, startMs + vacantMs);
    if (nowMs > limitMs || nowMs - sinceMs > (stopped() ? STOPPED_MS : silenceMs)) return;
    await Promise.race([sleep(POLL_MS), failure]);
    const now = left();
    if (now < behind) movedMs = performance.now();
    behind = now;
  }
}
