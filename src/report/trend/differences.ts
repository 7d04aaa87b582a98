// What else changed between two results of a history: machine, versions, target, shared settings; one sentence each, harmless to print. What a
// change of the figures may come from when it is not the commit.
import type { HistoryEntry } from '../../contract/trend.js';
import { environmentDifferences } from '../environment-differences.js';
import { printable, settingValue } from '../format.js';

const MAX_SETTINGS = 8;

export function differencesOf(before: HistoryEntry, after: HistoryEntry): string[] {
  const told = environmentDifferences(before.environment, after.environment, true).map(
    ({ what, base, next }) => `${what}: ${base} -> ${next}`,
  );
  return [...told, ...settingDifferences(before.settings, after.settings)];
}

function settingDifferences(a: HistoryEntry['settings'], b: HistoryEntry['settings']): string[] {
  if (a === null || b === null) return [];
  const changed = names(a, b).filter((name) => own(a, name) !== own(b, name));
  const told = changed.slice(0, MAX_SETTINGS).map((name) => {
    const value = (settings: typeof a): string =>
      Object.hasOwn(settings, name) ? settingValue(name, settings[name]) : 'not shared by all points';
    return `setting ${printable(name, 80)}: ${value(a)} -> ${value(b)}`;
  });
  return changed.length > MAX_SETTINGS ? [...told, `${changed.length - MAX_SETTINGS} more settings`] : told;
}

const own = <T>(record: Readonly<Record<string, T>>, name: string): T | null =>
  Object.hasOwn(record, name) ? record[name] : null;

function names(a: object, b: object): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
}
