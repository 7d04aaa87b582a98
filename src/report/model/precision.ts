// Whether a point's intervals are as narrow as was asked for (--until-precise), and about how many
// runs they lack. Called by report-model for every report, and by sweep's until-precise, which adds
// runs: both must say the same. Pure.
//
// Stopping at the first narrow interval favours those that are narrow by luck, so fewer of them
// hold the true median than say so (Chow and Robbins 1965: only as widths go to 0 does that
// vanish). So an interval must be narrow twice in a row: with all valid runs, and already without
// the last one. precision.test.ts measures what that leaves of 95 %.
import type { PrecisionTarget } from '../../contract/plan.js';
import type { RunResult } from '../../contract/run-result.js';
import type { Quantity, SummaryPoint } from '../../contract/summary.js';
import { percent, printable, plural } from '../text/format.js';
import { figureAt } from './gates/gate-metrics.js';
import { loopOfSummary } from './loop.js';
import { summarize } from './summarize.js';
import { isCounted } from '../notes/verdicts.js';

export type PointPrecision = NonNullable<SummaryPoint['precision']>;

/** The least valid runs with which a median has a 95 % interval, and one more. */
export const MIN_PRECISE_RUNS = 7;
/** Needing more than this is needing another machine. */
const MOST_MORE_RUNS = 1_000;
/** Of the point's own loop. */
const OWN_LATENCY = /^latencyMs\.(p\d+|max)$/;

/** `runs` are those of the point, in the order made. */
export function pointPrecision(
  point: SummaryPoint,
  runs: readonly RunResult[],
  asked: PrecisionTarget,
): PointPrecision {
  const { target } = asked;
  const now = widest(point, asked);
  const last = runs.findLastIndex(isCounted);
  const before = summarize('', [point], runs.toSpliced(Math.max(0, last), 1)).points[0];
  const reached =
    point.valid >= MIN_PRECISE_RUNS && narrow(now, target) && narrow(widest(before, asked), target);
  return {
    target,
    halfWidth: now.halfWidth,
    metric: now.metric,
    reached,
    moreRuns: moreRuns(point.valid, now.halfWidth, target, reached),
  };
}

interface Widest {
  readonly metric: string;
  readonly halfWidth: number | null;
}

const narrow = ({ halfWidth }: Widest, target: number): boolean =>
  halfWidth !== null && halfWidth <= target;

/** The metric with the widest interval; one without an interval is wider than any. */
function widest(point: SummaryPoint, { metrics }: PrecisionTarget): Widest {
  const loop = loopOfSummary(point) === 'open' ? 'response' : 'service';
  const all = metrics.map((name): Widest => {
    const metric = name.replace(OWN_LATENCY, `latencyMs.${loop}.$1`);
    const figure = figureAt(point, metric);
    return {
      metric,
      halfWidth: figure === null || typeof figure === 'number' ? null : halfWidthOf(figure),
    };
  });
  return all.reduce((most, each) =>
    (each.halfWidth ?? Infinity) > (most.halfWidth ?? Infinity) ? each : most,
  );
}

/**
 * Half the 95 % interval as a share of the median; null where there is no interval, or the median
 * is 0 and the interval is not.
 */
export function halfWidthOf({ median, low, high }: Quantity): number | null {
  if (low === null || high === null) return null;
  if (high === low) return 0;
  return median === 0 ? null : (high - low) / 2 / Math.abs(median);
}

/** Intervals shrink with the root of the number of runs. */
function moreRuns(
  valid: number,
  halfWidth: number | null,
  target: number,
  reached: boolean,
): number | null {
  if (reached) return 0;
  if (valid < MIN_PRECISE_RUNS) return MIN_PRECISE_RUNS - valid;
  if (halfWidth === null) return null;
  const more = Math.max(1, Math.ceil(valid * (halfWidth / target) ** 2) - valid);
  return more > MOST_MORE_RUNS ? null : more;
}

/** `p99 +-4.1 % with 12 valid runs, about 38 more needed`. */
export function precisionText(point: SummaryPoint, precision: PointPrecision): string {
  const { metric, halfWidth, moreRuns } = precision;
  const name = printable(metric, 60);
  const width = halfWidth === null ? `${name}: no interval yet` : `${name} ±${percent(halfWidth)}`;
  const least = halfWidth === null ? 'at least' : 'about';
  const more =
    moreRuns === null
      ? `more than ${plural(MOST_MORE_RUNS, 'run')} needed`
      : `${least} ${roughly(moreRuns)} more needed`;
  return `${width} with ${plural(point.valid, 'valid run')}${precision.reached ? '' : `, ${more}`}`;
}

/** Two digits: an estimate from a width that is itself uncertain. */
function roughly(runs: number): string {
  return runs < 100 ? String(runs) : Number(runs.toPrecision(2)).toLocaleString('en-US');
}
