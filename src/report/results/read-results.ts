// A results folder, read and checked: the only door by which saved results come into reports. A
// damaged run file is left out and named under `skipped`; only what leaves nothing to report on is
// an error (ConfigurationError, exit 104).
import path from 'node:path';
import { ConfigurationError, type Problem } from '../../base/errors.js';
import {
  ENVIRONMENT_SCHEMA,
  environmentSchema,
  type Environment,
} from '../../contract/environment.js';
import { invocationSchema, INVOCATION_SCHEMA } from '../../contract/invocation.js';
import type { Invocation } from '../../contract/invocation.js';
import type { RunResult } from '../../contract/run-result.js';
import { findResults, type FoundResults } from './find-results.js';
import { plural, printable } from '../text/format.js';
import { PlanBinding } from './plan-binding.js';
import { readJson, readText } from './read-file.js';
import { ReadTrouble } from './read-trouble.js';
import { readRunFiles, type RunFiles } from './run-files.js';
import { onlyStrangers } from './strangers.js';
import {
  mustStay,
  nameFromFolder,
  planError,
  planFromRuns,
  readPlan,
  type SavedPlan,
} from './saved-plan.js';

export type { SavedPlan } from './saved-plan.js';

const MIB = 1024 * 1024;
const MAX_SMALL_BYTES = 4 * MIB;

export interface Results {
  readonly dir: string;
  readonly name: string;
  readonly plan: SavedPlan;
  readonly environment: Environment | null;
  /** In the order of their numbers, which is the order in which they were made. */
  readonly runs: readonly RunResult[];
  /** What could not be read and is left out, the file's name in each message. */
  readonly skipped: readonly Problem[];
  /** sweep.yaml as given; null when it is missing or unreadable. */
  readonly sweepYaml: string | null;
  readonly invocation: Invocation | null;
  /** Set when `dir` is the newest of several. */
  readonly chosen: FoundResults['chosen'];
}

export interface ReadOptions {
  /**
   * Makes a plan in place of a plan.json that is lost, out of what else there is; `note` says of
   * what. Null where that does not lead to these runs: the plan is then what the runs tell of it.
   */
  readonly rebuild?: Rebuild | undefined;
}

export type Rebuild = (
  dir: string,
  runs: readonly RunResult[],
) => { readonly plan: SavedPlan; readonly note: string } | null;

/**
 * Reads the results folder `dir`, or the newest one below it. Throws ConfigurationError, one clear
 * message.
 */
export function readResults(dir: string, options: ReadOptions = {}): Results {
  return read(dir, options);
}

/** For who looks at whole runs only: a fraction of the memory. What counts is the same. */
export function readResultsWithoutIntervals(dir: string, options: ReadOptions = {}): Results {
  return read(dir, options, withoutIntervals);
}

function withoutIntervals(run: RunResult): RunResult {
  const { measurement } = run;
  return measurement === null ? run : { ...run, measurement: { ...measurement, intervals: [] } };
}

function read(dir: string, options: ReadOptions, keep?: (run: RunResult) => RunResult): Results {
  const found = findResults(dir);
  const skipped: Problem[] = [];
  const { files, unread } = readRunFiles(found.dir, keep);
  const plan = planOf(found.dir, files, options, skipped);
  const environment = optional(found.dir, 'environment.json', skipped, (file) =>
    readJson(file, MAX_SMALL_BYTES, ENVIRONMENT_SCHEMA, environmentSchema),
  );
  const sweepYaml = optional(found.dir, 'sweep.yaml', skipped, (file) =>
    readText(file, MAX_SMALL_BYTES),
  );
  const invocation = optional(found.dir, 'invocation.json', skipped, (file) =>
    readJson(file, MAX_SMALL_BYTES, INVOCATION_SCHEMA, invocationSchema),
  );
  const runs = boundRuns(found.dir, plan, { files, unread }, skipped);
  return { ...found, name: plan.name, plan, environment, runs, skipped, sweepYaml, invocation };
}

