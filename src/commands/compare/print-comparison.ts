// The course of `kbench compare`: arguments checked, folders read, compared, printed or written.
// Called by compare.ts. Here the reports, which know nothing of Kafka, are told the defaults of the
// producer's settings.
import { ConfigurationError, EXIT, type ExitCode } from '../../base/errors.js';
import {
  productStream,
  productToStdout,
  stdoutView,
  toStderr,
  toStdout,
} from '../../base/terminal.js';
import { kbenchVersion } from '../../base/version.js';
import type { FailOn } from '../../contract/comparison.js';
import type { Scalar } from '../../contract/settings.js';
import { PRODUCER_SETTINGS } from '../../producer-core/settings.js';
import { compareResults } from '../../report/compare/comparison.js';
import {
  COMPARISON_FORMATS,
  type ComparisonFormat,
} from '../../report/compare/comparison-formats.js';
import type { Where } from '../../report/compare/match-points.js';
import { metricsNamed } from '../../report/compare/compared-metrics.js';
import { plural, printable } from '../../report/text/format.js';
import { readResultsWithoutIntervals, type Results } from '../../report/results/read-results.js';
import { writeOutput } from '../../report/formats/write-output.js';
import { planFromSweep } from '../../session/folder/rebuild-plan.js';

export interface CompareArguments {
  readonly base: string;
  readonly new: readonly string[];
  readonly across: readonly string[];
  readonly 'base-where': readonly string[];
  readonly 'new-where': readonly string[];
  readonly metric: readonly string[];
  readonly margin: string;
  readonly alpha: number;
  readonly 'fail-on': FailOn;
  readonly format: ComparisonFormat;
  readonly out?: string | undefined;
  readonly all: boolean;
}

const LOST_PLAN = { rebuild: planFromSweep };

/** Rows of a table that a person reads through. */
const MOST_ROWS = 60;

/** Throws KbenchErrors; gives the exit code otherwise. */
export async function printComparison(args: CompareArguments): Promise<ExitCode> {
  const options = {
    across: args.across,
    baseWhere: args['base-where'].map((text) => whereOf('--base-where', text)),
    newWhere: args['new-where'].map((text) => whereOf('--new-where', text)),
    metrics: args.metric.length === 0 ? null : metricsNamed(args.metric),
    margin: marginOf(args.margin),
    alpha: alphaOf(args.alpha),
    failOn: args['fail-on'],
    kbench: kbenchVersion(),
    defaultOf,
  };
  const base = readResultsWithoutIntervals(args.base, LOST_PLAN);
  const nexts = args.new.map((dir) => readResultsWithoutIntervals(dir, LOST_PLAN));
  for (const results of [base, ...nexts]) tellChoice(results);
  const comparison = compareResults(base, nexts, options);
  const toFile = args.out !== undefined;
  const { columns, isTTY } = stdoutView();
  const terminal = isTTY && !toFile;
  const text = COMPARISON_FORMATS[args.format](comparison, {
    width: terminal ? columns : Infinity,
    colour: terminal && (process.env['NO_COLOR'] ?? '') === '',
    most: args.all ? Infinity : MOST_ROWS,
  });
  if (toFile) await writeOutput(text, args.out, productStream());
  else if (args.format === 'text') toStdout(text);
  else productToStdout(text);
  if (!comparison.gate.failed) return EXIT.ok;
  toStderr(`kbench: --fail-on ${args['fail-on']}: ${comparison.gate.reasons.join(', ')}\n`);
  return EXIT.gateFailed;
}

const defaultOf = (name: string): Scalar | undefined =>
  PRODUCER_SETTINGS.get(name)?.default ?? undefined;

function tellChoice({ chosen, dir }: Results): void {
  if (chosen === null || chosen.among === 1) return;
  toStderr(
    `the newest of ${plural(chosen.among, 'results folder')} below ${printable(chosen.from)}: ` +
      `${printable(dir)}\n`,
  );
}

/** `name=value`. */
function whereOf(option: string, text: string): Where {
  const at = text.indexOf('=');
  if (at <= 0) {
    throw new ConfigurationError(
      `${option} ${printable(text, 60)} is no setting=value`,
      `For instance ${option} acks=1`,
    );
  }
  return { name: text.slice(0, at).trim(), value: text.slice(at + 1).trim() };
}

/** `5%`, `2.5 %` or `0.05`. */
function marginOf(text: string): number {
  const found = /^(\d+(?:\.\d+)?|\.\d+)\s*(%?)$/.exec(text.trim());
  const value = found === null ? NaN : Number(found[1]) / (found[2] === '%' ? 100 : 1);
  if (!(value > 0 && value < 1)) {
    throw new ConfigurationError(
      `--margin ${printable(text, 40)} is no share between 0 and 100 %`,
      'For instance --margin 5%',
    );
  }
  return value;
}

function alphaOf(alpha: number): number {
  if (!(alpha > 0 && alpha < 0.5)) {
    throw new ConfigurationError(
      `--alpha must lie between 0 and 0.5, and is ${String(alpha)}`,
      'Usual: 0.05, or 0.01',
    );
  }
  return alpha;
}
