import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMessage, encodeMessage, isFlexible, type Message } from './message.js';
import { decodeRequestHeader, decodeResponse, encodeRequest, encodeResponse } from './frame.js';
import { WireReader } from './reader.js';
import { WireWriter } from './writer.js';
import { WireError } from './wire-error.js';

type Field = Message<unknown>['fields'][number];
type Table = Message<unknown>;

const tables: Table[] = [];
for (const file of readdirSync(new URL('./apis', import.meta.url)).filter((name) => !name.includes('.test.'))) {
  const module = (await import(`./apis/${file}`)) as Record<string, unknown>;
  for (const value of Object.values(module))
    if (typeof value === 'object' && value !== null && 'flexibleFrom' in value) tables.push(value as Table);
}

const within = ({ low, high }: { low: number; high: number }, version: number) => version >= low && version <= high;

function valueOf(field: Field, version: number): fc.Arbitrary<unknown> {
  let one: fc.Arbitrary<unknown>;
  const signed = (bits: number) => fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 });
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
function valuesOf(fields: readonly Field[], version: number): fc.Arbitrary<Record<string, unknown>> {
  return fc.record(
    Object.fromEntries(
      fields.filter(({ versions }) => within(versions, version)).map((field) => [field.name, valueOf(field, version)]),
    ),
  );
}

/** Every field present: defaults for what the version does not carry. */
function complete(fields: readonly Field[], values: Record<string, unknown>, version: number): Record<string, unknown> {
  return Object.fromEntries(
    fields.map((field) => {
      if (!(field.name in values)) return [field.name, field.default];
      const value = values[field.name];
      if (field.type !== 'struct' || value === null) return [field.name, value];
      const inner = (each: unknown) => complete(field.fields, each as Record<string, unknown>, version);
      return [field.name, field.array ? (value as unknown[]).map(inner) : inner(value)];
    }),
  );
}

function encode(table: Table, version: number, value: unknown): Buffer {
  const writer = new WireWriter(8);
  encodeMessage(table, version, value, writer);
  return Buffer.from(writer.finish());
}

const cases = tables.flatMap((table) =>
  Array.from(
    { length: table.versions[1] - table.versions[0] + 1 },
    (_, i) => [table.name, table.versions[0] + i, table] as const,
  ),
);

describe('the tables', () => {
  it('are all here', () => {
    expect(tables.length).toBeGreaterThanOrEqual(22);
  });

  it.each(cases)('%s v%d: what is written is read back, to the last byte', (_, version, table) => {
    fc.assert(
      fc.property(valuesOf(table.fields, version), (value) => {
        const bytes = encode(table, version, value);
        const reader = new WireReader(bytes);
        expect(decodeMessage(table, version, reader)).toEqual(complete(table.fields, value, version));
        expect(reader.remaining).toBe(0);
      }),
      { numRuns: 8 },
    );
  });

  it.each(cases)('%s v%d: bytes cut off or changed are read or refused with a WireError', (_, version, table) => {
    fc.assert(
      fc.property(valuesOf(table.fields, version), fc.nat(), fc.nat(), fc.nat(255), (value, cut, at, byte) => {
        const bytes = encode(table, version, value);
        const bad = Buffer.from(bytes);
        if (bad.length > 0) bad[at % bad.length] = byte;
        for (const frame of [bytes.subarray(0, cut % (bytes.length + 1)), bad]) {
          try {
            decodeMessage(table, version, new WireReader(frame));
          } catch (error) {
            expect(error).toBeInstanceOf(WireError);
          }
        }
      }),
      { numRuns: 8 },
    );
  });

  it('refuse a version that they do not have', () => {
    for (const table of tables) expect(() => encode(table, table.versions[1] + 1, {})).toThrow(RangeError);
  });
});

describe('frames', () => {
  it.each(cases.filter(([name]) => name.endsWith('Request')))(
    '%s v%d has a header that says what it is',
    (_, version, table) => {
      const value = Object.fromEntries(table.fields.filter(({ array }) => array).map(({ name }) => [name, []]));
      const frame = encodeRequest(table, version, 1234, 'client', value);
      expect(frame.readInt32BE(0)).toBe(frame.length - 4);
      const reader = new WireReader(frame, 4);
      expect(decodeRequestHeader(reader)).toEqual({ api: table.api, version, correlationId: 1234, clientId: 'client' });
      if (isFlexible(table, version)) reader.skipTags();
      expect(() => decodeMessage(table, version, reader)).not.toThrow();
      expect(reader.remaining).toBe(0);
    },
  );

  it.each(cases.filter(([name]) => name.endsWith('Response')))(
    '%s v%d comes back from its frame',
    (_, version, table) => {
      const frame = encodeResponse(table, version, 99, {});
      expect(frame.readInt32BE(0)).toBe(frame.length - 4);
      expect(frame.readInt32BE(4)).toBe(99);
      const reader = new WireReader(frame, 8);
      decodeResponse(table, version, reader);
      expect(reader.remaining).toBe(0);
    },
  );

  it('believes no length before it is checked: a claimed array of two thousand millions costs nothing', () => {
    const reader = new WireReader(Buffer.from('7fffffff', 'hex'));
    expect(() => reader.length(false, false)).toThrow(WireError);
    expect(() => new WireReader(Buffer.from('ffffffff0f', 'hex')).length(true, false)).toThrow(WireError);
    expect(() => new WireReader(Buffer.from('ffffffffff01', 'hex')).uvarint()).toThrow(WireError);
  });
});
