// The RunResult of a run: what its spec says of it, and what came of it. Pure; called by
// run-workload and by agents/, so that a run on one machine and on several is told alike.
import { RUN_SCHEMA } from '../../contract/run-result.js';
import type { Measurement, RunResult } from '../../contract/run-result.js';
import type { RunSpec } from '../../contract/run-spec.js';
import { withHonestStatus } from '../../contract/usable.js';
import type { WorkerFailure } from '../threads/worker-result.js';

export interface RunEnd {
  readonly startedAt: Date;
  readonly measurement: Measurement | null;
  readonly failure: WorkerFailure | null;
  /** By the user. */
  readonly stopped: boolean;
}

export function runResultOf(
  spec: RunSpec,
  { startedAt, measurement, failure, stopped }: RunEnd,
): RunResult {
  const { run, point, repeat, block, seed } = spec;
  // Once the user has stopped the run, a worker that ends badly is no failure of the cluster's.
  const failed = failure !== null && !stopped;
  return withHonestStatus({
    schema: RUN_SCHEMA,
    run,
    point,
    repeat,
    block,
    seed,
    // The swept settings and the canary are sweep's to tell.
    config: {},
    canary: null,
    startedAt: startedAt.toISOString(),
    endedAt: new Date().toISOString(),
    topic: spec.topicName,
    status: failed ? 'failed' : stopped ? 'stopped' : 'completed',
    failure: failed ? failure : null,
    measurement,
  });
}
