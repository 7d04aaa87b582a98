import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canReadZstd, decompress } from '../../testing/simulation/cluster/sim-codecs.js';
import { DecompressionError, zstdOfNode, zstdOfPackage } from '../../wire/codecs/index.js';
import type { Codec, CodecName } from './codec.js';
import { loadCodec } from './load-codec.js';
import { Lz4Codec } from './lz4.js';
import { ZstdCodec } from './zstd.js';

const LEVELS = { gzip: -1, lz4: 9, zstd: 3 };
const NAMES: readonly CodecName[] = ['gzip', 'snappy', 'lz4', 'zstd'];
const CODECS: readonly (readonly [string, Codec])[] = [
  ...NAMES.map((name) => [name, loadCodec(name, LEVELS)!] as const),
  ['lz4 level 1', new Lz4Codec(1)],
  ['lz4 level 12', new Lz4Codec(12)],
  ['zstd by the package', new ZstdCodec(3, zstdOfPackage(3))],
];
const MARK = 0xa5;

/** What a batch does: into its slot, or into memory of the codec's. */
function compress(codec: Codec, source: Buffer, room = source.length + 64): Buffer {
  const into = Buffer.alloc(5 + room + 5, MARK);
  const end = codec.compress(source, 0, source.length, into, 5, 5 + room);
  expect(into.subarray(0, 5).every((byte) => byte === MARK)).toBe(true);
  expect(into.subarray(5 + room).every((byte) => byte === MARK)).toBe(true);
  return end < 0 ? codec.takeOutput() : Buffer.from(into.subarray(5, end));
}

/** What the figures of Java below are for: written through its streams by a few lines of Java. */
function words(bytes: number): Buffer {
  let state = 42;
  const list = 'broker linger batch acks record partition leader epoch offset topic'.split(' ');
  const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 8;
  let text = '';
  while (text.length < bytes)
    text += `{"id":${next() % 100000},"word":"${list[next() % 10]} ${list[next() % 10]}"}`;
  return Buffer.from(text.slice(0, bytes));
}

function noise(bytes: number): Buffer {
  let state = 7;
  const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 24;
  return Buffer.from(Array.from({ length: bytes }, next));
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/**
 * Runs of few values, so that matches of all lengths and distances come about, next to what does
 * not compress.
 */
const bytesOfAllSorts = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc
        .tuple(fc.uint8Array({ minLength: 1, maxLength: 20 }), fc.integer({ min: 1, max: 6000 }))
        .map(([part, times]) =>
          Uint8Array.from(
            { length: Math.min(90_000, part.length * times) },
            (_, i) => part[i % part.length],
          ),
        ),
    ),
    { maxLength: 6 },
  )
  .map((parts) => Buffer.concat(parts));

