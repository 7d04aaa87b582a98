// report.md: the report as GitHub Markdown, to be read in a pull request or a wiki long after.
// Complete in itself: figures, what was left out and why, how the numbers are made, and the
// configuration as given. Nothing foreign gets to be markup.
import type { RunResult } from '../../contract/run-result.js';
import { commandOf } from '../../contract/invocation.js';
import { columnsOf, type Column } from './columns.js';
import { escapeMarkdown, escapeSentence, fenced } from './escape-markdown.js';
import { plural } from './format.js';
import { gateTable } from '../notes/gate-notes.js';
import { environmentLines, sizeLine } from './heading.js';
import { forOneRun, INVALID_TITLE, invalidReport } from '../notes/invalid-runs.js';
import { notesOf } from '../notes/notes.js';
import { sideTables } from '../notes/side-tables.js';
import { metricsTable } from '../model/point-metrics.js';
import type { Report } from '../model/report-model.js';
import type { TableOptions } from './table.js';
import { isCounted, reasonsOfRun, wordingOf } from '../notes/verdicts.js';

/** Rows of runs left out of the figures; a sweep whose every run failed would fill the page. */
const MAX_LEFT_OUT = 200;
const MAX_YAML_CHARACTERS = 200_000;

const HOW = [
  '- **Unit**: the run. Percentiles are taken in each run, from a histogram of every record ' +
    '(3 significant digits), and never averaged: a',
  "  point's figure is the median over its valid runs. From 6 valid runs on, " +
    '`summary.json` holds a 95 % interval of that median from order',
  '  statistics; with fewer there is none, ' +
    'and the range shown is the least and the greatest run.',
  '- **Latency**: open loop (a rate is set) counts from when a record was due, ' +
    'so waiting behind a stall is not lost (no coordinated',
  '  omission); closed loop (rate `max`) has no due time and counts from when it was sent.',
  '- **Order**: points run in a seeded random order, ' +
    'every point once before any a second time; warm-up is left out.',
  '- **Validity**: a run that its own checks call invalid, or that failed, ' +
    'is counted and named but enters no figure.',
  "- **compressed/raw bytes**: Java's compression-rate-avg, bytes of a batch after its codec " +
    'for each byte before: 0.25 is a quarter, 1 is none saved.',
  '- **acks=0**: nothing is acknowledged; ' +
    'records count as written and latency ends when the socket took them.',
  '- **CPU us/record**: CPU time of the load generator for each acknowledged record, ' +
    'without that of waiting for due times (**pacing**: sleeps',
  '  and idle turns of the event loop, measured apart; part of it only where a note says ' +
    'so). **batch KiB** and **requests/s** are what came about, not',
  '  what was configured.',
].join('\n');

