// A history in one file: JSON Lines, one result a line, only ever appended to. Reading is in pieces
// and bounded, so that neither a line nor a file without end fills the memory; a line that cannot
// be used is named and left out. Called by read-history and by commands/trend/print-trend.
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import { ConfigurationError, RunError } from '../../base/errors.js';
import { codeOf, fileReason } from '../../base/files/file-error.js';
import { HISTORY_SCHEMA, historyEntrySchema, type HistoryEntry } from '../../contract/trend.js';
import { printable } from '../text/format.js';
import { fileTrouble, parseJson, ReadTrouble } from '../results/read-file.js';

const MIB = 1024 * 1024;
const PIECE_BYTES = MIB;
/** A result of 10,000 points is about 5 MiB. */
export const MAX_LINE_BYTES = 8 * MIB;
/** Read from one file: a thousand results of a thousand points. */
const MAX_FILE_BYTES = 1024 * MIB;

export interface HistoryLine {
  readonly line: number;
  readonly entry: HistoryEntry | null;
  /** Why there is no entry. */
  readonly reason: string;
}

/** Every line that is not blank. Throws ConfigurationError when the file cannot be read at all. */
export function readHistoryFile(file: string): HistoryLine[] {
  const lines: HistoryLine[] = [];
  const bad = (line: number, reason: string): void =>
    void lines.push({ line, entry: null, reason });
  eachLine(file, (line, bytes) => {
    if (bytes === 'too-long') {
      bad(line, `is longer than ${MAX_LINE_BYTES / MIB} MiB`);
      return;
    }
    const text = bytes.toString('utf8').replace(/^\ufeff/, '');
    if (text.trim() === '') return;
    try {
      lines.push({ line, entry: parseJson(text, HISTORY_SCHEMA, historyEntrySchema), reason: '' });
    } catch (error) {
      if (!(error instanceof ReadTrouble)) throw error;
      bad(line, error.message);
    }
  });
  return lines;
}

/**
 * Puts `entry` at the end, whole: where that fails, what was written of it is taken back. A last
 * line that a crash cut short keeps to itself. Throws RunError when it cannot.
 */
export function appendToHistory(file: string, entry: HistoryEntry): void {
  let descriptor: number;
  try {
    // Not through a link: whoever may put files into the folder could choose the file that is
    // written to.
    const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
    descriptor = openSync(file, flags, 0o644);
  } catch (error) {
    throw writeTrouble(file, error);
  }
  try {
    const found = fstatSync(descriptor);
    if (!found.isFile())
      throw new ConfigurationError(
        `${printable(file)} is not a regular file`,
        'Name another file.',
      );
    const last = Buffer.alloc(1, '\n');
    if (found.size > 0) readSync(descriptor, last, 0, 1, found.size - 1);
    const line = Buffer.from(
      `${last.toString('latin1') === '\n' ? '' : '\n'}${JSON.stringify(entry)}\n`,
    );
    appendWhole(descriptor, line, found.size);
  } catch (error) {
    throw error instanceof ConfigurationError ? error : writeTrouble(file, error);
  } finally {
    closeSync(descriptor);
  }
}

function appendWhole(descriptor: number, line: Buffer, sizeBefore: number): void {
  let written = 0;
  try {
    while (written < line.length) {
      const count = writeSync(descriptor, line, written);
      if (count === 0)
        throw Object.assign(new Error('nothing more could be written'), { code: 'ENOSPC' });
      written += count;
    }
    fsyncSync(descriptor);
  } catch (error) {
    // Not where another has added a line meanwhile: a piece of ours keeps to itself then.
    if (fstatSync(descriptor).size === sizeBefore + written) ftruncateSync(descriptor, sizeBefore);
    throw error;
  }
}

function eachLine(file: string, use: (line: number, bytes: Buffer | 'too-long') => void): void {
  let descriptor: number;
  try {
    // A pipe without a writer must not be waited for.
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw unreadable(file, fileTrouble(error));
  }
  try {
    const found = fstatSync(descriptor);
    if (!found.isFile())
      throw unreadable(file, new ReadTrouble('is not a regular file', 'foreign'));
    if (found.size > MAX_FILE_BYTES) {
      const [size, limit] = [Math.ceil(found.size / MIB), MAX_FILE_BYTES / MIB];
      const reason = `is ${size} MiB, above the limit of ${limit} MiB`;
      throw unreadable(
        file,
        new ReadTrouble(reason, 'too-large', 'Split it: trend takes several files.'),
      );
    }
    splitLines(descriptor, use);
  } catch (error) {
    throw error instanceof ConfigurationError ? error : unreadable(file, fileTrouble(error));
  } finally {
    closeSync(descriptor);
  }
}

function splitLines(
  descriptor: number,
  use: (line: number, bytes: Buffer | 'too-long') => void,
): void {
  const piece = Buffer.allocUnsafe(PIECE_BYTES);
  let line = 1;
  let parts: Buffer[] = [];
  let length = 0;
  const take = (bytes: Buffer): void => {
    length += bytes.length;
    if (length <= MAX_LINE_BYTES) parts.push(Buffer.from(bytes));
    else parts = [];
  };
  const end = (): void => {
    if (length > 0) use(line, length > MAX_LINE_BYTES ? 'too-long' : Buffer.concat(parts));
    line++;
    parts = [];
    length = 0;
  };
  for (;;) {
    const read = readSync(descriptor, piece, 0, PIECE_BYTES, null);
    if (read === 0) break;
    let from = 0;
    for (;;) {
      const newline = piece.subarray(0, read).indexOf(10, from);
      if (newline === -1) break;
      take(piece.subarray(from, newline));
      end();
      from = newline + 1;
    }
    take(piece.subarray(from, read));
  }
  end();
}

function unreadable(file: string, trouble: ReadTrouble): ConfigurationError {
  return new ConfigurationError(`${printable(file)} ${trouble.message}`, trouble.remedy);
}

function writeTrouble(file: string, error: unknown): RunError {
  const code = codeOf(error);
  const why =
    code === 'ELOOP'
      ? 'it is a symbolic link'
      : code === 'ENOENT'
        ? 'its folder does not exist'
        : fileReason(error).what;
  const remedy =
    code === 'ELOOP'
      ? 'Name the file that it points to.'
      : 'Nothing was added; the result itself is saved.';
  return new RunError(`cannot add to ${printable(file)}: ${why}`, remedy, { cause: error });
}
