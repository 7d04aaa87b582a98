// `rate: N/s`: every record has an intended time from its index, whatever the broker does. Behind its times the loop catches up in bursts, and
// the times stay as they were: lateness shows in delay and response instead of being left out (coordinated omission).
import { BURST_MS, CLOCK_EVERY, GeneratorPhase } from './generator.js';
import type { GeneratorContext } from './generator.js';
import type { Pacer } from './pacer.js';
import type { Schedule } from './schedule.js';

export interface OpenLoopPlan {
  readonly schedule: Schedule;
  readonly pacer: Pacer;
  /** Records of this worker; those due are all sent, late or not, until endMs. */
  readonly records: number;
  /** Gives up what is then still unsent; Infinity never does. */
  readonly endMs: number;
}

export class OpenLoop extends GeneratorPhase {
  constructor(
    context: GeneratorContext,
    private readonly plan: OpenLoopPlan,
  ) {
    super(context);
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
    const due = Math.min(records, schedule.dueAt(startMs));
    let nowMs = startMs;
    if (this.count < due) {
      const epochMs = clock.epoch();
      do {
        if (!this.append(nowMs, epochMs, this.within(Math.min(due, this.count + CLOCK_EVERY)))) {
          this.block(nowMs);
          return;
        }
        nowMs = clock.now();
        if (this.count >= this.boundary) {
          this.complete(nowMs);
          return;
        }
      } while (this.count < due && nowMs - startMs < BURST_MS);
      this.closeBurst(nowMs);
    }
    if (this.count >= records) {
      this.end();
      return;
    }
    const waitMs = schedule.at(this.count) - nowMs;
    if (waitMs <= 0) {
      this.again();
      return;
    }
    this.plan.pacer.pause(waitMs, schedule.gapMs, this.context.tracker.outstanding === 0, this.turn);
  }

  /** Appends until the phase has `upTo` records; false when buffer.memory is full. */
  private append(nowMs: number, epochMs: number, upTo: number): boolean {
    while (this.count < upTo) {
      const intendedMs = this.plan.schedule.at(this.count);
      const stamps = this.appendOne(nowMs, epochMs);
      if (stamps === null) return false;
      stamps.addIntended(intendedMs);
    }
    return true;
  }
}
