// The kinds of numbers that a setting may be: how each is read, shown, and described in the JSON
// Schema. Used by fields.ts and the readers of inner values.
import {
  formatBytes,
  formatMs,
  formatRate,
  parseBytes,
  parseCount,
  parseMs,
  parseRate,
  parseShare,
  remedyWithin,
  type Parsed,
} from '../../base/units.js';
import {
  countSchema,
  msSchema,
  rateSchema,
  shareSchema,
  sizeSchema,
  timeSchema,
  type JsonSchema,
  type Range,
} from '../schema/json-schema.js';

export interface NumberKind {
  /** How people see it. */
  readonly unit: 'bytes' | 'ms' | 'rate' | 'none';
  parse(input: string | number): Parsed;
  show(value: number): string;
  schema(range: Range): JsonSchema;
}

export const SIZE: NumberKind = {
  unit: 'bytes',
  parse: parseBytes,
  show: formatBytes,
  schema: sizeSchema,
};
/** With its unit. */
export const TIME: NumberKind = {
  unit: 'ms',
  parse: (input) => parseMs(input, 'unit-required'),
  show: formatMs,
  schema: timeSchema,
};
/** A time of Java's: whole ms, the unit may be left out. */
export const WHOLE_MS: NumberKind = {
  unit: 'ms',
  parse: wholeMs,
  show: formatMs,
  schema: msSchema,
};
export const RATE: NumberKind = {
  unit: 'rate',
  parse: parseRate,
  show: formatRate,
  schema: rateSchema,
};
export const COUNT: NumberKind = {
  unit: 'none',
  parse: parseCount,
  show: String,
  schema: countSchema,
};
export const SHARE: NumberKind = {
  unit: 'none',
  parse: parseShare,
  show: String,
  schema: shareSchema,
};

/** Of settings of Kafka's own: a plain number is ms. */
export function wholeMs(input: string | number): Parsed {
  const parsed = parseMs(input, 'plain-is-ms');
  if (!parsed.ok) {
    const accepts = (text: string): boolean => wholeMs(text).ok;
    return { ...parsed, remedy: remedyWithin(parsed, accepts, WRITE_WHOLE_MS) };
  }
  if (Number.isInteger(parsed.value)) return parsed;
  const message =
    `${String(input)} is not a whole number of milliseconds, ` + 'which is all that Kafka takes';
  return { ok: false, message, remedy: WRITE_WHOLE_MS };
}

const WRITE_WHOLE_MS = 'write whole ms';
