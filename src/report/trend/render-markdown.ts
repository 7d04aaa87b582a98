// The trend as GitHub Markdown: for a step's summary, a pull request or an issue. Complete in
// itself; nothing foreign gets to be markup.
import type { Trend } from '../../contract/trend.js';
import { escapeMarkdown, escapeSentence } from '../text/escape-markdown.js';
import { plural, significant } from '../text/format.js';
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
import { inTime } from './render-text.js';
import { sparkline } from './sparkline.js';

const MAX_EVENTS = 20;
/** A step's summary may have 1 MiB. */
const MAX_ROWS = 300;
const SPARK_WIDTH = 40;

const MARKS = { regression: '🔴', machine: '🟡', better: '🟢' } as const;

export function renderTrendMarkdown(trend: Trend): string {
  const text = (line: string): string => escapeMarkdown(line, line.length);
  const events = trend.events.slice(0, MAX_EVENTS).map((event) => {
    const bullets = [...figures(trend, event), ...causes(trend, event)].map(
      (line) => `${line.startsWith('  ') ? '  ' : ''}- ${text(line.trim())}`,
    );
    return [`### ${MARKS[toneOf(event)]} ${text(headline(trend, event))}`, bullets.join('\n')].join(
      '\n\n',
    );
  });
  if (trend.events.length > MAX_EVENTS)
    events.push(`${plural(trend.events.length - MAX_EVENTS, 'older change')}.`);
  const notes = [...trend.notes, ...leftOutLines(trend), methodLine(trend)].map(
    (line) => `- ${escapeSentence(line)}`,
  );
  const sections = [
    '## Trend',
    text(sizeLine(trend)),
    ...(events.length === 0 ? ['No change point.'] : events),
    table(trend),
    notes.join('\n'),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function table(trend: Trend): string {
  const all = trend.series.filter(({ values }) => values.length > 0);
  if (all.length === 0) return '';
  const shown =
    all.length <= MAX_ROWS
      ? all
      : all.toSorted((a, b) => b.changes.length - a.changes.length).slice(0, MAX_ROWS);
  const rows = shown.map((series) => {
    const cells = [pointName(trend, series) || 'all', metricLabel(series.metric, series.loop)].map(
      (cell) => escapeMarkdown(cell),
    );
    const spark = sparkline(inTime(trend, series), SPARK_WIDTH);
    const last = escapeMarkdown(lastChange(trend, series));
    return `| ${[...cells, spark, significant(series.values.at(-1)![1]), last].join(' | ')} |`;
  });
  const more = all.length > shown.length ? [`\nand ${all.length - shown.length} more series`] : [];
  return [
    '| point | metric | trend | latest | last change |',
    '| :-- | :-- | :-- | --: | :-- |',
    ...rows,
    ...more,
  ].join('\n');
}
