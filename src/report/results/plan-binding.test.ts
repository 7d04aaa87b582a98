// Which runs count in a folder: those of its plan, with figures that can all be true. Others are
// left out by name.
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Measurement, RunResult } from '../../contract/run-result.js';
import { settingsHash } from '../../contract/settings-hash.js';
import { writeSyntheticResults } from '../../testing/synthetic-results.js';
import { readResults } from './read-results.js';

type Mutable<T> = { -readonly [K in keyof T]: Mutable<T[K]> };

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'kbench-binding-'));
  const { plan } = writeSyntheticResults(dir, {
    axes: { acks: ['1', 'all'] },
    repeats: 2,
    rate: 5000,
    seconds: 2,
  });
  // As sweeps of this version leave it.
  writeFileSync(path.join(dir, 'plan.json'), JSON.stringify({ ...plan, id: 'plan-a' }));
  const hashes = new Map(plan.points.map(({ id, settings }) => [id, settingsHash(settings)]));
  for (const { run, point } of plan.runs) {
    alter(run, (json) => Object.assign(json, { plan: 'plan-a', settingsHash: hashes.get(point) }));
  }
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const runFile = (run: string): string => path.join(dir, 'runs', `${run}.json`);

function alter(run: string, change: (json: Mutable<RunResult>) => void): void {
  const json = JSON.parse(readFileSync(runFile(run), 'utf8')) as Mutable<RunResult>;
  change(json);
  writeFileSync(runFile(run), JSON.stringify(json));
}

/** Why runs/NAME is left out; the others count. */
function leftOut(): string[] {
  return readResults(dir).skipped.map(({ message }) => message);
}

describe('a folder in which no run is of the plan', () => {
  const plainly = (n: number): RegExp =>
    new RegExp(`none of the ${n} runs here is of this plan: either plan.json or all runs were`);

  it('is refused, plainly, where the plan of another sweep was copied in', () => {
    const plan = JSON.parse(readFileSync(path.join(dir, 'plan.json'), 'utf8')) as object;
    writeFileSync(path.join(dir, 'plan.json'), JSON.stringify({ ...plan, id: 'plan-b' }));
    expect(() => readResults(dir)).toThrow(plainly(4));
    expect(() => readResults(dir)).toThrow(/runs\/0001\.json belongs to another plan/);
  });

  it('is refused where all its runs came from elsewhere; one of its own changes that', () => {
    for (const run of ['0001', '0002', '0003', '0004'])
      alter(run, (json) => (json.plan = 'plan-b'));
    expect(() => readResults(dir)).toThrow(plainly(4));
    alter('0003', (json) => (json.plan = 'plan-a'));
    expect(readResults(dir).runs).toHaveLength(1);
  });
});

describe('a run counts in the folder that it was made for alone', () => {
  it('with all of them there, nothing is left out', () => {
    const { runs, skipped } = readResults(dir);
    expect(skipped).toEqual([]);
    expect(runs).toHaveLength(4);
  });

  it.each(['0099', '00001', '0005'])('copied as %s.json', (name) => {
    copyFileSync(runFile('0001'), runFile(name));
    expect(readResults(dir).runs).toHaveLength(4);
    expect(leftOut()).toEqual([`runs/${name}.json holds run 0001, not the one that its name says`]);
  });

  it.each(['1.json', '0001 (copy).json', '0001.json.json'])('copied as %s', (name) => {
    copyFileSync(runFile('0001'), path.join(dir, 'runs', name));
    expect(leftOut()).toEqual([`runs/${name} is not named as any run is`]);
  });

  it('under a number that the plan has not', () => {
    copyFileSync(runFile('0001'), runFile('0005'));
    alter('0005', (run) => (run.run = '0005'));
    expect(leftOut()).toEqual(['runs/0005.json is run 0005, which the plan has not']);
  });

  it('of another session of the same sweep, and of none', () => {
    alter('0002', (run) => (run.plan = 'plan-b'));
    alter('0003', (run) => delete run.plan);
    expect(leftOut()).toEqual([
      'runs/0002.json belongs to another plan',
      'runs/0003.json does not say which plan it was made for, and this one has an id',
    ]);
  });

  it('at another point, repeat or seed', () => {
    alter('0001', (run) => (run.repeat = 2));
    alter('0002', (run) => (run.seed = 7));
    alter('0003', (run) => (run.block = 9));
    expect(leftOut()).toEqual([
      'runs/0001.json has the repeat 2, where the plan has 1',
      expect.stringMatching(/^runs\/0002\.json has the seed 7, where the plan has \d+$/),
      'runs/0003.json has the block 9, where the plan has 2',
    ]);
  });

  it('with other settings than its point, swept or not', () => {
    alter('0001', (run) => (run.config = { acks: '0' }));
    alter('0002', (run) => (run.settingsHash = settingsHash({ else: 1 })));
    expect(leftOut()).toEqual([
      'runs/0001.json ran with other settings than its point in the plan (acks)',
      'runs/0002.json ran with other settings than its point in the plan',
    ]);
  });
});

