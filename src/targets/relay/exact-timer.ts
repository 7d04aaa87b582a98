// Hands on bytes at their instants, finer than Node's timers (1 ms): a timer does the most of a
// wait, sleeps of some 0.1 ms with a turn of the event loop between them the rest. One for the
// relays' thread, which does nothing else. Costs nothing while nothing is due.
import { SleepingPacer, type PacerTuning } from '../../workloads/load/pacer.js';

/** Whoever has something to do at an instant. */
export interface Due {
  /** On performance.now(); Infinity while there is nothing. */
  readonly dueMs: number;
  /** Does all that is due. */
  run(nowMs: number): void;
}

/**
 * What arrives during a sleep is read after it, so a sleep's length is also what arrivals are late.
 * Shorter ones take more of a core while a delay is on: bench/relay.ts has the figures.
 */
const TUNING: PacerTuning = {
  quantumMs: 0.1,
  overshootMs: 0.06,
  timerMs: 2.5,
  spinGapMs: 0.4,
  slackNs: 1000,
};

export class ExactTimer {
  private readonly waiting = new Set<Due>();
  private readonly pacer = new SleepingPacer(TUNING);
  /** When the pause under way ends; a pause that was overtaken by an earlier one does nothing. */
  private wakeMs = Infinity;
  private pauses = 0;
  private waking = false;

  /** `due` has something, perhaps sooner than all others. */
  add(due: Due): void {
    this.waiting.add(due);
    if (!this.waking && due.dueMs < this.wakeMs) this.pause();
  }

  remove(due: Due): void {
    this.waiting.delete(due);
  }

  private pause(): void {
    let next = Infinity;
    for (const { dueMs } of this.waiting) next = Math.min(next, dueMs);
    this.wakeMs = next;
    if (next === Infinity) return;
    const pause = ++this.pauses;
    const waitMs = Math.max(0, next - performance.now());
    this.pacer.pause(waitMs, Infinity, false, () => {
      if (pause === this.pauses) this.wake();
    });
  }

  private wake(): void {
    const now = performance.now();
    this.waking = true;
    for (const due of [...this.waiting]) {
      if (due.dueMs <= now) due.run(now);
      if (due.dueMs === Infinity) this.waiting.delete(due);
    }
    this.waking = false;
    this.pause();
  }
}
