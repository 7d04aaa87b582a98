import { mkdtemp, readdir, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Plan } from '../../contract/plan.js';
import { makePlan, measurement, makeResult } from '../../testing/sweep-fixtures.js';
import type { loadSweep } from '../../plan/load-sweep.js';
import { resumeSweep } from './resume.js';
import { ResultStore } from './store.js';

let folder: string;
let store: ResultStore;
const plan = makePlan(2, 3);

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'kbench-resume-'));
  store = await ResultStore.create(folder, 'fixture');
  await store.saveSweep('name: fixture\n');
  await store.savePlan(plan);
  await store.saveInvocation({ file: 'f.yaml', overrides: ['repeats=3'], bootstrap: 'h:1' });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Asked {
  file?: string;
  overrides?: readonly string[] | undefined;
  bootstrap?: string | undefined;
}

/** Plans anew without a YAML; remembers what it was asked. */
function loader(made: Plan, asked: Asked = {}): typeof loadSweep {
  return (file, options) => {
    Object.assign(asked, { file, ...options });
    return Promise.resolve({
      file,
      source: 'name: fixture\n',
      tree: { kind: 'map', entries: new Map(), at: {} },
      typed: null,
      name: 'fixture',
      target: { kind: 'external', bootstrap: ['h:1'] },
      plan: made,
      canary: false,
      warnings: [],
      overrides: [],
      bootstrap: null,
      modulesFrom: '.',
    });
  };
}

const resume = (
  made: Plan = plan,
  change: { overrides?: string[]; file?: string; directory?: string } = {},
) => resumeSweep({ directory: store.directory, overrides: [], ...change }, loader(made));

const runFile = (run: string) => path.join(store.directory, 'runs', `${run}.json`);

