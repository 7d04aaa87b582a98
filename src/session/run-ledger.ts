// What the runs of a sweep came to so far, point by point: for gates that may end it, and for
// --until-precise. Keeps the figures and drops what is large (histograms, intervals), so that ten
// thousand runs are no burden. Fed by run-sweep with every result that was saved.
import type { PlannedPoint } from '../contract/plan.js';
import type { RunResult } from '../contract/run-result.js';
import type { SummaryPoint } from '../contract/summary.js';
import { summarize } from '../report/model/summarize.js';
import { isCounted } from '../report/notes/verdicts.js';
import { withoutHistograms } from '../report/results/without-histograms.js';

export class RunLedger {
  private readonly byPoint = new Map<string, Map<string, RunResult>>();
  private readonly points: ReadonlyMap<string, PlannedPoint>;

  constructor(points: readonly PlannedPoint[]) {
    this.points = new Map(points.map((point) => [point.id, point]));
  }

  /** In the order made; a run made again takes the place of its former self. */
  add(result: RunResult): void {
    const runs = this.byPoint.get(result.point) ?? new Map<string, RunResult>();
    this.byPoint.set(result.point, runs);
    runs.delete(result.run);
    runs.set(result.run, withoutBulk(result));
  }

  /** As the report would tell it now. */
  summaryOf(id: string): SummaryPoint {
    return summarize('', [this.points.get(id)!], this.runsOf(id)).points[0];
  }

  runsOf(id: string): RunResult[] {
    return [...(this.byPoint.get(id)?.values() ?? [])];
  }

  /** How many of a point's latest runs, one after the other, gave no figures. */
  barrenInARow(id: string): number {
    const runs = this.runsOf(id);
    const last = runs.findLastIndex(isCounted);
    return runs.length - 1 - last;
  }
}

/** A result without its histograms and intervals. */
export function withoutBulk(result: RunResult): RunResult {
  const bare = withoutHistograms(result);
  return bare.measurement === null
    ? bare
    : { ...bare, measurement: { ...bare.measurement, intervals: [] } };
}
