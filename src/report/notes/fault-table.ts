// The faults of each point and the recovery from them, as rows that every format draws: terminal,
// Markdown and page. What the columns mean stands in FAULT_LEAD. Pure.
import type { Quantity } from '../../contract/summary.js';
import type { PointRow } from '../model/report-model.js';
import { printable, significant } from '../text/format.js';

export const FAULT_LEAD =
  'What was broken on purpose and how the load fared; medians over the valid runs, with the ' +
  '95 % interval where there are 6 of them. Times in ms from the start of the measured part. ' +
  'No ack: the longest time in which something was waited for and nothing was acknowledged. ' +
  'p99 back: from the fault until p99 was within twice its value before, to an interval.';

export interface FaultTable {
  readonly head: readonly string[];
  readonly aligns: readonly ('left' | 'right')[];
  readonly rows: readonly (readonly string[])[];
}

const HEAD = [
  ...['point', 'fault', 'at', 'no ack', 'one partition', 'p99 back'],
  ...['p99 before', 'during', 'after', 'sent again', 'leader changes', 'failed'],
];
const MAX_ROWS = 200;

/** Null where there are no faults. */
export function faultTable(rows: readonly PointRow[]): FaultTable | null {
  const told = rows.flatMap(({ point }) =>
    (point.faults ?? []).map((fault) => [
      printable(point.id, 24),
      printable(fault.label, 60),
      cell(fault.atMs),
      cell(fault.longestGapMs),
      cell(fault.longestPartitionGapMs),
      fault.p99Ms.before === null ? '-' : back(fault.recoveredMs, fault.recovered, fault.runs),
      ...[fault.p99Ms.before, fault.p99Ms.during, fault.p99Ms.after].map(cell),
      ...[fault.recordRetries, fault.leaderChanges].map(cell),
      fault.errors.map(({ name, records }) => `${records} ${printable(name, 60)}`).join(', ') ||
        '-',
    ]),
  );
  if (told.length === 0) return null;
  const left = new Set(['point', 'fault', 'failed']);
  return {
    head: HEAD,
    aligns: HEAD.map((name) => (left.has(name) ? 'left' : 'right')),
    rows: told.slice(0, MAX_ROWS),
  };
}

function cell(value: Quantity | null): string {
  if (value === null) return '-';
  const { median, low, high } = value;
  if (low === null || high === null) return significant(median);
  return `${significant(median)} (${significant(low)}-${significant(high)})`;
}

/** Where it was not back in every run, the median of those in which it was says too little. */
function back(value: Quantity | null, recovered: number, runs: number): string {
  if (recovered === runs) return cell(value);
  if (recovered === 0) return 'not in the run';
  return `${cell(value)} in ${recovered} of ${runs}`;
}
