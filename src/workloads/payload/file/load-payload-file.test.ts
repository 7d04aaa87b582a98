import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PayloadFile } from '../../../contract/settings.js';
import { FileKeys, FilePayload } from './file-payload.js';
import { loadPayloadFile, type LoadedPayload } from './load-payload-file.js';
import { RecordReader } from './record-reader.js';
import type { StoredRecords } from './stored-records.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kbench-payload-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;

function load(
  bytes: string | Buffer,
  more: Partial<PayloadFile> = {},
  valueBytes: number | null = null,
) {
  files += 1;
  const file = `f${files}.txt`;
  writeFileSync(path.join(folder, file), bytes);
  const payload: PayloadFile = { kind: 'file', file, records: 'lines', ...more };
  return loadPayloadFile({ payload, valueBytes, folder, seed: 1 });
}

function all(stored: StoredRecords): (Buffer | null)[] {
  const reader = new RecordReader(stored);
  return Array.from({ length: stored.count }, (_, i) => {
    const bytes = reader.of(i);
    return bytes === null ? null : Buffer.from(bytes);
  });
}

const texts = (stored: StoredRecords | null) =>
  stored === null ? null : all(stored).map((each) => each?.toString('latin1') ?? null);
const lines = (bytes: string | Buffer, more: Partial<PayloadFile> = {}) =>
  texts(load(bytes, more).values);

describe('lines', () => {
  it.each([
    ['LF', 'a\nbc\n', ['a', 'bc']],
    ['CR LF', 'a\r\nbc\r\n', ['a', 'bc']],
    ['a last line without its end', 'a\nbc', ['a', 'bc']],
    ['empty lines', '\n\na\n\r\nb\n\n', ['a', 'b']],
    ['a byte order mark', '\ufeffa\nb', ['a', 'b']],
    ['one line', 'abc', ['abc']],
    ['a CR within a line', 'a\rb\nc', ['a\rb', 'c']],
  ])('%s', (_name, text, expected) => expect(lines(text)).toEqual(expected));

  it('keep bytes that are no UTF-8', () => {
    const bytes = Buffer.from([0x61, 0xff, 0xfe, 0x0a, 0xc3, 0x0a]);
    expect(lines(bytes)).toEqual(['a\xff\xfe', '\xc3']);
  });

  it('of more than a window: 60,000 of 1 to 300 bytes and one of 9 MB come back whole', () => {
    const each = Array.from({ length: 60_000 }, (_, i) => `${i}:${'x'.repeat((i * 7919) % 300)}`);
    each[777] = 'y'.repeat(9_000_000);
    const text = each.join('\n');
    const { content, values } = load(text);
    expect(texts(values)).toEqual(each);
    expect(content).toMatchObject({ records: 60_000, sampleSeed: null, maxBytes: 9_000_000 });
    expect(content.sha256).toBe(createHash('sha256').update(text).digest('hex'));
  });

  it('tell sizes and what is left out', () => {
    expect(load('aa\n\nbbbb\n').content).toMatchObject({
      ...{ minBytes: 2, meanBytes: 3, maxBytes: 4, emptyLeftOut: 1, fileBytes: 9, fileRecords: 2 },
    });
  });
});

