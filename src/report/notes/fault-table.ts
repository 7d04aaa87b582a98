// The faults of each point and the recovery from them, as rows that every format draws: terminal,
// Markdown and page. Pure.
import type { Quantity } from '../../contract/summary.js';
import type { PointRow } from '../model/report-model.js';
import { printable } from '../text/format.js';
import { quantityCell } from './quantity-cell.js';
import type { SideTable } from './side-table.js';

const LEAD =
  'What was broken on purpose and how the load fared; medians over the valid runs, with the ' +
  '95 % interval where there are 6 of them. Times in ms from the start of the measured part. ' +
  'No ack: the longest time in which something was waited for and nothing was acknowledged. ' +
  'p99 back: from the fault until p99 was within twice its value before, to an interval.';

const PAUSE = 'not received';
const PAUSE_LEAD =
  ' Not received: the longest time in which a consumer, or a whole group, received nothing.';

const HEAD = [
  ...['point', 'fault', 'at', 'no ack', 'one partition', PAUSE],
  ...['p99 back', 'p99 before', 'during', 'after', 'sent again', 'leader changes', 'failed'],
];
const MAX_ROWS = 200;

/** Null where there are no faults. */
export function faultTable(rows: readonly PointRow[]): SideTable | null {
  const told = rows.flatMap(({ point }) =>
    (point.faults ?? []).map((fault) => [
      printable(point.id, 24),
      printable(fault.label, 60),
      quantityCell(fault.atMs),
      quantityCell(fault.longestGapMs),
      quantityCell(fault.longestPartitionGapMs),
      quantityCell(fault.consumerPauseMs ?? null),
      fault.p99Ms.before === null ? '-' : back(fault.recoveredMs, fault.recovered, fault.runs),
      ...[fault.p99Ms.before, fault.p99Ms.during, fault.p99Ms.after].map(quantityCell),
      ...[fault.recordRetries, fault.leaderChanges].map(quantityCell),
      fault.errors.map(({ name, records }) => `${records} ${printable(name, 60)}`).join(', ') ||
        '-',
    ]),
  );
  if (told.length === 0) return null;
  const left = new Set(['point', 'fault', 'failed']);
  const consumed = rows.some(({ point }) => point.consumers !== undefined);
  const shown = <T>(cells: readonly T[]): T[] =>
    cells.filter((_each, at) => consumed || HEAD[at] !== PAUSE);
  return {
    ...{ title: 'Faults', lead: LEAD + (consumed ? PAUSE_LEAD : ''), naming: 2 },
    head: shown(HEAD),
    aligns: shown(HEAD).map((name) => (left.has(name) ? 'left' : 'right')),
    rows: told.slice(0, MAX_ROWS).map(shown),
  };
}

/** Where it was not back in every run, the median of those in which it was says too little. */
function back(value: Quantity | null, recovered: number, runs: number): string {
  if (recovered === runs) return quantityCell(value);
  if (recovered === 0) return 'not in the run';
  return `${quantityCell(value)} in ${recovered} of ${runs}`;
}
