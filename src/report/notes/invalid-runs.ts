// The figures of runs that do not count, for who asks (--invalid): each such run as a row of its
// own, marked. They enter no median, note or gate. Called by table, markdown and csv.
import type { RunResult } from '../../contract/run-result.js';
import type { Column } from '../text/columns.js';
import { plural, printable } from '../text/format.js';
import type { Note } from './note.js';
import { rowOf, type PointRow, type Report } from '../model/report-model.js';
import { groupByPoint, summarize } from '../model/summarize.js';
import { isCounted, reasonsOfRun, wordingOf } from './verdicts.js';

/** One run alone, its verdict says why it does not count. */
export interface InvalidRow extends PointRow {
  readonly run: string;
}

/** Runs that measured something and enter no figure, in the order of the report's points. */
export function invalidRows({ rows, results }: Report): InvalidRow[] {
  const byPoint = groupByPoint(
    results.runs.filter((run) => run.measurement !== null && !isCounted(run)),
  );
  return rows.flatMap((row) => (byPoint.get(row.point.id) ?? []).map((run) => rowOfRun(row, run)));
}

function rowOfRun({ point, loop, until }: PointRow, run: RunResult): InvalidRow {
  const verdict = { valid: true, reasons: [] };
  const alone: RunResult = {
    ...run,
    status: 'completed',
    measurement: { ...run.measurement!, verdict },
  };
  const reasons = reasonsOfRun(run).filter(({ severity }) => severity !== 'warning');
  const labels = [...new Set(reasons.map(({ code }) => wordingOf(code).label))];
  return {
    ...rowOf(summarize('', [point], [alone]).points[0], [alone], 1, { loop, until }, 'min-max'),
    run: run.run,
    verdict: { parts: [`not counted: ${labels.join(', ') || 'invalid'}`], tone: 'bad' },
  };
}

/** The report with those runs in place of its points; null where there is none. */
export function invalidReport(report: Report): Report | null {
  const rows = invalidRows(report);
  if (rows.length === 0) return null;
  const named = rows.map((row) => ({
    ...row,
    point: { ...row.point, id: `${row.point.id} run ${row.run}` },
  }));
  return { ...report, rows: named };
}

/** What says something of a single run. */
export const forOneRun = ({ name }: Column): boolean =>
  name !== 'runs' && !/ (min-max|95 % interval)$/.test(name);

export const INVALID_TITLE =
  'Not counted: figures of runs that are invalid, each by itself, in no median above';

/** How to see them. */
export function invalidNote(report: Report): Note[] {
  const count = invalidRows(report).length;
  if (count === 0) return [];
  const dir = printable(report.results.dir);
  const text =
    `${plural(count, 'invalid run')} measured something and ${count === 1 ? 'is' : 'are'} ` +
    `in no figure here: \`kbench report ${dir} --invalid\` shows what.`;
  return [{ tone: 'plain', text }];
}
