// The trend for a terminal: what changed and where, then every series as a sparkline. Colours only
// when the caller asks.
import { styleText } from 'node:util';
import type { Trend, TrendSeries } from '../../contract/trend.js';
import { displayWidth, plural, significant, wrap } from '../text/format.js';
import type { TableOptions } from '../text/table.js';
import {
  causes,
  figures,
  headline,
  lastChange,
  leftOutLines,
  methodLine,
  pointName,
  sizeLine,
  toneOf,
} from './describe.js';
import { metricLabel } from './trend-metrics.js';
import { sparkline } from './sparkline.js';

const MAX_EVENTS = 20;
const MAX_ROWS = 200;
const LONGEST_SPARK = 60;
const SHORTEST_SPARK = 10;
const NOTE_WIDTH = 110;
const GAP = '  ';

export function renderTrendText(trend: Trend, { width, colour }: TableOptions): string {
  const paint = (style: 'bold' | 'dim' | 'red' | 'yellow' | 'green', text: string): string =>
    colour ? styleText(style, text, { validateStream: false }) : text;
  const textWidth = Math.max(20, Math.min(width, NOTE_WIDTH));
  const indented = (text: string, indent: string): string =>
    `${indent}${wrap(text, textWidth - indent.length, '  ').replaceAll('\n', `\n${indent}`)}`;
  const events = trend.events.slice(0, MAX_EVENTS).map((event) => {
    const style = ({ regression: 'red', machine: 'yellow', better: 'green' } as const)[
      toneOf(event)
    ];
    return [
      paint(style, wrap(headline(trend, event), textWidth, '  ')),
      ...figures(trend, event).map((line) => indented(line, '  ')),
      ...causes(trend, event).map((line) => paint('dim', indented(line, '  '))),
    ].join('\n');
  });
  if (trend.events.length > MAX_EVENTS)
    events.push(plural(trend.events.length - MAX_EVENTS, 'older change'));
  const notes = [
    ...trend.notes.map((note) => `- ${note}`),
    ...leftOutLines(trend).map((line) => `${paint('yellow', '!')} ${line}`),
    `- ${methodLine(trend)}`,
  ];
  const sections = [
    paint('bold', wrap(sizeLine(trend), textWidth, '  ')),
    ...(events.length === 0 ? [paint('green', 'No change point.')] : events),
    table(trend, width, paint),
    notes.map((note) => wrap(note, textWidth, '  ')).join('\n'),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function table(
  trend: Trend,
  width: number,
  paint: (style: 'bold' | 'red' | 'green', text: string) => string,
): string {
  // Changed ones first where not all can be shown.
  const all = trend.series.filter(({ values }) => values.length > 0);
  const shown =
    all.length <= MAX_ROWS
      ? all
      : all.toSorted((a, b) => b.changes.length - a.changes.length).slice(0, MAX_ROWS);
  if (shown.length === 0) return '';
  const points = shown.map((series) => pointName(trend, series));
  const withPoints = points.some((point) => point !== '');
  const texts = shown.map((series, i) => [
    ...(withPoints ? [points[i] === points[i - 1] ? '' : points[i]] : []),
    metricLabel(series.metric, series.loop),
    significant(series.values.at(-1)![1]),
    lastChange(trend, series),
  ]);
  const head = [...(withPoints ? ['point'] : []), 'metric', 'latest', 'last change'];
  const widths = head.map((title, column) =>
    Math.max(title.length, ...texts.map((row) => displayWidth(row[column]))),
  );
  const taken = widths.reduce((sum, each) => sum + each + GAP.length, 0);
  const spark = Math.max(
    SHORTEST_SPARK,
    Math.min(LONGEST_SPARK, width - taken, trend.results.length),
  );
  const narrow = taken + spark > width;
  const pad = (text: string, to: number): string =>
    text + ' '.repeat(Math.max(0, to - displayWidth(text)));
  const line = (row: readonly string[], drawn: string): string => {
    const [point, metric, latest, change] = withPoints ? row : ['', ...row];
    const [pointWidth, metricWidth, latestWidth] = withPoints ? widths : [0, ...widths];
    const figuresPart = [
      pad(metric, metricWidth),
      pad(drawn, spark),
      latest.padStart(latestWidth),
      change,
    ].join(GAP);
    if (!withPoints) return figuresPart;
    if (!narrow) return pad(point, pointWidth) + GAP + figuresPart;
    return point === '' ? `  ${figuresPart}` : `${point}\n  ${figuresPart}`;
  };
  const lines = shown.map((series, i) => {
    const style = series.changes.at(-1)?.direction;
    const text = line(texts[i], sparkline(inTime(trend, series), spark)).trimEnd();
    return style === undefined ? text : paint(style === 'worse' ? 'red' : 'green', text);
  });
  const title = line(head, 'trend').trimEnd();
  const unseen = all.length - shown.length;
  const more =
    unseen > 0
      ? [`${unseen.toLocaleString('en-US')} more series (--where narrows, --format json has all)`]
      : [];
  return [paint('bold', title), ...lines, ...more].join('\n');
}

/** A value or null for each result of the series' sweep. */
export function inTime(trend: Trend, { sweep, values }: TrendSeries): (number | null)[] {
  const byResult = new Map(values);
  return trend.results.flatMap((result, index) =>
    result.sweep === sweep ? [byResult.get(index) ?? null] : [],
  );
}
