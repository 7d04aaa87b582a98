// A sweep's `target.properties`: Java's own file as it is.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { problemsOf } from '../../testing/sweep-fixtures.js';
import { forgetSecrets, withoutSecrets } from '../../base/secrets/secrets.js';
import { resolveReferences } from '../../connect/security/index.js';
import { loadSweep, planSweep, type LoadedSweep } from '../load-sweep.js';
import { describePlan, shownTarget } from '../text/plan-text.js';

const folder = mkdtempSync(path.join(tmpdir(), 'kbench-properties-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  vi.unstubAllEnvs();
  forgetSecrets();
});

const FILE = path.join(folder, 'client.properties');
const PASSWORD = 'hunter2-Zq9!';
const PLAIN = 'org.apache.kafka.common.security.plain.PlainLoginModule required username="bench"';

function load(
  properties: string,
  yaml = 'target: {bootstrap: [h:1], properties: ./client.properties}',
): LoadedSweep {
  writeFileSync(FILE, properties, 'latin1');
  chmodSync(FILE, 0o600);
  return planSweep(path.join(folder, 'sweep.yaml'), yaml);
}

const refusals = (properties: string, yaml?: string): string[] =>
  problemsOf(() => load(properties, yaml)).map(({ message }) => message);

const told = ({ warnings }: LoadedSweep) => warnings.map(({ message }) => message);
const external = ({ target }: LoadedSweep) => {
  if (target.kind !== 'external') throw new Error('no external target');
  return target;
};

/** As the cloud's console hands it out. */
const CLOUD = `# Required connection configs for Kafka producer, consumer, and admin
bootstrap.servers=pkc-1.example.org:9092,pkc-2.example.org:9092
security.protocol=SASL_SSL
sasl.jaas.config=${PLAIN} \\
    password="${PASSWORD}";
sasl.mechanism=PLAIN
client.dns.lookup=use_all_dns_ips
session.timeout.ms=45000
acks=all
linger.ms = 100
client.id: ccloud-java-client-1
schema.registry.url=https://registry.example.org
basic.auth.user.info=KEY:${PASSWORD}-too
`;

describe('a file of Java’s clients', () => {
  it('gives addresses, security and producer settings; what is not of producers is told', () => {
    const sweep = load(CLOUD, 'target: {properties: client.properties}');
    expect(external(sweep)).toEqual({
      kind: 'external',
      bootstrap: ['pkc-1.example.org:9092', 'pkc-2.example.org:9092'],
      security: {
        'security.protocol': 'SASL_SSL',
        'sasl.mechanism': 'PLAIN',
        'sasl.jaas.config': `\${properties:${FILE}:sasl.jaas.config}`,
      },
      properties: 'client.properties',
    });
    expect(sweep.plan.points[0].settings.producer).toEqual({
      'client.dns.lookup': 'use_all_dns_ips',
      acks: 'all',
      'linger.ms': 100,
      'client.id': 'ccloud-java-client-1',
    });
    expect(told(sweep)).toEqual([
      "client.properties:12: schema.registry.url is no setting of Kafka's producer, " +
        'and is not used',
      "client.properties:13: basic.auth.user.info is no setting of Kafka's producer, " +
        'and is not used',
      'client.properties: not used, as consumers and admins alone have it: session.timeout.ms',
    ]);
  });

  it('keeps its secrets to itself: the plan refers to them, no text shown has one', async () => {
    const sweep = load(CLOUD, 'target: {properties: client.properties}');
    const shown = [
      describePlan(sweep, 120),
      JSON.stringify([shownTarget(sweep.target), sweep.plan, sweep.warnings]),
    ];
    for (const text of [...shown, sweep.source]) expect(text).not.toContain(PASSWORD);
    expect(shown[0]).toContain('SASL_SSL (PLAIN), settings of client.properties');
    // Also where a broker quotes it.
    expect(withoutSecrets(`bad ${PASSWORD}, ${PASSWORD}-too`)).not.toContain('hunter2');
    const jaas = external(sweep).security!['sasl.jaas.config'];
    expect(await resolveReferences(jaas, 'sasl.jaas.config')).toBe(
      `${PLAIN} password="${PASSWORD}";`,
    );
  });

  it('stands under the YAML, which is told where they differ; what is swept is not', () => {
    const yaml = `target: {bootstrap: [h:1], properties: client.properties, \
security: {ssl.truststore.location: ca.pem}}
producer: {linger.ms: 5, acks: all}
sweep: {client.id: [a, b]}`;
    const sweep = load(`${CLOUD}ssl.truststore.location=other.pem\n`, yaml);
    expect(sweep.plan.points.map(({ settings }) => settings.producer['client.id'])).toEqual([
      'a',
      'b',
    ]);
    expect(sweep.plan.points[0].settings.producer['linger.ms']).toBe(5);
    expect(external(sweep).security).toMatchObject({
      'security.protocol': 'SASL_SSL',
      'ssl.truststore.location': path.join(folder, 'ca.pem'),
    });
    expect(told(sweep).slice(3)).toEqual([
      'producer.linger.ms 5 counts, not 100 of client.properties:10',
      'target.security.ssl.truststore.location counts, not client.properties:14',
      'target.bootstrap counts, not bootstrap.servers of client.properties:2',
    ]);
  });

  it('may hold what kbench refuses where the YAML has another value', () => {
    const file = 'interceptor.classes=io.example.Monitoring\nbootstrap.servers=h:1\n';
    const target = 'target: {properties: client.properties}';
    expect(refusals(file, target)).toEqual([
      expect.stringContaining('is not an interceptor that kbench has'),
    ]);
    const sweep = load(file, `${target}\nproducer: {interceptor.classes: ""}`);
    expect(sweep.plan.points[0].settings.producer).toEqual({ 'interceptor.classes': '' });
  });

  it('takes paths from the folder of the YAML, and addresses from --bootstrap', async () => {
    writeFileSync(
      FILE,
      'security.protocol=SSL\nssl.truststore.location=certs/ca.pem\nssl.keystore.password=\n',
    );
    const options = { overrides: ['target.properties=client.properties'], bootstrap: 'a:1,b:2' };
    writeFileSync(path.join(folder, 'sweep.yaml'), 'name: x\n');
    const sweep = await loadSweep(path.join(folder, 'sweep.yaml'), options);
    expect(external(sweep)).toMatchObject({
      bootstrap: ['a:1', 'b:2'],
      security: { 'ssl.truststore.location': path.join(folder, 'certs', 'ca.pem') },
    });
    expect(external(sweep).security).not.toHaveProperty('ssl.keystore.password');
  });

  it('needs no security, and says what does nothing without security.protocol', () => {
    expect(external(load('acks=1\nenable.idempotence=false\n')).security).toBeUndefined();
    expect(told(load('sasl.mechanism=PLAIN\n'))).toEqual([
      expect.stringContaining('default PLAINTEXT counts'),
    ]);
  });

  it('says what is there twice, what is misspelt, and what is beyond ASCII', () => {
    const sweep = load('linger.ms=1\nlinger.ms=2\nbatch.sise=5\nclient.id=b\u00e4nch\n');
    expect(sweep.plan.points[0].settings.producer).toEqual({
      'linger.ms': 2,
      'client.id': 'b\u00e4nch',
    });
    expect(sweep.warnings.map(({ message, remedy }) => `${message} -> ${remedy ?? ''}`)).toEqual([
      expect.stringContaining('batch.sise is no setting of Kafka') as string,
      expect.stringContaining('linger.ms is there more than once: line 2 counts') as string,
      expect.stringContaining('beyond ASCII') as string,
    ]);
    expect(sweep.warnings[0].remedy).toBe('did you mean batch.size?');
  });
});

