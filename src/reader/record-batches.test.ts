// Batches of all formats, right and wrong, as bytes: no broker.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchOf, recordsOf } from '../testing/audit/batch-editor.js';
import { codecOf, type CodecName } from '../testing/codec-of.js';
import { oldMessage, oldWrapper, type OldMessage } from '../testing/old-messages.js';
import { buildBatch } from '../testing/raw-client.js';
import { damage, parameters, spoil } from '../testing/spoiled-bytes.js';
import { BATCH, crc32c, LENGTH_OVERHEAD, LOG_APPEND_TIME, writeInt64At } from '../wire/index.js';
import { CorruptBatch, walkBatches, wholeBatches } from './record-batches.js';

/** KBENCH_RUNS=50000 for a long look. */
const RUNS = Number(process.env.KBENCH_RUNS ?? 500);

interface Told {
  readonly records: string[];
  readonly corrupt: string[];
}

/** What a visitor is told of these bytes: `offset timestamp key value`. */
function walk(bytes: Buffer, from = 0, to = Infinity, takesCorrupt = false): Told {
  const records: string[] = [];
  const corrupt: string[] = [];
  walkBatches(bytes, {
    ...{ slot: 0, from, to, aborted: null },
    visitor: {
      onRecord(_slot, offset, held, keyAt, keyBytes, valueAt, valueBytes, timestampMs) {
        const text = (at: number, length: number): string =>
          length < 0 ? 'null' : held.toString('latin1', at, at + Math.min(20, length));
        const [key, value] = [text(keyAt, keyBytes), text(valueAt, valueBytes)];
        records.push(`${offset} ${timestampMs} ${key} ${value}`);
      },
      ...(takesCorrupt && {
        onCorrupt: (_slot: number, first: number, end: number, why: string) =>
          corrupt.push(`${first}-${end} ${why}`),
      }),
    },
  });
  return { records, corrupt };
}

/** A batch of format 2 at an offset. */
function batchAt(offset: number, values: readonly (string | Buffer)[]): Buffer {
  const batch = buildBatch(values, { timestamp: 1_000_000 });
  writeInt64At(batch, 0, offset);
  return batch;
}

/** The same with its records compressed. */
function compressed(batch: Buffer, name: CodecName): Buffer {
  const { id, compress } = codecOf(name);
  const whole = Buffer.concat([
    batch.subarray(0, BATCH.records),
    compress(batch.subarray(BATCH.records)),
  ]);
  whole[BATCH.attributes + 1] |= id;
  return sealed(whole);
}

function sealed(batch: Buffer): Buffer {
  batch.writeInt32BE(batch.length - LENGTH_OVERHEAD, BATCH.length);
  batch.writeUInt32BE(crc32c(batch.subarray(BATCH.attributes)) >>> 0, BATCH.crc);
  return batch;
}

const old = (magic: 0 | 1, offset: number, value: string | Buffer | null = `v${offset}`) =>
  ({
    ...{ offset, magic, key: offset % 2 === 0 ? `k${offset}` : null },
    value: value === null ? null : Buffer.from(value),
  }) satisfies OldMessage;
const told = (magic: 0 | 1, offset: number, value = `v${offset}`): string =>
  `${offset} ${magic === 0 ? -1 : 1_000_000 + offset} ` +
  `${offset % 2 === 0 ? `k${offset}` : 'null'} ${value}`;

describe.each([0, 1] as const)('messages of format %i', (magic) => {
  it('are told one by one, null or not', () => {
    const bytes = Buffer.concat([
      oldMessage(old(magic, 4)),
      oldMessage(old(magic, 5, null)),
      oldMessage(old(magic, 9)),
    ]);
    expect(walk(bytes).records).toEqual([told(magic, 4), told(magic, 5, 'null'), told(magic, 9)]);
    expect(walk(bytes, 5, 9).records).toEqual([told(magic, 5, 'null')]);
    expect(wholeBatches(bytes, 4, 10)).toEqual({ next: 10, bytes: bytes.length });
  });

  it.each(['gzip', 'snappy', 'lz4'] as const)('are told out of their wrapper: %s', (name) => {
    // As compaction leaves it: 8 is gone.
    const messages = [6, 7, 9].map((offset) => old(magic, offset));
    const bytes = oldWrapper(messages, codecOf(name));
    expect(walk(bytes).records).toEqual([told(magic, 6), told(magic, 7), told(magic, 9)]);
    expect(walk(bytes, 7, 9).records).toEqual([told(magic, 7)]);
    expect(wholeBatches(bytes, 6, 10)).toEqual({ next: 10, bytes: bytes.length });
  });

  it.each(['gzip', 'snappy', 'lz4'] as const)('over 4 MiB in one wrapper: %s', (name) => {
    const large = Buffer.alloc(1_200_000, 'large ');
    const messages = [0, 1, 2, 3].map((offset) => old(magic, offset, large));
    const bytes = oldWrapper(messages, codecOf(name));
    expect(walk(bytes).records).toEqual(
      [0, 1, 2, 3].map((offset) => told(magic, offset, 'large large large la')),
    );
  });

  it('are corrupt where a CRC is wrong, also within a wrapper, and where those are nested', () => {
    const single = oldMessage(old(magic, 3));
    single[single.length - 1] ^= 1;
    expect(() => walk(single)).toThrow(new CorruptBatch(3, 4, 'its CRC does not fit'));
    const spoiled = {
      id: 1,
      compress(set: Buffer): Buffer {
        set[set.length - 1] ^= 1;
        return codecOf('gzip').compress(set);
      },
    };
    const inner = oldWrapper([old(magic, 1), old(magic, 2)], spoiled);
    const bytes = Buffer.concat([inner, oldMessage(old(magic, 3))]);
    expect(walk(bytes, 0, Infinity, true)).toEqual({
      records: [told(magic, 3)],
      corrupt: ['2-3 its CRC does not fit'],
    });
    const nested = oldWrapper([{ ...old(magic, 1), attributes: 1 }], codecOf('gzip'));
    expect(() => walk(nested)).toThrow('a wrapper within a wrapper');
  });
});

