// What the consumers of a point's runs measured, together: medians over the runs that count, sums
// over all that have consumers. Pure.
import type { RunResult } from '../../../contract/run-result.js';
import type { SummaryPoint } from '../../../contract/summary.js';
import { quantity } from '../../statistics/quantity.js';
import { isCounted } from '../../notes/verdicts.js';
import { percentiles } from './percentiles-over.js';

/** Nothing where no run of the point had consumers. */
export function summarizeConsumers(runs: readonly RunResult[]): Pick<SummaryPoint, 'consumers'> {
  const all = runs.flatMap(({ consumers }) => consumers ?? []);
  if (all.length === 0) return {};
  const counted = runs.filter(isCounted).flatMap(({ consumers }) => consumers ?? []);
  const sum = (field: 'expected' | 'kept' | 'negative' | 'duplicated'): number =>
    all.reduce((total, each) => total + each[field], 0);
  const backlogs = counted.flatMap(({ backlog }) => backlog ?? []);
  const drained = backlogs.flatMap(({ recordsPerSecond }) => recordsPerSecond ?? []);
  return {
    consumers: {
      runs: all.length,
      endToEndMs: percentiles(counted.flatMap(({ endToEndMs }) => endToEndMs ?? [])),
      expected: sum('expected'),
      kept: sum('kept'),
      dropped: all
        .flatMap(({ dropped }) => dropped)
        .reduce((total, { records }) => total + records, 0),
      negative: sum('negative'),
      duplicated: sum('duplicated'),
      maxLag: quantity(counted.flatMap(({ maxLag }) => maxLag ?? [])),
      longestPauseMs: quantity(counted.flatMap(({ longestPauseMs }) => longestPauseMs ?? [])),
      drainMs: quantity(counted.map(({ drainMs }) => drainMs)),
      ...(backlogs.length === 0 ? {} : { drainRecordsPerSecond: quantity(drained) }),
      cpuMicrosPerRecord: quantity(
        counted.flatMap(({ cpuMicrosPerRecord }) => cpuMicrosPerRecord ?? []),
      ),
    },
  };
}