describe('a secret that stands in a file of Java’s clients as it is', () => {
  const file = (password: string) =>
    'security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\n' +
    `sasl.jaas.config=${PLAIN} password="${password}";\n`;
  const warnings = (properties: string, mode: number) => {
    load(properties);
    chmodSync(FILE, mode);
    return told(
      planSweep(
        path.join(folder, 'sweep.yaml'),
        'target: {bootstrap: [h:1], properties: client.properties}',
      ),
    );
  };

  it('is taken, as Java takes it, with a word where anyone can read the file', () => {
    expect(warnings(file(PASSWORD), 0o644)).toEqual([
      'client.properties: it holds a secret as it is (sasl.jaas.config), ' +
        'and anyone on this machine can read it',
    ]);
    expect(warnings(file(PASSWORD), 0o640)).toEqual([]);
    expect(warnings(file('${env:KBENCH_P}'), 0o644)).toEqual([]);
  });
});

describe('what a file of Java’s clients may not hold', () => {
  it.each([
    [
      'linger.ms=5ms',
      'client.properties:1: linger.ms: "5ms" is not a whole number of milliseconds',
    ],
    ['batch.size=1e3', 'client.properties:1: batch.size: "1e3" is not a whole number of bytes'],
    ['acks=two', '"two" is not one of its values'],
    [
      '# x\n\nsend.buffer.bytes=1000000',
      'client.properties:3: send.buffer.bytes: 1000000 is refused',
    ],
    ['security.protocol=SASL_SSL', 'client.properties: sasl.mechanism is not set'],
    ['security.protocol=SASL_SSL\nsasl.mechanism=PLAIN', 'sasl.jaas.config is not set'],
    [
      'security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\n' +
        `sasl.jaas.config=${PLAIN} password=${PASSWORD};`,
      'client.properties:3: sasl.jaas.config cannot be read',
    ],
    [
      'ssl.keystore.password=x\nsecurity.protocol=SSL',
      'ssl.keystore.password is set, but ssl.keystore.location is not',
    ],
    [
      'transactional.id=me',
      'client.properties:1: transactional.id is set, but workload.transaction is not',
    ],
    ['client.id=\\u12', './client.properties: line 1 has a \\u'],
    ['client.id=${env:KBENCH_NOT_SET}', 'the environment variable KBENCH_NOT_SET is not set'],
    ['client.id=${file:./none.properties:x}', 'cannot be read (ENOENT)'],
  ])('%s', (properties, message) => {
    const found = refusals(properties);
    expect(found.join('\n')).toContain(message);
    expect(found.join('\n')).not.toContain(PASSWORD);
    expect(found).toHaveLength(1);
  });

  it.each([
    ['target: {properties: broken.properties}', 'broken.properties:1: h is not host:port'],
    ['target: {properties: none.properties}', 'none.properties: cannot be read (ENOENT)'],
    ['target: {properties: .}', 'not a regular file'],
    ['target: {properties: [a]}', 'is not the path of a file'],
    ['target: {properties: client.properties}', 'neither target.bootstrap nor bootstrap.servers'],
    [
      'target: {embedded: {}, properties: client.properties}',
      'target.properties is for clusters that',
    ],
  ])('%s', (yaml, message) => {
    writeFileSync(path.join(folder, 'broken.properties'), 'bootstrap.servers=h\n');
    expect(refusals('acks=all', yaml)).toEqual([expect.stringContaining(message)]);
  });

  it('does not show a line that may be a secret without its key', () => {
    const sweep = load(`${PASSWORD}\nssl.keystore.passwort=${PASSWORD}\n`);
    expect(JSON.stringify(told(sweep))).not.toContain('hunter2');
    expect(withoutSecrets(`x ${PASSWORD}`)).not.toContain('hunter2');
  });
});

