// A run's worker threads: one piscina pool for the run, one task a worker. Destroyed with the run,
// so that the next one starts with fresh heaps and nothing of this one's warm code, sockets or
// garbage.
import { Piscina } from 'piscina';
import { threadEntry } from '../../base/thread-entry.js';
import type { IntervalPart } from '../measure/tracker.js';
import type {
  IntervalMessage,
  Outcome,
  WorkerOutcome,
  WorkerResult,
  WorkerTask,
} from './worker-result.js';

export interface Crew<Result> {
  /** One promise a task; rejects when its thread died. */
  readonly outcomes: readonly Promise<Outcome<Result>>[];
  destroy(): Promise<void>;
}

export type Launch<Result = WorkerResult> = (
  tasks: readonly WorkerTask[],
  onInterval: (part: IntervalPart) => void,
) => Crew<Result>;

/**
 * The hot path allocates nothing, so a small young generation costs no time and keeps what a thread
 * adds to the resident set low. Buffers lie outside these limits.
 */
const HEAP = { maxYoungGenerationSizeMb: 16 };

export const launchThreads: Launch = (tasks, onInterval) => {
  const pool = new Piscina({
    filename: threadEntry(import.meta.url, './worker.js'),
    minThreads: tasks.length,
    maxThreads: tasks.length,
    // Its waiting between tasks blocks the event loop, and with it sockets that are still closing.
    atomics: 'disabled',
    idleTimeout: Infinity,
    recordTiming: false,
    resourceLimits: HEAP,
  });
  // A thread that dies rejects its task, which tells more than this event.
  pool.on('error', () => undefined);
  pool.on('message', (message: Partial<IntervalMessage>) => {
    if (message.kind === 'kbench-interval' && message.part !== undefined) onInterval(message.part);
  });
  return {
    outcomes: tasks.map((task) => pool.run(task) as Promise<WorkerOutcome>),
    destroy: () => pool.destroy(),
  };
};
