// One worker's run in a driver process: start, hello, ready, warm-up, measured part, end. Called by
// driver-load once a worker. Never rejects and never hangs: what went wrong is its outcome.
import { statSync } from 'node:fs';
import type { OutsideDriver } from '../../contract/driver.js';
import {
  DRIVER_PROTOCOL,
  DRIVER_TIMES,
  type DriverHello,
  type DriverInterval,
  type DriverPhase,
  type DriverResult,
  type DriverSpec,
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
import { packed } from './told-histogram.js';
import { ToldPhase, type Counters } from './told-phase.js';
import type { ValueSizes } from './record-files.js';
import { readOutcomes } from './outcomes-file.js';
import type { WorkerReport } from './worker-report.js';

const POLL_MS = 50;
/** A reading is as old as its way here: pipes, and a busy machine. None is of a time to come. */
const OLD_CLOCK_MS = 5_000;
const AHEAD_CLOCK_MS = 50;
const DRAIN_MARGIN_MS = 30_000;
/** From the kill of its group until its end is known. */
const KILLED_MS = 1_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export interface DriverRunTask {
  readonly spec: RunSpec;
  /** From 0, among the workers of this process. */
  readonly worker: number;
  readonly driver: OutsideDriver;
  readonly program: DriverProgram;
  readonly state: SharedState;
  readonly security: SecuritySettings | null;
  readonly files: SpecFiles;
  readonly valueBytes: ValueSizes;
  /** What it says became of its records is read. */
  readonly audited: boolean;
  readonly onInterval: (part: IntervalPart) => void;
  readonly limits?: Partial<DriverLimits>;
}

/** Shorter ones in a check of a driver, and in tests. */
export interface DriverLimits {
  readonly helloMs: number;
  readonly readyMs: number;
  readonly silentMs: number;
  /** Of a phase beyond its own length; by default as long as records can take. */
  readonly drainMs?: number;
}

export async function runDriver(task: DriverRunTask): Promise<Outcome<WorkerReport>> {
  let run: DriverRun | null = null;
  try {
    run = new DriverRun(task);
    const report = await run.measure();
    const ledgerPart = run.ledgerPart(report?.result ?? null);
    await run.end();
    if (report === null) return { kind: 'stopped', ...ledgerPart };
    run.checkLastWords();
    return { kind: 'measured', result: report, ...ledgerPart };
  } catch (error) {
    task.state.stop(STOP.failure);
    await run?.end();
    return { kind: 'failed', failure: failureOf(error) };
  } finally {
    task.state.setPhase(task.worker, 'done');
  }
}

class DriverRun {
  private readonly talk: Conversation;
  private readonly asked: DriverSpec;
  private readonly group: number | undefined;
  private readonly startedMs = performance.now();
  private readonly limits: DriverLimits;
  /** Null before the first start, and after the result. */
  private phase: RunningPhase | null = null;
  /** Number of its first record of the measured part. */
  private firstMeasured = 0;
  private stopping: NodeJS.Timeout | undefined;
  private readonly child;

  constructor(private readonly task: DriverRunTask) {
    this.limits = { ...DRIVER_TIMES, ...task.limits };
    const { spec, worker, security, files } = task;
    this.asked = driverSpec(spec, worker, security, files);
    this.child = task.program.start();
    this.group = this.child.pid;
    this.talk = new Conversation(task.driver, this.child, (message) =>
      message.type === 'interval' ? this.take(message) : this.heed(message),
    );
  }

  /** Null when stopped before the measured part. */
  async measure(): Promise<WorkerReport | null> {
    const { task, talk } = this;
    const { worker, state } = task;
    const { helloMs, readyMs } = this.limits;
    talk.say(this.asked);
    const hello = await this.unlessStopped(talk.hear('hello', helloMs));
    if (hello === null) return null;
    this.checkVersion(hello);
    const ready = await this.unlessStopped(talk.hear('ready', readyMs));
    if (ready === null) return null;
    this.checkClock(ready.nowNs);
    const startupMs = performance.now() - this.startedMs;
    const afterStart = this.usage();
    const { warmup, measured } = this.asked;
    if (warmup !== null) {
      if ((await this.start('warmup', warmup, MEETINGS.warmup)) === null) return null;
      state.setPhase(worker, 'warm-up');
      const done = await this.unlessStopped(this.hearPatiently('done'));
      if (done === null) return null;
      this.checkDone();
      this.firstMeasured = done.sent ?? warmup.records ?? 0;
    }
    // It reads the clock that kbench reads.
    state.setOrigin(worker, this.firstMeasured, 0);
    const before = this.usage();
    const beganAtMs = await this.start('measured', measured, MEETINGS.measure);
    if (beganAtMs === null) return null;
    state.setPhase(worker, 'measuring');
    const result = await this.result();
    const after = this.usage();
    this.checkResult(result);
    this.count(result);
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
    const { talk, task } = this;
    talk.hangUp();
    if (!(await talk.over(task.state.stopped ? 0 : DRIVER_TIMES.endMs))) {
      task.program.kill(this.child);
      await talk.over(KILLED_MS);
    }
    talk.close();
  }

  /** Throws where it went on telling after its result: which of it is so? */
  checkLastWords(): void {
    const problem = this.talk.unasked();
    if (problem !== null) throw problem;
  }

  private usage(): GroupUsage | null {
    return this.group === undefined ? null : usageOf(this.group);
  }

  /** How long after the agreed start it was told of it, 0 if before; null where there is none. */
  private async start(
    name: PhaseName,
    phase: DriverPhase,
    meeting: Meeting,
  ): Promise<number | null> {
    const { state } = this.task;
    const atMs = await Promise.race([meet(state, meeting, 0), this.talk.broken]);
    if (atMs === null) return null;
    const early = this.talk.unasked();
    if (early !== null) throw early;
    const { due, intervalMs } = this.asked;
    const { valueBytes } = this.task;
    this.phase = { name, atMs, told: new ToldPhase({ phase, due, intervalMs, valueBytes }) };
    this.talk.say({ type: 'start', phase: name, atNs: String(BigInt(Math.round(atMs * 1e6))) });
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
    const extent = this.phase?.name === 'warmup' ? warmup : { records, durationMs };
    const { drainMs } = this.limits;
    // A closed loop of so many records takes as long as it takes: silence alone ends it.
    if (extent.durationMs === null && rate === 'max') return drainMs ?? LONGEST_TIMER_MS;
    const lastsMs = extent.durationMs ?? ((extent.records ?? 0) / (rate as number)) * 1000;
    // A client that cannot keep up may need far longer, and still moves.
    const longMs = 9 * lastsMs + deliveryTimeoutMs(spec) + DRAIN_MARGIN_MS;
    return Math.min(LONGEST_TIMER_MS, lastsMs + (drainMs ?? longMs));
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
      if (state.stopCause === STOP.failure || performance.now() - stoppedMs > DRIVER_TIMES.resultMs)
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
    if (offMs >= -OLD_CLOCK_MS && offMs <= AHEAD_CLOCK_MS) return;
    const offS = (offMs / 1000).toPrecision(3);
    throw this.talk.error(`reads another clock than CLOCK_MONOTONIC: it is ${offS} s off`);
  }

  private heed(counters: Counters): string | null {
    const { phase } = this;
    // Between phases there is nothing to tell: one that is late has told all of it before.
    if (phase === null || commonNow() < phase.atMs) return null;
    const problem = phase.told.progress(counters, commonNow() - phase.atMs);
    if (problem === null) this.count(counters);
    return problem;
  }

  private count({ sent, acked, failed }: Counters): void {
    const { state, worker } = this.task;
    state.setSent(worker, sent);
    state.setAcked(worker, acked);
    state.setFailed(worker, failed);
  }

  /** What is wrong with it, or null. */
  private take(message: DriverInterval): string | null {
    const { phase } = this;
    if (phase?.name !== 'measured') return 'told an interval outside of the measured phase';
    const problem = phase.told.interval(message, commonNow() - phase.atMs);
    if (problem !== null) return problem;
    const { index, durationMs, sent, acked, failed, errors, histogram } = message;
    this.task.onInterval({
      ...{ worker: this.task.worker, index, durationMs, sent, acked, failed },
      ...{ failures: errors, metrics: null },
      latency: histogram === null ? NOTHING : packed(histogram),
    });
    return null;
  }

  private checkDone(): void {
    const { phase } = this;
    const problem = phase === null ? null : phase.told.done(commonNow() - phase.atMs);
    if (problem !== null) throw this.talk.error(problem);
  }

  private checkResult(result: DriverResult): void {
    const { phase } = this;
    if (phase === null) return;
    this.phase = null;
    const nowMs = commonNow() - phase.atMs;
    const problem =
      phase.told.result(result, nowMs, this.task.state.stopped) ?? this.numberProblem(result);
    if (problem !== null) throw this.talk.error(problem);
  }

  /** With consumers a record's due time follows from its number, so numbers must be as told. */
  private numberProblem({ sent }: DriverResult): string | null {
    const { files, spec, state } = this.task;
    if (spec.settings.consumers === undefined || files.audit === null || state.stopped) return null;
    const numbered = statSync(files.audit.outcomes, { throwIfNoEntry: false })?.size ?? 0;
    if (numbered === this.firstMeasured + sent) return null;
    return `told ${this.firstMeasured} and ${sent} records sent, and ${numbered} by its outcomes`;
  }
}

/** Since its agreed start, on the common clock. */
interface RunningPhase {
  readonly name: PhaseName;
  readonly atMs: number;
  readonly told: ToldPhase;
}

const NOTHING = { bytes: new Uint8Array(0), count: 0, minMicros: Infinity, maxMicros: 0 };
