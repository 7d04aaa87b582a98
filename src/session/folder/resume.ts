// `--resume DIR`: what a results folder still lacks. Runs that are missing, failed, stopped or
// unreadable are made again; completed ones stay. Called by commands/run-sweep before anything is
// started, with the folder's lock held. It puts unreadable files aside, writes a plan that was lost
// anew, and clears what killed writes left; all else stays.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { ConfigurationError } from '../../base/errors.js';
import { environmentSchema, ENVIRONMENT_SCHEMA } from '../../contract/environment.js';
import type { Environment } from '../../contract/environment.js';
import { invocationSchema, INVOCATION_SCHEMA } from '../../contract/invocation.js';
import type { Invocation } from '../../contract/invocation.js';
import { planSchema } from '../../contract/plan.js';
import type { Plan, PlannedRun } from '../../contract/plan.js';
import type { RunResult } from '../../contract/run-result.js';
import { PlanBinding } from '../../report/results/plan-binding.js';
import { readJson, ReadTrouble } from '../../report/results/read-file.js';
import { readRunFile, readRunFiles, runFiles } from '../../report/results/run-files.js';
import { mustStay, readPlan, type SavedPlan } from '../../report/results/saved-plan.js';
import { onlyStrangers } from '../../report/results/strangers.js';
import { withoutBulk } from '../run-ledger.js';
import { nameOf, type loadSweep, type LoadedSweep } from '../../plan/load-sweep.js';
import { overridesFrom, type Override } from '../../plan/yaml/overrides.js';
import { fitPlan } from './rebuild-plan.js';
import { FILES, ResultStore, TOPICS_SCHEMA } from './store.js';
import type { OwnTopic } from '../topics/topics.js';

const MIB = 1024 * 1024;
const MAX_OTHER_BYTES = 4 * MIB;

/** Files in runs/ that are told one by one. */
const MAX_STRAYS = 20;

/** Also the name of its file. */
const RUN_NAME = /^\d{4,12}$/;

const topicsSchema = z.object({
  schema: z.literal(TOPICS_SCHEMA),
  topics: z.array(
    z.object({
      name: z.string().startsWith('kbench-'),
      cluster: z.string().nullable(),
      id: z.string().nullable().optional(),
    }),
  ),
});

export interface ResumeRequest {
  readonly directory: string;
  /** Given again on the command line; must lead to the same plan. */
  readonly file?: string | undefined;
  readonly overrides: readonly Override[];
  readonly bootstrap?: string | undefined;
  readonly stop?: AbortSignal | undefined;
}

export interface ResumedSweep {
  readonly sweep: LoadedSweep;
  readonly store: ResultStore;
  readonly todo: readonly PlannedRun[];
  readonly leftBehind: readonly OwnTopic[];
  readonly environment: Environment | null;
  /** What is there and stays, in the plan's order. */
  readonly made: readonly RunResult[];
  /** The plan differs from the saved one in its gates, which may be other ones now. */
  readonly gatesChanged: boolean;
  readonly notes: readonly string[];
}

/**
 * Throws ConfigurationError where the folder is not a results folder of this format, or its plan is
 * no longer the same.
 */
