// Gates evaluated: a point's summary against the thresholds of the plan. Called by report-model for
// every report, and by sweep's gate-watch while a sweep runs. Pure. A gate without a figure has
// failed: what cannot be told has not been shown.
import type { Scalar } from '../../../contract/settings.js';
import type { Summary, SummaryPoint } from '../../../contract/summary.js';
import type { Threshold, ThresholdOutcome } from '../../../contract/threshold.js';
import { percent, printable, significant } from '../../text/format.js';
import { figureAt, figureText } from './gate-metrics.js';

/** The summary with the outcome of every gate at each point that it applies to. */
export function withThresholds(summary: Summary, thresholds: readonly Threshold[]): Summary {
  if (thresholds.length === 0) return summary;
  return {
    ...summary,
    points: summary.points.map((point) => {
      const own = thresholds.filter((threshold) => appliesTo(threshold, point.config));
      return own.length === 0
        ? point
        : { ...point, thresholds: own.map((threshold) => evaluate(threshold, point)) };
    }),
  };
}

export function appliesTo({ where }: Threshold, config: Readonly<Record<string, Scalar>>): boolean {
  return Object.entries(where).every(
    ([path, value]) => Object.hasOwn(config, path) && config[path] === value,
  );
}

/** Holds one gate against a point's figures so far. */
export function evaluate(threshold: Threshold, point: SummaryPoint): ThresholdOutcome {
  const { text, metric, bound } = threshold;
  const figure = point.runs === 0 ? null : figureAt(point, metric);
  if (figure === null)
    return { text, metric, bound, value: null, passed: false, reason: whyNone(metric, point) };
  const value = typeof figure === 'number' ? figure : figure.median;
  const passed = holds(value, threshold);
  if (passed === null) {
    const reason = `unknown operator ${printable(threshold.operator, 20)} (a later version's)`;
    return { text, metric, bound, value: null, passed: false, reason };
  }
  return { text, metric, bound, value, passed };
}

/** Null for an operator that a later version added. */
function holds(value: number, { operator, bound }: Threshold): boolean | null {
  switch (operator) {
    case '<':
      return value < bound;
    case '<=':
      return value <= bound;
    case '>':
      return value > bound;
    case '>=':
      return value >= bound;
    case '==':
      return value === bound;
    case '!=':
      return value !== bound;
    default:
      return null;
  }
}

function whyNone(metric: string, point: SummaryPoint): string {
  if (point.runs === 0) return NOT_RUN;
  if (point.measured === 0)
    return `none of its ${point.runs === 1 ? 'runs' : `${point.runs} runs`} measured anything`;
  if (point.valid === 0) return `no valid run of ${point.runs}`;
  return `no valid run has ${printable(metric, 80)}`;
}

export const NOT_RUN = 'not run yet';

/** What came of it: `23.4 ms, 17 % above 20 ms`, `no figure: not run yet`. */
export function outcomeText({ metric, bound, value, reason }: ThresholdOutcome): string {
  if (value === null) return `no figure: ${reason ?? 'none measured'}`;
  const told = figureText(metric, value);
  if (value === bound) return `${told}, exactly the bound`;
  const side = value > bound ? 'above' : 'below';
  if (bound === 0) return `${told}, ${side} 0`;
  const apart = Math.abs(value - bound) / Math.abs(bound);
  // From the double on, a factor is read faster than a percentage.
  const far =
    side === 'above' && apart >= 1
      ? `${significant(value / bound)} times`
      : `${percent(apart)} ${side}`;
  return `${told}, ${far} ${figureText(metric, bound)}`;
}
