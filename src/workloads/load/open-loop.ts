// `rate: N/s`: every record has an intended time from its index, whatever the broker does. Behind
// its times the loop catches up in bursts, and the times stay as they were: lateness shows in delay
// and response instead of being left out (coordinated omission).
import { BURST_MS, CLOCK_EVERY, GeneratorPhase } from './generator.js';
import type { GeneratorContext } from './generator.js';
import type { Pacer } from './pacer.js';
import type { Schedule } from './schedule.js';
import type { ApplicationThread } from '../java-timing/application-thread.js';

export interface OpenLoopPlan {
  readonly schedule: Schedule;
  readonly pacer: Pacer;
  /** Whom it stands for: when what is due is handed over beside a sender at work. */
  readonly thread: ApplicationThread;
  /** Records of this worker; those due are all sent, late or not, until endMs. */
  readonly records: number;
  /** Gives up what is then still unsent; Infinity never does. */
  readonly endMs: number;
}

export class OpenLoop extends GeneratorPhase {
  private readonly thread: ApplicationThread;

  constructor(
    context: GeneratorContext,
    private readonly plan: OpenLoopPlan,
  ) {
    super(context);
    this.thread = plan.thread;
  }

  protected override expired(nowMs: number): boolean {
    return nowMs >= this.plan.endMs;
  }

  protected override burst(): void {
    const { clock } = this.context;
    const { thread } = this;
    const { schedule, records } = this.plan;
    const startMs = clock.now();
    if (this.expired(startMs)) {
      this.end();
      return;
    }
    if (thread.senderFirst()) this.context.producer.wake();
    const caughtUpMs = thread.caughtUp(startMs);
    if (caughtUpMs < startMs) {
      this.appendUpTo(caughtUpMs, startMs);
      this.closeBurst(startMs);
    }
    thread.looked(startMs);
    let due = Math.min(records, schedule.dueAt(startMs));
    let nowMs = startMs;
    if (this.count < due) {
      const epochMs = clock.epoch();
      do {
        if (!this.append(nowMs, epochMs, this.within(Math.min(due, this.count + CLOCK_EVERY)))) {
          thread.wasFreeUntil(Infinity);
          this.block(nowMs);
          return;
        }
        nowMs = clock.now();
        if (this.count >= this.boundary) {
          thread.wasFreeUntil(Infinity);
          this.complete(nowMs);
          return;
        }
        // A batch that was compressed on the way has taken its time, in which more has become due.
        const dueByMs = thread.dueBy(nowMs);
        if (this.count >= due) due = Math.min(records, schedule.dueAt(dueByMs));
        if (dueByMs - startMs >= BURST_MS) break;
      } while (this.count < due);
      thread.wasFreeUntil(nowMs);
      this.closeBurst(nowMs);
    } else thread.wasFreeUntil(nowMs);
    thread.looked(nowMs);
    if (this.count >= records) {
      this.end();
      return;
    }
    const waitMs = schedule.at(this.count) - nowMs;
    if (waitMs <= 0) {
      this.again();
      return;
    }
    this.plan.pacer.pause(
      waitMs,
      schedule.gapMs,
      this.context.tracker.outstanding === 0,
      this.turn,
    );
    thread.wasFreeUntil(clock.now()); // short sleeps are over by now
  }

  protected override appendDue(sinceMs: number, nowMs: number): void {
    if (this.expired(nowMs)) return;
    const lookMs = this.thread.look(sinceMs, nowMs);
    this.appendUpTo(lookMs, nowMs, this.thread.most);
  }

  /** What was due at `lookMs`, `most` records of it. */
  private appendUpTo(lookMs: number, nowMs: number, most = CLOCK_EVERY): void {
    const { schedule, records } = this.plan;
    const due = Math.min(records, schedule.dueAt(lookMs), this.count + Math.min(most, CLOCK_EVERY));
    if (this.count >= due) return;
    this.append(nowMs, this.context.clock.epoch(), this.within(due));
    this.thread.wasFreeUntil(lookMs);
  }

  /** Appends until the phase has `upTo` records; false when buffer.memory is full. */
  private append(nowMs: number, epochMs: number, upTo: number): boolean {
    while (this.count < upTo) {
      const intendedMs = this.plan.schedule.at(this.count);
      const handedMs = this.thread.handedOverMs(intendedMs, nowMs);
      const stamps = this.appendOne(nowMs, epochMs, handedMs);
      if (stamps === null) return false;
      stamps.addIntended(intendedMs);
    }
    return true;
  }
}
