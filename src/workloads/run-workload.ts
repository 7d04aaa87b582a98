// One run, whole, on this machine: measures all of it as one share, and makes the RunResult of what
// came of it. Called by sweep for every run of the plan. It never rejects and never hangs: what
// goes wrong is in the result.
import type { RunResult } from '../contract/run-result.js';
import type { RunSpec } from '../contract/run-spec.js';
import type { OpenLog } from './audit/run-audit.js';
import { withAudit, type MeasuredRun } from './audit/with-audit.js';
import { measureShare } from './measure-share.js';
import { failureOf } from './result/failure.js';
import { mergeResults } from './result/merge.js';
import { runResultOf } from './result/run-result-of.js';
import type { Launch } from './threads/crew.js';
import type { WorkloadHooks } from './workload-hooks.js';

export type { AgentProgress, WorkloadProgress } from './threads/progress-meter.js';

/** Where the workers run, and what an audit reads from: others in tests. */
export interface WorkloadParts {
  readonly launch?: Launch;
  readonly openLog?: OpenLog;
}

export function runWorkload(
  spec: RunSpec,
  hooks: WorkloadHooks = {},
  { launch, openLog }: WorkloadParts = {},
): Promise<RunResult> {
  const { workers } = spec.settings.workload;
  return withAudit({
    ...{ spec, hooks, workers, openLog },
    measure: (heard, audit) => measureWhole(spec, heard, audit, launch),
  });
}

async function measureWhole(
  spec: RunSpec,
  { signal, onProgress, faults }: WorkloadHooks,
  audit: number | undefined,
  launch?: Launch,
): Promise<MeasuredRun> {
  const startedAt = new Date();
  const onStart = faults === undefined ? undefined : (atMs: number) => faults.start(atMs);
  const outcome = await measureShare(spec, { signal, onProgress, onStart, audit }, launch);
  const { stopped, ledgers } = outcome;
  const failed = { startedAt, measurement: null, stopped };
  if (outcome.kind === 'failed')
    return { result: runResultOf(spec, { ...failed, failure: outcome.failure }), ledgers };
  const { results, intervals } = outcome.share;
  try {
    const measurement =
      results.length === 0
        ? null
        : mergeResults(spec, [outcome.share], intervals, faults?.events() ?? []);
    const result = runResultOf(spec, { startedAt, measurement, failure: null, stopped });
    return { result, ledgers };
  } catch (error) {
    return { result: runResultOf(spec, { ...failed, failure: failureOf(error) }), ledgers };
  }
}