export async function resumeSweep(
  request: ResumeRequest,
  load: typeof loadSweep,
): Promise<ResumedSweep> {
  const { directory } = request;
  const notes: string[] = [];
  const found = planOf(directory);
  const invocation = optional(
    directory,
    FILES.invocation,
    INVOCATION_SCHEMA,
    invocationSchema,
    notes,
  );
  const sweep = await plannedAgain(request, directory, invocation, load);
  const saved = found instanceof ReadTrouble ? rebuilt(directory, found, sweep.plan, notes) : found;
  comparePlans(saved, sweep.plan, directory);
  const gatesChanged = !isDeepStrictEqual(saved.thresholds, sweep.plan.thresholds);
  if (gatesChanged)
    notes.push(
      'the gates are others than before: the new ones count, also for the runs that are there',
    );
  // The saved plan may go on where the YAML's ends: with runs that --until-precise added.
  const plan: Plan = {
    ...sweep.plan,
    id: saved.id,
    name: saved.name,
    runs: saved.runs,
    precision: saved.precision,
  };
  const binding = new PlanBinding(plan);
  const todo: PlannedRun[] = [];
  const damaged: string[] = [];
  const made: RunResult[] = [];
  let ofPlan = 0;
  for (const run of plan.runs) {
    const found = savedRun(directory, run, binding, notes);
    if (found === 'damaged') damaged.push(run.run);
    if (typeof found !== 'string' && found.status === 'completed') made.push(found);
    else todo.push(run);
    if (typeof found !== 'string') ofPlan++;
  }
  if (ofPlan === 0) refuseStrangers(directory, binding);
  const store = ResultStore.reopen(directory);
  store.clearDrafts();
  for (const run of damaged) await store.setAside(path.join(FILES.runs, `${run}.json`));
  if (found instanceof ReadTrouble) {
    if (found.kind !== 'missing') await store.setAside(FILES.plan);
    await store.savePlan(plan);
  }
  tellStrays(directory, plan, notes);
  return {
    // The saved copy may have lost its file's name, which can be the sweep's.
    sweep: { ...sweep, name: saved.name, plan },
    store,
    todo,
    made,
    gatesChanged,
    leftBehind: optional(directory, FILES.topics, TOPICS_SCHEMA, topicsSchema, notes)?.topics ?? [],
    environment: optional(
      directory,
      FILES.environment,
      ENVIRONMENT_SCHEMA,
      environmentSchema,
      notes,
    ),
    notes,
  };
}

async function plannedAgain(
  request: ResumeRequest,
  directory: string,
  invocation: Invocation | null,
  load: typeof loadSweep,
): Promise<LoadedSweep> {
  const file = request.file ?? path.join(directory, FILES.sweep);
  if (!existsSync(file)) {
    throw new ConfigurationError(
      `${file} is missing`,
      'Give the sweep’s YAML: kbench run FILE --resume DIR. It must lead to the same plan.',
    );
  }
  const bootstrap = request.bootstrap ?? invocation?.bootstrap;
  return await load(file, {
    stop: request.stop,
    overrides: [...overridesFrom(invocation), ...request.overrides],
    ...(bootstrap == null ? {} : { bootstrap }),
    // The copy in the results folder stands elsewhere than the file that was run.
    ...(request.file === undefined && invocation !== null
      ? { modulesFrom: path.dirname(invocation.file), defaultName: nameOf(invocation.file) }
      : {}),
  });
}

/** Why there is none that can be used, where its place may be taken. */
function planOf(directory: string): SavedPlan | ReadTrouble {
  try {
    return readPlan(directory);
  } catch (error) {
    if (!(error instanceof ReadTrouble)) throw error;
    if (!mustStay(error) && existsSync(path.join(directory, FILES.runs))) return error;
    const what =
      error.kind === 'missing' && !existsSync(directory)
        ? 'does not exist'
        : error.kind === 'missing'
          ? 'is not a results folder of kbench: it has neither a plan.json nor runs'
          : `cannot be resumed: plan.json ${error.message}`;
    throw new ConfigurationError(
      `${directory} ${what}`,
      error.remedy ?? 'Give the folder that `kbench run` printed, e.g. results/<name>/<time>-<id>.',
    );
  }
}

/**
 * In place of a plan.json that is lost. Throws ConfigurationError where the runs are not of the
 * plan that there would be now.
 */
function rebuilt(directory: string, lost: ReadTrouble, plan: Plan, notes: string[]): SavedPlan {
  const runs = readRunFiles(directory, withoutBulk).files.map(({ run }) => run);
  const fitted = fitPlan(plan, runs);
  if (typeof fitted === 'string') {
    throw new ConfigurationError(
      `${directory} cannot be resumed: plan.json ${lost.message}, ` +
        `and sweep.yaml does not lead to it any more: ${fitted}`,
      'Give the sweep.yaml and --set of the first run; ' +
        '`kbench report DIR` shows the runs that there are.',
    );
  }
  notes.push(`plan.json ${lost.message}: ${fitted.note}; it is written anew`);
  return fitted.plan;
}

/** Throws ConfigurationError where all runs would be put aside, and made again. */
function refuseStrangers(directory: string, binding: PlanBinding): void {
  const strangers = onlyStrangers(readRunFiles(directory, withoutBulk).files, binding);
  if (strangers === null) return;
  const { message, remedy } = strangers;
  throw new ConfigurationError(
    `${directory} cannot be resumed: ${message}`,
    `${remedy} To measure anew, start a new run.`,
  );
}

