// One run on several agents: hands each its share, lets them begin at one agreed instant, and puts
// what they measured together. Called for every run of a sweep with agents, in place of
// run-workload. Like that it never rejects and never hangs: an agent that is lost makes the run a
// failed one, by its name.
import type { RunResult } from '../../contract/run-result.js';
import type { RunSpec, WorkerShare } from '../../contract/run-spec.js';
import type { PackedLedger } from '../../workloads/audit/ledger.js';
import type { OpenLog } from '../../workloads/audit/run-audit.js';
import { withAudit, type MeasuredRun } from '../../workloads/audit/with-audit.js';
import { initHistograms } from '../../workloads/measure/histogram.js';
import { IntervalMerger } from '../../workloads/measure/intervals.js';
import { failureOf } from '../../workloads/result/failure.js';
import { runResultOf } from '../../workloads/result/run-result-of.js';
import type { FaultWatch, WorkloadHooks } from '../../workloads/workload-hooks.js';
import { LEAD_MS } from '../../workloads/threads/barrier.js';
import { MEETINGS, type Meeting } from '../../workloads/threads/shared-state.js';
import type { WorkerFailure } from '../../workloads/threads/worker-result.js';
import { toAgentClock, type ClockReading } from '../protocol/clock-offset.js';
import { ConsumedAssembly } from '../protocol/consumed-parts.js';
import { LedgerAssembly } from '../protocol/ledger-parts.js';
import type { NamedFile } from '../protocol/messages.js';
import { AgentsProgress } from './agents-progress.js';
import type { Member, OfRun } from './member.js';
import { MemberChanges } from './member-changes.js';
import { mergeShares, type AgentPart, type Measured } from './merge-shares.js';
import { clientsDiffer, resultsProblem } from './told-results.js';

const SAMPLE_MS = 250;
/** The start must reach every agent: a round trip of the furthest, and the sending itself. */
const ROUND_TRIPS = 2;
const SEND_MS_AN_AGENT = 0.1;
/** Once one has failed, what the others may take to say that they have stopped. */
const OTHERS_END_MS = 3_000;
/** The same where they also tell what they had sent: it is audited all the same. */
const LEDGERS_MS = 30_000;

const NO_FILES: readonly NamedFile[] = [];

export interface AgentsRun {
  readonly members: readonly Member[];
  /** Milliseconds on the clock that starts are agreed on. */
  readonly now: () => number;
  /** Files that the settings name; an agent must have the very same. */
  readonly files?: readonly NamedFile[];
  /** What an audit reads from: another in tests. */
  readonly openLog?: OpenLog;
}

let lastTask = 0;

export function runOnAgents(
  spec: RunSpec,
  hooks: WorkloadHooks,
  run: AgentsRun,
): Promise<RunResult> {
  return withAudit({
    ...{ spec, hooks, openLog: run.openLog },
    workers: spec.settings.workload.workers * run.members.length,
    measure: (heard, stamp) => measureOnAgents(spec, heard, stamp, run),
  });
}

async function measureOnAgents(
  spec: RunSpec,
  hooks: WorkloadHooks,
  stamp: number,
  run: AgentsRun,
): Promise<MeasuredRun> {
  const startedAt = new Date();
  let course: Course | null = null;
  try {
    await initHistograms();
    course = new Course(spec, run, stamp);
    const end = await course.toItsEnd(hooks);
    const { stopped } = end;
    const failure = end.failure ?? clientsDiffer(course.parts());
    const parts = failure === null ? course.parts() : [];
    const whole = { intervals: course.intervals, events: hooks.faults?.events() ?? [] };
    const { measurement, sections, agents } = mergeShares(spec, parts, whole);
    const result = runResultOf(spec, { startedAt, measurement, failure, stopped });
    const told = agents.length === 0 ? {} : { agents: [...agents] };
    return { result: { ...result, ...sections, ...told }, ledgers: course.ledgers() };
  } catch (error) {
    const failed = { startedAt, measurement: null, failure: failureOf(error), stopped: false };
    return { result: runResultOf(spec, failed), ledgers: course?.ledgers() ?? [] };
  }
}

interface End {
  readonly failure: WorkerFailure | null;
  readonly stopped: boolean;
}

