// Columns of experiments that break something: how long nothing was acknowledged, and by the audit
// what became of every record.
import { markdownTable } from './page-figures.js';
import type { Column } from './sweep-part.js';
import {
  spread,
  type MeasuredRun,
  type Figure,
  type PointResults,
  type SweepResults,
} from './sweep-results.js';

const count = (value: number | undefined): string => value?.toLocaleString('en-US') ?? '-';

/** Sums over all runs of the point: lost is lost, whatever the latencies are worth. */
export const AUDIT_COLUMNS: readonly Column[] = (
  [
    ['runs audited', 'runs'],
    ['acknowledged', 'acknowledged'],
    ['lost', 'lost'],
    ['duplicated', 'duplicated'],
    ['reordered', 'reordered'],
    ['told neither way', 'unknown'],
  ] as const
).map(([head, field]) => ({ head, cell: ({ point }) => count(point.audit?.[field]) }));

export const longestGap: Figure = ({ measurement }) => measurement.continuity?.longestGapMs ?? 0;

export const firstFault = ({ measurement }: MeasuredRun) => measurement.recovery?.[0] ?? null;

export const GAP_COLUMN: Column = {
  head: 'longest without an ack, ms',
  cell: (point) => spread(point, longestGap, 0),
};

export const PARTITION_GAP_COLUMN: Column = {
  head: 'the same of one partition, ms',
  cell: (point) => spread(point, (run) => firstFault(run)?.longestPartitionGapMs ?? null, 0),
};

const p99 = (when: 'before' | 'during'): Column => ({
  head: `p99 ${when}, ms`,
  cell: (point) => spread(point, (run) => firstFault(run)?.p99Ms[when] ?? null, 1),
});

const FAILED_COLUMN: Column = {
  head: 'failed records',
  cell: ({ point }) => count(point.records.failed),
};

/** For what clients may not notice at all. */
export const CALM_COLUMNS: readonly Column[] = [p99('before'), p99('during'), FAILED_COLUMN];

export const RECOVERY_COLUMNS: readonly Column[] = [
  p99('before'),
  {
    head: 'p99 back after, s',
    cell: (point) => spread(point, (run) => thousandth(firstFault(run)?.recoveredMs ?? null), 1),
  },
  FAILED_COLUMN,
];

const thousandth = (ms: number | null): number | null => (ms === null ? null : ms / 1000);

/** A line for each run: whom the first fault hit, and what followed. */
export function runByRun(
  { points }: SweepResults,
  name: (point: PointResults) => string,
  head: string,
): string {
  const rows = points.flatMap((point) =>
    point.all.map((run) => [
      name(point),
      run.faults?.[0]?.target ?? '-',
      String(run.measurement.continuity?.leaderChanges ?? 0),
      count(Math.round(longestGap(run) ?? 0)),
      count(firstFault(run)?.recordRetries ?? 0),
      count(run.audit?.lost ?? 0),
    ]),
  );
  return markdownTable(
    [head, 'killed', 'leader changes', 'longest without an ack, ms', 'records sent again', 'lost'],
    rows,
  );
}
