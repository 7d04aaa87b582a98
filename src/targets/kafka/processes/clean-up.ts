// Ends what a kbench that was killed (SIGKILL, power, out of memory) left behind. Called at every
// start of `kbench run` and before a cluster is started. Touches only what a registry entry of a
// dead owner names: a process whose number, start time and command line all match, a folder whose
// name carries the entry's own mark. Everything else, and every entry that it cannot judge, is left
// alone.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { removeDeadDrafts } from '../../../base/files/durable-file.js';
import {
  isSameProcess,
  processIdentity,
  rebootedSince,
  sameHost,
} from '../../../base/process-identity.js';
import type { ProcessIdentity } from '../../../base/process-identity.js';
import { cacheFolder } from '../cache-folder.js';
import { killWithGroup, runEntrySchema, runsFolder } from './run-registry.js';
import type { RunEntry } from './run-registry.js';

export interface CleanedUp {
  readonly killed: readonly number[];
  readonly removed: readonly string[];
}

/** Ends the children and removes the folders of runs whose kbench is dead. Never throws. */
export function cleanUpDeadRuns(cache = cacheFolder()): CleanedUp {
  const killed: number[] = [];
  const removed: string[] = [];
  removeDeadDrafts(runsFolder(cache));
  for (const file of entryFiles(runsFolder(cache))) {
    const entry = readEntry(file);
    if (entry === null) continue;
    const rebooted = rebootedSince(entry.host);
    // Another host or container that shares the cache: its processes cannot be seen from here.
    if (!rebooted && !sameHost(entry.host)) continue;
    if (!rebooted && isSameProcess(entry.owner)) continue;
    if (!rebooted) {
      const left = entry.children.filter(isChild).filter(({ pid }) => killWithGroup(pid));
      killed.push(...left.map(({ pid }) => pid));
    }
    const folders = entry.folders.filter((folder) => carriesMark(folder, entry.mark));
    const gone = folders.filter((folder) => remove(folder, removed));
    // What could not be removed stays named, for the next time.
    if (gone.length === folders.length) strikeOut(file);
  }
  return { killed, removed };
}

function entryFiles(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /^\d+-\w*\.json$/.test(name))
      .map((name) => path.join(folder, name));
  } catch {
    return [];
  }
}

function readEntry(file: string): RunEntry | null {
  try {
    return runEntrySchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return null;
  }
}

/**
 * Its shell, before it becomes the program, has the program's command line at the end of its own.
 */
function isChild(known: ProcessIdentity): boolean {
  const now = processIdentity(known.pid);
  return now?.startTime === known.startTime && now.commandLine.endsWith(known.commandLine);
}

/** The name is the mark: it is there from the folder's first moment to its last. */
const carriesMark = (folder: string, mark: string): boolean =>
  path.isAbsolute(folder) && path.basename(folder).includes(mark);

/** True where the folder is gone; those that were there are added to `removed`. */
function remove(folder: string, removed: string[]): boolean {
  try {
    readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true;
  }
  try {
    // A broker that was killed just now may still be closing its files.
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    removed.push(folder);
    return true;
  } catch {
    return false;
  }
}

function strikeOut(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // a cache that cannot be written: whoever needs it says so
  }
}
