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

/** Used by the page, too. */
export const AGENT_COLUMNS: readonly Column[] = [
  left(['point'], ({ point }) => printable(point, 24)),
  left(['agent'], ({ name }) => printable(name, 40)),
  left(['host'], ({ host }) => printable(host, 30)),
  right(['records/s'], (row) => row.recordsPerSecond),
  right(['p50 ms'], (row) => row.latencyP50Ms),
  right(['p99 ms'], (row) => row.latencyP99Ms),
  right(['CPU us', '/record'], (row) => row.cpuMicrosPerRecord),
  right(['start', 'skew ms'], (row) => row.startSkewMs),
  right(['clock', '± ms'], (row) => row.clockErrorMs),
  right(['valid', 'runs'], (row) => row.runs),
  left(['verdict'], ({ verdicts }) => verdicts.join(', ') || 'ok'),
];

/** Null where no run was made by agents. */
export function agentTable(report: Report): string | null {
  const rows = agentRows(report);
  if (rows.length === 0) return null;
  const cells = rows.map((row) => AGENT_COLUMNS.map(({ cell }) => cell(row)));
  const heads = AGENT_COLUMNS.map(({ head }) => head.join('\n'));
  const widths = AGENT_COLUMNS.map(({ head }, at) =>
    Math.max(...head.map(displayWidth), ...cells.map((row) => displayWidth(row[at]))),
  );
  const aligns = AGENT_COLUMNS.map(({ align }) => align);
  return plainGrid(heads, cells, aligns, widths);
}
