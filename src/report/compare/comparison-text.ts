// The comparison for a terminal: the answer, the two sides, a table fitted to the width, notes.
// Colours only when the caller asks.
import { styleText } from 'node:util';
import type { Comparison } from '../../contract/comparison.js';
import { displayWidth, listed, plural, wrap } from '../text/format.js';
import { GAP, plainGrid } from '../text/plain-grid.js';
import type { TableOptions } from '../text/table.js';
import { answer, countsText, sideTitle, type Tone } from './cell-text.js';
import type { ComparisonFormatOptions } from './comparison-renderer.js';
import { rowsOf, type ComparisonRow, type ComparisonRows } from './rows.js';

interface Column {
  readonly name: string;
  readonly head: string;
  readonly align: 'left' | 'right';
  /** The lower, the sooner it is left out; null never. */
  readonly keep: number | null;
  readonly cell: (row: ComparisonRow) => string;
}

const COLUMNS: readonly Column[] = [
  { name: 'point', head: 'point', align: 'left', keep: null, cell: (row) => row.pairText },
  { name: 'metric', head: 'metric', align: 'left', keep: null, cell: (row) => row.metric },
  { name: 'base', head: 'base', align: 'right', keep: 3, cell: (row) => row.base },
  { name: 'new', head: 'new', align: 'right', keep: 4, cell: (row) => row.next },
  { name: 'change', head: 'change', align: 'right', keep: null, cell: (row) => row.change },
  {
    name: '95 % interval',
    head: '95 % interval',
    align: 'right',
    keep: 5,
    cell: (row) => row.interval,
  },
  { name: 'adjusted p', head: 'adj. p', align: 'right', keep: 1, cell: (row) => row.p },
  { name: 'runs', head: 'runs', align: 'right', keep: 2, cell: (row) => row.runs },
  { name: 'finding', head: 'finding', align: 'left', keep: null, cell: (row) => row.finding },
];

const NOTE_WIDTH = 110;
/** Below this a table of lines is harder to read than blocks. */
const NARROWEST_TABLE = 60;
const WIDEST_POINT = 60;
type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow';
type Painter = (style: Style, text: string) => string;
const TONES: Readonly<Record<Tone, Style>> = {
  good: 'green',
  bad: 'red',
  care: 'yellow',
  none: 'dim',
};

export function renderText(comparison: Comparison, options: ComparisonFormatOptions): string {
  // The caller has looked at the stream and at NO_COLOR; Node 22's own look would be at another
  // stream.
  const paint: Painter = options.colour
    ? (style, text) => styleText(style, text, { validateStream: false })
    : (_style, text) => text;
  const found = rowsOf(comparison, options.most);
  const fitted = fit(found.rows, options.width);
  const body =
    fitted === null
      ? blocks(found.rows, options.width, paint)
      : drawTable(found.rows, fitted, paint);
  const left = fitted?.dropped ?? [];
  return withoutCommands(
    [
      heading(comparison, options.width, paint),
      ...(found.rows.length > 0 ? [body] : []),
      ...hiddenLine(found),
      ...(left.length > 0
        ? [wrap(`Columns left out for want of width: ${listed(left)}.`, options.width)]
        : []),
      noteLines(comparison, options.width, paint),
    ].join('\n\n') + '\n',
  );
}

/**
 * In a CI log a line that begins with `::`, or one that holds `##[`, is a command to GitHub's
 * runner, and settings may wrap at any place.
 */
const withoutCommands = (text: string): string =>
  text.replace(/^([ \t]*):(?=:)/gm, '$1: ').replaceAll('##[', '## [');

function heading(comparison: Comparison, width: number, paint: Painter): string {
  const room = Math.max(20, Math.min(width, NOTE_WIDTH));
  const tone = comparison.counts.worse + comparison.counts.lost > 0 ? 'red' : 'bold';
  const sides = [comparison.base, ...comparison.contenders.map(({ side }) => side)].map(
    (side) =>
      `${sideTitle(side)}: ${side.valid} of ${plural(side.runs, 'run')} valid, ` +
      plural(side.points, 'point') +
      (side.startedAt === null ? '' : `, ${side.startedAt.slice(0, 16).replace('T', ' ')} UTC`),
  );
  return [
    paint(tone, wrap(answer(comparison), room)),
    ...sides.map((side) => paint('dim', wrap(side, room, '  '))),
    `Figures: ${countsText(comparison)}.`,
  ].join('\n');
}

