// One run, whole, on this machine: measures all of it as one share, and makes the RunResult of what
// came of it. Called by sweep for every run of the plan. It never rejects and never hangs: what
// goes wrong is in the result.
import type { FaultEvent } from '../contract/faults.js';
import type { RunResult } from '../contract/run-result.js';
import type { RunSpec } from '../contract/run-spec.js';
import type { OpenLog } from './audit/run-audit.js';
import { withAudit, type MeasuredRun } from './audit/with-audit.js';
import type { OpenConsumer } from './consumers/run-consumers.js';
import { coreLoad } from './drivers/core-load.js';
import { driverLoad } from './drivers/driver-load.js';
import type { OpenDriver } from './drivers/driver-program.js';
import type { DriverLimits } from './drivers/driver-run.js';
import { withHonestDriver } from './drivers/honest-driver.js';
import type { Load } from './drivers/load.js';
import { measureShare } from './measure-share.js';
import type { ShareOutcome } from './share-outcome.js';
import { failureOf } from './result/failure.js';
import { runResultOf } from './result/run-result-of.js';
import type { Launch } from './threads/crew.js';
import type { WorkloadHooks } from './workload-hooks.js';

export type { AgentProgress, WorkloadProgress } from './threads/progress-meter.js';

/** Where the workers run, and what an audit reads from: others in tests. */
export interface WorkloadParts {
  readonly launch?: Launch;
  readonly openLog?: OpenLog;
  readonly openConsumer?: OpenConsumer;
  /** Finds and starts drivers of other clients than the core. */
  readonly openDriver?: OpenDriver;
  readonly driverLimits?: Partial<DriverLimits>;
}

export async function runWorkload(
  spec: RunSpec,
  hooks: WorkloadHooks = {},
  parts: WorkloadParts = {},
): Promise<RunResult> {
  const { workers } = spec.settings.workload;
  const { openLog } = parts;
  const result = await withAudit({
    ...{ spec, hooks, workers, openLog },
    measure: (heard, stamp) => measureWhole(spec, heard, stamp, parts),
  });
  return withHonestDriver(spec, result);
}

/** The load is chosen in here, so that a driver that cannot be started is a failed run. */
async function measureWhole(
  spec: RunSpec,
  hooks: WorkloadHooks,
  stamp: number,
  parts: WorkloadParts,
): Promise<MeasuredRun> {
  const startedAt = new Date();
  const { driver } = spec.settings;
  const { openConsumer, openDriver, driverLimits: limits = {} } = parts;
  const { signal: stop = new AbortController().signal } = hooks;
  const run = { spec, stamp, hooks, openConsumer, startedAt };
  if (driver === 'core') return measureBy(coreLoad(spec, parts.launch), run);
  try {
    return await measureBy(await driverLoad(spec, driver, { openDriver, limits, stop }), run);
  } catch (error) {
    const end = { measurement: null, failure: failureOf(error), stopped: stop.aborted };
    return { result: runResultOf(spec, { startedAt, ...end }), ledgers: [] };
  }
}

interface WholeRun {
  readonly spec: RunSpec;
  readonly stamp: number;
  readonly hooks: WorkloadHooks;
  readonly openConsumer: OpenConsumer | undefined;
  readonly startedAt: Date;
}

async function measureBy<Result>(load: Load<Result>, run: WholeRun): Promise<MeasuredRun> {
  const { spec, stamp, hooks, openConsumer, startedAt } = run;
  try {
    const outcome = await measureShare(spec, hooks, stamp, { load, openConsumer });
    const { stopped, ledgers } = outcome;
    const { sections, ...end } = endOf(load, outcome, hooks.faults?.events() ?? []);
    const result = runResultOf(spec, { startedAt, stopped, ...end });
    return { result: { ...result, ...sections }, ledgers };
  } finally {
    load.close();
  }
}

/** What a share that is all of the run came to. */
function endOf<Result>(
  load: Load<Result>,
  outcome: ShareOutcome<Result>,
  events: readonly FaultEvent[],
) {
  const nothing = { measurement: null, sections: {} };
  if (outcome.kind === 'failed') return { ...nothing, failure: outcome.failure };
  if (outcome.share.results.length === 0) return { ...nothing, failure: null };
  try {
    return { ...load.merge(outcome.share, events), failure: null };
  } catch (error) {
    return { ...nothing, failure: failureOf(error) };
  }
}
