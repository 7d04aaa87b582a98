// Histograms from files nobody vouches for: what was written is read back, everything else is
// refused, in little memory and time.
import { deflateSync } from 'node:zlib';
import { build, encodeIntoCompressedBase64, initWebAssemblySync } from 'hdr-histogram-js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCounts } from './decode-histogram.js';
import { ReadTrouble } from './read-trouble.js';

const HOUR_MICROS = 3_600_000_000;

function encode(values: readonly number[], useWebAssembly = false): string {
  if (useWebAssembly) initWebAssemblySync();
  const histogram = build({
    ...{ bitBucketSize: 64, autoResize: true, useWebAssembly },
    ...{
      lowestDiscernibleValue: 1,
      highestTrackableValue: HOUR_MICROS,
      numberOfSignificantValueDigits: 3,
    },
  });
  for (const value of values) histogram.recordValue(value);
  return encodeIntoCompressedBase64(histogram);
}

interface Header {
  readonly digits?: number;
  readonly lowest?: bigint;
  readonly highest?: bigint;
  readonly payloadBytes?: number;
  readonly cookie?: number;
}

function raw(payload: Uint8Array, header: Header = {}): Buffer {
  const head = Buffer.alloc(40);
  head.writeInt32BE(header.cookie ?? 0x1c849313, 0);
  head.writeInt32BE(header.payloadBytes ?? payload.length, 4);
  head.writeInt32BE(header.digits ?? 3, 12);
  head.writeBigInt64BE(header.lowest ?? 1n, 16);
  head.writeBigInt64BE(header.highest ?? BigInt(HOUR_MICROS), 24);
  return Buffer.concat([head, payload]);
}

function wrapped(inner: Uint8Array): string {
  const deflated = deflateSync(inner, { level: 9 });
  const head = Buffer.alloc(8);
  head.writeInt32BE(0x1c849314, 0);
  head.writeInt32BE(deflated.length, 4);
  return Buffer.concat([head, deflated]).toString('base64');
}

function refusal(encoded: string): ReadTrouble {
  try {
    readCounts(encoded);
  } catch (error) {
    expect(error).toBeInstanceOf(ReadTrouble);
    return error as ReadTrouble;
  }
  throw new Error('was read');
}

describe('readCounts', () => {
  it('gives back what was recorded, whichever implementation encoded it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 2 ** 40 }), { minLength: 1 }),
        fc.boolean(),
        (values, wasm) => {
          const encoded = encode(values, wasm);
          const counts = readCounts(encoded);
          const greatest = Math.max(...values);
          expect(counts.total).toBe(values.length);
          expect(counts.highest[counts.length - 1]).toBeGreaterThanOrEqual(greatest);
          expect(counts.highest[counts.length - 1]).toBeLessThanOrEqual(greatest * 1.001 + 1);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('refuses a small text that inflates to 40 MB, in a moment and without the memory', () => {
    const bomb = wrapped(raw(new Uint8Array(40_000_000)));
    expect(bomb.length).toBeLessThan(60_000);
    const before = process.memoryUsage();
    const start = performance.now();
    for (let i = 0; i < 20; i++) expect(() => readCounts(bomb)).toThrow(/inflates to more than/);
    expect(performance.now() - start).toBeLessThan(2_000);
    expect(process.memoryUsage().arrayBuffers - before.arrayBuffers).toBeLessThan(40_000_000);
    expect(refusal(bomb).kind).toBe('too-large');
  });

  it('refuses a few bytes that declare a range of gigabytes of counts', () => {
    const greedy = wrapped(raw(new Uint8Array([2]), { digits: 5, highest: 2n ** 53n - 1n }));
    expect(greedy.length).toBeLessThan(100);
    expect(refusal(greedy).message).toContain('it declares 4849664 counts');
  });

  it.each([
    ['no base64', 'HIST,FAAA\n', 'not base64'],
    ['nothing', '', 'not base64'],
    ['text that is too long', 'A'.repeat(2_000_000), '2000000 characters'],
    [
      'other bytes',
      Buffer.from('hello, world').toString('base64'),
      'does not begin like HdrHistogram V2, compressed',
    ],
    ['a text cut short', encode([1, 2, 3]).slice(0, 32), 'it declares'],
    [
      'no deflate',
      Buffer.from('1c8493140000000400000000', 'hex').toString('base64'),
      'does not inflate (Z_DATA_ERROR)',
    ],
    [
      'another inner cookie',
      wrapped(raw(new Uint8Array(1), { cookie: 0x1c849301 })),
      'like HdrHistogram V2',
    ],
    [
      'another payload length',
      wrapped(raw(new Uint8Array(3), { payloadBytes: 2_000_000_000 })),
      'of 2000000000 bytes',
    ],
    [
      'a payload length below nothing',
      wrapped(raw(new Uint8Array(3), { payloadBytes: -1 })),
      'of -1 bytes',
    ],
    ['nonsense digits', wrapped(raw(new Uint8Array(1), { digits: 9 })), '9 significant digits'],
    ['a lowest value of nothing', wrapped(raw(new Uint8Array(1), { lowest: 0n })), 'values from 0'],
    [
      'a highest value below the lowest',
      wrapped(raw(new Uint8Array(1), { highest: 1n })),
      'values from 1 to 1',
    ],
    [
      'a highest value of 2^63 - 1',
      wrapped(raw(new Uint8Array(1), { highest: 2n ** 63n - 1n })),
      'values from 1 to 9',
    ],
    [
      'a skip past the end',
      wrapped(raw(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x7f, 2))),
      'outside of its range',
    ],
    ['a count above 2^53', wrapped(raw(new Uint8Array(9).fill(0xfe))), 'outside of its range'],
    ['a count cut short', wrapped(raw(Uint8Array.of(2, 0x82))), 'cut short'],
  ])('refuses %s', (_what, encoded, message) => {
    expect(refusal(encoded).message).toContain(message);
  });

  it('whatever the bytes, either reads them or throws ReadTrouble', () => {
    const valid = Buffer.from(encode([1, 20, 300, 4_000, 50_000, 50_000]), 'base64');
    fc.assert(
      fc.property(fc.nat({ max: valid.length - 1 }), fc.nat({ max: 255 }), (at, byte) => {
        const spoiled = Buffer.from(valid);
        spoiled[at] = byte;
        try {
          readCounts(spoiled.toString('base64'));
        } catch (error) {
          expect(error).toBeInstanceOf(ReadTrouble);
        }
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (payload) => {
        try {
          readCounts(wrapped(raw(payload)));
        } catch (error) {
          expect(error).toBeInstanceOf(ReadTrouble);
        }
      }),
    );
  });
});
