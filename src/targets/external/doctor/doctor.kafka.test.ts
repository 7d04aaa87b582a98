// `kbench doctor` on real brokers: the classic layouts of advertised.listeners, replicas that are
// gone, every kind of security got wrong, and permissions that lack.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { SecuritySettings } from '../../../contract/settings.js';
import { kafkaAdmin } from '../../../session/topics/kafka-admin.js';
import { makeAuthority } from '../../../connect/security/index.js';
import { describeWithKafkaJars } from '../../../testing/kafka/kafka-fixture.js';
import {
  PASSWORD,
  startSecureKafka,
  USER,
  type ListenerName,
  type SecureKafka,
} from '../../../testing/kafka/secure-kafka.js';
import { DEFAULT_KAFKA_VERSION, startKafkaCluster } from '../../kafka/kafka-cluster.js';
import type { KafkaCluster } from '../../kafka/kafka-cluster.js';
import { openAccess, securityLabel } from '../access.js';
import { examine } from './doctor.js';
import type { Examination } from './examination.js';

const START_LIMIT_MS = 120_000;
const LIMIT_MS = 60_000;

async function doctor(
  address: string,
  security: SecuritySettings = {},
  write = false,
): Promise<Examination> {
  const access = await openAccess(security);
  try {
    return await examine({
      ...{ addresses: [address], security, securityLabel: securityLabel(security) },
      place: 'client.properties',
      way: { access, timeoutMs: 5_000, stop: undefined },
      topics: write ? kafkaAdmin([address], access) : null,
      tell: () => undefined,
    });
  } finally {
    access.close();
  }
}

const told = ({ findings }: Examination) =>
  findings.map(({ severity, code, broker, cause, remedy }) => ({
    ...{ severity, code, cause, remedy },
    ...(broker === undefined ? {} : { broker }),
  }));

const port = (address: string): string => address.slice(address.lastIndexOf(':') + 1);

