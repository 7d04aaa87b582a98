import { describe, expect, it } from 'vitest';
import {
  effectiveIdempotence,
  PRODUCER_SETTINGS,
  producerConfigProblems,
  resolveProducerConfig,
} from './config.js';
import { ConfigError } from '../errors.js';

const IN_FLIGHT = 'max.in.flight.requests.per.connection';
const server = { 'bootstrap.servers': 'a:9092' };
const rules = (values: Record<string, string | number | boolean>) =>
  producerConfigProblems(values).map((each) => each.rule);

describe('the settings table', () => {
  it('has unique names, and defaults that satisfy their own ranges', () => {
    for (const setting of PRODUCER_SETTINGS.values()) {
      if (setting.default === null) continue;
      const found = producerConfigProblems({ [setting.name]: setting.default });
      expect(
        found.filter((each) => each.rule !== 'not-in-this-version'),
        setting.name,
      ).toEqual([]);
    }
    expect(PRODUCER_SETTINGS.size).toBeGreaterThan(90);
  });
});

const SSL = { 'security.protocol': 'SSL' };
const PLAIN = { 'security.protocol': 'SASL_PLAINTEXT', 'sasl.mechanism': 'PLAIN' };
const PLAIN_MODULE = 'org.apache.kafka.common.security.plain.PlainLoginModule';

