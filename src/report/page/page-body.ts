// The text of report.html that needs no script: headings, how to read each figure, notes and verdicts, where it ran and the configuration as given.
// The browser's code fills the figures in by their ids. Called by report-page. Everything foreign is escaped here.
import { commandOf } from '../../contract/invocation.js';
import { plural, printable } from '../format.js';
import { environmentLines, sizeLine } from '../heading.js';
import { notesOf } from '../notes.js';
import type { Report } from '../report-model.js';
import { codeText, isCounted, reasonsOfRun } from '../verdicts.js';
import { escapeHtml } from '../escape-html.js';

const MAX_YAML_CHARACTERS = 200_000;
const MAX_LEFT_OUT = 200;

/** A figure that the browser draws: canvas, its controls, and the same figures as a table. */
interface Figure {
  readonly id: string;
  readonly title: string;
  /** Markup. */
  readonly lead: string;
}

export function pageBody(report: Report, trouble: readonly string[]): string {
  return [
    '<a class="skip" href="#answer">Skip to the answer</a>',
    header(report),
    '<main>',
    '<noscript><p class="note care">The charts need scripts, which are switched off. The same figures stand in <code>report.md</code> and <code>summary.json</code> beside this file.</p></noscript>',
    '<p id="trouble" class="note bad" role="alert" hidden></p>',
    answer(report),
    '<div id="chosen" class="chosen" role="region" aria-label="Points shown in the charts"></div>',
    sweep(report),
    latency(),
    runs(),
    verdicts(report, trouble),
    environment(report),
    download(),
    '</main>',
    `<footer><p>Written by kbench. Nothing is loaded and nothing is sent: all of it is in this file.</p></footer>`,
  ].join('\n');
}

function header(report: Report): string {
  const { results } = report;
  const target = environmentLines(report).find(([label]) => label === 'Target')?.[1];
  const flags = flagsOf(report)
    .map(([tone, text]) => `<li class="${tone}"><a href="#verdicts">${escapeHtml(text)}</a></li>`)
    .join('');
  const links = [
    ['answer', 'Answer'],
    ['sweep', 'Sweep'],
    ['latency', 'Latency'],
    ['runs', 'Runs'],
    ['verdicts', 'Verdicts'],
    ['environment', 'Environment'],
    ['data', 'Data'],
  ]
    .map(([id, text]) => `<a href="#${id}">${text}</a>`)
    .join('');
  return `<header>
<div class="title"><h1>${escapeHtml(printable(results.name, 120))}</h1>
<button id="theme" type="button" aria-label="Switch between light and dark">Light / dark</button></div>
<p class="sub">${escapeHtml([sizeLine(report), target ?? ''].filter((part) => part !== '').join(' · '))}</p>
${flags === '' ? '' : `<ul class="flags" aria-label="What to know first">${flags}</ul>`}
<nav aria-label="Sections">${links}</nav>
</header>`;
}

/** What alters how every figure is read; the verdicts below say it in full. */
function flagsOf(report: Report): [tone: string, text: string][] {
  const flags: [string, string][] = [];
  const invalid = report.results.runs.filter((run) => !isCounted(run)).length;
  const least = Math.min(...report.rows.filter(({ point }) => point.valid > 0).map(({ point }) => point.valid));
  if (report.embedded) flags.push(['care', 'Embedded cluster: figures describe kbench, not Kafka']);
  if (invalid > 0) flags.push(['bad', `${plural(invalid, 'run')} invalid or failed, in no figure`]);
  const missing = report.planned - report.made - report.failed;
  if (missing > 0) flags.push(['care', `${plural(missing, 'run')} missing`]);
  if (Number.isFinite(least) && least < 6) {
    const few =
      least === 1 ? 'one valid run at a point: spread unknown' : `${least} valid runs at a point: no interval`;
    flags.push(['care', `As few as ${few}`]);
  }
  const written = report.rows.filter(({ until }) => until === 'written').length;
  if (written > 0) {
    const apart = written < report.rows.length ? ', not in the ranking' : '';
    flags.push(['care', `acks=0 at ${plural(written, 'point')}: written, not acknowledged${apart}`]);
  }
  if (report.loop === 'mixed') flags.push(['care', 'Open and closed loop: ranked apart']);
  return flags;
}

function answer({ loop }: Report): string {
  const kind = loop === 'open' ? 'response time' : loop === 'closed' ? 'service time' : 'latency';
  return `<section id="answer" aria-labelledby="answer-h">
<h2 id="answer-h">The best point for a latency limit</h2>
<div class="pair">
<div class="decide">
<div id="loop-choice"></div>
<p class="limit-of"><label for="limit">Highest</label> <select id="limit-of" aria-label="Percentile of the limit"><option value="p99">p99</option></select> <label for="limit">(${kind}) that you accept</label></p>
<div class="slider"><input id="limit" type="range" min="0" max="1000" step="1"><span class="number"><input id="limit-ms" type="number" min="0" step="any" aria-label="Limit in milliseconds"> ms</span></div>
<p id="best-said" class="sr" role="status"></p>
<div id="best"></div>
</div>
${figure({
  id: 'pareto',
  title: 'Throughput against latency',
  lead: 'Each mark is a point of the sweep. The stepped line is the Pareto front: no other point has both more throughput and a lower latency. The latency is the percentile that the limit is about. Click a mark to show that point in every chart.',
})}
</div></section>`;
}