describe.each(CODECS)('%s', (_, codec) => {
  const foreign = (bytes: Buffer) => decompress(codec.id, bytes);
  const readable = codec.id !== 4 || canReadZstd;

  it('gives back what went in, to itself and to a reader of other make', () => {
    fc.assert(
      fc.property(bytesOfAllSorts, fc.nat(70_000), (source, room) => {
        const compressed = compress(codec, source, room);
        expect(codec.decompress(compressed, source.length).equals(source)).toBe(true);
        if (readable) expect(foreign(compressed).equals(source)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it.each([1, 12, 13, 32_767, 32_768, 32_769, 65_535, 65_536, 65_537, 200_000])(
    'takes %i bytes of text or noise',
    (n) => {
      for (const source of [words(n), noise(n), Buffer.alloc(n)]) {
        const compressed = compress(codec, source);
        expect(codec.decompress(compressed, n).equals(source)).toBe(true);
        if (readable) expect(foreign(compressed).equals(source)).toBe(true);
      }
    },
  );

  it('compresses a part of the source alone', () => {
    const source = words(5000);
    const into = Buffer.alloc(10_000);
    const end = codec.compress(source, 1000, 3000, into, 0, into.length);
    const compressed = end < 0 ? codec.takeOutput() : into.subarray(0, end);
    expect(codec.decompress(compressed, 2000).equals(source.subarray(1000, 3000))).toBe(true);
  });

  it('makes text smaller and noise hardly larger', () => {
    expect(compress(codec, words(16_384)).length).toBeLessThan(16_384 / 2);
    expect(compress(codec, noise(16_384)).length).toBeLessThan(16_384 + 100);
  });

  it('refuses more than it was allowed to give', () => {
    const bomb = compress(codec, Buffer.alloc(20_000_000));
    expect(() => codec.decompress(bomb, 1000)).toThrow(DecompressionError);
    expect(() => codec.decompress(compress(codec, words(1001)), 1000)).toThrow(DecompressionError);
  });

  it('refuses what is cut short or altered, or reads it within its limit; never crashes', () => {
    const source = words(3000);
    const whole = compress(codec, source);
    for (let length = 0; length < whole.length - 1; length += 37) {
      const attempt = outcomeOf(() => codec.decompress(whole.subarray(0, length), 3000));
      expect(attempt === 'refused' || attempt.length < 3000).toBe(true);
    }
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, value) => {
        const altered = Buffer.from(whole);
        altered[at] = value;
        const attempt = outcomeOf(() => codec.decompress(altered, 3000));
        expect(attempt === 'refused' || attempt.length <= 3000).toBe(true);
      }),
      { numRuns: 300 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const attempt = outcomeOf(() => codec.decompress(Buffer.from(bytes), 3000));
        expect(attempt === 'refused' || attempt.length <= 3000).toBe(true);
      }),
    );
  });
});

function outcomeOf(read: () => Buffer): Buffer | 'refused' {
  try {
    return read();
  } catch (error) {
    expect(error).toBeInstanceOf(DecompressionError);
    return 'refused';
  }
}

describe('codecs beside those of Java (kafka-clients 4.3.1)', () => {
  it('lz4 at its default level gives the very bytes of Lz4BlockOutputStream', () => {
    const compressed = compress(new Lz4Codec(9), words(70_000));
    expect(compressed.length).toBe(25_019);
    expect(sha256(compressed)).toBe(
      'e586c173ca69d5722356811153c40bf38cfe8e3b992c215433cb906a48b7c0c8',
    );
  });

  it('snappy, gzip and zstd come within 3 % of the sizes of Java’s streams', () => {
    const sizes = { snappy: 23_228, gzip: 11_673, zstd: 12_963 } as const;
    for (const [name, javaBytes] of Object.entries(sizes)) {
      const { length } = compress(loadCodec(name as CodecName, LEVELS)!, words(70_000));
      expect(Math.abs(length / javaBytes - 1), name).toBeLessThan(0.03);
    }
  });
});

describe('levels', () => {
  const size = (name: CodecName, level: number) =>
    compress(loadCodec(name, { gzip: level, lz4: level, zstd: level })!, words(60_000)).length;

  it('gzip: 9 is smaller than 1; -1 is 6', () => {
    expect(size('gzip', 9)).toBeLessThan(size('gzip', 1));
    expect(size('gzip', -1)).toBe(size('gzip', 6));
  });

  it('lz4: each of 1, 3, 5 is smaller than the one before, 12 and 17 not larger', () => {
    const sizes = [1, 3, 5, 12, 17].map((level) => size('lz4', level));
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    expect(sizes[2]).toBeLessThan(sizes[0]);
    expect(size('lz4', 9)).toBeGreaterThan(sizes[2]);
  });

  it.each([
    ['Node', zstdOfNode],
    ['the package', zstdOfPackage],
  ] as const)('zstd by %s: -131072, 1, 3, 19', (_, library) => {
    if (library(3) === null) return;
    const sizes = [-131_072, -5, 1, 19].map(
      (level) => compress(new ZstdCodec(level, library(level)!), words(60_000)).length,
    );
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    expect(new Set(sizes).size).toBe(4);
  });
});

describe('gzip', () => {
  it('is read by node:zlib', () => {
    expect(
      gunzipSync(compress(loadCodec('gzip', LEVELS)!, words(50_000))).equals(words(50_000)),
    ).toBe(true);
  });
});
