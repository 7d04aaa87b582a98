// A ConfigurationError as text: where, what, the line of the file with a caret, what to do. main.ts
// prints it; no stack trace, and no control character of the user's file reaches the terminal.
import { readFileSync, statSync } from 'node:fs';
import type { ConfigurationError, Problem } from './errors.js';
import { printable, withoutCommands } from './printable.js';
import { secretLines } from './secrets/secret-lines.js';

/** Problems that are shown with their line of the file. */
const MAX_EXCERPTS = 10;
const MAX_EXCERPT_CHARACTERS = 100;
const MAX_TEXT_CHARACTERS = 2_000;

/**
 * The error's message and each of its problems as `file:line:column message`, an excerpt of the
 * file, and the remedy. Ends without a newline. `source` is the file's text, read from the file
 * when left out; a file that cannot be read has no excerpts.
 */
export function formatProblems(error: ConfigurationError, source?: string): string {
  const lines = [oneLine(error.message)];
  if (error.remedy !== undefined) lines.push(`  ${oneLine(error.remedy)}`);
  const text = error.problems.some(({ line }) => line !== undefined)
    ? (source ?? readText(error.file))
    : '';
  const written = text.split(/\r\n|\r|\n/);
  const secret = secretLines(written);
  // Terminals are recorded, and the mistake may be a password in the file.
  const sourceLines = written.map((line, index) => (secret[index] ? '' : line));
  for (const [index, problem] of error.problems.entries()) {
    const excerpt = index < MAX_EXCERPTS ? excerptOf(problem, sourceLines) : [];
    lines.push('', `${placeOf(problem, error.file)}${oneLine(problem.message)}`, ...excerpt);
    if (problem.remedy !== undefined) lines.push(`  -> ${oneLine(problem.remedy)}`);
  }
  return lines.join('\n');
}

function placeOf({ line, column }: Problem, file: string | undefined): string {
  if (line === undefined) return '';
  const before = file === undefined ? 'line ' : `${printable(file)}:`;
  const behind = column === undefined ? '' : `:${column}`;
  return `${before}${line}${behind}  `;
}

function excerptOf({ line, column }: Problem, lines: readonly string[]): string[] {
  const text = line === undefined ? undefined : lines[line - 1];
  if (text === undefined || text.trim() === '' || column === undefined) return [];
  const gutter = String(line);
  // A long line is cut so that the caret's column stays in view.
  const from = Math.max(0, column - 1 - MAX_EXCERPT_CHARACTERS / 2);
  const cut = inPlace(text.slice(from, from + MAX_EXCERPT_CHARACTERS));
  return [
    `  ${gutter} | ${cut}`,
    `  ${' '.repeat(gutter.length)} | ${' '.repeat(column - 1 - from)}^`,
  ];
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

const oneLine = (text: string): string => printable(text, MAX_TEXT_CHARACTERS);

/**
 * A line of the user's file as it is, but for what acts: each such character becomes one, so that
 * the caret stays right.
 */
function inPlace(text: string): string {
  return withoutCommands(
    text.replaceAll('\t', ' ').replaceAll(/\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}|\p{Cs}/gu, '\ufffd'),
  );
}
