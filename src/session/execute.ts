// Makes the planned runs, one after the other: topic, canary, workload, save, delete. A run that
// fails is recorded and the sweep goes on; only a target that is gone, a disk that takes nothing
// more, a gate that says so, or the user end it early. Called by commands/make-runs; prints only
// through progress.
import { RunError, StoppedError } from '../base/errors.js';
import { bounded } from '../base/time-limit.js';
import type { Plan, PlannedPoint, PlannedRun } from '../contract/plan.js';
import type { MemberProgram, RunSpec } from '../contract/run-spec.js';
import { settingsHash } from '../contract/settings-hash.js';
import type { Canary, RunResult } from '../contract/run-result.js';
import { isUsable, withHonestStatus } from '../contract/usable.js';
import type { Target } from '../targets/target.js';
import type { WorkloadProgress } from '../workloads/run-workload.js';
import type { FaultWatch } from '../workloads/workload-hooks.js';
import type { OpenRunFaults } from './faults/fault-room.js';
import { runWithFaults } from './faults/run-with-faults.js';
import type { GateAbort } from './gate-watch.js';
import { transactionalIdPrefix } from '../plan/points/names.js';
import { outcomeText } from './progress/progress-text.js';
import type { Progress } from './progress/progress.js';
import { failedRun, stoppedRun, withDeaths } from './run-failure.js';
import type { Topics } from './topics/topics.js';

/**
 * Runs in a row that fail while no bootstrap address answers, before the rest of the sweep is left
 * for --resume.
 */
const MAX_RUNS_WITHOUT_TARGET = 3;
/**
 * What a run that was asked to stop may still take; its records may be waiting for a broker that is
 * gone.
 */
export const STOP_GRACE_MS = 5_000;

export type RunWorkload = (
  spec: RunSpec,
  options: {
    signal?: AbortSignal;
    onProgress?: (progress: WorkloadProgress) => void;
    faults?: FaultWatch;
  },
) => Promise<RunResult>;

export interface SweepExecution {
  readonly plan: Plan;
  /** The runs to make, in the plan's order. */
  readonly todo: readonly PlannedRun[];
  readonly target: Pick<
    Target,
    'kind' | 'bootstrap' | 'security' | 'outage' | 'deaths' | 'relayed'
  >;
  readonly topics: Pick<Topics, 'prepare' | 'release'>;
  readonly saveRun: (result: RunResult) => Promise<void>;
  readonly runWorkload: RunWorkload;
  readonly progress: Progress;
  readonly stop: AbortSignal;
  readonly stopGraceMs?: number;
  /**
   * Told that a run is under way, which may take so long after a stop; gives what tells its end.
   */
  readonly holdStop?: (graceMs: number) => () => void;
  /** See RunSpec. */
  readonly modulesFrom?: string;
  /** What members of consumer groups are that are Java's. Rejects with what is missing. */
  readonly javaMember?: () => Promise<MemberProgram>;
  /** For runs whose point has faults. */
  readonly openFaults?: OpenRunFaults;
  /** min.insync.replicas of a topic, for audits; null where the cluster does not tell. */
  readonly leastInSync?: (topic: string) => Promise<number | null>;
  /**
   * Waits until what the point's runs need is there (agents). A RunError ends the sweep: what is
   * missing is left for --resume.
   */
  readonly beforeRun?: (point: PlannedPoint) => Promise<void>;
  /** How fast the machine is, measured right before each workload. Never rejects. */
  readonly measureCanary?: () => Promise<Canary | null>;
  /**
   * Hears of each run once it is saved, and how long all of it took; a gate that it gives ends the
   * sweep.
   */
  readonly afterRun?: (result: RunResult, tookMs: number) => GateAbort | null;
  /** Asked before each run: false ends the sweep, as its time is used up. */
  readonly mayStart?: () => boolean;
  /**
   * Where `todo` stands in this session, for the display: runs before it, and all that are planned.
   */
  readonly position?: { readonly before: number; readonly total: number };
}

export interface SweepOutcome {
  readonly completed: number;
  readonly failed: number;
  /** The user ended it: what is missing can be made with --resume. */
  readonly stopped: boolean;
  /** Why the sweep ended early; null when every run was made or the user stopped it. */
  readonly error: RunError | null;
  /** The gate that ended the sweep early, null where none did. */
  readonly gate: GateAbort | null;
}

