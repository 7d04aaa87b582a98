import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { threadEntry } from '../../base/thread-entry.js';
import { trendSchema } from '../../contract/trend.js';
import { writeNights } from '../../testing/synthetic-history.js';

const folder = mkdtempSync(path.join(tmpdir(), 'kbench-trend-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const nights = path.join(folder, 'nights');
const folders = writeNights(nights, {
  nights: 50,
  seed: 3,
  steps: [{ night: 40, p99: 1.08, throughput: 0.95 }],
});

function kbench(...args: string[]): { code: number | null; stdout: string; stderr: string } {
  const main = threadEntry(import.meta.url, '../../main.js');
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 60_000,
    env: { ...process.env, NO_COLOR: '1' },
  });
  return { code: status, stdout, stderr };
}

describe('kbench trend', () => {
  it('tells the regression and fails with 99 when asked to, the page written too', () => {
    const plain = kbench('trend', ...folders);
    expect(plain).toMatchObject({ code: 0, stderr: '' });
    expect(plain.stdout).toContain(
      'Regression on 2026-10-11 02:00 (result 41 of 50): 2 of 3 series worse',
    );
    const gate = kbench(
      'trend',
      'nights',
      '--fail-on',
      'regression',
      '--format',
      'html',
      '--out',
      'trend.html',
    );
    expect(gate).toMatchObject({ code: 99, stdout: '' });
    expect(gate.stderr).toBe(
      'kbench: Regression on 2026-10-11 02:00 (result 41 of 50): 2 of 3 series worse\n',
    );
    expect(readFileSync(path.join(folder, 'trend.html'), 'utf8')).toContain(
      'Regression on 2026-10-11',
    );
  }, 30_000);

  it('adds results to a history, each once, and reads it', () => {
    const add = folders.slice(0, 2).flatMap((dir) => ['--add', dir]);
    const added = kbench('trend', ...add, '--history', 'h.jsonl', '--format', 'json');
    expect(added.code).toBe(0);
    expect(added.stderr).toContain('to h.jsonl: 2 results');
    expect(trendSchema.parse(JSON.parse(added.stdout)).results).toHaveLength(2);
    const again = kbench('trend', '--add', folders[1], '--history', 'h.jsonl');
    expect(again.stderr).toContain('stands in h.jsonl already');
    expect(readFileSync(path.join(folder, 'h.jsonl'), 'utf8').trimEnd().split('\n')).toHaveLength(
      2,
    );
  }, 30_000);

  it('refuses with 104 what it cannot do, and says what to do instead', () => {
    writeFileSync(path.join(folder, 'empty.jsonl'), '');
    const cases: [string[], RegExp][] = [
      [['trend'], /no results to read: name a folder/],
      [['trend', 'nowhere'], /nowhere does not exist\n {2}Name a folder/],
      [['trend', 'empty.jsonl'], /the history is empty/],
      [['trend', '--add', 'nights'], /--add needs --history/],
    ];
    for (const [args, told] of cases) {
      const refused = kbench(...args);
      expect(refused, args.join(' ')).toMatchObject({
        code: 104,
        stdout: '',
        stderr: expect.stringMatching(told) as string,
      });
    }
    expect(kbench('trend', 'nights', '--out', 'no/where.html')).toMatchObject({ code: 107 });
    expect(existsSync(path.join(folder, 'no'))).toBe(false);
  }, 30_000);
});
