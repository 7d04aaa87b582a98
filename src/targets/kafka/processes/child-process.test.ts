import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { threadEntry } from '../../../base/thread-entry.js';
import { javaEnvironment, mavenEnvironment } from './child-environment.js';
import { runToEnd, spawnTracked } from './child-process.js';
import { cleanUpDeadRuns } from './clean-up.js';
import { processIdentity } from '../../../base/process-identity.js';

const cache = mkdtempSync(path.join(tmpdir(), 'child-process-test-'));
afterAll(() => rmSync(cache, { recursive: true, force: true }));

it('tells code, output and error output of a program', async () => {
  const run = await runToEnd('sh', ['-c', 'printf out; printf err >&2; exit 3'], {
    timeoutMs: 10_000,
  });
  expect(run).toMatchObject({
    code: 3,
    stdout: 'out',
    stderr: 'err',
    timedOut: false,
    truncated: false,
  });
});

it('kills a program with all its children at the time limit', async () => {
  const run = await runToEnd('sh', ['-c', 'sleep 61.5 & echo $!; wait'], { timeoutMs: 300 });
  expect(run).toMatchObject({ code: null, timedOut: true });
  await expect.poll(() => processIdentity(Number(run.stdout))).toBeNull();
});

it('keeps no more output than it was told to', async () => {
  const run = await runToEnd('sh', ['-c', 'yes | head -c 300000'], {
    timeoutMs: 10_000,
    maxOutputBytes: 1000,
  });
  expect([run.stdout.length, run.truncated, run.code]).toEqual([1000, true, 0]);
});

it('tells of a program that does not exist instead of throwing', async () => {
  const run = await runToEnd('no-such-program', [], { timeoutMs: 1000 });
  expect([run.code, run.startError?.code]).toEqual([null, 'ENOENT']);
});

it('gives the number of the program itself, which signals reach', async () => {
  const child = spawnTracked('sleep', ['64'], { stdio: ['ignore', 'ignore', 'ignore'] });
  await expect.poll(() => processIdentity(child.pid!)?.commandLine).toMatch(/sleep 64$/);
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await ended).toEqual([null, 'SIGTERM']);
});

it('leaves no watcher behind when the program ends', async () => {
  const run = await runToEnd('sh', ['-c', 'echo $$'], { timeoutMs: 10_000 });
  await expect.poll(() => inGroup(Number(run.stdout))).toBe(false);
});

it('hands on what a program needs of the environment, and no secret', async () => {
  process.env['KBENCH_TEST_PASSWORD'] = 'hunter2';
  try {
    const run = await runToEnd('env', [], { timeoutMs: 10_000 });
    expect(run.stdout).toMatch(/^PATH=/m);
    expect(run.stdout).not.toContain('KBENCH');
  } finally {
    delete process.env['KBENCH_TEST_PASSWORD'];
  }
  const env = {
    ...{ PATH: '/bin', JAVA_HOME: '/j', HOME: cache, LC_ALL: 'C', TZ: 'UTC', TMPDIR: '/t' },
    ...{
      MAVEN_OPTS: '-Xmx1g',
      https_proxy: 'http://p',
      CI_TOKEN: 'x',
      MIRROR: 'y',
      KAFKA_OPTS: '-Dp=z',
    },
  };
  mkdirSync(path.join(cache, '.m2'));
  writeFileSync(path.join(cache, '.m2', 'settings.xml'), '<password>${env.MIRROR}</password>');
  const java = ['PATH', 'JAVA_HOME', 'HOME', 'LC_ALL', 'TZ', 'TMPDIR'];
  expect(Object.keys(javaEnvironment(env))).toEqual(java);
  expect(Object.keys(mavenEnvironment(env))).toEqual([
    ...java,
    'MAVEN_OPTS',
    'https_proxy',
    'MIRROR',
  ]);
});

// No chance to do anything: it is the children that must notice. Also one that is stopped, and one
// that was not yet written down.
it.each([
  ['', 'console.log(child.pid); setInterval(() => {}, 1000);'],
  [
    'and the child is stopped',
    "child.kill('SIGSTOP'); console.log(child.pid); setInterval(() => {}, 1000);",
  ],
  ['in the tick of the spawn', "console.log(child.pid); process.kill(process.pid, 'SIGKILL');"],
])('ends its children when the process is killed with SIGKILL %s', async (_, then) => {
  const entry = pathToFileURL(threadEntry(import.meta.url, './child-process.js')).href;
  const script = `const { spawnTracked } = await import(${JSON.stringify(entry)});
    const child = spawnTracked('sh', ['-c', 'sleep 65 & wait'], { stdio: ['ignore', 'ignore', \
'ignore'] }); ${then}`;
  const owner = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...process.env, KBENCH_CACHE: cache },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(owner, 'exit');
  const [line] = (await once(owner.stdout, 'data')) as [Buffer];
  owner.kill('SIGKILL');
  await ended;
  await expect.poll(() => inGroup(Number(line)), { timeout: 5000 }).toBe(false);
  cleanUpDeadRuns(cache);
  expect(readdirSync(path.join(cache, 'runs'))).toEqual([]);
});

/** Does a process of that group live? */
function inGroup(leader: number): boolean {
  try {
    process.kill(-leader, 0);
  } catch {
    return false;
  }
  // What init has not yet collected is still a member.
  const members = spawnSync('ps', ['-A', '-o', 'pgid=,stat='], { encoding: 'utf8' }).stdout.split(
    '\n',
  );
  return members.some(
    (each) => Number(each.trim().split(/\s+/)[0]) === leader && !/\sZ/.test(each),
  );
}

// What keeps brokers from outliving kbench: nothing of its own answers the signal, or something
// does, or it just exits.
it.each([
  ['SIGTERM', ''],
  ['SIGINT', ''],
  ['SIGTERM', `process.once('SIGTERM', () => setTimeout(() => process.exit(0), 50));`],
  [null, 'setTimeout(() => process.exit(0), 300);'],
] as const)('ends its children when the process ends by %s, with: %s', async (signal, more) => {
  const entry = pathToFileURL(threadEntry(import.meta.url, './child-process.js')).href;
  const script = `const { spawnTracked } = await import(${JSON.stringify(entry)});
    console.log(spawnTracked('sleep', ['62'], { stdio: ['ignore', 'ignore', 'ignore'] }).pid); \
${more}`;
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