/** Never throws for what a run, the target or the disk does: that is in the outcome. */
export async function executeSweep(execution: SweepExecution): Promise<SweepOutcome> {
  const {
    plan,
    todo,
    target,
    progress,
    stop,
    mayStart,
    position = { before: 0, total: todo.length },
  } = execution;
  const points = new Map(plan.points.map((point) => [point.id, point]));
  const counts = { completed: 0, failed: 0 };
  let withoutTarget = 0;
  for (const [done, run] of todo.entries()) {
    if (stop.aborted) return { ...counts, ...ENDED, stopped: true };
    if (mayStart?.() === false) return { ...counts, ...ENDED };
    const point = points.get(run.point)!;
    let startedMs: number;
    let made: MadeRun | null;
    try {
      // No part of the run: how long an agent took to come back says nothing of the next one.
      await execution.beforeRun?.(point);
      startedMs = performance.now();
      progress.runStarted({
        run,
        point,
        index: position.before + done + 1,
        total: position.total,
        repeats: plan.repeats,
      });
      made = await makeRun(execution, run, point);
    } catch (error) {
      if (error instanceof StoppedError) return { ...counts, ...ENDED, stopped: true };
      if (error instanceof RunError) return { ...counts, ...ENDED, stopped: stop.aborted, error };
      throw error;
    }
    if (made === null || made.result.status === 'stopped')
      return { ...counts, ...ENDED, stopped: true };
    const { result, broken } = made;
    counts[result.status === 'failed' ? 'failed' : 'completed']++;
    const gate = execution.afterRun?.(result, performance.now() - startedMs) ?? null;
    if (gate !== null) return { ...counts, ...ENDED, stopped: stop.aborted, gate };
    if (broken !== null)
      return { ...counts, ...ENDED, stopped: stop.aborted, error: stop.aborted ? null : broken };
    const outage = isUsable(result.measurement) ? null : await target.outage().catch(() => null);
    withoutTarget = outage === null ? 0 : withoutTarget + 1;
    if (withoutTarget >= MAX_RUNS_WITHOUT_TARGET) {
      const error = new RunError(
        `the target is gone: ${withoutTarget} runs in a row failed, ` +
          `and no bootstrap address answers:\n${outage!}`,
        'see why it went away: its log, its machine, the network',
      );
      return { ...counts, ...ENDED, error };
    }
  }
  return { ...counts, ...ENDED, stopped: stop.aborted };
}

const ENDED = { stopped: false, error: null, gate: null } as const;

interface MadeRun {
  readonly result: RunResult;
  /** The cluster did not come back from the run's faults. */
  readonly broken: RunError | null;
}

/**
 * Null where the user stopped it before the workload began. Throws RunError only where the result
 * cannot be saved.
 */
async function makeRun(
  execution: SweepExecution,
  run: PlannedRun,
  point: PlannedPoint,
): Promise<MadeRun | null> {
  const { topics, progress, stop, saveRun } = execution;
  const startedAt = new Date();
  let topic = '';
  let makeWhole: (() => Promise<void>) | null = null;
  try {
    let result: RunResult;
    try {
      topic = await topics.prepare(run.run, point.settings.topic);
      if (stop.aborted) return null;
      const canary = await canaryBefore(execution);
      if (stop.aborted) return null;
      // The workload knows the settings but not which of them were swept.
      const running = (faults?: FaultWatch): Promise<RunResult> =>
        runToItsEnd(execution, run, point, { topic, startedAt, faults });
      const { faults = [], workload } = point.settings;
      const audited = workload.audit === true;
      const { openFaults } = execution;
      let measured: RunResult;
      if (faults.length === 0 || openFaults === undefined) measured = await running();
      else {
        const faulty = await runWithFaults(openFaults, faults, { topic, audited }, running);
        measured = faulty.result;
        makeWhole = faulty.makeWhole;
      }
      result = withHonestStatus({ ...measured, config: { ...point.config }, canary });
    } catch (error) {
      result = stop.aborted
        ? stoppedRun(run, point, topic, startedAt)
        : failedRun(run, point, topic, startedAt, error);
    }
    result = withDeaths(result, execution.target.deaths?.() ?? null);
    result = boundTo(execution.plan, point, result);
    progress.runEnded(result);
    await saveRun(result).catch((error: unknown) => {
      if (!(error instanceof RunError)) throw error;
      throw new RunError(
        `run ${run.run} (${run.point}: ${outcomeText(result)}) could not be saved: ` +
          error.message,
        error.remedy,
        { cause: error },
      );
    });
    return { result, broken: makeWhole === null ? null : await broken(makeWhole, progress) };
  } finally {
    const leftBehind = topic === '' ? null : await topics.release(topic);
    if (leftBehind !== null)
      progress.warn(`topic ${topic} could not be deleted yet: ${leftBehind}`);
  }
}