const lies: readonly (readonly [string, (figures: Mutable<Measurement>) => void, RegExp])[] = [
  ['a negative rate', (m) => (m.throughput.recordsPerSecond = -5), /throughput is -5 records\/s/],
  [
    '1e308 records/s',
    (m) => (m.throughput.recordsPerSecond = 1e308),
    /throughput is 1e\+308 records\/s/,
  ],
  [
    'a rate that is twice what was acknowledged',
    (m) => (m.throughput.recordsPerSecond *= 2),
    /were acknowledged in/,
  ],
  ['a time that makes it so', (m) => (m.measuredMs *= 3), /were acknowledged in/],
  ['a negative time', (m) => (m.measuredMs = -1), /measuredMs is -1/],
  ['1e308 MiB/s', (m) => (m.throughput.mebibytesPerSecond = 1e308), /1e\+308 MiB\/s/],
  [
    'more acknowledged than sent',
    (m) => (m.records.acked = m.records.sent + 1),
    /acknowledged of \d+ sent/,
  ],
  [
    'more acknowledged and failed than sent',
    (m) => (m.records.failed = 3),
    /acknowledged and 3 failed of/,
  ],
  [
    'percentiles that fall',
    (m) => (m.latencyMs.service!.p50 = 1e6),
    /latencyMs\.service\.p50 is 1000000 and p90/,
  ],
  [
    'a maximum below p99',
    (m) => (m.latencyMs.response!.max = 0.01),
    /response\.p9999 is .* and max 0\.01/,
  ],
  ['a negative latency', (m) => (m.latencyMs.delay!.min = -1), /delay\.min is -1/],
  [
    'a mean beyond the greatest',
    (m) => (m.latencyMs.service!.mean = 1e9),
    /service\.mean is 1000000000/,
  ],
  [
    'more latencies than records',
    (m) => (m.latencyMs.service!.count = 1e9),
    /holds 1000000000 values of/,
  ],
  [
    'intervals with more than the whole',
    (m) => (m.intervals[0].acked *= 3),
    /the intervals hold \d+ records acked/,
  ],
  [
    'a negative CPU time',
    (m) => (m.generator.cpuMicrosPerRecord = -0.1),
    /cpuMicrosPerRecord is -0\.1/,
  ],
  ['a negative batch', (m) => (m.achieved.batchBytes = -1), /achieved\.batchBytes is -1/],
];

describe('a run whose figures contradict each other is left out by name:', () => {
  it.each(lies)('%s', (_what, lie, message) => {
    alter('0002', (run) => lie(run.measurement!));
    const { runs, skipped } = readResults(dir);
    expect(runs.map(({ run }) => run)).toEqual(['0001', '0003', '0004']);
    expect(skipped).toHaveLength(1);
    expect(skipped[0].message).toMatch(
      /^runs\/0002\.json holds figures that contradict each other: /,
    );
    expect(skipped[0].message).toMatch(message);
  });

  it.each(['NaN', '1e999', '-1e999'])('%s', (text) => {
    const file = runFile('0002');
    const whole = readFileSync(file, 'utf8');
    writeFileSync(file, whole.replace(/"recordsPerSecond":[^,}]+/, `"recordsPerSecond":${text}`));
    const { runs, skipped } = readResults(dir);
    expect(runs).toHaveLength(3);
    expect(skipped[0].message).toMatch(/^runs\/0002\.json /);
  });
});

describe('results of before', () => {
  const reference = path.join(import.meta.dirname, '..', '..', '..', 'results', 'reference');

  it.each(readdirSync(reference))('%s reads as it did, without a line left out', (name) => {
    const folder = path.join(reference, name);
    const { runs, skipped } = readResults(folder);
    expect(skipped).toEqual([]);
    expect(runs).toHaveLength(readdirSync(path.join(folder, 'runs')).length);
  });
});