describe('a resumed sweep', () => {
  test('makes exactly what is missing, failed or stopped, in the order of the plan', async () => {
    await store.saveRun(makeResult(plan.runs[0]));
    await store.saveRun(
      makeResult(plan.runs[1], { status: 'failed', failure: { message: 'x' }, measurement: null }),
    );
    await store.saveRun(makeResult(plan.runs[3]));
    await store.saveRun(makeResult(plan.runs[4], { status: 'stopped' }));
    const { todo, notes } = await resume();
    expect(todo.map(({ run }) => run)).toEqual(['0002', '0003', '0005', '0006']);
    expect(todo).toEqual([1, 2, 4, 5].map((i) => plan.runs[i]));
    expect(notes).toEqual([]);
  });

  test('makes the runs that --until-precise added too, and keeps what they are for', async () => {
    const added = { ...plan.runs[0], run: '0007', repeat: 4, block: 4, seed: 99 };
    const precision = { target: 0.02, metrics: ['latencyMs.p99'] };
    await store.savePlan({ ...plan, runs: [...plan.runs, added], precision });
    for (const run of plan.runs) await store.saveRun(makeResult(run));
    const { todo, made, sweep } = await resume();
    expect(todo).toEqual([added]);
    expect(made.map(({ run }) => run)).toEqual(plan.runs.map(({ run }) => run));
    expect(sweep.plan.precision).toEqual(precision);
    expect(sweep.plan.runs).toHaveLength(7);
  });

  test('refuses added runs that no plan can have', async () => {
    const added = { ...plan.runs[0], run: '0007', repeat: 4, block: 4, seed: 99 };
    for (const wrong of [{ run: '../../0007' }, { point: 'p99' }]) {
      await store.savePlan({ ...plan, runs: [...plan.runs, { ...added, ...wrong }] });
      await expect(resume()).rejects.toThrow('a run of it is named or placed as none can be');
    }
  });

  test('takes gates that have changed, and says so', async () => {
    const gates = [
      {
        text: 'g',
        metric: 'valid',
        operator: '>' as const,
        bound: 1,
        where: {},
        abortOnFail: false,
        delayAbortEvalRuns: 0,
      },
    ];
    const { gatesChanged, notes, sweep } = await resume({ ...plan, thresholds: gates });
    expect(gatesChanged).toBe(true);
    expect(notes.join()).toContain('the gates are others than before');
    expect(sweep.plan.thresholds).toEqual(gates);
    expect((await resume()).gatesChanged).toBe(false);
  });

  test('has nothing to do when all runs are completed, and everything when none is', async () => {
    expect((await resume()).todo).toHaveLength(6);
    for (const run of plan.runs) await store.saveRun(makeResult(run));
    expect((await resume()).todo).toEqual([]);
  });

  test('makes again what an older version called completed with nothing acknowledged', async () => {
    for (const run of plan.runs) await store.saveRun(makeResult(run));
    await store.saveRun(
      makeResult(plan.runs[1], { status: 'completed', measurement: measurement(0) }),
    );
    const { todo, made } = await resume();
    expect(todo).toEqual([plan.runs[1]]);
    expect(made).toHaveLength(5);
  });

  test('makes damaged and foreign run files again, and puts them aside', async () => {
    await store.saveRun(makeResult(plan.runs[0]));
    const whole = await readFile(runFile('0001'), 'utf8');
    await writeFile(runFile('0001'), whole.slice(0, whole.length / 2));
    await writeFile(runFile('0002'), '');
    await writeFile(runFile('0003'), '{"schema": "kbench/run@1", "run": "0003"}');
    await store.saveRun({ ...makeResult(plan.runs[5]), run: '0004' });
    await store.saveRun(makeResult(plan.runs[4]));
    const { todo, notes } = await resume();
    expect(todo.map(({ run }) => run)).toEqual(['0001', '0002', '0003', '0004', '0006']);
    expect(notes).toHaveLength(4);
    const files = await readdir(path.dirname(runFile('0001')));
    expect(files.filter((name) => name.endsWith('.json'))).toEqual(['0005.json']);
    expect(files.filter((name) => name.includes('.damaged-'))).toHaveLength(4);
  });

  test('makes runs of another folder again, and those whose figures cannot be', async () => {
    const bound = { ...plan, id: 'plan-a' };
    await store.savePlan(bound);
    const own = (run: (typeof plan.runs)[number]) => ({ ...makeResult(run), plan: 'plan-a' });
    const lying = (throughput: number, acked = 1000) => {
      const figures = measurement();
      return {
        ...figures,
        records: { sent: 1000, acked, failed: 0 },
        throughput: { ...figures.throughput, recordsPerSecond: throughput },
      };
    };
    await store.saveRun(own(plan.runs[0]));
    await store.saveRun({ ...own(plan.runs[1]), plan: 'plan-b' });
    await store.saveRun({ ...own(plan.runs[2]), settingsHash: 'of others' });
    await store.saveRun({ ...own(plan.runs[3]), measurement: lying(-5) });
    await store.saveRun({ ...own(plan.runs[4]), measurement: lying(1e308) });
    await store.saveRun({ ...own(plan.runs[5]), measurement: lying(1000, 1001) });
    const stray = await readFile(runFile('0001'), 'utf8');
    for (const name of ['0099', '00001']) await writeFile(runFile(name), stray);
    const { todo, made, notes, sweep } = await resume();
    expect(sweep.plan.id).toBe('plan-a');
    expect(made.map(({ run }) => run)).toEqual(['0001']);
    expect(todo.map(({ run }) => run)).toEqual(['0002', '0003', '0004', '0005', '0006']);
    expect(notes).toEqual([
      expect.stringMatching(/0002\.json belongs to another plan: put aside, and made again/),
      expect.stringMatching(/0003\.json ran with other settings/),
      expect.stringMatching(
        /0004\.json holds figures that contradict each other: throughput is -5 records\/s/,
      ),
      expect.stringMatching(
        /0005\.json holds figures that contradict each other: throughput is 1e\+308/,
      ),
      expect.stringMatching(
        /0006\.json holds figures that contradict each other: 1001 records acknowledged of 1000/,
      ),
      expect.stringMatching(/^runs\/00001\.json is no run of the plan: left alone$/),
      expect.stringMatching(/^runs\/0099\.json is no run of the plan: left alone$/),
    ]);
  });

  test('refuses a folder whose runs are all strangers, and leaves all as it is', async () => {
    await store.savePlan({ ...plan, id: 'plan-a' });
    const strange = (run: (typeof plan.runs)[number]) => ({ ...makeResult(run), plan: 'plan-b' });
    await store.saveRun(strange(plan.runs[0]));
    // One alone is put aside, and made again.
    expect((await resume()).todo).toHaveLength(6);
    for (const run of plan.runs.slice(0, 3)) await store.saveRun(strange(run));
    const before = await readdir(path.dirname(runFile('0001')));
    await expect(resume()).rejects.toThrow(
      /none of the 3 runs here is of this plan: either plan.json or all runs were copied here/,
    );
    expect(await readdir(path.dirname(runFile('0001')))).toEqual(before);
    await store.saveRun({ ...makeResult(plan.runs[4]), plan: 'plan-a' });
    expect((await resume()).made).toHaveLength(1);
  });

  test('plans with the settings of the first command line, and those given now', async () => {
    const asked: Asked = {};
    await resumeSweep({ directory: store.directory, overrides: ['seed=42'] }, loader(plan, asked));
    expect(asked.overrides).toEqual(['repeats=3', 'seed=42']);
    expect(asked.bootstrap).toBe('h:1');
    expect(asked.file).toBe(path.join(store.directory, 'sweep.yaml'));
  });

  test('hands over the topics that a killed run left behind', async () => {
    await store.saveTopics([{ name: 'kbench-x', cluster: 'c1' }]);
    expect((await resume()).leftBehind).toEqual([{ name: 'kbench-x', cluster: 'c1' }]);
    // Not a name that kbench gives: such a list was not written by it.
    await store.saveTopics([{ name: 'orders', cluster: 'c1' }]);
    const { leftBehind, notes } = await resume();
    expect(leftBehind).toEqual([]);
    expect(notes.join()).toContain('topics.json');
  });
});

