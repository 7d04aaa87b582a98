// The agents of a sweep as a table below the points: `kbench report --per agent`. Plain text;
// called by table.ts.
import { agentRows, type AgentRow } from '../notes/agent-rows.js';
import type { Report } from '../model/report-model.js';
import { latencyHead } from './columns.js';
import { displayWidth, percent, printable, significant } from './format.js';
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

/** In the words of the points' table. Used by the page, too. */
export const agentColumns = (report: Report): readonly Column[] => [
  left(['point'], ({ point }) => printable(point, 24)),
  left(['agent'], ({ name }) => printable(name, 40)),
  left(['host'], ({ host }) => printable(host, 30)),
  { head: ['share'], align: 'right', cell: ({ share }) => percent(share) },
  right(['records/s'], (row) => row.recordsPerSecond),
  right([latencyHead(report), 'p50 ms'], (row) => row.latencyP50Ms),
  right([latencyHead(report), 'p99 ms'], (row) => row.latencyP99Ms),
  right(['CPU us', '/record'], (row) => row.cpuMicrosPerRecord),
  right(['start', 'skew ms'], (row) => row.startSkewMs),
  right(['clock', '± ms'], (row) => row.clockErrorMs),
  right(['drift', 'ppm'], (row) => row.clockDriftPpm),
  { head: ['valid', 'runs'], align: 'right', cell: ({ runs, allRuns }) => `${runs}/${allRuns}` },
  left(['verdict'], ({ verdict }) => verdict.join(', ') || 'ok'),
];

/** Null where no run was made by agents. */
export function agentTable(report: Report): string | null {
  const rows = agentRows(report);
  if (rows.length === 0) return null;
  const columns = agentColumns(report);
  const cells = rows.map((row) => columns.map(({ cell }) => cell(row)));
  const lines = Math.max(...columns.map(({ head }) => head.length));
  // On the line above the rule, as those of the points.
  const heads = columns.map(({ head }) =>
    [...Array<string>(lines - head.length).fill(''), ...head].join('\n'),
  );
  const widths = columns.map(({ head }, at) =>
    Math.max(...head.map(displayWidth), ...cells.map((row) => displayWidth(row[at]))),
  );
  return plainGrid(
    heads,
    cells,
    columns.map(({ align }) => align),
    widths,
  );
}
