// One run, whole: starts the workers, lets the user stop it, watches that it moves, and makes the
// RunResult of what they measured. Called by sweep for every run of the plan. It never rejects and
// never hangs: what goes wrong is in the result.
import type { FaultEvent, MemberChange } from '../contract/faults.js';
import type { Measurement, RunResult } from '../contract/run-result.js';
import { withHonestDriver } from './drivers/honest-driver.js';
import { withHonestStatus } from '../contract/usable.js';
import { RUN_SCHEMA } from '../contract/run-result.js';
import type { RunSpec } from '../contract/run-spec.js';
import { launchThreads, type Crew, type Launch } from './threads/crew.js';
import { driverLoad } from './drivers/driver-load.js';
import type { Load } from './drivers/load.js';
import type { DriverLimits } from './drivers/driver-run.js';
import type { OpenDriver } from './drivers/driver-program.js';
import type { PackedLedger } from './audit/ledger.js';
import { openLog } from './audit/read-log.js';
import { RunAudit, type OpenLog } from './audit/run-audit.js';
import type { Consumed, ConsumerTask } from './consumers/consumer.js';
import { drawStamp, RunConsumers, type OpenConsumer } from './consumers/run-consumers.js';
import { TailProxy } from './consumers/tail-proxy.js';
import { failureOf } from './result/failure.js';
import { initHistograms } from './measure/histogram.js';
import { IntervalMerger } from './measure/intervals.js';
import { mergeResults } from './result/merge.js';
import {
  checkUnchanged,
  loadPayloadFile,
  type LoadedPayload,
} from './payload/file/load-payload-file.js';
import { ProgressMeter } from './threads/progress-meter.js';
import type { WorkloadProgress } from './threads/progress-meter.js';
import { MEETINGS, STOP, SharedState } from './threads/shared-state.js';
import { StallWatch } from './threads/stall-watch.js';
import type { Outcome, WorkerFailure, WorkerResult, WorkerTask } from './threads/worker-result.js';

export type { WorkloadProgress } from './threads/progress-meter.js';

export interface WorkloadHooks {
  /**
   * Aborted: the run stops sending, waits a few seconds for answers, and keeps what it measured.
   */
  readonly signal?: AbortSignal;
  /** Called about four times a second. */
  readonly onProgress?: (progress: WorkloadProgress) => void;
  /** Of a run with faults. */
  readonly faults?: FaultWatch;
}

/** Breaks things beside the load; the load says when it begins, and asks what happened. */
export interface FaultWatch {
  /**
   * A little before the measured part begins: at that instant, in ms of the clock that all threads
   * share.
   */
  start(atMs: number): void;
  /** Before that, where anything consumes: what changes the members of the first group. */
  members(change: (change: MemberChange) => Promise<void>): void;
  /** The load is over: mends what is still broken, as who reads back needs the cluster. */
  mend(completed: boolean): Promise<void>;
  events(): readonly FaultEvent[];
}

const SAMPLE_MS = 250;
/** Less than lies between the agreement on the measured start and the start itself. */
const START_POLL_MS = 5;
/** How long the last interval messages may lag behind the outcomes, which take another port. */
const MESSAGES_MS = 1000;

interface Ending<Result> {
  readonly outcomes: readonly Outcome<Result>[];
  /** The first cause; what followed from it is not told. */
  readonly failure: WorkerFailure | null;
}

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
  const state = SharedState.create(spec.settings.workload.workers);
  const stamp = drawStamp();
  const { workload, consumers: consumed } = spec.settings;
  const audit = workload.audit === true ? auditOf(spec, stamp, state, hooks, parts) : null;
  const openConsumer = parts.openConsumer ?? ((task: ConsumerTask) => new TailProxy(task));
  const consumers =
    consumed === undefined ? null : new RunConsumers(spec, stamp, state, openConsumer);
  const beside = { stamp, audit, consumers };
  const { result, ledgers } = await measureWith(spec, state, hooks, beside, parts);
  await hooks.faults?.mend(result.status === 'completed');
  if (audit === null) return result;
  const part = await audit.finish(result, ledgers);
  // A run without the audit that it was made for is to be made again, by --resume.
  const cutShort = part.notAudited !== undefined && hooks.signal?.aborted === true;
  const audited: RunResult = {
    ...result,
    ...(cutShort ? { status: 'stopped', failure: null } : {}),
    ...part,
  };
  return withHonestDriver(spec, audited);
}