describe('a folder is refused', () => {
  const refused = (made: Plan, what: RegExp, change = {}) =>
    expect(resume(made, change)).rejects.toMatchObject({
      exitCode: 104,
      message: expect.stringMatching(what) as string,
    });

  test('when the plan is no longer the same, naming the difference', async () => {
    await refused(makePlan(3, 3), /had 2 points and would now have 3/);
    await refused(makePlan(2, 4), /had 3 repeats and would now have 4/);
    await refused({ ...plan, seed: 43 }, /seed was 42 and would now be 43/);
    const [first, second] = plan.points;
    await refused({ ...plan, points: [second, first] }, /point p01 would now have other settings/);
    const runs = [...plan.runs].reverse();
    await refused({ ...plan, runs }, /another order/);
  });

  test('when it is none of kbench’s', async () => {
    await refused(plan, /is not a results folder of kbench/, { directory: folder });
    await refused(plan, /does not exist/, { directory: path.join(folder, 'nowhere') });
  });

  test('when another version of kbench wrote its plan: it is not overwritten', async () => {
    const file = path.join(store.directory, 'plan.json');
    await writeFile(file, '{"schema": "kbench/plan@9"}');
    await refused(plan, /kbench\/plan@9/);
    expect(await readFile(file, 'utf8')).toContain('plan@9');
  });

  test('when a run was written by another version of kbench: it is not overwritten', async () => {
    await writeFile(runFile('0001'), '{"schema": "kbench/run@7"}');
    await refused(plan, /kbench\/run@7/);
    expect(await readFile(runFile('0001'), 'utf8')).toContain('run@7');
  });

  test('when its sweep.yaml is gone, unless the file is given', async () => {
    await unlink(path.join(store.directory, 'sweep.yaml'));
    await refused(plan, /sweep\.yaml is missing/);
    const given = path.join(folder, 'given.yaml');
    await writeFile(given, 'name: fixture\n');
    expect((await resume(plan, { file: given })).todo).toHaveLength(6);
  });
});
