// The report for a terminal: heading, table fitted to the width, notes. Columns are left out in a
// stated order when they do not fit; when not even the indispensable ones do, each point gets a
// block of lines. Colours only when the caller asks.
import { styleText } from 'node:util';
import { agentTable } from './agent-table.js';
import { columnsOf, NOTHING, type Column } from './columns.js';
import { displayWidth, listed, printable, wrap } from './format.js';
import { choiceLine, environmentLines, sizeLine } from './heading.js';
import { forOneRun, INVALID_TITLE, invalidReport } from '../notes/invalid-runs.js';
import type { Note } from '../notes/note.js';
import { notesOf } from '../notes/notes.js';
import type { Percentile } from '../model/percentiles.js';
import { GAP, plainGrid } from './plain-grid.js';
import type { SideTable } from '../notes/side-table.js';
import { sideTables } from '../notes/side-tables.js';
import { makeReport, type PointRow, type Report } from '../model/report-model.js';
import type { Results } from '../results/read-results.js';

export interface TableOptions {
  /** Columns of the terminal; Infinity where there is none. */
  readonly width: number;
  readonly colour: boolean;
  /** Of latency, in place of the usual ones. */
  readonly percentiles?: readonly Percentile[];
  /** Also the figures of runs that do not count, marked. */
  readonly invalid?: boolean;
  /** A row an agent on top, where runs were made by agents. */
  readonly agents?: boolean;
}

/** Below this a table of lines is harder to read than blocks. */
const NARROWEST_TABLE = 60;
const NOTE_WIDTH = 110;

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow';

/** Text for a terminal, ending in a newline. */
export function renderTable(source: Results | Report, options: TableOptions): string {
  const report = 'rows' in source ? source : makeReport(source);
  const paint = painter(options.colour);
  const fitted = options.width < NARROWEST_TABLE ? null : fit(report, options);
  const body = fitted === null ? blocks(report, options, paint) : drawTable(report, fitted, paint);
  const notes = notesOf(report, options);
  if (fitted !== null && fitted.dropped.length > 0) {
    notes.unshift({
      tone: 'plain',
      text: `Columns left out for want of width: ${listed(fitted.dropped, 20)}.`,
    });
  }
  const parts = [
    heading(report, options.width, paint),
    body,
    ...sideTables(report.rows).map((each) => besideTable(each, options, paint)),
    ...(options.agents === true ? [agentsBelow(report, paint)] : []),
    ...notCounted(report, options, paint),
  ];
  return [...parts, noteLines(notes, options.width, paint)].join('\n\n') + '\n';
}

function agentsBelow(report: Report, paint: Painter): string {
  const table = agentTable(report);
  if (table === null) return 'No run was made by agents: there is one process, the table above.';
  return `${paint('bold', 'Each agent, by its own records:')}\n${table}`;
}

/** A table where it fits, else each row in lines of its own. */
function besideTable(table: SideTable, { width }: TableOptions, paint: Painter): string {
  const widths = table.head.map((name, column) =>
    Math.max(displayWidth(name), ...table.rows.map((row) => displayWidth(row[column]))),
  );
  const fits = widths.reduce((sum, each) => sum + each + GAP, -GAP) <= width;
  const head = table.head.map((name) => paint('bold', name));
  const body = fits
    ? plainGrid(head, table.rows, table.aligns, widths)
    : table.rows
        .map(([name, ...cells]) => {
          const naming = table.naming - 1;
          const fields = cells
            .slice(naming)
            .map((cell, index) => `${table.head[index + table.naming]} ${cell}`);
          const title = [paint('bold', name), ...cells.slice(0, naming)].join(' ');
          return [title, ...packed(fields, width - 2).map((line) => `  ${line}`)].join('\n');
        })
        .join('\n');
  const lead = wrap(table.lead, Math.min(width, NOTE_WIDTH));
  return `${paint('bold', table.title)}\n${body}\n${lead}`;
}

/** Nothing where they were not asked for; a sentence where there are none. */
function notCounted(report: Report, options: TableOptions, paint: Painter): string[] {
  if (options.invalid !== true) return [];
  const runs = invalidReport(report);
  if (runs === null) return ['No run is invalid and measured something.'];
  const title = paint('bold', wrap(`${INVALID_TITLE}.`, options.width));
  const fitted = options.width < NARROWEST_TABLE ? null : fit(runs, options, forOneRun);
  return [
    title,
    fitted === null ? blocks(runs, options, paint, forOneRun) : drawTable(runs, fitted, paint),
  ];
}

type Painter = (style: Style, text: string) => string;

function painter(colour: boolean): Painter {
  // The caller has looked at the stream and at NO_COLOR; Node 22's own look would be at another
  // stream.
  return colour
    ? (style, text) => styleText(style, text, { validateStream: false })
    : (_style, text) => text;
}

function heading(report: Report, width: number, paint: Painter): string {
  const lines = [`${paint('bold', printable(report.results.name, 80))}: ${sizeLine(report)}`];
  const choice = choiceLine(report);
  if (choice !== null) lines.push(`${choice}:`);
  lines.push(paint('dim', printable(report.results.dir)));
  const known = environmentLines(report);
  if (known.length > 0)
    lines.push(wrap(known.map(([, value]) => value).join(' | '), Math.min(width, NOTE_WIDTH)));
  return lines.join('\n');
}

interface Fitted {
  readonly columns: readonly Column[];
  readonly form: Form;
  readonly rows: readonly (readonly string[])[];
  readonly widths: readonly number[];
  readonly dropped: readonly string[];
}

