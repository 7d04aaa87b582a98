import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigurationError, type Problem } from '../../base/errors.js';
import type { PayloadFile } from '../../contract/settings.js';
import { estimatePlan } from '../text/estimate.js';
import { planSweep, type LoadOptions } from '../load-sweep.js';
import { describePlan } from '../text/plan-text.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kbench-fields-'));
  const write = (name: string, text: string) => writeFileSync(path.join(folder, name), text);
  write('events.jsonl', '{"user":{"id":"a"}}\n{"user":{}}\n\n');
  write('table.csv', 'id,name\n1,x\n2,y\n');
  write('pretty.json', '{\n  "a": 1\n}\n');
  write('data.bin', '0123456789');
  write('long.txt', `${'x'.repeat(20_000)}\n${'y'.repeat(10)}\n`);
  write('list.txt', 'a;b;c');
});
afterAll(() => rmSync(folder, { recursive: true }));

const plan = (text: string, options: LoadOptions = {}) =>
  planSweep(path.join(folder, 's.yaml'), text, options);
const payload = (text: string) =>
  plan(`workload: {payload: ${text}}`).plan.points[0].settings.workload;

function problems(text: string): readonly Problem[] {
  try {
    plan(text);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.problems;
  }
}

describe('workload.payload', () => {
  it.each<[string, Partial<PayloadFile>, number | null]>([
    ['{file: events.jsonl}', { records: 'lines' }, null],
    [
      '{file: table.csv, header: true, key: {column: name}}',
      { records: 'lines', key: { column: 'name' } },
      null,
    ],
    ['{file: table.csv, key: {column: 0}}', { key: { column: 0 } }, null],
    ['{file: events.jsonl, key: {field: user.id}}', { key: { field: 'user.id' } }, null],
    ['{file: list.txt, delimiter: ";"}', { records: 'delimiter', delimiter: ';' }, null],
    ["{file: list.txt, delimiter: '\\x3b\\0\\n'}", { delimiter: ';\0\n' }, null],
    [
      '{file: events.jsonl, order: random, sample: 1MiB}',
      { order: 'random', sampleBytes: 1_048_576 },
      null,
    ],
  ])('%s', (text, expected, valueBytes) => {
    const workload = payload(text);
    expect(workload.payload).toMatchObject(expected);
    expect(workload.valueBytes).toBe(valueBytes);
  });

  it('of a file that is no text are slices of valueBytes', () => {
    expect(
      plan('workload: {valueBytes: 3, payload: {file: data.bin}}').plan.points[0].settings.workload,
    ).toMatchObject({
      ...{
        valueBytes: 3,
        payload: { records: 'slices', content: { records: 3, bytesLeftOut: 1 } },
      },
    });
  });

  it('holds what the file held, so that two files are two settings', () => {
    const of = (name: string) => (payload(`{file: ${name}}`).payload as PayloadFile).content!;
    expect(of('events.jsonl')).toMatchObject({
      records: 2,
      minBytes: 11,
      maxBytes: 19,
      emptyLeftOut: 1,
    });
    expect(of('events.jsonl').sha256).not.toBe(of('table.csv').sha256);
  });

  it.each([
    [
      '{valueBytes: 9, payload: {file: events.jsonl}}',
      'workload.valueBytes is set, but the values are lines',
      'leave valueBytes out',
    ],
    [
      '{keys: {range: 5}, payload: {file: events.jsonl, key: {field: user.id}}}',
      'workload.payload has a key too',
      'keep one',
    ],
    [
      '{payload: {file: events.jsonl, records: line}}',
      'records: "line" is not one of lines',
      'write lines',
    ],
    [
      '{payload: {file: events.jsonl, records: delimiter}}',
      'needs delimiter',
      'write e.g. delimiter',
    ],
    [
      '{payload: {file: events.jsonl, records: slices, key: {field: a}}}',
      'slices have no keys',
      'records: lines',
    ],
    [
      '{payload: {file: data.bin, header: true}}',
      'header goes with records: lines, not with slices',
      'leave it out',
    ],
    [
      '{payload: {file: a.bin, records: lines, prefix: varint}}',
      'prefix goes with records: length-prefixed',
      '',
    ],
    [
      '{payload: {file: table.csv, header: false, key: {column: id}}}',
      'only where there is a header',
      'column: 0',
    ],
    ['{payload: {file: events.jsonl, key: user.id}}', 'where keys stand', 'key: {field: user.id}'],
    ['{payload: {file: table.csv, separator: ";;"}}', 'is not one character', ''],
    ['{payload: {file: events.jsonl, sample: 10}}', 'sample: 10 is outside', ''],
    ['{payload: {file: nothing.jsonl}}', 'there is no ', "the folder of the sweep's file"],
    ['{payload: {fil: x}}', 'unknown key fil', 'did you mean file?'],
  ])('refuses %s', (text, message, remedy) => {
    const [problem] = problems(`workload: ${text}`);
    expect(problem?.message).toContain(message);
    expect(problem?.remedy ?? '').toContain(remedy);
    expect(problem?.line).toBe(1);
  });

  it('refuses a record that is too large for a request, by what the file holds', () => {
    const [problem] = problems(
      'workload: {payload: {file: long.txt}}\nproducer: {max.request.size: 16KiB}',
    );
    expect(problem.message).toContain('the largest record of long.txt has 20000 bytes');
  });

  it('takes valueBytes where only some of the payloads that vary need it', () => {
    const text =
      'workload: {valueBytes: 50}\nsweep: {workload.payload: [random, {file: events.jsonl}]}';
    const { points } = plan(text).plan;
    expect(points.map(({ settings }) => settings.workload.valueBytes)).toEqual([50, null]);
    expect(points.map(({ config }) => config['workload.payload'])).toEqual([
      'random',
      'file events.jsonl',
    ]);
  });

  it('starts paths in the file’s folder, with --set too', () => {
    const { points } = plan('name: x', {
      overrides: ['workload.payload={file: events.jsonl}'],
    }).plan;
    expect(points[0].settings.workload.payload).toMatchObject({
      file: 'events.jsonl',
      records: 'lines',
    });
  });
});

