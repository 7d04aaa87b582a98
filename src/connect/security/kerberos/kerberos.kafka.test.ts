import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunResult } from '../../../contract/run-result.js';
import { ConfigurationError } from '../../../base/errors.js';
import { checkAccess, openAccess } from '../../../targets/external/access.js';
import { runToEnd } from '../../../targets/kafka/processes/child-process.js';
import { probe } from '../../../targets/external/probe.js';
import { startKafkaCluster, type KafkaCluster } from '../../../targets/kafka/kafka-cluster.js';
import { findKafkaJars } from '../../../targets/kafka/kafka-jars.js';
import { readTicketCache } from './ticket-cache.js';
import { filesBelow, runKbench } from '../../../testing/kbench-command.js';
import { testedVersions } from '../../../testing/kafka/kafka-fixture.js';
import {
  findKerberosTools,
  REALM,
  startKerberosRealm,
  type KerberosRealm,
} from '../../../testing/kafka/kerberos-realm.js';

const folder = mkdtempSync(path.join(tmpdir(), 'kbench-kerberos-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const [version] = testedVersions;
const jars = await findKafkaJars(version);
const tools = jars.available ? await findKerberosTools() : jars.reason;
const MODULE = 'com.sun.security.auth.module.Krb5LoginModule required';
const REAUTHENTICATE_MS = 2_500;
const PRINCIPAL = `bench@${REALM}`;

describe.skipIf(typeof tools === 'string')(
  `Apache Kafka ${version} with Kerberos${typeof tools === 'string' ? ` (skipped: ${tools})` : ''}`,
  () => {
    let realm: KerberosRealm;
    let kafka: KafkaCluster;
    let keytab: string;
    beforeAll(async () => {
      realm = await startKerberosRealm(path.join(folder, 'realm'));
      const brokerKeytab = await realm.addPrincipal('kafka/localhost');
      keytab = await realm.addPrincipal('bench');
      kafka = await startKafkaCluster({
        version,
        heap: '512m',
        listeners: { SASL: 'SASL_PLAINTEXT' },
        jvmOptions: [`-Djava.security.krb5.conf=${realm.configFile}`],
        properties: {
          'sasl.kerberos.service.name': 'kafka',
          'listener.name.sasl.sasl.enabled.mechanisms': 'GSSAPI',
          'listener.name.sasl.gssapi.sasl.jaas.config':
            `${MODULE} useKeyTab=true storeKey=true keyTab="${brokerKeytab}" ` +
            `principal="kafka/localhost@${REALM}";`,
          'listener.name.sasl.gssapi.connections.max.reauth.ms': String(REAUTHENTICATE_MS),
        },
      });
    });
    const cwd = process.cwd();
    beforeAll(() => {
      process.env['KRB5_CONFIG'] = realm.configFile;
      process.chdir(typeof tools === 'string' ? folder : tools.packageFolder);
    });
    afterAll(async () => {
      process.chdir(cwd);
      await kafka?.close();
      realm?.stop();
    });

    /** Runs in a folder from which the package `kerberos` is found. */
    const kbench = (args: readonly string[], env: Record<string, string> = {}) =>
      runKbench(typeof tools === 'string' ? folder : tools.packageFolder, args, {
        KRB5_CONFIG: realm.configFile,
        ...env,
      });
    const sweep = (
      name: string,
      jaas: string,
      more = '',
      workload = 'records: 2000, warmup: {records: 100}',
    ) => {
      const file = path.join(folder, `${name}.yaml`);
      writeFileSync(
        file,
        `name: ${name}
target:
  bootstrap: ["${kafka.listeners['SASL'][0]}"]
  security:
    security.protocol: SASL_PLAINTEXT
    sasl.kerberos.service.name: kafka
    sasl.jaas.config: ${MODULE} ${jaas};
${more.replaceAll(/^(?=.)/gm, '    ')}
workload: {${workload}, workers: 2}
repeats: 1
`,
      );
      return file;
    };
    const resultOf = (out: string): RunResult => {
      const run = filesBelow(out).find((name) => path.basename(path.dirname(name)) === 'runs')!;
      return JSON.parse(readFileSync(run, 'utf8')) as RunResult;
    };

    it('runs a sweep with a keytab beside its file, and renews it under load', async () => {
      copyFileSync(keytab, path.join(folder, 'bench.keytab'));
      const file = sweep(
        'keytab',
        `useKeyTab=true keyTab="./bench.keytab" principal="${PRINCIPAL}"`,
        '',
        'rate: 200/s, duration: 8s, warmup: 1s',
      );
      const checked = await kbench(['validate', file]);
      expect(checked).toMatchObject({ code: 0, stderr: '' });
      expect(checked.stdout).not.toContain('warning');
      const out = path.join(folder, 'out-keytab');
      const run = await kbench(['run', file, '--out', out]);
      expect(run).toMatchObject({ code: 0 });
      expect(resultOf(out)).toMatchObject({ measurement: { records: { acked: 1600, failed: 0 } } });
    });

    it('gets new tickets by keytab before the old ones end', async () => {
      const short = await realm.addPrincipal('short', '-maxlife', '8s');
      const jaas = `useKeyTab=true keyTab="${short}" principal="short@${REALM}"`;
      const file = sweep('short-keytab', jaas, '', 'rate: 100/s, duration: 14s, warmup: 1s');
      const out = path.join(folder, 'out-short');
      expect(await kbench(['run', file, '--out', out])).toMatchObject({ code: 0 });
      expect(resultOf(out)).toMatchObject({ measurement: { records: { acked: 1400, failed: 0 } } });
    });

    it('renews the ticket of a cache with kinit -R before it ends', async () => {
      const cache = path.join(folder, 'renewed.cache');
      await realm.kinit(keytab, 'bench', `FILE:${cache}`, '-l', '8s', '-r', '1h');
      const before = await readTicketCache(cache);
      expect(before.principal).toBe(PRINCIPAL);
      const file = sweep(
        'cache',
        'useTicketCache=true ticketCache="./renewed.cache"',
        'sasl.kerberos.min.time.before.relogin: 1s',
        'rate: 100/s, duration: 14s, warmup: 1s',
      );
      const out = path.join(folder, 'out-cache');
      expect(await kbench(['run', file, '--out', out])).toMatchObject({ code: 0 });
      expect(resultOf(out)).toMatchObject({ measurement: { records: { acked: 1400, failed: 0 } } });
      const after = await readTicketCache(cache);
      expect(after.ticket!.endMs).toBeGreaterThan(before.ticket!.endMs + 8000);
    });

    it('takes the ticket cache of the environment', async () => {
      const cache = `DIR:${path.join(folder, 'caches')}`;
      mkdirSync(path.join(folder, 'caches'));
      await realm.kinit(keytab, 'bench', cache);
      const run = await kbench(['run', sweep('environment', 'useTicketCache=true')], {
        KRB5CCNAME: cache,
      });
      expect(run).toMatchObject({ code: 0 });
    });

    const settings = (jaas: string, service = 'kafka') => ({
      'security.protocol': 'SASL_PLAINTEXT',
      'sasl.kerberos.service.name': service,
      'sasl.jaas.config': `${MODULE} ${jaas};`,
    });
    const inKeytab = (principal: string) =>
      `useKeyTab=true keyTab="${keytab}" principal="${principal}"`;
    const inCache = (name: string) =>
      `useTicketCache=true ticketCache="${path.join(folder, name)}"`;
    const message = (error: unknown): string => (error as Error).message;

    it.each<[what: string, jaas: () => string, absent: boolean, words: RegExp]>([
      [
        'a keytab without the principal',
        () => inKeytab(`mallory@${REALM}`),
        false,
        /bench\.keytab has no key of mallory@KBENCH\.TEST; it holds keys of bench@KBENCH\.TEST$/,
      ],
      [
        'no keytab',
        () => inKeytab('bench').replace('.keytab', '.nowhere'),
        true,
        /keytab .* cannot be read \(ENOENT\)/,
      ],
      [
        'what is no keytab',
        () => inKeytab('bench').replace('bench.keytab', 'krb5.conf'),
        false,
        /is no keytab/,
      ],
      [
        'no ticket cache',
        () => inCache('none.cache'),
        true,
        /none\.cache cannot be read \(ENOENT\); run kinit$/,
      ],
      [
        'what is no ticket cache',
        () => inCache('realm/krb5.conf'),
        false,
        /is no Kerberos ticket cache/,
      ],
      [
        'a ticket that has ended',
        () => inCache('ended.cache'),
        true,
        /ended\.cache \(of bench@KBENCH\.TEST\) holds a ticket that has ended; run kinit$/,
      ],
    ])(
      'refuses %s before anyone is asked, in validate as in a run',
      async (what, jaas, absent, words) => {
        if (what === 'a ticket that has ended') {
          await realm.kinit(
            keytab,
            'bench',
            `FILE:${path.join(folder, 'ended.cache')}`,
            '-l',
            '1s',
          );
          await new Promise((resolve) => setTimeout(resolve, 2100));
        }
        const security = settings(jaas());
        const checked = await checkAccess(security).catch((error: unknown) => error);
        expect(message(checked)).toMatch(words);
        const told = absent ? checkAccess(security) : Promise.resolve(null);
        expect(await told).toEqual(absent ? expect.any(ConfigurationError) : null);
        await expect(openAccess(security)).rejects.toThrow(words);
        await expect(openAccess(security)).rejects.toBeInstanceOf(ConfigurationError);
      },
    );

    it('tells a service that there is not', async () => {
      const access = await openAccess(settings(inKeytab('bench'), 'kfka'));
      const outcome = await probe(kafka.listeners['SASL'][0], 10_000, access);
      access.close();
      expect(outcome.ok ? 'ok' : outcome.failure.message).toMatch(
        /^Kerberos: Server kfka\/localhost@.* not found in .*; check sasl\.kerberos\.service/,
      );
    });

    it('tells that the KDC is not there', async () => {
      realm.stop();
      const error = await openAccess(settings(inKeytab('bench'))).catch(
        (reason: unknown) => reason,
      );
      await realm.start();
      expect(message(error)).toMatch(
        /^no Kerberos ticket: Cannot contact any KDC for realm 'KBENCH.TEST'$/,
      );
    });

    it('survives the end of its process: the next connection gets another', async () => {
      const access = await openAccess(settings(inKeytab('bench')));
      const children = await childrenOf(process.pid, 'kerberos-child');
      expect(children).toHaveLength(1);
      process.kill(children[0], 'SIGKILL');
      await expect.poll(() => childrenOf(process.pid, 'kerberos-child')).toEqual([]);
      expect(await probe(kafka.listeners['SASL'][0], 10_000, access)).toMatchObject({ ok: true });
      access.close();
      await expect.poll(() => childrenOf(process.pid, 'kerberos-child')).toEqual([]);
    });
  },
);

/** Processes of a parent whose command line has `words`. */
async function childrenOf(parent: number, words: string): Promise<number[]> {
  const { stdout } = await runToEnd(
    'ps',
    ['-ww', '-o', 'pid=,stat=,args=', '--ppid', String(parent)],
    {
      timeoutMs: 10_000,
    },
  );
  return stdout
    .split('\n')
    .filter((line) => line.includes(words) && !/^\s*\d+ Z/.test(line))
    .map((line) => parseInt(line, 10));
}
