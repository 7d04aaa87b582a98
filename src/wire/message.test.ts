import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cases, complete, encode, tables, valuesOf } from '../testing/message-values.js';
import { decodeMessage, isFlexible } from './message.js';
import { decodeRequestHeader, decodeResponse, encodeRequest, encodeResponse } from './frame.js';
import { WireReader } from './wire-reader.js';
import { WireError } from './wire-error.js';

describe('the tables', () => {
  it('are all here', () => {
    expect(tables.length).toBeGreaterThanOrEqual(22);
  });

  it.each(cases)('%s v%d: what is written is read back, to the last byte', (_, version, table) => {
    fc.assert(
      fc.property(valuesOf(table.fields, version), (value) => {
        const bytes = encode(table, version, value);
        const reader = new WireReader(bytes);
        expect(decodeMessage(table, version, reader)).toEqual(
          complete(table.fields, value, version),
        );
        expect(reader.remaining).toBe(0);
      }),
      { numRuns: 8 },
    );
  });

  it.each(cases)(
    '%s v%d: bytes cut off or changed are read or refused with a WireError',
    (_, version, table) => {
      fc.assert(
        fc.property(
          valuesOf(table.fields, version),
          fc.nat(),
          fc.nat(),
          fc.nat(255),
          (value, cut, at, byte) => {
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
          },
        ),
        { numRuns: 8 },
      );
    },
  );

  it('refuse a version that they do not have', () => {
    for (const table of tables)
      expect(() => encode(table, table.versions[1] + 1, {})).toThrow(RangeError);
  });
});

describe('frames', () => {
  it.each(cases.filter(([name]) => name.endsWith('Request')))(
    '%s v%d has a header that says what it is',
    (_, version, table) => {
      const value = Object.fromEntries(
        table.fields.filter(({ array }) => array).map(({ name }) => [name, []]),
      );
      const frame = encodeRequest(table, version, 1234, 'client', value);
      expect(frame.readInt32BE(0)).toBe(frame.length - 4);
      const reader = new WireReader(frame, 4);
      expect(decodeRequestHeader(reader)).toEqual({
        api: table.api,
        version,
        correlationId: 1234,
        clientId: 'client',
      });
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

  it('believes no length unchecked: a claimed array of two thousand millions costs nothing', () => {
    const reader = new WireReader(Buffer.from('7fffffff', 'hex'));
    expect(() => reader.length(false, false)).toThrow(WireError);
    expect(() => new WireReader(Buffer.from('ffffffff0f', 'hex')).length(true, false)).toThrow(
      WireError,
    );
    expect(() => new WireReader(Buffer.from('ffffffffff01', 'hex')).uvarint()).toThrow(WireError);
  });
});
