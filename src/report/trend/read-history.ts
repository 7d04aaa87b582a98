// Folders and history files -> entries in the order in which they were measured. What cannot be
// read is left out and named; only what leaves nothing to tell is an error (ConfigurationError).
// Called by commands/trend/print-trend.
import { accessSync, constants, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { ConfigurationError } from '../../base/errors.js';
import type { HistoryEntry } from '../../contract/trend.js';
import { isResults, resultsBelow } from '../results/find-results.js';
import { printable } from '../text/format.js';
import { fileTrouble, ReadTrouble } from '../results/read-file.js';
import type { ReadOptions } from '../results/read-results.js';
import { entryKey, entryOf } from './history-entry.js';
import { readHistoryFile } from './history-file.js';

export interface History {
  readonly entries: readonly HistoryEntry[];
  readonly leftOut: readonly { readonly source: string; readonly reason: string }[];
  /** Entries that stood there more than once. */
  readonly doubles: number;
  /** What was read all the same, and how. */
  readonly notes?: readonly string[];
}

/** `places`: results folders, folders that hold some, history files; any mix. */
export function readHistory(places: readonly string[], options: ReadOptions = {}): History {
  const byKey = new Map<string, HistoryEntry>();
  const leftOut: { source: string; reason: string }[] = [];
  const notes: string[] = [];
  let doubles = 0;
  const add = (entry: HistoryEntry): void => {
    const key = entryKey(entry);
    if (byKey.has(key)) doubles++;
    byKey.set(key, entry); // the later one: a result that was resumed is added again
  };
  for (const place of places) {
    if (isFile(place)) {
      for (const { line, entry, reason } of readHistoryFile(place)) {
        if (entry === null) leftOut.push({ source: `${place}:${line}`, reason });
        else add(entry);
      }
      continue;
    }
    const { found, unusable } = resultsOf(place);
    leftOut.push(...unusable);
    for (const dir of found) {
      try {
        add(entryOf(dir, { ...options, tell: (note) => notes.push(note) }));
      } catch (error) {
        if (!(error instanceof ReadTrouble || error instanceof ConfigurationError)) throw error;
        leftOut.push({ source: dir, reason: error.message });
      }
    }
  }
  const entries = [...byKey.values()].sort(inTime);
  if (entries.length === 0) throw nothing(places, leftOut);
  return { entries, leftOut, doubles, notes };
}

/** By when they were measured, never by a file's age: a checkout makes all files new. */
const inTime = (a: HistoryEntry, b: HistoryEntry): number =>
  Date.parse(a.environment.startedAt) - Date.parse(b.environment.startedAt) ||
  (a.name < b.name ? -1 : 1);

function isFile(place: string): boolean {
  try {
    return !statSync(place).isDirectory();
  } catch (error) {
    const { message, remedy } = fileTrouble(error);
    throw new ConfigurationError(
      `${printable(place)} ${message}`,
      remedy ??
        'Name a folder that holds results (results/<name>), or a history file that --add made.',
    );
  }
}

interface Listed {
  readonly found: readonly string[];
  readonly unusable: History['leftOut'];
}

function resultsOf(dir: string): Listed {
  try {
    if (isResults(dir)) return { found: [dir], unusable: [] };
    const found = resultsBelow(dir);
    const unusable = [...new Set([dir, ...found.map((each) => path.dirname(each))])].flatMap(
      (parent) => unusableIn(parent, new Set(found)),
    );
    if (found.length + unusable.length > 0) return { found, unusable };
  } catch (error) {
    const { message, remedy } = fileTrouble(error);
    throw new ConfigurationError(`${printable(dir)} ${message}`, remedy);
  }
  throw new ConfigurationError(
    `${printable(dir)} holds no results: ` +
      'it has neither a plan.json nor runs, and no folder below it has',
    'Name a folder of results folders, e.g. results/<name>, or a history file that --add made.',
  );
}

/**
 * Neighbours of results that ought to be some: a night must not vanish because its folder is closed
 * or its plan is gone.
 */
function unusableIn(parent: string, found: ReadonlySet<string>): Listed['unusable'] {
  const folders = readdirSync(parent, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && !entry.name.startsWith('.'),
  );
  return folders.flatMap(({ name }) => {
    const source = path.join(parent, name);
    if (found.has(source)) return [];
    try {
      const files = readdirSync(source);
      accessSync(source, constants.X_OK);
      const remains = ['environment.json', 'summary.json', 'runs'].some((file) =>
        files.includes(file),
      );
      return remains ? [{ source, reason: 'has no plan.json' }] : [];
    } catch (error) {
      return [{ source, reason: fileTrouble(error).message }];
    }
  });
}

function nothing(places: readonly string[], leftOut: History['leftOut']): ConfigurationError {
  const shown = places.map((place) => printable(place, 80)).join(', ');
  if (leftOut.length === 0)
    return new ConfigurationError(
      `${shown}: the history is empty`,
      'Add a result to it: kbench trend --add DIR --history FILE',
    );
  const problems = leftOut
    .slice(0, 20)
    .map(({ source, reason }) => ({ message: `${printable(source)} ${printable(reason)}` }));
  return new ConfigurationError(`no result in ${shown} can be read`, undefined, problems);
}