function planOf(
  dir: string,
  files: RunFiles['files'],
  { rebuild }: ReadOptions,
  skipped: Problem[],
): SavedPlan {
  try {
    return readPlan(dir);
  } catch (error) {
    if (!(error instanceof ReadTrouble)) throw error;
    if (mustStay(error) || files.length === 0) throw planError(dir, error, remedyOf(dir, error));
    const runs = files.map(({ run }) => run);
    const rebuilt = rebuild?.(dir, runs) ?? null;
    const note =
      rebuilt?.note ??
      `the plan was rebuilt from the ${plural(files.length, 'run')} that there are. ` +
        'Settings that were not swept, ' +
        'gates, and runs that were never made are unknown';
    skipped.push({
      message: `plan.json ${error.message}: ${note}`,
      path: 'plan.json',
      remedy: '`kbench run --resume` writes it anew where sweep.yaml still leads to it.',
    });
    return rebuilt?.plan ?? planFromRuns(nameFromFolder(dir), runs);
  }
}

/** Null when the file is not there; null and a line in `skipped` when it cannot be used. */
function optional<T>(
  dir: string,
  name: string,
  skipped: Problem[],
  read: (file: string) => T,
): T | null {
  try {
    return read(path.join(dir, name));
  } catch (error) {
    if (!(error instanceof ReadTrouble)) throw error;
    if (error.kind !== 'missing') skipped.push(problem(dir, name, error));
    return null;
  }
}

/** The runs that are of the plan; the others are named. */
function boundRuns(
  dir: string,
  plan: SavedPlan,
  { files, unread }: RunFiles,
  skipped: Problem[],
): RunResult[] {
  const binding = new PlanBinding(plan);
  const runs: RunResult[] = [];
  const problems = unread.map(({ name, trouble }) => problem(dir, `runs/${name}`, trouble));
  for (const { name, run } of files) {
    try {
      binding.check(name, run);
      runs.push(run);
    } catch (error) {
      if (!(error instanceof ReadTrouble)) throw error;
      problems.push(problem(dir, `runs/${name}`, error));
    }
  }
  problems.sort((a, b) => (a.path! < b.path! ? -1 : 1));
  const strangers = onlyStrangers(files, binding);
  if (strangers !== null) {
    const { message, remedy } = strangers;
    throw new ConfigurationError(`${printable(dir)}: ${message}`, remedy, problems.slice(0, 20));
  }
  if (runs.length === 0 && problems.length > 0) {
    throw new ConfigurationError(
      `none of the ${plural(problems.length, 'run file')} in ${printable(dir)} ` +
        `can be read: ${problems[0].message}`,
      problems[0].remedy,
      problems.slice(0, 20),
    );
  }
  skipped.push(...problems);
  return runs;
}

function problem(dir: string, name: string, trouble: ReadTrouble): Problem {
  const again = name.startsWith('runs/')
    ? '`kbench run --resume` makes this run again.'
    : undefined;
  return {
    message: `${name} ${trouble.message}`,
    path: name,
    remedy: remedyOf(dir, trouble) ?? again,
  };
}

/**
 * Where another version of kbench is at fault, environment.json says which wrote the folder,
 * whatever the version of that file.
 */
function remedyOf(dir: string, { kind, remedy }: ReadTrouble): string | undefined {
  if (kind !== 'version' || remedy === undefined) return remedy;
  try {
    const environment: unknown = JSON.parse(
      readText(path.join(dir, 'environment.json'), MAX_SMALL_BYTES),
    );
    if (typeof environment === 'object' && environment !== null && 'kbench' in environment) {
      const { kbench } = environment;
      if (typeof kbench === 'string')
        return `${remedy} The folder was written by kbench ${printable(kbench, 40)}.`;
    }
  } catch {
    // Then nothing is known of it.
  }
  return remedy;
}
