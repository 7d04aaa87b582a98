// What `kbench trend` does: adds to the history, reads it, prints or writes the trend, decides the
// exit code. Called by trend.ts.
import { existsSync } from 'node:fs';
import { ConfigurationError, EXIT, type ExitCode } from '../../base/errors.js';
import {
  productStream,
  productToStdout,
  stdoutView,
  toStderr,
  toStdout,
} from '../../base/terminal.js';
import { findResults } from '../../report/results/find-results.js';
import { plural, printable } from '../../report/text/format.js';
import { ReadTrouble } from '../../report/results/read-file.js';
import { commitsBetween } from '../../report/trend/commits.js';
import { headline } from '../../report/trend/describe.js';
import { entryKey, entryOf } from '../../report/trend/history-entry.js';
import { appendToHistory, readHistoryFile } from '../../report/trend/history-file.js';
import { makeTrend } from '../../report/trend/make-trend.js';
import { readHistory } from '../../report/trend/read-history.js';
import { writeOutput } from '../../report/formats/write-output.js';
import { planFromSweep } from '../../session/folder/rebuild-plan.js';
import { TREND_FORMATS, type TrendFormat } from '../../report/trend/trend-formats.js';
import { trendOptions, type TrendWords } from '../../report/trend/trend-options.js';

export interface TrendArguments extends TrendWords {
  readonly paths?: readonly string[] | undefined;
  readonly add?: readonly string[] | undefined;
  readonly history?: string | undefined;
  readonly format: TrendFormat;
  readonly out?: string | undefined;
}

const tell = (text: string): void => toStderr(`${text}\n`);

export async function printTrend(args: TrendArguments): Promise<ExitCode> {
  const options = trendOptions(args);
  const { add = [], history, paths = [], format, out } = args;
  if (add.length > 0 && history === undefined)
    throw new ConfigurationError(
      '--add needs --history',
      'Name the file to add to: --history history.jsonl',
    );
  if (history !== undefined) for (const dir of add) addResult(dir, history);
  const read = paths.length > 0 ? paths : history === undefined ? [] : [history];
  if (read.length === 0) {
    throw new ConfigurationError(
      'no results to read: name a folder of results or a history file',
      'kbench trend results/<name>, or kbench trend --add DIR --history history.jsonl',
    );
  }
  const trend = makeTrend(readHistory(read, { rebuild: planFromSweep }), options, (before, after) =>
    commitsBetween(before, after, process.cwd()),
  );
  const { columns, isTTY } = stdoutView();
  const toTerminal = isTTY && out === undefined;
  const print = format === 'text' ? toStdout : productToStdout;
  const text = TREND_FORMATS[format](trend, {
    width: toTerminal ? columns : Infinity,
    colour: toTerminal && (process.env['NO_COLOR'] ?? '') === '',
  });
  if (out === undefined) print(text);
  else await writeOutput(text, out, productStream());
  if (format === 'json' || format === 'github')
    for (const { source, reason } of trend.leftOut)
      tell(`left out: ${printable(source)} ${printable(reason)}`);
  for (const index of trend.failures) tell(`kbench: ${headline(trend, trend.events[index])}`);
  return trend.failures.length > 0 ? EXIT.gateFailed : EXIT.ok;
}

function addResult(place: string, history: string): void {
  const { dir } = findResults(place);
  let entry;
  try {
    entry = entryOf(dir, { rebuild: planFromSweep, tell });
  } catch (error) {
    if (!(error instanceof ReadTrouble)) throw error;
    throw new ConfigurationError(
      `${printable(dir)} cannot be added: ${error.message}`,
      error.remedy,
    );
  }
  const key = entryKey(entry);
  const known = existsSync(history)
    ? readHistoryFile(history).flatMap((line) => line.entry ?? [])
    : [];
  const same = known.findLast((each) => entryKey(each) === key);
  if (same !== undefined && JSON.stringify(same) === JSON.stringify(entry)) {
    tell(`${printable(dir)} stands in ${printable(history)} already`);
    return;
  }
  appendToHistory(history, entry);
  const count = new Set([...known.map(entryKey), key]).size;
  tell(`added ${printable(dir)} to ${printable(history)}: ${plural(count, 'result')}`);
}
