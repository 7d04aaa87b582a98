// One worker's whole run, from connect to close: warm-up, drain, measured part, drain, result.
// Called once by worker.ts in a thread of its own; tests call it with a producer of theirs. It
// never rejects: what went wrong is its outcome.
import type { RunSpec } from '../../contract/run-spec.js';
import type { TransactionSettings } from '../../contract/settings.js';
import { Ledger, type PackedLedger } from '../audit/ledger.js';
import { StampWriter } from '../audit/stamp.js';
import { StampedPayload } from '../audit/stamped-payload.js';
import { WorkerAudit } from '../audit/worker-audit.js';
import { SentNotes } from '../consumers/sent-notes.js';
import { SentTimesWriter } from '../consumers/sent-times.js';
import { systemClock } from '../../base/clock.js';
import type { ProducerCore, ProducerHooks } from '../../producer-core/harness.js';
import { commonClock, meet } from './barrier.js';
import { createPayload, createRunKeys } from '../payload/create-payload.js';
import { drain, patiently, unlessStopped } from '../load/drain.js';
import { failureOf } from '../result/failure.js';
import type { GeneratorContext, GeneratorPhase, PhaseOutcome } from '../load/generator.js';
import { HealthMonitor } from '../measure/health.js';
import type { Health } from '../measure/health.js';
import { initHistograms } from '../measure/histogram.js';
import { MetricWindows } from '../measure/metric-windows.js';
import { createTiming, type ThreadTiming } from '../java-timing/timing.js';
import { createPacer } from '../load/pacer.js';
import type { Pacer } from '../load/pacer.js';
import { PacingMeter } from '../load/pacing-meter.js';
import type { PayloadSource } from '../payload/payload.js';
import type { LoadedPayload } from '../payload/file/load-payload-file.js';
import { createPhase, isEmpty } from '../load/phases.js';
import { shareOf, type RunShare } from '../load/run-share.js';
import { mixSeed } from '../load/seeds.js';
import { MEETINGS, STOP, SharedState } from './shared-state.js';
import { openCpuClock } from '../measure/thread-cpu.js';
import { Tracker } from '../measure/tracker.js';
import type { IntervalPart } from '../measure/tracker.js';
import { Transactions } from '../load/transactions.js';
import type { WorkerOutcome, WorkerResult, WorkerTask } from './worker-result.js';

export interface WorkerDependencies {
  readonly createProducer: (spec: RunSpec, hooks: ProducerHooks, worker: number) => ProducerCore;
  readonly onInterval: (part: IntervalPart) => void;
}

/** Of one worker's chance; create-payload and keys have theirs. */
const ABORTS_STREAM = 3;
/** The measured part's watching begins so much before its first record. */
const SETTLE_MS = 3;
/** Closing frees sockets; nothing is outstanding by then. */
const CLOSE_MS = 2000;

export async function runWorker(
  task: WorkerTask,
  dependencies: WorkerDependencies,
): Promise<WorkerOutcome> {
  const { spec, worker } = task;
  const state = new SharedState(task.shared, shareOf(spec).workers);
  let run: WorkerRun | null = null;
  try {
    await initHistograms();
    run = new WorkerRun(task, state, dependencies);
    const result = await run.measure();
    const ended = result === null ? stoppedOutcome : ({ kind: 'measured', result } as const);
    return { ...ended, ...run.ledgerPart() };
  } catch (error) {
    // The others must not go on, nor wait at a meeting point for this one.
    state.stop(STOP.failure);
    return { kind: 'failed', failure: failureOf(error), ...run?.ledgerPart() };
  } finally {
    await run?.close();
    state.setPhase(worker, 'done');
  }
}

const stoppedOutcome = { kind: 'stopped' } as const;

class WorkerRun {
  private readonly spec: RunSpec;
  private readonly task: WorkerTask;
  /** Among the workers of this process, as the shared state counts them. */
  private readonly worker: number;
  /** Among all workers of the run: what is sent and when follows from it. */
  private readonly index: number;
  private readonly clock = commonClock();
  private readonly file: LoadedPayload | null;
  private readonly tracker: Tracker;
  private readonly producer: ProducerCore;
  private readonly windows = new MetricWindows(() => this.producer.metricSample());
  private readonly pacer: Pacer;
  private readonly timing: ThreadTiming;
  /**
   * Around the pacer in the measured part; null where nothing is paced, or no thread's CPU is told.
   */
  private meter: PacingMeter | null = null;
  private transactions: Transactions | null = null;
  private readonly ledger: Ledger | null;
  private stamped: StampedPayload | null = null;
  private audit: WorkerAudit | null = null;
  private intervals = 0;
  /** What is sending now. */
  private phase: GeneratorPhase | null = null;

