// The one way by which time reaches the producer, so that every timer rule can be tested in
// simulated time. Times are milliseconds.

export interface TimerHandle {
  cancel(): void;
}

export interface Clock {
  /** Monotonic, fractional; only differences mean something. */
  now(): number;
  /** Wall clock since 1970, whole: for record timestamps only. */
  epoch(): number;
  /** Calls back once, never before `delayMs`; keeps the process alive until then. */
  schedule(delayMs: number, callback: () => void): TimerHandle;
  /** Calls back after the sockets had their turn. */
  soon(callback: () => void): void;
}

/** Longest delay that Node's timers take; a longer one would fire at once. */
const MAX_TIMER_MS = 2_147_483_647;

export const systemClock: Clock = {
  now: () => performance.now(),
  epoch: () => Date.now(),
  schedule(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(MAX_TIMER_MS, Math.max(0, Math.ceil(delayMs))));
    return { cancel: () => clearTimeout(timer) };
  },
  soon: (callback) => void setImmediate(callback),
};
