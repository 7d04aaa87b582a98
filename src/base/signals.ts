// The one place that listens to SIGINT, SIGTERM and SIGHUP, from main.ts's first statement to the
// end of the process: there is no moment without it. Unless a command asks to be told, a signal
// ends the process at once with exit 105. Must import nothing: whatever is loaded before it is time
// in which Node dies of a signal.

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** EXIT.stopped of errors.ts; a test holds the two together. */
const STOPPED = 105;

type Answer = () => void;

export const endStopped: Answer = () => process.exit(STOPPED);

let answer: Answer = endStopped;
let listening = false;

const onSignal = (): void => answer();

/** Called by main.ts before anything else is loaded. May be called again. */
export function listenForSignals(): void {
  if (listening) return;
  listening = true;
  for (const name of SIGNALS) process.on(name, onSignal);
}

/**
 * From now on `by` answers each signal; gives what hands them back, so that a signal ends the
 * process again.
 */
export function answerSignals(by: Answer): () => void {
  listenForSignals();
  answer = by;
  return () => {
    if (answer === by) answer = endStopped;
  };
}
