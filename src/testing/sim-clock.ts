// Simulated time for the producer core: stands still until a test advances it; then timers, `soon` call backs and promises happen in order.
// What the simulated network schedules is kept apart, so that a test can ask whether the producer has left a timer behind.
import type { Clock, TimerHandle } from '../producer-core/clock.js';

interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly callback: () => void;
  readonly ofNetwork: boolean;
}

/** More events than this without time passing is a loop that never ends. */
const MOST_EVENTS_AT_ONE_TIME = 20_000;

export class SimClock implements Clock {
  private timeMs = 5000;
  private events: Event[] = [];
  private turns: (() => void)[] = [];
  private order = 0;

  now(): number {
    return this.timeMs;
  }

  epoch(): number {
    return 1_700_000_000_000 + Math.floor(this.timeMs);
  }

  schedule(delayMs: number, callback: () => void): TimerHandle {
    return this.add(delayMs, callback, false);
  }

  /** For the world outside of the producer. */
  later(delayMs: number, callback: () => void): TimerHandle {
    return this.add(delayMs, callback, true);
  }

  soon(callback: () => void): void {
    this.turns.push(callback);
  }

  /** Timers of the producer that have neither fired nor been cancelled, and turns that it asked for. */
  get pending(): number {
    return this.events.filter(({ ofNetwork }) => !ofNetwork).length + this.turns.length;
  }

  /** Lets everything happen that falls due within `ms`, promises included. */
  async advance(ms: number): Promise<void> {
    const endMs = this.timeMs + ms;
    let steps = 0;
    await settle();
    for (;;) {
      await settleShort();
      if (this.turns.length === 0) {
        const next = this.takeNext(endMs);
        if (next === null) break;
        if (next.atMs > this.timeMs) {
          this.timeMs = next.atMs;
          steps = 0;
        }
        next.callback();
      } else {
        const turns = this.turns;
        this.turns = [];
        for (const turn of turns) turn();
      }
      if (++steps > MOST_EVENTS_AT_ONE_TIME)
        throw new Error(`time stands still at ${this.timeMs}: something asks to be called for ever`);
    }
    this.timeMs = endMs;
    await settle();
  }

  /** Advances until `promise` has settled, at most `mostMs`; gives its value. */
  async settle<T>(promise: Promise<T>, mostMs = 300_000, stepMs = 1): Promise<T> {
    const state = { settled: false };
    const mark = () => (state.settled = true);
    promise.then(mark, mark);
    const endMs = this.timeMs + mostMs;
    await settle();
    while (!state.settled) {
      if (this.timeMs >= endMs) throw new Error(`nothing after ${mostMs} simulated ms`);
      await this.advance(stepMs);
    }
    return promise;
  }

  private add(delayMs: number, callback: () => void, ofNetwork: boolean): TimerHandle {
    const event = { atMs: this.timeMs + Math.max(0, delayMs), order: this.order++, callback, ofNetwork };
    this.events.push(event);
    return {
      cancel: () => {
        const at = this.events.indexOf(event);
        if (at >= 0) this.events.splice(at, 1);
      },
    };
  }

  private takeNext(untilMs: number): Event | null {
    let best = -1;
    for (let i = 0; i < this.events.length; i++) {
      const event = this.events[i];
      if (event.atMs > untilMs) continue;
      const other = this.events[best] as Event | undefined;
      if (other === undefined || event.atMs < other.atMs || (event.atMs === other.atMs && event.order < other.order))
        best = i;
    }
    return best < 0 ? null : this.events.splice(best, 1)[0];
  }
}

/** All microtasks and ticks that are due have run. */
const settle = () => new Promise<void>((resolve) => void setImmediate(resolve));

/** As settle for chains of at most so many promises, at a tenth of the cost: between two events. */
async function settleShort(): Promise<void> {
  for (let i = 0; i < 12; i++) await Promise.resolve();
}
