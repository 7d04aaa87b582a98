// Whatever a sweep's YAML says of target, topic, workload, driver and producer and can change a
// figure is in a point's identity or in the environment: walked over every key that there is.
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Environment } from '../../contract/environment.js';
import { isSecuritySetting } from '../../connect/security/index.js';
import { PRODUCER_SETTINGS } from '../../producer-core/index.js';
import { flatten } from '../../report/compare/point-identity.js';
import { environmentDifferences } from '../../report/compare/environment-differences.js';
import { readResults } from '../../report/results/read-results.js';
import { settings } from '../../testing/sweep-fixtures.js';
import { environmentChanges } from './environment.js';
import { FIELD_PATHS, keysOf } from '../../plan/settings/fields.js';
import { loadSweep, type LoadedSweep } from '../../plan/load-sweep.js';
import { targetIdentity } from '../../plan/target/target-identity.js';
import { TARGET_KEYS } from '../../plan/target/target-settings.js';

const folder = mkdtempSync(path.join(tmpdir(), 'kbench-figures-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
writeFileSync(path.join(folder, 'values.txt'), 'one\ntwo\n');

async function load(yaml: string): Promise<LoadedSweep> {
  const file = path.join(folder, 'sweep.yaml');
  writeFileSync(file, yaml);
  return await loadSweep(file);
}

/** Two values that lead to different loads, as YAML. */
const PAIRS: Readonly<Record<string, readonly [string, string]>> = {
  'workload.valueBytes': ['100', '200'],
  'workload.rate': ['max', '1000/s'],
  'workload.records': ['1000', '2000'],
  'workload.duration': ['1s', '2s'],
  'workload.warmup': ['1s', 'none'],
  'workload.workers': ['1', '2'],
  'workload.pacing': ['auto', 'spin'],
  agents: ['1', '2'],
  'workload.audit': ['true', 'false'],
  'workload.timing': ['java', 'none'],
  'workload.keys': ['none', '{range: 10}'],
  'workload.payload': ['random', '{file: values.txt}'],
  'workload.transaction': ['{records: 10}', '{records: 20}'],
  'workload.transaction.records': ['10', '20'],
  'workload.transaction.abortRatio': ['0', '0.5'],
  'consumers.kind': ['none', 'reader'],
  'consumers.startAfter': ['1s', '2s'],
  'consumers.driver': ['kafkajs', 'java'],
  'consumers.groups': ['1', '2'],
  'consumers.members': ['1', '2'],
  'consumers.fetch.min.bytes': ['1', '2'],
  'consumers.fetch.max.wait.ms': ['1', '2'],
  'consumers.fetch.max.bytes': ['1', '2'],
  'consumers.max.partition.fetch.bytes': ['1', '2'],
  'consumers.isolation.level': ['read_committed', 'read_uncommitted'],
  'consumers.session.timeout.ms': ['45000', '50000'],
  'consumers.heartbeat.interval.ms': ['1', '2'],
  'consumers.group.protocol': ['classic', 'consumer'],
  'consumers.partition.assignment.strategy': [
    'org.apache.kafka.clients.consumer.RangeAssignor',
    'org.apache.kafka.clients.consumer.CooperativeStickyAssignor',
  ],
  faults: ['none', '[{at: 1s, kill: broker 1}]'],
  'topic.name': ['one', 'two'],
  'topic.partitions': ['1', '2'],
  'topic.replicationFactor': ['1', '2'],
  'topic.config': ['{retention.ms: 1000}', '{retention.ms: 2000}'],
  'target.embedded.brokers': ['2', '3'],
  'target.embedded.replicationDelay': ['500us', '2ms'],
  'target.kafka.brokers': ['1', '2'],
  'target.kafka.version': ['4.3.1', '3.9.1'],
  'target.kafka.mode': ['kraft', 'zookeeper, version: 3.9.1'],
  'target.kafka.zookeepers': [
    '1, mode: zookeeper, version: 3.9.1',
    '3, mode: zookeeper, version: 3.9.1',
  ],
  'target.kafka.security': ['plaintext', 'tls'],
  'target.kafka.racks': ['false', 'true'],
  'target.kafka.brokerConfig': ['{num.io.threads: 2}', '{num.io.threads: 8}'],
  'target.bootstrap.security': [
    '{security.protocol: SSL, ssl.cipher.suites: TLS_AES_128_GCM_SHA256}',
    '{security.protocol: SSL}',
  ],
};
const TRANSACTIONS = 'producer: {transactional.id: t}';

function yamlOf(name: string, value: string): string {
  const [section, key, inner] = name.split('.');
  const own = inner === undefined ? `{${key}: ${value}}` : `{${key}: {${inner}: ${value}}}`;
  if (name === 'agents') return `target: {embedded: {brokers: 2}}\nagents: ${value}`;
  if (name === 'faults')
    return `target: {embedded: {brokers: 2}}\nworkload: {duration: 2s}\nfaults: ${value}`;
  if (section === 'consumers') {
    const setting = name.slice(section.length + 1);
    const rest = setting === 'kind' ? '' : 'kind: group, driver: java, ';
    // What is asked about stands last.
    const whole =
      setting === 'driver' ? `kind: group, driver: ${value}` : `${rest}${setting}: ${value}`;
    return `target: {kafka: {}}\nconsumers: {${whole}}`;
  }
  if (section === 'target') return targetYaml(key, inner, value);
  const brokers = 'target: {embedded: {brokers: 2}}';
  if (name === 'topic.name') return `target: {bootstrap: ["h:1"]}\ntopic: ${own}`;
  if (name === 'workload.transaction.abortRatio') {
    return (
      `${brokers}\nworkload: {transaction: {records: 10, ${inner}: ${value}}}\n` + TRANSACTIONS
    );
  }
  return [brokers, `${section}: ${own}`, ...(key === 'transaction' ? [TRANSACTIONS] : [])].join(
    '\n',
  );
}

function targetYaml(kind: string, key: string, value: string): string {
  if (kind === 'bootstrap') return `target: {bootstrap: ["h:1"], ${key}: ${value}}`;
  return `target: {${kind}: {${key}: ${value}}}`;
}

/** As far as the sweep alone decides it; what the cluster itself answers is not asked here. */
function environmentOf({ target }: LoadedSweep): Environment {
  return {
    schema: 'kbench/environment@1',
    startedAt: '2026-01-01T00:00:00.000Z',
    ...{ kbench: '1.0.0', node: 'v24', os: 'Linux', memoryMiB: 1, git: null },
    cpu: { model: 'cpu', cores: 1 },
    target: {
      kind: target.kind,
      bootstrap: [],
      clusterId: null,
      brokers: target.kind === 'external' ? 1 : target.brokers,
      version: target.kind === 'kafka' ? target.version : null,
      features: {},
      settings: targetIdentity(target),
    },
  };
}

const identityOf = ({ plan }: LoadedSweep) => JSON.stringify([...flatten(plan.points[0])]);

describe('what can change a figure', () => {
  const ofSections = (['workload', 'topic', 'consumers'] as const).flatMap((section) =>
    keysOf(section).map((key) => `${section}.${key}`),
  );
  const fields = FIELD_PATHS.filter((name) => /^(?:(?:workload|topic)\.|agents$)/.test(name));
  const ofTarget = Object.entries(TARGET_KEYS).flatMap(([kind, keys]) =>
    keys.map((key) => `target.${kind}.${key}`),
  );

  it.each([...new Set([...ofSections, ...fields, 'faults', ...ofTarget])])(
    '%s is in it',
    async (name) => {
      const pair = PAIRS[name];
      expect(pair, `${name} is new: write two values of it into PAIRS`).toBeDefined();
      const [a, b] = [await load(yamlOf(name, pair[0])), await load(yamlOf(name, pair[1]))];
      if (name.startsWith('target.')) {
        expect(environmentDifferences(environmentOf(a), environmentOf(b))).not.toEqual([]);
        expect(environmentChanges(environmentOf(a), environmentOf(b))).not.toEqual([]);
      } else expect(identityOf(a)).not.toBe(identityOf(b));
    },
  );

  it('takes every setting of the producer, and whatever a later version adds anywhere', () => {
    const flat = (more: object) => {
      const { workload, ...rest } = settings();
      return flatten({ id: 'p', config: {}, settings: { workload, ...rest, ...more } });
    };
    for (const name of PRODUCER_SETTINGS.keys()) {
      if (isSecuritySetting(name)) continue;
      expect(flat({ producer: { [name]: 'a' } }).get(name)).toBe('a');
    }
    expect(flat({ later: { inner: [1] } }).get('later.inner')).toBe('[1]');
    const target = { kind: 'embedded', brokers: 1, replicationDelayMs: 2, later: { inner: 1 } };
    expect(targetIdentity(target as never)).toEqual({
      replicationDelayMs: 2,
      later: '{"inner":1}',
    });
  });

  it('holds no secret, no address and nothing that only says who logs in', () => {
    const every = [...PRODUCER_SETTINGS.values()].filter(({ name }) => isSecuritySetting(name));
    const security = Object.fromEntries(every.map(({ name }) => [name, `value of ${name}`]));
    const identity = targetIdentity({ kind: 'external', bootstrap: ['h:1'], security });
    const secret = every.filter(({ type }) => type === 'password').map(({ name }) => name);
    expect(secret.length).toBeGreaterThan(5);
    for (const name of [...secret, 'sasl.jaas.config', 'bootstrap']) {
      expect(identity).not.toHaveProperty([name]);
    }
    expect(identity).toHaveProperty(['ssl.cipher.suites']);
    const spelledOut = { 'ssl.enabled.protocols': 'TLSv1.2,TLSv1.3' };
    expect(targetIdentity({ kind: 'external', bootstrap: [], security: spelledOut })).toEqual({});
  });
});

describe('what older results do not say', () => {
  it('is unknown, and not different', async () => {
    const now = environmentOf(await load('target: {embedded: {replicationDelay: 500us}}'));
    const { settings: kept, ...older } = now.target;
    const found = environmentDifferences({ ...now, target: older }, now);
    expect(kept).toEqual({ replicationDelayMs: 0.5 });
    expect(found).toMatchObject([
      { what: 'target.replicationDelay', base: 'not recorded', unknown: true },
    ]);
    const later = { ...now, target: { ...older, settings: { replicationDelayMs: 2 } } };
    expect(environmentDifferences(now, later)).toMatchObject([{ what: 'target.replicationDelay' }]);
    expect(environmentDifferences(now, later)[0]).not.toHaveProperty('unknown');
  });

  it('leaves the reference results as they were', () => {
    const root = path.join(import.meta.dirname, '../../../results/reference');
    for (const name of ['aa-embedded', 'aa-kafka-4.3.1', 'acks-compared']) {
      const { environment } = readResults(path.join(root, name));
      expect(environment?.target).not.toHaveProperty('settings');
      expect(environmentDifferences(environment, environment)).toEqual([]);
    }
  });
});
