// What each fault of a point did, over its runs: medians with intervals, as every figure; what
// failed is summed. Pure; called by summarize.ts.
import type { FaultRecovery } from '../../../contract/faults.js';
import type { Measurement } from '../../../contract/run-result.js';
import type { Quantity, SummaryPoint } from '../../../contract/summary.js';
import { quantity } from '../../statistics/quantity.js';

type PointFault = NonNullable<SummaryPoint['faults']>[number];

/** Over the runs that count. Nothing where no run of the point had faults. */
export function summarizeFaults(counted: readonly Measurement[]): Pick<SummaryPoint, 'faults'> {
  const all = counted.flatMap(({ recovery = [] }) => recovery);
  if (all.length === 0) return {};
  const ids = [...new Set(all.map(({ fault }) => fault))].sort((a, b) => a - b);
  return { faults: ids.map((id) => summarizeFault(all.filter(({ fault }) => fault === id))) };
}

function summarizeFault(runs: readonly FaultRecovery[]): PointFault {
  const over = (pick: (run: FaultRecovery) => number | null): Quantity | null =>
    quantity(runs.flatMap((run) => pick(run) ?? []));
  return {
    fault: runs[0].fault,
    label: runs[0].label,
    runs: runs.length,
    atMs: over(({ atMs }) => atMs),
    longestGapMs: over(({ longestGapMs }) => longestGapMs),
    longestPartitionGapMs: over(({ longestPartitionGapMs }) => longestPartitionGapMs),
    ...(runs.some(({ consumerPauseMs }) => consumerPauseMs !== undefined)
      ? { consumerPauseMs: over(({ consumerPauseMs }) => consumerPauseMs ?? null) }
      : {}),
    recoveredMs: over(({ recoveredMs }) => recoveredMs),
    recovered: runs.filter(({ recoveredMs }) => recoveredMs !== null).length,
    p99Ms: {
      before: over(({ p99Ms }) => p99Ms.before),
      during: over(({ p99Ms }) => p99Ms.during),
      after: over(({ p99Ms }) => p99Ms.after),
    },
    errors: summedErrors(runs),
    recordRetries: over(({ recordRetries }) => recordRetries),
    connectionsLost: over(({ connectionsLost }) => connectionsLost),
    leaderChanges: over(({ leaderChanges }) => leaderChanges),
  };
}

function summedErrors(runs: readonly FaultRecovery[]): PointFault['errors'] {
  const sums = new Map<string, number>();
  for (const { name, records } of runs.flatMap(({ errors }) => errors))
    sums.set(name, (sums.get(name) ?? 0) + records);
  const errors = [...sums].map(([name, records]) => ({ name, records }));
  return errors.sort((a, b) => b.records - a.records);
}
