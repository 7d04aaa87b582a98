import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatMs,
  parseBytes,
  parseCount,
  parseMs,
  parseRate,
  type Parsed,
} from './units.js';

const value = (parsed: Parsed) => (parsed.ok ? parsed.value : parsed.message);
const refusal = (parsed: Parsed) =>
  parsed.ok ? String(parsed.value) : `${parsed.message}; ${parsed.remedy}`;

describe('sizes', () => {
  it.each([
    [16_384, 16_384],
    ['16384', 16_384],
    ['16KiB', 16_384],
    ['16 KiB', 16_384],
    ['0.5KiB', 512],
    ['32MiB', 33_554_432],
    ['1GiB', 1_073_741_824],
    ['16kB', 16_000],
    ['1.5MB', 1_500_000],
    ['2GB', 2_000_000_000],
    ['100B', 100],
    ['1_000', 1_000],
    [-1, -1],
  ])('reads %j as %j bytes', (text, bytes) => {
    expect(value(parseBytes(text))).toBe(bytes);
  });

  it.each([
    ['16K', 'ambiguous: 1000 or 1024?; write 16KiB (16384 bytes) or 16kB (16000 bytes)'],
    ['16KB', 'ambiguous'],
    ['1m', 'ambiguous'],
    ['16kib', 'write 16KiB'],
    ['5ms', '"5ms" is a time, not a size'],
    ['5000/s', 'is a rate, not a size'],
    ['many', '"many" is not a size'],
    ['', 'is not a size'],
    ['0.3B', 'not a whole number of bytes'],
    ['99999999999GiB', 'too large'],
    [Infinity, 'not a whole number'],
    [NaN, 'not a whole number'],
  ])('refuses %j: %s', (text, message) => {
    expect(refusal(parseBytes(text))).toContain(message);
  });

  it('writes any size as text that reads back as the same size', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (bytes) => value(parseBytes(formatBytes(bytes))) === bytes),
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4096 }),
        fc.constantFrom(1000, 1024, 1_000_000, 1_048_576),
        (n, unit) => {
          return value(parseBytes(formatBytes(n * unit))) === n * unit;
        },
      ),
    );
    expect([16_384, 5_000, 100, 0, 1_025].map(formatBytes)).toEqual([
      '16KiB',
      '5kB',
      '100B',
      '0B',
      '1025B',
    ]);
  });
});

describe('times', () => {
  it.each([
    ['500us', 0.5],
    ['5ms', 5],
    ['0.5ms', 0.5],
    ['10s', 10_000],
    ['1.5s', 1_500],
    ['2m', 120_000],
    ['2min', 120_000],
    ['1h', 3_600_000],
    ['3µs', 0.003],
  ])('reads %j as %j ms', (text, ms) => {
    expect(value(parseMs(text, 'unit-required'))).toBe(ms);
  });

  it('takes a plain number as ms only where that is the custom', () => {
    expect(value(parseMs(5, 'plain-is-ms'))).toBe(5);
    expect(value(parseMs('5', 'plain-is-ms'))).toBe(5);
    expect(refusal(parseMs(5, 'unit-required'))).toContain('write 5s for seconds or 5ms');
  });

  it.each([
    ['16KiB', '"16KiB" is a size, not a time'],
    ['5 parsecs', 'is not a time'],
    ['0.1us', 'finer than a microsecond'],
    ['1e300h', 'too long'],
  ])('refuses %j: %s', (text, message) => {
    expect(refusal(parseMs(text, 'plain-is-ms'))).toContain(message);
  });

  it('writes any whole number of microseconds as text that reads back as the same time', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 12 }), (micros) => {
        return value(parseMs(formatMs(micros / 1000), 'unit-required')) === micros / 1000;
      }),
    );
    expect([0.5, 1_500, 120_000, 0, 5].map(formatMs)).toEqual([
      '500us',
      '1500ms',
      '2m',
      '0ms',
      '5ms',
    ]);
  });
});

describe('rates and counts', () => {
  it.each([
    ['5000/s', 5_000],
    ['5k/s', 5_000],
    ['0.5/s', 0.5],
    ['300000/m', 5_000],
    ['1M/h', 1_000_000 / 3600],
  ])('reads %j as %d a second', (text, rate) => {
    expect(value(parseRate(text))).toBeCloseTo(rate, 9);
  });

  it.each([
    [5_000, 'write 5000/s'],
    ['5000', 'write 5000/s'],
    ['0/s', 'not above 0'],
    ['-5/s', 'not above 0'],
    ['5MB/s', 'counts bytes'],
    ['5ms', 'is a time, not a rate'],
    ['fast', 'is not a rate'],
  ])('refuses the rate %j: %s', (text, message) => {
    expect(refusal(parseRate(text))).toContain(message);
  });

  it.each([
    [1_000_000, 1_000_000],
    ['1_000_000', 1_000_000],
    ['1.5M', 1_500_000],
    ['500k', 500_000],
  ])('reads the count %j as %d', (text, count) => {
    expect(value(parseCount(text))).toBe(count);
  });

  it.each([
    [1.5, 'not a whole number'],
    ['1.0001k', 'not a whole number'],
    ['5KiB', 'is a size, not a whole number'],
  ])('refuses the count %j: %s', (text, message) => {
    expect(refusal(parseCount(text))).toContain(message);
  });
});