it('a wrapper’s append time is that of all its messages', () => {
  const with_ = { attributes: LOG_APPEND_TIME, timestamp: 77 };
  const bytes = oldWrapper([old(1, 4), old(1, 5)], codecOf('gzip'), with_);
  expect(walk(bytes).records).toEqual(['4 77 k4 v4', '5 77 null v5']);
});

describe('batches of format 2', () => {
  it('keep the offsets that compaction left', () => {
    const source = batchAt(20, ['a', 'b', 'c', 'd', 'e']);
    const kept = recordsOf(source, 0).filter((_, i) => i === 1 || i === 4);
    const batch = batchOf(source, 0, kept, [1, 4]);
    // It still ends where it did.
    batch.writeInt32BE(4, BATCH.lastOffsetDelta);
    const bytes = Buffer.concat([sealed(batch), batchAt(31, ['z'])]);
    expect(walk(bytes).records.map((record) => record.split(' ')[0])).toEqual(['21', '24', '31']);
    expect(wholeBatches(bytes, 20, 40).next).toBe(32);
    // A batch of which compaction left nothing is its header.
    const empty = sealed(Buffer.from(batchAt(32, ['x']).subarray(0, BATCH.records)));
    empty.writeInt32BE(0, BATCH.count);
    expect(walk(sealed(empty)).records).toEqual([]);
    expect(wholeBatches(empty, 32, 40).next).toBe(33);
  });

  it('have one time where the broker sets it', () => {
    const batch = batchAt(0, ['a', 'b']);
    batch[BATCH.attributes + 1] |= LOG_APPEND_TIME;
    writeInt64At(batch, BATCH.maxTimestamp, 99);
    expect(walk(sealed(batch)).records).toEqual(['0 99 null a', '1 99 null b']);
  });

  it.each(['gzip', 'lz4', 'zstd'] as const)('may be a few bytes that become MiB: %s', (name) => {
    const batch = compressed(batchAt(0, [Buffer.alloc(8 * 1024 * 1024, 'a')]), name);
    expect(walk(batch).records).toEqual([`0 1000000 null ${'a'.repeat(20)}`]);
  });

  it('are corrupt where the CRC is wrong; reading goes on behind them', () => {
    const [first, third] = [batchAt(0, ['a', 'b']), batchAt(4, ['e'])];
    const second = batchAt(2, ['c', 'd']);
    second[BATCH.records + 6] ^= 1;
    const bytes = Buffer.concat([first, second, third]);
    expect(() => walk(bytes)).toThrow(new CorruptBatch(2, 4, 'its CRC does not fit'));
    const { records, corrupt } = walk(bytes, 0, Infinity, true);
    expect(records.map((record) => record.split(' ')[0])).toEqual(['0', '1', '4']);
    expect(corrupt).toEqual(['2-4 its CRC does not fit']);
    // Only of what was asked for.
    expect(walk(bytes, 3, 5, true).corrupt).toEqual(['3-4 its CRC does not fit']);
  });

  it('that cannot be end what is taken of an answer: the next fetch meets them first', () => {
    const [first, second] = [batchAt(0, ['a', 'b']), batchAt(2, ['c', 'd'])];
    const with_ = (spoiled: (batch: Buffer) => void): Buffer => {
      const copy = Buffer.from(second);
      spoiled(copy);
      return Buffer.concat([first, copy]);
    };
    const front = { next: 2, bytes: first.length };
    const cases: readonly ((batch: Buffer) => void)[] = [
      (batch) => writeInt64At(batch, 0, 2 ** 50),
      (batch) => writeInt64At(batch, 0, 0),
      (batch) => writeInt64At(batch, 0, -5),
      (batch) => batch.writeInt32BE(0x7fffffff, BATCH.lastOffsetDelta),
      (batch) => batch.writeInt32BE(0x7fffffff, BATCH.length),
      (batch) => batch.writeInt32BE(-1, BATCH.length),
    ];
    for (const spoiled of cases) expect(wholeBatches(with_(spoiled), 0, 4)).toEqual(front);
    expect(wholeBatches(second.subarray(0, 30), 2, 4)).toEqual({ next: 2, bytes: 0 });
  });
});

