import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RunError } from '../../base/errors.js';
import { filesBelow, runKbench } from '../../testing/kbench-command.js';
import { startKafkaCluster } from './kafka-cluster.js';

let folder: string;
const at = (...names: string[]) => path.join(folder, ...names);

/**
 * A Java that gives its version and, told to format, a full disk; jars that look whole; nothing of
 * either is ever run.
 */
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'unusable-places-'));
  for (const name of ['bin', 'tmp', 'cache/kafka/4.4.0', 'small'])
    mkdirSync(at(name), { recursive: true });
  const java =
    `echo 'openjdk version "17"' >&2\ncase "$*" in *format*) echo "No space left on device"; ` +
    'exit 1;; esac\n';
  writeFileSync(at('bin', 'java'), `#!/bin/sh\n${java}`);
  writeFileSync(at('bin', 'mvn'), '#!/bin/sh\necho "[ERROR] x: No space left on device"; exit 1\n');
  for (const name of ['java', 'mvn']) chmodSync(at('bin', name), 0o755);
  for (const jar of ['kafka_2.13', 'kafka-tools', 'kafka-clients']) {
    writeFileSync(at('cache', 'kafka', '4.4.0', `${jar}-4.4.0.jar`), '');
  }
  writeFileSync(at('file'), '');
  writeFileSync(
    at('s.yaml'),
    'name: s\ntarget: {kafka: {version: 4.4.0}}\nworkload: {records: 10}\n',
  );
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const environment = (env: Record<string, string>) => ({
  ...{ PATH: `${at('bin')}:${process.env['PATH'] ?? ''}`, JAVA_HOME: '', NO_COLOR: '1' },
  ...{ KBENCH_CACHE: at('cache'), TMPDIR: at('tmp'), ...env },
});

/** What the start of a cluster says: message and remedy. */
async function start(env: Record<string, string> = {}): Promise<string> {
  for (const [name, value] of Object.entries(environment(env))) vi.stubEnv(name, value);
  const error: unknown = await startKafkaCluster().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(RunError);
  const { message, remedy } = error as RunError;
  return `${message}\n  ${remedy ?? ''}`;
}

function expectNothingLeft(): void {
  expect(readdirSync(at('tmp'))).toEqual([]);
  expect(filesBelow(at('cache')).filter((file) => !file.endsWith('.jar'))).toEqual([]);
  expect(readdirSync(folder)).not.toContain('results');
}

const CACHE_REMEDY = /Set KBENCH_CACHE to a folder that can be written/;
const TMP_REMEDY = /Set TMPDIR to a folder that is there and can be written/;
it.each([
  [
    'a cache that is a file',
    { KBENCH_CACHE: 'file' },
    /cannot write to kbench’s cache .*file: a part of the path/,
    CACHE_REMEDY,
  ],
  [
    'a cache where no folder can be',
    { KBENCH_CACHE: '/proc/none' },
    /cache \/proc\/none: there is no such/,
    CACHE_REMEDY,
  ],
  [
    'no folder for temporary files',
    { TMPDIR: '/nowhere/at/all' },
    /temporary files, \/nowhere\/at\/all: there/,
    TMP_REMEDY,
  ],
  [
    'a file in its place',
    { TMPDIR: 'file' },
    /for temporary files, .*file: a part of the path is a file/,
    TMP_REMEDY,
  ],
  [
    'a disk that is full for Java',
    {},
    /could not format .* No space left/,
    /set TMPDIR to a folder elsewhere/,
  ],
])('are told with what, where and a remedy: %s', async (_, env, what, remedy) => {
  const relative = Object.entries<string>(env).map(([key, value]) => [
    key,
    path.resolve(folder, value),
  ]);
  const said = await start(Object.fromEntries(relative) as Record<string, string>);
  expect(said).toMatch(what);
  expect(said).toMatch(remedy);
  expectNothingLeft();
});

it('ends kbench run with 107 and no stack', async () => {
  const run = await runKbench(folder, ['run', 's.yaml'], environment({ KBENCH_CACHE: at('file') }));
  expect(run.stderr).toMatch(
    /^kbench: cannot write to kbench’s cache .*\n {2}Set KBENCH_CACHE .*\n$/m,
  );
  expect(run).toMatchObject({ code: 107, stdout: '' });
  expectNothingLeft();
});

it('tells of a disk that is full for Maven', async () => {
  rmSync(at('cache', 'kafka', '4.4.0'), { recursive: true });
  expect(await start()).toMatch(
    /could not fetch Kafka 4\.4\.0, as the disk is full.*\n {2}Free some space/,
  );
  expectNothingLeft();
});

describe.skipIf(process.platform !== 'linux' || process.getuid?.() !== 0)(
  'on a disk of its own (root on Linux)',
  () => {
    const mount = (options: string) =>
      execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'none', at('small')]);
    afterEach(() => execFileSync('umount', ['-l', at('small')]));

    it.each([
      [
        'TMPDIR',
        'size=16k',
        /temporary files, .*small: the disk is full\n {2}Free some space, or set TMPDIR/,
      ],
      ['TMPDIR', 'ro', /temporary files, .*small: the file system is read-only\n {2}Set TMPDIR/],
      [
        'KBENCH_CACHE',
        'size=16k',
        /cache .*small: the disk is full\n {2}Free some space, or set KBENCH_CACHE/,
      ],
      ['KBENCH_CACHE', 'ro', /cache .*small: the file system is read-only\n {2}Set KBENCH_CACHE/],
    ])('tells of a %s with %s', async (name, options, what) => {
      mount(options);
      if (options !== 'ro') {
        // To the last page.
        try {
          writeFileSync(at('small', 'full'), Buffer.alloc(100_000));
        } catch {
          // full
        }
      }
      expect(await start({ [name]: at('small') })).toMatch(what);
      expectNothingLeft();
      expect(
        readdirSync(at('small')).filter(
          (each) => each !== 'full' && each !== 'runs' && each !== 'kafka',
        ),
      ).toEqual([]);
    });
  },
);
