// The text of report.html that needs no script: headings, how to read each figure, notes and
// verdicts, where it ran and the configuration as given. The browser's code fills the figures in by
// their ids. Called by report-page; the markup stands in page-body.html.
import { commandOf } from '../../contract/invocation.js';
import { plural, printable } from '../text/format.js';
import { environmentLines, sizeLine } from '../text/heading.js';
import { notesOf } from '../notes/notes.js';
import { agentRows } from '../notes/agent-rows.js';
import { sideTables } from '../notes/side-tables.js';
import { keptAll } from '../model/audit-totals.js';
import type { Report } from '../model/report-model.js';
import { agentColumns } from '../text/agent-table.js';
import { codeText, isCounted, reasonsOfRun } from '../notes/verdicts.js';
import { joined, NOTHING, templates, type Markup } from './template.js';

const MAX_YAML_CHARACTERS = 200_000;
const MAX_LEFT_OUT = 200;
const MAX_TROUBLE = 10;
const MAX_AGENT_ROWS = 1_000;

const fill = templates(import.meta.url, 'page-body.html');

export function pageBody(report: Report, trouble: readonly string[]): Markup {
  return fill('body', {
    header: header(report),
    answer: answer(report),
    sweep: sweep(report),
    latency: fill('latency', {
      percentiles: figure('percentiles', 'By percentile'),
      time: figure('time', 'Over the time of a run'),
      beside: beside(report),
    }),
    runs: fill('runs', {
      repeats: figure('repeats', 'Spread over repeats'),
      achieved: figure('achieved', 'Achieved against configured'),
      drift: figure('drift', 'The machine over the sweep'),
    }),
    agents: agents(report),
    verdicts: verdicts(report, trouble),
    environment: environment(report),
    download: fill('download'),
  });
}

function header(report: Report): Markup {
  const target = environmentLines(report).find(([label]) => label === 'Target')?.[1];
  const flags = flagsOf(report).map(([tone, text]) => fill('flag', { tone, text }));
  return fill('header', {
    name: printable(report.results.name, 120),
    sub: [sizeLine(report), target ?? ''].filter((part) => part !== '').join(' · '),
    flags: flags.length === 0 ? NOTHING : fill('flags', { flags: joined(flags) }),
  });
}

/** What alters how every figure is read; the verdicts below say it in full. */
function flagsOf(report: Report): [tone: string, text: string][] {
  const flags: [string, string][] = [];
  const invalid = report.results.runs.filter((run) => !isCounted(run)).length;
  const valid = report.rows.filter(({ point }) => point.valid > 0).map(({ point }) => point.valid);
  const least = Math.min(...valid);
  if (report.embedded) {
    flags.push(['care', 'Embedded cluster: figures describe kbench, not Kafka']);
  }
  if (invalid > 0) flags.push(['bad', `${plural(invalid, 'run')} invalid or failed, in no figure`]);
  const missing = report.planned - report.made - report.failed;
  if (missing > 0) flags.push(['care', `${plural(missing, 'run')} missing`]);
  if (Number.isFinite(least) && least < 6) {
    const few =
      least === 1
        ? 'one valid run at a point: spread unknown'
        : `${least} valid runs at a point: no interval`;
    flags.push(['care', `As few as ${few}`]);
  }
  const written = report.rows.filter(({ until }) => until === 'written').length;
  if (written > 0) {
    const apart = written < report.rows.length ? ', not in the ranking' : '';
    flags.push([
      'care',
      `acks=0 at ${plural(written, 'point')}: written, not acknowledged${apart}`,
    ]);
  }
  const unsafe = report.rows.filter(({ point }) => !keptAll(point.audit)).length;
  if (unsafe > 0) {
    const apart = unsafe < report.rows.length ? ', not in the ranking' : '';
    flags.push(['bad', `Audit: ${plural(unsafe, 'point')} unsafe${apart}`]);
  }
  if (report.loop === 'mixed') flags.push(['care', 'Open and closed loop: ranked apart']);
  return flags;
}

