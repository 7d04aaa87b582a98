// A point's consumer settings as the reader takes them.
import type { ConsumerSettings, PointSettings } from '../../contract/settings.js';
import type { FetchSettings, Isolation } from '../../reader/index.js';

/** As set; with transactions committed records are read, else all. */
export function isolationOf({ consumers, workload }: PointSettings): Isolation {
  const set = consumers?.properties['isolation.level'];
  if (set !== undefined) return set as Isolation;
  return workload.transaction === null ? 'read_uncommitted' : 'read_committed';
}

const NAMES: Readonly<Record<keyof FetchSettings, string>> = {
  minBytes: 'fetch.min.bytes',
  maxWaitMs: 'fetch.max.wait.ms',
  maxBytes: 'fetch.max.bytes',
  maxPartitionBytes: 'max.partition.fetch.bytes',
};

/** Those that are set. */
export function fetchSettings({ properties }: ConsumerSettings): Partial<FetchSettings> {
  const set = Object.entries(NAMES).filter(([, name]) => properties[name] !== undefined);
  return Object.fromEntries(set.map(([key, name]) => [key, Number(properties[name])]));
}
