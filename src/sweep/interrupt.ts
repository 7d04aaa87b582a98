// Ctrl-C and its kin: the first asks for a good end, the second ends at once. Called by commands/run; nothing else may listen to these
// signals while a sweep runs.
import { answerSignalsEarly, leaveSignals } from '../base/early-signals.js';
import { EXIT } from '../base/errors.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface Interrupt {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** Stops listening: from then on a signal ends the process at once, with exit 105 as before the sweep. */
  release(): void;
}

/** The second signal ends the process with exit 105, whatever is under way. */
export function listenForInterrupt(source: NodeJS.EventEmitter = process, end = endNow): Interrupt {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) {
      end();
      return;
    }
    controller.abort();
  };
  for (const name of SIGNALS) source.on(name, onSignal);
  leaveSignals();
  return {
    signal: controller.signal,
    release: () => {
      if (source === process) answerSignalsEarly();
      for (const name of SIGNALS) source.off(name, onSignal);
    },
  };
}

/** Worker threads end with the process; what else was started has exit handlers of its own. */
function endNow(): void {
  process.exit(EXIT.stopped);
}
