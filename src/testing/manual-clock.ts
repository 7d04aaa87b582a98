// A clock that moves only when a test says so. Code under test can spend time through `spend`, as a
// slow machine would.
import type { Clock, TimerHandle } from '../base/clock.js';

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly callback: () => void;
}

/** A loop that spins for ever shows as an error instead of a hang. */
const MAX_STEPS = 2_000_000;

export class ManualClock implements Clock {
  private timeMs: number;
  private timers: Timer[] = [];
  private turns: (() => void)[] = [];
  private order = 0;

  /** `turnMs` passes with every turn of the event loop, so that what spins comes to an end. */
  constructor(
    startMs = 1000,
    private readonly turnMs = 0.005,
  ) {
    this.timeMs = startMs;
  }

  now(): number {
    return this.timeMs;
  }

  epoch(): number {
    return 1_700_000_000_000 + Math.floor(this.timeMs);
  }

  schedule(delayMs: number, callback: () => void): TimerHandle {
    const timer = { atMs: this.timeMs + delayMs, order: this.order++, callback };
    this.timers.push(timer);
    return { cancel: () => (this.timers = this.timers.filter((other) => other !== timer)) };
  }

  soon(callback: () => void): void {
    this.turns.push(callback);
  }

  spend(ms: number): void {
    this.timeMs += ms;
  }

  /** Lets everything happen until `untilMs`. */
  runUntil(untilMs: number): void {
    for (let steps = 0; ; steps++) {
      if (steps > MAX_STEPS)
        throw new Error(`no end after ${MAX_STEPS} turns, at ${this.timeMs} ms`);
      const turns = this.turns;
      this.turns = [];
      for (const turn of turns) turn();
      this.fireTimers();
      if (this.turns.length > 0) this.timeMs += this.turnMs;
      else {
        const next = Math.min(...this.timers.map(({ atMs }) => atMs));
        if (next > untilMs) break;
        this.timeMs = Math.max(this.timeMs, next);
      }
      if (this.timeMs > untilMs) break;
    }
    this.timeMs = Math.max(this.timeMs, untilMs);
  }

  private fireTimers(): void {
    const due = this.timers.filter(({ atMs }) => atMs <= this.timeMs);
    this.timers = this.timers.filter(({ atMs }) => atMs > this.timeMs);
    due.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
    for (const { callback } of due) callback();
  }
}
