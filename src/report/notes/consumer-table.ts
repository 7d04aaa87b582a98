// What the consumers of each point measured, as rows that every format draws: terminal, Markdown
// and page. Pure.
import type { PointRow } from '../model/report-model.js';
import { printable } from '../text/format.js';
import { quantityCell } from './quantity-cell.js';
import type { SideTable } from './side-table.js';

const LEAD =
  'From when a record was due (open loop) or handed over (closed loop) to when a consumer had ' +
  'it; ms, medians over the valid runs. Lag: offsets behind the end of the log, at most. Pause: ' +
  'the longest time without a record while records were sent. Drain: records a second until a ' +
  'backlog was caught up with. Kept, dropped, negative, twice: records over all runs; ' +
  'runs/NNNN.json says why they were dropped.';

const HEAD = [
  ...['point', 'end-to-end p50', 'p99', 'p99.9', 'max', 'lag', 'pause', 'drain/s'],
  ...['kept', 'dropped', 'negative', 'twice', 'CPU us/record'],
];
const MAX_ROWS = 200;

const count = (value: number): string => value.toLocaleString('en-US');

/** Null where nobody consumed. */
export function consumerTable(rows: readonly PointRow[]): SideTable | null {
  const told = rows.flatMap(({ point: { id, consumers } }) => {
    if (consumers === undefined) return [];
    const { endToEndMs, maxLag, longestPauseMs, drainRecordsPerSecond } = consumers;
    const { p50, p99, p999, max } = endToEndMs;
    return [
      [
        printable(id, 24),
        ...[p50, p99, p999, max, maxLag, longestPauseMs, drainRecordsPerSecond].map(quantityCell),
        ...[consumers.kept, consumers.dropped, consumers.negative, consumers.duplicated].map(count),
        quantityCell(consumers.cpuMicrosPerRecord),
      ],
    ];
  });
  if (told.length === 0) return null;
  // What no point has would be a column of dashes.
  const some = HEAD.map((_name, at) => at === 0 || told.some((row) => row[at] !== '-'));
  const shown = <T>(cells: readonly T[]): T[] => cells.filter((_each, at) => some[at]);
  return {
    ...{ title: 'End to end', lead: LEAD, naming: 1 },
    head: shown(HEAD),
    aligns: shown(HEAD.map((_name, at) => (at === 0 ? 'left' : 'right'))),
    rows: told.slice(0, MAX_ROWS).map(shown),
  };
}
