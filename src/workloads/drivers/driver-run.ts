// One worker's run in a driver process: start, hello, ready, warm-up, measured part, end. Called by
// driver-load once a worker. Never rejects and never hangs: what went wrong is its outcome.
import { statSync } from 'node:fs';
import { driverLabel, type OutsideDriver } from '../../contract/driver.js';
import {
  DRIVER_PROTOCOL,
  type DriverHello,
  type DriverInterval,
  type DriverResult,
  type PhaseName,
} from '../../contract/driver-protocol.js';
import type { RunSpec } from '../../contract/run-spec.js';
import type { SecuritySettings } from '../../contract/settings.js';
import type { PackedLedger } from '../audit/ledger.js';
import { deliveryTimeoutMs } from '../load/drain.js';
import { shareOf } from '../load/run-share.js';
import type { IntervalPart } from '../measure/tracker.js';
import { failureOf } from '../result/failure.js';
import { commonNow, meet } from '../threads/barrier.js';
import { MEETINGS, STOP, type Meeting, type SharedState } from '../threads/shared-state.js';
import type { Outcome } from '../threads/worker-result.js';
import { Conversation } from './conversation.js';
import type { DriverProgram } from './driver-program.js';
import { driverSpec, type SpecFiles } from './driver-spec.js';
import { usageOf, type GroupUsage } from './group-usage.js';
import { readOutcomes } from './outcomes-file.js';
import { histogramProblem, packed } from './told-histogram.js';
import { resultProblem, type WorkerReport } from './worker-report.js';

/** A JVM compiles its source first, on a machine that may be busy. */
const HELLO_MS = 60_000;
/** Connecting, and metadata: max.block.ms of Java is as long. */
const READY_MS = 90_000;
/** Progress is due four times a second. */
const SILENT_MS = 30_000;
/** A stopped driver drains, tells what it has, and ends. */
const STOPPED_MS = 4_500;
const END_MS = 5_000;
const POLL_MS = 50;
/** A clock of another kind is off by far more; pipes and a busy machine by far less. */
const CLOCK_MS = 5_000;
const DRAIN_MARGIN_MS = 30_000;

export interface DriverRunTask {
  readonly spec: RunSpec;
  /** From 0, among the workers of this process. */
  readonly worker: number;
  readonly driver: OutsideDriver;
  readonly program: DriverProgram;
  readonly state: SharedState;
  readonly security: SecuritySettings | null;
  readonly files: SpecFiles;
  /** What it says became of its records is read. */
  readonly audited: boolean;
  readonly onInterval: (part: IntervalPart) => void;
  readonly limits?: Partial<DriverLimits>;
}

/** Shorter ones in tests. */
export interface DriverLimits {
  readonly helloMs: number;
  readonly readyMs: number;
  readonly silentMs: number;
}

export async function runDriver(task: DriverRunTask): Promise<Outcome<WorkerReport>> {
  const run = new DriverRun(task);
  try {
    const report = await run.measure();
    const ledgerPart = run.ledgerPart(report?.result ?? null);
    const ended = report === null ? ({ kind: 'stopped' } as const) : measured(report);
    return { ...ended, ...ledgerPart };
  } catch (error) {
    task.state.stop(STOP.failure);
    return { kind: 'failed', failure: failureOf(error), ...run.ledgerPart(null) };
  } finally {
    await run.end();
    task.state.setPhase(task.worker, 'done');
  }
}

const measured = (result: WorkerReport) => ({ kind: 'measured', result }) as const;

class DriverRun {
  private readonly label: string;
  private readonly talk: Conversation;
  private readonly group: number | undefined;
  private readonly startedMs = performance.now();
  private readonly limits: DriverLimits;
  private phase: PhaseName = 'warmup';
  /** Number of its first record of the measured part. */
  private firstMeasured = 0;
  private readonly intervals: Pick<DriverInterval, 'sent' | 'acked' | 'failed'>[] = [];
  private stopping: NodeJS.Timeout | undefined;
  private readonly child;

  constructor(private readonly task: DriverRunTask) {
    this.label = driverLabel(task.driver);
    this.limits = { helloMs: HELLO_MS, readyMs: READY_MS, silentMs: SILENT_MS, ...task.limits };
    this.child = task.program.start();
    this.group = this.child.pid;
    const { state, worker } = task;
    this.talk = new Conversation(this.label, this.child, (message) => {
      if (message.type === 'interval') return this.take(message);
      state.setSent(worker, message.sent);
      state.setAcked(worker, message.acked);
      state.setFailed(worker, message.failed);
      return null;
    });
  }

