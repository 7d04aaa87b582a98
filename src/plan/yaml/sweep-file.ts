// A sweep's file as text: there, readable, and no larger than a sweep can be. A pipe is taken too
// (`<(...)`, /dev/stdin), but not waited for without an end. Called by load-sweep.
import { constants, open, type FileHandle } from 'node:fs/promises';
import { ConfigurationError, KbenchError } from '../../base/errors.js';
import { sleep } from '../../base/time-limit.js';

/** Largest sweep file, in bytes. */
export const MAX_FILE_BYTES = 1024 * 1024;
/** Until what writes into a pipe has written all of it. */
const PIPE_LIMIT_MS = 10_000;
const POLL_MS = 10;

export interface ReadOptions {
  readonly stop?: AbortSignal | undefined;
  readonly pipeLimitMs?: number;
}

/**
 * The text of a sweep file. Throws ConfigurationError: missing, unreadable, a folder, too large;
 * StoppedError.
 */
export async function readSweepText(file: string, options: ReadOptions = {}): Promise<string> {
  try {
    // Without O_NONBLOCK, opening a pipe that nobody writes into holds a thread for ever, and with
    // it the end of the process.
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    try {
      return await readAll(file, handle, options);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof KbenchError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    const reason = REASONS[code] ?? `cannot be read (${code})`;
    throw new ConfigurationError(
      `${file} ${reason}`,
      'give the path of a sweep; `kbench init` writes one to start from',
    );
  }
}

async function readAll(file: string, handle: FileHandle, options: ReadOptions): Promise<string> {
  const { stop, pipeLimitMs = PIPE_LIMIT_MS } = options;
  const stat = await handle.stat();
  const tooLarge = (bytes: string) =>
    new ConfigurationError(
      `${file} has ${bytes}; a sweep may have ${MAX_FILE_BYTES}`,
      'is this the right file?',
    );
  if (stat.size > MAX_FILE_BYTES) throw tooLarge(`${stat.size} bytes`);
  const bytes = Buffer.alloc(MAX_FILE_BYTES + 1);
  const end = performance.now() + pipeLimitMs;
  let length = 0;
  while (length < bytes.length) {
    const read = await readNow(handle, bytes, length);
    if (read !== null && read > 0) length += read;
    // A pipe is at its end also before anybody has opened the other side.
    else if (read === 0 && (length > 0 || stat.isFile())) return bytes.toString('utf8', 0, length);
    else if (performance.now() >= end) {
      throw new ConfigurationError(
        `${file} is no file, and what it gives did not end within ${pipeLimitMs / 1000} s`,
        'write the sweep into a file, or let what writes it end',
      );
    } else await sleep(POLL_MS, stop);
  }
  throw tooLarge(`more than ${MAX_FILE_BYTES} bytes`);
}

/** Bytes read; null where there are none yet. */
async function readNow(handle: FileHandle, into: Buffer, at: number): Promise<number | null> {
  try {
    return (await handle.read(into, at, into.length - at, null)).bytesRead;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return null;
    throw error;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist',
  EISDIR: 'is a folder, not a file',
  EACCES: 'may not be read by this user',
  EPERM: 'may not be read by this user',
  ENXIO: 'is a socket, not a file',
};
