// A results folder whose plan.json is lost still gives up its runs, to each command, and says of
// what the plan was made.
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runKbench } from '../../testing/kbench-command.js';

const folder = mkdtempSync(path.join(tmpdir(), 'kbench-lost-plan-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const whole = path.join(folder, 'whole');
/** What is printed comes in lines: here it is one. */
async function kbench(...args: string[]) {
  const { code, stdout, stderr } = await runKbench(folder, args, {});
  return { code, stdout: stdout.replaceAll(/\s+/g, ' '), stderr: stderr.replaceAll(/\s+/g, ' ') };
}
const planOf = (dir: string): string => readFileSync(path.join(dir, 'plan.json'), 'utf8');

/** A copy without summary and plan. */
function broken(name: string, lose: (dir: string) => void): string {
  const dir = path.join(folder, name);
  cpSync(whole, dir, { recursive: true });
  rmSync(path.join(dir, 'summary.json'));
  lose(dir);
  return dir;
}

beforeAll(async () => {
  writeFileSync(
    path.join(folder, 'night.yaml'),
    'target: embedded\nworkload: {records: 1000, warmup: none}\nsweep: {linger.ms: [0, 5]}\n' +
      'repeats: 9\n',
  );
  const args = [
    '--no-canary',
    '--set',
    'repeats=1',
    '--set',
    'thresholds={records.failed: ["== 0"]}',
  ];
  const made = await kbench('run', 'night.yaml', ...args);
  // On a busy machine a run may be invalid, and then the gate has no figure.
  expect([0, 99]).toContain(made.code);
  const parent = path.join(folder, 'results', 'night');
  renameSync(path.join(parent, readdirSync(parent)[0]), whole);
}, 60_000);

const FROM_SWEEP =
  /plan\.json is not complete JSON.*: the plan was rebuilt from sweep\.yaml and invocation\.json/;
const FROM_RUNS = /plan\.json does not exist: the plan was rebuilt from the 2 runs that there are/;

describe('with sweep.yaml and invocation.json beside it', () => {
  const dir = (): string =>
    broken('cut', (each) => truncateSync(path.join(each, 'plan.json'), 1000));

  it('report, compare and trend rebuild it, gates and all', async () => {
    const cut = dir();
    const report = await kbench('report', cut, '--format', 'md');
    expect(report).toMatchObject({ code: 0, stderr: expect.stringMatching(FROM_SWEEP) as string });
    expect(report.stdout).toMatch(/^# .*night/);
    expect(report.stdout).toMatch(/\bgate/i);
    const compared = await kbench('compare', whole, cut);
    expect(compared).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(FROM_SWEEP) as string,
    });
    expect(compared.stdout).toContain('linger.ms=5 ms');
    const trend = await kbench('trend', cut);
    expect(trend).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^night: 1 result/) as string,
    });
    expect(trend.stdout).toMatch(FROM_SWEEP);
    rmSync(cut, { recursive: true });
  }, 60_000);

  it('--resume writes it anew, keeps the runs, makes the rest, clears drafts', async () => {
    const cut = dir();
    rmSync(path.join(cut, 'runs', '0002.json'));
    const kept = readFileSync(path.join(cut, 'runs', '0001.json'));
    copyFileSync(path.join(whole, 'runs', '0001.json'), path.join(cut, 'runs', '0099.json'));
    const drafts = [
      '.plan.json.00000000-1-00000000-1.draft',
      'plan.json.123456',
      'runs/0002.json.98',
    ];
    for (const draft of drafts) writeFileSync(path.join(cut, draft), '{');
    const resumed = await kbench('run', '--resume', cut, '--no-canary');
    expect(resumed).toMatchObject({ stderr: expect.stringMatching(FROM_SWEEP) as string });
    expect([0, 99]).toContain(resumed.code);
    expect(resumed.stderr).toContain('it is written anew');
    expect(resumed.stderr).toContain('runs/0099.json is no run of the plan: left alone');
    expect(resumed.stderr).toContain('1 run to make');
    expect(planOf(cut)).toBe(planOf(whole));
    expect(readFileSync(path.join(cut, 'runs', '0001.json'))).toEqual(kept);
    expect(readdirSync(path.join(cut, 'runs'))).toEqual(['0001.json', '0002.json', '0099.json']);
    for (const draft of drafts) expect(existsSync(path.join(cut, draft))).toBe(false);
    const aside = readdirSync(cut).filter((name) => name.startsWith('plan.json.damaged-'));
    expect(aside).toHaveLength(1);
    rmSync(cut, { recursive: true });
  }, 60_000);

  it('--resume refuses what would lead to other runs, and changes nothing', async () => {
    const cut = dir();
    const yaml = readFileSync(path.join(cut, 'sweep.yaml'), 'utf8');
    writeFileSync(path.join(cut, 'sweep.yaml'), yaml.replace('records: 1000', 'records: 2000'));
    const before = planOf(cut);
    const refused = await kbench('run', '--resume', cut, '--no-canary');
    expect(refused).toMatchObject({
      code: 104,
      stderr: expect.stringContaining('other settings than run 0001') as string,
    });
    expect(planOf(cut)).toBe(before);
    rmSync(cut, { recursive: true });
  }, 60_000);
});

it('without them report, compare and trend make it of the runs', async () => {
  const bare = broken('bare', (dir) => {
    for (const name of ['plan.json', 'sweep.yaml', 'invocation.json']) rmSync(path.join(dir, name));
  });
  const report = await kbench('report', bare, '--format', 'md');
  expect(report).toMatchObject({ code: 0, stderr: expect.stringMatching(FROM_RUNS) as string });
  const compared = await kbench('compare', bare, whole);
  expect(compared).toMatchObject({ code: 0, stdout: expect.stringMatching(FROM_RUNS) as string });
  expect(compared.stdout).toContain('linger.ms=5 ms');
  const trend = await kbench('trend', bare);
  expect(trend).toMatchObject({ code: 0, stdout: expect.stringMatching(FROM_RUNS) as string });
  expect(report.stdout).not.toMatch(/\bgate\b.*(holds|fails)/i);
  // Nothing was written.
  expect(readdirSync(bare)).not.toContain('plan.json');
}, 60_000);
