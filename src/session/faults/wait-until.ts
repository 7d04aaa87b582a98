// Waits for an instant of the clock that all threads share, to some 0.1 ms: a timer for the most of
// it, turns of the event loop for the last bit. Called by time-line.ts.
import { commonNow } from '../../workloads/threads/barrier.js';

/** A timer may fire so much late; the rest is waited for by turns. */
const TURNS_MS = 3;

/** False where `signal` was aborted before. */
export async function waitUntil(dueMs: number, signal: AbortSignal): Promise<boolean> {
  for (;;) {
    if (signal.aborted) return false;
    const leftMs = dueMs - commonNow();
    if (leftMs <= 0) return true;
    if (leftMs > TURNS_MS) await timer(leftMs - TURNS_MS + 1, signal);
    else await new Promise((resolve) => setImmediate(resolve));
  }
}

function timer(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timeout);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timeout = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
  });
}