/** The whole report, ending in a newline. */
export function renderMarkdown(
  report: Report,
  { percentiles, invalid }: Pick<TableOptions, 'percentiles' | 'invalid'> = {},
): string {
  const sections = [
    `# ${escapeMarkdown(report.results.name, 80)}`,
    `${escapeSentence(sizeLine(report))}.`,
    environmentTable(report),
    '## Results',
    resultsTable(report, percentiles),
    ...beside(report),
    ...(invalid === true ? notCounted(report, percentiles) : []),
    notesOf(report, { invalid: invalid === true })
      .map(({ tone, text }) => `- ${tone === 'plain' ? '' : '**!** '}${escapeSentence(text)}`)
      .join('\n'),
    ...gates(report),
    ...producerMetrics(report),
    ...leftOut(report.results.runs),
    '## How the numbers are made',
    HOW,
    ...configuration(report),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function environmentTable(report: Report): string {
  const { invocation } = report.results;
  const lines = environmentLines(report);
  if (invocation !== null) lines.unshift(['Command', commandOf(invocation)]);
  if (lines.length === 0) return '';
  return table(
    ['', ''],
    ['left', 'left'],
    lines.map(([label, value]) => [label, escapeMarkdown(value)]),
  );
}

/** The figures of runs that do not count, where --invalid asks for them. */
function notCounted(report: Report, percentiles: TableOptions['percentiles']): string[] {
  const runs = invalidReport(report);
  if (runs === null) return ['No run is invalid and measured something.'];
  return ['## Not counted', `${INVALID_TITLE}.`, resultsTable(runs, percentiles, forOneRun)];
}

function resultsTable(
  report: Report,
  percentiles: TableOptions['percentiles'],
  wanted: (column: Column) => boolean = () => true,
): string {
  const columns = columnsOf(report, percentiles).filter(wanted);
  return table(
    columns.map((column) => escapeMarkdown(column.head.join(' ').replace(/(?<=\.) | (?=\/)/g, ''))),
    columns.map((column) => column.align),
    report.rows.map((row) => columns.map((column) => escapeMarkdown(column.cell(row).join(', ')))),
  );
}

function beside({ rows }: Report): string[] {
  return sideTables(rows).flatMap(({ title, lead, head, aligns, rows: told }) => {
    const cells = told.map((row) => row.map((cell) => escapeMarkdown(cell)));
    return [`## ${title}`, lead, table(head, aligns, cells)];
  });
}

function gates(report: Report): string[] {
  const gates = gateTable(report);
  if (gates === null) return [];
  const rows = gates.rows.map((cells) => cells.map((cell) => escapeMarkdown(cell)));
  return [
    '## Gates',
    table(
      ['gate', 'condition', 'point', 'median over valid runs, or count'],
      ['left', 'left', 'left', 'left'],
      rows,
    ),
    ...(gates.more > 0 ? [`${plural(gates.more, 'more row')} in \`summary.json\`.`] : []),
  ];
}

/** Java's metrics of each point, medians over its valid runs. */
function producerMetrics(report: Report): string[] {
  const metrics = metricsTable(report);
  if (metrics === null) return [];
  return [
    '## Producer metrics',
    "Under Java's names and definitions, over all workers: medians over the valid runs. " +
      'Times in ms, sizes in bytes, rates a second.',
    table(
      metrics.head.map((name) => escapeMarkdown(name)),
      metrics.head.map((_, column) => (column === 0 ? 'left' : 'right')),
      metrics.rows.map((cells) => cells.map((cell) => escapeMarkdown(cell))),
    ),
  ];
}

/** Failed and invalid runs one by one, each with its first reason. */
function leftOut(runs: readonly RunResult[]): string[] {
  const out = runs.filter((run) => !isCounted(run));
  if (out.length === 0) return [];
  const rows = out.slice(0, MAX_LEFT_OUT).map((run) => {
    const reasons = reasonsOfRun(run).filter((reason) => reason.severity !== 'warning');
    const told = reasons
      .map(({ code, message }) => `${wordingOf(code).label}: ${message}`)
      .join('; ');
    const file = `runs/${run.run}.json`;
    return [file, run.point, String(run.repeat), run.status, told === '' ? 'no figures' : told].map(
      (cell) => escapeMarkdown(cell),
    );
  });
  const more =
    out.length > MAX_LEFT_OUT
      ? [`${plural(out.length - MAX_LEFT_OUT, 'more run')} in \`runs/\`.`]
      : [];
  const head = ['run', 'point', 'repeat', 'status', 'reason'];
  return [
    '## Runs left out of the figures',
    table(head, ['left', 'left', 'right', 'left', 'left'], rows),
    ...more,
  ];
}

function configuration({ results }: Report): string[] {
  if (results.sweepYaml === null) return [];
  const cut = results.sweepYaml.length > MAX_YAML_CHARACTERS;
  const yaml = cut ? results.sweepYaml.slice(0, MAX_YAML_CHARACTERS) : results.sweepYaml;
  const overrides = results.invocation?.overrides.length ?? 0;
  return [
    '## Configuration as given',
    ...(overrides > 0
      ? [`${plural(overrides, 'value')} of it overridden on the command line: see above.`]
      : []),
    fenced(yaml, 'yaml'),
    ...(cut ? ['Cut here: the rest is in `sweep.yaml`.'] : []),
  ];
}

/** Cells are escaped by the caller. */
function table(
  head: readonly string[],
  aligns: readonly ('left' | 'right')[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = line(aligns.map((align) => (align === 'right' ? '--:' : ':--')));
  return [line(head), rule, ...rows.map(line)].join('\n');
}
