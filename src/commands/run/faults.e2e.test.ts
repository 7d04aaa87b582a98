// `kbench run` with faults against an embedded cluster, as a user has it: what is broken and cut is
// in the results, in every format, and the next run has a cluster that is whole.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { threadEntry } from '../../base/thread-entry.js';
import type { RunResult } from '../../contract/run-result.js';
import type { Summary } from '../../contract/summary.js';
import { EXIT } from '../../base/errors.js';

const folder = mkdtempSync(path.join(tmpdir(), 'kbench-faults-run-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function kbench(args: readonly string[]): Promise<Ran> {
  const main = threadEntry(import.meta.url, '../../main.js');
  const child = spawn(process.execPath, [main, ...args], { cwd: folder, timeout: 60_000 });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
}

const HEAD = `target: {embedded: {brokers: 3}}
topic: {partitions: 3, replicationFactor: 3}
producer: {acks: all, linger.ms: 0, retry.backoff.ms: 20}
canary: false
`;

async function sweep(name: string, yaml: string) {
  writeFileSync(path.join(folder, `${name}.yaml`), HEAD + yaml);
  const ran = await kbench(['run', `${name}.yaml`, '--out', folder]);
  const dir = path.join(folder, name, readdirSync(path.join(folder, name))[0]);
  const json = (file: string): unknown => JSON.parse(readFileSync(path.join(dir, file), 'utf8'));
  const runs = readdirSync(path.join(dir, 'runs'))
    .sort()
    .map((file) => json(`runs/${file}`) as RunResult);
  return { ...ran, dir, runs, summary: json('summary.json') as Summary };
}

describe('a sweep with faults', () => {
  let ran: Awaited<ReturnType<typeof sweep>>;
  beforeAll(async () => {
    ran = await sweep(
      'broken',
      // Keys reach all partitions at once: without, the leader may have met no record yet.
      `workload: {duration: 3500ms, rate: 500/s, warmup: none, keys: {random: 1000}}
repeats: 1
sweep:
  faults:
    - - {at: 500ms, kill: leader, restartAfter: 500ms}
      - {at: 1300ms, network: {broker: all, cut: true}, for: 700ms}
      - {at: 2300ms, network: {broker: all, delay: 100ms}, for: 500ms}
    - []
`,
    );
  }, 60_000);

  const faulty = () => ran.runs.find(({ faults }) => faults !== undefined)!;

  it('does each of them, and the next run finds a cluster that is whole', () => {
    expect([ran.code, ran.runs.map(({ status }) => status)]).toEqual([
      EXIT.ok,
      ['completed', 'completed'],
    ]);
    const actions = faulty().faults!.map(({ action, doneAtMs }) => [action, doneAtMs !== null]);
    const three = <T>(each: T): T[] => [each, each, each];
    expect(actions).toEqual([
      ['kill', true],
      ['start', true],
      ...three(['network', true]),
      ...three(['heal', true]),
      ...three(['network', true]),
      ...three(['heal', true]),
    ]);
    for (const { measurement } of ran.runs)
      expect(measurement!.records).toMatchObject({ acked: 1750, failed: 0 });
  });

  it('tells what each did to the load', () => {
    const [kill, cut, delay] = faulty().measurement!.recovery!;
    expect(kill).toMatchObject({ label: 'kill leader', leaderChanges: 1 });
    expect(kill.connectionsLost).toBeGreaterThanOrEqual(1);
    expect(cut.label).toBe('network of all: cut');
    expect(cut.longestGapMs).toBeGreaterThan(600);
    expect(cut.longestPartitionGapMs).toBeGreaterThan(600);
    expect(delay.p99Ms.during).toBeGreaterThan(200);
  });

  it('is in no run’s way: what was asked for is no outage', () => {
    const { continuity, verdict } = faulty().measurement!;
    expect(continuity!.outages.every(({ asked }) => asked === true)).toBe(true);
    expect(verdict.reasons.map(({ code }) => code)).not.toContain('outage');
    expect(verdict.reasons.map(({ code }) => code)).not.toContain('errors');
  });

  it('is told in the table, in report.md, on the page and in summary.json', ({ skip }) => {
    // It has figures only where it counts.
    if (!faulty().measurement!.verdict.valid) skip('this machine was too busy to measure it');
    const text = (file: string) => readFileSync(path.join(ran.dir, file), 'utf8');
    for (const told of [ran.stdout, text('report.md'), text('report.html')]) {
      expect(told).toContain('Faults');
      expect(told).toContain('network of all: cut');
    }
    const points = ran.summary.points.map(({ config, faults }) => [
      config['faults'],
      faults?.length,
    ]);
    expect(points).toEqual([
      [expect.stringMatching(/^kill leader at 500ms, restart after 500ms; network of all: cut/), 3],
      ['none', undefined],
    ]);
  });
});

it('a fault that cannot be done makes its run a failed one, and the command says why', async () => {
  const { code, runs, stdout } = await sweep(
    'undone',
    `workload: {duration: 1s, rate: 500/s, warmup: none}
repeats: 1
faults: [{at: 200ms, run: [sh, -c, "echo no such pod >&2; exit 3"]}]
`,
  );
  expect(code).toBe(EXIT.runFailed);
  expect(runs[0].failure?.message).toContain('sh ended with exit code 3: no such pod');
  expect(runs[0].faults).toMatchObject([{ action: 'run', exitCode: 3, output: 'no such pod' }]);
  expect(stdout.replace(/\s+/g, ' ')).toContain('exit code 3: no such pod');
}, 60_000);