/** How cells and headings may be written, from the widest to the narrowest. */
interface Form {
  readonly head: (column: Column) => readonly string[];
  readonly cell: (parts: readonly string[]) => string;
}

const FORMS: readonly Form[] = [
  { head: (column) => column.head, cell: (parts) => parts.join(', ') },
  { head: (column) => column.tightHead, cell: (parts) => parts.join(', ') },
  {
    head: (column) => column.tightHead,
    cell: (parts) => parts.join('\n').replaceAll(': ', ':\n  '),
  },
];

/**
 * The most columns that fit, in the widest form in which they do; null when the indispensable ones
 * are too wide.
 */
function fit(
  report: Report,
  { width, percentiles }: TableOptions,
  wanted: (column: Column) => boolean = () => true,
): Fitted | null {
  const all = columnsOf(report, percentiles).filter(wanted);
  const cells = report.rows.map((row) => all.map((column) => column.cell(row)));
  const widths = FORMS.map((form) => columnWidths(all, cells, form));
  const order = all.filter((column) => column.keep !== null).sort((a, b) => a.keep! - b.keep!);
  for (let dropped = 0; dropped <= order.length; dropped++) {
    const gone = new Set(order.slice(0, dropped));
    const kept = all.flatMap((column, index) => (gone.has(column) ? [] : [index]));
    const total = (form: number): number =>
      kept.reduce((sum, index) => sum + widths[form][index] + GAP, -GAP);
    const chosen = FORMS.findIndex((_form, index) => total(index) <= width);
    if (chosen === -1) continue;
    const form = FORMS[chosen];
    return {
      columns: kept.map((index) => all[index]),
      form,
      rows: cells.map((row) => kept.map((index) => form.cell(row[index]))),
      widths: kept.map((index) => widths[chosen][index]),
      dropped: [...gone].map((column) => column.name),
    };
  }
  return null;
}

function columnWidths(
  columns: readonly Column[],
  cells: readonly (readonly (readonly string[])[])[],
  form: Form,
): number[] {
  const widest = (text: string): number => Math.max(...text.split('\n').map(displayWidth));
  return columns.map((column, index) =>
    cells.reduce(
      (width, row) => Math.max(width, widest(form.cell(row[index]))),
      widest(form.head(column).join('\n')),
    ),
  );
}

function drawTable(
  report: Report,
  { columns, form, rows, widths }: Fitted,
  paint: Painter,
): string {
  const headLines = Math.max(...columns.map((column) => form.head(column).length));
  // Headings stand on the line below them, and colour is set line by line, so that padding stays
  // plain.
  const head = columns.map((column) => {
    const lines = form.head(column);
    return [
      ...Array<string>(headLines - lines.length).fill(''),
      ...lines.map((line) => paint('bold', line)),
    ].join('\n');
  });
  const last = columns.length - 1; // the verdict
  const painted = rows.map((row, index) => {
    const style = toneStyle(report.rows[index]);
    const paintLines = (cell: string): string =>
      cell
        .split('\n')
        .map((line) => paint(style, line))
        .join('\n');
    return row.map((cell, at) => (at === last ? paintLines(cell) : cell));
  });
  return plainGrid(
    head,
    painted,
    columns.map(({ align }) => align),
    widths,
  );
}

function toneStyle(row: PointRow): Style {
  return ({ good: 'green', care: 'yellow', bad: 'red', none: 'dim' } as const)[row.verdict.tone];
}

/**
 * For narrow terminals: the settings on a line, then the figures with their names, as many a line
 * as fit.
 */
function blocks(
  report: Report,
  { width, percentiles }: TableOptions,
  paint: Painter,
  wanted: (column: Column) => boolean = () => true,
): string {
  const columns = columnsOf(report, percentiles).filter(wanted);
  const settings = new Set(report.varying.map((name) => printable(name, 80)));
  return report.rows
    .map((row) => {
      const fields = (wanted: (column: Column) => boolean): string[] =>
        columns.filter(wanted).flatMap((column) => {
          const text = column.cell(row).join(', ');
          return text === NOTHING ? [] : [`${column.name} ${text}`];
        });
      const isSetting = (column: Column): boolean => settings.has(column.name);
      const isFigure = (column: Column): boolean => !isSetting(column) && column.name !== 'point';
      const kind = row.loop === 'open' ? 'response' : 'service';
      const title = [paint('bold', printable(row.point.id, 24)), ...fields(isSetting)];
      const figures = fields(isFigure).map((field) =>
        /^(p\d|max )/.test(field) ? `${kind} ${field}` : field,
      );
      return [
        ...packed(title, width),
        ...packed(figures, width - 2).map((line) => `  ${line}`),
      ].join('\n');
    })
    .join('\n\n');
}

/** Fields side by side, as many a line as fit. */
function packed(fields: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const field of fields) {
    const line = lines.at(-1);
    const longer = line === undefined ? field : `${line}   ${field}`;
    if (line === undefined || displayWidth(longer) > width) lines.push(field);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

function noteLines(notes: readonly Note[], width: number, paint: Painter): string {
  const style = { plain: null, care: 'yellow', bad: 'red' } as const;
  return notes
    .map(({ tone, text }) => {
      const lines = wrap(text, Math.max(20, Math.min(width, NOTE_WIDTH) - 2)).replaceAll(
        '\n',
        '\n  ',
      );
      const bullet = style[tone] === null ? '-' : paint(style[tone], '!');
      return `${bullet} ${lines}`;
    })
    .join('\n');
}
