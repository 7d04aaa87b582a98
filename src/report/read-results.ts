// A results folder, read and checked: the only door by which saved results come into reports. A damaged run file is left out and named
// under `skipped`; only what leaves nothing to report on is an error (ConfigurationError, exit 104).
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { ConfigurationError, type Problem } from '../base/errors.js';
import { ENVIRONMENT_SCHEMA, environmentSchema, type Environment } from '../contract/environment.js';
import { invocationSchema, INVOCATION_SCHEMA } from '../contract/invocation.js';
import type { Invocation } from '../contract/invocation.js';
import { PLAN_SCHEMA, planSchema, type Plan, type PlannedPoint } from '../contract/plan.js';
import type { Scalar } from '../contract/settings.js';
import { measurementSchema, RUN_SCHEMA, runResultSchema, type RunResult } from '../contract/run-result.js';
import { withHonestStatus } from '../contract/usable.js';
import { findResults, type FoundResults } from './find-results.js';
import { listed, plural, printable } from './format.js';
import { fileTrouble, readJson, readText } from './read-file.js';
import { ReadTrouble } from './read-trouble.js';

const MIB = 1024 * 1024;
/** A run with three full histograms and an hour of intervals is about 3 MiB. */
export const MAX_RUN_BYTES = 16 * MIB;
export const MAX_PLAN_BYTES = 256 * MIB;
const MAX_SMALL_BYTES = 4 * MIB;
export const MAX_RUN_FILES = 200_000;

const RUN_FILE = /^(\d{4,12})\.json$/;

/** plan.json as reports read it: each point's settings stay unchecked. */
export type SavedPlan = Omit<Plan, 'points'> & {
  readonly points: readonly (Pick<PlannedPoint, 'id' | 'config'> & { readonly settings: object })[];
};

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

/** Reads the results folder `dir`, or the newest one below it. Throws ConfigurationError, one clear message. */
export function readResults(dir: string): Results {
  return read(dir, runResultSchema);
}

/** As a run is, but for its intervals, which are neither checked nor kept: they are most of a file. */
const runWithoutIntervals: z.ZodType<RunResult> = runResultSchema.extend({
  measurement: measurementSchema.extend({ intervals: z.unknown().transform(() => []) }).nullable(),
});

/** For who looks at whole runs only: twice as quick, and a fraction of the memory. */
export function readResultsWithoutIntervals(dir: string): Results {
  return read(dir, runWithoutIntervals);
}

function read(dir: string, schema: z.ZodType<RunResult>): Results {
  const found = findResults(dir);
  const plan = readPlan(found.dir);
  const skipped: Problem[] = [];
  const environment = optional(found.dir, 'environment.json', skipped, (file) =>
    readJson(file, MAX_SMALL_BYTES, ENVIRONMENT_SCHEMA, environmentSchema),
  );
  const sweepYaml = optional(found.dir, 'sweep.yaml', skipped, (file) => readText(file, MAX_SMALL_BYTES));
  const invocation = optional(found.dir, 'invocation.json', skipped, (file) =>
    readJson(file, MAX_SMALL_BYTES, INVOCATION_SCHEMA, invocationSchema),
  );
  const runs = readRuns(found.dir, plan, skipped, schema);
  return { ...found, name: plan.name, plan, environment, runs, skipped, sweepYaml, invocation };
}

function readPlan(dir: string): SavedPlan {
  const file = path.join(dir, 'plan.json');
  let plan: SavedPlan;
  try {
    plan = readJson(file, MAX_PLAN_BYTES, PLAN_SCHEMA, planSchema);
  } catch (error) {
    if (!(error instanceof ReadTrouble)) throw error;
    throw new ConfigurationError(
      `${printable(file)} ${error.message}`,
      remedyOf(dir, error) ??
        'Without its plan a results folder cannot be read: restore plan.json, or run the sweep again.',
      [],
      file,
    );
  }
  const ids = new Set<string>();
  for (const { id } of plan.points) {
    if (ids.has(id)) {
      throw new ConfigurationError(
        `${printable(file)} names the point ${printable(id, 40)} twice`,
        'It was altered by hand, or is damaged: restore it, or run the sweep again.',
        [],
        file,
      );
    }
    ids.add(id);
  }
  return plan;
}