describe('other framings', () => {
  it('a delimiter of several bytes, also across windows', () => {
    const each = Array.from({ length: 900_000 }, (_, i) => `r${i}`);
    const more = { records: 'delimiter', delimiter: '\0--' } as const;
    expect(lines(`${each.join('\0--')}\0--`, more)).toEqual(each);
  });

  it('four bytes of length, either way round, empty records among them', () => {
    const each = ['abc', '', 'x'.repeat(70_000)];
    for (const prefix of ['uint32be', 'uint32le'] as const) {
      const parts = each.map((text) => {
        const head = Buffer.alloc(4);
        if (prefix === 'uint32be') head.writeUInt32BE(text.length);
        else head.writeUInt32LE(text.length);
        return Buffer.concat([head, Buffer.from(text)]);
      });
      expect(lines(Buffer.concat(parts), { records: 'length-prefixed', prefix })).toEqual(each);
    }
  });

  it('varints, as protobuf writes delimited messages', () => {
    const long = 'z'.repeat(300);
    const bytes = Buffer.concat([
      Buffer.from([3]),
      Buffer.from('abc'),
      Buffer.from([0xac, 2]),
      Buffer.from(long),
    ]);
    expect(lines(bytes, { records: 'length-prefixed', prefix: 'varint' })).toEqual(['abc', long]);
  });

  it('slices, the odd rest left out and told', () => {
    const { values, content } = load('aabbccd', { records: 'slices' }, 2);
    expect(texts(values)).toEqual(['aa', 'bb', 'cc']);
    expect(content.bytesLeftOut).toBe(1);
  });

  it('CSV as Python’s csv module cuts it', (context) => {
    const text = 'id,note\r\n1,"a ""b"" c"\n2,"two\nlines, and ""more"""\n3,5" pipe\n4,\n"5",x\n';
    const script =
      'import csv,io,sys,json;print(json.dumps([r[0] for r ' +
      'in csv.reader(io.StringIO(sys.stdin.read(),newline=""))]))';
    const python = spawnSync('python3', ['-c', script], {
      input: text,
      encoding: 'utf8',
      timeout: 20_000,
    });
    if (python.status !== 0) return context.skip('no python3');
    const loaded = load(text, { key: { column: 0 } });
    expect(texts(loaded.keys)).toEqual(JSON.parse(python.stdout));
    expect(all(loaded.values).join('\n')).toBe(text.trimEnd().replace('\r', ''));
  });
});

describe('keys', () => {
  const events = [
    '{"user":{"id":"ü7"}}',
    '{"user":{"id":12345678901234567890}}',
    '{"user":{}}',
    '{"user":{"id":3.5}}',
  ];

  it('from a field of JSON: text, numbers as they stand there, null where there is none', () => {
    const { keys, content } = load(events.join('\n'), { key: { field: 'user.id' } });
    expect(all(keys!).map((key) => key?.toString() ?? null)).toEqual([
      'ü7',
      '12345678901234567890',
      null,
      '3.5',
    ]);
    expect(content).toMatchObject({ withoutKey: 1, longestKeyBytes: 20 });
  });

  it('from a column by its name, with the header left out of the values', () => {
    const { keys, values } = load('id;user\n1;"a;b"\n2;c\n', {
      separator: ';',
      key: { column: 'user' },
    });
    expect([texts(keys), texts(values)]).toEqual([
      ['a;b', 'c'],
      ['1;"a;b"', '2;c'],
    ]);
  });

  it.each<[string, string, Partial<PayloadFile>, RegExp]>([
    [
      'a line that is not JSON',
      '{"a":1}\n\nnope',
      { key: { field: 'a' } },
      /line 3 \(byte 9\) is not JSON/,
    ],
    [
      'a field that is nowhere',
      '{"a":1}',
      { key: { field: 'b' } },
      /no record with a key at .*the first is "\{/,
    ],
    [
      'a column that the header lacks',
      'a,b\n1,2',
      { key: { column: 'c' } },
      /names no column "c" .*: it has a, b/,
    ],
    ['an open quote', 'a,"b\nc', { key: { column: 0 } }, /byte 0 has a quote that is never closed/],
    [
      'a length beyond the end',
      '\0\0\0\x05ab',
      { records: 'length-prefixed' },
      /byte 0 has 2 bytes of the 5/,
    ],
    [
      'half a length',
      '\0\0\0\x01a\0\0',
      { records: 'length-prefixed' },
      /byte 5 ends in the middle of its length/,
    ],
    [
      'an absurd length',
      'text, not lengths',
      { records: 'length-prefixed' },
      /would have 1952807028 bytes/,
    ],
    ['nothing', '', {}, /is empty/],
    ['empty lines alone', '\n\n', {}, /has no record/],
  ])('refuses %s, with its place', (_name, text, more, message) => {
    expect(() => load(text, more)).toThrow(message);
  });

  it('refuses what is no file', () => {
    const payload = { kind: 'file', records: 'lines' } as const;
    const of = (file: string) => () =>
      loadPayloadFile({ payload: { ...payload, file }, valueBytes: null, folder, seed: 1 });
    expect(of('not/there')).toThrow(/there is no .*not\/there/);
    expect(of('.')).toThrow(/is not a file/);
  });
});

