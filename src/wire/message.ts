// The tables' language and its interpreter: a message is a list of fields with types and versions
// (apis/*.ts), encoded and decoded at run time. For cold APIs on both sides (the producer, and the
// embedded cluster's brokers). Produce's hot path does not come here, but its tests hold it to the
// tables.
import { WireError } from './wire-error.js';
import type { WireReader } from './wire-reader.js';
import { WireWriter } from './wire-writer.js';
import type { ApiKey } from './api-keys.js';

type Primitive =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'float64'
  | 'uuid'
  | 'string'
  | 'bytes'
  | 'records';
type FieldType = Primitive | `[]${Primitive}`;
/** As in Kafka's own definitions: `3+`, `0-5` or `2`. */
type VersionText = `${number}+` | `${number}-${number}` | `${number}`;

interface Options {
  readonly nullable?: VersionText;
  readonly tag?: number;
  readonly tagged?: VersionText;
  readonly default?: unknown;
}

interface Range {
  readonly low: number;
  readonly high: number;
}

interface Field {
  readonly name: string;
  readonly array: boolean;
  readonly type: Primitive | 'struct';
  readonly fields: readonly Field[];
  readonly versions: Range;
  readonly nullable: Range;
  readonly tag: number;
  readonly tagged: Range;
  readonly default: unknown;
  /** Read over, and absent from what decoding gives. */
  readonly left?: true;
}

/** What decoding gives: every field present (its default where the version does not carry it). */
export type Decoded<T> = T extends Buffer | number
  ? T
  : T extends (infer U)[]
    ? Decoded<U>[]
    : T extends object
      ? { [K in keyof T]-?: Decoded<Exclude<T[K], undefined>> }
      : T;

export interface Message<T> {
  readonly api: ApiKey;
  readonly name: string;
  readonly versions: readonly [low: number, high: number];
  readonly flexibleFrom: number;
  readonly fields: readonly Field[];
  /** Only for inference. */
  readonly shape?: T;
}

const NEVER: Range = { low: 1, high: 0 };

function range(text: VersionText | undefined): Range {
  if (text === undefined) return NEVER;
  if (text.endsWith('+')) return { low: Number(text.slice(0, -1)), high: Infinity };
  const [low, high = low] = text.split('-');
  return { low: Number(low), high: Number(high) };
}

const within = (versions: Range, version: number) =>
  version >= versions.low && version <= versions.high;

const ZERO: Record<Primitive, unknown> = {
  bool: false,
  int8: 0,
  int16: 0,
  uint16: 0,
  int32: 0,
  uint32: 0,
  int64: 0n,
  float64: 0,
  uuid: '00000000-0000-0000-0000-000000000000',
  string: '',
  bytes: Buffer.alloc(0),
  records: null,
};

/** Of the types that have the same size always. */
const FIXED_BYTES: Readonly<Partial<Record<Primitive | 'struct', number>>> = {
  bool: 1,
  int8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  float64: 8,
  uuid: 16,
};

/** A field of a primitive type, or an array of it. */
export function f(
  name: string,
  type: FieldType,
  versions: VersionText,
  options: Options = {},
): Field {
  const array = type.startsWith('[]');
  const base = (array ? type.slice(2) : type) as Primitive;
  return {
    name,
    array,
    type: base,
    fields: [],
    versions: range(versions),
    nullable: range(options.nullable),
    tag: options.tag ?? -1,
    tagged: range(options.tagged),
    default: 'default' in options ? options.default : array ? [] : ZERO[base],
  };
}

/** A structure (`{}`) or an array of structures (`[]`). */
export function s(
  name: string,
  kind: '{}' | '[]',
  versions: VersionText,
  fields: readonly Field[],
  options: Options = {},
): Field {
  const empty =
    kind === '[]' ? [] : Object.fromEntries(fields.map((field) => [field.name, field.default]));
  return {
    name,
    array: kind === '[]',
    type: 'struct',
    fields,
    versions: range(versions),
    nullable: range(options.nullable),
    tag: options.tag ?? -1,
    tagged: range(options.tagged),
    default: 'default' in options ? options.default : empty,
  };
}

export function message<T>(table: Message<T>): Message<T> {
  return table;
}

/** `T` without the fields of these names, at any depth. */
export type Without<T, Names extends PropertyKey> = T extends (infer U)[]
  ? Without<U, Names>[]
  : T extends number
    ? T
    : T extends object
      ? { [K in keyof T as K extends Names ? never : K]: Without<T[K], Names> }
      : T;

