// Runs -> summary.json: medians and intervals per point. Pure; called by write-report and by every
// renderer through report-model.
//
// What enters the figures: runs that measured something, did not fail, and call themselves valid (a
// run that the user ended early counts with what it measured). Everything else is counted in
// `runs`, summed in `records`, and named in `verdicts`, never averaged.
import type { Measurement, RunResult } from '../../contract/run-result.js';
import type { PlannedPoint } from '../../contract/plan.js';
import {
  SUMMARY_SCHEMA,
  type Quantity,
  type Summary,
  type SummaryPoint,
} from '../../contract/summary.js';
import { auditTotals } from './audit-totals.js';
import { cpuMicros, tellsPacingApart } from './cpu-figures.js';
import { plannedLoop, type Loop } from './loop.js';
import { percentiles } from './points/percentiles-over.js';
import { summarizeConsumers } from './points/point-consumers.js';
import { summarizeFaults } from './points/point-faults.js';
import { summarizeMetrics } from './point-metrics.js';
import { quantity } from '../statistics/quantity.js';
import { collectReasons, isCounted } from '../notes/verdicts.js';

/** `settings` tell the loop; a point of a summary knows it. */
type SummarizedPoint = Pick<PlannedPoint, 'id' | 'config'> & {
  readonly settings?: object;
  readonly loop?: Loop | undefined;
};

/**
 * Summarises `runs` by the points they belong to, in the order of `points`. Runs of other points
 * are left out.
 */
export function summarize(
  name: string,
  points: readonly SummarizedPoint[],
  runs: readonly RunResult[],
): Summary {
  const byPoint = groupByPoint(runs);
  return {
    schema: SUMMARY_SCHEMA,
    name,
    points: points.map((point) => summarizePoint(point, byPoint.get(point.id) ?? [])),
  };
}

/** The runs of each point, in the order given. */
export function groupByPoint(runs: readonly RunResult[]): Map<string, RunResult[]> {
  const byPoint = new Map<string, RunResult[]>();
  for (const run of runs) {
    const group = byPoint.get(run.point);
    if (group === undefined) byPoint.set(run.point, [run]);
    else group.push(run);
  }
  return byPoint;
}

function summarizePoint(point: SummarizedPoint, runs: readonly RunResult[]): SummaryPoint {
  const measured = runs.flatMap((run) => run.measurement ?? []);
  const counted = runs.filter(isCounted).flatMap((run) => run.measurement ?? []);
  const over = (pick: (measurement: Measurement) => number | undefined): Quantity | null =>
    quantity(counted.flatMap((each) => pick(each) ?? []));
  const sum = (pick: (measurement: Measurement) => number): number =>
    measured.reduce((total, each) => total + pick(each), 0);
  return {
    id: point.id,
    config: { ...point.config },
    ...loopPart(point.loop ?? plannedLoop(point)),
    runs: runs.length,
    valid: counted.length,
    measured: measured.length,
    throughput: {
      recordsPerSecond: over((m) => m.throughput.recordsPerSecond),
      mebibytesPerSecond: over((m) => m.throughput.mebibytesPerSecond),
    },
    latencyMs: latencies(measured, counted),
    records: {
      sent: sum((m) => m.records.sent),
      acked: sum((m) => m.records.acked),
      failed: sum((m) => m.records.failed),
    },
    ...continuity(measured),
    ...transactions(measured, counted),
    ...summarizeFaults(counted),
    ...summarizeConsumers(runs),
    ...auditTotals(runs),
    achieved: {
      batchBytes: over((m) => m.achieved.batchBytes),
      recordsPerRequest: over((m) => m.achieved.recordsPerRequest),
      requestsPerSecond: over((m) => m.achieved.requestsPerSecond),
      inFlight: over((m) => m.achieved.inFlight),
      compressionRatio: over((m) => m.achieved.compressionRatio),
    },
    ...summarizeMetrics(counted),
    generator: {
      ...cpuFigures(counted),
      eventLoopLagP99Ms: over((m) => m.generator.eventLoopLagMs?.p99),
      ...ackDelay(counted),
      rssMiB: over((m) => m.generator.rssMiB),
    },
    ...canaries(runs),
    verdicts: verdictLines(runs),
  };
}

/** Where one run does not tell the pacing's share, none is told, and all stand with it. */
function cpuFigures(
  counted: readonly Measurement[],
): Pick<SummaryPoint['generator'], 'cpuMicrosPerRecord' | 'pacingMicrosPerRecord'> {
  const apart = counted.every(({ generator }) => tellsPacingApart(generator));
  const pacing = counted.flatMap(({ generator }) => generator.pacingMicrosPerRecord ?? []);
  return {
    cpuMicrosPerRecord: quantity(counted.map(({ generator }) => cpuMicros(generator, apart))),
    ...(apart && pacing.length > 0 ? { pacingMicrosPerRecord: quantity(pacing) } : {}),
  };
}