/** The load is chosen in here, so that a driver that cannot be started is a failed run. */
async function measureWith(
  spec: RunSpec,
  state: SharedState,
  hooks: WorkloadHooks,
  beside: Beside,
  parts: WorkloadParts,
): Promise<Measured> {
  const { driver } = spec.settings;
  if (driver === 'core')
    return measure(spec, state, hooks, beside, coreLoad(spec, parts.launch ?? launchThreads));
  const startedAt = new Date();
  try {
    const load = await driverLoad(spec, driver, state, {
      openDriver: parts.openDriver,
      limits: parts.driverLimits ?? {},
      payload: payloadOf(spec),
      stop: hooks.signal ?? new AbortController().signal,
    });
    return await measure(spec, state, hooks, beside, load);
  } catch (error) {
    if (hooks.signal?.aborted === true) state.stop(STOP.user);
    return { result: toResult(spec, startedAt, state, null, failureOf(error)), ledgers: [] };
  }
}

const coreLoad = (spec: RunSpec, launch: Launch): Load<WorkerResult> => ({
  launch,
  messages: (results) => results.reduce((sum, result) => sum + result.intervals, 0),
  merge: (results, intervals, events, consumed) => {
    const merged = mergeResults(spec, results, intervals, events, consumed);
    const { measurement, consumers } = merged;
    return { measurement, sections: consumers === null ? {} : { consumers } };
  },
  close: () => undefined,
});

function auditOf(
  spec: RunSpec,
  stamp: number,
  state: SharedState,
  { signal = new AbortController().signal, onProgress }: WorkloadHooks,
  parts: WorkloadParts,
): RunAudit {
  const meter = new ProgressMeter(spec.settings.workload, state);
  return new RunAudit(spec, stamp, {
    openLog: parts.openLog ?? openLog,
    signal,
    onProgress: (audited) => onProgress?.(meter.reading(audited)),
  });
}

interface Measured {
  readonly result: RunResult;
  /** Of the audited workers that told of them. */
  readonly ledgers: readonly PackedLedger[];
}

/** What reads the records, which are stamped then. */
interface Beside {
  readonly stamp: number;
  readonly audit: RunAudit | null;
  readonly consumers: RunConsumers | null;
}

async function measure<Result>(
  spec: RunSpec,
  state: SharedState,
  hooks: WorkloadHooks,
  beside: Beside,
  load: Load<Result>,
): Promise<Measured> {
  const { audit, consumers } = beside;
  const startedAt = new Date();
  const stop = (): void => state.stop(STOP.user);
  hooks.signal?.addEventListener('abort', stop, { once: true });
  if (hooks.signal?.aborted === true) stop();
  let crew: Crew<Result> | null = null;
  try {
    await initHistograms();
    await audit?.begin();
    const intervals = new IntervalMerger(state.workers, hooks.faults !== undefined);
    const tasks = tasksOf(spec, state, beside);
    await consumers?.begin(hooks.signal);
    if (consumers !== null) hooks.faults?.members((change) => consumers.changeMember(change));
    crew = load.launch(tasks, (part) => intervals.add(part));
    const { outcomes, failure } = await watched(spec, state, { crew, consumers }, intervals, hooks);
    const ledgers = outcomes.flatMap(({ ledger }) => ledger ?? []);
    if (failure !== null)
      return { result: toResult(spec, startedAt, state, null, failure), ledgers };
    const results = outcomes
      .filter((outcome) => outcome.kind === 'measured')
      .map(({ result }) => result);
    await lastMessages(load.messages(results), intervals);
    const consumed = consumers === null ? null : await received(consumers, state, hooks);
    const events = hooks.faults?.events() ?? [];
    const merged = results.length === 0 ? null : load.merge(results, intervals, events, consumed);
    const result = toResult(spec, startedAt, state, merged?.measurement ?? null, null);
    return { result: { ...result, ...merged?.sections }, ledgers };
  } catch (error) {
    return { result: toResult(spec, startedAt, state, null, failureOf(error)), ledgers: [] };
  } finally {
    hooks.signal?.removeEventListener('abort', stop);
    await Promise.all([crew?.destroy(), consumers?.close()]);
    load.close();
  }
}

