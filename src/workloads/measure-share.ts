// A share of a run, measured in this process: starts its workers and consumers, lets the user stop
// it, watches that it moves. Gives parts that can be merged with other processes'. Called by
// run-workload for a whole run and by agents/ for one of several shares; it never rejects.
import type { RunSpec } from '../contract/run-spec.js';
import type { PackedLedger } from './audit/ledger.js';
import type { Consumed } from './consumers/consumer.js';
import { RunConsumers, type OpenConsumer } from './consumers/run-consumers.js';
import { TailProxy } from './consumers/tail-proxy.js';
import type { Load } from './drivers/load.js';
import { shareOf } from './load/run-share.js';
import { readThrottling, type Throttling } from './measure/cpu-quota.js';
import { initHistograms } from './measure/histogram.js';
import { IntervalMerger } from './measure/intervals.js';
import type { IntervalPart } from './measure/tracker.js';
import type { ShareOutcome } from './share-outcome.js';
import { failureOf } from './result/failure.js';
import type { Crew } from './threads/crew.js';
import { ProgressMeter } from './threads/progress-meter.js';
import type { WorkloadProgress } from './threads/progress-meter.js';
import { MEETINGS, STOP, SharedState, type Meeting } from './threads/shared-state.js';
import { StallWatch } from './threads/stall-watch.js';
import type { Outcome, WorkerFailure, WorkerTask } from './threads/worker-result.js';
import type { FaultWatch } from './workload-hooks.js';

export interface ShareHooks {
  /**
   * Aborted: the run stops sending, waits a few seconds for answers, and keeps what it measured.
   */
  readonly signal?: AbortSignal | undefined;
  /** Aborted: what is measured is of no use any more, and nothing is waited for. */
  readonly abandon?: AbortSignal | undefined;
  /** Called about four times a second. */
  readonly onProgress?: ((progress: WorkloadProgress) => void) | undefined;
  /** Each interval once all workers of the share have told theirs: their parts as one. */
  readonly onInterval?: ((part: IntervalPart) => void) | undefined;
  /**
   * Asked once all workers of this process are at a meeting: resolves with the agreed start in ms
   * of commonNow(), null where there will be none. Left out: nobody else is waited for.
   */
  readonly meet?: ((meeting: Meeting) => Promise<number | null>) | undefined;
  /** Of a run with faults, where this process breaks things. */
  readonly faults?: FaultWatch | undefined;
}

/** What sends, and what consumes. */
export interface ShareParts<Result> {
  readonly load: Load<Result>;
  readonly openConsumer?: OpenConsumer | undefined;
}

const SAMPLE_MS = 250;
/** Less than lies between the agreement on a start and the start itself. */
const MEETING_POLL_MS = 3;
/** How long the last interval messages may lag behind the outcomes, which take another port. */
const MESSAGES_MS = 1000;

interface Ending<Result> {
  readonly outcomes: readonly Outcome<Result>[];
  /** The first cause; what followed from it is not told. */
  readonly failure: WorkerFailure | null;
}

/** `stamp`: what all stamps of the run carry. */
export async function measureShare<Result>(
  spec: RunSpec,
  hooks: ShareHooks,
  stamp: number,
  { load, openConsumer = (task) => new TailProxy(task) }: ShareParts<Result>,
): Promise<ShareOutcome<Result>> {
  const state = SharedState.create(shareOf(spec).workers);
  const letGo = heedStops(state, hooks);
  const failed = (failure: WorkerFailure, ledgers: readonly PackedLedger[]) => ({
    ...{ kind: 'failed' as const, failure, stopped: state.stopCause === STOP.user, ledgers },
  });
  let crew: Crew<Result> | null = null;
  let consumers: RunConsumers | null = null;
  let endMeetings = (): void => undefined;
  try {
    await initHistograms();
    const keeps = (spec.settings.faults ?? []).length > 0;
    const intervals = new IntervalMerger(state.workers, { keeps, onJoined: hooks.onInterval });
    const quota = new QuotaWatch(state);
    consumers = await beginConsumers(spec, stamp, state, hooks, openConsumer);
    const tasks = tasksOf(spec, stamp, state, consumers);
    endMeetings = watchMeetings(state, hooks);
    crew = load.launch(tasks, (part) => intervals.add(part));
    const { outcomes, failure } = await watched(spec, state, { crew, consumers }, (meter) => {
      quota.look();
      hooks.onProgress?.(meter.read(intervals.lastP99Ms));
    });
    const throttled = quota.end();
    const ledgers = outcomes.flatMap(({ ledger }) => ledger ?? []);
    if (failure !== null) return failed(failure, ledgers);
    const results = outcomes
      .filter((outcome) => outcome.kind === 'measured')
      .map(({ result }) => result);
    await lastMessages(load.messages(results), intervals);
    const consumed = consumers === null ? null : await received(consumers, state, hooks);
    intervals.finish();
    const share = { results, intervals, throttled, consumed };
    return { kind: 'measured', share, stopped: state.stopCause === STOP.user, ledgers };
  } catch (error) {
    return failed(failureOf(error), []);
  } finally {
    endMeetings();
    letGo();
    await Promise.all([crew?.destroy(), consumers?.close()]);
  }
}

