// Reads one value of a sweep by the field that owns it, into the settings it belongs to. Called by
// whoever reads a section, an axis or a point.
import type { Problems } from '../yaml/problems.js';
import type { YamlNode } from '../yaml/yaml-source.js';
import { fieldOf } from './fields.js';
import type { Given } from './given.js';

/** `shown` is its path as the user wrote it. */
export function readInto(
  path: string,
  node: YamlNode,
  shown: string,
  into: Map<string, Given>,
  problems: Problems,
): void {
  const read = fieldOf(path)!.read(node);
  if (read.ok) into.set(path, { value: read.value, at: node.at });
  else problems.add(read.at ?? node.at, shown, `${shown}: ${read.message}`, read.remedy);
}
