// A ConfigurationError as text: where, what, the line of the file with a caret, what to do. main.ts prints it; no stack trace, and no
// control character of the user's file reaches the terminal.
import { readFileSync, statSync } from 'node:fs';
import type { ConfigurationError, Problem } from './errors.js';

/** Problems that are shown with their line of the file. */
const MAX_EXCERPTS = 10;
const MAX_EXCERPT_CHARACTERS = 100;
/** Lines that are not shown: terminals are recorded, and the mistake may be a password in the file. */
const MAY_BE_SECRET = /password|passphrase|secret|jaas|keystore\.key|PRIVATE KEY/i;

/**
 * The error's message and each of its problems as `file:line:column  message`, an excerpt of the file, and the remedy. Ends without a
 * newline. `source` is the file's text, read from the file when left out; a file that cannot be read has no excerpts.
 */
export function formatProblems(error: ConfigurationError, source?: string): string {
  const lines = [error.message];
  if (error.remedy !== undefined) lines.push(`  ${error.remedy}`);
  const text = error.problems.some(({ line }) => line !== undefined) ? (source ?? readText(error.file)) : '';
  const sourceLines = text.split(/\r\n|\r|\n/);
  for (const [index, problem] of error.problems.entries()) {
    const excerpt = index < MAX_EXCERPTS ? excerptOf(problem, sourceLines) : [];
    lines.push('', `${placeOf(problem, error.file)}${problem.message}`, ...excerpt);
    if (problem.remedy !== undefined) lines.push(`  -> ${problem.remedy}`);
  }
  return withoutControls(lines.join('\n'));
}

function placeOf({ line, column }: Problem, file: string | undefined): string {
  if (line === undefined) return '';
  return `${file ?? 'line '}${file === undefined ? '' : ':'}${line}${column === undefined ? '' : `:${column}`}  `;
}

function excerptOf({ line, column }: Problem, lines: readonly string[]): string[] {
  const text = line === undefined ? undefined : lines[line - 1];
  if (text === undefined || text.trim() === '' || column === undefined || MAY_BE_SECRET.test(text)) return [];
  const gutter = String(line);
  // A long line is cut so that the caret's column stays in view.
  const from = Math.max(0, column - 1 - MAX_EXCERPT_CHARACTERS / 2);
  const cut = text.slice(from, from + MAX_EXCERPT_CHARACTERS).replaceAll('\t', ' ');
  return [`  ${gutter} | ${cut}`, `  ${' '.repeat(gutter.length)} | ${' '.repeat(column - 1 - from)}^`];
}

function readText(file: string | undefined): string {
  try {
    // A pipe was read already, and gives nothing a second time.
    const isFile = file !== undefined && statSync(file).isFile();
    return isFile ? readFileSync(file, 'utf8') : '';
  } catch {
    return '';
  }
}

/** Text from a user's file, fit for a terminal: control characters but newlines are replaced. */
export function withoutControls(text: string): string {
  // eslint-disable-next-line no-control-regex -- that is what is looked for
  return text.replaceAll(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e]/g, '\ufffd');
}
