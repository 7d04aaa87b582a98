// What every output format draws from: results and their summary, put together point by point.
// Pure; no text, no widths, no colours.
import type { PrecisionTarget } from '../../contract/plan.js';
import type { RunResult } from '../../contract/run-result.js';
import type { Summary, SummaryPoint } from '../../contract/summary.js';
import { isUsable } from '../../contract/usable.js';
import { untilOf, type Until } from './acknowledgement.js';
import { auditFailed } from './audit-totals.js';
import { loopOf, type Loop } from './loop.js';
import type { Results, SavedPlan } from '../results/read-results.js';
import { pointPrecision } from './precision.js';
import { groupByPoint, summarize } from './summarize.js';
import { NOT_RUN, withThresholds } from './gates/gate-outcomes.js';
import {
  collectReasons,
  isCounted,
  labelsOf,
  verdictParts,
  type Reason,
} from '../notes/verdicts.js';

export type { Loop } from './loop.js';

/** Ends over the counted runs: a 95 % interval of the median, or least and greatest. */
export interface Spread {
  readonly low: number;
  readonly high: number;
}

export interface PointRow {
  readonly point: SummaryPoint;
  readonly loop: Loop;
  /** Where a latency ends: acks=0 has no acknowledgement. */
  readonly until: Until;
  /**
   * Response time where the loop is open, service time where it is closed; null when nothing was
   * measured.
   */
  readonly latency: NonNullable<SummaryPoint['latencyMs']['service']> | null;
  readonly spread: { readonly recordsPerSecond: Spread | null; readonly p99: Spread | null };
  readonly planned: number;
  readonly missing: number;
  readonly failed: number;
  readonly reasons: readonly Reason[];
  /** What the table says in a word or two each; `ok` alone when there is nothing to say. */
  readonly verdict: {
    readonly parts: readonly string[];
    readonly tone: 'good' | 'care' | 'bad' | 'none';
  };
}

export interface Report {
  readonly results: Results;
  readonly summary: Summary;
  readonly rows: readonly PointRow[];
  /** The settings that take more than one value over the sweep, in the plan's order. */
  readonly varying: readonly string[];
  readonly loop: Loop | 'mixed';
  /**
   * `interval` only if every point with figures has runs enough for one (6); else least and
   * greatest, for all alike.
   */
  readonly spreadKind: 'interval' | 'min-max';
  readonly embedded: boolean;
  readonly planned: number;
  /** Runs that measured something, and runs that failed: together those that are saved. */
  readonly made: number;
  readonly failed: number;
  /**
   * What --where, --sort and --top chose, in words for people; null for the whole sweep. See
   * select-points.ts.
   */
  readonly selection: string | null;
}

export function makeReport(results: Results): Report {
  const { plan, runs } = results;
  const byPoint = groupByPoint(runs);
  const figures = summarize(results.name, plan.points, runs);
  const summary = withThresholds(withPrecision(figures, byPoint, plan.precision), plan.thresholds);
  const planned = countPlanned(plan);
  const withFigures = summary.points.filter((point) => point.valid > 0);
  const spreadKind =
    withFigures.length > 0 &&
    withFigures.every((point) => point.throughput.recordsPerSecond?.low != null)
      ? 'interval'
      : 'min-max';
  const rows = summary.points.map((point, index) => {
    const own = byPoint.get(point.id) ?? [];
    const how = { loop: loopOf(plan.points[index], own), until: untilOf(plan.points[index]) };
    return rowOf(point, own, planned.get(point.id) ?? 0, how, spreadKind);
  });
  return {
    results,
    summary,
    rows,
    varying: varyingSettings(plan),
    loop: rows.every((row) => row.loop === 'open')
      ? 'open'
      : rows.some((row) => row.loop === 'open')
        ? 'mixed'
        : 'closed',
    spreadKind,
    embedded: results.environment?.target.kind === 'embedded',
    planned: plan.runs.length,
    made: runs.filter(({ status, measurement }) => status !== 'failed' && isUsable(measurement))
      .length,
    failed: runs.filter(({ status }) => status === 'failed').length,
    selection: null,
  };
}

