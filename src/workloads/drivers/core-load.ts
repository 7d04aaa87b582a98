// The load of a run, or of a share of one, through the core: a thread a worker. Its counterpart for
// other clients is driver-load.ts.
import type { RunSpec } from '../../contract/run-spec.js';
import { payloadOfRun } from '../payload/file/payload-of-run.js';
import { launchThreads, type Launch } from '../threads/crew.js';
import type { WorkerResult } from '../threads/worker-result.js';
import type { Load } from './load.js';

export const coreLoad = (spec: RunSpec, launch: Launch = launchThreads): Load<WorkerResult> => ({
  launch: (tasks, onInterval) => {
    const payload = payloadOfRun(spec);
    const own = payload === null ? {} : { payload };
    return launch(
      tasks.map((task) => ({ ...task, ...own })),
      onInterval,
    );
  },
  messages: (results) => results.reduce((sum, { intervals }) => sum + intervals, 0),
  close: () => undefined,
});
