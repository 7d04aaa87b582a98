// Which results folder is meant by the folder that a user names: that one, or the newest below it
// (`results/`, `results/<name>/`).
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { ConfigurationError } from '../../base/errors.js';
import { printable } from '../text/format.js';
import { fileTrouble } from './read-file.js';
import type { ReadTrouble } from './read-trouble.js';

/** Folders looked into below the one named. */
const MAX_FOLDERS = 10_000;

export interface FoundResults {
  readonly dir: string;
  /** Set when the folder named holds several results: how many there were to choose from. */
  readonly chosen: { readonly from: string; readonly among: number } | null;
}

/**
 * Throws ConfigurationError when `dir` is not there, may not be read, or neither is nor holds a
 * results folder.
 */
export function findResults(dir: string): FoundResults {
  const shown = printable(dir);
  try {
    if (!statSync(dir).isDirectory()) {
      throw new ConfigurationError(
        `${shown} is not a folder`,
        'Name the results folder that `kbench run` printed.',
      );
    }
    if (isResults(dir)) return { dir, chosen: null };
    const candidates = resultsBelow(dir);
    if (candidates.length > 0)
      return { dir: newest(candidates), chosen: { from: dir, among: candidates.length } };
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    const trouble: ReadTrouble = fileTrouble(error);
    const remedy =
      trouble.remedy ?? '`kbench run` prints where its results are; by default below results/.';
    throw new ConfigurationError(`${shown} ${trouble.message}`, remedy);
  }
  throw new ConfigurationError(
    `${shown} is not a kbench results folder: ` +
      'it has neither a plan.json nor runs, and no folder below it has',
    'Name the results folder that `kbench run` printed, e.g. results/<name>/<time>-<id>.',
  );
}

/** One whose plan is lost still has its runs. */
export const isResults = (dir: string): boolean =>
  existsSync(path.join(dir, 'plan.json')) || holdsRuns(dir);

function holdsRuns(dir: string): boolean {
  try {
    return readdirSync(path.join(dir, 'runs')).some((name) => /^\d{4,12}\.json$/.test(name));
  } catch {
    return false;
  }
}

/** Results folders one level below `dir`, or else two levels below. */
export function resultsBelow(dir: string): string[] {
  const children = folders(dir);
  const direct = children.filter(isResults);
  if (direct.length > 0) return direct;
  return children.slice(0, MAX_FOLDERS).flatMap((child) => {
    try {
      return folders(child).filter(isResults);
    } catch {
      return []; // a neighbour that may not be read is none of ours
    }
  });
}

function folders(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .slice(0, MAX_FOLDERS)
    .map((entry) => path.join(dir, entry.name));
}

/** By the UTC time that folder names begin with; by plan.json's time where a folder was renamed. */
function newest(candidates: readonly string[]): string {
  const timed = candidates.every((dir) => /^\d{4}-?\d{2}-?\d{2}/.test(path.basename(dir)));
  const age = (dir: string): string => (timed ? path.basename(dir) : changedAt(dir));
  return candidates.reduce((best, dir) => (age(dir) > age(best) ? dir : best));
}

function changedAt(dir: string): string {
  const plan = statSync(path.join(dir, 'plan.json'), { throwIfNoEntry: false });
  return (plan ?? statSync(path.join(dir, 'runs'))).mtime.toISOString();
}
