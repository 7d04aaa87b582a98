// Ends what a kbench that was killed (SIGKILL, power, out of memory) left behind. Called before a cluster is started.
// Touches only what a registry entry of a dead owner names: a process whose number, start time and command line all match, a folder
// that carries the entry's own mark. Everything else, and every entry that it cannot judge, is left alone.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { cacheFolder } from './cache-folder.js';
import { isAlive, rebootedSince, sameHost } from '../../base/process-identity.js';
import { FOLDER_MARK, runEntrySchema, runsFolder } from './run-registry.js';
import type { RunEntry } from './run-registry.js';

export interface CleanedUp {
  readonly killed: readonly number[];
  readonly removed: readonly string[];
}

/** Ends the children and removes the folders of runs whose kbench is dead. Never throws. */
export function cleanUpDeadRuns(cache = cacheFolder()): CleanedUp {
  const killed: number[] = [];
  const removed: string[] = [];
  for (const file of entryFiles(runsFolder(cache))) {
    const entry = readEntry(file);
    if (entry === null) continue;
    const rebooted = rebootedSince(entry.host);
    // Another host or container that shares the cache: its processes cannot be seen from here.
    if (!rebooted && !sameHost(entry.host)) continue;
    if (!rebooted && isAlive(entry.owner)) continue;
    if (!rebooted)
      killed.push(
        ...entry.children
          .filter(isAlive)
          .filter(({ pid }) => kill(pid))
          .map(({ pid }) => pid),
      );
    const left = entry.folders.filter((folder) => carriesMark(folder, entry.mark));
    removed.push(...left.filter(remove));
    // What could not be removed stays named, for the next time.
    if (!left.some((folder) => carriesMark(folder, entry.mark))) rmSync(file, { force: true });
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

function carriesMark(folder: string, mark: string): boolean {
  try {
    return path.isAbsolute(folder) && readFileSync(path.join(folder, FOLDER_MARK), 'utf8') === mark;
  } catch {
    return false;
  }
}

function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}

function remove(folder: string): boolean {
  try {
    // A broker that was killed just now may still be closing its files.
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    return true;
  } catch {
    return false;
  }
}