describe('resolveProducerConfig', () => {
  it("fills in the defaults of Java's 4.x producer", () => {
    expect(resolveProducerConfig(server)).toEqual({
      bootstrapServers: ['a:9092'],
      bootstrapResolveTimeoutMs: 0,
      clientId: '',
      clientRack: '',
      acks: -1,
      batchSize: 16_384,
      lingerMs: 5,
      bufferMemory: 33_554_432,
      maxRequestSize: 1_048_576,
      maxBlockMs: 60_000,
      deliveryTimeoutMs: 120_000,
      requestTimeoutMs: 30_000,
      retries: 2_147_483_647,
      retryBackoffMs: 100,
      retryBackoffMaxMs: 1_000,
      reconnectBackoffMs: 50,
      reconnectBackoffMaxMs: 1_000,
      socketConnectionSetupTimeoutMs: 10_000,
      socketConnectionSetupTimeoutMaxMs: 30_000,
      connectionsMaxIdleMs: 540_000,
      metadataMaxAgeMs: 300_000,
      metadataMaxIdleMs: 300_000,
      maxInFlightRequestsPerConnection: 5,
      enableIdempotence: true,
      transactionalId: null,
      transactionTimeoutMs: 60_000,
      compressionType: 'none',
      compressionLevels: { gzip: -1, lz4: 9, zstd: 3 },
      partitionerAdaptivePartitioningEnable: true,
      partitionerAvailabilityTimeoutMs: 0,
      partitionerIgnoreKeys: false,
      partitionerRackAware: false,
      partitionerClass: null,
      interceptorClasses: [],
      keySerializer: null,
      valueSerializer: null,
      clientDnsLookup: 'use_all_dns_ips',
      metadataRecoveryStrategy: 'rebootstrap',
      metadataRecoveryRebootstrapTriggerMs: 300_000,
      metadataClusterCheckEnable: true,
      security: { protocol: 'PLAINTEXT', mechanism: null },
    });
  });

  it('reads numbers and booleans from text, as a properties file gives them', () => {
    const config = resolveProducerConfig({
      'bootstrap.servers': 'a:9092, [::1]:9093 ,b.example.org:1',
      'batch.size': ' 65536 ',
      'partitioner.ignore.keys': 'TRUE',
      acks: 1,
    });
    expect(config.bootstrapServers).toEqual(['a:9092', '[::1]:9093', 'b.example.org:1']);
    expect(config.batchSize).toBe(65_536);
    expect(config.partitionerIgnoreKeys).toBe(true);
    expect(config.acks).toBe(1);
  });

  it.each([
    ['all', -1],
    ['-1', -1],
    [-1, -1],
    ['0', 0],
    [0, 0],
    ['1', 1],
  ])('reads acks %j as %j', (given, acks) => {
    expect(resolveProducerConfig({ ...server, acks: given }).acks).toBe(acks);
  });

  it('takes batch.size 0 as one record a batch', () => {
    expect(resolveProducerConfig({ ...server, 'batch.size': 0 }).batchSize).toBe(1);
  });

  it('raises delivery.timeout.ms when linger.ms asks for more and it was not set', () => {
    expect(resolveProducerConfig({ ...server, 'linger.ms': 100_000 }).deliveryTimeoutMs).toBe(
      130_000,
    );
    expect(resolveProducerConfig({ ...server, 'linger.ms': 2 ** 40 })).toMatchObject({
      lingerMs: 2_147_483_647,
      deliveryTimeoutMs: 2_147_483_647,
    });
  });

  it('makes reconnect.backoff.ms alone a fixed backoff, bounded by the longest', () => {
    expect(
      resolveProducerConfig({ ...server, 'reconnect.backoff.ms': 2_000 }).reconnectBackoffMaxMs,
    ).toBe(2_000);
    expect(
      resolveProducerConfig({ ...server, 'reconnect.backoff.ms': 20 }).reconnectBackoffMaxMs,
    ).toBe(20);
    expect(resolveProducerConfig({ ...server, 'retry.backoff.ms': 5_000 }).retryBackoffMs).toBe(
      1_000,
    );
  });

  it.each([
    [{}, 'bootstrap.servers', 'is missing'],
    [{ 'bootstrap.servers': 'a' }, 'bootstrap.servers', 'write each broker as host:port'],
    [{ 'bootstrap.servers': 'a:99999' }, 'bootstrap.servers', '"a:99999" is not host:port'],
    [{ 'batch.sizes': 1 }, 'batch.sizes', 'not a setting'],
    [{ 'batch.size': '16KiB' }, 'batch.size', 'whole number of bytes'],
    [{ 'linger.ms': 0.5 }, 'linger.ms', 'whole number of milliseconds'],
    [{ 'linger.ms': -1 }, 'linger.ms', 'outside 0 to'],
    [{ 'batch.size': 2_147_483_648 }, 'batch.size', 'outside 0 to 2147483647'],
    [{ 'metadata.max.idle.ms': 4_999 }, 'metadata.max.idle.ms', 'outside 5000'],
    [{ acks: 2 }, 'acks', 'one of all, -1, 0, 1'],
    [{ 'partitioner.ignore.keys': 'yes' }, 'partitioner.ignore.keys', 'true or false'],
    [{ 'transactional.id': '' }, 'transactional.id', 'empty'],
    [{ 'compression.type': 'brotli' }, 'compression.type', 'one of none, gzip, snappy, lz4, zstd'],
    [{ 'compression.gzip.level': 0 }, 'compression.gzip.level', '0 is not one of its values'],
    [{ 'compression.lz4.level': 18 }, 'compression.lz4.level', 'outside 1 to 17'],
    [{ 'compression.zstd.level': 23 }, 'compression.zstd.level', 'outside -131072 to 22'],
    [{ 'send.buffer.bytes': 65_536 }, 'send.buffer.bytes', 'Node.js'],
    [{ 'key.serializer': 'x.Y' }, 'key.serializer', 'is not a serializer that kbench has'],
    [
      { 'security.protocol': 'tls' },
      'security.protocol',
      'one of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL',
    ],
    [{ 'security.protocol': 'SASL_SSL' }, 'sasl.mechanism', "Java's default is GSSAPI"],
    [
      { 'security.protocol': 'sasl_ssl', 'sasl.mechanism': 'DIGEST-MD5' },
      'sasl.mechanism',
      'DIGEST-MD5, which kbench does not do',
    ],
    [
      { 'security.protocol': 'SASL_SSL', 'sasl.mechanism': 'PLAIN' },
      'sasl.jaas.config',
      'is not set',
    ],
    [
      { ...PLAIN, 'sasl.jaas.config': 'x.Y required;' },
      'sasl.jaas.config',
      'not the one of sasl.mechanism PLAIN',
    ],
    [
      { ...PLAIN, 'sasl.jaas.config': `${PLAIN_MODULE} required username="a";` },
      'sasl.jaas.config',
      'it has no password',
    ],
    [
      { ...PLAIN, 'sasl.mechanism': 'OAUTHBEARER' },
      'sasl.oauthbearer.token.endpoint.url',
      'nowhere to get a token',
    ],
    [
      { ...SSL, 'ssl.truststore.password': 'x' },
      'ssl.truststore.password',
      'ssl.truststore.location is not',
    ],
    [{ ...SSL, 'ssl.keystore.type': 'BKS' }, 'ssl.keystore.type', 'BKS is not a type of store'],
    [
      { ...SSL, 'ssl.keystore.key': 'x' },
      'ssl.keystore.key',
      'ssl.keystore.certificate.chain is not',
    ],
    [
      { ...SSL, 'ssl.enabled.protocols': 'TLSv1.1,TLSv1.2' },
      'ssl.enabled.protocols',
      'does not speak TLSv1.1',
    ],
    [
      { ...SSL, 'ssl.endpoint.identification.algorithm': 'LDAPS' },
      'ssl.endpoint.identification.algorithm',
      'not known',
    ],
    [{ ...SSL, 'ssl.engine.factory.class': 'x.Y' }, 'ssl.engine.factory.class', 'class of Java'],
    [
      { 'security.protocol': 'SASL_SSL', 'sasl.jaas.config': `${PLAIN_MODULE} required;` },
      'sasl.mechanism',
      'set it to PLAIN',
    ],
    [
      { ...SSL, 'sasl.kerberos.min.time.before.relogin': 'soon' },
      'sasl.kerberos.min.time.before.relogin',
      'number',
    ],
  ])('refuses %j, naming %s', (values, setting, part) => {
    const attempt = () =>
      resolveProducerConfig({ ...(setting === 'bootstrap.servers' ? {} : server), ...values });
    expect(attempt).toThrow(ConfigError);
    expect(attempt).toThrow(part);
    expect(attempt).toThrow(expect.objectContaining({ setting }));
  });

  it("takes what Java's default says anyway, and what Node does in any case", () => {
    const harmless = {
      'enable.idempotence': false,
      'send.buffer.bytes': -1,
      'receive.buffer.bytes': 32_768,
    };
    expect(
      producerConfigProblems({
        ...harmless,
        'security.protocol': 'plaintext',
        'compression.type': 'none',
      }),
    ).toEqual([]);
  });

  it('never shows a password', () => {
    for (const text of [
      'hunter2',
      `${PLAIN_MODULE} required username="a" password=hunter2`,
      '"hunter2',
    ]) {
      const problems = producerConfigProblems({
        ...PLAIN,
        'sasl.jaas.config': text,
        'ssl.key.password': 'hunter2',
      });
      expect(problems).not.toEqual([]);
      expect(JSON.stringify(problems)).not.toContain('hunter2');
    }
  });
});

