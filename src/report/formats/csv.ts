// Comma-separated values (RFC 4180) for spreadsheets and scripts: a row for each point, or for each
// run. Numbers are bare and exact, text that a spreadsheet would take for a formula gets an
// apostrophe before it.
import type { RunResult } from '../../contract/run-result.js';
import { plainLine } from '../text/escape-controls.js';
import type { RenderOptions } from './format-types.js';
import {
  fieldsOfAgent,
  fieldsOfPoint,
  fieldsOfRun,
  type Field,
  type Fields,
} from '../model/point-fields.js';
import { invalidRows } from '../notes/invalid-runs.js';
import type { Report } from '../model/report-model.js';

/**
 * What starts a formula in one spreadsheet or another, full-width forms included. The apostrophe
 * marks text in all of them.
 */
const FORMULA = /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20|%]|^[\t\r]/;

/**
 * Runs that do not count are rows of their own only where `invalid` asks for them: `counted` is
 * false there.
 */
export function renderCsv(
  report: Report,
  { per, invalid }: RenderOptions,
): { readonly pieces: Iterable<string> } {
  if (per === 'agent') return { pieces: rowsOfAgents(report) };
  return { pieces: per === 'run' ? rowsOfRuns(report) : rowsOfPoints(report, invalid === true) };
}

function rowsOfPoints(report: Report, invalid: boolean): Iterable<string> {
  const points = report.rows.map((row) => fieldsOfPoint(row.point));
  const tables = invalid ? withInvalidRuns(report, points) : points;
  return lines(report.results.name, tables, namesOf(tables));
}

function withInvalidRuns(report: Report, points: readonly Fields[]): Fields[] {
  const marked = (fields: Fields, counted: boolean, run: string | null): Fields =>
    new Map<string, Field>([['counted', counted], ['run', run], ...fields]);
  const runs = invalidRows(report).map((row) => {
    const fields = new Map(fieldsOfPoint(row.point));
    fields.set('valid', 0).set('verdicts', row.verdict.parts.join('; '));
    return marked(fields, false, row.run);
  });
  return [...points.map((fields) => marked(fields, true, null)), ...runs];
}

/** A row an agent and run; none where one process made it. */
function rowsOfAgents({ results }: Report): Iterable<string> {
  const tables = results.runs.flatMap((run) =>
    (run.agents ?? []).map((agent) => fieldsOfAgent(run, agent)),
  );
  return lines(results.name, tables, namesOf(tables));
}

/** Flattened anew for each row: all of them at once would take more memory than the runs. */
function rowsOfRuns({ results }: Report): Iterable<string> {
  const names = new Set<string>();
  for (const run of results.runs) for (const name of fieldsOfRun(run).keys()) names.add(name);
  return lines(results.name, tablesOf(results.runs), leaves([...names]));
}

function* tablesOf(runs: readonly RunResult[]): Generator<Fields> {
  for (const run of runs) yield fieldsOfRun(run);
}

function namesOf(tables: readonly Fields[]): string[] {
  return leaves([...new Set(tables.flatMap((table) => [...table.keys()]))]);
}

/**
 * Where one point has no `latencyMs.response` and another has its parts, the parts are the columns.
 */
function leaves(names: readonly string[]): string[] {
  const parents = new Set(
    names.flatMap((name) => [...name.matchAll(/\./g)].map(({ index }) => name.slice(0, index))),
  );
  return names.filter((name) => !parents.has(name));
}

function* lines(
  sweep: string,
  tables: Iterable<Fields>,
  names: readonly string[],
): Generator<string> {
  yield `${['sweep', ...names].map(cell).join(',')}\n`;
  const first = cell(sweep);
  for (const table of tables)
    yield `${[first, ...names.map((name) => cell(table.get(name) ?? null))].join(',')}\n`;
}

function cell(value: Field): string {
  if (value === null) return '';
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
  if (typeof value === 'boolean') return String(value);
  const line = plainLine(value);
  const text = FORMULA.test(line) ? `'${line}` : line;
  return /[",\n\r]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
