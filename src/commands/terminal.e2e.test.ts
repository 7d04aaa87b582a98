// The channel to the user fails: the built command with its output on a full disk, on a pipe that
// nobody reads any more, and on none at all.
import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { threadEntry } from '../base/thread-entry.js';
import { runKbench } from '../testing/kbench-command.js';

const folder = mkdtempSync(path.join(tmpdir(), 'kbench-terminal-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SWEEP = path.join(folder, 'sweep.yaml');
writeFileSync(
  SWEEP,
  'workload: {records: 2000, warmup: none}\nsweep: {acks: ["0", "1"]}\nrepeats: 1\n',
);

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** kbench as bash starts it, with `redirections` behind it. */
function inShell(
  args: readonly string[],
  redirections: string,
): Promise<{ code: number | null; out: string; err: string }> {
  const command = [process.execPath, threadEntry(import.meta.url, '../main.js'), ...args]
    .map(quoted)
    .join(' ');
  const child = spawn('bash', ['-c', `set -o pipefail; ${command} ${redirections}`], {
    cwd: folder,
    timeout: 60_000,
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (data: Buffer) => (out += data.toString()));
  child.stderr.on('data', (data: Buffer) => (err += data.toString()));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
}

function madeIn(out: string): { runs: number; reports: number } {
  const parent = path.join(folder, out, 'sweep');
  const dir = path.join(parent, readdirSync(parent)[0]);
  const reports = ['summary.json', 'report.md', 'report.html'].filter((name) =>
    existsSync(path.join(dir, name)),
  );
  return { runs: readdirSync(path.join(dir, 'runs')).length, reports: reports.length };
}

/** The last of stderr. */
const FULL = /(?:^|\n)kbench: stdout could not be written: the disk is full\n$/;

const hasFull = existsSync('/dev/full');

describe.skipIf(!hasFull)('kbench run measures all the same', () => {
  const cases: readonly (readonly [
    name: string,
    redirections: string,
    err: RegExp,
    out: RegExp,
  ])[] = [
    ['stderr on a full disk', '2>/dev/full', /^$/, /results: /],
    [
      'stdout on a full disk',
      '>/dev/full',
      /stdout could not be written: the disk is full.*report\.md/,
      /^$/,
    ],
    ['both on a full disk', '>/dev/full 2>&1', /^$/, /^$/],
    ['stderr closed', '2>&-', /^$/, /results: /],
    ['stdout closed', '>&-', /run 2\/2/, /^$/],
    ['readers that have gone', '> >(exec true) 2> >(exec true)', /^$/, /^$/],
    ['stderr that nobody reads', '2> >(sleep 4)', /^$/, /results: /],
  ];
  it.concurrent.each(cases)('with %s', async (name, redirections, err, out) => {
    const place = name.replaceAll(' ', '-');
    const ended = await inShell(['run', SWEEP, '--out', place, '--no-canary'], redirections);
    expect([ended.code, madeIn(place)]).toEqual([0, { runs: 2, reports: 3 }]);
    expect(ended.err).toMatch(err);
    expect(ended.out).toMatch(out);
  });
});

describe.skipIf(!hasFull)('a command whose stdout is all there is', () => {
  let results = '';
  beforeAll(async () => {
    await runKbench(folder, ['run', SWEEP, '--out', 'shown', '--no-canary'], {});
    results = path.join('shown', 'sweep');
  });

  const commands: readonly (readonly [name: string, args: () => readonly string[]])[] = [
    ['report', () => ['report', results]],
    ['report --format csv', () => ['report', results, '--format', 'csv']],
    ['compare', () => ['compare', results, '--across', 'acks']],
    ['trend', () => ['trend', results]],
    ['validate', () => ['validate', SWEEP]],
    ['validate --json', () => ['validate', SWEEP, '--json']],
    ['--help', () => ['--help']],
  ];
  it.concurrent.each(commands)(
    '%s says so and ends with 107 where it does not get out',
    async (_name, args) => {
      const ended = await inShell(args(), '>/dev/full');
      expect([ended.code, ended.err]).toEqual([107, expect.stringMatching(FULL)]);
    },
  );

  it('is done when its reader has seen enough', async () => {
    expect(await inShell(['report', results, '--format', 'json'], '| head -c 10')).toMatchObject({
      ...{ code: 0, err: expect.not.stringMatching('kbench: ') as string },
    });
  });
});

const canMount = process.getuid?.() === 0;

describe.skipIf(!canMount)('a disk that fills up midway (mounting one needs root)', () => {
  const disk = path.join(folder, 'disk');
  beforeAll(() => {
    mkdirSync(disk);
    expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4k', 'tmpfs', disk]).status).toBe(0);
  });
  afterAll(() => spawnSync('umount', [disk]));

  it('is not taken for a whole output by a short write', async () => {
    writeFileSync(path.join(disk, 'help.txt'), 'x'.repeat(3000));
    const ended = await inShell(['run', '--help'], '>>disk/help.txt');
    expect(statSync(path.join(disk, 'help.txt')).size).toBe(4096);
    expect([ended.code, ended.err]).toEqual([
      107,
      'kbench: stdout could not be written: the disk is full\n',
    ]);
  });
});
