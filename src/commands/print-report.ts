// What `kbench report` prints: the report on stdout, and on stderr what a format for machines has no place for. Called by report.ts.
import { printable } from '../report/format.js';
import { FORMATS, type FormatName } from '../report/formats.js';
import { choiceLine } from '../report/heading.js';
import { readResults } from '../report/read-results.js';
import { makeReport, type Report } from '../report/report-model.js';

/** Gives what it printed. Throws ConfigurationError when there is nothing to report on. */
export function printReport(dir: string, format: FormatName): Report {
  const report = makeReport(readResults(dir));
  const { columns, isTTY } = process.stdout;
  // Where there is no terminal, nothing need be left out for want of width.
  const width = isTTY ? columns : Infinity;
  const colour = isTTY && (process.env['NO_COLOR'] ?? '') === '';
  if (format !== 'table') {
    const choice = choiceLine(report);
    if (choice !== null) process.stderr.write(`${choice}: ${printable(report.results.dir)}\n`);
    for (const { message } of report.results.skipped) process.stderr.write(`left out: ${printable(message)}\n`);
  }
  process.stdout.write(FORMATS[format](report, { width, colour }));
  return report;
}
