// Puts what a format gives where the user wants it: on stdout, in a file, or as files in a folder, each whole or not at all. Called by
// print-report. Long outputs are written piece by piece, never held at once.
import { closeSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import type { Writable } from 'node:stream';
import { ConfigurationError, KbenchError, RunError } from '../base/errors.js';
import { printable } from './format.js';
import type { NamedFile, Output } from './formats/format-types.js';
import { fileTrouble } from './read-file.js';

/** What was written, for telling. */
export interface Written {
  readonly files: number;
}

/** Pieces are joined up to this much, so that a long report is not a hundred thousand system calls. */
const CHUNK_CHARACTERS = 256 * 1024;

/** Writes `output` to the file or folder `out`; null is `stream`. Throws ConfigurationError where it cannot go there, RunError where writing fails. */
export async function writeOutput(output: Output, out: string | null, stream: Writable): Promise<Written> {
  if (typeof output !== 'string' && 'files' in output) {
    return out === null ? printOnlyFile(output.files, stream) : writeFiles(output.files, out);
  }
  const pieces = typeof output === 'string' ? [output] : output.pieces;
  if (out === null) await print(pieces, stream);
  else writeWhole(out, pieces);
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

/** A new folder appears with all its files or not at all; in one that is there, each file does. */
function writeFiles(files: Iterable<NamedFile>, dir: string): Written {
  const found = statSync(dir, { throwIfNoEntry: false });
  if (found?.isDirectory() === false) {
    throw new ConfigurationError(`${printable(dir)} is a file`, 'This format is a folder of files: name a folder.');
  }
  let count = 0;
  if (found !== undefined) {
    for (const { name, text } of files) {
      writeWhole(path.join(dir, name), [text]);
      count++;
    }
    return { files: count };
  }
  const partial = `${path.resolve(dir)}.${process.pid}.partial`;
  try {
    for (const { name, text } of files) {
      if (count === 0) mkdirSync(partial, { recursive: true });
      writeFileSync(path.join(partial, name), text);
      count++;
    }
    if (count > 0) renameSync(partial, dir);
    return { files: count };
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    throw error instanceof KbenchError ? error : trouble(dir, error);
  }
}

/**
 * Through a file beside it, so that a reader sees the old content or the new. A device or a pipe is written to as it is. Not forced to the disk: that
 * takes a millisecond a file, and a report can be made again.
 */
function writeWhole(file: string, pieces: Iterable<string>): void {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found?.isDirectory() === true) {
    throw new ConfigurationError(`${printable(file)} is a folder`, 'Name a file: this format is one.');
  }
  const replace = found === undefined || found.isFile();
  const target = replace ? `${file}.${process.pid}.partial` : file;
  try {
    const descriptor = openSync(target, 'w');
    try {
      for (const chunk of chunks(pieces)) writeAll(descriptor, Buffer.from(chunk));
    } finally {
      closeSync(descriptor);
    }
    if (replace) renameSync(target, file);
  } catch (error) {
    if (replace) rmSync(target, { force: true });
    throw error instanceof KbenchError ? error : trouble(file, error);
  }
}

function writeAll(descriptor: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
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
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const denied = code === 'EACCES' || code === 'EPERM' || code === 'EROFS';
  const missing = code === 'ENOENT' || code === 'ENOTDIR';
  const why =
    code === 'ENOSPC'
      ? 'the disk is full'
      : denied
        ? 'permission denied'
        : missing
          ? 'its folder does not exist'
          : fileTrouble(error).message;
  return new RunError(`cannot write ${printable(file)}: ${why}`, 'Choose another place with --out.', { cause: error });
}
