// What `kbench cluster up` refuses before anything is started: bad options, and a machine without
// Java, with an old one, without Maven or without a network. Each with a remedy and nothing left.
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { filesBelow, runKbench } from '../testing/kbench-command.js';

const folder = mkdtempSync(path.join(tmpdir(), 'kbench-cluster-bad-'));
const temporary = path.join(folder, 'tmp');
mkdirSync(temporary);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Programs of a machine that has these, and a shell, and nothing else. */
function machine(name: string, programs: Readonly<Record<string, string>>) {
  const bin = path.join(folder, name, 'bin');
  mkdirSync(bin, { recursive: true });
  for (const [program, script] of Object.entries(programs)) {
    writeFileSync(path.join(bin, program), `#!/bin/sh\n${script}\n`);
    chmodSync(path.join(bin, program), 0o755);
  }
  const cache = path.join(folder, name, 'cache');
  return { PATH: bin, JAVA_HOME: '', KBENCH_CACHE: cache, TMPDIR: temporary };
}

const java = (version: string) => `echo 'openjdk version "${version}"' >&2`;
const NOT_THERE =
  '[ERROR] Could not find artifact org.apache.kafka:kafka_2.13:jar:9.9.9 in central';
const OFFLINE = '[ERROR] Could not transfer artifact x: repo.example: Unknown host repo.example';

describe.concurrent('kbench cluster up on a machine', () => {
  it.each([
    ['no-java', {}, [], /needs Java, and java could not be started\n.*Install a Java runtime/],
    ['java-11', { java: java('11.0.2') }, [], /needs Java 17 or newer, and java is version 11\n/],
    [
      'no-maven',
      { java: java('17.0.1') },
      [],
      /not in the cache, and mvn.*could not be started\n.*Install Apache Maven/,
    ],
    [
      'no-network',
      { java: java('17.0.1'), mvn: `echo '${OFFLINE}'; exit 1` },
      [],
      /could not reach its repository for Kafka 4\.4\.0.*\n.*Check the network/,
    ],
    [
      'no-version',
      { java: java('17.0.1'), mvn: `echo '${NOT_THERE}'; exit 1` },
      ['--version', '9.9.9'],
      /Maven finds no complete Kafka 9\.9\.9.*\n.*Choose another version/,
    ],
  ] as const)('%s: says so, with a remedy, and leaves nothing', async (name, has, args, said) => {
    const environment = machine(name, has);
    const run = await runKbench(folder, ['cluster', 'up', ...args], environment);
    expect(run).toMatchObject({ code: 107, stdout: '' });
    expect(run.stderr).toMatch(said);
    expect(run.stderr).not.toMatch(/^ +at /m);
    expect(readdirSync(temporary)).toEqual([]);
    const left = filesBelow(environment.KBENCH_CACHE).map((file) => path.basename(file));
    expect(left.filter((file) => !/^kafka\.(log|lock)$/.test(file))).toEqual([]);
  });
});

it.each([
  [['--mode', 'zookeeper'], /Kafka 4\.4\.0 has no ZooKeeper mode.*\n.*--version 3\.9\.1/],
  [['--version', '4.3'], /4\.3 is not a version of Kafka/],
  [['--zookeepers', '3'], /--zookeepers is for --mode zookeeper/],
  [
    ['--mode', 'zookeeper', '--version', '3.9.1', '--zookeepers', '2'],
    /--zookeepers 2 is neither 1 nor 3/,
  ],
  [['--brokers', '9'], /--brokers 9 is not 1 to 5/],
  [['--security', 'ssl'], /--security ssl is not one of plaintext, tls, sasl/],
  [['--config', 'fast'], /--config fast is not name=value/],
  [['--config', 'listeners=PLAINTEXT://:1'], /--config listeners: that is kbench's own/],
  [['--port', '70000'], /--port 70000 is no port/],
  [['--name', '../x'], /--name \.\.\/x is no name/],
])('kbench cluster up %j ends with 104 and a remedy', async (args, said) => {
  const run = await runKbench(folder, ['cluster', 'up', ...args], machine('none', {}));
  expect(run).toMatchObject({ code: 104, stdout: '' });
  expect(run.stderr).toMatch(said);
  expect(run.stderr.trim().split('\n').length).toBeGreaterThan(1);
});