describe('references in a file of Java’s clients', () => {
  const secured = (rest: string) => `security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\n${rest}`;
  const resolved = (sweep: LoadedSweep, name: string) =>
    resolveReferences(external(sweep).security![name], name);

  it('stand for environment variables and files as everywhere in kbench', async () => {
    vi.stubEnv('KBENCH_P', PASSWORD);
    const sweep = load(
      secured(
        `client.id=\${env:KBENCH_P}-x\nsasl.jaas.config=${PLAIN} password="\${env:KBENCH_P}";`,
      ),
    );
    expect(await resolved(sweep, 'sasl.jaas.config')).toBe(`${PLAIN} password="${PASSWORD}";`);
    expect(sweep.plan.points[0].settings.producer['client.id']).toBe(`${PASSWORD}-x`);
    vi.unstubAllEnvs();
    // Made here, and run where the variable is: only who connects needs it.
    expect(() =>
      load(secured(`sasl.jaas.config=${PLAIN} password="\${env:KBENCH_P}";`)),
    ).not.toThrow();
    await expect(resolved(sweep, 'sasl.jaas.config')).rejects.toThrow(
      /variable KBENCH_P is not set/,
    );
  });

  it('go by the names that config.providers gives: variables, files, folders', async () => {
    vi.stubEnv('KBENCH_P', 'from env');
    mkdirSync(path.join(folder, 'dir'), { recursive: true });
    writeFileSync(path.join(folder, 'dir', 'pw'), 'from folder');
    writeFileSync(path.join(folder, 's.properties'), 'pw = from \\u0066ile ä\n', 'utf8');
    const P = 'org.apache.kafka.common.config.provider';
    const providers = `config.providers=e,f,d
config.providers.e.class=${P}.EnvVarConfigProvider
config.providers.e.param.allowlist.pattern=KBENCH_.*
config.providers.f.class=${P}.FileConfigProvider
config.providers.d.class=${P}.DirectoryConfigProvider
config.providers.d.param.allowed.paths=${folder}/dir
security.protocol=SSL
ssl.keystore.location=k.p12
ssl.keystore.password=`;
    const password = async (text: string) =>
      resolved(load(providers + text), 'ssl.keystore.password');
    expect(await password('${e:KBENCH_P}')).toBe('from env');
    expect(await password(`\${f:${folder}/s.properties:pw}`)).toBe('from file ä');
    expect(await password(`<\${d:${folder}/dir:pw}>`)).toBe('<from folder>');
    // Java leaves what no provider is named for.
    expect(await password('${vault:x}')).toBe('${vault:x}');
    await expect(password('${e:HOME}')).rejects.toThrow(/none that .*allowlist\.pattern allows/);
    await expect(password(`\${d:${folder}:s.properties}`)).rejects.toThrow(
      /under none of .*allowed\.paths/,
    );
    await expect(password(`\${f:${folder}/s.properties:other}`)).rejects.toThrow(
      /the file has no key other/,
    );
  });

  it('are not guessed where a provider is a Java class that kbench does not have', () => {
    const file =
      'config.providers=v\nconfig.providers.v.class=com.example.Vault\nclient.id=${v:a:b}\n';
    expect(refusals(file)).toEqual([
      expect.stringMatching(/client\.id: \$\{v:a:b\} needs the Java class that/),
    ]);
  });
});
