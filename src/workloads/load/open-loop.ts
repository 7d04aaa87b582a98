// `rate: N/s`: every record has an intended time from its index, whatever the broker does. Behind
// its times the loop catches up in bursts, and the times stay as they were: lateness shows in delay
// and response instead of being left out (coordinated omission).
import { BURST_MS, CLOCK_EVERY, GeneratorPhase } from './generator.js';
import type { GeneratorContext } from './generator.js';
import type { Pacer } from './pacer.js';
import type { Schedule } from './schedule.js';
import { SecondThread } from '../java-timing/second-thread.js';

export interface OpenLoopPlan {
  readonly schedule: Schedule;
  readonly pacer: Pacer;
  /** Records of this worker; those due are all sent, late or not, until endMs. */
  readonly records: number;
  /** Gives up what is then still unsent; Infinity never does. */
  readonly endMs: number;
}

export class OpenLoop extends GeneratorPhase {
  /**
   * Until when it had the thread, to append what was due or to sleep. What falls due later waits
   * for sockets and compression, which a Java application's thread leaves to the sender's; so
   * linger counts from the due time then. Infinity: it waited for the producer itself.
   */
  private freeMs = Infinity;
  private readonly second: SecondThread;
  private senderFirst = false;

  constructor(
    context: GeneratorContext,
    private readonly plan: OpenLoopPlan,
  ) {
    super(context);
    const { producer } = context;
    this.second = new SecondThread(
      plan.pacer.lookEveryMs(plan.schedule.gapMs),
      () => producer.codecLagMs,
    );
  }

  protected override expired(nowMs: number): boolean {
    return nowMs >= this.plan.endMs;
  }

  protected override burst(): void {
    const { clock } = this.context;
    const { schedule, records } = this.plan;
    const startMs = clock.now();
    if (this.expired(startMs)) {
      this.end();
      return;
    }
    // A sender's own thread does not wait for the application's to wake up: in one half of cases
    // what has lingered long enough goes before what has become due since.
    this.senderFirst = !this.senderFirst;
    if (this.senderFirst) this.context.producer.wake();
    const caughtUpMs = this.second.caughtUp(startMs);
    if (caughtUpMs < startMs && this.freeMs < Infinity) {
      this.appendUpTo(caughtUpMs, startMs);
      this.closeBurst(startMs);
    }
    this.second.looked(startMs);
    let due = Math.min(records, schedule.dueAt(startMs));
    let nowMs = startMs;
    if (this.count < due) {
      const epochMs = clock.epoch();
      do {
        if (!this.append(nowMs, epochMs, this.within(Math.min(due, this.count + CLOCK_EVERY)))) {
          this.freeMs = Infinity;
          this.block(nowMs);
          return;
        }
        nowMs = clock.now();
        if (this.count >= this.boundary) {
          this.freeMs = Infinity;
          this.complete(nowMs);
          return;
        }
        // A batch that was compressed on the way has taken its time, in which more has become due.
        const javaMs = this.second.javaMs(nowMs);
        if (this.count >= due) due = Math.min(records, schedule.dueAt(javaMs));
        if (javaMs - startMs >= BURST_MS) break;
      } while (this.count < due);
      this.freeMs = nowMs;
      this.closeBurst(nowMs);
    } else this.freeMs = nowMs;
    this.second.looked(nowMs);
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
    this.freeMs = clock.now(); // short sleeps are over by now
  }

  protected override appendDue(sinceMs: number, nowMs: number): void {
    if (this.expired(nowMs)) return;
    const lookMs = this.second.look(sinceMs, nowMs);
    this.appendUpTo(lookMs, nowMs, this.second.most);
  }

  /** What was due at `lookMs`, `most` records of it. */
  private appendUpTo(lookMs: number, nowMs: number, most = CLOCK_EVERY): void {
    const { schedule, records } = this.plan;
    const due = Math.min(records, schedule.dueAt(lookMs), this.count + Math.min(most, CLOCK_EVERY));
    if (this.count >= due) return;
    this.append(nowMs, this.context.clock.epoch(), this.within(due));
    this.freeMs = lookMs;
  }

  /** Appends until the phase has `upTo` records; false when buffer.memory is full. */
  private append(nowMs: number, epochMs: number, upTo: number): boolean {
    while (this.count < upTo) {
      const intendedMs = this.plan.schedule.at(this.count);
      const stamps = this.appendOne(
        nowMs,
        epochMs,
        Math.min(nowMs, Math.max(intendedMs, this.freeMs)),
      );
      if (stamps === null) return false;
      stamps.addIntended(intendedMs);
    }
    return true;
  }
}
