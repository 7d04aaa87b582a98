// Gates bound to the plan's points: which points each is for, in terms of their configs, and
// whether those points can have such a figure at all. Called by load-sweep once the points are
// known.
import type { PlannedPoint } from '../../contract/plan.js';
import type { Scalar } from '../../contract/settings.js';
import type { Threshold } from '../../contract/threshold.js';
import { appliesTo } from '../../report/model/gates/gate-outcomes.js';
import { labelOf } from '../settings/field.js';
import { fieldOf, FIELD_PATHS, formatValue } from '../settings/fields.js';
import { valueAt } from '../settings/point-settings.js';
import { Problems } from '../yaml/problems.js';
import { nearest } from '../../base/suggest.js';
import type { DraftThreshold } from './thresholds.js';
import { parseYaml } from '../yaml/yaml-source.js';

export interface GateContext {
  readonly points: readonly PlannedPoint[];
  readonly canary: boolean;
}

/** Gates of the root: for all points, or for those that their tags name. */
export function bindThresholds(
  drafts: readonly DraftThreshold[],
  context: GateContext,
  problems: Problems,
): Threshold[] {
  return drafts.flatMap((draft) => {
    const where = whereOf(draft, context.points, problems);
    return where === null ? [] : bind(draft, where, context, problems);
  });
}

/** Gates of one point. Tags say nothing there. */
export function bindPointThresholds(
  drafts: readonly DraftThreshold[],
  point: PlannedPoint,
  context: GateContext,
  problems: Problems,
): Threshold[] {
  return drafts.flatMap((draft) => {
    if (draft.tags.length === 0) return bind(draft, point.config, context, problems);
    problems.add(
      draft.at,
      draft.where,
      'a gate of one point names points',
      'remove {...}, or move it to the root',
    );
    return [];
  });
}

function bind(
  {
    text,
    metric,
    operator,
    bound,
    abortOnFail,
    delayAbortEvalRuns,
    at,
    where: path,
  }: DraftThreshold,
  where: Readonly<Record<string, Scalar>>,
  { points, canary }: GateContext,
  problems: Problems,
): Threshold[] {
  const threshold: Threshold = {
    ...{ text, metric, operator, bound },
    where: { ...where },
    ...{ abortOnFail, delayAbortEvalRuns },
  };
  const lacking = points
    .filter((point) => appliesTo(threshold, point.config))
    .find((point) => lacks(metric, point));
  if (lacking !== undefined) {
    const { message, remedy } = lacks(metric, lacking)!;
    problems.add(at, path, `${metric}: point ${lacking.id} ${message}`, remedy);
    return [];
  }
  if (metric.startsWith('canary.') && !canary) {
    problems.add(at, path, `${metric}: the canary is off`, 'remove canary: false, or the gate');
    return [];
  }
  return [threshold];
}

/** Why a point can never have such a figure; null where it can. */
export function lacks(
  metric: string,
  { settings: { workload } }: PlannedPoint,
): { readonly message: string; readonly remedy: string } | null {
  const kind = /^latencyMs\.(response|delay)\b/.exec(metric)?.[1];
  if (kind !== undefined && workload.rate === 'max') {
    return {
      message:
        'runs as fast as it can (workload.rate: max), ' +
        `so no record has a due time and there is no ${kind} latency`,
      remedy:
        `gate ${metric.replace(kind, 'service')}, set workload.rate, or name the points: ` +
        `${metric}{workload.rate:5000/s}`,
    };
  }
  if (metric.startsWith('transactions.') && workload.transaction === null) {
    return {
      message: 'sends outside of transactions',
      remedy: 'set workload.transaction, or name the points',
    };
  }
  return null;
}

/**
 * The tags as values of the configs; null where no point has them all. What is the same for all
 * points need not be in `where`.
 */
function whereOf(
  draft: DraftThreshold,
  points: readonly PlannedPoint[],
  problems: Problems,
): Record<string, Scalar> | null {
  const where: Record<string, Scalar> = {};
  for (const [path, text] of draft.tags) {
    const field = fieldOf(path);
    if (field === undefined) {
      const near = nearest(path, FIELD_PATHS);
      const remedy =
        near === null ? `points differ by ${variedList(points)}` : `did you mean ${near}?`;
      problems.add(draft.at, draft.where, `unknown setting ${path}`, remedy);
      return null;
    }
    const value = readTag(path, text, points);
    if (typeof value === 'object') {
      problems.add(draft.at, draft.where, `${path}: ${value.message}`, value.remedy);
      return null;
    }
    const has = (point: PlannedPoint): boolean => inForce(point, path) === value;
    if (!points.some(has)) {
      const there = [...new Set(points.map((point) => inForce(point, path)))].filter(
        (each) => each !== undefined,
      );
      const shown = there.slice(0, 8).map((each) => formatValue(path, each));
      const remedy =
        there.length === 0 ? `${path} is not set at any point` : `there is ${shown.join(', ')}`;
      problems.add(
        draft.at,
        draft.where,
        `no point has ${path}=${formatValue(path, value)}`,
        remedy,
      );
      return null;
    }
    if (points.some((point) => Object.hasOwn(point.config, path))) where[path] = value;
  }
  if (points.some((point) => appliesTo({ ...draft, where }, point.config))) return where;
  const pairs = Object.entries(where).map(([path, value]) => `${path}=${formatValue(path, value)}`);
  problems.add(
    draft.at,
    draft.where,
    `no point has ${pairs.join(' and ')} together`,
    '`kbench validate` lists the points',
  );
  return null;
}

/**
 * Read as the setting itself is, so that 16KiB and 16384 are one; or by the label that reports
 * show.
 */
function readTag(path: string, text: string, points: readonly PlannedPoint[]) {
  const labelled = points
    .map(({ config }) => config[path])
    .find((each) => each !== undefined && String(each) === text);
  if (labelled !== undefined) return labelled;
  const node = parseYaml(text, new Problems());
  const read = fieldOf(path)!.read(node ?? { kind: 'scalar', value: text, raw: text, at: {} });
  return read.ok ? labelOf(read.value) : { message: read.message, remedy: read.remedy };
}

function inForce({ config, settings }: PlannedPoint, path: string): Scalar | undefined {
  if (Object.hasOwn(config, path)) return config[path];
  const value = valueAt(settings, path);
  return value === undefined ? undefined : labelOf(value);
}

function variedList(points: readonly PlannedPoint[]): string {
  const varied = [...new Set(points.flatMap(({ config }) => Object.keys(config)))];
  return varied.length === 0 ? 'nothing: there is one point' : varied.slice(0, 8).join(', ');
}
