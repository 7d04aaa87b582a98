// Makes the planned runs, one after the other: topic, workload, save, delete. A run that fails is recorded and the sweep goes on; only a
// target that is gone, a disk that takes nothing more, or the user end it early. Called by commands/run; prints only through progress.
import { RunError } from '../base/errors.js';
import type { Plan, PlannedPoint, PlannedRun } from '../contract/plan.js';
import type { RunSpec } from '../contract/run-spec.js';
import type { RunResult } from '../contract/run-result.js';
import type { Target } from '../targets/target.js';
import type { WorkloadProgress } from '../workloads/run-workload.js';
import { transactionalIdPrefix } from './names.js';
import { outcomeText } from './progress-text.js';
import type { Progress } from './progress.js';
import { failedRun, stoppedRun } from './run-failure.js';
import type { Topics } from './topics.js';

/** Runs in a row that fail while no bootstrap address answers, before the rest of the sweep is left for --resume. */
const MAX_RUNS_WITHOUT_TARGET = 3;
/** What a run that was asked to stop may still take; its records may be waiting for a broker that is gone. */
const STOP_GRACE_MS = 20_000;

export type RunWorkload = (
  spec: RunSpec,
  options: { signal?: AbortSignal; onProgress?: (progress: WorkloadProgress) => void },
) => Promise<RunResult>;

export interface SweepExecution {
  readonly plan: Plan;
  /** The runs to make, in the plan's order. */
  readonly todo: readonly PlannedRun[];
  readonly target: Pick<Target, 'kind' | 'bootstrap' | 'security' | 'outage'>;
  readonly topics: Pick<Topics, 'prepare' | 'release'>;
  readonly saveRun: (result: RunResult) => Promise<void>;
  readonly runWorkload: RunWorkload;
  readonly progress: Progress;
  readonly stop: AbortSignal;
  readonly stopGraceMs?: number;
  /** See RunSpec. */
  readonly modulesFrom?: string;
}

export interface SweepOutcome {
  readonly completed: number;
  readonly failed: number;
  /** The user ended it: what is missing can be made with --resume. */
  readonly stopped: boolean;
  /** Why the sweep ended early; null when every run was made or the user stopped it. */
  readonly error: RunError | null;
}

/** Never throws for what a run, the target or the disk does: that is in the outcome. */
export async function executeSweep(execution: SweepExecution): Promise<SweepOutcome> {
  const { plan, todo, target, progress, stop } = execution;
  const points = new Map(plan.points.map((point) => [point.id, point]));
  const counts = { completed: 0, failed: 0 };
  let withoutTarget = 0;
  for (const [done, run] of todo.entries()) {
    if (stop.aborted) return { ...counts, stopped: true, error: null };
    const point = points.get(run.point)!;
    progress.runStarted({ run, point, index: done + 1, total: todo.length, repeats: plan.repeats });
    let result: RunResult | null;
    try {
      result = await makeRun(execution, run, point);
    } catch (error) {
      if (error instanceof RunError) return { ...counts, stopped: stop.aborted, error };
      throw error;
    }
    if (result === null || result.status === 'stopped') return { ...counts, stopped: true, error: null };
    counts[result.status]++;
    const outage = nothingArrived(result) ? await target.outage() : null;
    withoutTarget = outage === null ? 0 : withoutTarget + 1;
    if (withoutTarget >= MAX_RUNS_WITHOUT_TARGET) {
      const error = new RunError(
        `the target is gone: ${withoutTarget} runs in a row failed, and no bootstrap address answers:\n${outage!}`,
        'see why it went away: its log, its machine, the network',
      );
      return { ...counts, stopped: false, error };
    }
  }
  return { ...counts, stopped: stop.aborted, error: null };
}

/** Null where the user stopped it before the workload began. Throws RunError only where the result cannot be saved. */
async function makeRun(execution: SweepExecution, run: PlannedRun, point: PlannedPoint): Promise<RunResult | null> {
  const { topics, progress, stop, saveRun } = execution;
  const startedAt = new Date();
  let topic = '';
  try {
    let result: RunResult;
    try {
      topic = await topics.prepare(run.run, point.settings.topic);
      if (stop.aborted) return null;
      // The workload knows the settings but not which of them were swept.
      result = { ...(await runToItsEnd(execution, run, point, topic, startedAt)), config: { ...point.config } };
    } catch (error) {
      result = stop.aborted ? stoppedRun(run, point, topic, startedAt) : failedRun(run, point, topic, startedAt, error);
    }
    progress.runEnded(result);
    await saveRun(result).catch((error: unknown) => {
      if (!(error instanceof RunError)) throw error;
      throw new RunError(
        `run ${run.run} (${run.point}: ${outcomeText(result)}) could not be saved: ${error.message}`,
        error.remedy,
        { cause: error },
      );
    });
    return result;
  } finally {
    const leftBehind = topic === '' ? null : await topics.release(topic);
    if (leftBehind !== null) progress.warn(`topic ${topic} could not be deleted yet: ${leftBehind}`);
  }
}

/** The workload's result; or, once it was asked to stop, whatever comes first: its result or the end of its grace. */
async function runToItsEnd(
  execution: SweepExecution,
  run: PlannedRun,
  point: PlannedPoint,
  topicName: string,
  startedAt: Date,
): Promise<RunResult> {
  const { target, runWorkload, progress, stop, stopGraceMs = STOP_GRACE_MS } = execution;
  const spec: RunSpec = {
    ...run,
    bootstrap: target.bootstrap,
    ...(target.security === undefined ? {} : { security: target.security }),
    topicName,
    settings: point.settings,
    transactionalIdPrefix: transactionalIdPrefix(point.settings, run.run),
    embeddedTarget: target.kind === 'embedded',
    ...(execution.modulesFrom === undefined ? {} : { modulesFrom: execution.modulesFrom }),
  };
  let timer: NodeJS.Timeout | undefined;
  let onStop: () => void = () => undefined;
  const graceOver = new Promise<RunResult>((resolve) => {
    onStop = () => {
      timer = setTimeout(() => {
        progress.warn(`the run did not end within ${stopGraceMs / 1000} s and is left as it is`);
        resolve(stoppedRun(run, point, topicName, startedAt));
      }, stopGraceMs);
    };
  });
  stop.addEventListener('abort', onStop, { once: true });
  try {
    const working = runWorkload(spec, { signal: stop, onProgress: (news) => progress.runProgress(news) });
    return await Promise.race([working, graceOver]);
  } finally {
    clearTimeout(timer);
    stop.removeEventListener('abort', onStop);
  }
}

const nothingArrived = ({ measurement }: RunResult) => measurement === null || measurement.records.acked === 0;
