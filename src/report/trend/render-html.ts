// The trend as one HTML file: opens from disk and from a CI artifact, without script or anything fetched. Light and dark, phone and print.
// Everything foreign goes through escapeHtml.
import type { Trend, TrendEvent, TrendSeries } from '../../contract/trend.js';
import { escapeLine } from '../escape-html.js';
import { plural, significant } from '../format.js';
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

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --paper: #fff; --card: #f6f7f9; --rule: #d8dde4; --line: #2f6fb2; --level: #8a5a00; --worse: #b3261e; --better: #1b7a3d; --machine: #8a6100; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --soft: #a3adba; --paper: #12161c; --card: #1b212a; --rule: #333c48; --line: #7db4ea; --level: #e0b25a; --worse: #ff8a80; --better: #7bd69b; --machine: #f0c674; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1340px; padding: 20px 16px 48px; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 22px; margin: 0 0 4px; } h2 { font-size: 17px; margin: 28px 0 10px; } h3 { font-size: 15px; margin: 0 0 6px; }
p { margin: 0 0 8px; } .soft { color: var(--soft); }
.event { background: var(--card); border-left: 4px solid var(--rule); border-radius: 4px; padding: 10px 14px; margin: 0 0 10px; break-inside: avoid; }
.event.regression { border-color: var(--worse); } .event.machine { border-color: var(--machine); } .event.better { border-color: var(--better); }
.event ul { margin: 0; padding-left: 18px; } .event li.sub { list-style: none; font-family: ui-monospace, monospace; font-size: 13px; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 390px), 1fr)); gap: 14px; }
figure { margin: 0; background: var(--card); border-radius: 4px; padding: 10px 12px; break-inside: avoid; }
figcaption { font-size: 13px; margin-bottom: 4px; } figcaption b { display: block; font-weight: 600; }
svg { display: block; width: 100%; height: auto; }
svg .grid { stroke: var(--rule); } svg .tick { fill: var(--soft); font-size: 10px; }
svg .line { fill: none; stroke: var(--line); stroke-width: 1.2; } svg .dot { fill: var(--line); } svg .level { stroke: var(--level); stroke-width: 2; opacity: .8; }
svg .dot.worse { fill: var(--worse); } svg .dot.better { fill: var(--better); } svg .dot.machine { fill: var(--machine); }
svg .mark line { stroke-dasharray: 3 2; } svg .mark text { font-size: 10px; font-weight: 600; }
svg .mark.worse line { stroke: var(--worse); } svg .mark.worse text { fill: var(--worse); } svg .mark.machine line { stroke: var(--machine); } svg .mark.machine text { fill: var(--machine); } svg .mark.better line { stroke: var(--better); } svg .mark.better text { fill: var(--better); }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-size: 13px; } th, td { text-align: left; padding: 3px 12px 3px 0; border-bottom: 1px solid var(--rule); } td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
summary { cursor: pointer; }
@media print { :root { color-scheme: light; --ink: #000; --soft: #444; --paper: #fff; --card: #fff; --rule: #bbb; --line: #1d4f86; --level: #7a5000; --worse: #a01010; --better: #0a6a2d; --machine: #7a5500; } body { padding: 0; max-width: none; } .charts { grid-template-columns: 1fr 1fr; } }
`;

export function renderTrendHtml(trend: Trend): string {
  const title = `Trend: ${sizeLine(trend).split(':')[0]}`;
  const known = trend.series.filter(({ values }) => values.length > 0);
  const charts = (
    known.length > MAX_CHARTS ? known.toSorted((a, b) => b.changes.length - a.changes.length) : known
  ).slice(0, MAX_CHARTS);
  const dots = charts.reduce((sum, { values }) => sum + values.length, 0) <= MAX_DOTS;
  const rest = known.filter((series) => !charts.includes(series)).slice(0, MAX_TABLE_ROWS);
  const notes = [...trend.notes, ...leftOutLines(trend, 50), methodLine(trend)];
  const body = [
    `<h1>${escapeLine(title)}</h1><p class="soft">${escapeLine(sizeLine(trend))}</p>`,
    '<h2>Changes</h2>',
    eventsHtml(trend),
    '<h2>Series</h2>',
    `<div class="charts">${charts.map((series) => chart(trend, series, dots)).join('')}</div>`,
    rest.length === 0
      ? ''
      : `<h2>${plural(rest.length, 'further').replace(/s$/, '')} series</h2>${seriesTable(trend, rest)}`,
    '<h2>Notes</h2>',
    `<ul>${notes.map((note) => `<li>${escapeLine(note)}</li>`).join('')}</ul>`,
    `<details><summary>${plural(trend.results.length, 'result')}</summary>${resultsTable(trend)}</details>`,
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeLine(title)}</title>
<style>${STYLE}</style>
</head>
<body>
${body.filter((part) => part !== '').join('\n')}
</body>
</html>
`;
}

function eventsHtml(trend: Trend): string {
  if (trend.events.length === 0) return '<p>No change point.</p>';
  const shown = trend.events.slice(0, MAX_EVENTS).map((event) => eventHtml(trend, event));
  const more = trend.events.length - MAX_EVENTS;
  return shown.join('\n') + (more > 0 ? `<p class="soft">and ${plural(more, 'older change')}</p>` : '');
}

function eventHtml(trend: Trend, event: TrendEvent): string {
  const lines = [...figures(trend, event), ...causes(trend, event)];
  const items = lines.map(
    (line) => `<li${line.startsWith('  ') ? ' class="sub"' : ''}>${escapeLine(line.trim())}</li>`,
  );
  return `<section class="event ${toneOf(event)}"><h3>${escapeLine(headline(trend, event))}</h3><ul>${items.join('')}</ul></section>`;
}

function chart(trend: Trend, series: TrendSeries, dots: boolean): string {
  const name = seriesName(trend, series);
  const latest = `latest ${significant(series.values.at(-1)![1])}; ${series.better} is better`;
  return `<figure><figcaption><b>${escapeLine(name)}</b><span class="soft">${escapeLine(latest)}</span></figcaption>${chartSvg(trend, series, name, { dots })}</figure>`;
}

function seriesTable(trend: Trend, series: readonly TrendSeries[]): string {
  const rows = series.map(
    (each) =>
      `<tr><td>${escapeLine(seriesName(trend, each))}</td><td class="number">${significant(each.values.at(-1)![1])}</td><td>${escapeLine(lastChange(trend, each))}</td></tr>`,
  );
  return `<div class="scroll"><table><thead><tr><th>series</th><th class="number">latest</th><th>last change</th></tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

function resultsTable(trend: Trend): string {
  const from = Math.max(0, trend.results.length - MAX_TABLE_ROWS);
  const rows = trend.results.slice(from).map(({ sweep, revision, dirty, kbench, node, target }, i) => {
    const commit = revision === null ? '-' : revision.slice(0, 12) + (dirty ? ' with changes' : '');
    const cells = [String(from + i + 1), timeOf(trend, from + i), sweep, commit, kbench, node, target];
    return `<tr>${cells.map((cell) => `<td>${escapeLine(cell, 100)}</td>`).join('')}</tr>`;
  });
  const head = ['', 'started (UTC)', 'sweep', 'commit', 'kbench', 'Node', 'target'].map((name) => `<th>${name}</th>`);
  return `<div class="scroll"><table><thead><tr>${head.join('')}</tr></thead><tbody>${rows.reverse().join('')}</tbody></table></div>`;
}