describe('what validate says of payloads', () => {
  const told = (text: string) => describePlan(plan(text), 400);

  it('how a file is cut, sizes, what is left out, where keys come from', () => {
    const text = told('workload: {payload: {file: events.jsonl, key: {field: user.id}}}');
    expect(text).toContain(
      'events.jsonl, cut into lines: 2 values of 11 to 19 bytes, 15 on average; ' +
        'the whole file; record i is value i modulo their number; empty ones left out: 1; ' +
        'keys from field user.id; 1 without a key, sent with null',
    );
    expect(text).not.toContain('no keys');
    expect(told('workload: {payload: {file: data.bin}, valueBytes: 4}')).toContain(
      'cut into slices of workload.valueBytes',
    );
  });

  it('that it is a sample, of how much', () => {
    expect(told('seed: 3\nworkload: {payload: {file: long.txt, sample: 1KiB}}')).toContain(
      'an even sample of the 2 in 20012B (seed 3; all of it with sample: 20012B)',
    );
  });
});

describe('warnings of a plan', () => {
  const warnings = (text: string) =>
    plan(text).warnings.map(({ message, line }) => `${line ?? 0} ${message}`);

  it('codecs over random bytes, where nothing else is compressed', () => {
    const codecs = 'sweep: {compression.type: [none, gzip, zstd]}';
    expect(warnings(codecs)).toEqual([
      expect.stringMatching(/^1 compression.type gzip, zstd over .*do not compress/),
    ]);
    expect(warnings('producer: {compression.type: lz4}')).toEqual([
      expect.stringContaining('say nothing about the codec'),
    ]);
    expect(warnings(`${codecs}\nworkload: {payload: text}`)).toEqual([]);
    expect(
      warnings('sweep: {compression.type: [none, gzip], workload.payload: [random, text]}'),
    ).toEqual([]);
    expect(warnings('sweep: {compression.type: [none]}')).toEqual([]);
  });

  it('a plan of more than an hour, with its length and what to do', () => {
    const long = plan(
      'workload: {duration: 8m, warmup: none}\nsweep: {linger.ms: [0, 5]}\nrepeats: 9',
    );
    expect(long.warnings).toHaveLength(1);
    expect(long.warnings[0].message).toMatch(
      /^this takes about 2\.4 h: 18 runs \(2 x 9\) of about 8 min each$/,
    );
    expect(long.warnings[0].remedy).toMatch(/--set repeats=1.*--resume/);
    expect(warnings('workload: {duration: 5m}\nrepeats: 9')).toEqual([]);
  });

  it('lines that are no JSON, and records beyond batch.size', () => {
    expect(warnings('workload: {payload: {file: pretty.json}}')).toEqual([
      expect.stringContaining('the lines of pretty.json are no whole JSON'),
    ]);
    expect(warnings('workload: {payload: {file: long.txt}}')).toEqual([
      expect.stringContaining('more than batch.size 16KiB'),
    ]);
  });

  it('a file that comes round within a batch, where a codec is on', () => {
    const file = 'workload: {payload: {file: events.jsonl}}\n';
    expect(warnings(`${file}producer: {compression.type: gzip}`)).toEqual([
      expect.stringMatching(/^1 events.jsonl comes round after 30B, within a batch of 16KiB/),
    ]);
    expect(warnings(file)).toEqual([]);
  });

  it('counts a payload file into the memory', () => {
    const bytes = (text: string) => {
      const sweep = plan(text);
      return estimatePlan(sweep.plan, sweep.target).memoryBytes;
    };
    expect(bytes('workload: {payload: {file: long.txt}}')).toBeGreaterThan(
      bytes('name: x') + 20_000,
    );
  });
});