/** Null when the file is not there; null and a line in `skipped` when it cannot be used. */
function optional<T>(dir: string, name: string, skipped: Problem[], read: (file: string) => T): T | null {
  try {
    return read(path.join(dir, name));
  } catch (error) {
    if (!(error instanceof ReadTrouble)) throw error;
    if (error.kind !== 'missing') skipped.push(problem(dir, name, error));
    return null;
  }
}

function readRuns(dir: string, plan: SavedPlan, skipped: Problem[], schema: z.ZodType<RunResult>): RunResult[] {
  const files = runFiles(dir);
  const configs = new Map(plan.points.map((point) => [point.id, point.config]));
  const runs: RunResult[] = [];
  const unread: Problem[] = [];
  for (const name of files) {
    try {
      const run = readJson(path.join(dir, 'runs', name), MAX_RUN_BYTES, RUN_SCHEMA, schema);
      checkBelongs(name, run, configs);
      runs.push(withHonestStatus(run));
    } catch (error) {
      if (!(error instanceof ReadTrouble)) throw error;
      unread.push(problem(dir, `runs/${name}`, error));
    }
  }
  if (runs.length === 0 && unread.length > 0) {
    throw new ConfigurationError(
      `none of the ${plural(unread.length, 'run file')} in ${printable(dir)} can be read: ${unread[0].message}`,
      unread[0].remedy,
      unread.slice(0, 20),
    );
  }
  skipped.push(...unread);
  return runs;
}

/** Names like 0001.json, by number. Others, such as a write cut short, are not run files. */
function runFiles(dir: string): string[] {
  let names: string[];
  try {
    names = readdirSync(path.join(dir, 'runs'));
  } catch (error) {
    const trouble = fileTrouble(error);
    if (trouble.kind === 'missing') return []; // stopped before its first run
    throw new ConfigurationError(`${printable(path.join(dir, 'runs'))} ${trouble.message}`, trouble.remedy);
  }
  const files = names.filter((name) => RUN_FILE.test(name));
  if (files.length > MAX_RUN_FILES) {
    throw new ConfigurationError(
      `${printable(dir)} holds ${plural(files.length, 'run file')}, above the limit of ${MAX_RUN_FILES}`,
      'Split the sweep.',
    );
  }
  return files.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
}

function checkBelongs(
  name: string,
  run: RunResult,
  configs: ReadonlyMap<string, Readonly<Record<string, Scalar>>>,
): void {
  const remedy = 'It was copied here from another folder: move it back.';
  if (`${run.run}.json` !== name) {
    throw new ReadTrouble(`holds run ${printable(run.run, 40)}, not the one that its name says`, 'foreign', remedy);
  }
  const config = configs.get(run.point);
  if (config === undefined) {
    throw new ReadTrouble(
      `belongs to the point ${printable(run.point, 40)}, which the plan has not`,
      'foreign',
      remedy,
    );
  }
  const names = new Set([...Object.keys(config), ...Object.keys(run.config)]);
  const other = [...names].filter((key) => config[key] !== run.config[key]);
  if (other.length > 0) {
    const settings = listed(other.map((key) => printable(key, 60)));
    throw new ReadTrouble(`ran with other settings than its point in the plan (${settings})`, 'foreign', remedy);
  }
}

function problem(dir: string, name: string, trouble: ReadTrouble): Problem {
  const again = name.startsWith('runs/') ? '`kbench run --resume` makes this run again.' : undefined;
  return { message: `${name} ${trouble.message}`, path: name, remedy: remedyOf(dir, trouble) ?? again };
}

/** Where another version of kbench is at fault, environment.json says which wrote the folder, whatever the version of that file. */
function remedyOf(dir: string, { kind, remedy }: ReadTrouble): string | undefined {
  if (kind !== 'version' || remedy === undefined) return remedy;
  try {
    const environment: unknown = JSON.parse(readText(path.join(dir, 'environment.json'), MAX_SMALL_BYTES));
    if (typeof environment === 'object' && environment !== null && 'kbench' in environment) {
      const { kbench } = environment;
      if (typeof kbench === 'string') return `${remedy} The folder was written by kbench ${printable(kbench, 40)}.`;
    }
  } catch {
    // Then nothing is known of it.
  }
  return remedy;
}
