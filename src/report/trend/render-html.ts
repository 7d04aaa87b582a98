// The trend as one HTML file: opens from disk and from a CI artifact, without script or anything
// fetched. Light and dark, phone and print. The markup is trend-page.html.
import type { Trend, TrendEvent, TrendSeries } from '../../contract/trend.js';
import { plural, significant } from '../text/format.js';
import { readAsset } from '../page/asset.js';
import { joined, line, markup, NOTHING, templates, type Markup } from '../page/template.js';
import { chartSvg } from './chart-svg.js';
import {
  causes,
  figures,
  headline,
  lastChange,
  leftOutLines,
  methodLine,
  seriesName,
  sizeLine,
  timeOf,
  toneOf,
} from './describe.js';

const MAX_EVENTS = 50;
/** More charts than this nobody looks at; the rest stands in a table. */
const MAX_CHARTS = 120;
const MAX_TABLE_ROWS = 2_000;
/** Tooltips for every value up to so many; the page stays small. */
const MAX_DOTS = 20_000;

const fill = templates(import.meta.url, 'trend-page.html');

export function renderTrendHtml(trend: Trend): string {
  const known = trend.series.filter(({ values }) => values.length > 0);
  const charts = (
    known.length > MAX_CHARTS
      ? known.toSorted((a, b) => b.changes.length - a.changes.length)
      : known
  ).slice(0, MAX_CHARTS);
  const dots = charts.reduce((sum, { values }) => sum + values.length, 0) <= MAX_DOTS;
  const rest = known.filter((series) => !charts.includes(series)).slice(0, MAX_TABLE_ROWS);
  const notes = [...trend.notes, ...leftOutLines(trend, 50), methodLine(trend)];
  return fill('page', {
    title: line(`Trend: ${sizeLine(trend).split(':')[0]}`),
    style: markup(readAsset(import.meta.url, 'trend-page.css')),
    size: line(sizeLine(trend)),
    events: events(trend),
    charts: joined(charts.map((series) => chart(trend, series, dots))),
    rest: rest.length === 0 ? NOTHING : furtherSeries(trend, rest),
    notes: joined(notes.map((note) => fill('note', { text: line(note) }))),
    count: plural(trend.results.length, 'result'),
    results: resultsTable(trend),
  }).text;
}

function events(trend: Trend): Markup {
  if (trend.events.length === 0) return fill('no-events');
  const shown = trend.events.slice(0, MAX_EVENTS).map((each) => eventOf(trend, each));
  const more = trend.events.length - MAX_EVENTS;
  const rest = more > 0 ? fill('more-events', { changes: plural(more, 'older change') }) : NOTHING;
  return joined([joined(shown, '\n'), rest]);
}

function eventOf(trend: Trend, event: TrendEvent): Markup {
  const lines = [...figures(trend, event), ...causes(trend, event)].map((text) =>
    fill(text.startsWith('  ') ? 'event-subline' : 'event-line', { text: line(text.trim()) }),
  );
  const tone = toneOf(event);
  return fill('event', { tone, headline: line(headline(trend, event)), lines: joined(lines) });
}

function chart(trend: Trend, series: TrendSeries, dots: boolean): Markup {
  const name = seriesName(trend, series);
  return fill('chart', {
    name: line(name),
    latest: line(`latest ${significant(series.values.at(-1)![1])}; ${series.better} is better`),
    svg: chartSvg(trend, series, name, { dots }),
  });
}

function furtherSeries(trend: Trend, series: readonly TrendSeries[]): Markup {
  const rows = series.map((each) =>
    fill('series-row', {
      name: line(seriesName(trend, each)),
      latest: significant(each.values.at(-1)![1]),
      change: line(lastChange(trend, each)),
    }),
  );
  return fill('further-series', {
    count: plural(series.length, 'further').replace(/s$/, ''),
    table: fill('series-table', { rows: joined(rows) }),
  });
}

function resultsTable(trend: Trend): Markup {
  const from = Math.max(0, trend.results.length - MAX_TABLE_ROWS);
  const rows = trend.results.slice(from).map((result, i) => {
    const { sweep, revision, dirty, kbench, node, target } = result;
    const commit = revision === null ? '-' : revision.slice(0, 12) + (dirty ? ' with changes' : '');
    return fill('result-row', {
      number: from + i + 1,
      time: line(timeOf(trend, from + i), 100),
      sweep: line(sweep, 100),
      commit: line(commit, 100),
      kbench: line(kbench, 100),
      node: line(node, 100),
      target: line(target, 100),
    });
  });
  return fill('results-table', { rows: joined(rows.reverse()) });
}
