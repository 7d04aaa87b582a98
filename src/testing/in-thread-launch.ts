// A run's workers in the thread of the test, in place of threads of their own: nothing needs the
// build. Test-only.
import { createCoreProducer } from '../workloads/drivers/core.js';
import type { Launch } from '../workloads/threads/crew.js';
import { runWorker } from '../workloads/threads/run-worker.js';

/** The core's producers, unless others are asked for. */
export const launchHere =
  (createProducer: typeof createCoreProducer = createCoreProducer): Launch =>
  (tasks, onInterval) => ({
    outcomes: tasks.map((task) => runWorker(task, { onInterval, createProducer })),
    destroy: () => Promise.resolve(),
  });
