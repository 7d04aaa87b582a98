// A run's worker threads: one piscina pool for the run, one task a worker. Destroyed with the run,
// so that the next one starts with fresh heaps and nothing of this one's warm code, sockets or
// garbage.
import { Piscina } from 'piscina';
import { threadEntry } from '../../base/thread-entry.js';
import { AckProbes } from '../measure/ack-delay.js';
import type { IntervalPart } from '../measure/tracker.js';
import { SharedState } from './shared-state.js';
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

/** `entry`: the file of the worker's thread. */
export const launchIn =
  (entry: string): Launch =>
  (tasks, onInterval) => {
    const pool = new Piscina({
      filename: entry,
      minThreads: tasks.length,
      maxThreads: tasks.length,
      // Its waiting between tasks blocks the event loop, and with it sockets that still close.
      atomics: 'disabled',
      idleTimeout: Infinity,
      recordTiming: false,
      resourceLimits: HEAP,
    });
    // A thread that dies rejects its task, which tells more than this event.
    pool.on('error', () => undefined);
    pool.on('message', (message: Partial<IntervalMessage>) => {
      if (message.kind === 'kbench-interval' && message.part !== undefined)
        onInterval(message.part);
    });
    const probes = new AckProbes(new SharedState(tasks[0].shared, tasks.length));
    return {
      outcomes: tasks.map((task) => {
        const port = probes.portOf(task.worker);
        const probed = { ...task, probes: port } satisfies WorkerTask;
        return pool.run(probed, { transferList: [port] }) as Promise<WorkerOutcome>;
      }),
      destroy: () => {
        probes.stop();
        return pool.destroy();
      },
    };
  };

export const launchThreads = launchIn(threadEntry(import.meta.url, './worker.js'));
