// The canary: how fast this machine is right before a run, by two fixed pieces of work in a thread
// of its own. It tells a slow machine from a slow product. Opened once a sweep by sweep's
// machine-canary; while it is not measuring it only waits. It never rejects and never hangs.
import { Worker } from 'node:worker_threads';
import { threadEntry } from '../../base/thread-entry.js';
import type { Canary } from '../../contract/run-result.js';
import { CANARY_VERSION } from './canary-work.js';

/**
 * What the thread is started with: an embedded cluster of the canary's own, in which CANARY_TOPIC
 * exists.
 */
export interface CanaryTask {
  readonly bootstrap: readonly string[];
}

export type CanaryAnswer =
  | { readonly ok: true; readonly cpuMs: number; readonly sinkRecordsPerSecond: number }
  | { readonly ok: false; readonly message: string };

export interface CanaryThread {
  /** One measurement; null where it failed, from then on always. */
  measure(): Promise<Canary | null>;
  close(): Promise<void>;
}

/** Twenty times what a slow machine takes. */
const LIMIT_MS = 10_000;
/** It allocates little; buffers lie outside of the heap. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 4 };

/** `onTrouble` hears once why there are no measurements. */
export function openCanaryThread(task: CanaryTask, onTrouble: (why: string) => void): CanaryThread {
  const worker = new Worker(threadEntry(import.meta.url, './canary-thread.js'), {
    workerData: task,
    resourceLimits: RESOURCE_LIMITS,
    name: 'kbench-canary',
  });
  worker.unref();
  let broken = false;
  let settle: ((answer: CanaryAnswer) => void) | null = null;
  const tell = (answer: CanaryAnswer) => {
    if (settle !== null) settle(answer);
    else if (!answer.ok) giveUp(answer.message);
  };
  const giveUp = (why: string) => {
    if (broken) return;
    broken = true;
    onTrouble(why);
    void worker.terminate();
  };
  worker.on('message', tell);
  worker.on('error', ({ message }) =>
    tell({ ok: false, message: `its thread failed: ${message}` }),
  );
  worker.on('exit', () => tell({ ok: false, message: 'its thread ended' }));
  return {
    async measure() {
      if (broken) return null;
      const answer = await new Promise<CanaryAnswer>((resolve) => {
        const timer = setTimeout(
          () => resolve({ ok: false, message: `no answer in ${LIMIT_MS / 1000} s` }),
          LIMIT_MS,
        );
        settle = (told) => {
          clearTimeout(timer);
          resolve(told);
        };
        worker.postMessage('measure');
      });
      settle = null;
      if (!answer.ok) {
        giveUp(answer.message);
        return null;
      }
      return {
        version: CANARY_VERSION,
        cpuMs: answer.cpuMs,
        sinkRecordsPerSecond: answer.sinkRecordsPerSecond,
      };
    },
    async close() {
      broken = true;
      await worker.terminate();
    },
  };
}
