// Reads one file of a results folder: bounded, parsed, checked against its schema. Nothing in it is
// trusted. Throws ReadTrouble, whose text names what is wrong; read-results decides whether that
// ends the report or leaves one run out.
import { readFileSync, statSync } from 'node:fs';
import type { z } from 'zod';
import { printable } from '../text/format.js';
import { ReadTrouble } from './read-trouble.js';
import { upToDate } from './schema-version.js';

/** For who reads files and must tell why one cannot be used. */
export { ReadTrouble };

const MIB = 1024 * 1024;

/** The file's text, if it is a regular file of at most `maxBytes`. */
export function readText(path: string, maxBytes: number): string {
  try {
    const found = statSync(path);
    if (!found.isFile()) throw new ReadTrouble('is not a regular file', 'foreign');
    if (found.size > maxBytes) {
      throw new ReadTrouble(
        `is ${Math.ceil(found.size / MIB)} MiB, ` +
          `above the limit of ${Math.floor(maxBytes / MIB)} MiB`,
        'too-large',
        'Such a file was not written by kbench, or was added to: take it out of the folder.',
      );
    }
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw error instanceof ReadTrouble ? error : fileTrouble(error);
  }
}

/** An error of the file system in plain words. */
export function fileTrouble(error: unknown): ReadTrouble {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  switch (code) {
    case 'ENOENT':
      return new ReadTrouble('does not exist', 'missing');
    case 'ENOTDIR':
      return new ReadTrouble('does not exist: a part of the path is not a folder', 'missing');
    case 'EACCES':
    case 'EPERM':
      return new ReadTrouble(
        'may not be read: permission denied',
        'denied',
        'Ask its owner for read permission.',
      );
    case 'ELOOP':
      return new ReadTrouble('is a symbolic link that points to itself', 'foreign');
    case 'EMFILE':
    case 'ENFILE':
      return new ReadTrouble(
        'could not be opened: too many open files',
        'denied',
        'Raise the limit (ulimit -n).',
      );
    default:
      return new ReadTrouble(`could not be read: ${printable(String(error))}`, 'damaged');
  }
}

/**
 * Reads, parses, migrates and checks `path`. `version` is the schema name that this kbench reads,
 * e.g. `kbench/run@1`.
 */
export function readJson<T>(
  path: string,
  maxBytes: number,
  version: string,
  schema: z.ZodType<T>,
): T {
  return parseJson(readText(path, maxBytes), version, schema);
}

/** The same of a text at hand, such as one line of a file. */
export function parseJson<T>(text: string, version: string, schema: z.ZodType<T>): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const what =
      text.trim() === '' ? 'is empty' : `is not complete JSON (${printable(error.message, 120)})`;
    throw new ReadTrouble(what, 'damaged');
  }
  const parsed = schema.safeParse(upToDate(json, version));
  if (parsed.success) return parsed.data;
  throw new ReadTrouble(
    `does not hold what ${version} should: ${describeIssues(parsed.error.issues)}`,
    'damaged',
  );
}

function describeIssues(issues: readonly z.core.$ZodIssue[]): string {
  const first = issues[0];
  if (first === undefined) return 'unknown fault';
  const where = first.path.length === 0 ? 'at the top' : `at ${first.path.map(String).join('.')}`;
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
  return printable(`${first.message} ${where}`, 200) + more;
}