await describeWithKafkaJars('the layouts of advertised.listeners, on two real brokers', () => {
  let cluster: KafkaCluster;
  /** Broker 1's address of a listener. */
  const at = (listener: string): string => cluster.listeners[listener][0];

  beforeAll(async () => {
    cluster = await startKafkaCluster({
      brokers: 2,
      heap: '384m',
      listeners: {
        INSIDE: 'PLAINTEXT',
        EXTERNAL: 'PLAINTEXT',
        WRONGHOST: 'PLAINTEXT',
        TWINS: 'PLAINTEXT',
      },
      advertise: ({ id, port: plain, listeners = [] }, all) => {
        const portOf = (name: string, of = listeners) =>
          of.find((listener) => listener.name === name)!.port;
        return [
          `PLAINTEXT://127.0.0.1:${plain}`,
          `INSIDE://kafka-${id}.invalid:${portOf('INSIDE')}`,
          `EXTERNAL://127.0.0.1:${portOf('EXTERNAL')}`,
          `WRONGHOST://127.0.0.2:${portOf('WRONGHOST')}`,
          `TWINS://127.0.0.1:${portOf('TWINS', all[0].listeners)}`,
        ].join();
      },
    });
  }, START_LIMIT_MS);
  afterAll(() => cluster?.close(), START_LIMIT_MS);

  it(
    'same host, right: nothing is found, all is measured, and the topic is gone',
    async () => {
      const found = await doctor(cluster.bootstrap[0], {}, true);
      expect(told(found)).toEqual([]);
      expect(found.verdict).toBe('ok');
      expect(found.listeners[0].version).toBe('4.4');
      expect(found.cluster?.id).toBe(cluster.clusterId);
      for (const broker of found.cluster!.brokers) {
        expect(broker).toMatchObject({ reached: true, roundTrip: { requests: 20 } });
        // The same machine, so the same clock: the stated error holds it.
        expect(Math.abs(broker.clock!.offsetMs)).toBeLessThanOrEqual(broker.clock!.errorMs);
      }
      const texts = found.steps.map(({ name, text }) => `${name}: ${text}`).join('\n');
      expect(texts).toContain('write: 6 records with acks=all');
      expect(texts).toContain('read: 6 of 6 read back; topic deleted');
      const left = await doctor(cluster.bootstrap[0]);
      expect(left.cluster?.topics?.topics).toBe(0);
    },
    LIMIT_MS,
  );

  it(
    'internal and external listeners: right by the external one, and named by the internal one',
    async () => {
      expect((await doctor(at('EXTERNAL'))).verdict).toBe('ok');
      const found = await doctor(at('INSIDE'));
      expect(found.verdict).toBe('problem');
      expect(told(found)).toMatchObject([
        { code: 'unresolvable', broker: 1 },
        { code: 'unresolvable', broker: 2 },
      ]);
      const [first] = told(found);
      const internal = `kafka-1.invalid:${port(at('INSIDE'))}`;
      expect(first.cause).toContain(`broker 1 advertises ${internal}, which does not resolve here`);
      expect(first.cause).toContain(
        `the listener that you reached is INSIDE (PLAINTEXT) on ${at('INSIDE')} of broker 1`,
      );
      expect(first.remedy).toContain('begin with another listener');
      const others = first.remedy.slice(first.remedy.indexOf('begin with'));
      expect(others).toContain(`EXTERNAL://${at('EXTERNAL')}`);
      expect(others).not.toContain('INSIDE://');
    },
    LIMIT_MS,
  );

  it(
    'wrong host: named, with the line to write where the broker itself was reached',
    async () => {
      const found = await doctor(at('WRONGHOST'));
      const [first, second] = told(found);
      expect(first).toMatchObject({ code: 'refused', broker: 1, severity: 'problem' });
      expect(first.cause).toContain(`advertises 127.0.0.2:${port(at('WRONGHOST'))}: connection`);
      expect(first.remedy).toContain(`WRONGHOST://${at('WRONGHOST')}`);
      expect(first.remedy).toContain('on broker 1, and restart it');
      expect(second.remedy).toContain(
        'set advertised.listeners of broker 2 to an address that clients here reach',
      );
    },
    LIMIT_MS,
  );

  it(
    'unresolvable name: what is written instead keeps the other listeners as they are',
    async () => {
      const [first] = told(await doctor(at('INSIDE')));
      const line = /set advertised\.listeners=(\S+) on broker 1/.exec(first.remedy)![1];
      expect(line.split(',')).toContain(`INSIDE://${at('INSIDE')}`);
      expect(line.split(',')).toContain(`WRONGHOST://127.0.0.2:${port(at('WRONGHOST'))}`);
      expect(line).not.toContain('kafka-1.invalid');
    },
    LIMIT_MS,
  );

  it(
    'one address for two brokers: both named, and who is there',
    async () => {
      const found = told(await doctor(at('TWINS')));
      expect(found[0]).toMatchObject({ code: 'same-address' });
      expect(found[1]).toMatchObject({ code: 'another-broker', broker: 2 });
      expect(found[1].cause).toContain('broker 1 answers there');
    },
    LIMIT_MS,
  );

  it(
    'a broker that is gone: replicas that are offline, and acks=all refused',
    async () => {
      const admin = kafkaAdmin(cluster.bootstrap);
      const topic = { kind: 'fresh', partitions: 2, replicationFactor: 2 } as const;
      await admin.create('strict', { ...topic, config: { 'min.insync.replicas': 2 } });
      await admin.create('lenient', { ...topic, config: {} });
      await cluster.brokers[1].stop();
      const found = await doctor(cluster.bootstrap[0]);
      expect(found.verdict).toBe('problem');
      expect(found.cluster?.topics).toMatchObject({ underMinIsr: 2, underReplicated: 4 });
      const text = told(found).map(({ cause, remedy }) => `${cause} -> ${remedy}`);
      expect(text).toEqual([
        expect.stringMatching(/acks=all is refused.*strict-0, strict-1 -> bring back broker 2/),
        expect.stringMatching(/not in sync \(on broker 2\): lenient-0, lenient-1/),
        expect.stringMatching(/offline \(on broker 2\).*start broker 2/),
      ]);
    },
    LIMIT_MS,
  );
});

