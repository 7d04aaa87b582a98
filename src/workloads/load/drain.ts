// Waiting for the producer without waiting for ever: for the outcome of everything sent, or for an
// answer, unless the run is stopped.
import type { RunSpec } from '../../contract/run-spec.js';
import type { ProducerCore } from '../../producer-core/harness.js';
import { STOP } from '../threads/shared-state.js';
import type { SharedState } from '../threads/shared-state.js';

/** Java's default of delivery.timeout.ms, by which every record has its outcome. */
const DELIVERY_TIMEOUT_MS = 120_000;
/** What timers and the last answers may need past it. */
const MARGIN_MS = 10_000;
/** How long a stopped run waits for answers under way: the user is waiting too. */
const STOPPED_DRAIN_MS = 10_000;
const POLL_MS = 50;

/** A numeric producer setting, or its default. */
export function settingMs(spec: RunSpec, name: string, otherwise: number): number {
  const value = Number(spec.settings.producer[name] ?? otherwise);
  return Number.isFinite(value) ? value : otherwise;
}

export const deliveryTimeoutMs = (spec: RunSpec): number =>
  settingMs(spec, 'delivery.timeout.ms', DELIVERY_TIMEOUT_MS);

/**
 * Resolves when every record sent has its outcome; past the limits the producer is closed, which
 * fails what is left.
 */
export async function drain(
  producer: ProducerCore,
  spec: RunSpec,
  state: SharedState,
): Promise<void> {
  if ((await patiently(producer.flush(), spec, state)) === 'stopped') await producer.close(0);
}

/**
 * The value of `promise`, which hangs on the outcome of records; `stopped` past their limits, and
 * soon once the run is stopped.
 */
export function patiently<T>(
  promise: Promise<T>,
  spec: RunSpec,
  state: SharedState,
): Promise<T | 'stopped'> {
  const limitMs = performance.now() + deliveryTimeoutMs(spec) + MARGIN_MS;
  const stoppedMs = Math.min(STOPPED_DRAIN_MS, deliveryTimeoutMs(spec));
  let stoppedLimitMs = Infinity;
  return poll(promise, () => {
    const now = performance.now();
    if (state.stopCause === STOP.failure) return true;
    if (state.stopped) stoppedLimitMs = Math.min(stoppedLimitMs, now + stoppedMs);
    return now > Math.min(limitMs, stoppedLimitMs);
  });
}

/** The value of `promise`, or `stopped` when the stop flag comes first. */
export function unlessStopped<T>(state: SharedState, promise: Promise<T>): Promise<T | 'stopped'> {
  return poll(promise, () => state.stopped);
}

/** The value of `promise`, or `stopped` once `givesUp` says so; the promise is then left alone. */
async function poll<T>(promise: Promise<T>, givesUp: () => boolean): Promise<T | 'stopped'> {
  let timer: NodeJS.Timeout | undefined;
  const givenUp = new Promise<'stopped'>((resolve) => {
    timer = setInterval(() => {
      if (givesUp()) resolve('stopped');
    }, POLL_MS);
  });
  promise.catch(() => undefined);
  try {
    return await Promise.race([promise, givenUp]);
  } finally {
    clearInterval(timer);
  }
}
