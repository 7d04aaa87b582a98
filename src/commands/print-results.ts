// The end of `kbench run`: report files written, and the table or the summary on stdout. Called by run-sweep. What was measured is
// printed even where nothing more can be written.
import { KbenchError } from '../base/errors.js';
import { readPercentiles } from '../report/percentiles.js';
import { readResults } from '../report/read-results.js';
import { makeReport, type Report } from '../report/report-model.js';
import { renderSummary } from '../report/summary-json.js';
import { renderTable } from '../report/table.js';
import { writeReport } from '../report/write-report.js';

/** Gives what it printed. Throws KbenchError where the report files cannot be written, after printing. */
export async function printResults(
  directory: string,
  { json, percentiles: asked }: { readonly json: boolean; readonly percentiles?: string | undefined },
): Promise<Report> {
  const chosen = asked === undefined ? {} : { percentiles: readPercentiles(asked) };
  const report = makeReport(readResults(directory));
  let failure: KbenchError | null = null;
  try {
    await writeReport(report, chosen);
  } catch (error) {
    if (!(error instanceof KbenchError)) throw error;
    failure = error;
  }
  if (json) process.stdout.write(renderSummary(report));
  else {
    const { columns, isTTY } = process.stdout;
    // Where there is no terminal, nothing need be left out for want of width.
    const width = isTTY ? columns : Infinity;
    const colour = isTTY && (process.env['NO_COLOR'] ?? '') === '';
    process.stdout.write(`${renderTable(report, { width, colour, ...chosen })}\nresults: ${directory}\n`);
  }
  if (failure !== null) throw failure;
  return report;
}
