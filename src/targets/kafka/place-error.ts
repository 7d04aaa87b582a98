// A place on disk that kbench needs for Kafka and cannot use (the cache, the folder for temporary
// files), as an error that says what happened, where, and what to do. Called by run-registry.ts,
// kafka-jars.ts and kafka-cluster.ts.
import { RunError } from '../../base/errors.js';

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EEXIST: 'a file of this name stands in the way',
  ENOENT: 'there is no such folder, and none can be made',
  ELOOP: 'its links lead in a circle',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'the path is too long',
  EIO: 'the disk fails',
};

/** As Java and Maven say it. */
export const FULL_DISK = /No space left on device|Disk quota exceeded/i;

const FULL = new Set(['ENOSPC', 'EDQUOT']);

/** Did the file system say so? All else is a bug or told already. */
const isFileError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && !(error instanceof RunError) && REASONS[codeOf(error)] !== undefined;

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? '';

/** `what`: e.g. `write to the cache`; what is no file system's error is given back as it is. */
export function placeError(what: string, place: string, error: unknown, remedy?: string): unknown {
  if (!isFileError(error)) return error;
  return new RunError(`cannot ${what} ${place}: ${REASONS[codeOf(error)]}`, remedy, {
    cause: error,
  });
}

export const cacheError = (cache: string, error: unknown): unknown =>
  placeError(
    'write to kbench’s cache',
    cache,
    error,
    FULL.has(codeOf(error))
      ? 'Free some space, or set KBENCH_CACHE to a folder elsewhere.'
      : 'Set KBENCH_CACHE to a folder that can be written, or mend this one.',
  );

export const temporaryError = (folder: string, error: unknown): unknown =>
  placeError(
    'keep Kafka’s files in the folder for temporary files,',
    folder,
    error,
    FULL.has(codeOf(error))
      ? 'Free some space, or set TMPDIR to a folder elsewhere.'
      : 'Set TMPDIR to a folder that is there and can be written.',
  );
