import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  uvarintBytes,
  varintBytes,
  varlongBytes,
  writeLength,
  writeUvarint,
  writeVarint,
  writeVarlong,
} from './varint.js';

/** Zigzag and groups of seven bits, by the book. */
function expected(value: bigint): number[] {
  let zigzag = value >= 0n ? value * 2n : -value * 2n - 1n;
  const bytes: number[] = [];
  for (; zigzag >= 0x80n; zigzag >>= 7n) bytes.push(Number(zigzag & 0x7fn) | 0x80);
  return [...bytes, Number(zigzag)];
}

function unsigned(value: bigint): number[] {
  const bytes: number[] = [];
  for (; value >= 0x80n; value >>= 7n) bytes.push(Number(value & 0x7fn) | 0x80);
  return [...bytes, Number(value)];
}

function written(
  write: (buffer: Uint8Array, at: number, value: number) => number,
  value: number,
): number[] {
  const buffer = new Uint8Array(16);
  return [...buffer.subarray(3, write(buffer, 3, value))];
}

// The values of Kafka's ByteUtilsTest.testReadVarInt / testWriteVarlong.
const EDGES = [
  0, -1, 1, 63, -64, 64, -65, 8191, -8192, 8192, -8193, 1048575, -1048576, 1048576, -1048577,
  134217727, -134217728, 134217728, -134217729, 2147483647, -2147483648,
];
const LONG_EDGES = [
  ...EDGES,
  2147483648,
  -2147483649,
  17179869183,
  -17179869184,
  2199023255551,
  -2199023255552,
  2 ** 53,
  -(2 ** 53),
];

describe('varints', () => {
  it.each(EDGES)('varint of %d', (value) => {
    expect(written(writeVarint, value)).toEqual(expected(BigInt(value)));
    expect(varintBytes(value)).toBe(expected(BigInt(value)).length);
  });

  it.each(LONG_EDGES)('varlong of %d', (value) => {
    expect(written(writeVarlong, value)).toEqual(expected(BigInt(value)));
    expect(varlongBytes(value)).toBe(expected(BigInt(value)).length);
  });

  it('any value takes the bytes that its size function says', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: -(2 ** 53), max: 2 ** 53 }),
        fc.nat(0xffffffff),
        (int, long, natural) => {
          expect(written(writeVarint, int)).toEqual(expected(BigInt(int)));
          expect(written(writeVarlong, long)).toEqual(expected(BigInt(long)));
          expect(written(writeUvarint, natural)).toEqual(unsigned(BigInt(natural)));
          expect(varintBytes(int)).toBe(expected(BigInt(int)).length);
          expect(varlongBytes(long)).toBe(expected(BigInt(long)).length);
          expect(uvarintBytes(natural)).toBe(unsigned(BigInt(natural)).length);
        },
      ),
    );
  });

  it('lengths have the short forms of the same varint', () => {
    for (const value of [0, 1, 0x3f, 0x40, 0x1fff, 0x2000, 0xfffff, 0x7fffffff]) {
      expect(written(writeLength, value)).toEqual(expected(BigInt(value)));
    }
  });
});