/** Nothing where one process made the runs. */
function agents(report: Report): Markup {
  const rows = agentRows(report).slice(0, MAX_AGENT_ROWS);
  if (rows.length === 0) return NOTHING;
  const columns = agentColumns(report, rows);
  const heads = columns.map(({ head }) => fill('agent-head', { text: head.join(' ') }));
  const lines = rows.map((row) => {
    const cells = columns.map(({ cell }) => fill('agent-cell', { text: cell(row) }));
    return fill('agent-row', { cells: joined(cells) });
  });
  return fill('agents', { heads: joined(heads), rows: joined(lines) });
}

/** A figure that the browser draws: canvas, its controls, and the same figures as a table. */
function figure(id: string, title: string): Markup {
  return fill('figure', { id, title, lead: fill(`${id}-lead`) });
}

function answer({ loop }: Report): Markup {
  const kind = loop === 'open' ? 'response time' : loop === 'closed' ? 'service time' : 'latency';
  return fill('answer', { kind, pareto: figure('pareto', 'Throughput against latency') });
}

function sweep({ varying }: Report): Markup {
  const figures = [
    figure('heat', 'Two settings at a time'),
    figure('effects', 'What each setting does by itself'),
  ];
  return fill('sweep', {
    figures: varying.length === 0 ? fill('nothing-varies') : joined(figures, '\n'),
  });
}

/** Classes of page.css. */
const ALIGNED = { left: '', right: 'figure-cell' } as const;

function beside({ rows }: Report): Markup {
  const tables = sideTables(rows).map(({ title, lead, head, aligns, rows: told }) => {
    const cells = (row: readonly string[], part: 'beside-head' | 'beside-cell'): Markup =>
      joined(row.map((text, at) => fill(part, { text, align: ALIGNED[aligns[at]] })));
    return fill('beside', {
      ...{ title, lead },
      head: cells(head, 'beside-head'),
      rows: joined(told.map((row) => fill('beside-row', { cells: cells(row, 'beside-cell') }))),
    });
  });
  return tables.length === 0 ? NOTHING : joined(tables, '\n');
}

function verdicts(report: Report, trouble: readonly string[]): Markup {
  const notes = [
    ...notesOf(report).map(({ tone, text }) => ({ tone, text })),
    ...trouble
      .slice(0, MAX_TROUBLE)
      .map((text) => ({ tone: 'bad', text: `Left out of the curves: ${printable(text)}.` })),
  ].map((note) => fill('note', note));
  return fill('verdicts', { notes: joined(notes, '\n'), leftOut: leftOut(report) });
}

function leftOut({ results }: Report): Markup {
  const out = results.runs.filter((run) => !isCounted(run));
  if (out.length === 0) return NOTHING;
  const rows = out.slice(0, MAX_LEFT_OUT).map((run) => {
    const reasons = reasonsOfRun(run).filter((reason) => reason.severity !== 'warning');
    const told = reasons.map(({ code, message }) => `${codeText(code)}: ${message}`).join('; ');
    return fill('left-out-run', {
      run: printable(`runs/${run.run}.json`),
      point: printable(run.point),
      repeat: run.repeat,
      status: printable(run.status),
      reason: printable(told === '' ? 'no figures' : told),
    });
  });
  const more = out.length - MAX_LEFT_OUT;
  return fill('left-out', {
    rows: joined(rows, '\n'),
    more: more > 0 ? fill('more-left-out', { runs: plural(more, 'more run') }) : NOTHING,
  });
}

function environment(report: Report): Markup {
  const { invocation, sweepYaml } = report.results;
  const lines = environmentLines(report);
  if (invocation !== null) lines.unshift(['Command', printable(commandOf(invocation), 2000)]);
  const facts = lines.map(([label, value]) => fill('fact', { label, value }));
  return fill('environment', {
    facts:
      facts.length === 0 ? fill('no-environment') : fill('facts', { facts: joined(facts, '\n') }),
    configuration:
      sweepYaml === null ? NOTHING : configuration(sweepYaml, invocation?.overrides.length ?? 0),
  });
}

function configuration(yaml: string, overrides: number): Markup {
  return fill('configuration', {
    overridden:
      overrides > 0 ? fill('overridden', { values: plural(overrides, 'value') }) : NOTHING,
    yaml: yaml.slice(0, MAX_YAML_CHARACTERS),
    cut: yaml.length > MAX_YAML_CHARACTERS ? fill('yaml-cut') : NOTHING,
  });
}
