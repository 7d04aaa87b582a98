// A results folder as the tables of experiments ask for it: points in their order, the counted runs
// of each, figures as median and range, ratios of two points repeat by repeat. Reads, makes
// nothing.
import type { Environment } from '../../src/contract/environment.js';
import type { Measurement, RunResult } from '../../src/contract/run-result.js';
import type { SummaryPoint } from '../../src/contract/summary.js';
import { summarize } from '../../src/report/model/summarize.js';
import { isCounted } from '../../src/report/notes/verdicts.js';
import { readResults } from '../../src/report/results/read-results.js';
import { formatSpread } from '../bench-report.js';

/** A run that measured something. */
export interface MeasuredRun extends RunResult {
  readonly measurement: Measurement;
}

export interface PointResults {
  readonly point: SummaryPoint;
  /** Valid ones, by repeat: those that figures count. */
  readonly runs: readonly MeasuredRun[];
  /** All of them: what happened in one happened, whether or not its latencies count. */
  readonly all: readonly MeasuredRun[];
}

export interface SweepResults {
  readonly points: readonly PointResults[];
  readonly environment: Environment | null;
  /** Made, and of them counted. */
  readonly made: number;
  readonly counted: number;
}

export function readSweep(dir: string): SweepResults {
  const { name, plan, runs, environment } = readResults(dir);
  // As summary.json has it; a reference that is kept in the repository has none.
  const summary = summarize(name, plan.points, runs);
  const measured = runs
    .filter((run): run is MeasuredRun => run.measurement !== null)
    .toSorted((a, b) => a.repeat - b.repeat);
  const points = summary.points.map((point): PointResults => {
    const all = measured.filter((run) => run.point === point.id);
    return { point, all, runs: all.filter(isCounted) };
  });
  const counted = measured.filter(isCounted).length;
  return { points, environment, made: runs.length, counted };
}

/** Null: this run has no such figure. */
export type Figure = (run: MeasuredRun) => number | null;

const present = (values: readonly (number | null)[]): number[] =>
  values.filter((value) => value !== null);

/** `0.31 (0.30-0.35)` over the point's runs. */
export const spread = ({ runs }: PointResults, figure: Figure, digits: number): string =>
  formatSpread(present(runs.map(figure)), digits);

/**
 * With all its runs: for figures that latencies' verdicts say nothing of. A page that uses it says
 * so.
 */
export const withAllRuns = (point: PointResults): PointResults => ({ ...point, runs: point.all });

/** Of a over b, made repeat by repeat, as runs of one repeat were made close to each other. */
export function pairedRatio(a: PointResults, b: PointResults, figure: Figure): string {
  return paired(a, b, figure, (x, y) => (y === 0 ? null : x / y), 2);
}

export function pairedDifference(
  a: PointResults,
  b: PointResults,
  figure: Figure,
  digits: number,
): string {
  return paired(a, b, figure, (x, y) => x - y, digits);
}

function paired(
  a: PointResults,
  b: PointResults,
  figure: Figure,
  of: (x: number, y: number) => number | null,
  digits: number,
): string {
  const values = a.runs.map((run) => {
    const other = b.runs.find(({ repeat }) => repeat === run.repeat);
    const x = figure(run);
    const y = other === undefined ? null : figure(other);
    return x === null || y === null ? null : of(x, y);
  });
  return formatSpread(present(values), digits);
}

export const recordsPerSecond: Figure = ({ measurement }) =>
  measurement.throughput.recordsPerSecond;

/** Response time in an open loop, service time in a closed one. */
export const latency =
  (percentile: 'p50' | 'p99' | 'max'): Figure =>
  ({ measurement: { latencyMs } }) =>
    (latencyMs.response ?? latencyMs.service)?.[percentile] ?? null;

export const metric =
  (name: string): Figure =>
  ({ measurement }) =>
    measurement.metrics[name] ?? null;