  constructor(
    task: WorkerTask,
    private readonly state: SharedState,
    dependencies: WorkerDependencies,
  ) {
    this.task = task;
    this.spec = task.spec;
    this.worker = task.worker;
    this.index = shareOf(task.spec).first + task.worker;
    this.ledger = task.audited === true ? new Ledger(this.index) : null;
    this.file = task.payload ?? null;
    const { rate, pacing } = this.spec.settings.workload;
    this.pacer = createPacer(pacing);
    this.tracker = new Tracker({
      now: () => systemClock.now(),
      openLoop: rate !== 'max',
      worker: this.worker,
      state,
      windows: this.windows,
      byPartition: (this.spec.settings.faults ?? []).length > 0,
      ledger: this.ledger,
      onInterval: (part) => {
        this.intervals += 1;
        dependencies.onInterval(part);
      },
    });
    const { tracker } = this;
    this.timing = createTiming(
      rate === 'max' ? 'none' : (this.spec.settings.workload.timing ?? 'java'),
      this.spec.settings.producer,
      (sinceMs) => this.phase?.meanwhile(sinceMs),
    );
    const { watch } = this.timing;
    this.producer = dependencies.createProducer(
      this.spec,
      {
        onBatchDone: (batch, error) => tracker.onBatchDone(batch, error),
        ...(watch === undefined ? {} : { watch }),
      },
      this.index,
    );
  }

  /** Null when stopped before the measured part. */
  async measure(): Promise<WorkerResult | null> {
    const { state, worker, index } = this;
    const workload = { ...this.spec.settings.workload, workers: shareOf(this.spec).of };
    const { offsetMs, errorMs } = this.clock;
    const context = await this.prepare();
    if (context === null) return null;
    if (!isEmpty(workload.warmup)) {
      const startMs = await meet(state, MEETINGS.warmup, offsetMs);
      if (startMs === null) return null;
      state.setPhase(worker, 'warm-up');
      await this.send(
        createPhase(context, workload, workload.warmup, index, startMs, this.pacer, this.timing),
      );
      await drain(this.producer, this.spec, state);
    }
    await this.meterPacing();
    state.setOrigin(worker, this.stamped?.sequence ?? 0, errorMs);
    const startMs = await meet(state, MEETINGS.measure, offsetMs);
    if (startMs === null) return null;
    await new Promise((resolve) =>
      setTimeout(resolve, Math.max(0, startMs - systemClock.now() - SETTLE_MS)),
    );
    const health = new HealthMonitor(this.task.probes);
    context.payload.restart();
    context.keys.restart();
    this.tracker.startMeasuring(startMs);
    this.transactions?.startMeasuring();
    state.setPhase(worker, 'measuring');
    const beganAtMs = Math.max(0, systemClock.now() - startMs);
    const outcome = await this.send(
      createPhase(
        context,
        workload,
        workload,
        index,
        startMs,
        this.meter ?? this.pacer,
        this.timing,
      ),
    );
    state.setPhase(worker, 'draining');
    await drain(this.producer, this.spec, state);
    return this.collect(startMs, beganAtMs, health.stop(), outcome);
  }

  private async meterPacing(): Promise<void> {
    const { rate } = this.spec.settings.workload;
    const clock = rate === 'max' ? null : openCpuClock();
    if (rate === 'max' || clock === null) return;
    const { producer, tracker } = this;
    this.meter = new PacingMeter(this.pacer, clock, () => {
      const { requests, batches } = producer.totals;
      return requests + batches + tracker.acked + tracker.failed;
    });
    await this.meter.rehearse((shareOf(this.spec).of / rate) * 1000);
  }

  /**
   * The pacer's own, and what the watch of the event loop costs where it wakes a thread that waits:
   * its timer's looks and the probes that came.
   */
  private pacingCpuMs({ lagLooks, ackDelay, spanMs }: Health): number | null {
    if (this.spec.settings.workload.rate === 'max') return 0;
    if (this.meter === null) return null;
    const { cpuMs, timersMs, wakeMs } = this.meter.cost();
    const wakes = lagLooks + (ackDelay?.count ?? 0);
    return cpuMs + wakes * wakeMs * Math.min(1, timersMs / Math.max(1, spanMs));
  }

