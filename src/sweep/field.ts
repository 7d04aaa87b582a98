// What every setting of a point has in common: it reads one YAML node into a value, or tells why not. The same reader serves the base
// sections, the lists under `sweep:` and the rules under `exclude:`, so that 16KiB and 16384 are one value everywhere.
import type { Extent, KeySettings, PayloadSettings, Scalar } from '../contract/settings.js';
import { formatMs, remedyWithin, type Parsed } from '../base/units.js';
import { keysLabel, payloadFileLabel } from './value-labels.js';
import type { YamlNode } from './yaml-source.js';

/** A setting's value after its unit was read. */
export type FieldValue = Scalar | KeySettings | PayloadSettings | Extent;

export type FieldRead =
  | { readonly ok: true; readonly value: FieldValue }
  | { readonly ok: false; readonly message: string; readonly remedy: string };

export interface Field {
  /** As in `sweep:` and in a point's config: `batch.size`, `workload.rate`, `topic.config.retention.ms`. */
  readonly path: string;
  /** How people see the number. */
  readonly unit: 'bytes' | 'ms' | 'rate' | 'none';
  read(node: YamlNode): FieldRead;
}

export function refuse(message: string, remedy: string): FieldRead {
  return { ok: false, message, remedy };
}

/** A scalar that is there; refuses lists, mappings and nothing at all. */
export function scalarOf(
  node: YamlNode,
): { readonly ok: true; readonly value: Scalar } | (FieldRead & { readonly ok: false }) {
  if (node.kind === 'list')
    return { ok: false, message: 'a list stands where one value is expected', remedy: 'write one value' };
  if (node.kind === 'map')
    return { ok: false, message: 'a mapping stands where one value is expected', remedy: 'write one value' };
  if (node.value === null)
    return { ok: false, message: 'there is no value', remedy: 'write a value, or remove the key' };
  return { ok: true, value: node.value };
}

/** Reads a number with one of the unit parsers and holds it to a range. `show` writes the range's ends. */
export function numberField(
  path: string,
  unit: Field['unit'],
  parse: (input: string | number) => Parsed,
  [min, max]: readonly [number, number],
  show: (value: number) => string = String,
): Field {
  return {
    path,
    unit,
    read(node) {
      const scalar = scalarOf(node);
      if (!scalar.ok) return scalar;
      if (typeof scalar.value === 'boolean') return refuse(`${scalar.value} is not a number`, 'write a number');
      const parsed = parse(scalar.value);
      const inRange = (value: number): boolean => value >= min && value <= max;
      if (parsed.ok && inRange(parsed.value)) return parsed;
      const range = `${show(min)} to ${show(max)}`;
      const remedy = `write a value from ${range}`;
      if (parsed.ok) return refuse(`${String(scalar.value)} is outside ${range}`, remedy);
      const accepts = (text: string): boolean => {
        const offered = parse(text);
        return offered.ok && inRange(offered.value);
      };
      return refuse(parsed.message, remedyWithin(parsed, accepts, remedy));
    },
  };
}

/** One of a few words. */
export function choiceField(path: string, values: readonly string[]): Field {
  return {
    path,
    unit: 'none',
    read(node) {
      const scalar = scalarOf(node);
      if (!scalar.ok) return scalar;
      if (values.includes(String(scalar.value))) return { ok: true, value: String(scalar.value) };
      return refuse(
        `${JSON.stringify(scalar.value)} is not one of ${values.join(', ')}`,
        `write ${values.join(' or ')}`,
      );
    },
  };
}

/** Whether two values of one field are the same setting. */
export function sameValue(a: FieldValue, b: FieldValue): boolean {
  return a === b || (typeof a === 'object' && typeof b === 'object' && JSON.stringify(a) === JSON.stringify(b));
}

/** A value as it stands in a point's config: scalars as they are, keys and extents as text. */
export function labelOf(value: FieldValue): Scalar {
  if (typeof value !== 'object') return value;
  if ('kind' in value) {
    if ('distinct' in value) return keysLabel(value);
    return value.kind === 'file' ? payloadFileLabel(value) : value.kind;
  }
  if (value.records !== null) return `${value.records} records`;
  return value.durationMs === null ? 'none' : formatMs(value.durationMs);
}
