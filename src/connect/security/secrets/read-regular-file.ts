// Reads a file that settings name (a secret, a store, a token): a regular file of bounded size.
// Called by everything in security/ that reads. Must never wait: opening a pipe without a writer
// blocks a thread that nothing can interrupt, and with it the end of the process; and what can be
// read only once is of no use here, as each producer and each renewal reads anew.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { constants, open } from 'node:fs/promises';

/** Larger ones hold neither secrets nor certificates. */
const MAX_BYTES = 1024 * 1024;

/** Why a file is refused, to stand behind its name. */
export class UnreadableFile extends Error {
  override name = 'UnreadableFile';
  constructor(
    message: string,
    /** There is nothing at the path. */
    readonly absent = false,
  ) {
    super(message);
  }
}

/** Throws UnreadableFile. */
export async function readRegularFile(path: string): Promise<Buffer> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      refuseOdd(await file.stat());
      return await readAll(file);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw unreadable(error);
  }
}

/** The same at once: for what is read before anything runs. Throws UnreadableFile. */
export function readRegularFileSync(path: string): Buffer {
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      refuseOdd(fstatSync(file));
      const bytes = Buffer.alloc(MAX_BYTES + 1);
      let length = 0;
      for (let read = -1; read !== 0 && length < bytes.length; length += read) {
        read = readSync(file, bytes, length, bytes.length - length, null);
      }
      return withinLimit(bytes, length);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw unreadable(error);
  }
}

function refuseOdd(stat: { isFile(): boolean; readonly size: number }): void {
  if (!stat.isFile())
    throw new UnreadableFile('is refused: it is not a regular file, and it is read more than once');
  if (stat.size > MAX_BYTES) throw new UnreadableFile('is refused: the file is larger than 1 MiB');
}

function unreadable(error: unknown): UnreadableFile {
  if (error instanceof UnreadableFile) return error;
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
  return new UnreadableFile(
    code === 'ENXIO' ? 'cannot be read: it is a socket' : `cannot be read (${code})`,
    code === 'ENOENT',
  );
}

/** A file of /proc has a size of 0, and one that grows has no size at all. */
async function readAll(file: Awaited<ReturnType<typeof open>>): Promise<Buffer> {
  const bytes = Buffer.alloc(MAX_BYTES + 1);
  let length = 0;
  for (let read = -1; read !== 0 && length < bytes.length; length += read) {
    read = (await file.read(bytes, length, bytes.length - length, null)).bytesRead;
  }
  return withinLimit(bytes, length);
}

function withinLimit(bytes: Buffer, length: number): Buffer {
  if (length > MAX_BYTES) throw new UnreadableFile('is refused: the file is larger than 1 MiB');
  return Buffer.from(bytes.subarray(0, length));
}
