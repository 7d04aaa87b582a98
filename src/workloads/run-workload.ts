// One run, whole, on this machine: measures all of it as one share, and makes the RunResult of what
// came of it. Called by sweep for every run of the plan. It never rejects and never hangs: what
// goes wrong is in the result.
import type { FaultEvent } from '../contract/faults.js';
import type { RunResult } from '../contract/run-result.js';
import type { RunSpec } from '../contract/run-spec.js';
import type { OpenLog } from './audit/run-audit.js';
import { withAudit, type MeasuredRun } from './audit/with-audit.js';
import type { OpenConsumer } from './consumers/run-consumers.js';
import { mergeParts } from './drivers/merge-parts.js';
import { withLoad, type LoadParts } from './drivers/with-load.js';
import { measureShare } from './measure-share.js';
import type { AnyResult, ShareOutcome } from './share-outcome.js';
import { failureOf } from './result/failure.js';
import { runResultOf } from './result/run-result-of.js';
import type { WorkloadHooks } from './workload-hooks.js';

export type { AgentProgress, WorkloadProgress } from './threads/progress-meter.js';

/** What takes the load, and what an audit and consumers read from: others in tests. */
export interface WorkloadParts extends Omit<LoadParts, 'stop'> {
  readonly openLog?: OpenLog;
  readonly openConsumer?: OpenConsumer;
}

export async function runWorkload(
  spec: RunSpec,
  hooks: WorkloadHooks = {},
  parts: WorkloadParts = {},
): Promise<RunResult> {
  const { workers } = spec.settings.workload;
  const { openLog } = parts;
  return await withAudit({
    ...{ spec, hooks, workers, openLog },
    measure: (heard, stamp) => measureWhole(spec, heard, stamp, parts),
  });
}

/** The load is chosen in here, so that a driver that cannot be started is a failed run. */
async function measureWhole(
  spec: RunSpec,
  hooks: WorkloadHooks,
  stamp: number,
  { openConsumer, ...parts }: WorkloadParts,
): Promise<MeasuredRun> {
  const startedAt = new Date();
  const { signal: stop = new AbortController().signal } = hooks;
  try {
    const outcome = await withLoad<ShareOutcome<AnyResult>>(spec, { ...parts, stop }, (load) =>
      measureShare(spec, hooks, stamp, { load, openConsumer }),
    );
    const { stopped, ledgers } = outcome;
    const { sections, ...end } = endOf(spec, outcome, hooks.faults?.events() ?? []);
    const result = runResultOf(spec, { startedAt, stopped, ...end });
    return { result: { ...result, ...sections }, ledgers };
  } catch (error) {
    const end = { measurement: null, failure: failureOf(error), stopped: stop.aborted };
    return { result: runResultOf(spec, { startedAt, ...end }), ledgers: [] };
  }
}

/** What a share that is all of the run came to. */
function endOf(spec: RunSpec, outcome: ShareOutcome<AnyResult>, events: readonly FaultEvent[]) {
  const nothing = { measurement: null, sections: {} };
  if (outcome.kind === 'failed') return { ...nothing, failure: outcome.failure };
  const { share } = outcome;
  if (share.results.length === 0) return { ...nothing, failure: null };
  try {
    const whole = { intervals: share.intervals, events };
    return { ...mergeParts(spec, [share], whole), failure: null };
  } catch (error) {
    return { ...nothing, failure: failureOf(error) };
  }
}
