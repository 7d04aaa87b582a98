// Every wait for something outside of this process goes through here: it has a limit, and it ends
// when the user stops. Called by all that asks a broker, an endpoint, a child process or a file
// that may not answer. The work itself goes on: whoever calls must be able to let go of it (`late`
// gets what came too late).
import { RunError, StoppedError } from './errors.js';

export interface Wait<T> {
  /** Milliseconds. */
  readonly limitMs: number;
  /** The user's first signal. */
  readonly stop?: AbortSignal | undefined;
  /** What the work may still take once the user has stopped: for what cleans up. Default 0. */
  readonly graceMs?: number;
  /** Closes a value that came after the wait was over. */
  readonly late?: (value: T) => unknown;
}

/**
 * `work`'s value; a RunError once `limitMs` are over, a StoppedError once the user stops, both
 * saying `what` was waited for.
 */
export async function bounded<T>(what: string, wait: Wait<T>, work: () => Promise<T>): Promise<T> {
  const { limitMs, stop, graceMs = 0, late } = wait;
  const stopped = () => new StoppedError(`stopped: ${what}`);
  if (stop?.aborted === true && graceMs === 0) throw stopped();
  const timers: NodeJS.Timeout[] = [];
  let onStop = (): void => undefined;
  let over = false;
  const end = new Promise<never>((_, reject) => {
    const tooLong = () => reject(new RunError(`${what} took longer than ${limitMs / 1000} s`));
    timers.push(setTimeout(tooLong, limitMs));
    onStop = () => {
      if (graceMs === 0) reject(stopped());
      else timers.push(setTimeout(() => reject(stopped()), graceMs));
    };
    if (stop?.aborted === true) onStop();
    else stop?.addEventListener('abort', onStop, { once: true });
  });
  const working = work();
  working.then(
    (value) => over && late?.(value),
    () => undefined,
  );
  try {
    return await Promise.race([working, end]);
  } finally {
    over = true;
    for (const timer of timers) clearTimeout(timer);
    stop?.removeEventListener('abort', onStop);
  }
}

/** Resolves after `ms`; rejects with StoppedError once the user stops. */
export function sleep(ms: number, stop?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onStop = (): void => {
      clearTimeout(timer);
      reject(new StoppedError('stopped'));
    };
    const timer = setTimeout(() => {
      stop?.removeEventListener('abort', onStop);
      resolve();
    }, ms);
    if (stop?.aborted === true) onStop();
    else stop?.addEventListener('abort', onStop, { once: true });
  });
}
