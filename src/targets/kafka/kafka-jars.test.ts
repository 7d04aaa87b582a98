import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cacheFolder } from './cache-folder.js';
import { javaMajor, javaNeeded } from './java.js';
import { isKafkaVersion } from './kafka-rules.js';
import { findKafkaJars, mavenFailure, pomFor, requireKafkaJars } from './kafka-jars.js';

let folder: string;
let env: NodeJS.ProcessEnv;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kafka-jars-test-'));
  mkdirSync(path.join(folder, 'bin'));
  env = {
    PATH: `${path.join(folder, 'bin')}:/usr/bin:/bin`,
    KBENCH_CACHE: path.join(folder, 'cache'),
  };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Puts a shell script of that name before everything else on the PATH. */
function program(name: string, script: string): void {
  const file = path.join(folder, 'bin', name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}

const java = (version: string) =>
  program('java', `echo 'openjdk version "${version}" 2025-01-01' >&2`);
/** Writes the jars that a complete fetch has, into -DoutputDirectory. */
const COPY = `for a; do case "$a" in -DoutputDirectory=*) d="\${a#*=}";; esac; done
for j in kafka_2.13 kafka-tools kafka-clients; do echo jar > "$d/$j-4.3.1.jar"; done`;
const find = (timeoutMs = 10_000) => findKafkaJars('4.3.1', { env, timeoutMs });

describe('Kafka’s jars', () => {
  it('are fetched once and then found, with nothing else left in the cache', async () => {
    java('21.0.1');
    program('mvn', COPY);
    const root = path.join(folder, 'cache', 'kafka');
    expect(await find()).toMatchObject({ available: true, folder: path.join(root, '4.3.1') });
    program('mvn', 'exit 1');
    expect(await find()).toMatchObject({
      available: true,
      classPath: path.join(root, '4.3.1', '*'),
    });
    expect(readdirSync(root)).toEqual(['4.3.1']);
  });

  it('are fetched once by two who ask at the same time', async () => {
    java('17');
    program('mvn', `echo x >> "${folder}/fetches"\nsleep 0.3\n${COPY}`);
    const both = await Promise.all([find(), find()]);
    expect(both.map(({ available }) => available)).toEqual([true, true]);
    expect(readFileSync(path.join(folder, 'fetches'), 'utf8')).toBe('x\n');
    expect(readdirSync(path.join(folder, 'cache', 'kafka'))).toEqual(['4.3.1']);
  });

  it('are fetched anew where a part of them is gone', async () => {
    java('17');
    program('mvn', COPY);
    const root = path.join(folder, 'cache', 'kafka');
    mkdirSync(path.join(root, '4.3.1'), { recursive: true });
    mkdirSync(path.join(root, '.fetch-4.3.1-killed'));
    writeFileSync(path.join(root, '4.3.1', 'kafka-clients-4.3.1.jar'), '');
    expect(await find()).toMatchObject({ available: true });
    expect(readdirSync(root)).toEqual(['4.3.1']);
    expect(readdirSync(path.join(root, '4.3.1'))).toHaveLength(3);
  });

  it.each([
    ['no java', () => program('java', 'exit 127'), /gave no version/],
    ['an old java', () => java('11.0.2'), /needs Java 17 or newer, and java is version 11/],
    [
      'an artifact that is not there',
      () => program('mvn', 'echo "[ERROR] Could not find artifact a:b"; exit 1'),
      /no complete Kafka/,
    ],
    [
      'no network',
      () => program('mvn', 'echo "[ERROR] x: Unknown host y"; exit 1'),
      /could not reach its repository.*Unknown host y/,
    ],
    ['a Maven that copies nothing', () => program('mvn', 'exit 0'), /not all jars/],
  ])('are missing with %s, and the reason says so', async (_, prepare, reason) => {
    java('17');
    prepare();
    const jars = await find();
    expect(jars.available ? '' : jars.reason).toMatch(reason);
    await expect(requireKafkaJars('4.3.1', { env })).rejects.toThrow(reason);
  });

  it('are missing when Maven does not end in time', async () => {
    java('17');
    program('mvn', 'sleep 63');
    const jars = await find(300);
    expect(jars.available ? '' : jars.reason).toMatch(/within 0.3 s/);
  });

  it('are missing when java or mvn cannot be started', async () => {
    env['JAVA_HOME'] = '/nowhere';
    const jars = await find();
    expect(jars.available ? '' : jars.reason).toMatch(/\/nowhere\/bin\/java could not be started/);
    const startError = Object.assign(new Error(), { code: 'ENOENT' });
    const none = { code: null, stdout: '', stderr: '', timedOut: false, startError };
    expect(mavenFailure('4.3.1', none, 1)?.reason).toMatch(/mvn.*could not be started/);
  });
});

it.each(['4.3.1', '4.0.0', '3.9.1', '3.3.0', '2.8.2', '10.0.0'])(
  '%s is a version that can be started',
  (version) => {
    expect(isKafkaVersion(version)).toBe(true);
    expect(pomFor(version)).toContain(`<version>${version}</version>`);
  },
);

it.each(['', '4.3', '2.7.2', '3.4.1.1', 'v4.3.1', '../4.3.1', '4.3.1</version>', '4.3.1\n'])(
  '%j is none',
  async (version) => {
    expect(isKafkaVersion(version)).toBe(false);
    expect(await findKafkaJars(version)).toMatchObject({ available: false });
  },
);

it.each([
  ['openjdk version "17.0.15" 2025-04-15', 17],
  ['java version "1.8.0_392"', 8],
  ['openjdk version "25" 2025-09-16', 25],
  ['command not found', null],
])('reads the version out of %s', (text, major) => {
  expect(javaMajor(text)).toBe(major);
});

it('asks for Java 17 from Kafka 4 on', () => {
  expect(['3.9.1', '4.0.0', '10.0.0'].map(javaNeeded)).toEqual([8, 17, 17]);
});

it('keeps the cache where the user’s caches are, unless told otherwise', () => {
  expect(cacheFolder({ KBENCH_CACHE: '/a' })).toBe('/a');
  expect(cacheFolder({ XDG_CACHE_HOME: '/x' })).toBe('/x/kbench');
  expect(cacheFolder({ XDG_CACHE_HOME: 'relative' })).toMatch(/\.cache\/kbench$/);
});
