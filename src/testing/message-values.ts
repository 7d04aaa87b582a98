// Every message table, and values for it that fast-check makes up: for tests of the decoders, which
// try what a table can carry and then what it cannot. Called by tests only.
import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { encodeMessage, type Message, WireWriter } from '../wire/index.js';

type Field = Message<unknown>['fields'][number];
export type Table = Message<unknown>;

const APIS = new URL('../wire/apis/', import.meta.url);

export const tables: Table[] = [];
for (const file of readdirSync(APIS).filter((name) => !name.includes('.test.'))) {
  const module = (await import(/* @vite-ignore */ new URL(file, APIS).href)) as Record<
    string,
    unknown
  >;
  for (const value of Object.values(module))
    if (typeof value === 'object' && value !== null && 'flexibleFrom' in value)
      tables.push(value as Table);
}

const within = ({ low, high }: { low: number; high: number }, version: number) =>
  version >= low && version <= high;

function valueOf(field: Field, version: number): fc.Arbitrary<unknown> {
  let one: fc.Arbitrary<unknown>;
  const signed = (bits: number) =>
    fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 });
  switch (field.type) {
    case 'struct':
      one = valuesOf(field.fields, version);
      break;
    case 'bool':
      one = fc.boolean();
      break;
    case 'int8':
      one = signed(8);
      break;
    case 'int16':
      one = signed(16);
      break;
    case 'int32':
      one = signed(32);
      break;
    case 'uint16':
      one = fc.nat(0xffff);
      break;
    case 'uint32':
      one = fc.nat(0xffffffff);
      break;
    case 'int64':
      one = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
      break;
    case 'float64':
      one = fc.double({ noNaN: true });
      break;
    case 'uuid':
      one = fc.uuid();
      break;
    case 'string':
      one = fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom('ü', '日本', '🙂'));
      break;
    case 'bytes':
    case 'records':
      one = fc.uint8Array({ maxLength: 9 }).map((bytes) => Buffer.from(bytes));
      break;
  }
  if (field.array) one = fc.array(one, { maxLength: 3 });
  return within(field.nullable, version) ? fc.option(one, { nil: null, freq: 4 }) : one;
}

/** Values for the fields that the version carries, others left out. */
export function valuesOf(
  fields: readonly Field[],
  version: number,
): fc.Arbitrary<Record<string, unknown>> {
  return fc.record(
    Object.fromEntries(
      fields
        .filter(({ versions }) => within(versions, version))
        .map((field) => [field.name, valueOf(field, version)]),
    ),
  );
}

/** Every field present: defaults for what the version does not carry. */
export function complete(
  fields: readonly Field[],
  values: Record<string, unknown>,
  version: number,
): Record<string, unknown> {
  return Object.fromEntries(
    fields.map((field) => {
      if (!(field.name in values)) return [field.name, field.default];
      const value = values[field.name];
      if (field.type !== 'struct' || value === null) return [field.name, value];
      const inner = (each: unknown) =>
        complete(field.fields, each as Record<string, unknown>, version);
      return [field.name, field.array ? (value as unknown[]).map(inner) : inner(value)];
    }),
  );
}

export function encode(table: Table, version: number, value: unknown): Buffer {
  const writer = new WireWriter(8);
  encodeMessage(table, version, value, writer);
  return Buffer.from(writer.finish());
}

/** Each version of each table. */
export const cases = tables.flatMap((table) =>
  Array.from(
    { length: table.versions[1] - table.versions[0] + 1 },
    (_, i) => [table.name, table.versions[0] + i, table] as const,
  ),
);
