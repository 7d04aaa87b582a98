// The consumers of a complete point, from what a sweep gives, and what is in force at their paths.
// Called by settings/point-settings.ts.
import type { GroupDriver, PointSettings, Scalar } from '../../contract/settings.js';
import type { FieldValue } from '../settings/field.js';
import type { Given } from '../settings/given.js';
import { CONSUMERS, PROPERTY_PATHS } from './consumer-fields.js';

/** Nothing where nobody consumes: settings of older results stay the same. */
export function consumersPart(
  given: readonly (readonly [path: string, given: Given])[],
): Pick<PointSettings, 'consumers'> {
  const values = new Map(given);
  const at = (key: string): FieldValue | undefined => values.get(CONSUMERS + key)?.value;
  const kind = at('kind');
  if (kind !== 'reader' && kind !== 'group') return {};
  const startAfterMs = (at('startAfter') as number | undefined) ?? 0;
  const properties: Record<string, Scalar> = {};
  for (const path of PROPERTY_PATHS) {
    const name = path.slice(CONSUMERS.length);
    const value = at(name);
    if (value !== undefined) properties[name] = value as Scalar;
  }
  const late = startAfterMs === 0 ? {} : { startAfterMs };
  if (kind === 'reader') return { consumers: { kind, ...late, properties } };
  const driver = (at('driver') as GroupDriver | undefined) ?? 'kafkajs';
  const groups = (at('groups') as number | undefined) ?? 1;
  const members = (at('members') as number | undefined) ?? 1;
  return { consumers: { kind, driver, groups, members, ...late, properties } };
}

const DEFAULTS: Readonly<Record<string, Scalar>> = {
  'fetch.min.bytes': 1,
  'fetch.max.wait.ms': 500,
  'fetch.max.bytes': 50 * 1024 * 1024,
  'max.partition.fetch.bytes': 1024 * 1024,
  'session.timeout.ms': 45_000,
  'heartbeat.interval.ms': 3000,
};

/** Undefined where nobody consumes. */
export function consumerValueAt(
  { consumers, workload }: PointSettings,
  path: string,
): FieldValue | undefined {
  const key = path.slice(CONSUMERS.length);
  if (key === 'kind') return consumers?.kind ?? 'none';
  if (consumers === undefined) return undefined;
  if (key === 'startAfter') return consumers.startAfterMs ?? 0;
  if (key === 'driver' || key === 'groups' || key === 'members')
    return consumers.kind === 'group' ? consumers[key] : undefined;
  const set = consumers.properties[key];
  if (set !== undefined || key !== 'isolation.level') return set ?? DEFAULTS[key];
  return workload.transaction === null ? 'read_uncommitted' : 'read_committed';
}