/** One agent's part while it is under way. */
interface Seat {
  readonly member: Member;
  readonly share: WorkerShare;
  before: ClockReading | null;
  after: ClockReading | null;
  measured: Measured | null;
  readonly ledgers: LedgerAssembly;
  readonly consumed: ConsumedAssembly;
  /** In a run with faults: its own intervals, for its own figures. */
  readonly intervals: IntervalMerger | null;
  /** Nothing more comes from it. */
  over: boolean;
}

/** From the handing out of the shares to the last word of the last agent. */
class Course {
  private readonly task = ++lastTask;
  private readonly seats: readonly Seat[];
  readonly intervals: IntervalMerger;
  private readonly progress: AgentsProgress;
  private readonly arrived: Record<Meeting, Set<Seat>> = { 0: new Set(), 1: new Set() };
  /** Of a run with consumers: whose workers are done. */
  private readonly produced = new Set<Seat>();
  private producing = true;
  private readonly changes: MemberChanges;
  private startMs: number | null = null;
  private failure: WorkerFailure | null = null;
  private stopped = false;
  private faults: FaultWatch | undefined;
  private timer: NodeJS.Timeout | undefined;
  private readonly end: Promise<void>;
  private ended: () => void = () => undefined;

  constructor(
    private readonly spec: RunSpec,
    private readonly run: AgentsRun,
    private readonly stamp: number,
  ) {
    const { workload, faults = [] } = spec.settings;
    const { workers } = workload;
    const keeps = faults.length > 0;
    const of = workers * run.members.length;
    this.seats = run.members.map((member, index) => ({
      ...{ member, share: { first: index * workers, workers, of } },
      ...{ before: null, after: null, measured: null, over: false },
      ledgers: new LedgerAssembly(index * workers, workers),
      consumed: new ConsumedAssembly(),
      intervals: keeps ? new IntervalMerger(1, { keeps }) : null,
    }));
    this.intervals = new IntervalMerger(this.seats.length, { keeps });
    const names = this.seats.map(({ member: { name }, share }) => ({ name, share }));
    this.progress = new AgentsProgress(spec, names, run.now);
    const [{ member: first }] = this.seats;
    this.changes = new MemberChanges((id, change) =>
      first.send({ kind: 'member', task: this.task, id, change }),
    );
    this.end = new Promise((resolve) => (this.ended = resolve));
  }

  async toItsEnd({ signal, onProgress, faults }: WorkloadHooks): Promise<End> {
    this.faults = faults;
    const stop = (): void => {
      this.stopped = true;
      this.sendAll({ kind: 'stop', task: this.task, cause: 'user' });
    };
    const detach = this.seats.map((seat, index) =>
      seat.member.attach({
        onMessage: (message) => this.take(seat, index, message),
        onGone: (reason) => this.fail(seat, { message: `it is gone: ${reason}` }),
      }),
    );
    const sampling = setInterval(
      () => onProgress?.(this.progress.read(this.intervals.lastP99Ms)),
      SAMPLE_MS,
    );
    try {
      // Of a thousand, each has its part cloned and sent: by turns, so that none is thought dead.
      await this.readClocks('before');
      for (const { member, share } of this.seats) {
        const { files = NO_FILES } = this.run;
        member.send({
          kind: 'run',
          task: this.task,
          spec: { ...this.spec, share },
          files: [...files],
          stamp: this.stamp,
        });
      }
      signal?.addEventListener('abort', stop, { once: true });
      if (signal?.aborted === true) stop();
      await this.end;
      if (this.failure === null) await this.readClocks('after');
      return { failure: this.failure, stopped: this.stopped };
    } finally {
      clearInterval(sampling);
      clearTimeout(this.timer);
      signal?.removeEventListener('abort', stop);
      for (const leave of detach) leave();
      this.changes.end('the run was over before');
    }
  }

  parts(): AgentPart[] {
    return this.seats.flatMap(({ member, measured, consumed, ...seat }) => {
      if (measured === null) return [];
      const { share, before, after, intervals } = seat;
      const { hello } = member;
      const { startMs } = this;
      const head = measured.consumed;
      const received = head === null ? null : consumed.whole(head);
      const part = { hello, share, before, after, startMs, measured, consumed: received };
      return [{ ...part, intervals }];
    });
  }

  ledgers(): readonly PackedLedger[] {
    return this.seats.flatMap(({ ledgers }) => ledgers.ledgers);
  }

