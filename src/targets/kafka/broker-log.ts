// What a server said, bounded: the end of its log for messages, and a copy for one that died, since
// the cluster's folder goes with the cluster. Called by server-process.ts. The newest KEPT
// copies stay in <cache>/logs/.
import { closeSync, fstatSync, openSync, readdirSync, readSync, rmSync } from 'node:fs';
import path from 'node:path';
import { writeWholeSync } from '../../base/files/durable-file.js';
import { makeFolders } from '../../base/files/make-folders.js';
import { cacheFolder } from './cache-folder.js';

/** Of each of a broker's files. */
const KEPT_BYTES = 1024 * 1024;
const TAIL_BYTES = 64 * 1024;
const KEPT = 20;
/** `broker-...` are those of older versions, and sort as older. */
const NAME = /^(?:broker|server)-\d{4}-\d\d-\d\dT[\d-]+Z-\d+-[\w-]+\.log$/;

/** The last lines of each file, the first of them first. Empty where nothing was said. */
export const logTail = (files: readonly string[], lines: number): string =>
  files
    .map((file) => endOf(file, TAIL_BYTES).trimEnd().split('\n').slice(-lines).join('\n'))
    .filter((text) => text !== '')
    .join('\n');

/**
 * Copies the ends of a server's files to where they outlive the cluster; gives the copy's path, or
 * null where that cannot be.
 */
export function keepLog(
  server: string,
  files: readonly string[],
  cache = cacheFolder(),
): string | null {
  const folder = path.join(cache, 'logs');
  // The time first, so that the order of names is that of time.
  const at = new Date().toISOString().replaceAll(/[:.]/g, '-');
  const name = `server-${at}-${process.pid}-${server.toLowerCase().replaceAll(/\W+/g, '-')}.log`;
  try {
    makeFolders(folder);
    const file = path.join(folder, name);
    writeWholeSync(file, files.map((each) => endOf(each, KEPT_BYTES)).join(''));
    const kept = readdirSync(folder).filter((each) => NAME.test(each));
    for (const old of kept.sort().slice(0, -KEPT)) rmSync(path.join(folder, old), { force: true });
    return file;
  } catch {
    return null; // its end is quoted all the same
  }
}

function endOf(file: string, bytes: number): string {
  let handle: number | null = null;
  try {
    handle = openSync(file, 'r');
    const { size } = fstatSync(handle);
    const length = Math.min(size, bytes);
    const buffer = Buffer.alloc(length);
    const read = readSync(handle, buffer, 0, length, size - length);
    return buffer.toString('utf8', 0, read);
  } catch {
    return '';
  } finally {
    if (handle !== null) closeSync(handle);
  }
}
