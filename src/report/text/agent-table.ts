// The agents of a sweep as a table below the points: `kbench report --per agent`. Plain text;
// called by table.ts.
import { agentRows, type AgentRow } from '../notes/agent-rows.js';
import type { Report } from '../model/report-model.js';
import { displayWidth, printable, significant } from './format.js';
import { plainGrid } from './plain-grid.js';

interface Column {
  readonly head: readonly string[];
  readonly align: 'left' | 'right';
  readonly cell: (row: AgentRow) => string;
}

const NOTHING = '-';
const figure = (pick: (row: AgentRow) => number | null) => (row: AgentRow) => {
  const value = pick(row);
  return value === null ? NOTHING : significant(value);
};
const right = (head: readonly string[], pick: (row: AgentRow) => number | null): Column => ({
  ...{ head, align: 'right', cell: figure(pick) },
});
const left = (head: readonly string[], cell: (row: AgentRow) => string): Column => ({
  ...{ head, align: 'left', cell },
});

/** Shown where consumers were. */
const END_TO_END: readonly Column[] = [
  right(['end-to-end', 'p50 ms'], (row) => row.endToEndP50Ms),
  right(['end-to-end', 'p99 ms'], (row) => row.endToEndP99Ms),
];

const COLUMNS: readonly Column[] = [
  left(['point'], ({ point }) => printable(point, 24)),
  left(['agent'], ({ name }) => printable(name, 40)),
  left(['host'], ({ host }) => printable(host, 30)),
  right(['records/s'], (row) => row.recordsPerSecond),
  right(['p50 ms'], (row) => row.latencyP50Ms),
  right(['p99 ms'], (row) => row.latencyP99Ms),
  right(['CPU us', '/record'], (row) => row.cpuMicrosPerRecord),
  ...END_TO_END,
  right(['start', 'skew ms'], (row) => row.startSkewMs),
  right(['clock', '± ms'], (row) => row.clockErrorMs),
  right(['valid', 'runs'], (row) => row.runs),
  left(['verdict'], ({ verdicts }) => verdicts.join(', ') || 'ok'),
];

/** Those that these rows have something in; the page's, too. */
export function agentColumns(rows: readonly AgentRow[]): readonly Column[] {
  const consumed = rows.some(({ endToEndP50Ms }) => endToEndP50Ms !== null);
  return COLUMNS.filter((column) => consumed || !END_TO_END.includes(column));
}

/** Null where no run was made by agents. */
export function agentTable(report: Report): string | null {
  const rows = agentRows(report);
  if (rows.length === 0) return null;
  const columns = agentColumns(rows);
  const cells = rows.map((row) => columns.map(({ cell }) => cell(row)));
  const heads = columns.map(({ head }) => head.join('\n'));
  const widths = columns.map(({ head }, at) =>
    Math.max(...head.map(displayWidth), ...cells.map((row) => displayWidth(row[at]))),
  );
  const aligns = columns.map(({ align }) => align);
  return plainGrid(heads, cells, aligns, widths);
}
