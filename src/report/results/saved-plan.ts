// plan.json as reports read it; and what a folder whose plan is lost still gives: a plan put
// together from its runs. Called by read-results. Must never make up what the runs do not tell.
import path from 'node:path';
import { ConfigurationError } from '../../base/errors.js';
import { PLAN_SCHEMA, planSchema, type Plan, type PlannedPoint } from '../../contract/plan.js';
import type { RunResult } from '../../contract/run-result.js';
import { printable } from '../text/format.js';
import { readJson } from './read-file.js';
import { ReadTrouble } from './read-trouble.js';

const MIB = 1024 * 1024;
const MAX_PLAN_BYTES = 256 * MIB;

/** Each point's settings stay unchecked. */
export type SavedPlan = Omit<Plan, 'points'> & {
  readonly points: readonly (Pick<PlannedPoint, 'id' | 'config'> & { readonly settings: object })[];
  /** By point: settingsHash as its runs have it, where the settings themselves are lost. */
  readonly hashes?: ReadonlyMap<string, string | undefined>;
};

/** Throws ReadTrouble where it cannot be used. */
export function readPlan(dir: string): SavedPlan {
  const plan = readJson(path.join(dir, 'plan.json'), MAX_PLAN_BYTES, PLAN_SCHEMA, planSchema);
  refuseTwice(plan.points.map(({ id }) => `the point ${printable(id, 40)}`));
  refuseTwice(plan.runs.map(({ run }) => `the run ${printable(run, 40)}`));
  return plan;
}

function refuseTwice(names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name))
      throw new ReadTrouble(
        `names ${name} twice: it was altered by hand, or is damaged`,
        'damaged',
      );
    seen.add(name);
  }
}

/** May be read by someone, or by another version of kbench: nothing is put in its place. */
export const mustStay = ({ kind }: ReadTrouble): boolean => kind === 'denied' || kind === 'version';

export function planError(
  dir: string,
  trouble: ReadTrouble,
  remedy: string | undefined,
): ConfigurationError {
  const file = path.join(dir, 'plan.json');
  return new ConfigurationError(
    `${printable(file)} ${trouble.message}`,
    remedy ?? 'There are no runs to rebuild it from: restore plan.json, or run the sweep again.',
    [],
    file,
  );
}

/** Of runs that carry the ids of several plans, those of the plan that most are of. */
export function ofOnePlan(runs: readonly RunResult[]): readonly RunResult[] {
  const counts = new Map<string | undefined, number>();
  for (const { plan } of runs) counts.set(plan, (counts.get(plan) ?? 0) + 1);
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  return runs.filter(({ plan }) => plan === most?.[0]);
}

/**
 * `runs` in the order of their numbers, at least one. Points are those that ran; what was planned
 * beyond them is lost.
 */
export function planFromRuns(name: string, all: readonly RunResult[]): SavedPlan {
  const points = new Map<string, SavedPlan['points'][number]>();
  const hashes = new Map<string, string | undefined>();
  const repeats = new Set<string>();
  const runs = ofOnePlan(all).filter(({ point, config, repeat, settingsHash }) => {
    if (!points.has(point)) {
      points.set(point, { id: point, config, settings: {} });
      hashes.set(point, settingsHash);
    }
    const place = `${point} ${repeat}`;
    return !repeats.has(place) && repeats.add(place);
  });
  return {
    schema: PLAN_SCHEMA,
    ...(runs[0].plan === undefined ? {} : { id: runs[0].plan }),
    name,
    seed: 0,
    repeats: Math.max(...runs.map(({ repeat }) => repeat)),
    points: [...points.values()].sort((a, b) => a.id.localeCompare(b.id, 'en', { numeric: true })),
    runs: runs.map(({ run, point, repeat, block, seed }) => ({ run, point, repeat, block, seed })),
    thresholds: [],
    hashes,
  };
}

/** The sweep's name where no plan tells it: results/<name>/<time>-<id>. */
export function nameFromFolder(dir: string): string {
  const full = path.resolve(dir);
  const own = path.basename(full);
  return /^\d{4}-\d{2}-\d{2}T/.test(own) ? path.basename(path.dirname(full)) : own;
}