/**
 * The same message, for decoding by who has no use for the fields of these names, at any depth:
 * they take no memory.
 */
export function leavingOut<T, Names extends string>(
  table: Message<T>,
  names: readonly Names[],
): Message<Without<T, Names>> {
  const left: ReadonlySet<string> = new Set(names);
  const trimmed = (fields: readonly Field[]): readonly Field[] =>
    fields.map((field) =>
      left.has(field.name) ? { ...field, left: true } : { ...field, fields: trimmed(field.fields) },
    );
  const { api, name, versions, flexibleFrom } = table;
  return { api, name, versions, flexibleFrom, fields: trimmed(table.fields) };
}

export const isFlexible = (table: Message<unknown>, version: number) =>
  version >= table.flexibleFrom;

type Values = Record<string, unknown>;

/** Appends the message's bytes (no header). Fields that are left out take their defaults. */
export function encodeMessage<T>(
  table: Message<T>,
  version: number,
  value: T,
  writer: WireWriter,
): void {
  if (version < table.versions[0] || version > table.versions[1]) {
    throw new RangeError(
      `${table.name} has no version ${version} here (${table.versions.join(' to ')})`,
    );
  }
  writeFields(table.fields, version, isFlexible(table, version), value as Values, writer);
}

/** Reads one message (no header). Throws WireError on what does not fit the table. */
export function decodeMessage<T>(
  table: Message<T>,
  version: number,
  reader: WireReader,
): Decoded<T> {
  try {
    return readFields(table.fields, version, isFlexible(table, version), reader) as Decoded<T>;
  } catch (error) {
    if (error instanceof WireError)
      throw new WireError(`${table.name} v${version} ${error.message}`);
    throw error;
  }
}

function writeFields(
  fields: readonly Field[],
  version: number,
  flexible: boolean,
  values: Values,
  writer: WireWriter,
): void {
  const tagged: Field[] = [];
  for (const field of fields) {
    if (!within(field.versions, version)) continue;
    if (flexible && within(field.tagged, version)) {
      const value = values[field.name];
      if (
        value !== undefined &&
        value !== field.default &&
        !(Array.isArray(value) && value.length === 0)
      )
        tagged.push(field);
      continue;
    }
    writeField(field, version, flexible, values[field.name] ?? absent(field, values), writer);
  }
  if (!flexible) return;
  tagged.sort((a, b) => a.tag - b.tag);
  writer.uvarint(tagged.length);
  for (const field of tagged) {
    const inner = new WireWriter(64);
    writeField(field, version, flexible, values[field.name], inner);
    const bytes = inner.finish();
    writer.uvarint(field.tag);
    writer.uvarint(bytes.length);
    writer.bytes(bytes);
  }
}

const absent = (field: Field, values: Values) =>
  values[field.name] === null ? null : field.default;

function writeField(
  field: Field,
  version: number,
  flexible: boolean,
  value: unknown,
  writer: WireWriter,
): void {
  if (value === null && !within(field.nullable, version))
    throw new TypeError(`${field.name} must not be null in version ${version}`);
  if (field.array) {
    if (value === null) {
      writer.length(-1, flexible, false);
      return;
    }
    const items = value as unknown[];
    writer.length(items.length, flexible, false);
    for (const item of items) writeValue(field, version, flexible, item, writer);
    return;
  }
  if (field.type === 'struct' && within(field.nullable, version)) {
    writer.int8(value === null ? -1 : 1);
    if (value === null) return;
  }
  writeValue(field, version, flexible, value, writer);
}

function writeValue(
  field: Field,
  version: number,
  flexible: boolean,
  value: unknown,
  writer: WireWriter,
): void {
  switch (field.type) {
    case 'struct': {
      writeFields(field.fields, version, flexible, value as Values, writer);
      return;
    }
    case 'bool': {
      writer.int8(value === true ? 1 : 0);
      return;
    }
    case 'int64': {
      writer.int64(value as bigint);
      return;
    }
    case 'uuid': {
      writer.uuid(value as string);
      return;
    }
    case 'string': {
      if (value === null) {
        writer.length(-1, flexible, true);
        return;
      }
      writer.length(Buffer.byteLength(value as string), flexible, true);
      writer.utf8(value as string);
      return;
    }
    case 'bytes':
    case 'records': {
      if (value === null) {
        writer.length(-1, flexible, false);
        return;
      }
      writer.length((value as Uint8Array).length, flexible, false);
      writer.bytes(value as Uint8Array);
      return;
    }
    case 'int8':
    case 'int16':
    case 'uint16':
    case 'int32':
    case 'uint32':
    case 'float64': {
      writer[field.type](value as number);
      return;
    }
  }
}

