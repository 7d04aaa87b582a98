// The values inside of a setting that is a mapping: numbers in a range, keys that are known. Called
// by the readers of such settings (key-fields, payload-fields, warmup-field).
import { didYouMean } from '../../base/suggest.js';
import { remedyWithin, type Parsed } from '../../base/units.js';
import { refuse, type FieldRead } from './field.js';
import type { MapNode, YamlNode } from '../yaml/yaml-source.js';

export function numberOf(
  node: YamlNode,
  parse: (input: string | number) => Parsed,
  name: string,
  [min, max]: readonly [number, number],
): Parsed {
  if (node.kind !== 'scalar' || node.value === null || typeof node.value === 'boolean') {
    return { ok: false, message: `${name} is not a number`, remedy: 'write a number' };
  }
  const parsed = parse(node.value);
  const inRange = (value: number): boolean => value >= min && value <= max;
  const remedy = `write a value from ${min} to ${max}`;
  if (!parsed.ok) {
    const accepts = (text: string): boolean => {
      const offered = parse(text);
      return offered.ok && inRange(offered.value);
    };
    const message = `${name}: ${parsed.message}`;
    return { ok: false, message, remedy: remedyWithin(parsed, accepts, remedy) };
  }
  if (inRange(parsed.value)) return parsed;
  return { ok: false, message: `${name}: ${parsed.value} is outside ${min} to ${max}`, remedy };
}

export function unknownKey(node: MapNode, allowed: readonly string[]): FieldRead | null {
  for (const key of node.entries.keys()) {
    if (!allowed.includes(key)) return refuse(`unknown key ${key}`, didYouMean(key, allowed));
  }
  return null;
}
