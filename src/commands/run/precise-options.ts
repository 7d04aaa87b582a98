// `--until-precise`, `--time-budget`, `--precise-metric`: read and checked against the plan. Called
// by run-sweep before anything is started.
import { ConfigurationError } from '../../base/errors.js';
import type { PlannedPoint, PrecisionTarget } from '../../contract/plan.js';
import { GATE_METRICS } from '../../report/model/gates/gate-metrics.js';
import { PERCENTILES } from '../../report/model/percentiles.js';
import { estimatePlan } from '../../plan/text/estimate.js';
import type { LoadedSweep } from '../../plan/load-sweep.js';
import { didYouMean } from '../../base/suggest.js';
import { lacks } from '../../plan/thresholds/threshold-points.js';
import { parseMs, parseShare } from '../../base/units.js';

export interface PreciseArguments {
  readonly 'until-precise'?: string | undefined;
  readonly 'time-budget'?: string | undefined;
  readonly 'precise-metric'?: readonly string[] | undefined;
}

export interface PrecisionRequest {
  readonly precision: PrecisionTarget;
  /** From the first run on, the plan's own runs included. */
  readonly budgetMs: number;
  /** What the plan alone may take, by estimate. */
  readonly plannedMs: number;
}

const DEFAULT_METRICS = ['throughput.recordsPerSecond', 'latencyMs.p99'] as const;
const DEFAULT_BUDGET = 3;
const LEAST_BUDGET_MS = 60_000;
/** Where records go at a rate and where they do not, each point's own. */
const OWN_LATENCIES: readonly string[] = PERCENTILES.map((percentile) => `latencyMs.${percentile}`);

/** Null where none was asked for. Throws ConfigurationError. */
export function precisionRequest(
  args: PreciseArguments,
  sweep: LoadedSweep,
  canary: boolean,
): PrecisionRequest | null {
  const { 'until-precise': until, 'time-budget': budget, 'precise-metric': metrics } = args;
  if (until === undefined) {
    const alone =
      budget === undefined ? (metrics === undefined ? null : '--precise-metric') : '--time-budget';
    if (alone === null) return null;
    throw new ConfigurationError(
      `${alone} says nothing without --until-precise`,
      'add e.g. --until-precise 2%',
    );
  }
  const share = parseShare(until);
  if (!share.ok)
    throw new ConfigurationError(
      `--until-precise: ${share.message}`,
      'write e.g. --until-precise 2%',
    );
  if (share.value === 0 || share.value === 1) {
    throw new ConfigurationError(
      `--until-precise ${until} can never be met, or always is`,
      'write e.g. 2%',
    );
  }
  for (const name of metrics ?? []) checkMetric(name, sweep.plan.points);
  const plannedMs = estimatePlan(sweep.plan, sweep.target, canary).seconds * 1000;
  return {
    precision: { target: share.value, metrics: [...new Set(metrics ?? DEFAULT_METRICS)] },
    budgetMs:
      budget === undefined
        ? Math.max(LEAST_BUDGET_MS, DEFAULT_BUDGET * plannedMs)
        : budgetOf(budget),
    plannedMs,
  };
}

function budgetOf(text: string): number {
  const parsed = parseMs(text, 'unit-required');
  if (!parsed.ok) throw new ConfigurationError(`--time-budget: ${parsed.message}`, parsed.remedy);
  if (parsed.value > 0) return parsed.value;
  throw new ConfigurationError(`--time-budget ${text} is no time`, 'write e.g. --time-budget 30m');
}

function checkMetric(name: string, points: readonly PlannedPoint[]): void {
  if (OWN_LATENCIES.includes(name)) return;
  const metric = GATE_METRICS.get(name);
  if (metric === undefined || metric.total) {
    const medians = [...GATE_METRICS.values()]
      .filter(({ total }) => !total)
      .map(({ path }) => path);
    const what = metric === undefined ? 'unknown metric' : 'a count, which has no interval:';
    throw new ConfigurationError(
      `--precise-metric: ${what} ${name}`,
      metric === undefined
        ? didYouMean(name, [...OWN_LATENCIES, ...medians])
        : 'name a figure, e.g. latencyMs.p99',
    );
  }
  for (const point of points) {
    const lacking = lacks(name, point);
    if (lacking === null) continue;
    const remedy = name.startsWith('latencyMs.')
      ? `write ${name.replace(/\.(response|delay)/, '')}`
      : 'leave it out';
    throw new ConfigurationError(
      `--precise-metric ${name}: point ${point.id} ${lacking.message}`,
      remedy,
    );
  }
}
