// The settings of a saved point as one flat list of names, as the YAML names them, so that points
// of two plans can be matched and differences be told. What a plan leaves out has the default in
// force. Pure; called by match-points.
import type { Scalar } from '../../contract/settings.js';
import { settingValue } from '../text/format.js';
import type { SavedPlan } from '../results/read-results.js';

export type FlatSettings = ReadonlyMap<string, Scalar>;

/**
 * The default of a setting that a plan does not name; undefined where it has none. Reports know
 * nothing of Kafka, so the caller does.
 */
export type DefaultOf = (name: string) => Scalar | undefined;

type SavedPoint = SavedPlan['points'][number];

const DEPTH = 8;

/** Every setting of the point, swept ones as its config says them. */
export function flatten({ settings, config }: SavedPoint): FlatSettings {
  const flat = new Map<string, Scalar>();
  collect(flat, '', settings, DEPTH);
  const names = [...flat.keys()];
  for (const [name, value] of Object.entries(config)) {
    // Compound settings (`workload.keys`) are words in the config; their parts are known.
    if (!names.some((known) => known.startsWith(`${name}.`))) flat.set(name, value);
  }
  return flat;
}

function collect(flat: Map<string, Scalar>, prefix: string, value: unknown, depth: number): void {
  if (value === null || value === undefined) return;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    // `durationMs` is `duration` in the YAML.
    flat.set(prefix.replace(/(^|\.)durationMs$/, '$1duration'), value);
  } else if (Array.isArray(value) || depth === 0) {
    flat.set(prefix, JSON.stringify(value));
  } else if (typeof value === 'object') {
    for (const [key, inner] of Object.entries(value)) {
      // Producer settings go by Java's names alone, which hold dots themselves.
      const path = prefix === '' ? (key === 'producer' ? '' : key) : `${prefix}.${key}`;
      collect(flat, path, inner, depth - 1);
    }
  }
}

/** The value in force. */
export function inForce(flat: FlatSettings, name: string, defaultOf: DefaultOf): Scalar | null {
  return flat.get(name) ?? defaultOf(name) ?? null;
}

/**
 * Whether `name` is one of `names` or lies below one: `workload.keys` covers `workload.keys.kind`.
 */
export function isNamed(name: string, names: readonly string[]): boolean {
  return names.some((each) => name === each || name.startsWith(`${each}.`));
}

/** As a user would write the value: `16KiB`, `5ms`, `16384` and `all` are all understood. */
export function isValue(name: string, value: Scalar | null, written: string): boolean {
  if (value === null) return written === 'none';
  const plain = (text: string): string => text.replace(/[\s,]/g, '').toLowerCase();
  return (
    plain(String(value)) === plain(written) || plain(settingValue(name, value)) === plain(written)
  );
}