  private send(phase: GeneratorPhase): Promise<PhaseOutcome> {
    this.phase = phase;
    return phase.run();
  }

  async close(): Promise<void> {
    await this.producer.close(this.state.stopped ? 0 : CLOSE_MS);
    this.meter?.close();
    this.tracker.destroy();
    this.transactions?.destroy();
  }

  /** Connects and makes what the generator needs; null when stopped meanwhile. */
  private async prepare(): Promise<GeneratorContext | null> {
    const { producer, tracker, state, index } = this;
    const { seed, settings, topicName } = this.spec;
    const share = { seed, worker: index, workers: shareOf(this.spec).of };
    const payload = this.makePayload(share);
    const keys = createRunKeys(settings.workload, this.file, share);
    if ((await unlessStopped(state, producer.connect())) === 'stopped') return null;
    const topic = await unlessStopped(state, producer.topic(topicName));
    if (topic === 'stopped') return null;
    if (settings.workload.transaction !== null) {
      if ((await unlessStopped(state, producer.initTransactions())) === 'stopped') return null;
      this.transactions = this.makeTransactions(settings.workload.transaction);
    }
    const { transactions, audit } = this;
    return {
      producer,
      topic,
      clock: systemClock,
      keys,
      payload,
      tracker,
      transactions,
      audit,
      ...this.sentNotes(),
      stopped: () => state.stopped,
    };
  }

  private makePayload(share: RunShare): PayloadSource {
    const { ledger, index } = this;
    const { stamp } = this.task;
    const { workload } = this.spec.settings;
    if (stamp === undefined) return createPayload(workload, this.file, share);
    const values = createPayload(workload, this.file, share, { writable: true });
    this.stamped = new StampedPayload(values, new StampWriter(stamp, index));
    if (ledger !== null) this.audit = new WorkerAudit(this.stamped, ledger);
    return this.stamped;
  }

  /** What the generator needs besides, where consumers are to know when records were sent. */
  private sentNotes(): Pick<GeneratorContext, 'sentNotes'> {
    const { stamped, worker, clock } = this;
    const { sentTimes } = this.task;
    if (stamped === null || sentTimes === undefined) return {};
    const times = new SentTimesWriter(sentTimes, worker);
    return { sentNotes: new SentNotes(stamped, times, clock.offsetMs) };
  }

  /** What there is to audit so far. */
  ledgerPart(): { readonly ledger?: PackedLedger } {
    return this.audit === null ? {} : { ledger: this.audit.pack() };
  }

  private makeTransactions(settings: TransactionSettings): Transactions {
    const { producer, tracker, state, index, spec, audit } = this;
    return new Transactions({
      producer,
      clock: systemClock,
      settings,
      seed: mixSeed(spec.seed, index, ABORTS_STREAM),
      acked: () => tracker.acked,
      gaps: tracker.gaps,
      audit,
      patiently: (promise) => patiently(promise, spec, state),
    });
  }

  private collect(
    startMs: number,
    beganAtMs: number,
    health: Health,
    outcome: PhaseOutcome,
  ): WorkerResult {
    const { tracker } = this;
    const { firstAckMs, lastAckMs, ...tracked } = tracker.finish();
    const transactions = this.transactions?.pack() ?? null;
    const lastEndedMs = transactions?.lastEndedMs ?? null;
    return {
      worker: this.index,
      beganAtMs,
      records: { sent: tracker.sent, acked: tracker.acked, failed: tracker.failed },
      ackedValueBytes: tracker.ackedValueBytes,
      firstAckAtMs: firstAckMs === null ? null : firstAckMs - startMs,
      lastAckAtMs: lastAckMs === null ? null : lastAckMs - startMs,
      lastSentAtMs: outcome.lastSentMs === null ? null : outcome.lastSentMs - startMs,
      sendingEndedAtMs: outcome.endedMs - startMs,
      gaps: tracked.gaps,
      partitionGaps: tracked.partitionGaps,
      blockedMs: outcome.blockedMs,
      transactions,
      lastTransactionAtMs: lastEndedMs === null ? null : lastEndedMs - startMs,
      latencies: tracked.latencies,
      metrics: this.windows.total(),
      brokersWritten: this.producer.totals.brokersWritten,
      failures: tracked.failures,
      health,
      pacingCpuMs: this.pacingCpuMs(health),
      intervals: this.intervals,
    };
  }
}
