// `kbench validate` and `kbench run` refuse the same sweeps: both are run as users run them, over
// one list.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../base/errors.js';
import { threadEntry } from '../../base/thread-entry.js';
import { kafkaAdmin } from '../../session/topics/kafka-admin.js';
import { loadSweep, type LoadedSweep } from '../../plan/load-sweep.js';
import { checkTarget } from '../../targets/check-target.js';
import { openTarget } from '../../targets/target.js';

const folder = mkdtempSync(path.join(tmpdir(), 'kbench-agree-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
writeFileSync(path.join(folder, 'store.jks'), Buffer.from('feedfeed00000002', 'hex'));
writeFileSync(path.join(folder, 'empty.pem'), '-----BEGIN NOTHING-----\n');

/** Nothing listens there: a run that gets as far as asking ends with 107. */
const NOWHERE = '127.0.0.1:1';
const secured = (lines: string) => `target: {bootstrap: ["${NOWHERE}"], security: {${lines}}}`;
const plain = (jaas: string) =>
  secured(`security.protocol: SASL_PLAINTEXT, sasl.mechanism: PLAIN, sasl.jaas.config: '${jaas}'`);
const tokens = (line: string) =>
  secured(`security.protocol: SASL_PLAINTEXT, sasl.mechanism: OAUTHBEARER, ${line}`);
const KRB5 = 'com.sun.security.auth.module.Krb5LoginModule required';
const kerberos = (options: string) =>
  secured(
    'security.protocol: SASL_PLAINTEXT, sasl.kerberos.service.name: kafka, sasl.jaas.config: ' +
      `'${KRB5} ${options};'`,
  );
writeFileSync(path.join(folder, 'no-provider.mjs'), 'export default 5;\n');
writeFileSync(path.join(folder, 'needs.mjs'), "import 'kbench-no-such-package';\n");
const MODULE = 'org.apache.kafka.common.security.plain.PlainLoginModule required username="a"';

/** What decides lies in the file, or in files that it names. */
const REFUSED: readonly string[] = [
  'target: {kafka: {brokers: 6}}',
  'target: {kafka: {brokers: 9}}',
  'target: {kafka: {brokers: 0}}',
  'target: {kafka: {version: 3.2.0}}',
  'target: {kafka: {version: 2.8.1}}',
  'target: {kafka: {version: "4.3"}}',
  'target: {kafka: {version: 1234.0.0}}',
  'target: {kafka: {brokers: 2}}\ntopic: {replicationFactor: 3}',
  'target: {kafka: {}}\ntopic: {name: mine}',
  'target: kafka\ntopic: {name: mine}',
  'topic: {name: mine}',
  'target: {embedded: {brokers: 101}}',
  'target: {embedded: {brokers: 1.5}}',
  'target: {embedded: {replicationDelay: 61s}}',
  'target: {embedded: {replicationDelay: -1ms}}',
  'topic: {replicationFactor: 2}',
  'topic: {partitions: 10001}',
  'topic: {config: {cleanup.policy: compact}}',
  'topic: {config: {compression.type: zstd}}',
  'topic: {config: {no.such.setting: 1}}',
  'topic: {config: {min.insync.replicas: 2}}',
  'topic: {config: {max.message.bytes: many}}',
  'sweep: {topic.config.retention.bytes: [1000, x]}',
  'target: {bootstrap: []}',
  'target: {bootstrap: ["host"]}',
  'target: {bootstrap: ["host:0"]}',
  'target: {bootstrap: ["host:70000"]}',
  'target: {bootstrap: ["a b:9092"]}',
  'target: {bootstrap: ["http://host:9092"]}',
  secured('security.protocol: SSL, ssl.truststore.location: ./store.jks'),
  secured('security.protocol: SSL, ssl.truststore.location: ./empty.pem'),
  secured('security.protocol: SSL, ssl.truststore.location: .'),
  secured('security.protocol: SSL, ssl.cipher.suites: TLS_NO_SUCH_SUITE'),
  secured('security.protocol: SASL_PLAINTEXT, sasl.mechanism: GSSAPI'),
  secured(`security.protocol: SASL_PLAINTEXT, sasl.jaas.config: '${KRB5} useTicketCache=true;'`),
  kerberos('useKeyTab=true keyTab="./empty.pem" principal="a"'),
  kerberos('useTicketCache=true ticketCache="./empty.pem"'),
  secured('security.protocol: SASL_PLAINTEXT, sasl.mechanism: OAUTHBEARER'),
  tokens('tokenCommand: get-token'),
  tokens('tokenCommand: ["no-such", "${env:PASSWORD}"]'),
  tokens('sasl.login.callback.handler.class: ./none.mjs'),
  tokens('sasl.login.callback.handler.class: ./no-provider.mjs'),
  tokens('sasl.login.callback.handler.class: com.example.Handler'),
  secured('sasl.mechanism: PLAIN'),
  plain(`${MODULE};`),
  plain(`${MODULE} password="secret";`),
  'workload: {payload: {file: ./none.txt}}',
  'partitioner.class: ./none.mjs',
];

const ACCEPTED: readonly string[] = [
  'name: plain',
  'target: {embedded: {brokers: 100, replicationDelay: 0ms}}\ntopic: {replicationFactor: 100}',
  'target: {embedded: {brokers: 3, replicationDelay: 60s}}\n' +
    'topic: {partitions: 12, replicationFactor: 3}',
  'topic: {partitions: 1000}',
  'topic: {config: {cleanup.policy: delete, retention.ms: 1000, max.message.bytes: 2000000, ' +
    'compression.type: producer}}',
  'target: {embedded: {brokers: 2}}\ntopic: {replicationFactor: 2, ' +
    'config: {min.insync.replicas: 2}}',
];

let files = 0;
function write(yaml: string): string {
  const file = path.join(folder, `${++files}.yaml`);
  writeFileSync(file, `${yaml}\n`);
  return file;
}

/** As commands/validate does. */
async function validated(file: string): Promise<LoadedSweep | string> {
  try {
    const sweep = await loadSweep(file);
    await checkTarget(sweep.target);
    return sweep;
  } catch (error) {
    if (error instanceof ConfigurationError)
      return `${error.message} ${error.problems.map((p) => p.message).join()}`;
    throw error;
  }
}

/** As `kbench run` begins: the plan, the target, the topic of each point. */
async function begun(file: string): Promise<string> {
  try {
    const sweep = await loadSweep(file);
    const target = await openTarget(sweep.target);
    try {
      const admin = kafkaAdmin(target.bootstrap, target.access);
      for (const [index, { settings }] of sweep.plan.points.entries()) {
        if (settings.topic.kind === 'fresh') await admin.create(`t${index}`, settings.topic);
      }
    } finally {
      await target.close();
    }
    return 'ok';
  } catch (error) {
    return error instanceof ConfigurationError ? 'refused' : String(error);
  }
}

function exitCode(...args: string[]): Promise<number | null> {
  const child = spawn(process.execPath, [threadEntry(import.meta.url, '../../main.js'), ...args], {
    cwd: folder,
    stdio: 'ignore',
    timeout: 30_000,
  });
  return new Promise((resolve) => child.on('close', resolve));
}

describe('validate and run', () => {
  it.each(REFUSED)('both refuse %s', async (yaml) => {
    const file = write(yaml);
    expect(await validated(file)).toEqual(expect.any(String));
    expect(await begun(file)).toBe('refused');
  });

  it.each(ACCEPTED)('both take %s', async (yaml) => {
    const file = write(yaml);
    expect(typeof (await validated(file))).toBe('object');
    expect(await begun(file)).toBe('ok');
  });

  it('differ only where something is missing here, which validate warns of', async () => {
    const store = secured('security.protocol: SSL, ssl.truststore.location: ./none.pem');
    const variable = plain(`${MODULE} password="\${env:KBENCH_NO_SUCH_VARIABLE}";`);
    for (const [yaml, words] of [
      [store, /none\.pem cannot be read \(ENOENT\)/],
      [variable, /KBENCH_NO_SUCH_VARIABLE is not set/],
      [tokens('tokenCommand: [kbench-no-such-program]'), /no folder of PATH has such a program/],
      [
        tokens('sasl.login.callback.handler.class: ./needs.mjs'),
        /needs the npm package kbench-no-such-package/,
      ],
      [
        kerberos('useTicketCache=true ticketCache="./none"'),
        /npm install kerberos|none cannot be read/,
      ],
    ] as const) {
      const file = write(yaml);
      const sweep = await loadSweep(file);
      const warnings = await checkTarget(sweep.target);
      expect(warnings.map(({ message }) => message).join()).toMatch(words);
      expect(await begun(file)).toBe('refused');
    }
  });

  it('say so by their exit codes', async () => {
    const [wrong, right] = [write('target: {kafka: {brokers: 6}}'), write('name: x')];
    expect(await Promise.all([exitCode('validate', wrong), exitCode('run', wrong)])).toEqual([
      104, 104,
    ]);
    expect(await exitCode('validate', right)).toBe(0);
  });
});
