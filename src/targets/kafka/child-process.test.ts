import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { threadEntry } from '../../base/thread-entry.js';
import { runToEnd } from './child-process.js';
import { processIdentity } from '../../base/process-identity.js';

const cache = mkdtempSync(path.join(tmpdir(), 'child-process-test-'));
afterAll(() => rmSync(cache, { recursive: true, force: true }));

it('tells code, output and error output of a program', async () => {
  const run = await runToEnd('sh', ['-c', 'printf out; printf err >&2; exit 3'], { timeoutMs: 10_000 });
  expect(run).toMatchObject({ code: 3, stdout: 'out', stderr: 'err', timedOut: false, truncated: false });
});

it('kills a program with all its children at the time limit', async () => {
  const run = await runToEnd('sh', ['-c', 'sleep 61.5 & echo $!; wait'], { timeoutMs: 300 });
  expect(run).toMatchObject({ code: null, timedOut: true });
  await expect.poll(() => processIdentity(Number(run.stdout))).toBeNull();
});

it('keeps no more output than it was told to', async () => {
  const run = await runToEnd('sh', ['-c', 'yes | head -c 300000'], { timeoutMs: 10_000, maxOutputBytes: 1000 });
  expect([run.stdout.length, run.truncated, run.code]).toEqual([1000, true, 0]);
});

it('tells of a program that does not exist instead of throwing', async () => {
  const run = await runToEnd('no-such-program', [], { timeoutMs: 1000 });
  expect([run.code, run.startError?.code]).toEqual([null, 'ENOENT']);
});

// What keeps brokers from outliving kbench: nothing of its own answers the signal, or something does, or it just exits.
it.each([
  ['SIGTERM', ''],
  ['SIGINT', ''],
  ['SIGTERM', `process.once('SIGTERM', () => setTimeout(() => process.exit(0), 50));`],
  [null, 'setTimeout(() => process.exit(0), 300);'],
] as const)('ends its children when the process ends by %s, with: %s', async (signal, more) => {
  const entry = pathToFileURL(threadEntry(import.meta.url, './child-process.js')).href;
  const script = `const { spawnTracked } = await import(${JSON.stringify(entry)});
    console.log(spawnTracked('sleep', ['62'], { stdio: 'ignore' }).pid); ${more}`;
  const owner = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...process.env, KBENCH_CACHE: cache },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(owner, 'exit');
  const [line] = (await once(owner.stdout, 'data')) as [Buffer];
  expect(processIdentity(Number(line))).not.toBeNull();
  if (signal !== null) owner.kill(signal);
  const [code, by] = (await ended) as [number | null, NodeJS.Signals | null];
  expect([code, by]).toEqual(more === '' ? [null, signal] : [0, null]);
  await expect.poll(() => processIdentity(Number(line))).toBeNull();
  expect(readdirSync(path.join(cache, 'runs'))).toEqual([]);
});
