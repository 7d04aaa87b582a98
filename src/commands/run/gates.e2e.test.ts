import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { planSchema } from '../../contract/plan.js';
import { runResultSchema } from '../../contract/run-result.js';
import { summarySchema } from '../../contract/summary.js';
import { runKbench } from '../../testing/kbench-command.js';

const folder = mkdtempSync(path.join(tmpdir(), 'kbench-gates-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const QUIET = { NO_COLOR: '1', GITHUB_ACTIONS: '' };
const SMALL = 'workload: {records: 2000, warmup: {records: 200}}\n';

function write(name: string, yaml: string): string {
  const file = path.join(folder, `${name}.yaml`);
  writeFileSync(file, SMALL + yaml);
  return file;
}

/** The only results folder of a sweep, and what is in it. */
function results(name: string) {
  const dir = path.join(
    folder,
    'results',
    name,
    readdirSync(path.join(folder, 'results', name))[0],
  );
  const json = (...file: string[]): unknown =>
    JSON.parse(readFileSync(path.join(dir, ...file), 'utf8'));
  return {
    dir,
    runs: readdirSync(path.join(dir, 'runs')).map((file) =>
      runResultSchema.parse(json('runs', file)),
    ),
    plan: planSchema.parse(json('plan.json')),
    summary: summarySchema.parse(json('summary.json')),
  };
}

describe('gates of kbench run', () => {
  it('end a sweep early with exit 99, tell where, by how much, and --resume goes on', async () => {
    const file = write(
      'gated',
      `sweep: {acks: ["1", all]}
repeats: 2
thresholds:
  records.acked: [{threshold: "> 900M", abortOnFail: true}]
  records.failed: ["== 0"]
`,
    );
    const ended = await runKbench(folder, ['run', file], { ...QUIET, GITHUB_ACTIONS: 'true' });
    expect(ended.code, ended.stderr).toBe(99);
    const { dir, runs, summary } = results('gated');
    // A count has a figure whether or not this machine was quiet enough for a valid run.
    expect(runs).toHaveLength(1);
    expect(ended.stderr).toContain('ended by a gate: records.acked > 900M at p0');
    expect(ended.stderr).toMatch(
      /^::error title=kbench%3A gated::Gate records\.acked > 900M failed/m,
    );
    expect(ended.stdout).toContain('Gate records.acked > 900M failed');
    expect(runs.every(({ canary }) => canary !== null)).toBe(true);
    const outcomes = summary.points.flatMap(({ thresholds }) => thresholds ?? []);
    expect(
      outcomes.filter(({ value, passed }) => value !== null && !passed).length,
    ).toBeGreaterThan(0);
    expect(outcomes.every(({ text }) => /> 900M$|== 0$/.test(text))).toBe(true);

    const report = await runKbench(folder, ['report', dir, '--check'], QUIET);
    expect(report.code).toBe(99);
    // What has ended the sweep once does not end it again at the same point; at the other one it
    // does.
    const resumed = await runKbench(
      folder,
      ['run', '--resume', dir, '--no-canary', '--quiet'],
      QUIET,
    );
    expect(resumed.code).toBe(99);
    expect(results('gated').runs).toHaveLength(2);
  }, 60_000);

  it('take as many runs as a precision asks for, and say what came of it', async () => {
    const file = write('precise', 'repeats: 1\n');
    const args = [
      '--until-precise',
      '90%',
      '--precise-metric',
      'throughput.recordsPerSecond',
      '--time-budget',
      '6s',
      '--no-canary',
    ];
    const ended = await runKbench(folder, ['run', file, ...args], QUIET);
    expect(ended.code, ended.stderr).toBe(0);
    expect(ended.stderr).toContain(
      'then more, until 95 % intervals are within ±90 % of the median ' +
        '(throughput.recordsPerSecond): at most 6 s',
    );
    const { plan, runs, summary } = results('precise');
    expect(plan.repeats).toBe(1);
    expect(plan.runs.map(({ run }) => run)).toEqual(runs.map(({ run }) => run));
    expect(plan.precision).toEqual({ target: 0.9, metrics: ['throughput.recordsPerSecond'] });
    for (const { precision, valid } of summary.points) {
      expect(precision).toMatchObject({ target: 0.9, metric: 'throughput.recordsPerSecond' });
      if (precision?.reached === true) expect(valid).toBeGreaterThanOrEqual(7);
    }
    expect(ended.stdout).toContain('Precision: ');
  }, 60_000);
});
