// What every setting of a point has in common: it reads one YAML node into a value, or tells why
// not. The same reader serves the base sections, the lists under `sweep:` and the rules under
// `exclude:`, so that 16KiB and 16384 are one value everywhere.
import type { Extent, KeySettings, PayloadSettings, Scalar } from '../../contract/settings.js';
import { formatMs, remedyWithin } from '../../base/units.js';
import { driverLabel, type DriverSettings } from '../../contract/driver.js';
import type { FaultSettings } from '../../contract/faults.js';
import { faultsLabel } from '../../contract/fault-label.js';
import type { Place } from '../yaml/problems.js';
import { choiceSchema, type JsonSchema, type Range } from '../schema/json-schema.js';
import type { NumberKind } from './number-kinds.js';
import { keysLabel, payloadFileLabel } from './value-labels.js';
import type { YamlNode } from '../yaml/yaml-source.js';

/** A setting's value after its unit was read. */
export type FieldValue = Scalar | KeySettings | PayloadSettings | Extent | FaultList | DriverChoice;

/** What is broken on purpose, in order of time. */
export interface FaultList {
  readonly kind: 'faults';
  readonly faults: readonly FaultSettings[];
}

/** What produces. */
export interface DriverChoice {
  readonly kind: 'driver';
  readonly driver: DriverSettings;
}

export type FieldRead =
  | { readonly ok: true; readonly value: FieldValue }
  | {
      readonly ok: false;
      readonly message: string;
      readonly remedy: string;
      /** Within the value, where that is known. */
      readonly at?: Place;
    };

export interface Field {
  /**
   * As in `sweep:` and in a point's config: `batch.size`, `workload.rate`,
   * `topic.config.retention.ms`.
   */
  readonly path: string;
  /** How people see the number. */
  readonly unit: NumberKind['unit'];
  /** What it is, in a sentence: what an editor shows. */
  readonly doc: string;
  /** What may be written for it, as far as that can be said without the other settings. */
  readonly schema: JsonSchema;
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
    return {
      ok: false,
      message: 'a list stands where one value is expected',
      remedy: 'write one value',
    };
  if (node.kind === 'map')
    return {
      ok: false,
      message: 'a mapping stands where one value is expected',
      remedy: 'write one value',
    };
  if (node.value === null)
    return { ok: false, message: 'there is no value', remedy: 'write a value, or remove the key' };
  return { ok: true, value: node.value };
}

/** A number of some kind, held to a range. */
export function numberField(path: string, kind: NumberKind, range: Range, doc: string): Field {
  const [min, max] = range;
  return {
    ...{ path, doc, unit: kind.unit, schema: kind.schema(range) },
    read(node) {
      const scalar = scalarOf(node);
      if (!scalar.ok) return scalar;
      if (typeof scalar.value === 'boolean')
        return refuse(`${scalar.value} is not a number`, 'write a number');
      const parsed = kind.parse(scalar.value);
      const inRange = (value: number): boolean => value >= min && value <= max;
      if (parsed.ok && inRange(parsed.value)) return parsed;
      const range = `${kind.show(min)} to ${kind.show(max)}`;
      const remedy = `write a value from ${range}`;
      if (parsed.ok) return refuse(`${String(scalar.value)} is outside ${range}`, remedy);
      const accepts = (text: string): boolean => {
        const offered = kind.parse(text);
        return offered.ok && inRange(offered.value);
      };
      return refuse(parsed.message, remedyWithin(parsed, accepts, remedy));
    },
  };
}

/** A number, or one word in place of it. */
export function numberOrWord(word: string, number: Field): Field {
  return {
    ...number,
    schema: { anyOf: [...(number.schema.anyOf ?? [number.schema]), choiceSchema([word])] },
    read(node) {
      if (node.kind === 'scalar' && node.value === word) return { ok: true, value: word };
      const read = number.read(node);
      return read.ok ? read : refuse(read.message, `${read.remedy}, or ${word}`);
    },
  };
}

/** true or false. */
export function booleanField(path: string, doc: string): Field {
  return {
    ...{ path, doc, unit: 'none', schema: { type: 'boolean' } },
    read(node) {
      const scalar = scalarOf(node);
      if (!scalar.ok || typeof scalar.value === 'boolean') return scalar;
      return refuse(
        `${JSON.stringify(scalar.value)} is neither true nor false`,
        'write true or false',
      );
    },
  };
}

/** One of a few words. */
export function choiceField(path: string, values: readonly string[], doc: string): Field {
  return {
    ...{ path, doc, unit: 'none', schema: choiceSchema(values) },
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
  return (
    a === b ||
    (typeof a === 'object' && typeof b === 'object' && JSON.stringify(a) === JSON.stringify(b))
  );
}

/** A value as it stands in a point's config: scalars as they are, keys and extents as text. */
export function labelOf(value: FieldValue): Scalar {
  if (typeof value !== 'object') return value;
  if ('kind' in value) {
    if ('distinct' in value) return keysLabel(value);
    if (value.kind === 'faults') return faultsLabel(value.faults);
    if (value.kind === 'driver') return driverLabel(value.driver);
    return value.kind === 'file' ? payloadFileLabel(value) : value.kind;
  }
  if (value.records !== null) return `${value.records} records`;
  return value.durationMs === null ? 'none' : formatMs(value.durationMs);
}
