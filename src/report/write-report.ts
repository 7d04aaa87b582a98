// Writes summary.json, report.md and report.html into a results folder, each whole or not at all.
// Called by `kbench run` at its end and after a stop; always from the saved runs, so that what is
// written is what can be read again.
import path from 'node:path';
import { writeWhole } from '../base/files/durable-file.js';
import { RunError } from '../base/errors.js';
import { fileReason } from '../base/files/file-error.js';
import { listed, printable } from './text/format.js';
import { renderMarkdown } from './text/markdown.js';
import { renderReportPage } from './page/report-page.js';
import { readResults } from './results/read-results.js';
import { makeReport, type Report } from './model/report-model.js';
import { renderSummary } from './formats/summary-json.js';
import type { TableOptions } from './text/table.js';

const FILES = {
  'summary.json': renderSummary,
  'report.md': renderMarkdown,
  'report.html': renderReportPage,
} as const;

/**
 * Writes the reports of the folder `source`, or of a report already made of one; gives it back for
 * printing. One that cannot be written keeps none of the others back. Throws ConfigurationError
 * when the folder cannot be read, RunError that names what is missing when it cannot be written to.
 */
export async function writeReport(
  source: string | Report,
  options: Pick<TableOptions, 'percentiles'> = {},
): Promise<Report> {
  const report = typeof source === 'string' ? makeReport(readResults(source)) : source;
  const missing: { name: string; why: string; error: unknown }[] = [];
  for (const [name, render] of Object.entries(FILES)) {
    try {
      await writeWhole(path.join(report.results.dir, name), render(report, options));
    } catch (error) {
      missing.push({ name, why: fileReason(error).what, error });
    }
  }
  if (missing.length > 0) {
    const names = listed(missing.map(({ name }) => name));
    throw new RunError(
      `cannot write ${names} in ${printable(report.results.dir)}: ${missing[0].why}`,
      'What is saved stays: once that is mended, ' +
        `\`kbench run --resume ${printable(report.results.dir)}\` writes them; ` +
        '`kbench report DIR` prints without writing.',
      { cause: missing[0].error },
    );
  }
  return report;
}
