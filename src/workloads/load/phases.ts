// Turns a point's workload settings into the phase objects of one worker: its share of the records,
// its end, its schedule.
import type { Extent, WorkloadSettings } from '../../contract/settings.js';
import { ClosedLoop } from './closed-loop.js';
import type { ThreadTiming } from '../java-timing/timing.js';
import type { GeneratorContext, GeneratorPhase } from './generator.js';
import { OpenLoop } from './open-loop.js';
import type { Pacer } from './pacer.js';
import { Schedule, recordsIn, workerShare } from './schedule.js';

/**
 * An open loop of fixed duration may go on so much longer to send what fell due and was held up;
 * then it gives up.
 */
const GRACE_SHARE = 0.1;
const GRACE_MS = 1000;

export const graceMs = (durationMs: number): number => Math.max(GRACE_MS, durationMs * GRACE_SHARE);

export const isEmpty = ({ records, durationMs }: Extent): boolean =>
  records === null && durationMs === null;

/** The phase of worker `worker` over `extent`, from `startMs` on the worker's clock. */
export function createPhase(
  context: GeneratorContext,
  workload: WorkloadSettings,
  extent: Extent,
  worker: number,
  startMs: number,
  pacer: Pacer,
  timing: ThreadTiming,
): GeneratorPhase {
  const { rate, workers } = workload;
  const { records, durationMs } = extent;
  if (rate === 'max') {
    return new ClosedLoop(context, {
      startMs,
      records: records === null ? Infinity : workerShare(records, worker, workers),
      endMs: durationMs === null ? Infinity : startMs + durationMs,
    });
  }
  const total = records ?? recordsIn(durationMs ?? 0, rate);
  const schedule = new Schedule(startMs, rate, worker, workers);
  return new OpenLoop(context, {
    schedule,
    pacer,
    thread: timing.thread(pacer.sleepMs(schedule.gapMs)),
    records: workerShare(total, worker, workers),
    endMs: durationMs === null ? Infinity : startMs + durationMs + graceMs(durationMs),
  });
}
