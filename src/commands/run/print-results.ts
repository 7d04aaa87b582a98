// The end of `kbench run`: report files written, and the table or the summary on stdout. Called by
// run-sweep. What was measured is printed even where nothing more can be written.
import { RunError } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import { productToStdout, stdoutView, toStdout } from '../../base/terminal.js';
import { readPercentiles } from '../../report/model/percentiles.js';
import { readResults } from '../../report/results/read-results.js';
import { makeReport, type Report } from '../../report/model/report-model.js';
import { renderSummary } from '../../report/formats/summary-json.js';
import { renderTable } from '../../report/text/table.js';
import { writeReport } from '../../report/write-report.js';

export interface Printed {
  readonly report: Report;
  /** Names the report files that could not be written. */
  readonly unsaved: readonly RunError[];
}

export async function printResults(
  directory: string,
  {
    json,
    percentiles: asked,
  }: { readonly json: boolean; readonly percentiles?: string | undefined },
): Promise<Printed> {
  const chosen = asked === undefined ? {} : { percentiles: readPercentiles(asked) };
  const report = makeReport(readResults(directory));
  const unsaved: RunError[] = [];
  try {
    await writeReport(report, chosen);
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    unsaved.push(error);
  }
  if (json) productToStdout(renderSummary(report));
  else {
    const { columns: width, isTTY } = stdoutView();
    const colour = isTTY && (process.env['NO_COLOR'] ?? '') === '';
    toStdout(
      `${renderTable(report, { width, colour, ...chosen })}\n` +
        `results: ${printable(directory, 1_000)}\n`,
    );
  }
  return { report, unsaved };
}