/** What is still broken is mended before: what is waited for may lie behind it. */
async function received(
  consumers: RunConsumers,
  state: SharedState,
  { faults }: WorkloadHooks,
): Promise<Consumed | null> {
  await faults?.mend(!state.stopped);
  return await consumers.finish(() => state.stopped);
}

function tasksOf(spec: RunSpec, state: SharedState, beside: Beside): WorkerTask[] {
  const { stamp, audit, consumers } = beside;
  const payload = spec.settings.driver === 'core' ? payloadOf(spec) : null;
  const sentTimes = consumers?.sentTimes ?? null;
  return Array.from({ length: state.workers }, (_, worker) => ({
    ...{ spec, worker, shared: state.buffer },
    ...(payload === null ? {} : { payload }),
    ...(audit === null && consumers === null ? {} : { stamp }),
    ...(audit === null ? {} : { audited: true as const }),
    ...(sentTimes === null ? {} : { sentTimes }),
  }));
}

/** Null where the payload is no file. Throws where the file is no longer what was planned with. */
function payloadOf({ settings, modulesFrom = '' }: RunSpec): LoadedPayload | null {
  const { payload, valueBytes } = settings.workload;
  if (payload.kind !== 'file') return null;
  const seed = payload.content?.sampleSeed ?? 0;
  const request = { payload, valueBytes, folder: modulesFrom, seed };
  const file = loadPayloadFile(request);
  checkUnchanged(request, file);
  return file;
}

/**
 * Waits for all workers' outcomes, telling progress meanwhile; ends early when nothing moves any
 * more.
 */
async function watched<Result>(
  spec: RunSpec,
  state: SharedState,
  { crew, consumers }: { readonly crew: Crew<Result>; readonly consumers: RunConsumers | null },
  intervals: IntervalMerger,
  { onProgress, faults }: WorkloadHooks,
): Promise<Ending<Result>> {
  const meter = new ProgressMeter(spec.settings.workload, state);
  const stall = new StallWatch(spec, state);
  let timer: NodeJS.Timeout | undefined;
  const starting = faults === undefined ? undefined : watchStart(state, faults);
  const stalled = new Promise<Ending<Result>>((resolve) => {
    timer = setInterval(() => {
      onProgress?.(meter.read(intervals.lastP99Ms));
      const failure = stall.check();
      if (failure === null) return;
      state.stop(STOP.failure);
      resolve({ outcomes: [], failure });
    }, SAMPLE_MS);
  });
  const unread = new Promise<Ending<Result>>((resolve) => {
    consumers?.failure.catch((error: unknown) => {
      state.stop(STOP.failure);
      resolve({ outcomes: [], failure: failureOf(error) });
    });
  });
  try {
    return await Promise.race([gathered(crew, state), stalled, unread]);
  } finally {
    clearInterval(timer);
    clearInterval(starting);
  }
}

function watchStart(state: SharedState, faults: FaultWatch): NodeJS.Timeout {
  const timer = setInterval(() => {
    const startMs = state.startOf(MEETINGS.measure);
    if (startMs === null) return;
    clearInterval(timer);
    faults.start(startMs);
  }, START_POLL_MS);
  return timer;
}

async function gathered<Result>(crew: Crew<Result>, state: SharedState): Promise<Ending<Result>> {
  let first: WorkerFailure | null = null;
  const outcomes = await Promise.all(
    crew.outcomes.map(async (pending, worker) => {
      const outcome = await pending.catch((error: unknown) => died(worker, error));
      if (outcome.kind === 'failed') {
        first ??= outcome.failure;
        state.stop(STOP.failure);
      }
      return outcome;
    }),
  );
  return { outcomes, failure: first };
}

function died(worker: number, error: unknown): Extract<Outcome<never>, { kind: 'failed' }> {
  const { message } = failureOf(error);
  return { kind: 'failed', failure: { message: `worker thread ${worker} died: ${message}` } };
}

async function lastMessages(expected: number, intervals: IntervalMerger): Promise<void> {
  const limitMs = performance.now() + MESSAGES_MS;
  while (intervals.received < expected && performance.now() < limitMs) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

function toResult(
  spec: RunSpec,
  startedAt: Date,
  state: SharedState,
  measurement: Measurement | null,
  failure: WorkerFailure | null,
): RunResult {
  const { run, point, repeat, block, seed } = spec;
  // Once the user has stopped the run, a worker that ends badly is no failure of the cluster's.
  const stopped = state.stopCause === STOP.user;
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
