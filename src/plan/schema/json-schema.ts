// The parts of JSON Schema (draft 07) that a sweep's schema is made of, and short ways to write
// them. Used by the fields and by sweep-schema; pure. What they say must never be stricter than
// what the readers take.
import { TEXT_FORMS } from '../../base/units.js';

type Literal = string | number | boolean | null;
type TypeName = 'string' | 'number' | 'integer' | 'boolean' | 'object' | 'array' | 'null';

export interface JsonSchema {
  readonly $schema?: string;
  readonly $id?: string;
  readonly $comment?: string;
  readonly $ref?: string;
  readonly title?: string;
  readonly description?: string;
  readonly default?: Literal;
  readonly type?: TypeName | readonly TypeName[];
  readonly enum?: readonly Literal[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  /** Of editors: what they show where type or pattern do not fit. */
  readonly errorMessage?: string;
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly uniqueItems?: boolean;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: boolean | JsonSchema;
  readonly required?: readonly string[];
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly anyOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly not?: JsonSchema;
  readonly definitions?: Readonly<Record<string, JsonSchema>>;
}

export type Range = readonly [min: number, max: number];

/** A plain number in the range, or text of the form; of text the range is left to the reader. */
const numberOrText =
  (type: 'integer' | 'number', form: keyof typeof TEXT_FORMS) =>
  ([minimum, maximum]: Range): JsonSchema => ({
    anyOf: [
      { type, minimum, maximum, errorMessage: `Write ${TEXT_FORMS[form].example}.` },
      text(form),
    ],
  });

const text = (form: keyof typeof TEXT_FORMS): JsonSchema => ({
  ...{
    type: 'string',
    pattern: TEXT_FORMS[form].pattern,
    errorMessage: `Write ${TEXT_FORMS[form].example}.`,
  },
});

export const sizeSchema = numberOrText('integer', 'size');
export const countSchema = numberOrText('integer', 'count');
export const msSchema = numberOrText('number', 'timeOrMs');
export const shareSchema = numberOrText('number', 'share');
export const timeSchema = (): JsonSchema => text('time');
export const rateSchema = (): JsonSchema => text('rate');

export const choiceSchema = (values: readonly Literal[]): JsonSchema => ({ enum: values });

/** Whatever YAML makes of one plain value. */
export const SCALAR: JsonSchema = { type: ['string', 'number', 'boolean'] };

/** A mapping of these keys alone. */
export function objectSchema(
  properties: Readonly<Record<string, JsonSchema>>,
  rest: Omit<JsonSchema, 'properties' | 'type'> = {},
): JsonSchema {
  return { type: 'object', additionalProperties: false, ...rest, properties };
}

/** Of keys of which each has its sentence: inner keys of a setting that is a mapping. */
export type KeyTable = Readonly<Record<string, JsonSchema & { readonly description: string }>>;