describe("combinations that Java's producer refuses", () => {
  it('refuses more than 5 in flight with idempotence, and names that rule before "not yet"', () => {
    expect(rules({ 'enable.idempotence': true, [IN_FLIGHT]: 6 })[0]).toBe('idempotence-in-flight');
    expect(rules({ 'enable.idempotence': false, [IN_FLIGHT]: 6 })).toEqual([]);
  });

  it('refuses more than 5 in flight also where acks has switched idempotence off', () => {
    expect(rules({ [IN_FLIGHT]: 6 })).toEqual(['idempotence-in-flight']);
    expect(rules({ [IN_FLIGHT]: 6, acks: '1' })).toEqual(['idempotence-in-flight']);
    expect(rules({ [IN_FLIGHT]: 6, retries: 0 })).toEqual(['idempotence-in-flight']);
  });

  it('refuses acks or retries that contradict explicit idempotence, and only explicit', () => {
    expect(rules({ 'enable.idempotence': true, acks: '1' })).toContain('idempotence-acks');
    expect(rules({ 'enable.idempotence': 'true', retries: 0 })).toContain('idempotence-retries');
    expect(rules({ acks: '1', retries: 0 })).toEqual([]);
  });

  it.each([
    [{}, true],
    [{ acks: '-1' }, true],
    [{ acks: 1 }, false],
    [{ retries: 0 }, false],
    [{ 'enable.idempotence': false }, false],
    [{ 'enable.idempotence': true, acks: 'all' }, true],
  ])('knows that with %j idempotence is %j in Java', (values, expected) => {
    expect(effectiveIdempotence(values)).toBe(expected);
  });

  it('refuses an explicit delivery.timeout.ms below linger + request timeout', () => {
    expect(rules({ 'delivery.timeout.ms': 30_004 })).toEqual(['delivery-timeout']);
    expect(rules({ 'delivery.timeout.ms': 30_005 })).toEqual([]);
    expect(rules({ 'delivery.timeout.ms': 30_005, 'linger.ms': '10' })).toEqual([
      'delivery-timeout',
    ]);
  });

  it('refuses a transactional.id without idempotence, and a timeout with two-phase commit', () => {
    expect(rules({ 'transactional.id': 't', acks: '1' })[0]).toBe('transactional-id');
    const twoPhase = {
      'transaction.two.phase.commit.enable': true,
      'transaction.timeout.ms': 1_000,
    };
    expect(rules(twoPhase)[0]).toBe('two-phase-commit-timeout');
  });

  it('tells of all wrong values at once', () => {
    expect(rules({ 'linger.ms': 'x', 'batch.size': -1, nonsense: 1 })).toEqual([
      'wrong-value',
      'out-of-range',
      'unknown-setting',
    ]);
  });
});
