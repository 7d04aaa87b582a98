// What `kbench report` gives: the report on stdout or where --out says, and on stderr what a format
// for machines has no place for. Called by report.ts.
import { ConfigurationError } from '../../base/errors.js';
import { productStream, stdoutView, toStderr, toStdout } from '../../base/terminal.js';
import { plural, printable } from '../../report/text/format.js';
import {
  FORMAT_INFO,
  FORMAT_NAMES,
  type Better,
  type FormatInfo,
  type FormatName,
  type Per,
} from '../../report/formats/format-names.js';
import { FORMATS } from '../../report/formats/formats.js';
import { choiceLine } from '../../report/text/heading.js';
import { readPercentiles } from '../../report/model/percentiles.js';
import { readResults } from '../../report/results/read-results.js';
import { makeReport, type Report } from '../../report/model/report-model.js';
import { selectPoints, type PointChoice } from '../../report/model/select-points.js';
import { writeOutput } from '../../report/formats/write-output.js';
import { planFromSweep } from '../../session/folder/rebuild-plan.js';

export interface PrintOptions extends PointChoice {
  readonly format: FormatName;
  readonly out?: string;
  readonly per?: Per;
  readonly better?: Better;
  readonly percentiles?: string;
  readonly invalid?: boolean;
}

/** Messages about single runs that are told; the rest is counted. */
const MAX_LEFT_OUT = 20;

/**
 * Gives the report before points were chosen. Throws ConfigurationError when there is nothing to
 * report on, or an option does not fit the format.
 */
export async function printReport(dir: string, options: PrintOptions): Promise<Report> {
  const { format, out, per, better, invalid } = options;
  checkOptions(format, options);
  const percentiles =
    options.percentiles === undefined ? {} : { percentiles: readPercentiles(options.percentiles) };
  const whole = makeReport(readResults(dir, { rebuild: planFromSweep }));
  const report = selectPoints(whole, options);
  const { columns, isTTY } = stdoutView();
  const onTerminal = isTTY && out === undefined;
  const width = onTerminal ? columns : Infinity;
  const colour = onTerminal && (process.env['NO_COLOR'] ?? '') === '';
  const tell = (line: string): void => toStderr(`${printable(line, 500)}\n`);
  if (format !== 'table') {
    const choice = choiceLine(report);
    if (choice !== null) tell(`${choice}: ${report.results.dir}`);
    for (const { message } of report.results.skipped) tell(`left out: ${message}`);
    if (report.selection !== null && format !== 'md') tell(report.selection);
  }
  const leftOut: string[] = [];
  const output = FORMATS[format](report, {
    ...{ width, colour, per, better, ...percentiles, ...(invalid === true ? { invalid } : {}) },
    leaveOut: (message) => leftOut.push(message),
  });
  const forPeople = format === 'table' && out === undefined && typeof output === 'string';
  if (forPeople) toStdout(output);
  const { files } = forPeople
    ? { files: 1 }
    : await writeOutput(output, out ?? null, productStream());
  for (const message of leftOut.slice(0, MAX_LEFT_OUT)) tell(`left out: ${message}`);
  if (leftOut.length > MAX_LEFT_OUT)
    tell(`left out: ${leftOut.length - MAX_LEFT_OUT} more of the kind`);
  if (FORMAT_INFO[format].files === true) {
    tell(
      files === 0
        ? 'nothing to write: no run counts'
        : out === undefined
          ? ''
          : `${plural(files, 'file')} in ${out}`,
    );
  }
  return whole;
}

function checkOptions(
  format: FormatName,
  { per, better, percentiles, invalid }: PrintOptions,
): void {
  const info = FORMAT_INFO[format];
  if (per !== undefined && info.per === undefined) {
    throw new ConfigurationError(
      `--per has no meaning with --format ${format}`,
      `It is for ${takers('per')}.`,
    );
  }
  if (per !== undefined && info.per?.includes(per) === false) {
    throw new ConfigurationError(
      `--per ${per} has no meaning with --format ${format}`,
      `It takes ${info.per.join(' or ')}.`,
    );
  }
  if (better !== undefined && info.better === undefined) {
    throw new ConfigurationError(
      `--better has no meaning with --format ${format}`,
      `It is for ${takers('better')}.`,
    );
  }
  if (invalid === true && info.invalid === undefined) {
    throw new ConfigurationError(
      `--invalid has no meaning with --format ${format}`,
      `It is for ${takers('invalid')}.`,
    );
  }
  if (percentiles !== undefined && info.columns === undefined) {
    throw new ConfigurationError(
      `--percentiles has no meaning with --format ${format}`,
      `It is for ${takers('columns')}; the other formats hold what they can.`,
    );
  }
}

const takers = (option: keyof FormatInfo): string =>
  FORMAT_NAMES.filter((name) => FORMAT_INFO[name][option] !== undefined).join(', ');
