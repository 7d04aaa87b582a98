// Puts what a format gives where the user wants it: on stdout, in a file, or as files in a folder,
// each whole or not at all. Called by print-report, print-comparison and print-trend. Long outputs
// are written piece by piece, never held at once.
import { closeSync, openSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';
import type { Writable } from 'node:stream';
import { removeDeadDraftsOf, writeWholeSync } from '../../base/files/durable-file.js';
import { addToFolderSync, writeFolderSync } from '../../base/files/durable-folder.js';
import { ConfigurationError, KbenchError, RunError } from '../../base/errors.js';
import { codeOf, fileReason } from '../../base/files/file-error.js';
import { printable } from '../text/format.js';
import type { NamedFile, Output } from './format-types.js';

/** What was written, for telling. */
export interface Written {
  readonly files: number;
}

/**
 * Pieces are joined up to this much, so that a long report is not a hundred thousand system calls.
 */
const CHUNK_CHARACTERS = 256 * 1024;

/**
 * Writes `output` to the file or folder `out`; null is `stream`. Throws ConfigurationError where it
 * cannot go there, RunError where writing fails.
 */
export async function writeOutput(
  output: Output,
  out: string | null,
  stream: Writable,
): Promise<Written> {
  if (typeof output !== 'string' && 'files' in output) {
    return out === null ? printOnlyFile(output.files, stream) : writeFiles(output.files, out);
  }
  const pieces = typeof output === 'string' ? [output] : output.pieces;
  if (out === null) await print(pieces, stream);
  else writeFile(out, pieces);
  return { files: 1 };
}

/** A format of several files may be printed where there is but one. */
async function printOnlyFile(files: Iterable<NamedFile>, stream: Writable): Promise<Written> {
  let only: NamedFile | null = null;
  for (const file of files) {
    if (only !== null) {
      throw new ConfigurationError(
        'this format is a folder of files',
        'Give --out DIR to write them, or choose one: --where point=p01.',
      );
    }
    only = file;
  }
  if (only !== null) await print([only.text], stream);
  return { files: only === null ? 0 : 1 };
}

/**
 * A new folder appears with all its files or not at all; one that is there gets all of them or
 * none.
 */
function writeFiles(files: Iterable<NamedFile>, dir: string): Written {
  const found = stat(dir);
  if (found?.isDirectory() === false) {
    throw new ConfigurationError(
      `${printable(dir)} is a file`,
      'This format is a folder of files: name a folder.',
    );
  }
  // The first is made before anything is written: what there is none of makes no folder.
  const all = files[Symbol.iterator]();
  let next = all.next();
  if (next.done === true) return { files: 0 };
  const fill = (draft: string): number => {
    let count = 0;
    for (; next.done !== true; next = all.next(), count++) {
      writeWholeSync(path.join(draft, next.value.name), next.value.text);
    }
    return count;
  };
  try {
    return { files: found === undefined ? writeFolderSync(dir, fill) : addToFolderSync(dir, fill) };
  } catch (error) {
    throw error instanceof KbenchError ? error : trouble(dir, error);
  }
}

/**
 * A file is replaced in one step, so that a reader sees the old content or the new. A device or a
 * pipe is written to as it is.
 */
function writeFile(file: string, pieces: Iterable<string>): void {
  const found = stat(file);
  if (found?.isDirectory() === true) {
    throw new ConfigurationError(
      `${printable(file)} is a folder`,
      'Name a file: this format is one.',
    );
  }
  try {
    if (isStream(file) || found?.isFile() === false) writeInPlace(file, pieces);
    else {
      removeDeadDraftsOf(file);
      writeWholeSync(file, chunks(pieces));
    }
  } catch (error) {
    throw error instanceof KbenchError ? error : trouble(file, error);
  }
}

/**
 * /dev/stdout and the like, whatever they lead to: a file that the shell opened must not be taken
 * from under it.
 */
const isStream = (file: string): boolean => /^\/(dev|proc)\//.test(path.resolve(file));

function writeInPlace(file: string, pieces: Iterable<string>): void {
  const descriptor = openSync(file, 'a');
  try {
    for (const chunk of chunks(pieces)) writeAll(descriptor, Buffer.from(chunk));
  } finally {
    closeSync(descriptor);
  }
}

function writeAll(descriptor: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(descriptor, bytes, at);
    } catch (error) {
      // A pipe that is full, where someone made it non-blocking.
      if (codeOf(error) !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
}

function stat(file: string) {
  try {
    return statSync(file, { throwIfNoEntry: false });
  } catch (error) {
    throw trouble(file, error);
  }
}

/** Waits for a slow reader; a reader that has gone (`| head`) ends it without an error. */
async function print(pieces: Iterable<string>, stream: Writable): Promise<void> {
  for (const chunk of chunks(pieces)) {
    if (stream.destroyed || stream.errored !== null) return;
    if (stream.write(chunk)) continue;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        for (const event of EVENTS) stream.off(event, done);
        resolve();
      };
      for (const event of EVENTS) stream.on(event, done);
    });
  }
}

const EVENTS = ['drain', 'close', 'error'] as const;

function* chunks(pieces: Iterable<string>): Generator<string> {
  let waiting = '';
  for (const piece of pieces) {
    waiting += piece;
    if (waiting.length < CHUNK_CHARACTERS) continue;
    yield waiting;
    waiting = '';
  }
  if (waiting !== '') yield waiting;
}

function trouble(file: string, error: unknown): RunError {
  const missing = ['ENOENT', 'ENOTDIR'].includes(codeOf(error));
  const why = missing ? 'its folder does not exist' : fileReason(error).what;
  return new RunError(
    `cannot write ${printable(file)}: ${why}`,
    'Choose another place with --out.',
    { cause: error },
  );
}
