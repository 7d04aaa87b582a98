// A file system's error in plain words: what stands in the way, and what to do about it. Called by
// whatever reads or saves a user's files; anything else that is thrown is a bug and keeps its
// trace.
import path from 'node:path';
import { RunError } from '../errors.js';

interface Reason {
  readonly what: string;
  readonly remedy?: string;
}

const OTHER_PLACE = 'give another folder with --out';
const DENIED = { what: 'permission denied', remedy: `${OTHER_PLACE}, or change its permissions` };
const FULL = 'free some space';
const REASONS: Readonly<Record<string, Reason>> = {
  ENOSPC: { what: 'the disk is full', remedy: FULL },
  EDQUOT: { what: 'the disk quota is used up', remedy: FULL },
  EFBIG: { what: 'the file would be larger than it may be', remedy: 'raise the limit (ulimit -f)' },
  EACCES: DENIED,
  EPERM: DENIED,
  EROFS: { what: 'the file system is read-only', remedy: OTHER_PLACE },
  ENOTDIR: { what: 'a part of the path is a file, not a folder', remedy: OTHER_PLACE },
  EISDIR: { what: 'a folder of this name stands in the way', remedy: OTHER_PLACE },
  ENOTEMPTY: { what: 'a folder of this name stands in the way', remedy: OTHER_PLACE },
  EEXIST: { what: 'a file of this name stands in the way', remedy: OTHER_PLACE },
  ENOENT: {
    what: 'the folder is gone',
    remedy: 'leave the results folder alone while a sweep runs',
  },
  EMFILE: { what: 'too many open files', remedy: 'raise the limit (ulimit -n)' },
  ENFILE: { what: 'too many open files', remedy: 'raise the limit of the system' },
  ENAMETOOLONG: { what: 'the path is too long', remedy: 'give a shorter folder with --out' },
  EIO: { what: 'the disk fails (input/output error)', remedy: OTHER_PLACE },
  ELOOP: { what: 'it is a symbolic link that leads nowhere', remedy: OTHER_PLACE },
};

const NO_PLACE = { what: 'no folder can be made there', remedy: OTHER_PLACE };

/** The error's code, '' where it has none. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : '';

/** Why the file system refuses. */
export function fileReason(error: unknown): Reason {
  return REASONS[codeOf(error)] ?? { what: error instanceof Error ? error.message : String(error) };
}

/** A file system's error as a RunError: `verb` is `write`, `create`, `lock` or the like. */
export function fileError(verb: string, file: string, error: unknown): RunError {
  const { what, remedy } =
    verb === 'create' && codeOf(error) === 'ENOENT' ? NO_PLACE : fileReason(error);
  return new RunError(`cannot ${verb} ${path.relative('.', file) || file}: ${what}`, remedy, {
    cause: error,
  });
}
