// Sweeps on a disk that is full, fills up, or may not be written to any more: what cannot be saved
// is said and ends 107, nothing good is replaced by something bad, and once there is room --resume
// completes.
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { filesBelow, runKbench } from '../../testing/kbench-command.js';
import { canMount, makeReadOnly, SmallDisk } from '../../testing/small-disk.js';

const folder = mkdtempSync(path.join(tmpdir(), 'kbench-full-disk-'));
let disk: SmallDisk;
let number = 0;
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const yaml = (repeats: number): string =>
  'target: embedded\nworkload: {records: 1000, warmup: none}\nsweep: {linger.ms: [0, 5]}\n' +
  `repeats: ${repeats}\n`;

const kbench = (...args: string[]) => runKbench(folder, [...args, '--no-canary'], {});

/** The one results folder on the disk, and what its runs/ holds. */
function results(): { dir: string; runs: string[] } {
  const parent = path.join(disk.folder, 'sweep');
  const [name] = readdirSync(parent).filter((each) => !each.startsWith('.'));
  const dir = path.join(parent, name);
  return { dir, runs: readdirSync(path.join(dir, 'runs')).sort() };
}

/** What is there is whole, and nothing half written lies about. */
function expectWhole(dir: string): void {
  for (const file of filesBelow(dir)) {
    if (file.endsWith('.json')) JSON.parse(readFileSync(file, 'utf8'));
    if (file.endsWith('.html')) expect(readFileSync(file, 'utf8')).toMatch(/<\/html>\s*$/);
    expect(file).not.toMatch(/\.draft$/);
  }
}

function plannedRuns(dir: string): number {
  return (JSON.parse(readFileSync(path.join(dir, 'plan.json'), 'utf8')) as { runs: unknown[] }).runs
    .length;
}

async function completes(dir: string, runs: number): Promise<void> {
  const again = await kbench('run', '--resume', dir);
  expect(again).toMatchObject({
    code: 0,
    stderr: expect.not.stringContaining('could not') as string,
  });
  expect(results().runs).toHaveLength(runs);
  for (const name of ['summary.json', 'report.md', 'report.html'])
    expect(existsSync(path.join(dir, name))).toBe(true);
  expectWhole(dir);
}

describe.skipIf(!canMount)('a disk that fills up (mounting a small one needs root)', () => {
  beforeEach(() => (disk = new SmallDisk(path.join(folder, `disk-${++number}`), '2m')));
  afterEach(() => disk.end());

  it('with room for the runs but not for report.html: it is named, all else is there', async () => {
    writeFileSync(path.join(folder, 'sweep.yaml'), yaml(1));
    disk.resize('150k');
    const { code, stderr } = await kbench('run', 'sweep.yaml', '--out', disk.folder);
    expect(stderr).toMatch(/not saved: cannot write report\.html in .*: the disk is full/);
    expect(code).toBe(107);
    const { dir, runs } = results();
    expect(runs).toHaveLength(2);
    expect(readdirSync(dir)).not.toContain('report.html');
    expectWhole(dir);
    disk.resize('2m');
    await completes(dir, 2);
  }, 60_000);

  it('in the middle of the runs: the unsaved one is told with its figures', async () => {
    writeFileSync(path.join(folder, 'sweep.yaml'), yaml(2));
    disk.resize('36k');
    const { code, stderr } = await kbench('run', 'sweep.yaml', '--out', disk.folder);
    expect(stderr).toMatch(
      /run 00\d\d \(p0\d: [\d,.]+ records\/s, p99 .*\) could not be saved: .*: the disk is full/,
    );
    expect(stderr).toMatch(/go on with: kbench run --resume /);
    expect(code).toBe(107);
    const { dir } = results();
    expectWhole(dir);
    expect(plannedRuns(dir)).toBe(4);
  }, 60_000);

  it('so that not even the plan can be saved: no run is made, and no folder is left', async () => {
    writeFileSync(path.join(folder, 'sweep.yaml'), yaml(2));
    disk.leave(4096);
    const { code, stderr } = await kbench('run', 'sweep.yaml', '--out', disk.folder);
    expect(stderr).toMatch(
      /the plan could not be saved, so no run was made: .*plan\.json: the disk is full/,
    );
    expect(code).toBe(107);
    expect(readdirSync(path.join(disk.folder, 'sweep'))).toEqual([]);
  }, 60_000);

  it('with 32 KiB left for --until-precise: the plan stays whole and names all', async () => {
    writeFileSync(path.join(folder, 'sweep.yaml'), yaml(1));
    expect((await kbench('run', 'sweep.yaml', '--out', disk.folder)).code).toBe(0);
    const { dir } = results();
    const before = statSync(path.join(dir, 'report.html')).size;
    disk.leave(32 * 1024);
    const { code, stderr } = await kbench(
      'run',
      '--resume',
      dir,
      '--until-precise',
      '1%',
      '--time-budget',
      '60s',
    );
    expect(stderr).toContain('the disk is full');
    expect(code).toBe(107);
    expectWhole(dir);
    // The old one: less is true of it, but it is whole.
    expect(statSync(path.join(dir, 'report.html')).size).toBe(before);
    const planned = plannedRuns(dir);
    expect(planned).toBeGreaterThanOrEqual(2);
    expect(results().runs.length).toBeGreaterThanOrEqual(2);
    disk.free();
    await completes(dir, planned);
  }, 90_000);
});

describe.skipIf(!canMount)(
  'a folder that becomes read-only midway (a mount, which needs root)',
  () => {
    beforeAll(() => (disk = new SmallDisk(path.join(folder, 'turning'), '4m')));
    afterAll(() => disk.end());

    it('ends the sweep with what is missing, and no bug; --resume goes on', async () => {
      writeFileSync(
        path.join(folder, 'sweep.yaml'),
        yaml(3).replace('records: 1000', 'records: 20000'),
      );
      const sweep = kbench('run', 'sweep.yaml', '--out', disk.folder);
      let dir: string | null = null;
      for (let tries = 0; tries < 600 && dir === null; tries++) {
        await sleep(25);
        const parent = path.join(disk.folder, 'sweep');
        const begun = existsSync(parent)
          ? readdirSync(parent).filter((name) => !name.startsWith('.'))
          : [];
        const [made] = begun.map((name) => path.join(parent, name));
        if (made !== undefined && existsSync(path.join(made, 'runs', '0001.json'))) dir = made;
      }
      const undo = makeReadOnly(dir!);
      const { code, stderr } = await sweep.finally(undo);
      expect(stderr).toMatch(/run 00\d\d .* could not be saved: .*: the file system is read-only/);
      expect(stderr).toMatch(
        /not saved: cannot write summary\.json, report\.md, report\.html in .*: the file system is/,
      );
      expect(stderr).not.toContain('bug in kbench');
      expect(code).toBe(107);
      expectWhole(dir!);
      expect(plannedRuns(dir!)).toBe(6);
      await completes(dir!, 6);
    }, 90_000);
  },
);
