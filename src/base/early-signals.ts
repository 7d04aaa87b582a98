// Ctrl-C while kbench is still being loaded, and in commands that have no way of their own with signals: exit 105, as in those that have.
// Called by main.ts first of all, and by what takes over. Imports nothing heavy, or it would come too late itself.
import { EXIT } from './errors.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function endNow(): void {
  process.exit(EXIT.stopped);
}

export function answerSignalsEarly(): void {
  for (const name of SIGNALS) process.on(name, endNow);
}

/** A command has its own handlers now. */
export function leaveSignals(): void {
  for (const name of SIGNALS) process.off(name, endNow);
}