  /** Null when stopped before the measured part. */
  async measure(): Promise<WorkerReport | null> {
    const { task, talk } = this;
    const { spec, worker, state } = task;
    const { helloMs, readyMs } = this.limits;
    const asked = driverSpec(spec, worker, task.security, task.files);
    talk.say(asked);
    const hello = await this.unlessStopped(talk.hear('hello', helloMs));
    if (hello === null) return null;
    this.checkVersion(hello);
    const ready = await this.unlessStopped(talk.hear('ready', readyMs));
    if (ready === null) return null;
    this.checkClock(ready.nowNs);
    const startupMs = performance.now() - this.startedMs;
    const afterStart = this.usage();
    if (asked.warmup !== null) {
      if ((await this.start('warmup', MEETINGS.warmup)) === null) return null;
      state.setPhase(worker, 'warm-up');
      const done = await this.unlessStopped(this.hearPatiently('done'));
      if (done === null) return null;
      this.firstMeasured = done.sent ?? asked.warmup.records ?? 0;
    }
    // It reads the clock that kbench reads.
    state.setOrigin(worker, this.firstMeasured, 0);
    const before = this.usage();
    const beganAtMs = await this.start('measured', MEETINGS.measure);
    if (beganAtMs === null) return null;
    state.setPhase(worker, 'measuring');
    const result = await this.result();
    const after = this.usage();
    this.checkResult(result);
    state.setSent(worker, result.sent);
    state.setAcked(worker, result.acked);
    state.setFailed(worker, result.failed);
    return { hello, result, startupMs, beganAtMs, usage: [afterStart, before, after] };
  }

  /** What there is to audit; a driver that contradicts itself has told nothing. */
  ledgerPart(result: DriverResult | null): { readonly ledger?: PackedLedger } {
    const { files, worker, spec, audited } = this.task;
    if (!audited || files.audit === null || result === null) return {};
    const read = readOutcomes(files.audit.outcomes, shareOf(spec).first + worker);
    if (read === null)
      throw this.talk.error('told no outcomes of its records, or what is no outcome');
    const [, acknowledged] = read.counts;
    // Of warm-up and measured part, so more than the result says, and never less.
    if (acknowledged < result.acked) {
      throw this.talk.error(
        `contradicts itself: ${result.acked} records acknowledged, ` +
          `and ${acknowledged} by its outcomes`,
      );
    }
    return { ledger: read.ledger };
  }

  async end(): Promise<void> {
    clearInterval(this.stopping);
    this.talk.hangUp();
    if (!(await this.talk.over(this.task.state.stopped ? 0 : END_MS)))
      this.task.program.kill(this.child);
  }

  private usage(): GroupUsage | null {
    return this.group === undefined ? null : usageOf(this.group);
  }

  /** How long after the agreed start it was told of it, 0 if before; null where there is none. */
  private async start(phase: PhaseName, meeting: Meeting): Promise<number | null> {
    const atMs = await meet(this.task.state, meeting, 0);
    if (atMs === null) return null;
    this.phase = phase;
    this.talk.say({ type: 'start', phase, atNs: String(BigInt(Math.round(atMs * 1e6))) });
    return Math.max(0, commonNow() - atMs);
  }

  /** As long as it goes on telling its progress, and no longer than records can take. */
  private async hearPatiently<T extends 'done' | 'result'>(type: T) {
    const { silentMs } = this.limits;
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<never>((_, reject) => {
      timer = setInterval(() => {
        if (this.talk.silentMs > silentMs)
          reject(this.talk.error(`said nothing for ${Math.round(silentMs / 1000)} s`));
      }, POLL_MS);
    });
    try {
      return await Promise.race([this.talk.hear(type, this.phaseLimitMs()), silence]);
    } finally {
      clearInterval(timer);
    }
  }

  private phaseLimitMs(): number {
    const { spec } = this.task;
    const { rate, records, durationMs, warmup } = spec.settings.workload;
    const extent = this.phase === 'warmup' ? warmup : { records, durationMs };
    // A closed loop of so many records takes as long as it takes: silence alone ends it.
    if (extent.durationMs === null && rate === 'max') return 2 ** 31 - 1;
    const lastsMs = extent.durationMs ?? ((extent.records ?? 0) / (rate as number)) * 1000;
    // A client that cannot keep up may need far longer, and still moves.
    return Math.min(2 ** 31 - 1, 10 * lastsMs + deliveryTimeoutMs(spec) + DRAIN_MARGIN_MS);
  }

