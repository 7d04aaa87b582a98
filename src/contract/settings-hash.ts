// A short digest of all settings of a point, the same whatever order they stand in. Written into
// each run by sweep, held against the plan by whoever reads the run. Pure.
import { createHash } from 'node:crypto';

/** 16 hexadecimal digits. `settings` is plain data, as in plan.json. */
export function settingsHash(settings: object): string {
  return createHash('sha256')
    .update(JSON.stringify(canonical(settings)))
    .digest('hex')
    .slice(0, 16);
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, each]) => [name, canonical(each)]);
}
