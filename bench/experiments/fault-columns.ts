// Columns of experiments that break something: how long nothing was acknowledged, and by the audit
// what became of every record.
import type { Audit } from '../../src/contract/audit.js';
import { markdownTable } from './page-figures.js';
import type { Column } from './sweep-part.js';
import {
  spread,
  total,
  type CountedRun,
  type Figure,
  type PointResults,
  type SweepResults,
} from './sweep-results.js';

const audited =
  (field: keyof Audit): Figure =>
  ({ audit }) => {
    const value = audit?.[field];
    return typeof value === 'number' ? value : null;
  };

/** Sums over the point's runs. */
export const AUDIT_COLUMNS: readonly Column[] = (
  [
    ['acknowledged', 'acknowledged'],
    ['lost', 'lost'],
    ['duplicated', 'duplicated'],
    ['reordered', 'reordered'],
    ['told neither way', 'unknown'],
  ] as const
).map(([head, field]) => ({ head, cell: (point) => total(point, audited(field)) }));

export const longestGap: Figure = ({ measurement }) => measurement.continuity?.longestGapMs ?? 0;

export const firstFault = ({ measurement }: CountedRun) => measurement.recovery?.[0] ?? null;

export const GAP_COLUMN: Column = {
  head: 'longest without an ack, ms',
  cell: (point) => spread(point, longestGap, 0),
};

export const PARTITION_GAP_COLUMN: Column = {
  head: 'the same of one partition, ms',
  cell: (point) => spread(point, (run) => firstFault(run)?.longestPartitionGapMs ?? null, 0),
};

export const RECOVERY_COLUMNS: readonly Column[] = [
  {
    head: 'p99 before, ms',
    cell: (point) => spread(point, (run) => firstFault(run)?.p99Ms.before ?? null, 1),
  },
  {
    head: 'p99 back after, s',
    cell: (point) => spread(point, (run) => thousandth(firstFault(run)?.recoveredMs ?? null), 1),
  },
  {
    head: 'failed records',
    cell: (point) => total(point, (run) => run.measurement.records.failed),
  },
];

const thousandth = (ms: number | null): number | null => (ms === null ? null : ms / 1000);

/** A line for each run: whom the first fault hit, and what followed. */
export function runByRun(
  { points }: SweepResults,
  name: (point: PointResults) => string,
  head: string,
): string {
  const count = (value: number): string => value.toLocaleString('en-US');
  const rows = points.flatMap((point) =>
    point.runs.map((run) => [
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
