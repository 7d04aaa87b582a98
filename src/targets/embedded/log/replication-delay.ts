// How long acks=all takes: answers that wait until the followers would have fetched. One queue for
// the whole cluster, one waiter on its head: the delay is a constant, so that the first in is the
// first due. Called by connections; must never let an answer out early.
import type { Clock } from '../../../base/clock.js';

/** What waits. */
export interface Due {
  replicated(): void;
}

/**
 * How the head is waited for. Node's timers tick in whole ms, so below that: `spin` turns the event
 * loop (exact, a core while something is pending); `sleep` blocks this thread in short sleeps
 * between turns (a fraction of a core; for a thread of its own only); `timer` leaves it to the
 * clock (simulated time).
 */
export type WaitingStyle = 'spin' | 'sleep' | 'timer';

/** A timer of n ms may come up to 1 ms late: it is set early, and the rest is waited for finely. */
const TIMER_SLACK_MS = 1.5;
/** Atomics.wait wakes about 60 us after what it was asked (measured, facts/node.md). */
const SLEEP_OVERSHOOT_MS = 0.06;
/** Sockets wait for as long as a sleep lasts. */
const LONGEST_SLEEP_MS = 0.05;

export class ReplicationDelay {
  private waiting: (Due | null)[] = new Array<Due | null>(64).fill(null);
  private dueMs = new Float64Array(64);
  private head = 0;
  private count = 0;
  private running = false;
  private readonly cell = new Int32Array(new SharedArrayBuffer(4));
  private readonly turn = () => this.run();

  constructor(
    private readonly clock: Clock,
    readonly delayMs: number,
    private readonly style: WaitingStyle,
  ) {}

  /** Calls `due.replicated()` once, `delayMs` from now. */
  add(due: Due): void {
    if (this.style === 'timer') {
      this.clock.schedule(this.delayMs, () => due.replicated());
      return;
    }
    if (this.count === this.waiting.length) this.grow();
    const slot = (this.head + this.count++) & (this.waiting.length - 1);
    this.waiting[slot] = due;
    this.dueMs[slot] = this.clock.now() + this.delayMs;
    if (!this.running) {
      this.running = true;
      // Not asleep yet: the caller still has answers to write.
      this.again(this.delayMs, false);
    }
  }

  private run(): void {
    const nowMs = this.clock.now();
    while (this.count > 0 && this.dueMs[this.head] <= nowMs) {
      const due = this.waiting[this.head]!;
      this.waiting[this.head] = null;
      this.head = (this.head + 1) & (this.waiting.length - 1);
      this.count--;
      due.replicated();
    }
    if (this.count > 0) this.again(this.dueMs[this.head] - nowMs, this.style === 'sleep');
    else this.running = false;
  }

  private again(restMs: number, maySleep: boolean): void {
    if (restMs > TIMER_SLACK_MS + 1) {
      setTimeout(this.turn, Math.floor(restMs - TIMER_SLACK_MS));
      return;
    }
    if (maySleep && restMs > SLEEP_OVERSHOOT_MS) {
      Atomics.wait(this.cell, 0, 0, Math.min(LONGEST_SLEEP_MS, restMs - SLEEP_OVERSHOOT_MS));
    }
    setImmediate(this.turn);
  }

  private grow(): void {
    const waiting = new Array<Due | null>(this.waiting.length * 2).fill(null);
    const dueMs = new Float64Array(waiting.length);
    for (let i = 0; i < this.count; i++) {
      const slot = (this.head + i) & (this.waiting.length - 1);
      waiting[i] = this.waiting[slot]!;
      dueMs[i] = this.dueMs[slot]!;
    }
    this.waiting = waiting;
    this.dueMs = dueMs;
    this.head = 0;
  }
}
