// Files that are either whole or not there: write beside, sync, rename. Every file of a results folder that sweep makes goes through here.
import path from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { RunError } from '../base/errors.js';

/** Writes `text` to `file`, replacing it in one step. Throws RunError in plain words on a full disk, missing permission and the like. */
export async function writeAtomically(file: string, text: string): Promise<void> {
  try {
    await writeFileAtomic(file, text, { encoding: 'utf8' });
  } catch (error) {
    throw fileError('write', file, error);
  }
}

export const toJson = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

const REASONS: Readonly<Record<string, readonly [what: string, remedy: string]>> = {
  ENOSPC: ['the disk is full', 'free some space'],
  EDQUOT: ['the disk quota is used up', 'free some space'],
  EACCES: ['permission denied', 'give another folder with --out, or change its permissions'],
  EPERM: ['permission denied', 'give another folder with --out, or change its permissions'],
  EROFS: ['the file system is read-only', 'give another folder with --out'],
  ENOTDIR: ['a part of the path is a file, not a folder', 'give another folder with --out'],
  EEXIST: ['a file of this name stands in the way', 'give another folder with --out'],
  ENOENT: ['the folder is gone', 'leave the results folder alone while a sweep runs'],
  EMFILE: ['too many open files', 'raise the limit (ulimit -n)'],
  ENAMETOOLONG: ['the path is too long', 'give a shorter folder with --out'],
};

const NO_PLACE = ['no folder can be made there', 'give another folder with --out'] as const;

/** A file system's error as a RunError: `verb` is `write`, `create` or `read`. */
export function fileError(verb: string, file: string, error: unknown): RunError {
  const { code = '', message } = error as NodeJS.ErrnoException;
  const [what, remedy] = verb === 'create' && code === 'ENOENT' ? NO_PLACE : (REASONS[code] ?? [message, undefined]);
  return new RunError(`cannot ${verb} ${path.relative('.', file) || file}: ${what}`, remedy, { cause: error });
}