  private take(seat: Seat, index: number, message: OfRun): void {
    // Words about an earlier run that it was too late to say.
    if (message.task !== this.task || seat.over) return;
    switch (message.kind) {
      case 'progress':
        this.progress.heard(index, message);
        return;
      case 'arrived':
        this.progress.arrived(index);
        this.arrived[message.meeting].add(seat);
        if (this.arrived[message.meeting].size === this.seats.length)
          void this.open(message.meeting);
        return;
      case 'interval':
        seat.intervals?.add(message.part);
        this.intervals.add(message.part);
        return;
      case 'ledger':
        seat.ledgers.add(message.ledger);
        return;
      case 'consumed':
        seat.consumed.add(message.consumed);
        return;
      case 'produced':
        this.produced.add(seat);
        void this.finishConsumers();
        return;
      case 'changed':
        this.changes.answered(message.id, message.failure);
        return;
      case 'measured':
        this.measured(seat, index, message);
        return;
      case 'failed':
        // Broken off by the user's stop, or because another had failed: no cause of its own.
        if (this.stopped || message.stopped) this.over(seat);
        else this.fail(seat, message.failure);
    }
  }

  private measured(seat: Seat, index: number, message: Measured): void {
    const problem = resultsProblem({ ...this.spec, share: seat.share }, message);
    if (problem !== null) {
      this.fail(seat, { message: problem });
      return;
    }
    this.progress.done(index);
    seat.measured = message;
    this.over(seat);
  }

  /** All workers of all agents are there: they go on together. */
  private async open(meeting: Meeting): Promise<void> {
    await this.readClocks('before');
    if (this.failure !== null) return;
    const roundTripMs = Math.max(...this.seats.map(({ before }) => 2 * (before?.errorMs ?? 0)));
    const leadMs = LEAD_MS + ROUND_TRIPS * roundTripMs + SEND_MS_AN_AGENT * this.seats.length;
    const startMs = this.run.now() + leadMs;
    if (meeting === MEETINGS.measure) {
      this.startMs = startMs;
      if (this.spec.settings.consumers !== undefined)
        this.faults?.members((change) => this.changes.make(change));
      this.faults?.start(startMs);
    }
    for (const seat of this.seats) {
      const atMs = seat.before === null ? startMs : toAgentClock(startMs, seat.before);
      seat.member.send({ kind: 'start', task: this.task, meeting, atMs });
    }
  }

  /** Nobody produces any more: what is waited for may lie behind what is broken. */
  private async finishConsumers(): Promise<void> {
    const all = this.seats.every((seat) => seat.over || this.produced.has(seat));
    if (!all || !this.producing || this.failure !== null) return;
    this.producing = false;
    await this.faults?.mend(!this.stopped);
    this.sendAll({ kind: 'all-produced', task: this.task });
  }

  private async readClocks(when: 'before' | 'after'): Promise<void> {
    await Promise.all(
      this.seats.map(async (seat) => {
        const reading = await seat.member.readClock();
        if (reading !== null) seat[when] = reading;
        // Without its clock it would begin at no known time. Let go, it comes back by itself once
        // it can answer, and the next run waits for that.
        else if (when === 'before' && !seat.over)
          seat.member.drop('it did not answer when its clock was asked for');
      }),
    );
  }

  private fail(seat: Seat, { message, remedy }: WorkerFailure): void {
    if (seat.over) return;
    if (this.failure === null && !this.stopped) {
      const { name, hello } = seat.member;
      const named = `agent ${name} (${hello.host.host}): ${message}`;
      this.failure = { message: named, ...(remedy === undefined ? {} : { remedy }) };
      this.sendAll({ kind: 'stop', task: this.task, cause: 'failure' });
      const audited = this.spec.settings.workload.audit === true;
      const limitMs = audited ? LEDGERS_MS : OTHERS_END_MS;
      this.timer = setTimeout(this.ended, limitMs);
    }
    this.over(seat);
  }

  private over(seat: Seat): void {
    seat.over = true;
    if (seat === this.seats[0]) this.changes.end(`agent ${seat.member.name} has ended its part`);
    if (this.seats.every((each) => each.over)) this.ended();
    else if (this.produced.size > 0) void this.finishConsumers();
  }

  private sendAll(message: Parameters<Member['send']>[0]): void {
    for (const { member, over } of this.seats) if (!over) member.send(message);
  }
}
