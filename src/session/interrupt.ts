// The user's signals while a sweep runs: the first asks for a good end, which has a limit; the
// second ends at once. Called by commands/run. Whatever does not come to its end in time is left as
// it is: the process ends with exit 105 all the same.
import { answerSignals, endStopped } from '../base/signals.js';

/**
 * What everything but the run under way may take once the user has stopped: cleaning up, saving,
 * the report.
 */
export const STOP_LIMIT_MS = 2_000;

export interface Interrupt {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /**
   * Something is under way that may take `graceMs` of its own after a stop; gives what tells that
   * it has ended.
   */
  hold(graceMs: number): () => void;
  /**
   * Stops answering: from then on a signal ends the process at once, with exit 105 as before the
   * sweep.
   */
  release(): void;
}

export interface InterruptOptions {
  /** Hands over the signals; for tests. */
  readonly answer?: (by: () => void) => () => void;
  /** Ends the process with exit 105. Its `exit` handlers end what was started. */
  readonly end?: () => void;
  /** Told before `end` where the good end took too long. */
  readonly onOverdue?: () => void;
  readonly limitMs?: number;
}

/** Listens from now on. The second signal ends the process with exit 105, whatever is under way. */
export function listenForInterrupt(options: InterruptOptions = {}): Interrupt {
  const { answer = answerSignals, end = endStopped, onOverdue, limitMs = STOP_LIMIT_MS } = options;
  const controller = new AbortController();
  let held: number | null = null;
  let timer: NodeJS.Timeout | undefined;
  const arm = (): void => {
    clearTimeout(timer);
    const overdue = (): void => {
      onOverdue?.();
      end();
    };
    timer = setTimeout(overdue, limitMs + (held ?? 0));
  };
  const handBack = answer(() => {
    if (controller.signal.aborted) {
      end();
      return;
    }
    arm();
    controller.abort();
  });
  return {
    signal: controller.signal,
    hold: (graceMs) => {
      held = graceMs;
      return () => {
        held = null;
        if (controller.signal.aborted) arm();
      };
    },
    release: () => {
      clearTimeout(timer);
      handBack();
    },
  };
}
