// Folders that are either whole or not there: filled beside, synced, then renamed. What stood there
// before is set aside until the new one is in its place. Called by what writes several files at
// once (write-output, save-reference).
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { draftOf, removeDeadDraftsOf, syncFolderSync } from './durable-file.js';

/**
 * Makes the folder `dir` out of what `fill` puts into a draft of it; one that is there is replaced.
 * Throws what `fill` throws.
 */
export function writeFolderSync<T>(dir: string, fill: (draft: string) => T): T {
  const target = path.resolve(dir);
  mkdirSync(path.dirname(target), { recursive: true });
  putBack(target);
  removeDeadDraftsOf(target);
  const draft = draftOf(target);
  try {
    mkdirSync(draft);
    const filled = fill(draft);
    syncFolderSync(draft);
    replace(draft, target);
    syncFolderSync(path.dirname(target));
    return filled;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/**
 * Puts what `fill` makes into the folder `dir`, which is there: all files are on the disk before
 * the first takes its place.
 */
export function addToFolderSync<T>(dir: string, fill: (draft: string) => T): T {
  const draft = draftOf(path.join(dir, 'files'));
  removeDeadDraftsOf(path.join(dir, 'files'));
  try {
    mkdirSync(draft);
    const filled = fill(draft);
    for (const name of readdirSync(draft)) renameSync(path.join(draft, name), path.join(dir, name));
    syncFolderSync(dir);
    return filled;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/**
 * A folder cannot be renamed over one that holds something, so there is a moment without either.
 */
function replace(draft: string, target: string): void {
  if (!existsSync(target)) {
    renameSync(draft, target);
    return;
  }
  const aside = asideOf(target);
  renameSync(target, aside);
  try {
    renameSync(draft, target);
  } catch (error) {
    renameSync(aside, target);
    throw error;
  }
  rmSync(aside, { recursive: true, force: true });
}

/** Killed in that moment: the old folder is whole, so it is what there is. */
function putBack(target: string): void {
  const aside = asideOf(target);
  if (!existsSync(aside)) return;
  if (existsSync(target)) rmSync(aside, { recursive: true, force: true });
  else renameSync(aside, target);
}

const asideOf = (target: string): string =>
  path.join(path.dirname(target), `.${path.basename(target)}.replaced`);
