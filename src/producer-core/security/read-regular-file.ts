// Reads a file that settings name (a secret, a store, a token): a regular file of bounded size. Called by everything in security/
// that reads. Must never wait: opening a pipe without a writer blocks a thread that nothing can interrupt, and with it the
// end of the process; and what can be read only once is of no use here, as each producer and each renewal reads anew.
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
      const stat = await file.stat();
      if (!stat.isFile())
        throw new UnreadableFile('is refused: it is not a regular file, and it is read more than once');
      if (stat.size > MAX_BYTES) throw new UnreadableFile('is refused: the file is larger than 1 MiB');
      return await readAll(file);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof UnreadableFile) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new UnreadableFile(
      code === 'ENXIO' ? 'cannot be read: it is a socket' : `cannot be read (${code})`,
      code === 'ENOENT',
    );
  }
}

/** A file of /proc has a size of 0, and one that grows has no size at all. */
async function readAll(file: Awaited<ReturnType<typeof open>>): Promise<Buffer> {
  const bytes = Buffer.alloc(MAX_BYTES + 1);
  let length = 0;
  for (let read = -1; read !== 0 && length < bytes.length; length += read) {
    read = (await file.read(bytes, length, bytes.length - length, null)).bytesRead;
  }
  if (length > MAX_BYTES) throw new UnreadableFile('is refused: the file is larger than 1 MiB');
  return Buffer.from(bytes.subarray(0, length));
}
