// What else changed between two results of a history: machine, versions, target, shared settings; one sentence each, harmless to print. What a
// change of the figures may come from when it is not the commit.
import type { HistoryEntry } from '../../contract/trend.js';
import { printable, settingValue } from '../format.js';

const MAX_SETTINGS = 8;

export function differencesOf(before: HistoryEntry, after: HistoryEntry): string[] {
  const [a, b] = [before.environment, after.environment];
  const told: string[] = [];
  const compare = (what: string, from: string | number | null, to: string | number | null): void => {
    if (from !== to) told.push(`${what}: ${shown(from)} -> ${shown(to)}`);
  };
  compare('kbench', a.kbench, b.kbench);
  compare('Node', a.node, b.node);
  compare('operating system', a.os, b.os);
  compare('CPU', a.cpu.model, b.cpu.model);
  compare('cores', a.cpu.cores, b.cpu.cores);
  if (Math.abs(a.memoryMiB / b.memoryMiB - 1) > 0.02) compare('memory MiB', a.memoryMiB, b.memoryMiB);
  compare('target', a.target.kind, b.target.kind);
  compare('security', a.target.security ?? 'PLAINTEXT', b.target.security ?? 'PLAINTEXT');
  compare('broker version', a.target.version, b.target.version);
  compare('brokers', a.target.brokers, b.target.brokers);
  for (const name of names(a.target.features, b.target.features))
    compare(`feature ${printable(name, 60)}`, a.target.features[name] ?? null, b.target.features[name] ?? null);
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

const shown = (value: string | number | null): string => (value === null ? 'unknown' : printable(String(value), 80));
