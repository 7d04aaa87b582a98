// What a point is called where tools follow it over time: by its swept settings, in plain values.
// Its id (p01) changes when an axis is added, the settings do not. Called by formats/.
import type { Scalar } from '../../contract/settings.js';

/** `batch.size=16384, acks=all`; the id where nothing is swept. */
export function pointLabel({
  id,
  config,
}: {
  readonly id: string;
  readonly config: Readonly<Record<string, Scalar>>;
}): string {
  const settings = Object.entries(config).map(([name, value]) => `${name}=${value}`);
  return settings.length === 0 ? id : settings.join(', ');
}

/**
 * File names for points, in their order: safe everywhere, and no two alike even where case does not
 * count.
 */
export function fileNames(ids: readonly string[]): string[] {
  const taken = new Set<string>();
  return ids.map((id) => {
    const plain =
      id
        .replace(/[^A-Za-z0-9._-]+/g, '_')
        .replace(/^[.-]+/, '_')
        .slice(0, 80) || '_';
    let name = plain;
    for (let n = 2; taken.has(name.toLowerCase()); n++) name = `${plain}-${n}`;
    taken.add(name.toLowerCase());
    return name;
  });
}
