// Simulated time for the producer core: stands still until a test advances it; then timers, `soon`
// call backs and promises happen in order. What the simulated network schedules is kept apart, so
// that a test can ask whether the producer has left a timer behind.
import type { Clock, TimerHandle } from '../../base/clock.js';

interface Event {
  readonly atMs: number;
  readonly order: number;
  /** Null once it was cancelled. */
  callback: (() => void) | null;
  readonly ofNetwork: boolean;
}

const before = (a: Event, b: Event) => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

/** More events than this without time passing is a loop that never ends. */
const MOST_EVENTS_AT_ONE_TIME = 20_000;

export class SimClock implements Clock {
  private timeMs = 5000;
  /** A binary heap: events[i] comes before events[2i + 1] and events[2i + 2]. */
  private readonly events: Event[] = [];
  private timers = 0;
  private turns: (() => void)[] = [];
  private order = 0;
  private steps = 0;

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

  /**
   * Timers of the producer that have neither fired nor been cancelled, and turns that it asked for.
   */
  get pending(): number {
    return this.timers + this.turns.length;
  }

  /** Lets everything happen that falls due within `ms`, promises included. */
  async advance(ms: number): Promise<void> {
    await this.runTo(this.timeMs + ms, null);
  }

  /**
   * Advances until `promise` has settled, at most `mostMs`, to a whole number of `stepMs`; gives
   * its value.
   */
  async settle<T>(promise: Promise<T>, mostMs = 300_000, stepMs = 1): Promise<T> {
    const state = { settled: false };
    const mark = () => (state.settled = true);
    promise.then(mark, mark);
    const startMs = this.timeMs;
    await turn();
    for (let steps = 1; !state.settled; steps++) {
      if (this.timeMs >= startMs + mostMs) throw new Error(`nothing after ${mostMs} simulated ms`);
      await this.runTo(startMs + steps * stepMs, state);
    }
    return promise;
  }

  private async runTo(endMs: number, state: { settled: boolean } | null): Promise<void> {
    this.steps = 0;
    await turn();
    for (;;) {
      await microtasks();
      if (this.turns.length === 0) {
        const callback = this.takeNext(endMs);
        if (callback === null) break;
        callback();
      } else {
        const { turns } = this;
        this.turns = [];
        for (const callback of turns) callback();
      }
      if (++this.steps > MOST_EVENTS_AT_ONE_TIME)
        throw new Error(
          `time stands still at ${this.timeMs}: something asks to be called for ever`,
        );
    }
    this.timeMs = endMs;
    if (state === null || !state.settled) await turn();
  }

  private add(delayMs: number, callback: () => void, ofNetwork: boolean): TimerHandle {
    const event: Event = {
      atMs: this.timeMs + Math.max(0, delayMs),
      order: this.order++,
      callback,
      ofNetwork,
    };
    if (!ofNetwork) this.timers++;
    let at = this.events.length;
    this.events.push(event);
    for (let parent; at > 0 && before(event, this.events[(parent = (at - 1) >> 1)]); at = parent) {
      this.events[at] = this.events[parent];
      this.events[parent] = event;
    }
    return {
      cancel: () => {
        if (event.callback !== null && !ofNetwork) this.timers--;
        event.callback = null;
      },
    };
  }

  /** The next call back that falls due by then; the clock moves to its time. */
  private takeNext(untilMs: number): (() => void) | null {
    while (this.events.length > 0 && this.events[0].atMs <= untilMs) {
      const event = this.removeFirst();
      const { callback } = event;
      if (callback === null) continue;
      event.callback = null; // cancelling it from now on does nothing
      if (!event.ofNetwork) this.timers--;
      if (event.atMs > this.timeMs) {
        this.timeMs = event.atMs;
        this.steps = 0;
      }
      return callback;
    }
    return null;
  }

  private removeFirst(): Event {
    const { events } = this;
    const first = events[0];
    const last = events.pop()!;
    if (events.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= events.length) break;
      if (child + 1 < events.length && before(events[child + 1], events[child])) child++;
      if (!before(events[child], last)) break;
      events[at] = events[child];
      at = child;
    }
    events[at] = last;
    return first;
  }
}

/** A turn of the real event loop: all promises that are due have run. */
const turn = () => new Promise<void>((resolve) => void setImmediate(resolve));

/** As `turn` for chains of at most so many promises, at a tenth of the cost: between two events. */
async function microtasks(): Promise<void> {
  for (let i = 0; i < 12; i++) await Promise.resolve();
}
