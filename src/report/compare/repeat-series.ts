// The figures of a results folder as series over its repeats, in the order made: what resampling
// draws from. A repeat counts only if its run is valid at every point, so that all series stay in
// step. Called by `npm run bench -- aa` and by the tests of the documented rates.
import type { Results } from '../results/read-results.js';
import type { Series } from '../statistics/resampling.js';
import { loopOf } from '../model/loop.js';
import { isCounted } from '../notes/verdicts.js';
import { cpuApart, DEFAULT_METRICS, uninformative, valueOf } from './compared-metrics.js';

export interface RepeatSeries {
  readonly series: readonly Series[];
  /** Repeats that count, and those planned. */
  readonly repeats: number;
  readonly planned: number;
}

export function repeatSeries({ plan, runs }: Results): RepeatSeries {
  const byRepeat = new Map<number, Map<string, (typeof runs)[number]>>();
  for (const run of runs.filter(isCounted)) {
    const repeat = byRepeat.get(run.repeat) ?? new Map<string, (typeof runs)[number]>();
    byRepeat.set(run.repeat, repeat.set(run.point, run));
  }
  const complete = [...byRepeat]
    .filter(([, repeat]) => plan.points.every(({ id }) => repeat.has(id)))
    .sort(([a], [b]) => a - b)
    .map(([, repeat]) => repeat);
  const series = plan.points.flatMap((point): Series[] => {
    const { id } = point;
    const own = complete.map((repeat) => repeat.get(id)!);
    const loop = loopOf(point, own);
    return DEFAULT_METRICS.flatMap((metric): Series[] => {
      if (uninformative(metric, loop) !== null) return [];
      const values = own.map((run) => valueOf(run, metric, loop, cpuApart(own)) ?? 0);
      return values.every((value) => value > 0) ? [{ name: `${id} ${metric.label}`, values }] : [];
    });
  });
  return { series, repeats: complete.length, planned: plan.repeats };
}
