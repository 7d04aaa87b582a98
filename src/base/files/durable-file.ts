// The one door for files that matter: written beside, whole, checked, synced, then renamed over the
// old one. A good file is never replaced by a bad one. Called by whoever saves anything a user
// wants to find again; throws the file system's own errors.
import {
  closeSync,
  fstatSync,
  fsyncSync,
  openSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { fileWithoutSecrets } from '../secrets/secrets.js';
import { hostIdentity, processIdentity } from '../process-identity.js';

/**
 * Windows has none for folders, and some network mounts refuse it: the rename is then as durable as
 * it gets.
 */
const NO_FOLDER_SYNC = new Set([
  'EISDIR',
  'EPERM',
  'EINVAL',
  'ENOTSUP',
  'EACCES',
  'EBADF',
  'ENOSYS',
]);

/** Tells one write of this process from another. */
let written = 0;

/**
 * Beside the file, so that the rename stays on one file system; with its writer, so that the next
 * start knows what is dead.
 */
export function draftOf(file: string): string {
  written += 1;
  const { pid } = process;
  const writer = `${placeDigest()}-${pid}-${startDigest(pid) ?? '00000000'}-${written}`;
  return path.join(path.dirname(file), `.${path.basename(file)}.${writer}.draft`);
}

const DRAFT = /^\.(.+)\.([0-9a-f]{8})-(\d+)-([0-9a-f]{8})-\d+\.draft$/;

/**
 * A link stays one, and what it leads to is replaced. A file that is there keeps its permissions.
 */
function targetOf(file: string): { readonly target: string; readonly mode: number } {
  try {
    const target = realpathSync(file);
    return { target, mode: statSync(target).mode & 0o777 };
  } catch {
    return { target: file, mode: 0o666 };
  }
}

/** Where process numbers mean the same. */
const placeDigest = (): string => {
  const { host, pidNamespace } = hostIdentity();
  return digest(`${host} ${pidNamespace}`);
};

/**
 * Of this boot and the process's start time: a number that was given again is another process. Null
 * where it is dead.
 */
const startDigest = (pid: number): string | null => {
  const found = processIdentity(pid);
  return found === null ? null : digest(`${hostIdentity().boot} ${found.startTime}`);
};

const digest = (text: string): string =>
  createHash('sha256').update(text).digest('hex').slice(0, 8);

/** A short write is no success: the disk may be full after it. */
class ShortWrite extends Error {
  readonly code = 'ENOSPC';
}

/** Replaces `file` by `content` in one step, or throws and leaves what was there. Text is UTF-8. */
export async function writeWhole(file: string, content: string | Uint8Array): Promise<void> {
  const bytes =
    typeof content === 'string' ? Buffer.from(fileWithoutSecrets(file, content), 'utf8') : content;
  const { target, mode } = targetOf(file);
  const draft = draftOf(target);
  try {
    const handle = await open(draft, 'wx', mode);
    try {
      await writeAll(handle, bytes);
      await handle.sync();
      const { size } = await handle.stat();
      if (size !== bytes.byteLength)
        throw new ShortWrite(`${size} of ${bytes.byteLength} bytes were written`);
    } finally {
      await handle.close();
    }
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncFolder(path.dirname(target));
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.byteLength;) {
    const { bytesWritten } = await handle.write(bytes, at, bytes.byteLength - at, at);
    if (bytesWritten === 0) throw new ShortWrite('nothing more could be written');
    at += bytesWritten;
  }
}

async function syncFolder(folder: string): Promise<void> {
  let handle: FileHandle | null = null;
  try {
    handle = await open(folder, 'r');
    await handle.sync();
  } catch (error) {
    if (!NO_FOLDER_SYNC.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    await handle?.close();
  }
}

/**
 * As `writeWhole`, for where nothing may come in between. `content` may come in pieces, so that a
 * large file is never held whole.
 */
export function writeWholeSync(
  file: string,
  content: string | Uint8Array | Iterable<string>,
): void {
  const { target, mode } = targetOf(file);
  const draft = draftOf(target);
  try {
    const handle = openSync(draft, 'wx', mode);
    try {
      let size = 0;
      const pieces =
        typeof content === 'string'
          ? [fileWithoutSecrets(file, content)]
          : content instanceof Uint8Array
            ? [content]
            : content;
      for (const piece of pieces) size += writeAllSync(handle, piece, size);
      fsyncSync(handle);
      const found = fstatSync(handle).size;
      if (found !== size) throw new ShortWrite(`${found} of ${size} bytes were written`);
    } finally {
      closeSync(handle);
    }
    renameSync(draft, target);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
  syncFolderSync(path.dirname(target));
}

/** Gives the bytes written, which are all. */
function writeAllSync(handle: number, piece: string | Uint8Array, position: number): number {
  const bytes = typeof piece === 'string' ? Buffer.from(piece, 'utf8') : piece;
  for (let at = 0; at < bytes.byteLength;) {
    const count = writeSync(handle, bytes, at, bytes.byteLength - at, position + at);
    if (count === 0) throw new ShortWrite('nothing more could be written');
    at += count;
  }
  return bytes.byteLength;
}

/** So that what was renamed in it is there after a crash of the machine too. */
export function syncFolderSync(folder: string): void {
  let handle: number | null = null;
  try {
    handle = openSync(folder, 'r');
    fsyncSync(handle);
  } catch (error) {
    if (!NO_FOLDER_SYNC.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    if (handle !== null) closeSync(handle);
  }
}

/**
 * Removes what killed writes left in `folder`, of the file `only` if it is given; gives the names.
 * Drafts of the living stay, and those of another host or container, unless the folder is `mine`
 * alone (its lock is held). Never throws.
 */
export function removeDeadDrafts(folder: string, mine = false, only?: string): readonly string[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names.filter((name) => {
    const match = DRAFT.exec(name);
    if (match === null || !isDead(match, mine)) return false;
    if (only !== undefined && match[1] !== only) return false;
    try {
      // The draft of a folder is one.
      rmSync(path.join(folder, name), { force: true, recursive: true });
      return true;
    } catch {
      return false;
    }
  });
}

/** The drafts of one file, in a folder that is anyone's. */
export function removeDeadDraftsOf(file: string): readonly string[] {
  const { target } = targetOf(file);
  return removeDeadDrafts(path.dirname(target), false, path.basename(target));
}

function isDead([, , place, pid, start]: RegExpExecArray, mine: boolean): boolean {
  if (place !== placeDigest()) return mine;
  return startDigest(Number(pid)) !== start;
}