describe('a sample of a larger file', () => {
  const each = Array.from(
    { length: 40_000 },
    (_, i) => `${String(i).padStart(6, '0')}${'x'.repeat(i % 2 === 0 ? 10 : 90)}`,
  );
  const sampled = (seed: number) => {
    writeFileSync(path.join(folder, 'large.txt'), each.join('\n'));
    const payload: PayloadFile = {
      kind: 'file',
      file: 'large.txt',
      records: 'lines',
      sampleBytes: 300_000,
    };
    return loadPayloadFile({ payload, valueBytes: null, folder, seed });
  };

  it('fills most of what it may, in the file’s order, of whole records', () => {
    const { values, content } = sampled(1);
    const found = texts(values)!;
    const known = new Set(each);
    expect(found.every((text) => known.has(text!))).toBe(true);
    expect(found).toEqual(found.toSorted());
    const bytes = found.join('').length;
    expect(bytes).toBeLessThanOrEqual(300_000);
    expect(bytes).toBeGreaterThan(300_000 * 0.8);
    expect(content).toMatchObject({ fileRecords: 40_000, sampleSeed: 1, records: found.length });
  });

  it('is even: neither size nor place counts', () => {
    const found = texts(sampled(1).values)!;
    const short = found.filter((text) => text!.length === 16).length;
    const early = found.filter((text) => Number(text!.slice(0, 6)) < 20_000).length;
    // Both are halves; five standard deviations of a binomial.
    const most = 2.5 * Math.sqrt(found.length);
    expect(Math.abs(short - found.length / 2)).toBeLessThan(most);
    expect(Math.abs(early - found.length / 2)).toBeLessThan(most);
  });

  it('repeats with its seed, and is another with another', () => {
    expect(sampled(1).content.sha256).toBe(sampled(1).content.sha256);
    expect(sampled(2).content.sha256).not.toBe(sampled(1).content.sha256);
  });
});

describe('in workers', () => {
  const take = (source: { readonly current: Uint8Array | null; advance(): void }, count: number) =>
    Array.from({ length: count }, () => {
      const text = Buffer.from(source.current ?? []).toString();
      source.advance();
      return text;
    });
  const source = (
    loaded: LoadedPayload,
    order: PayloadFile['order'],
    worker: number,
    workers: number,
  ) =>
    new FilePayload(
      loaded,
      { kind: 'file', file: 'f', ...(order && { order }) },
      { seed: 4, worker, workers },
    );

  it('record i is value i mod n, however many, and again from the measured part on', () => {
    const loaded = load('a\nb\nc\nd\ne');
    expect(take(source(loaded, undefined, 0, 1), 12).join('')).toBe('abcdeabcdeab');
    for (const workers of [2, 3, 7]) {
      const parts = Array.from({ length: workers }, (_, w) =>
        source(loaded, undefined, w, workers),
      );
      take(parts[0], 3);
      parts[0].restart();
      const taken = parts.map((part) => take(part, 5));
      const together = Array.from(
        { length: 5 * workers },
        (_, i) => taken[i % workers][Math.floor(i / workers)],
      );
      expect(together.join('')).toBe('abcde'.repeat(workers));
    }
  });

  it('in random order it is drawn from i, keys beside their values', () => {
    const text = Array.from({ length: 50 }, (_, i) => `{"k":"k${i}"}`).join('\n');
    const loaded = load(text, { key: { field: 'k' } });
    const alone = take(source(loaded, 'random', 0, 1), 400);
    const two = [0, 1].map((worker) => take(source(loaded, 'random', worker, 2), 200));
    expect(alone).toEqual(alone.map((_, i) => two[i % 2][Math.floor(i / 2)]));
    expect(new Set(alone).size).toBe(50);
    const settings = { kind: 'file', file: 'f', order: 'random' } as const;
    const keys = new FileKeys(loaded.keys!, settings, { seed: 4, worker: 0, workers: 1 });
    expect(take(keys, 400).map((key) => `{"k":"${key}"}`)).toEqual(alone);
  });

  it('more records than there are views come whole from shared memory, of any length', () => {
    const each = Array.from(
      { length: 70_000 },
      (_, i) => `${i}-${'z'.repeat(i % 500 === 0 ? 20_000 : i % 61)}`,
    );
    const loaded = load(each.join('\n'));
    expect(take(source(loaded, undefined, 0, 1), each.length)).toEqual(each);
  });
});