  /** Asks the driver to stop when the run is stopped, and takes what it then tells. */
  private async result(): Promise<DriverResult> {
    const { state } = this.task;
    let giveUp: (error: Error) => void = () => undefined;
    const givenUp = new Promise<never>((_, reject) => (giveUp = reject));
    let stoppedMs = Infinity;
    this.stopping = setInterval(() => {
      if (!state.stopped) return;
      if (stoppedMs === Infinity) this.talk.hangUp();
      stoppedMs = Math.min(stoppedMs, performance.now());
      if (state.stopCause === STOP.failure || performance.now() - stoppedMs > STOPPED_MS)
        giveUp(this.talk.error('did not end after its stop'));
    }, POLL_MS);
    try {
      return await Promise.race([this.hearPatiently('result'), givenUp]);
    } finally {
      clearInterval(this.stopping);
    }
  }

  private async unlessStopped<T>(promise: Promise<T>): Promise<T | null> {
    let timer: NodeJS.Timeout | undefined;
    const stopped = new Promise<null>((resolve) => {
      timer = setInterval(() => {
        if (this.task.state.stopped) resolve(null);
      }, POLL_MS);
    });
    promise.catch(() => undefined);
    try {
      return await Promise.race([promise, stopped]);
    } finally {
      clearInterval(timer);
    }
  }

  private checkVersion({ protocol, version }: DriverHello): void {
    const { driver } = this.task;
    if (protocol !== DRIVER_PROTOCOL)
      throw this.talk.error(`speaks version ${protocol} of the contract, not ${DRIVER_PROTOCOL}`);
    const wanted = driver.kind === 'exec' ? undefined : driver.version;
    const plain = (text: string): string => text.replace(/^v/, '');
    if (wanted === undefined || plain(wanted) === plain(version)) return;
    throw this.talk.error(
      `is version ${version} on this machine, and the sweep asks for ${wanted}`,
      `write driver: ${driver.kind} for any version, or install ${wanted}`,
    );
  }

  private checkClock(nowNs: string): void {
    const offMs = Number(BigInt(nowNs)) / 1e6 - commonNow();
    if (Math.abs(offMs) <= CLOCK_MS) return;
    const offS = (offMs / 1000).toFixed(1);
    throw this.talk.error(`reads another clock than CLOCK_MONOTONIC: it is ${offS} s off`);
  }

  /** What is wrong with it, or null. */
  private take(message: DriverInterval): string | null {
    if (this.phase !== 'measured') return 'told an interval of the warm-up';
    const { index, durationMs, sent, acked, failed, errors, histogram } = message;
    const problem = histogram === null ? null : histogramProblem(histogram);
    if (problem !== null) return `told interval ${index}, whose histogram ${problem}`;
    this.intervals.push({ sent, acked, failed });
    this.task.onInterval({
      ...{ worker: this.task.worker, index, durationMs, sent, acked, failed },
      ...{ failures: errors, metrics: null },
      latency: histogram === null ? NOTHING : packed(histogram),
    });
    return null;
  }

  /** What contradicts itself is no measurement. */
  private checkResult(result: DriverResult): void {
    const { spec, state } = this.task;
    const openLoop = spec.settings.workload.rate !== 'max';
    const problem =
      resultProblem(result, { openLoop, stopped: state.stopped }) ??
      this.sumProblem(result) ??
      this.numberProblem(result);
    if (problem !== null) throw this.talk.error(`contradicts itself: ${problem}`);
  }

  /** With consumers a record's due time follows from its number, so numbers must be as told. */
  private numberProblem({ sent }: DriverResult): string | null {
    const { files, spec, state } = this.task;
    if (spec.settings.consumers === undefined || files.audit === null || state.stopped) return null;
    const numbered = statSync(files.audit.outcomes, { throwIfNoEntry: false })?.size ?? 0;
    if (numbered === this.firstMeasured + sent) return null;
    return `${this.firstMeasured} and ${sent} records sent, and ${numbered} by its outcomes`;
  }

  private sumProblem(result: DriverResult): string | null {
    for (const name of ['sent', 'acked', 'failed'] as const) {
      const sum = this.intervals.reduce((total, each) => total + each[name], 0);
      if (sum > result[name])
        return `${sum} records ${name} by its intervals, ${result[name]} by its result`;
    }
    return null;
  }
}

const NOTHING = { bytes: new Uint8Array(0), count: 0, minMicros: Infinity, maxMicros: 0 };
