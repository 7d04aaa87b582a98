import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { threadEntry } from '../../base/thread-entry.js';
import { runResultSchema } from '../../contract/run-result.js';
import { summarySchema } from '../../contract/summary.js';
import { lockFolder } from '../../session/folder/folder-lock.js';
import { startInProcessCluster } from '../../targets/embedded/in-process.js';

const folder = mkdtempSync(path.join(tmpdir(), 'kbench-e2e-'));
/** Of the plan's shuffle. */
const LONG_FIRST = 1;
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built command as a user does; `watch` is handed the process once it has started. */
function kbench(
  args: readonly string[],
  watch?: (child: ChildProcess) => void,
  nodeArgs: readonly string[] = [],
): Promise<Ended> {
  const child = spawn(
    process.execPath,
    [...nodeArgs, threadEntry(import.meta.url, '../../main.js'), ...args],
    {
      cwd: folder,
      timeout: 60_000,
      env: { ...process.env, NO_COLOR: '1' },
    },
  );
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
      'workload: {records: 20000, warmup: {records: 2000}, workers: 2}\n' +
        'sweep: {acks: ["0", "1", all], batch.size: [16KiB, 64KiB]}\nrepeats: 1\n',
    );
    const run = await kbench(['run', file]);
    expect(run.code).toBe(0);
    expect(run.stderr).toContain('run 6/6');
    expect(run.stdout).toContain('not Kafka');
    const results = onlyFolder('small');
    const files = readdirSync(path.join(results, 'runs'));
    expect(files).toEqual([
      '0001.json',
      '0002.json',
      '0003.json',
      '0004.json',
      '0005.json',
      '0006.json',
    ]);
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

  it('runs in transactions, and tells of them', async () => {
    const file = write(
      'in-transactions',
      `target: {embedded: {brokers: 3}}
topic: {partitions: 2, replicationFactor: 3}
workload: {records: 2050, warmup: {records: 150}, payload: text, transaction: {records: 100, \
abortRatio: 0.2}}
sweep: {workload.workers: [1, 2]}
repeats: 1
canary: false
`,
    );
    const run = await kbench(['run', file, '--quiet']);
    expect(run.code).toBe(0);
    const results = onlyFolder('in-transactions');
    for (const name of ['0001.json', '0002.json']) {
      const { measurement, config } = runResultSchema.parse(json(results, 'runs', name));
      const { begun, committed, aborted, failed, recordsCommitted, recordsAborted } =
        measurement!.transactions!;
      // Of one worker 20 whole ones and the rest; of two, 1025 records each, 10 and the rest.
      expect([begun, failed]).toEqual([config['workload.workers'] === 1 ? 21 : 22, 0]);
      expect(committed + aborted).toBe(begun);
      expect(aborted).toBeGreaterThan(0);
      expect(recordsCommitted + recordsAborted).toBe(2050);
      expect(measurement!.records).toEqual({ sent: 2050, acked: 2050, failed: 0 });
    }
    expect(run.stdout).toContain('transactions committed');
    expect(readFileSync(path.join(results, 'report.md'), 'utf8')).toContain('commit');
  }, 60_000);

  it('ends a run on Ctrl-C with 105, keeps what it measured, and --resume goes on', async () => {
    const cluster = await startInProcessCluster({ brokers: 1 });
    try {
      const file = write(
        'long',
        `target: {bootstrap: ["${cluster.bootstrap[0]}"]}
workload: {rate: 5000/s, warmup: {records: 100}}
points: [{workload.duration: 4s}, {workload.duration: 100ms}]
repeats: 1
canary: false
seed: ${LONG_FIRST}
`,
      );
      const stored = () =>
        [...cluster.state.topics.all()]
          .flatMap(({ partitions }) => partitions)
          .reduce((sum, { log }) => sum + log.nextOffset, 0);
      let locked: Promise<string> = Promise.resolve('never tried');
      const stopped = await kbench(['run', file], (child) => {
        const poll = setInterval(() => {
          // Past the warm-up, so that something was measured however slow this machine is.
          if (stored() < 500) return;
          clearInterval(poll);
          // The first has the folder to itself.
          locked = lockFolder(onlyFolder('long')).then(() => 'taken', String);
          void locked.then(() => child.kill('SIGINT'));
        }, 20);
        child.once('close', () => clearInterval(poll));
      });
      expect(stopped.code).toBe(105);
      expect(await locked).toMatch(/is in use: process \d+ on/);
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
      for (const [name, records] of [
        ['0001.json', 20_000],
        ['0002.json', 500],
      ] as const) {
        const { status, measurement } = runResultSchema.parse(json(results, 'runs', name));
        expect([status, measurement?.records.acked]).toEqual(['completed', records]);
      }
    } finally {
      await cluster.close();
    }
  }, 60_000);

  it('is stopped with exit 105 also while it is still being loaded', async () => {
    // The signal comes in the very turn in which the first handler is there, long before any
    // command is.
    const preload =
      "process.once('newListener', (name) => name === 'SIGINT' && setImmediate(() => " +
      "process.kill(process.pid, 'SIGINT')));";
    const early = await kbench(['run', 'there-is-no-such-file.yaml'], undefined, [
      '--import',
      `data:text/javascript,${encodeURIComponent(preload)}`,
    ]);
    // From Node 22 on all is loaded before the signal is looked at: the command has then found that
    // there is no such file. A signal never kills.
    const late = early.stderr.includes('does not exist');
    expect(early).toMatchObject(late ? { stdout: '' } : { code: 105, stdout: '', stderr: '' });
    expect(late ? [104, 105] : [105]).toContain(early.code);
  });

  it('needs no file: the YAML of its options is kept, and --resume goes on', async () => {
    const words = [
      '--sweep',
      'batch.size=16KiB,64KiB',
      '--set',
      'workload.records=2000',
      '--set',
      'repeats=1',
    ];
    const shown = await kbench(['run', ...words, '--print-yaml']);
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(existsSync(path.join(folder, 'results', 'batch.size'))).toBe(false);
    const run = await kbench(['run', ...words, '--quiet', '--no-canary']);
    expect(run.code).toBe(0);
    const results = onlyFolder('batch.size');
    expect(readFileSync(path.join(results, 'sweep.yaml'), 'utf8')).toBe(shown.stdout);
    expect(readFileSync(path.join(results, 'report.md'), 'utf8')).toContain(
      `kbench run ${words.join(' ')}`,
    );
    rmSync(path.join(results, 'runs', '0002.json'));
    // With the same words or without: both come to what is saved.
    const again = await kbench(['run', ...words, '--resume', results, '--no-canary']);
    expect(again).toMatchObject({ code: 0, stderr: expect.stringContaining('run 1/1') as string });
  }, 60_000);

  it.each([
    [
      'what Java’s producer would refuse',
      'producer: {delivery.timeout.ms: 100}\n',
      'wrong.yaml:1:',
    ],
    [
      'a truststore that is not there',
      'target:\n  bootstrap: ["h:1"]\n' +
        '  security: {security.protocol: SSL, ssl.truststore.location: none.jks, ' +
        'ssl.truststore.password: "${env:HOME}"}\n',
      'none.jks',
    ],
  ])(
    'refuses %s with exit 104, nothing announced and nothing made',
    async (_, yaml, where) => {
      const run = await kbench(['run', write('wrong', yaml)]);
      expect(run.code, run.stderr).toBe(104);
      expect(run.stderr).toContain(where);
      expect(run.stderr).toMatch(/^kbench: /);
      expect(run.stderr).not.toMatch(/ {4}at |to make/);
      expect(existsSync(path.join(folder, 'results', 'wrong'))).toBe(false);
    },
    60_000,
  );
});