describe('of whatever bytes', () => {
  const values = Array.from({ length: 30 }, (_, i) => Buffer.alloc(i * 7, `value ${i} `));
  const samples = [
    batchAt(0, values),
    ...(['gzip', 'snappy', 'lz4', 'zstd'] as const).map((name) =>
      compressed(batchAt(0, values), name),
    ),
    oldMessage(old(0, 0)),
    oldMessage(old(1, 0)),
    oldWrapper([old(0, 0), old(0, 1)], codecOf('snappy')),
    oldWrapper([old(1, 0), old(1, 1)], codecOf('lz4')),
  ];
  const behind = batchAt(40, ['y', 'z']);

  /** Right CRCs, so that what is behind them is met as well. */
  function resealed(bytes: Buffer): Buffer {
    if (bytes.length < BATCH.records || bytes[BATCH.magic] !== 2) return bytes;
    return sealed(Buffer.from(bytes));
  }

  it.each([
    ['as they are', (bytes: Buffer) => bytes],
    ['with a CRC that fits', resealed],
  ] as const)('only what was asked for is told, or CorruptBatch is: %s', (_, mended) => {
    fc.assert(
      fc.property(
        fc.nat(samples.length - 1),
        fc.array(damage, { minLength: 1, maxLength: 3 }),
        (sample, harm) => {
          const front = mended(harm.reduce((bytes, how) => spoil(bytes, how), samples[sample]));
          const bytes = Buffer.concat([front, behind]);
          const whole = wholeBatches(bytes, 0, 100);
          expect(whole.next).toBeGreaterThanOrEqual(0);
          expect(whole.next).toBeLessThanOrEqual(100);
          expect(whole.bytes).toBeLessThanOrEqual(bytes.length);
          // All of it, and as the session does: the whole batches alone, and their offsets.
          walksOrIsCorrupt(bytes, 100);
          if (whole.next > 0) walksOrIsCorrupt(bytes.subarray(0, whole.bytes), whole.next);
        },
      ),
      parameters(RUNS),
    );
  });

  function walksOrIsCorrupt(bytes: Buffer, to: number): void {
    let records = 0;
    const visitor = {
      onRecord: (...[, offset, held, keyAt, keyBytes, valueAt, valueBytes]: RecordCall) => {
        records += 1;
        if (!(offset >= 0 && offset < to)) throw new Error(`offset ${offset}`);
        const end = Math.max(keyAt + Math.max(0, keyBytes), valueAt + Math.max(0, valueBytes));
        if (!(end <= held.length)) throw new Error(`${end} of ${held.length} bytes`);
      },
    };
    const parts = { slot: 0, from: 0, to, aborted: null };
    try {
      walkBatches(bytes, { ...parts, visitor });
    } catch (error) {
      expect(error).toBeInstanceOf(CorruptBatch);
    }
    // A visitor that takes what is corrupt is thrown nothing at all.
    const onCorrupt = (_slot: number, first: number, end: number): void => {
      if (!(first >= 0 && end > first && end <= to)) throw new Error(`${first} to ${end}`);
    };
    walkBatches(bytes, { ...parts, visitor: { ...visitor, onCorrupt } });
    // Each takes at least a byte of what a batch may become.
    expect(records).toBeLessThan(64 * 1024 * 1024);
  }

  it('a batch that would become GiB takes no memory', () => {
    const bomb = codecOf('gzip').compress(Buffer.alloc(80 * 1024 * 1024));
    const batch = Buffer.concat([batchAt(0, ['x']).subarray(0, BATCH.records), bomb]);
    batch[BATCH.attributes + 1] |= 1;
    const before = process.memoryUsage().rss;
    expect(() => walk(sealed(batch))).toThrow(/gzip/);
    expect(process.memoryUsage().rss - before).toBeLessThan(256 * 1024 * 1024);
  });

  it('what the visitor throws is its own', () => {
    const boom = new RangeError('the visitor’s');
    const onRecord = (): never => {
      throw boom;
    };
    const visitor = { onRecord, onCorrupt: () => expect.unreachable() };
    expect(() =>
      walkBatches(batchAt(0, ['x']), { slot: 0, from: 0, to: 9, visitor, aborted: null }),
    ).toThrow(boom);
  });
});

type RecordCall = Parameters<Parameters<typeof walkBatches>[1]['visitor']['onRecord']>;
