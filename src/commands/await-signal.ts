// For commands that serve until they are told to end: embedded, cluster. Called by them only.
import { answerSignals, endStopped } from '../base/signals.js';

/** The first signal; a second one ends at once with 105. Keeps the process alive until released. */
export function awaitSignal(): { readonly received: Promise<void>; release(): void } {
  const alive = setInterval(() => undefined, 60_000);
  const received = new Promise<void>((resolve) => {
    answerSignals(() => {
      answerSignals(endStopped);
      resolve();
    });
  });
  return { received, release: () => clearInterval(alive) };
}
