// The end of `kbench run`: report files written, and the table or the summary on stdout. Called by run-sweep. What was measured is
// printed even where nothing more can be written.
import { RunError } from '../base/errors.js';
import { readResults } from '../report/read-results.js';
import { makeReport, type Report } from '../report/report-model.js';
import { renderSummary } from '../report/summary-json.js';
import { renderTable } from '../report/table.js';
import { writeReport } from '../report/write-report.js';

export interface Printed {
  readonly report: Report;
  /** Names the report files that could not be written. */
  readonly unsaved: readonly RunError[];
}

export async function printResults(directory: string, { json }: { readonly json: boolean }): Promise<Printed> {
  const report = makeReport(readResults(directory));
  const unsaved: RunError[] = [];
  try {
    await writeReport(report);
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    unsaved.push(error);
  }
  if (json) process.stdout.write(renderSummary(report));
  else {
    const { columns, isTTY } = process.stdout;
    // Where there is no terminal, nothing need be left out for want of width.
    const width = isTTY ? columns : Infinity;
    const colour = isTTY && (process.env['NO_COLOR'] ?? '') === '';
    process.stdout.write(`${renderTable(report, { width, colour })}\nresults: ${directory}\n`);
  }
  return { report, unsaved };
}