/** Gives what ends it. */
function heedStops(state: SharedState, { signal, abandon }: ShareHooks): () => void {
  const stop = (): void => state.stop(STOP.user);
  const giveUp = (): void => state.stop(STOP.failure);
  signal?.addEventListener('abort', stop, { once: true });
  abandon?.addEventListener('abort', giveUp, { once: true });
  if (signal?.aborted === true) stop();
  if (abandon?.aborted === true) giveUp();
  return () => {
    signal?.removeEventListener('abort', stop);
    abandon?.removeEventListener('abort', giveUp);
  };
}

/** Null where nothing consumes. */
async function beginConsumers(
  spec: RunSpec,
  stamp: number,
  state: SharedState,
  { signal, abandon, faults }: ShareHooks,
  open: OpenConsumer,
): Promise<RunConsumers | null> {
  if (spec.settings.consumers === undefined) return null;
  const consumers = new RunConsumers(spec, stamp, state, open);
  try {
    const stops = [signal, abandon].filter((each) => each !== undefined);
    await consumers.begin(AbortSignal.any(stops));
  } catch (error) {
    await consumers.close();
    throw error;
  }
  faults?.members((change) => consumers.changeMember(change));
  return consumers;
}

/** What is still broken is mended before: what is waited for may lie behind it. */
async function received(
  consumers: RunConsumers,
  state: SharedState,
  { faults }: ShareHooks,
): Promise<Consumed | null> {
  await faults?.mend(!state.stopped);
  return await consumers.finish(() => state.stopped);
}

function tasksOf(
  spec: RunSpec,
  stamp: number,
  state: SharedState,
  consumers: RunConsumers | null,
): WorkerTask[] {
  const audited = spec.settings.workload.audit === true;
  const sentTimes = consumers?.sentTimes ?? null;
  return Array.from({ length: state.workers }, (_, worker) => ({
    ...{ spec, worker, shared: state.buffer },
    ...(audited || consumers !== null ? { stamp } : {}),
    ...(audited ? { audited: true as const } : {}),
    ...(sentTimes === null ? {} : { sentTimes }),
  }));
}

/**
 * Takes each meeting of this process's workers to those of the others, and tells the start; gives
 * what ends that.
 */
function watchMeetings(state: SharedState, { meet, faults }: ShareHooks): () => void {
  if (meet === undefined && faults === undefined) return () => undefined;
  if (meet !== undefined) state.meetOutside();
  const waiting = new Set<Meeting>(meet === undefined ? [] : [MEETINGS.warmup, MEETINGS.measure]);
  const timer = setInterval(() => {
    for (const meeting of waiting) {
      if (!state.allArrived(meeting)) continue;
      waiting.delete(meeting);
      void meet!(meeting).then(
        (startMs) => {
          if (startMs === null) state.stop(STOP.failure);
          else state.open(meeting, startMs);
        },
        () => state.stop(STOP.failure),
      );
    }
    const startMs = state.startOf(MEETINGS.measure);
    if (startMs === null) return;
    clearInterval(timer);
    faults?.start(startMs);
  }, MEETING_POLL_MS);
  return () => clearInterval(timer);
}

/** Throttling from the beginning of the measured part on. */
class QuotaWatch {
  private before: Throttling | null = null;
  private begun = false;

  constructor(private readonly state: SharedState) {}

  look(): void {
    if (this.begun || this.state.startOf(MEETINGS.measure) === null) return;
    this.begun = true;
    this.before = readThrottling();
  }

  end(): Throttling | null {
    const [before, now] = [this.before, readThrottling()];
    if (before === null || now === null) return null;
    return { periods: now.periods - before.periods, ms: now.ms - before.ms };
  }
}

/**
 * Waits for all workers' outcomes, sampling meanwhile; ends early when nothing moves any more, or
 * there is no consumer any more.
 */
async function watched<Result>(
  spec: RunSpec,
  state: SharedState,
  { crew, consumers }: { readonly crew: Crew<Result>; readonly consumers: RunConsumers | null },
  onSample: (meter: ProgressMeter) => void,
): Promise<Ending<Result>> {
  const meter = new ProgressMeter(spec.settings.workload, state);
  const stall = new StallWatch(spec, state);
  let timer: NodeJS.Timeout | undefined;
  const broken = new Promise<Ending<Result>>((resolve) => {
    const fail = (failure: WorkerFailure): void => {
      state.stop(STOP.failure);
      resolve({ outcomes: [], failure });
    };
    timer = setInterval(() => {
      onSample(meter);
      const failure = stall.check();
      if (failure !== null) fail(failure);
    }, SAMPLE_MS);
    consumers?.failure.catch((error: unknown) => fail(failureOf(error)));
  });
  try {
    return await Promise.race([gathered(crew, state), broken]);
  } finally {
    clearInterval(timer);
  }
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