/** Files below runs/ that no run of the plan has: they are nobody's to delete. */
function tellStrays(directory: string, plan: Plan, notes: string[]): void {
  const planned = new Set(plan.runs.map(({ run }) => `${run}.json`));
  const { runs, strays } = runFiles(directory);
  const foreign = [...runs.filter((name) => !planned.has(name)), ...strays];
  for (const name of foreign.slice(0, MAX_STRAYS))
    notes.push(`runs/${name} is no run of the plan: left alone`);
  if (foreign.length > MAX_STRAYS)
    notes.push(`${foreign.length - MAX_STRAYS} more files in runs/ are none of the plan’s`);
}

/** Names the first thing in which the plans differ, since the whole of it says little. */
function comparePlans(saved: SavedPlan, made: Plan, directory: string): void {
  // Through JSON, as the saved one went.
  const now = planSchema.parse(JSON.parse(JSON.stringify(made)));
  const point = saved.points.find((each, i) => !isDeepStrictEqual(each, now.points[i]));
  const run = now.runs.find((each, i) => !isDeepStrictEqual(each, saved.runs[i]));
  const ids = new Set(saved.points.map(({ id }) => id));
  const difference =
    saved.points.length !== now.points.length
      ? `it had ${saved.points.length} points and would now have ${now.points.length}`
      : point !== undefined
        ? pointDifference(
            point,
            now.points.find(({ id }) => id === point.id),
          )
        : saved.repeats !== now.repeats
          ? `it had ${saved.repeats} repeats and would now have ${now.repeats}`
          : saved.seed !== now.seed
            ? `its seed was ${saved.seed} and would now be ${now.seed}`
            : run !== undefined || saved.runs.length < now.runs.length
              ? 'its runs would now be made in another order'
              : saved.runs.every((each) => RUN_NAME.test(each.run) && ids.has(each.point))
                ? null
                : 'a run of it is named or placed as none can be';
  if (difference === null) return;
  throw new ConfigurationError(
    `${directory} cannot be resumed: its plan would no longer be the same: ${difference}`,
    'Resume with the sweep.yaml and --set of the first run and the same version of kbench, ' +
      'or start a new run.',
  );
}

type PayloadOf = { workload?: { payload?: { file?: string; content?: unknown } } };

/** A payload file that changed looks like a setting that nobody touched. */
function pointDifference(
  before: SavedPlan['points'][number],
  now: SavedPlan['points'][number] | undefined,
): string {
  const [was, is] = [before, now].map(
    (point) => (point?.settings as PayloadOf | undefined)?.workload?.payload,
  );
  const file = was?.file;
  if (file !== undefined && file === is?.file && !isDeepStrictEqual(was?.content, is.content)) {
    return `payload file ${file} of point ${before.id} does not hold what it held`;
  }
  return `point ${before.id} would now have other settings`;
}

/** Without what is large: sweeps keep all of them. */
function savedRun(
  directory: string,
  { run }: PlannedRun,
  binding: PlanBinding,
  notes: string[],
): RunResult | 'damaged' | 'missing' {
  const name = path.join(FILES.runs, `${run}.json`);
  try {
    const result = readRunFile(directory, `${run}.json`);
    binding.check(`${run}.json`, result);
    return withoutBulk(result);
  } catch (error) {
    if (!(error instanceof ReadTrouble)) throw error;
    if (error.kind === 'missing') return 'missing';
    if (error.kind === 'denied' || error.kind === 'version') {
      throw new ConfigurationError(`${path.join(directory, name)} ${error.message}`, error.remedy);
    }
    notes.push(`${name} ${error.message}: put aside, and made again`);
    return 'damaged';
  }
}

/** Null where the file is missing; null and a note where it cannot be used. */
function optional<T>(
  directory: string,
  name: string,
  schemaName: string,
  schema: z.ZodType<T>,
  notes: string[],
): T | null {
  try {
    return readJson(path.join(directory, name), MAX_OTHER_BYTES, schemaName, schema);
  } catch (error) {
    if (!(error instanceof ReadTrouble)) throw error;
    if (error.kind !== 'missing') notes.push(`${name} ${error.message}: ignored`);
    return null;
  }
}
