// One run, whole, on this machine: measures all of it as one share, and makes the RunResult of what
// came of it. Called by sweep for every run of the plan. It never rejects and never hangs: what
// goes wrong is in the result.
import type { RunResult } from '../contract/run-result.js';
import type { RunSpec } from '../contract/run-spec.js';
import { measureShare } from './measure-share.js';
import { failureOf } from './result/failure.js';
import { mergeResults } from './result/merge.js';
import { runResultOf } from './result/run-result-of.js';
import { launchThreads } from './threads/crew.js';
import type { Launch } from './threads/crew.js';
import type { WorkloadProgress } from './threads/progress-meter.js';

export type { AgentProgress, WorkloadProgress } from './threads/progress-meter.js';

export interface WorkloadHooks {
  /**
   * Aborted: the run stops sending, waits a few seconds for answers, and keeps what it measured.
   */
  readonly signal?: AbortSignal;
  /** Called about four times a second. */
  readonly onProgress?: (progress: WorkloadProgress) => void;
}

/** `launch` is for tests: where the workers run. */
export async function runWorkload(
  spec: RunSpec,
  hooks: WorkloadHooks = {},
  launch: Launch = launchThreads,
): Promise<RunResult> {
  const startedAt = new Date();
  const outcome = await measureShare(spec, hooks, launch);
  const { stopped } = outcome;
  if (outcome.kind === 'failed') {
    return runResultOf(spec, { startedAt, measurement: null, failure: outcome.failure, stopped });
  }
  const { results, intervals } = outcome.share;
  try {
    const measurement =
      results.length === 0 ? null : mergeResults(spec, [outcome.share], intervals);
    return runResultOf(spec, { startedAt, measurement, failure: null, stopped });
  } catch (error) {
    const failure = failureOf(error);
    return runResultOf(spec, { startedAt, measurement: null, failure, stopped });
  }
}
