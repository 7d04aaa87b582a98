// `kbench report` as a user or a script meets it: data on stdout, words on stderr, exit codes,
// files where --out says.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runKbench } from '../../testing/kbench-command.js';
import { writeSyntheticResults } from '../../testing/synthetic-results.js';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'kbench-report-'));
  writeSyntheticResults(path.join(dir, 'results'), {
    axes: { acks: ['1', 'all'], 'linger.ms': [0, 5] },
    repeats: 2,
  });
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const report = (...args: string[]) => runKbench(dir, ['report', 'results', ...args], {});

describe('kbench report', () => {
  it('prints data alone on stdout, and on stderr what --where left out', async () => {
    const { code, stdout, stderr } = await report(
      '--format',
      'csv',
      '--where',
      'acks=all',
      '--where',
      'linger.ms=5ms',
    );
    expect([code, stdout.trim().split('\n').length]).toEqual([0, 2]);
    expect(stderr).toContain('keeps 1 of 4 points');
  });

  it('writes a folder of files and says how many', async () => {
    const out = path.join(dir, 'logs');
    const { code, stdout, stderr } = await report('--format', 'hlog', '--out', out);
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toBe(`4 files in ${out}\n`);
    expect(readdirSync(out)).toEqual(['p01.hlog', 'p02.hlog', 'p03.hlog', 'p04.hlog']);
    expect(readFileSync(path.join(out, 'p01.hlog'), 'utf8')).toContain(
      '#[Histogram log format version 1.3]',
    );
  });

  it.each([
    [['--sort', 'ackss'], 'did you mean acks?'],
    [['--where', 'linger.ms=5KiB'], 'is a size, not a time'],
    [['--top', '0'], '--top must be a whole number above 0'],
    [['--format', 'json', '--per', 'run'], '--per has no meaning with --format json'],
    [['--format', 'hgrm'], 'Give --out DIR'],
  ])('refuses %j with exit code 104 and nothing on stdout', async (args, message) => {
    const { code, stdout, stderr } = await report(...args);
    expect([code, stdout]).toEqual([104, '']);
    expect(stderr).toContain(message);
  });

  it('says with 107 that it cannot write, and leaves nothing', async () => {
    const out = path.join(dir, 'no', 'such', 'report.md');
    const { code, stderr } = await report('--format', 'md', '--out', out);
    expect(code).toBe(107);
    expect(stderr).toContain('its folder does not exist');
    expect(existsSync(path.join(dir, 'no'))).toBe(false);
  });
});