function ackDelay(
  counted: readonly Measurement[],
): Pick<SummaryPoint['generator'], 'ackDelayP50Ms' | 'ackDelayP99Ms'> {
  const told = counted.flatMap(({ generator }) => generator.ackDelayMs ?? []);
  if (told.length === 0) return {};
  return {
    ackDelayP50Ms: quantity(told.map(({ p50 }) => p50)),
    ackDelayP99Ms: quantity(told.map(({ p99 }) => p99)),
  };
}

const loopPart = (loop: Loop | null): Pick<SummaryPoint, 'loop'> => (loop === null ? {} : { loop });

/** Also of runs that do not count: what happened to the cluster happened. */
function continuity(measured: readonly Measurement[]): Pick<SummaryPoint, 'continuity'> {
  const all = measured.flatMap((m) => m.continuity ?? []);
  if (all.length === 0) return {};
  const sum = (pick: (each: (typeof all)[number]) => number): number =>
    all.reduce((total, each) => total + pick(each), 0);
  const gaps = all.flatMap(({ longestGapMs }) => longestGapMs ?? []);
  return {
    continuity: {
      longestGapMs: gaps.length === 0 ? null : Math.max(...gaps),
      longestWaitMs: Math.max(...all.map(({ longestWaitMs }) => longestWaitMs)),
      connectionsLost: sum((each) => each.connectionsLost),
      connectionsFailed: sum((each) => each.connectionsFailed),
      leaderChanges: sum((each) => each.leaderChanges),
      recordRetries: sum((each) => each.recordRetries),
      outages: sum((each) => each.outages.length),
    },
  };
}

/**
 * A code that is grave at one run and a warning at another has two lines, which say which is which.
 */
function verdictLines(runs: readonly RunResult[]): string[] {
  const reasons = collectReasons(runs);
  return reasons.map(({ code, severity, message, names: { size: count } }) => {
    const both = reasons.some((other) => other.code === code && other.severity !== severity);
    return `${code}: ${message} (${count} of ${runs.length} runs${both ? `, ${severity}` : ''})`;
  });
}

/** Beside the runs that count. Figures of two versions do not compare: the newest has the word. */
function canaries(runs: readonly RunResult[]): Pick<SummaryPoint, 'canary'> {
  const all = runs.filter(isCounted).flatMap((run) => run.canary ?? []);
  const alike = all.filter(({ version }) => version === all.at(-1)?.version);
  if (alike.length === 0) return {};
  return {
    canary: {
      cpuMs: quantity(alike.map(({ cpuMs }) => cpuMs)),
      sinkRecordsPerSecond: quantity(alike.map(({ sinkRecordsPerSecond }) => sinkRecordsPerSecond)),
    },
  };
}

/** Nothing where no run of the point had transactions. */
function transactions(
  measured: readonly Measurement[],
  counted: readonly Measurement[],
): Pick<SummaryPoint, 'transactions'> {
  const all = measured.flatMap((m) => m.transactions ?? []);
  if (all.length === 0) return {};
  const over = counted.flatMap((m) => m.transactions ?? []);
  const sum = (
    field: 'begun' | 'committed' | 'aborted' | 'failed' | 'recordsCommitted' | 'recordsAborted',
  ): number => all.reduce((total, each) => total + each[field], 0);
  return {
    transactions: {
      begun: sum('begun'),
      committed: sum('committed'),
      aborted: sum('aborted'),
      failed: sum('failed'),
      recordsCommitted: sum('recordsCommitted'),
      recordsAborted: sum('recordsAborted'),
      committedRecordsPerSecond: quantity(over.map((each) => each.committedRecordsPerSecond)),
      commitLatencyMs: percentiles(over.flatMap((each) => each.commitLatencyMs ?? [])),
      abortLatencyMs: percentiles(over.flatMap((each) => each.abortLatencyMs ?? [])),
    },
  };
}

/**
 * A kind stands here when any run of the point has it, valid or not.
 */
function latencies(
  measured: readonly Measurement[],
  counted: readonly Measurement[],
): SummaryPoint['latencyMs'] {
  const kinds = ['response', 'service', 'delay'] as const;
  const result: SummaryPoint['latencyMs'] = {};
  for (const kind of kinds) {
    if (!measured.some((m) => m.latencyMs[kind] !== null)) continue;
    result[kind] = percentiles(counted.flatMap((m) => m.latencyMs[kind] ?? []));
  }
  return result;
}