function withPrecision(
  summary: Summary,
  byPoint: ReadonlyMap<string, readonly RunResult[]>,
  asked: PrecisionTarget | undefined,
): Summary {
  if (asked === undefined) return summary;
  const points = summary.points.map((point) => ({
    ...point,
    precision: pointPrecision(point, byPoint.get(point.id) ?? [], asked),
  }));
  return { ...summary, points };
}

function countPlanned(plan: SavedPlan): Map<string, number> {
  const counts = new Map<string, number>();
  for (const run of plan.runs) counts.set(run.point, (counts.get(run.point) ?? 0) + 1);
  return counts;
}

/** A point of a summary with its runs beside it. */
export function rowOf(
  point: SummaryPoint,
  runs: readonly RunResult[],
  planned: number,
  { loop, until }: Pick<PointRow, 'loop' | 'until'>,
  spreadKind: Report['spreadKind'],
): PointRow {
  const latency = (loop === 'open' ? point.latencyMs.response : point.latencyMs.service) ?? null;
  const counted = runs.filter(isCounted).flatMap((run) => run.measurement ?? []);
  const spread = (
    quantity: { low: number | null; high: number | null } | null,
    values: number[],
  ): Spread | null => {
    if (quantity === null || values.length === 0) return null;
    if (spreadKind === 'min-max') return { low: Math.min(...values), high: Math.max(...values) };
    return quantity.low === null || quantity.high === null
      ? null
      : { low: quantity.low, high: quantity.high };
  };
  const reasons = collectReasons(runs);
  const failed = runs.filter((run) => run.status === 'failed').length;
  const missing = Math.max(0, planned - runs.length);
  return {
    point,
    loop,
    until,
    latency,
    spread: {
      recordsPerSecond: spread(
        point.throughput.recordsPerSecond,
        counted.map((m) => m.throughput.recordsPerSecond),
      ),
      p99: spread(
        latency?.p99 ?? null,
        counted.flatMap(
          (m) => (loop === 'open' ? m.latencyMs.response : m.latencyMs.service)?.p99 ?? [],
        ),
      ),
    },
    planned,
    missing,
    failed,
    reasons,
    verdict: verdictOf(point, reasons, failed),
  };
}

function verdictOf(
  point: SummaryPoint,
  reasons: readonly Reason[],
  failed: number,
): PointRow['verdict'] {
  if (point.runs === 0) return { parts: ['not run'], tone: 'none' };
  const invalid = point.runs - point.valid - failed;
  const parts = verdictParts({ failed, invalid, of: point.runs }, (severity) =>
    labelsOf(reasons, severity),
  );
  const gates = (point.thresholds ?? []).filter(
    (each) => !each.passed && each.reason !== NOT_RUN,
  ).length;
  if (gates > 0) parts.unshift(gates === 1 ? 'gate failed' : `${gates} gates failed`);
  const { audit } = point;
  if (auditFailed(audit)) parts.unshift(audit!.brokenPromises > 0 ? 'audit failed' : 'no audit');
  if (parts.length === 0) return { parts: ['ok'], tone: 'good' };
  const bad = point.valid === 0 || gates > 0 || auditFailed(audit);
  return { parts, tone: bad ? 'bad' : 'care' };
}

function varyingSettings(plan: SavedPlan): string[] {
  const values = new Map<string, Set<unknown>>();
  for (const { config } of plan.points) {
    for (const [name, value] of Object.entries(config)) {
      const seen = values.get(name) ?? new Set();
      values.set(name, seen.add(value));
    }
  }
  // A setting that some points leave out varies too.
  const everywhere = (name: string): boolean =>
    plan.points.every((point) => Object.hasOwn(point.config, name));
  return [...values]
    .filter(([name, seen]) => seen.size > 1 || !everywhere(name))
    .map(([name]) => name);
}
