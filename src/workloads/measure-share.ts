// A share of a run, measured in this process: starts its workers, lets the user stop it, watches
// that it moves. Gives parts that can be merged with those of other processes. Called by
// run-workload for a whole run and by agents/ for one of several shares; it never rejects.
import type { RunSpec } from '../contract/run-spec.js';
import type { PackedLedger } from './audit/ledger.js';
import { shareOf } from './load/run-share.js';
import { readThrottling, type Throttling } from './measure/cpu-quota.js';
import { initHistograms } from './measure/histogram.js';
import { IntervalMerger, type MergedIntervals } from './measure/intervals.js';
import type { IntervalPart } from './measure/tracker.js';
import {
  checkUnchanged,
  loadPayloadFile,
  type LoadedPayload,
} from './payload/file/load-payload-file.js';
import { failureOf } from './result/failure.js';
import { launchThreads } from './threads/crew.js';
import type { Crew, Launch } from './threads/crew.js';
import { ProgressMeter } from './threads/progress-meter.js';
import type { WorkloadProgress } from './threads/progress-meter.js';
import { MEETINGS, STOP, SharedState, type Meeting } from './threads/shared-state.js';
import { StallWatch } from './threads/stall-watch.js';
import type { WorkerFailure, WorkerOutcome, WorkerResult } from './threads/worker-result.js';

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
  /** Told the start of the measured part, in ms of commonNow(), a little before it comes. */
  readonly onStart?: ((startMs: number) => void) | undefined;
  /** Where the run is audited: the number that all its stamps carry. */
  readonly audit?: number | undefined;
}

/** What one process measured of a run. */
export interface MeasuredShare {
  /** Empty where it was stopped before the measured part. */
  readonly results: readonly WorkerResult[];
  readonly intervals: MergedIntervals;
  /** By the CPU quota, in the measured part; null where it is not told. */
  readonly throttled: Throttling | null;
}

export type ShareOutcome = {
  /** By the user, before its end. */
  readonly stopped: boolean;
  /** Of the audited workers that told of them. */
  readonly ledgers: readonly PackedLedger[];
} & (
  | { readonly kind: 'measured'; readonly share: MeasuredShare }
  | { readonly kind: 'failed'; readonly failure: WorkerFailure }
);

const SAMPLE_MS = 250;
/** Less than lies between the agreement on a start and the start itself. */
const MEETING_POLL_MS = 3;
/** How long the last interval messages may lag behind the outcomes, which take another port. */
const MESSAGES_MS = 1000;

interface Ending {
  readonly outcomes: readonly WorkerOutcome[];
  /** The first cause; what followed from it is not told. */
  readonly failure: WorkerFailure | null;
}

/** `launch` is for tests: where the workers run. */
export async function measureShare(
  spec: RunSpec,
  hooks: ShareHooks = {},
  launch: Launch = launchThreads,
): Promise<ShareOutcome> {
  const state = SharedState.create(shareOf(spec).workers);
  const letGo = heedStops(state, hooks);
  const failed = (failure: WorkerFailure, ledgers: readonly PackedLedger[]): ShareOutcome => ({
    ...{ kind: 'failed', failure, stopped: state.stopCause === STOP.user, ledgers },
  });
  let crew: Crew | null = null;
  let endMeetings = (): void => undefined;
  try {
    await initHistograms();
    const keeps = (spec.settings.faults ?? []).length > 0;
    const intervals = new IntervalMerger(state.workers, { keeps, onJoined: hooks.onInterval });
    const quota = new QuotaWatch(state);
    const tasks = tasksOf(spec, state, hooks.audit);
    endMeetings = watchMeetings(state, hooks);
    crew = launch(tasks, (part) => intervals.add(part));
    const { outcomes, failure } = await watched(spec, state, crew, (meter) => {
      quota.look();
      hooks.onProgress?.(meter.read(intervals.lastP99Ms));
    });
    const throttled = quota.end();
    const ledgers = outcomes.flatMap(({ ledger }) => ledger ?? []);
    if (failure !== null) return failed(failure, ledgers);
    const results = outcomes
      .filter((outcome) => outcome.kind === 'measured')
      .map(({ result }) => result);
    await lastMessages(results, intervals);
    intervals.finish();
    const share = { results, intervals, throttled };
    return { kind: 'measured', share, stopped: state.stopCause === STOP.user, ledgers };
  } catch (error) {
    return failed(failureOf(error), []);
  } finally {
    endMeetings();
    letGo();
    await crew?.destroy();
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

function tasksOf(spec: RunSpec, state: SharedState, audit: number | undefined) {
  const payload = payloadOf(spec);
  return Array.from({ length: state.workers }, (_, worker) => ({
    ...{ spec, worker, shared: state.buffer },
    ...(payload === null ? {} : { payload }),
    ...(audit === undefined ? {} : { audit }),
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
 * Takes each meeting of this process's workers to those of the others, and tells the start; gives
 * what ends that.
 */
function watchMeetings(state: SharedState, { meet, onStart }: ShareHooks): () => void {
  if (meet === undefined && onStart === undefined) return () => undefined;
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
    onStart?.(startMs);
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
 * Waits for all workers' outcomes, sampling meanwhile; ends early when nothing moves any more.
 */
async function watched(
  spec: RunSpec,
  state: SharedState,
  crew: Crew,
  onSample: (meter: ProgressMeter) => void,
): Promise<Ending> {
  const meter = new ProgressMeter(spec.settings.workload, state);
  const stall = new StallWatch(spec, state);
  let timer: NodeJS.Timeout | undefined;
  const stalled = new Promise<Ending>((resolve) => {
    timer = setInterval(() => {
      onSample(meter);
      const failure = stall.check();
      if (failure === null) return;
      state.stop(STOP.failure);
      resolve({ outcomes: [], failure });
    }, SAMPLE_MS);
  });
  try {
    return await Promise.race([gathered(crew, state), stalled]);
  } finally {
    clearInterval(timer);
  }
}

async function gathered(crew: Crew, state: SharedState): Promise<Ending> {
  let first: WorkerFailure | null = null;
  const outcomes = await Promise.all(
    crew.outcomes.map(async (pending, worker) => {
      const outcome = await pending.catch((error: unknown): WorkerOutcome => died(worker, error));
      if (outcome.kind === 'failed') {
        first ??= outcome.failure;
        state.stop(STOP.failure);
      }
      return outcome;
    }),
  );
  return { outcomes, failure: first };
}

function died(worker: number, error: unknown): WorkerOutcome {
  const { message } = failureOf(error);
  return { kind: 'failed', failure: { message: `worker thread ${worker} died: ${message}` } };
}

async function lastMessages(
  results: readonly WorkerResult[],
  intervals: IntervalMerger,
): Promise<void> {
  const expected = results.reduce((sum, result) => sum + result.intervals, 0);
  const limitMs = performance.now() + MESSAGES_MS;
  while (intervals.received < expected && performance.now() < limitMs) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
