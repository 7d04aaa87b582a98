// How an error reaches the user: one clear message for what a user can mend, a stack trace for what
// only we can. Called by main.
import { ConfigurationError, EXIT, KbenchError } from '../base/errors.js';
import type { ExitCode } from '../base/errors.js';
import { formatProblems } from '../base/format-error.js';
import { printable } from '../base/printable.js';
import { toStderr } from '../base/terminal.js';

const MAX_LINE_CHARACTERS = 2_000;

/** Prints to stderr and gives the exit code. */
export function printError(error: unknown, write: (text: string) => void = toStderr): ExitCode {
  if (error instanceof ConfigurationError) {
    write(`kbench: ${formatProblems(error)}\n`);
    return error.exitCode;
  }
  if (error instanceof KbenchError) {
    const remedy = error.remedy === undefined ? [] : [`  ${error.remedy}`];
    write(`kbench: ${[...error.message.split('\n'), ...remedy].map(harmless).join('\n')}\n`);
    return error.exitCode;
  }
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  write(`kbench: this is a bug in kbench, please report it with the lines below\n${trace}\n`);
  return EXIT.runFailed;
}

/** Brokers' words reach these messages: no controls, but indents stay. */
const harmless = (line: string) => printable(line, MAX_LINE_CHARACTERS);
