// workload.payload: random, text, or the records of a file. Read by fields.ts; opens no file.
import { parseBytes } from '../../base/units.js';
import type { PayloadFile, PayloadKey } from '../../contract/settings.js';
import { recordsByName } from '../../workloads/payload/file/payload-defaults.js';
import { refuse, type FieldRead } from './field.js';
import { numberOf, unknownKey } from './inner-values.js';
import {
  choiceSchema,
  objectSchema,
  sizeSchema,
  type JsonSchema,
  type KeyTable,
} from '../schema/json-schema.js';
import type { MapNode, YamlNode } from '../yaml/yaml-source.js';

const REMEDY =
  'write random, text, {file: events.jsonl} or {file: data.bin, records: length-prefixed}';
const KEY_REMEDY = 'write key: {field: user.id} for JSON, or key: {column: 0} for CSV';
const RECORDS = ['lines', 'delimiter', 'length-prefixed', 'slices'] as const;
const PREFIXES = ['uint32be', 'uint32le', 'varint'] as const;
const ORDERS = ['sequential', 'random'] as const;
const SAMPLE_BYTES = [1024, 4 * 1024 ** 3] as const;
const TEXT: JsonSchema = { type: ['string', 'number', 'boolean'] };

const KEY_PLACES = {
  field: { ...TEXT, description: 'Dotted path of a field in the JSON of each record.' },
  column: {
    ...TEXT,
    description: 'A column of CSV: its number from 0, or its name in the header.',
  },
} as const satisfies KeyTable;

const KEYS = {
  file: {
    type: 'string',
    minLength: 1,
    description: "Path of the file, relative to the YAML's folder.",
  },
  records: {
    ...choiceSchema(RECORDS),
    description:
      'How the file is cut into values; lines for text files by their ending, else slices.',
  },
  delimiter: {
    ...TEXT,
    description: 'What parts two records; escapes as in "\\0" and "\\r\\n" are understood.',
  },
  prefix: { ...choiceSchema(PREFIXES), description: 'What stands before each record: its length.' },
  header: { type: 'boolean', description: "Whether a CSV file's first line names its columns." },
  separator: { ...TEXT, description: 'What parts the columns of a CSV file; default a comma.' },
  key: {
    ...objectSchema(KEY_PLACES, { minProperties: 1, maxProperties: 1 }),
    description: "Where each record's key stands: a field of its JSON, or a column of its CSV.",
  },
  order: {
    ...choiceSchema(ORDERS),
    description: 'Record after record (the default), or drawn by the seed.',
  },
  sample: {
    ...sizeSchema(SAMPLE_BYTES),
    description: 'Bytes of the even sample that is taken of a larger file.',
  },
} as const satisfies KeyTable;

/** For the JSON Schema. */
export const PAYLOAD_SCHEMA: JsonSchema = {
  anyOf: [choiceSchema(['random', 'text']), objectSchema(KEYS, { required: ['file'] })],
};

type Refused = FieldRead & { readonly ok: false };
type Inner<T> = { readonly ok: true; readonly value: T | undefined } | Refused;

/** `random`, `text` or `{file: events.jsonl, ...}`. */
export function readPayload(node: YamlNode): FieldRead {
  if (node.kind === 'scalar' && node.value === 'random')
    return { ok: true, value: { kind: 'random' } };
  if (node.kind === 'scalar' && node.value === 'text') return { ok: true, value: { kind: 'text' } };
  if (node.kind !== 'map') return refuse('this does not say what values are made of', REMEDY);
  const unknown = unknownKey(node, Object.keys(KEYS));
  if (unknown !== null) return unknown;
  const file = node.entries.get('file')?.value;
  if (file?.kind !== 'scalar' || typeof file.value !== 'string' || file.value.trim() === '') {
    return refuse('a payload from a file needs its path', REMEDY);
  }
  return readFile(file.value, node);
}

function readFile(file: string, node: MapNode): FieldRead {
  const parts = {
    records: choice(node, 'records', RECORDS),
    prefix: choice(node, 'prefix', PREFIXES),
    order: choice(node, 'order', ORDERS),
    delimiter: text(node, 'delimiter'),
    separator: text(node, 'separator'),
    header: truth(node, 'header'),
    key: readKey(node.entries.get('key')?.value),
    sampleBytes: sample(node.entries.get('sample')?.value),
  };
  const given: Record<string, unknown> = {};
  for (const [name, part] of Object.entries(parts)) {
    if (!part.ok) return part;
    if (part.value !== undefined) given[name] = part.value;
  }
  const implied =
    given['delimiter'] !== undefined
      ? 'delimiter'
      : given['prefix'] !== undefined
        ? 'length-prefixed'
        : recordsByName(file);
  // The default order is spelled out by no name, so that it is one setting with and without it.
  if (given['order'] === 'sequential') delete given['order'];
  const value = { kind: 'file', file, records: implied, ...given } as PayloadFile;
  return contradiction(value) ?? { ok: true, value };
}

