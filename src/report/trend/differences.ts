// What else changed between two results of a history: machine, versions, target, shared settings;
// one sentence each, harmless to print. What a change of the figures may come from when it is not
// the commit. Called by make-trend.ts.
import type { HistoryEntry } from '../../contract/trend.js';
import { environmentDifferences } from '../compare/environment-differences.js';
import { listed, plural, printable, settingValue } from '../text/format.js';

const MAX_SETTINGS = 8;
const MAX_TOLD = 3;

/** What differs from one result of a sweep to its next, whether a figure moved there or not. */
export function unlikeNotes(entries: readonly HistoryEntry[]): string[] {
  const last = new Map<string, HistoryEntry>();
  const found: string[] = [];
  for (const entry of entries) {
    const before = last.get(entry.name);
    last.set(entry.name, entry);
    const told = before === undefined ? [] : differencesOf(before, entry);
    if (told.length === 0) continue;
    const time = printable(entry.environment.startedAt.slice(0, 16).replace('T', ' '), 20);
    found.push(`${time}: ${listed(told, MAX_TOLD)}`);
  }
  if (found.length === 0) return [];
  const newest = listed(found.reverse(), MAX_TOLD).replaceAll('\n', ' ');
  return [`${plural(found.length, 'result')} not made as the one before, newest first: ${newest}.`];
}

export function differencesOf(before: HistoryEntry, after: HistoryEntry): string[] {
  const told = environmentDifferences(before.environment, after.environment, true).map(
    ({ what, base, next, unknown }) =>
      `${what}: ${base} -> ${next}${unknown === true ? ' (perhaps no difference)' : ''}`,
  );
  return [...told, ...settingDifferences(before.settings, after.settings)];
}

function settingDifferences(a: HistoryEntry['settings'], b: HistoryEntry['settings']): string[] {
  if (a === null || b === null) return [];
  const changed = names(a, b).filter((name) => own(a, name) !== own(b, name));
  const told = changed.slice(0, MAX_SETTINGS).map((name) => {
    const value = (settings: typeof a): string =>
      Object.hasOwn(settings, name)
        ? settingValue(name, settings[name])
        : 'not shared by all points';
    return `setting ${printable(name, 80)}: ${value(a)} -> ${value(b)}`;
  });
  return changed.length > MAX_SETTINGS
    ? [...told, `${changed.length - MAX_SETTINGS} more settings`]
    : told;
}

const own = <T>(record: Readonly<Record<string, T>>, name: string): T | null =>
  Object.hasOwn(record, name) ? record[name] : null;

function names(a: object, b: object): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
}
