// One worker's whole run, from connect to close: warm-up, drain, measured part, drain, result. Called once by worker.ts in a thread of its own;
// tests call it with a producer of theirs. It never rejects: what went wrong is its outcome.
import type { RunSpec } from '../contract/run-spec.js';
import { systemClock } from '../producer-core/clock.js';
import type { ProducerCore, ProducerHooks, ProducerTotals } from '../producer-core/producer-api.js';
import { commonClockOffset, meet } from './barrier.js';
import { drain, unlessStopped } from './drain.js';
import { failureOf } from './failure.js';
import type { GeneratorContext, PhaseOutcome } from './generator.js';
import { HealthMonitor } from './health.js';
import { initHistograms } from './histogram.js';
import { createKeys } from './keys.js';
import { createPacer } from './pacer.js';
import type { Pacer } from './pacer.js';
import { PayloadPool } from './payload.js';
import { createPhase, isEmpty } from './phases.js';
import { mixSeed } from './seeds.js';
import { MEETINGS, STOP, SharedState } from './shared-state.js';
import { Tracker } from './tracker.js';
import type { IntervalPart } from './tracker.js';
import type { WorkerOutcome, WorkerResult, WorkerTask } from './worker-result.js';

export interface WorkerDependencies {
  readonly createProducer: (spec: RunSpec, hooks: ProducerHooks) => ProducerCore;
  readonly onInterval: (part: IntervalPart) => void;
}

/** Streams of chance of one worker. */
const STREAM = { payload: 1, keys: 2 } as const;
/** The measured part's watching begins so much before its first record. */
const SETTLE_MS = 3;
/** Closing frees sockets; nothing is outstanding by then. */
const CLOSE_MS = 2000;

export async function runWorker(task: WorkerTask, dependencies: WorkerDependencies): Promise<WorkerOutcome> {
  const { spec, worker } = task;
  const state = new SharedState(task.shared, spec.settings.workload.workers);
  let run: WorkerRun | null = null;
  try {
    await initHistograms();
    run = new WorkerRun(task, state, dependencies);
    const result = await run.measure();
    return result === null ? { kind: 'stopped' } : { kind: 'measured', result };
  } catch (error) {
    // The others must not go on, nor wait at a meeting point for this one.
    state.stop(STOP.failure);
    return { kind: 'failed', failure: failureOf(error) };
  } finally {
    await run?.close();
    state.setPhase(worker, 'done');
  }
}

class WorkerRun {
  private readonly spec: RunSpec;
  private readonly worker: number;
  private readonly tracker: Tracker;
  private readonly producer: ProducerCore;
  private readonly pacer: Pacer;
  private intervals = 0;

  constructor(
    task: WorkerTask,
    private readonly state: SharedState,
    dependencies: WorkerDependencies,
  ) {
    this.spec = task.spec;
    this.worker = task.worker;
    const { rate, pacing } = this.spec.settings.workload;
    this.pacer = createPacer(pacing);
    this.tracker = new Tracker({
      now: () => systemClock.now(),
      openLoop: rate !== 'max',
      worker: this.worker,
      state,
      onInterval: (part) => {
        this.intervals += 1;
        dependencies.onInterval(part);
      },
    });
    const { tracker } = this;
    this.producer = dependencies.createProducer(this.spec, {
      onBatchDone: (batch, error) => tracker.onBatchDone(batch, error),
    });
  }

  /** Null when stopped before the measured part. */
  async measure(): Promise<WorkerResult | null> {
    const { state, worker } = this;
    const { workload } = this.spec.settings;
    const offsetMs = commonClockOffset();
    const context = await this.prepare();
    if (context === null) return null;
    if (!isEmpty(workload.warmup)) {
      const startMs = await meet(state, MEETINGS.warmup, offsetMs);
      if (startMs === null) return null;
      state.setPhase(worker, 'warm-up');
      await createPhase(context, workload, workload.warmup, worker, startMs, this.pacer).run();
      await drain(this.producer, this.spec, state);
    }
    const startMs = await meet(state, MEETINGS.measure, offsetMs);
    if (startMs === null) return null;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, startMs - systemClock.now() - SETTLE_MS)));
    const before = { ...this.producer.totals };
    const health = new HealthMonitor();
    this.tracker.startMeasuring(startMs);
    state.setPhase(worker, 'measuring');
    const outcome = await createPhase(context, workload, workload, worker, startMs, this.pacer).run();
    state.setPhase(worker, 'draining');
    await drain(this.producer, this.spec, state);
    return this.collect(startMs, before, health, outcome);
  }

  async close(): Promise<void> {
    await this.producer.close(this.state.stopped ? 0 : CLOSE_MS);
    this.tracker.destroy();
  }

  /** Connects and makes what the generator needs; null when stopped meanwhile. */
  private async prepare(): Promise<GeneratorContext | null> {
    const { producer, tracker, state, worker } = this;
    const { seed, settings, topicName } = this.spec;
    const payload = new PayloadPool(settings.workload.valueBytes, mixSeed(seed, worker, STREAM.payload));
    const keys = createKeys(settings.workload.keys, mixSeed(seed, worker, STREAM.keys));
    if ((await unlessStopped(state, producer.connect())) === 'stopped') return null;
    const topic = await unlessStopped(state, producer.topic(topicName));
    if (topic === 'stopped') return null;
    return { producer, topic, clock: systemClock, keys, payload, tracker, stopped: () => state.stopped };
  }

  private collect(startMs: number, before: ProducerTotals, health: HealthMonitor, outcome: PhaseOutcome): WorkerResult {
    const { tracker, worker } = this;
    const { lastAckMs, latencies, failures } = tracker.finish();
    return {
      worker,
      records: { sent: tracker.sent, acked: tracker.acked, failed: tracker.failed },
      lastAckAtMs: lastAckMs === null ? null : lastAckMs - startMs,
      lastSentAtMs: outcome.lastSentMs === null ? null : outcome.lastSentMs - startMs,
      blockedMs: outcome.blockedMs,
      latencies,
      totals: subtract(this.producer.totals, before),
      failures,
      health: health.stop(),
      intervals: this.intervals,
    };
  }
}

/** What the measured part added to the totals; the count of connections is left whole. */
function subtract(after: ProducerTotals, before: ProducerTotals): ProducerTotals {
  return {
    recordsAppended: after.recordsAppended - before.recordsAppended,
    recordsAcked: after.recordsAcked - before.recordsAcked,
    recordsFailed: after.recordsFailed - before.recordsFailed,
    requests: after.requests - before.requests,
    batches: after.batches - before.batches,
    batchRecords: after.batchRecords - before.batchRecords,
    batchBytes: after.batchBytes - before.batchBytes,
    uncompressedBytes: after.uncompressedBytes - before.uncompressedBytes,
    retries: after.retries - before.retries,
    requestMs: after.requestMs - before.requestMs,
    connectionsOpened: after.connectionsOpened,
  };
}
