// The files below runs/: which are runs by their name, in the order of their numbers, and each read
// on its own. The one door to them, for read-results and for sweep's resume. What cannot be used is
// named, and holds none of the others up.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { ConfigurationError } from '../../base/errors.js';
import { RUN_SCHEMA, runResultSchema, type RunResult } from '../../contract/run-result.js';
import { withHonestStatus } from '../../contract/usable.js';
import { contradictions } from './contradictions.js';
import { plural, printable } from '../text/format.js';
import { fileTrouble, readJson } from './read-file.js';
import { ReadTrouble } from './read-trouble.js';

const MIB = 1024 * 1024;
/** A run with three full histograms and an hour of intervals is about 3 MiB. */
export const MAX_RUN_BYTES = 16 * MIB;
const MAX_RUN_FILES = 200_000;

const MOST_TOLD = 3;

const RUN_FILE = /^(\d{4,12})\.json$/;

export interface RunFile {
  /** Within runs/. */
  readonly name: string;
  readonly run: RunResult;
}

export interface RunFiles {
  readonly files: readonly RunFile[];
  readonly unread: readonly { readonly name: string; readonly trouble: ReadTrouble }[];
}

/**
 * Each run as `keep` makes it, once it is checked. Throws ConfigurationError only where the folder
 * itself cannot be listed.
 */
export function readRunFiles(
  dir: string,
  keep: (run: RunResult) => RunResult = (run) => run,
): RunFiles {
  const files: RunFile[] = [];
  const unread: { name: string; trouble: ReadTrouble }[] = [];
  const { runs, strays } = runFiles(dir);
  for (const name of runs) {
    try {
      files.push({ name, run: keep(readRunFile(dir, name)) });
    } catch (error) {
      if (!(error instanceof ReadTrouble)) throw error;
      unread.push({ name, trouble: error });
    }
  }
  for (const name of strays) {
    unread.push({
      name,
      trouble: new ReadTrouble('is not named as any run is', 'foreign', 'Take it out of runs/.'),
    });
  }
  return { files, unread };
}

/** One of them. Throws ReadTrouble, also where its figures contradict each other. */
export function readRunFile(dir: string, name: string): RunResult {
  const run = readJson(path.join(dir, 'runs', name), MAX_RUN_BYTES, RUN_SCHEMA, runResultSchema);
  const wrong = contradictions(run);
  if (wrong.length === 0) return withHonestStatus(run);
  const more = wrong.length > MOST_TOLD ? ` (and ${wrong.length - MOST_TOLD} more)` : '';
  const told = printable(wrong.slice(0, MOST_TOLD).join('; '), 300);
  throw new ReadTrouble(`holds figures that contradict each other: ${told}${more}`, 'damaged');
}

/**
 * Names like 0001.json, by number. Of the others, a write cut short or a run put aside is no JSON
 * by its name.
 */
export function runFiles(dir: string): {
  readonly runs: readonly string[];
  readonly strays: readonly string[];
} {
  let names: string[];
  try {
    names = readdirSync(path.join(dir, 'runs'));
  } catch (error) {
    const trouble = fileTrouble(error);
    if (trouble.kind === 'missing') return { runs: [], strays: [] }; // stopped before its first run
    throw new ConfigurationError(
      `${printable(path.join(dir, 'runs'))} ${trouble.message}`,
      trouble.remedy,
    );
  }
  const runs = names.filter((name) => RUN_FILE.test(name));
  if (runs.length > MAX_RUN_FILES) {
    const held = plural(runs.length, 'run file');
    throw new ConfigurationError(
      `${printable(dir)} holds ${held}, above the limit of ${MAX_RUN_FILES}`,
      'Split the sweep.',
    );
  }
  const strays = names.filter(
    (name) => name.endsWith('.json') && !name.startsWith('.') && !RUN_FILE.test(name),
  );
  const number = (name: string): number => Number.parseInt(name, 10);
  return {
    runs: runs.sort((a, b) => number(a) - number(b) || a.length - b.length),
    strays: strays.sort(),
  };
}