/** What does not go with how the file is cut. */
function contradiction(payload: PayloadFile): FieldRead | null {
  const { records, delimiter, prefix, header, separator, key } = payload;
  if (records === 'delimiter' && delimiter === undefined) {
    return refuse(
      'records: delimiter needs delimiter: the text between two records',
      'write e.g. delimiter: "\\0"',
    );
  }
  if (records !== 'delimiter' && delimiter !== undefined)
    return only('delimiter', 'delimiter', records);
  if (records !== 'length-prefixed' && prefix !== undefined)
    return only('prefix', 'length-prefixed', records);
  const ofCsv =
    header !== undefined || separator !== undefined || (key !== undefined && 'column' in key);
  if (records !== 'lines' && ofCsv) {
    return only(
      header !== undefined ? 'header' : separator !== undefined ? 'separator' : 'a column',
      'lines',
      records,
    );
  }
  if (records === 'slices' && key !== undefined) {
    return refuse(
      'slices have no keys in them',
      'say how records are cut, e.g. records: lines; or use workload.keys',
    );
  }
  if (separator !== undefined && !/^[\t -~]$/.test(separator.replace('"', ''))) {
    return refuse(
      `separator ${JSON.stringify(separator)} is not one character`,
      'write e.g. separator: ";"',
    );
  }
  if (header === false && key !== undefined && 'column' in key && typeof key.column === 'string') {
    return refuse(
      'a column has a name only where there is a header',
      'write header: true, or key: {column: 0}',
    );
  }
  return null;
}

const only = (what: string, goesWith: string, records: string | undefined): FieldRead =>
  refuse(
    `${what} goes with records: ${goesWith}, not with ${records ?? ''}`,
    `write records: ${goesWith}, or leave it out`,
  );

function readKey(node: YamlNode | undefined): Inner<PayloadKey> {
  if (node === undefined) return { ok: true, value: undefined };
  const no = refuse('this does not say where keys stand', KEY_REMEDY) as Refused;
  if (node.kind !== 'map') return no;
  const unknown = unknownKey(node, Object.keys(KEY_PLACES));
  if (unknown !== null) return unknown as Refused;
  const [entry, second] = node.entries.values();
  if (entry === undefined || second !== undefined || entry.value.kind !== 'scalar') return no;
  const { value } = entry.value;
  if (entry.key === 'column' && typeof value === 'number') {
    return Number.isInteger(value) && value >= 0 ? { ok: true, value: { column: value } } : no;
  }
  if (value === null || String(value) === '') return no;
  return {
    ok: true,
    value: entry.key === 'field' ? { field: String(value) } : { column: String(value) },
  };
}

function choice<T extends string>(node: MapNode, name: string, values: readonly T[]): Inner<T> {
  const given = node.entries.get(name)?.value;
  if (given === undefined) return { ok: true, value: undefined };
  const found = given.kind === 'scalar' ? values.find((each) => each === given.value) : undefined;
  if (found !== undefined) return { ok: true, value: found };
  const shown = given.kind === 'scalar' ? JSON.stringify(given.value) : 'this';
  return refuse(
    `${name}: ${shown} is not one of ${values.join(', ')}`,
    `write ${values.join(' or ')}`,
  ) as Refused;
}

/** Escapes work in every kind of YAML quotes: `\n`, `\r`, `\t`, `\0`, `\xHH`, `\\`. */
function text(node: MapNode, name: string): Inner<string> {
  const given = node.entries.get(name)?.value;
  if (given === undefined) return { ok: true, value: undefined };
  if (given.kind !== 'scalar' || given.value === null || given.raw === '') {
    return refuse(`${name} is not a text`, `write e.g. ${name}: ";"`) as Refused;
  }
  const written = typeof given.value === 'string' ? given.value : given.raw;
  return { ok: true, value: unescaped(written) };
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  0: '\0',
  '\\': '\\',
};

function unescaped(written: string): string {
  return written.replaceAll(
    /\\(?:x([0-9a-fA-F]{2})|([nrt0\\]))/g,
    (_all, hex?: string, letter?: string) =>
      hex === undefined ? ESCAPES[letter!] : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

function truth(node: MapNode, name: string): Inner<boolean> {
  const given = node.entries.get(name)?.value;
  if (given === undefined) return { ok: true, value: undefined };
  if (given.kind === 'scalar' && typeof given.value === 'boolean')
    return { ok: true, value: given.value };
  return refuse(`${name} is neither true nor false`, 'write true or false') as Refused;
}

function sample(node: YamlNode | undefined): Inner<number> {
  if (node === undefined) return { ok: true, value: undefined };
  const read = numberOf(node, parseBytes, 'sample', SAMPLE_BYTES);
  return read.ok ? read : read;
}