export function hiddenLine({ rows, hidden }: ComparisonRows): string[] {
  if (hidden === 0) return [];
  return [
    `${plural(rows.length, 'row')} shown, the ones that matter most; ` +
      `${hidden} more with --all (or --format json).`,
  ];
}

interface Fitted {
  readonly columns: readonly Column[];
  readonly widths: readonly number[];
  readonly dropped: readonly string[];
  /** How wide a point's settings may be before they are broken into lines. */
  readonly pointWidth: number;
}

/** The most columns that fit; null when not even the indispensable ones do. */
function fit(rows: readonly ComparisonRow[], width: TableOptions['width']): Fitted | null {
  if (width < NARROWEST_TABLE) return null;
  const droppable = COLUMNS.filter(({ keep }) => keep !== null).sort((a, b) => a.keep! - b.keep!);
  for (const pointWidth of [WIDEST_POINT, 36, 24]) {
    const widths = new Map(
      COLUMNS.map((column) => [column, columnWidth(column, rows, pointWidth)]),
    );
    // Rather a narrow point than a column less, but not narrower than names can bear.
    const least = pointWidth === 24 ? droppable.length : 0;
    for (let count = 0; count <= least; count++) {
      const gone = new Set(droppable.slice(0, count));
      const columns = COLUMNS.filter((column) => !gone.has(column));
      const total = columns.reduce((sum, column) => sum + widths.get(column)! + GAP, -GAP);
      if (total > width) continue;
      const dropped = [...gone].map(({ name }) => name);
      return { columns, widths: columns.map((column) => widths.get(column)!), dropped, pointWidth };
    }
  }
  return null;
}

function columnWidth(column: Column, rows: readonly ComparisonRow[], pointWidth: number): number {
  const widest = (text: string): number =>
    text.split('\n').reduce((most, line) => Math.max(most, displayWidth(line)), 0);
  const cell =
    column.name === 'point'
      ? (row: ComparisonRow) => wrap(column.cell(row), pointWidth)
      : column.cell;
  return rows.reduce((width, row) => Math.max(width, widest(cell(row))), displayWidth(column.head));
}

function drawTable(
  rows: readonly ComparisonRow[],
  { columns, widths, pointWidth }: Fitted,
  paint: Painter,
): string {
  const painted = rows.map((row) =>
    columns.map((column) => {
      if (column.name === 'point') return wrap(column.cell(row), pointWidth);
      const marked = column.name === 'finding' || (column.name === 'change' && row.tone !== 'none');
      return marked ? paint(TONES[row.tone], column.cell(row)) : column.cell(row);
    }),
  );
  return plainGrid(
    columns.map(({ head }) => paint('bold', head)),
    painted,
    columns.map(({ align }) => align),
    widths,
  );
}

/** For narrow terminals: the point on a line, then a line or two a figure. */
function blocks(rows: readonly ComparisonRow[], width: number, paint: Painter): string {
  const room = Math.max(20, width);
  return rows
    .flatMap((row, index) => {
      const title =
        row.pairText === ''
          ? []
          : [...(index > 0 ? [''] : []), paint('bold', wrap(row.pairText, room))];
      const text = `${row.metric}: ${row.change} (${row.interval}), ${row.base} -> ${row.next}`;
      return [
        ...title,
        `  ${wrap(text, room - 2, '  ')}`,
        `    ${paint(TONES[row.tone], row.finding)}`,
      ];
    })
    .join('\n');
}

function noteLines({ notes }: Comparison, width: number, paint: Painter): string {
  const style = { plain: null, care: 'yellow', bad: 'red' } as const;
  return notes
    .map(({ tone, text }) => {
      const lines = wrap(text, Math.max(20, Math.min(width, NOTE_WIDTH) - 2)).replaceAll(
        '\n',
        '\n  ',
      );
      return `${style[tone] === null ? '-' : paint(style[tone], '!')} ${lines}`;
    })
    .join('\n');
}
