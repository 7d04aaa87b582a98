import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import yargs from 'yargs';
import { ConfigurationError } from '../../base/errors.js';
import { comparisonSchema } from '../../contract/comparison.js';
import { steady } from '../../testing/compared-results.js';
import { writeSyntheticResults } from '../../testing/synthetic-results.js';
import { compareCommand } from '../compare.js';
import { referenceCommand } from '../reference.js';

const folder = mkdtempSync(path.join(tmpdir(), 'kbench-compare-'));
const at = (...parts: string[]): string => path.join(folder, ...parts);
const AXES = { acks: ['1', 'all'] };

beforeAll(() => {
  const options = { axes: AXES, repeats: 6, seconds: 1 };
  writeSyntheticResults(at('before'), { ...options, seed: 1, alter: (run) => steady(run) });
  writeSyntheticResults(at('after'), {
    ...options,
    seed: 2,
    alter: (run) => steady(run, run.point === 'p02' ? { throughput: 0.9 } : {}),
  });
  writeSyntheticResults(at('stopped'), { ...options, seed: 3, alter: () => null });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let output: string;
beforeEach(() => {
  output = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    output += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
});
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

/** Runs a command line as main.ts does; gives the exit code, or throws what main would print. */
async function kbench(...words: string[]): Promise<number | string | null | undefined> {
  await yargs(words)
    .command(compareCommand)
    .command(referenceCommand)
    .strict()
    .exitProcess(false)
    .fail((message: string | null, error: Error | undefined) => {
      throw error ?? new Error(message ?? 'failed');
    })
    .parseAsync();
  return process.exitCode;
}

describe('kbench compare', () => {
  it('exits with 0 unless asked to fail, and with 99 on a regression', async () => {
    expect(await kbench('compare', at('before'), at('after'))).toBe(0);
    expect(output).toMatch(/^Regression: 1 figure of 10 worse\./);
    expect(await kbench('compare', at('before'), at('after'), '--fail-on', 'regression')).toBe(99);
    expect(await kbench('compare', at('after'), at('before'), '--fail-on', 'regression')).toBe(0);
    expect(await kbench('compare', at('after'), at('before'), '--fail-on', 'difference')).toBe(99);
  });

  it('writes every format to a file, and only there', async () => {
    for (const format of ['text', 'md', 'html', 'json', 'junit', 'github']) {
      expect(
        await kbench(
          'compare',
          at('before'),
          at('after'),
          '--format',
          format,
          '--out',
          at(`out.${format}`),
        ),
      ).toBe(0);
    }
    expect(output).toBe('');
    const json: unknown = JSON.parse(readFileSync(at('out.json'), 'utf8'));
    expect(comparisonSchema.parse(json).counts.worse).toBe(1);
    await expect(
      kbench('compare', at('before'), at('after'), '--out', at('not', 'there')),
    ).rejects.toThrow(/its folder does not exist/);
  });

  it('compares within one folder, with metrics, margin and alpha as given', async () => {
    await kbench(
      'compare',
      at('after'),
      '--across',
      'acks',
      '--metric',
      'throughput',
      '--metric',
      'p99',
      '--margin',
      '2%',
      '--format',
      'json',
    );
    const read = comparisonSchema.parse(JSON.parse(output));
    expect(read.contenders[0].pairs.map(({ across }) => across)).toEqual([
      { acks: { base: '1', next: 'all' } },
    ]);
    expect([read.margin, read.tests, read.counts.worse]).toEqual([0.02, 2, 1]);
  });

  it('compares with a reference as with the folder itself', async () => {
    await kbench('reference', at('before'), 'nightly', '--to', at('reference'));
    output = '';
    await kbench('compare', at('reference', 'nightly'), at('after'), '--format', 'json');
    const slim = comparisonSchema.parse(JSON.parse(output));
    output = '';
    await kbench('compare', at('before'), at('after'), '--format', 'json');
    const whole = comparisonSchema.parse(JSON.parse(output));
    expect(slim.contenders[0].pairs).toEqual(whole.contenders[0].pairs);
  });

  it('tells of a side without any run', async () => {
    expect(await kbench('compare', at('before'), at('stopped'), '--fail-on', 'regression')).toBe(
      99,
    );
    expect(output).toMatch(/NEW has no valid run at 2 points that BASE measured/);
  });

  it.each([
    [['compare', 'nowhere', 'elsewhere'], /nowhere does not exist/],
    [['compare', at('before')], /nothing to compare with/],
    [['compare', at('before'), '--across', 'akcs'], /no point has a setting akcs/],
    [['compare', at('before'), at('after'), '--metric', 'speed'], /no metric speed/],
    [
      ['compare', at('before'), at('after'), '--margin', '5 percent'],
      /--margin 5 percent is no share/,
    ],
    [['compare', at('before'), at('after'), '--alpha', '2'], /--alpha must lie between 0 and 0.5/],
    [['compare', at('before'), at('after'), '--base-where', 'acks'], /is no setting=value/],
  ])('refuses %j', async (words, message) => {
    await expect(kbench(...words)).rejects.toThrow(message);
    await expect(kbench(...words)).rejects.toBeInstanceOf(ConfigurationError);
  });

  it('refuses results of another schema by name, and a folder without plan and runs', async () => {
    writeSyntheticResults(at('future'), { axes: AXES, repeats: 1, seconds: 1 });
    const plan = JSON.parse(readFileSync(at('future', 'plan.json'), 'utf8')) as object;
    writeFileSync(at('future', 'plan.json'), JSON.stringify({ ...plan, schema: 'kbench/plan@9' }));
    await expect(kbench('compare', at('before'), at('future'))).rejects.toThrow(
      /kbench\/plan@9, and this kbench reads kbench\/plan@1/,
    );
    rmSync(at('future', 'plan.json'));
    rmSync(at('future', 'runs'), { recursive: true });
    await expect(kbench('compare', at('before'), at('future'))).rejects.toThrow(
      /neither a plan\.json nor runs/,
    );
  });
});