function readFields(
  fields: readonly Field[],
  version: number,
  flexible: boolean,
  reader: WireReader,
): Values {
  reader.chargeStruct(fields.length);
  const values: Values = {};
  for (const field of fields) {
    const inline = within(field.versions, version) && !(flexible && within(field.tagged, version));
    if (field.left === true) {
      if (inline) skipField(field, version, flexible, reader);
    } else
      values[field.name] = inline ? readField(field, version, flexible, reader) : field.default;
  }
  if (flexible) readTags(fields, version, reader, values);
  return values;
}

function readTags(
  fields: readonly Field[],
  version: number,
  reader: WireReader,
  values: Values,
): void {
  for (let left = reader.uvarint(); left > 0; left--) {
    const tag = reader.uvarint();
    const bytes = reader.uvarint();
    if (bytes > reader.remaining)
      throw new WireError(`has a tagged field of ${bytes} bytes with ${reader.remaining} left`);
    const field = fields.find(
      (candidate) => candidate.tag === tag && within(candidate.tagged, version),
    );
    if (field === undefined || field.left === true) {
      reader.skip(bytes);
      continue;
    }
    const { end } = reader;
    const next = reader.position + bytes;
    // The same reader within bounds, so that what is read counts against the same limit.
    reader.end = next;
    values[field.name] = readField(field, version, true, reader);
    reader.end = end;
    reader.position = next;
  }
}

function readField(field: Field, version: number, flexible: boolean, reader: WireReader): unknown {
  if (field.array) {
    const count = reader.length(flexible, false);
    if (count < 0) return nullOf(field, version);
    reader.chargeArray(count);
    // Of its full length at once: one that grows takes up to twice as much.
    const items = new Array<unknown>(count);
    for (let i = 0; i < count; i++) items[i] = readValue(field, version, flexible, reader);
    return items;
  }
  if (field.type === 'struct' && within(field.nullable, version) && reader.int8() < 0) return null;
  return readValue(field, version, flexible, reader);
}

function nullOf(field: Field, version: number): null {
  if (!within(field.nullable, version)) throw new WireError(`has a null ${field.name}`);
  return null;
}

function readValue(field: Field, version: number, flexible: boolean, reader: WireReader): unknown {
  switch (field.type) {
    case 'struct':
      return readFields(field.fields, version, flexible, reader);
    case 'string': {
      const length = reader.length(flexible, true);
      return length < 0 ? nullOf(field, version) : reader.utf8(length);
    }
    case 'bytes':
    case 'records': {
      const length = reader.length(flexible, false);
      return length < 0 ? nullOf(field, version) : reader.view(length);
    }
    case 'bool':
    case 'int8':
    case 'int16':
    case 'uint16':
    case 'int32':
    case 'uint32':
    case 'int64':
    case 'float64':
    case 'uuid':
      return reader[field.type]();
  }
}

/** Goes over a field as readField does, and makes nothing of it. */
function skipField(field: Field, version: number, flexible: boolean, reader: WireReader): void {
  let count = 1;
  if (field.array) {
    count = reader.length(flexible, false);
    if (count < 0) nullOf(field, version);
  } else if (field.type === 'struct' && within(field.nullable, version) && reader.int8() < 0)
    return;
  const bytes = FIXED_BYTES[field.type];
  if (bytes !== undefined) reader.skip(Math.max(0, count) * bytes);
  else for (let i = 0; i < count; i++) skipValue(field, version, flexible, reader);
}

function skipValue(field: Field, version: number, flexible: boolean, reader: WireReader): void {
  if (field.type !== 'struct') {
    const length = reader.length(flexible, field.type === 'string');
    if (length < 0) nullOf(field, version);
    else reader.skip(length);
    return;
  }
  for (const inner of field.fields) {
    if (within(inner.versions, version) && !(flexible && within(inner.tagged, version)))
      skipField(inner, version, flexible, reader);
  }
  if (flexible) reader.skipTags();
}
