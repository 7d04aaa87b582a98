// `rate: max`: as fast as buffer.memory lets records in. A record has no intended time here, so
// only its service time means something.
import { BURST_MS, CLOCK_EVERY, GeneratorPhase } from './generator.js';
import type { GeneratorContext } from './generator.js';

export interface ClosedLoopPlan {
  /** On the worker's clock; may lie a little ahead. */
  readonly startMs: number;
  /** Whichever of the two is met first; Infinity for none. */
  readonly records: number;
  readonly endMs: number;
}

/**
 * A timer may be this late: it does the most of the wait for the start, turns of the event loop the
 * rest.
 */
const TIMER_GRAIN_MS = 2;

export class ClosedLoop extends GeneratorPhase {
  constructor(
    context: GeneratorContext,
    private readonly plan: ClosedLoopPlan,
  ) {
    super(context);
  }

  protected override expired(nowMs: number): boolean {
    return nowMs >= this.plan.endMs;
  }

  protected override burst(): void {
    const { clock } = this.context;
    const startMs = clock.now();
    if (startMs < this.plan.startMs) {
      this.awaitStart(this.plan.startMs - startMs);
      return;
    }
    const epochMs = clock.epoch();
    let nowMs = startMs;
    do {
      if (this.count >= this.plan.records || this.expired(nowMs)) {
        this.end();
        return;
      }
      if (
        !this.append(
          nowMs,
          epochMs,
          this.within(Math.min(this.count + CLOCK_EVERY, this.plan.records)),
        )
      ) {
        this.block(nowMs);
        return;
      }
      nowMs = clock.now();
      if (this.count >= this.boundary) {
        this.complete(nowMs);
        return;
      }
    } while (nowMs - startMs < BURST_MS);
    this.closeBurst(nowMs);
    this.again();
  }

  /** Appends until the phase has `upTo` records; false when buffer.memory is full. */
  private append(nowMs: number, epochMs: number, upTo: number): boolean {
    this.context.sentNotes?.note(nowMs);
    for (let left = upTo - this.count; left > 0; left--) {
      if (this.appendOne(nowMs, epochMs, nowMs) === null) return false;
    }
    return true;
  }

  /** No record is ever due. */
  protected override appendDue(): void {}

  private awaitStart(waitMs: number): void {
    const sleepMs = Math.floor(waitMs - TIMER_GRAIN_MS);
    if (sleepMs > 0) this.context.clock.schedule(sleepMs, this.turn);
    else this.again();
  }
}
