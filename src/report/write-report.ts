// Writes summary.json, report.md and report.html into a results folder, each whole or not at all. Called by `kbench run` at its end and after a stop;
// always from the saved runs, so that what is written is what can be read again.
import path from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { RunError } from '../base/errors.js';
import { printable } from './format.js';
import { renderMarkdown } from './markdown.js';
import { renderReportPage } from './page/report-page.js';
import { readResults } from './read-results.js';
import { fileTrouble } from './read-file.js';
import { makeReport, type Report } from './report-model.js';
import { renderSummary } from './summary-json.js';
import type { TableOptions } from './table.js';

const FILES = { 'summary.json': renderSummary, 'report.md': renderMarkdown, 'report.html': renderReportPage } as const;

/**
 * Writes the reports of the folder `source`, or of a report already made of one; gives it back for printing. Throws ConfigurationError when the folder cannot be read,
 * RunError when it cannot be written to.
 */
export async function writeReport(
  source: string | Report,
  options: Pick<TableOptions, 'percentiles'> = {},
): Promise<Report> {
  const report = typeof source === 'string' ? makeReport(readResults(source)) : source;
  for (const [name, render] of Object.entries(FILES)) {
    const file = path.join(report.results.dir, name);
    try {
      await writeFileAtomic(file, render(report, options));
    } catch (error) {
      throw writeTrouble(file, error);
    }
  }
  return report;
}

function writeTrouble(file: string, error: unknown): RunError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const denied = code === 'EACCES' || code === 'EPERM' || code === 'EROFS';
  const why = code === 'ENOSPC' ? 'the disk is full' : denied ? 'permission denied' : fileTrouble(error).message;
  const remedy = 'The runs are saved: `kbench report DIR` prints the report without writing.';
  return new RunError(`cannot write ${printable(file)}: ${why}`, remedy, { cause: error });
}