function sweep(report: Report): string {
  return `<section id="sweep" aria-labelledby="sweep-h"><h2 id="sweep-h">The sweep</h2>
${
  report.varying.length === 0
    ? '<p>No setting takes more than one value here.</p>'
    : `${figure({
        id: 'heat',
        title: 'Two settings at a time',
        lead: 'Median over the valid runs; one map for each combination of the other settings, all on one scale. The frame is the best point under the limit.',
      })}
${figure({
  id: 'effects',
  title: 'What each setting does by itself',
  lead: 'Against the setting’s first value, with all others held. The bar runs over repeats; each small mark is one combination of the other settings, so marks far apart mean that the effect depends on them.',
})}`
}
<h3 id="points-h">All points</h3><div id="points" role="region" aria-labelledby="points-h"></div></section>`;
}

function latency(): string {
  return `<section id="latency" aria-labelledby="latency-h"><h2 id="latency-h">Latency of the points shown</h2>
${figure({
  id: 'percentiles',
  title: 'By percentile',
  lead: 'All valid runs of a point merged. Each tenfold step to the right leaves out a tenth of the records that the one before did; a curve ends where there are too few to tell.',
})}
${figure({
  id: 'time',
  title: 'Over the time of a run',
  lead: 'One thin line a run. What rises or swings here is hidden in a median.',
})}</section>`;
}

function runs(): string {
  return `<section id="runs" aria-labelledby="runs-h"><h2 id="runs-h">Runs</h2>
${figure({
  id: 'repeats',
  title: 'Spread over repeats',
  lead: 'Each mark is a run, the bar its point’s range; crosses are runs left out of all figures.',
})}
${figure({
  id: 'achieved',
  title: 'Achieved against configured',
  lead: 'Every mark is a point; a short bar is the limit that was set. Far below it, the setting was not what held the point back.',
})}
${figure({
  id: 'drift',
  title: 'The machine over the sweep',
  lead: 'Every run against its own point’s median, in the order made. A slope or a step that all points share is the machine, not the settings.',
})}</section>`;
}

function figure({ id, title, lead }: Figure): string {
  return `<figure id="${id}"><figcaption><h3>${title}</h3><p>${lead}</p></figcaption>
<div class="controls"></div><p class="said" hidden></p><div class="scroll"><div class="canvas" role="img"></div></div><div class="legend"></div>
<details class="as-table"><summary>As a table</summary></details></figure>`;
}

function verdicts(report: Report, trouble: readonly string[]): string {
  const notes = [
    ...notesOf(report).map(({ tone, text }) => [tone, text] as const),
    ...trouble.slice(0, 10).map((text) => ['bad', `Left out of the curves: ${printable(text)}.`] as const),
  ];
  const items = notes.map(([tone, text]) => `<li class="note ${tone}">${escapeHtml(text)}</li>`).join('\n');
  return `<section id="verdicts" aria-labelledby="verdicts-h"><h2 id="verdicts-h">Verdicts, and how to read the figures</h2>
<ul class="notes">${items}</ul>
<div id="gates"></div>
${leftOut(report)}</section>`;
}

function leftOut({ results }: Report): string {
  const out = results.runs.filter((run) => !isCounted(run));
  if (out.length === 0) return '';
  const rows = out.slice(0, MAX_LEFT_OUT).map((run) => {
    const reasons = reasonsOfRun(run).filter((reason) => reason.severity !== 'warning');
    const told = reasons.map(({ code, message }) => `${codeText(code)}: ${message}`).join('; ');
    return [`runs/${run.run}.json`, run.point, String(run.repeat), run.status, told === '' ? 'no figures' : told];
  });
  const more = out.length > MAX_LEFT_OUT ? `<p>${plural(out.length - MAX_LEFT_OUT, 'more run')} in runs/.</p>` : '';
  return `<h3>Runs left out of the figures</h3>
<div class="scroll"><table>${tableHead(['run', 'point', 'repeat', 'status', 'reason'])}
<tbody>${rows.map((cells) => `<tr>${cells.map((cell, column) => `<td${column === 4 ? ' class="wide"' : ''}>${escapeHtml(printable(cell))}</td>`).join('')}</tr>`).join('\n')}</tbody></table></div>${more}`;
}

const tableHead = (names: readonly string[]): string =>
  `<thead><tr>${names.map((name) => `<th scope="col">${name}</th>`).join('')}</tr></thead>`;

function environment(report: Report): string {
  const { results } = report;
  const { invocation, sweepYaml } = results;
  const lines = environmentLines(report);
  if (invocation !== null) lines.unshift(['Command', printable(commandOf(invocation), 2000)]);
  const facts = lines
    .map(([label, value]) => `<div><dt>${escapeHtml(label)}</dt><dd>${escapeHtml(value)}</dd></div>`)
    .join('\n');
  const overrides = invocation?.overrides.length ?? 0;
  const cut = (sweepYaml?.length ?? 0) > MAX_YAML_CHARACTERS;
  const yaml =
    sweepYaml === null
      ? ''
      : `<h3>Configuration as given</h3>
${overrides > 0 ? `<p>${plural(overrides, 'value')} of it overridden on the command line: see above.</p>` : ''}
<pre id="yaml" tabindex="0" aria-label="sweep.yaml"><code>${escapeHtml(sweepYaml.slice(0, MAX_YAML_CHARACTERS))}</code></pre>
${cut ? '<p>Cut here: the rest is in <code>sweep.yaml</code>.</p>' : ''}`;
  return `<section id="environment" aria-labelledby="environment-h"><h2 id="environment-h">Environment and configuration</h2>
${facts === '' ? '<p>environment.json is missing: where this ran is not known.</p>' : `<dl class="facts">${facts}</dl>`}
${yaml}</section>`;
}

function download(): string {
  return `<section id="data" aria-labelledby="data-h"><h2 id="data-h">Data</h2>
<p>The figures of this page to take along. Everything else is in the results folder beside it.</p><div id="downloads" class="buttons"></div></section>`;
}