await describeWithKafkaJars('security got wrong, on a real broker', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'kbench-doctor-'));
  let kafka: SecureKafka;
  const file = (name: string, text: string): string => {
    writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };
  const jaas = (password: string): string =>
    `org.apache.kafka.common.security.plain.PlainLoginModule required username="${USER}" ` +
    `password="${password.replaceAll(/["\\]/g, '\\$&')}";`;
  let trust: string;

  beforeAll(async () => {
    kafka = await startSecureKafka(DEFAULT_KAFKA_VERSION, path.join(folder, 'broker'));
    trust = file('trust.pem', kafka.authority.certificate);
  }, START_LIMIT_MS);
  afterAll(async () => {
    await kafka?.cluster.close();
    rmSync(folder, { recursive: true, force: true });
  }, START_LIMIT_MS);

  const sasl = (password: string): SecuritySettings => ({
    'security.protocol': 'SASL_PLAINTEXT',
    'sasl.mechanism': 'PLAIN',
    'sasl.jaas.config': jaas(password),
  });
  const ssl = (): SecuritySettings => ({
    'security.protocol': 'SSL',
    'ssl.truststore.location': trust,
  });
  const listener = (name: ListenerName): string => kafka.address(name);

  it(
    'TLS: chain, names, protocol, expiry, whether a client certificate is asked for',
    async () => {
      const found = await doctor(listener('TLS').replace('127.0.0.1', 'localhost'), ssl());
      const { tls } = found.listeners[0];
      expect(tls).toMatchObject({ protocol: 'TLSv1.3', asksClientCertificate: false });
      expect(tls!.chain[0]).toMatchObject({
        subject: 'CN=localhost',
        issuer: 'CN=kbench test CA',
        names: ['localhost', '127.0.0.1'],
      });
      // 30 days from its making.
      expect(told(found)).toMatchObject([{ severity: 'warning', code: 'expires-soon' }]);
      const asking = await doctor(listener('MTLS'), ssl());
      expect(asking.listeners[0].tls).toMatchObject({ asksClientCertificate: true });
      expect(asking.findings[0]).toMatchObject({ code: 'client-certificate' });
      expect(asking.findings[0].remedy).toContain('ssl.keystore.location in client.properties');
    },
    LIMIT_MS,
  );

  it(
    'names each cause, with the setting to change',
    async () => {
      const stranger = file('stranger.pem', makeAuthority('stranger CA').certificate);
      const plaintext = kafka.cluster.bootstrap[0];
      const cases: readonly (readonly [string, SecuritySettings, string, RegExp])[] = [
        [listener('TLS'), {}, 'tls', /security\.protocol=SSL/],
        [plaintext, ssl(), 'plaintext', /security\.protocol=PLAINTEXT/],
        [
          listener('TLS'),
          { ...ssl(), 'ssl.truststore.location': stranger },
          'certificate',
          /ssl\.truststore\.location/,
        ],
        [listener('OTHERNAME'), ssl(), 'certificate', /name of the broker’s certificate/],
        [listener('SASL'), sasl('wrong'), 'authentication', /user name and password/],
        [
          listener('SHORTTLS'),
          { ...sasl(PASSWORD), ...ssl(), 'security.protocol': 'SASL_SSL' },
          'mechanism',
          /sasl\.mechanism=SCRAM-SHA-256/,
        ],
        [plaintext, sasl(PASSWORD), 'no-sasl', /security\.protocol=PLAINTEXT/],
        [
          listener('SASL'),
          {},
          'needs-authentication',
          /sasl\.mechanism=OAUTHBEARER or PLAIN or SCRAM-SHA-256 or SCRAM-SHA-512/,
        ],
      ];
      for (const [address, security, code, remedy] of cases) {
        const found = await doctor(address, security);
        expect(found.verdict, code).toBe('problem');
        const finding = found.findings.find((each) => each.code === code);
        expect(finding?.remedy, `${code}: ${JSON.stringify(told(found))}`).toMatch(remedy);
        expect(JSON.stringify(found)).not.toContain('al1ce');
      }
    },
    LIMIT_MS,
  );

  it(
    'SASL that is right logs in, writes and reads',
    async () => {
      const found = await doctor(listener('SASL'), sasl(PASSWORD), true);
      expect(told(found)).toEqual([]);
      expect(found.steps.find(({ name }) => name === 'sasl')?.text).toContain('; logged in');
      expect(found.steps.find(({ name }) => name === 'read')?.text).toContain('3 of 3 read back');
    },
    LIMIT_MS,
  );

  it(
    'a controller’s listener is called so',
    async () => {
      const config = kafka.cluster.brokers[0].dataDir;
      const properties = readFileSync(path.join(config, '../server.properties'), 'utf8');
      const controller = /^listeners=.*CONTROLLER\\?:\/\/([\d.]+\\?:\d+)/m.exec(properties)![1];
      const found = await doctor(controller.replaceAll('\\', ''));
      expect(told(found)).toMatchObject([{ code: 'controller' }]);
      expect(found.verdict).toBe('problem');
    },
    LIMIT_MS,
  );
});

await describeWithKafkaJars('permissions that lack, on a real broker', () => {
  let cluster: KafkaCluster;
  const sasl: SecuritySettings = {
    'security.protocol': 'SASL_PLAINTEXT',
    'sasl.mechanism': 'PLAIN',
    'sasl.jaas.config':
      'org.apache.kafka.common.security.plain.PlainLoginModule required username="bob" ' +
      'password="bobs-own";',
  };

  beforeAll(async () => {
    const module = 'org.apache.kafka.common.security.plain.PlainLoginModule';
    cluster = await startKafkaCluster({
      heap: '384m',
      listeners: { SASL: 'SASL_PLAINTEXT' },
      properties: {
        'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        'super.users': 'User:ANONYMOUS',
        'listener.name.sasl.sasl.enabled.mechanisms': 'PLAIN',
        'listener.name.sasl.plain.sasl.jaas.config': `${module} required user_bob="bobs-own";`,
      },
    });
  }, START_LIMIT_MS);
  afterAll(() => cluster?.close(), START_LIMIT_MS);

  it(
    'are told by the names that kafka-acls takes',
    async () => {
      const found = await doctor(cluster.listeners['SASL'][0], sasl, true);
      expect(found.verdict).toBe('problem');
      const texts = told(found).map(({ code, cause, remedy }) => `${code} ${cause} ${remedy}`);
      expect(texts.join('\n')).toContain('missing permission: Create on Topic kbench-*');
      expect(texts.join('\n')).toContain('missing permission: DescribeConfigs on Cluster');
      expect(texts.join('\n')).toContain('--operation Create --topic kbench-');
    },
    LIMIT_MS,
  );
});
