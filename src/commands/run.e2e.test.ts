import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { threadEntry } from '../base/thread-entry.js';
import { runResultSchema } from '../contract/run-result.js';
import { summarySchema } from '../contract/summary.js';

const folder = mkdtempSync(path.join(tmpdir(), 'kbench-e2e-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built command as a user does; `watch` is handed the process once it has started. */
function kbench(args: readonly string[], watch?: (child: ChildProcess) => void): Promise<Ended> {
  const child = spawn(process.execPath, [threadEntry(import.meta.url, '../main.js'), ...args], {
    cwd: folder,
    timeout: 60_000,
    env: { ...process.env, NO_COLOR: '1' },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  watch?.(child);
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
}

function write(name: string, yaml: string): string {
  const file = path.join(folder, `${name}.yaml`);
  writeFileSync(file, yaml);
  return file;
}

const onlyFolder = (name: string) =>
  path.join(folder, 'results', name, readdirSync(path.join(folder, 'results', name))[0]);

const json = (...file: string[]): unknown => JSON.parse(readFileSync(path.join(...file), 'utf8'));

describe('kbench run on the embedded cluster', () => {
  it('sweeps, saves every run, reports, and tells that the figures are not Kafka’s', async () => {
    const file = write(
      'small',
      'workload: {records: 20000, warmup: {records: 2000}, workers: 2}\nsweep: {acks: ["0", "1", all], batch.size: [16KiB, 64KiB]}\nrepeats: 1\n',
    );
    const run = await kbench(['run', file]);
    expect(run.code).toBe(0);
    expect(run.stderr).toContain('run 6/6');
    expect(run.stdout).toContain('not Kafka');
    const results = onlyFolder('small');
    const files = readdirSync(path.join(results, 'runs'));
    expect(files).toEqual(['0001.json', '0002.json', '0003.json', '0004.json', '0005.json', '0006.json']);
    for (const name of files) {
      const { measurement, status } = runResultSchema.parse(json(results, 'runs', name));
      expect(status).toBe('completed');
      expect(measurement?.records).toEqual({ sent: 20_000, acked: 20_000, failed: 0 });
      expect(measurement?.latencyMs.service?.count).toBe(20_000);
      expect(measurement?.latencyMs.response).toBeNull();
    }
    expect(summarySchema.parse(json(results, 'summary.json')).points).toHaveLength(6);
    expect(readFileSync(path.join(results, 'report.md'), 'utf8')).toContain('# small');
    const report = await kbench(['report', results]);
    expect(report.code).toBe(0);
    expect(report.stdout).toContain('batch.size');
  }, 60_000);

  it('ends a run on Ctrl-C with exit 105, keeps what it measured, and makes the rest on --resume', async () => {
    const file = write('long', 'workload: {rate: 5000/s, duration: 4s, warmup: {records: 100}}\nrepeats: 2\n');
    const runs = path.join(folder, 'results', 'long');
    const stopped = await kbench(['run', file], (child) => {
      const poll = setInterval(() => {
        if (!existsSync(runs) || !existsSync(path.join(onlyFolder('long'), 'runs'))) return;
        clearInterval(poll);
        setTimeout(() => child.kill('SIGINT'), 2000);
      }, 20);
    });
    expect(stopped.code).toBe(105);
    const results = onlyFolder('long');
    const first = runResultSchema.parse(json(results, 'runs', '0001.json'));
    expect(first.status).toBe('stopped');
    const { sent, acked } = first.measurement?.records ?? { sent: 0, acked: 0 };
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(20_000);
    expect(acked).toBe(sent);
    expect(stopped.stdout).toContain(results.slice(folder.length + 1));
    const resumed = await kbench(['run', '--resume', results]);
    expect(resumed.code).toBe(0);
    for (const name of ['0001.json', '0002.json']) {
      const { status, measurement } = runResultSchema.parse(json(results, 'runs', name));
      expect([status, measurement?.records.acked]).toEqual(['completed', 20_000]);
    }
  }, 60_000);

  it('refuses a sweep that Java’s producer would refuse, with exit 104 and nothing made', async () => {
    const file = write('wrong', 'producer: {delivery.timeout.ms: 100}\n');
    const run = await kbench(['run', file]);
    expect(run.code).toBe(104);
    expect(run.stderr).toContain('wrong.yaml:1:');
    expect(run.stderr).not.toContain('    at ');
    expect(existsSync(path.join(folder, 'results', 'wrong'))).toBe(false);
  }, 60_000);
});