/** Longer than this a person wants to know what is waited for. */
const SILENT_WAIT_MS = 3_000;

async function broken(
  makeWhole: () => Promise<void>,
  progress: Progress,
): Promise<RunError | null> {
  const timer = setTimeout(
    () => progress.note('waiting until the cluster is whole again'),
    SILENT_WAIT_MS,
  );
  try {
    await makeWhole();
    return null;
  } catch (error) {
    if (error instanceof StoppedError) return new RunError(error.message);
    if (!(error instanceof RunError)) throw error;
    return error;
  } finally {
    clearTimeout(timer);
  }
}

/** So that it counts in its own folder alone. */
function boundTo({ id }: Plan, { settings }: PlannedPoint, result: RunResult): RunResult {
  const { schema, ...rest } = result;
  return {
    schema,
    ...(id === undefined ? {} : { plan: id }),
    settingsHash: settingsHash(settings),
    ...rest,
  };
}

/** What a canary may take at most; it never does. */
const CANARY_LIMIT_MS = 15_000;

async function canaryBefore({ measureCanary, stop }: SweepExecution): Promise<Canary | null> {
  if (measureCanary === undefined) return null;
  return bounded('measuring the machine', { limitMs: CANARY_LIMIT_MS, stop }, measureCanary);
}

async function memberPart(
  { javaMember }: SweepExecution,
  { settings: { consumers } }: PlannedPoint,
): Promise<Pick<RunSpec, 'memberProgram'>> {
  const isJava = consumers?.kind === 'group' && consumers.driver === 'java';
  return isJava && javaMember !== undefined ? { memberProgram: await javaMember() } : {};
}

interface RunningRun {
  readonly topic: string;
  readonly startedAt: Date;
  readonly faults: FaultWatch | undefined;
}

/**
 * The workload's result; or, once it was asked to stop, whatever comes first: its result or the end
 * of its grace.
 */
async function runToItsEnd(
  execution: SweepExecution,
  run: PlannedRun,
  point: PlannedPoint,
  { topic: topicName, startedAt, faults }: RunningRun,
): Promise<RunResult> {
  const { target, runWorkload, progress, stop, stopGraceMs = STOP_GRACE_MS, holdStop } = execution;
  const minInsyncReplicas =
    point.settings.workload.audit === true
      ? ((await execution.leastInSync?.(topicName).catch(() => null)) ?? null)
      : undefined;
  const spec: RunSpec = {
    ...run,
    ...(await memberPart(execution, point)),
    bootstrap: target.bootstrap,
    ...(target.security === undefined ? {} : { security: target.security }),
    topicName,
    settings: point.settings,
    transactionalIdPrefix: transactionalIdPrefix(point.settings, run.run),
    embeddedTarget: target.kind === 'embedded',
    ...(target.relayed === true ? { relayedTarget: true } : {}),
    ...(execution.modulesFrom === undefined ? {} : { modulesFrom: execution.modulesFrom }),
    ...(minInsyncReplicas === undefined ? {} : { minInsyncReplicas }),
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
  const ended = holdStop?.(stopGraceMs);
  try {
    const working = runWorkload(spec, {
      signal: stop,
      onProgress: (news) => progress.runProgress(news),
      ...(faults === undefined ? {} : { faults }),
    });
    return await Promise.race([working, graceOver]);
  } finally {
    clearTimeout(timer);
    stop.removeEventListener('abort', onStop);
    ended?.();
  }
}
