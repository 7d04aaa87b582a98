// A plan whose plan.json is lost, made again from the sweep.yaml and invocation.json beside it,
// where that still leads to the runs that are there. Called by resume, which writes it anew, and by
// commands that report on such a folder.
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { ConfigurationError } from '../../base/errors.js';
import { INVOCATION_SCHEMA, invocationSchema, type Invocation } from '../../contract/invocation.js';
import type { Plan, PlannedRun } from '../../contract/plan.js';
import type { RunResult } from '../../contract/run-result.js';
import { settingsHash } from '../../contract/settings-hash.js';
import { readJson, ReadTrouble, readText } from '../../report/results/read-file.js';
import { ofOnePlan } from '../../report/results/saved-plan.js';
import { nameOf, planSweep } from '../../plan/load-sweep.js';
import { newPlanId } from '../../plan/points/names.js';
import { overridesFrom } from '../../plan/yaml/overrides.js';
import { mixSeed } from '../../plan/points/order.js';
import { FILES } from './store.js';

/** As read-results and resume read them. */
const MAX_BYTES = 4 * 1024 * 1024;

export interface RebuiltPlan {
  readonly plan: Plan;
  /** From what, and what stays unknown. */
  readonly note: string;
}

/**
 * Null where sweep.yaml is missing, cannot be planned any more, or leads to another plan than the
 * runs are of.
 */
export function planFromSweep(dir: string, runs: readonly RunResult[]): RebuiltPlan | null {
  const file = path.join(dir, FILES.sweep);
  try {
    const invocation = savedInvocation(dir);
    const { plan } = planSweep(file, readText(file, MAX_BYTES), {
      overrides: overridesFrom(invocation),
      ...(invocation?.bootstrap == null ? {} : { bootstrap: invocation.bootstrap }),
      ...(invocation === null
        ? {}
        : { modulesFrom: path.dirname(invocation.file), defaultName: nameOf(invocation.file) }),
    });
    const fitted = fitPlan(plan, runs);
    return typeof fitted === 'string' ? null : fitted;
  } catch (error) {
    if (error instanceof ConfigurationError || error instanceof ReadTrouble) return null;
    throw error;
  }
}

function savedInvocation(dir: string): Invocation | null {
  try {
    return readJson(
      path.join(dir, FILES.invocation),
      MAX_BYTES,
      INVOCATION_SCHEMA,
      invocationSchema,
    );
  } catch (error) {
    if (error instanceof ReadTrouble && error.kind === 'missing') return null;
    throw error;
  }
}

/**
 * `plan`, with the id that the runs carry and the runs that --until-precise added to it; or why the
 * runs cannot be its own. Runs of another plan's id are not looked at: they do not count in any
 * case.
 */
export function fitPlan(plan: Plan, all: readonly RunResult[]): RebuiltPlan | string {
  const runs = ofOnePlan(all);
  const points = new Map(plan.points.map((point) => [point.id, point]));
  const planned = new Map(plan.runs.map((run) => [run.run, run]));
  const added: PlannedRun[] = [];
  for (const run of runs) {
    const point = points.get(run.point);
    if (point === undefined) return `run ${run.run} is of the point ${run.point}, which it has not`;
    const known = run.settingsHash ?? null;
    if (
      !isDeepStrictEqual(run.config, point.config) ||
      (known !== null && known !== settingsHash(point.settings))
    ) {
      return `point ${run.point} would now have other settings than run ${run.run} was made with`;
    }
    const own = pick(run);
    const there = planned.get(run.run);
    if (there === undefined && isAdded(plan, own)) added.push(own);
    else if (!isDeepStrictEqual(own, there)) return `run ${run.run} would now be another one`;
  }
  const unknown = added.length > 0 ? '. What --until-precise asked for is unknown' : '';
  return {
    plan: {
      ...plan,
      id: runs.length === 0 ? newPlanId() : runs[0].plan,
      runs: [...plan.runs, ...added],
    },
    note:
      'the plan was rebuilt from sweep.yaml and invocation.json, ' +
      `and all its runs fit it${unknown}`,
  };
}

const pick = ({ run, point, repeat, block, seed }: RunResult): PlannedRun => ({
  run,
  point,
  repeat,
  block,
  seed,
});

/** As more-runs numbers and seeds them. */
function isAdded(plan: Plan, { run, repeat, block, seed }: PlannedRun): boolean {
  const number = Number.parseInt(run, 10);
  const isBeyond = number > plan.runs.length && repeat > plan.repeats && block > plan.repeats;
  return isBeyond && run.length >= plan.runs[0].run.length && seed === mixSeed(plan.seed, number);
}
