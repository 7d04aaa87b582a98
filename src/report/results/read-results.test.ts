// Reading results folders that were cut short, altered, copied together or never were any.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigurationError, EXIT } from '../../base/errors.js';
import { writeSyntheticResults } from '../../testing/synthetic-results.js';
import { fileTrouble } from './read-file.js';
import { readResults } from './read-results.js';
import { MAX_RUN_BYTES } from './run-files.js';
import { summarize } from '../model/summarize.js';

const AXES = { 'linger.ms': [0, 5] } as const;

let top: string;
let dir: string;
beforeEach(() => {
  top = mkdtempSync(path.join(tmpdir(), 'kbench-read-'));
  dir = path.join(top, '2026-11-22T10-15-30Z-1f2e3d4c');
  writeSyntheticResults(dir, { axes: AXES, repeats: 2 });
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

function refusal(of: string): ConfigurationError {
  try {
    readResults(of);
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
  throw new Error('was read');
}

/**
 * Root may read everything: as another user it may not. Only a process of its own can change its
 * user, a thread cannot.
 */
const isRoot = process.getuid?.() === 0;
const cannotBeNobody = isRoot && process.seteuid === undefined;
const NOBODY = 65_534;

function asNobody<T>(work: () => T): T {
  if (!isRoot) return work();
  for (const each of [top, dir]) if (statSync(each).mode & 0o700) chmodSync(each, 0o755);
  process.seteuid!(NOBODY);
  try {
    return work();
  } finally {
    process.seteuid!(0);
  }
}

const runFile = (run: string): string => path.join(dir, 'runs', `${run}.json`);

function alter(file: string, change: (json: Record<string, unknown>) => void): void {
  const json = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  change(json);
  writeFileSync(file, JSON.stringify(json));
}

describe('readResults', () => {
  it('reads a whole folder in the order of its runs', () => {
    const results = readResults(dir);
    expect(results.runs.map((run) => run.run)).toEqual(['0001', '0002', '0003', '0004']);
    expect(results).toMatchObject({
      name: 'synthetic',
      skipped: [],
      chosen: null,
      invocation: null,
    });
    expect(results.environment?.target.kind).toBe('external');
    expect(results.sweepYaml).toContain('name: synthetic');
  });

  it('reads runs that were made before there were metrics', () => {
    for (const run of ['0001', '0002', '0003', '0004']) {
      alter(runFile(run), (json) => {
        const measurement = json.measurement as {
          metrics?: object;
          intervals: { metrics?: object }[];
        };
        delete measurement.metrics;
        for (const interval of measurement.intervals) delete interval.metrics;
      });
    }
    const { plan, runs, skipped } = readResults(dir);
    expect(skipped).toEqual([]);
    expect(runs[0].measurement).toMatchObject({
      metrics: {},
      intervals: [{ metrics: {} }, {}, {}, {}, {}, {}, {}, {}, {}, {}],
    });
    expect(summarize('x', plan.points, runs).points[0]).not.toHaveProperty('metrics');
  });

  it('leaves out a run whose metrics are not numbers', () => {
    alter(runFile('0002'), (json) => {
      (json.measurement as { metrics: object }).metrics = { 'batch-size-avg': 'large' };
    });
    const { runs, skipped } = readResults(dir);
    expect(runs.map(({ run }) => run)).toEqual(['0001', '0003', '0004']);
    expect(skipped[0].message).toContain('runs/0002.json');
  });

  it('reads a folder without runs, environment or sweep.yaml: not yet come so far', () => {
    for (const name of ['runs', 'environment.json', 'sweep.yaml'])
      rmSync(path.join(dir, name), { recursive: true });
    expect(readResults(dir)).toMatchObject({
      runs: [],
      environment: null,
      sweepYaml: null,
      skipped: [],
    });
  });

  it('pays no heed to files in runs/ that are no runs: a write cut short, one put aside', () => {
    writeFileSync(path.join(dir, 'runs', '0001.json.123456'), '{');
    writeFileSync(path.join(dir, 'runs', '0001.json.damaged-x'), '{');
    expect(readResults(dir).skipped).toEqual([]);
  });
});

describe('a damaged run is left out and named, the rest is read:', () => {
  it('cut short', () => {
    truncateSync(runFile('0002'), 500);
    const results = readResults(dir);
    expect(results.runs.map((run) => run.run)).toEqual(['0001', '0003', '0004']);
    expect(results.skipped).toHaveLength(1);
    expect(results.skipped[0].message).toMatch(/^runs\/0002\.json is not complete JSON/);
    expect(results.skipped[0].remedy).toContain('--resume');
  });

  it('empty', () => {
    truncateSync(runFile('0002'), 0);
    expect(readResults(dir).skipped[0].message).toBe('runs/0002.json is empty');
  });

  it('of another schema version, which is named', () => {
    alter(runFile('0001'), (run) => (run['schema'] = 'kbench/run@7'));
    expect(readResults(dir).skipped[0].message).toContain(
      'kbench/run@7, and this kbench reads kbench/run@1',
    );
  });

  it('not a run at all', () => {
    writeFileSync(runFile('0001'), '[1, 2, 3]');
    expect(readResults(dir).skipped[0].message).toContain(
      'is not a kbench/run@1 file: it names no schema',
    );
  });

  it('with a field of the wrong type, which is named', () => {
    alter(runFile('0001'), (run) => (run['repeat'] = 'first'));
    expect(readResults(dir).skipped[0].message).toMatch(
      /expected number, received string at repeat$/,
    );
  });

  it('of a point that the plan has not', () => {
    alter(runFile('0003'), (run) => (run['point'] = 'p\u001b[31m99'));
    expect(readResults(dir).skipped[0].message).toBe(
      'runs/0003.json belongs to the point p99, which the plan has not',
    );
  });

  it('under the name of another run', () => {
    copyFileSync(runFile('0001'), runFile('0004'));
    expect(readResults(dir).skipped[0].message).toContain(
      'holds run 0001, not the one that its name says',
    );
  });

  it('that ran with other settings than its point has', () => {
    alter(runFile('0004'), (run) => (run['config'] = { 'linger.ms': 7 }));
    expect(readResults(dir).skipped[0].message).toContain(
      'other settings than its point in the plan (linger.ms)',
    );
  });

  it('above the size limit', () => {
    truncateSync(runFile('0001'), MAX_RUN_BYTES + 1);
    const [skipped] = readResults(dir).skipped;
    expect(skipped.message).toBe('runs/0001.json is 17 MiB, above the limit of 16 MiB');
    expect(skipped.remedy).toContain('take it out of the folder');
  });

  it('that is a folder', () => {
    rmSync(runFile('0001'));
    mkdirSync(runFile('0001'));
    expect(readResults(dir).skipped[0].message).toBe('runs/0001.json is not a regular file');
  });

  it('that is a pipe nobody writes to, without waiting for it', () => {
    rmSync(runFile('0001'));
    execFileSync('mkfifo', [runFile('0001')]);
    expect(readResults(dir).skipped[0].message).toBe('runs/0001.json is not a regular file');
  });

  it('that is a link to itself', () => {
    rmSync(runFile('0001'));
    symlinkSync(runFile('0001'), runFile('0001'));
    expect(readResults(dir).skipped[0].message).toBe(
      'runs/0001.json is a symbolic link that points to itself',
    );
  });

  it.skipIf(cannotBeNobody)('that may not be read', () => {
    chmodSync(runFile('0001'), 0);
    const { skipped, runs } = asNobody(() => readResults(dir));
    expect(skipped[0].message).toBe('runs/0001.json may not be read: permission denied');
    expect(runs).toHaveLength(3);
  });

  it('environment.json likewise', () => {
    writeFileSync(
      path.join(dir, 'environment.json'),
      '{"schema": "kbench/environment@1", "os": 7}',
    );
    const results = readResults(dir);
    expect(results.environment).toBeNull();
    expect(results.skipped[0].message).toMatch(/^environment\.json does not hold/);
    expect(results.runs).toHaveLength(4);
  });
});

describe('a folder whose plan is lost gives up its runs, and says what the plan is of:', () => {
  const plan = (): string => path.join(dir, 'plan.json');
  const ways: readonly (readonly [string, () => void, RegExp])[] = [
    [
      'gone',
      () => rmSync(plan()),
      /^plan\.json does not exist: the plan was rebuilt from the 4 runs/,
    ],
    ['cut short', () => truncateSync(plan(), 100), /^plan\.json is not complete JSON/],
    ['empty', () => truncateSync(plan(), 0), /^plan\.json is empty/],
    ['another file', () => writeFileSync(plan(), '[]'), /^plan\.json is not a kbench\/plan@1 file/],
    [
      'naming a point twice',
      () => alter(plan(), (json) => ((json['points'] as { id: string }[])[1].id = 'p01')),
      /names the point p01 twice/,
    ],
    [
      'a pipe nobody writes to, without waiting for it',
      () => {
        rmSync(plan());
        execFileSync('mkfifo', [plan()]);
      },
      /^plan\.json is not a regular file/,
    ],
  ];

  it.each(ways)('%s', (_how, lose, message) => {
    const before = readResults(dir);
    lose();
    const { name, runs, plan: made, skipped } = readResults(dir);
    expect(name).toBe(path.basename(top));
    expect(runs).toEqual(before.runs);
    expect(made.points.map(({ id, config }) => ({ id, config }))).toEqual(
      before.plan.points.map(({ id, config }) => ({ id, config })),
    );
    expect(skipped).toHaveLength(1);
    expect(skipped[0].message).toMatch(message);
  });

  it('from elsewhere, where someone knows how; that is told in place of it', () => {
    const { plan: saved } = readResults(dir);
    rmSync(plan());
    const results = readResults(dir, {
      rebuild: () => ({ plan: saved, note: 'made of something else' }),
    });
    expect(results.plan).toEqual(saved);
    expect(results.skipped.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^plan\.json does not exist: made of something else$/),
    ]);
  });

  it('runs of two plans: those of the plan that most are of', () => {
    for (const run of ['0001', '0002', '0003']) alter(runFile(run), (json) => (json['plan'] = 'a'));
    alter(runFile('0004'), (json) => (json['plan'] = 'b'));
    rmSync(plan());
    const { runs, skipped } = readResults(dir);
    expect(runs.map(({ run }) => run)).toEqual(['0001', '0002', '0003']);
    expect(skipped.map(({ message }) => message)).toContain(
      'runs/0004.json belongs to another plan',
    );
  });
});

describe('one clear message and exit 104 for', () => {
  it('a folder that does not exist', () => {
    const error = refusal(path.join(top, 'nowhere'));
    expect(error.message).toMatch(/nowhere does not exist$/);
    expect(error.exitCode).toBe(EXIT.badConfiguration);
  });

  it('a file', () =>
    expect(refusal(path.join(dir, 'plan.json')).message).toMatch(/is not a folder$/));

  it('a folder of something else', () => {
    const other = path.join(top, '2026-11-22T10-15-30Z-1f2e3d4c', 'runs');
    expect(refusal(other).message).toContain('is not a kbench results folder');
  });

  it('a plan cut short, where no run is there to make it from', () => {
    truncateSync(path.join(dir, 'plan.json'), 100);
    rmSync(path.join(dir, 'runs'), { recursive: true });
    const error = refusal(dir);
    expect(error.message).toMatch(/plan\.json is not complete JSON/);
    expect(error.remedy).toContain('restore plan.json');
  });

  it('a plan of another version', () => {
    alter(path.join(dir, 'plan.json'), (plan) => (plan['schema'] = 'kbench/plan@2'));
    expect(refusal(dir).message).toContain('has the schema kbench/plan@2');
  });

  it('a plan of a newer version, with the kbench that wrote it', () => {
    alter(path.join(dir, 'plan.json'), (plan) => (plan['schema'] = 'kbench/plan@9'));
    alter(path.join(dir, 'environment.json'), (environment) => (environment['kbench'] = '7.2.0'));
    expect(refusal(dir).remedy).toBe(
      'It was written by a newer kbench: update kbench. The folder was written by kbench 7.2.0.',
    );
  });

  it('a link that points to itself', () => {
    const loop = path.join(top, 'loop');
    symlinkSync(loop, loop);
    expect(refusal(loop).message).toMatch(/is a symbolic link that points to itself$/);
  });

  it('a folder in which no run can be read, with the reason of each', () => {
    for (const run of ['0001', '0002', '0003', '0004']) truncateSync(runFile(run), 10);
    const error = refusal(dir);
    expect(error.message).toContain('none of the 4 run files');
    expect(error.problems).toHaveLength(4);
  });

  it('permission denied, whatever the file system calls it', () => {
    const denied = (code: string) => fileTrouble(Object.assign(new Error(code), { code })).message;
    expect(denied('EACCES')).toBe('may not be read: permission denied');
    expect(denied('EPERM')).toBe('may not be read: permission denied');
  });

  it.skipIf(cannotBeNobody).each([
    ['results', () => dir],
    ['runs/', () => path.join(dir, 'runs')],
    ['the folder above', () => top],
  ])('a folder without read permission: %s', (_what, folder) => {
    chmodSync(folder(), 0o000);
    try {
      expect(asNobody(() => refusal(dir)).message).toContain('permission denied');
      expect(asNobody(() => refusal(dir)).remedy).toBe('Ask its owner for read permission.');
    } finally {
      chmodSync(folder(), 0o755);
    }
  });
});

describe('given a folder of results folders', () => {
  it('takes the newest by the time in its name, and says so', () => {
    const newer = path.join(top, '2026-11-23T00-00-00Z-00000000');
    writeSyntheticResults(newer, { name: 'newer', axes: AXES, repeats: 1 });
    mkdirSync(path.join(top, 'something-else'));
    expect(readResults(top)).toMatchObject({
      name: 'newer',
      dir: newer,
      chosen: { from: top, among: 2 },
    });
  });

  it('does not follow links, so that a loop of them has an end', () => {
    symlinkSync(top, path.join(top, 'again'));
    symlinkSync('..', path.join(dir, 'up'));
    expect(readResults(top)).toMatchObject({ dir, chosen: { among: 1 } });
  });

  it('looks one level further down, as in results/<name>/<time>-<id>', () => {
    const newer = path.join(top, 'b', '2026-11-24T00-00-00Z-00000000');
    writeSyntheticResults(newer, { name: 'deep', axes: AXES, repeats: 1 });
    rmSync(dir, { recursive: true });
    expect(readResults(top)).toMatchObject({ name: 'deep', chosen: { among: 1 } });
  });
});
