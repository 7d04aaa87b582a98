// Consumer groups beside a run on real Kafka: by kafkajs and by Java, in both protocols; members
// that come, go and die; what they cannot do ends the run with a clear reason.
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunResult } from '../../../contract/run-result.js';
import type { RunSpec } from '../../../contract/run-spec.js';
import type { GroupSettings, WorkloadSettings } from '../../../contract/settings.js';
import { kafkaAdmin } from '../../../session/topics/kafka-admin.js';
import { javaMember } from '../../../targets/kafka/java-member.js';
import {
  DEFAULT_KAFKA_VERSION,
  startKafkaCluster,
  type KafkaCluster,
} from '../../../targets/kafka/kafka-cluster.js';
import { describeWithKafkaJars } from '../../../testing/kafka/kafka-fixture.js';
import { runWorkload } from '../../run-workload.js';
import type { WorkloadHooks } from '../../workload-hooks.js';

const RECORDS = 4000;

/** Processes of this one that have this among their words. */
function childrenWith(word: string): number[] {
  const listed = spawnSync('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)]);
  return listed.stdout
    .toString()
    .split('\n')
    .filter((line) => line.includes(word))
    .map((line) => Number.parseInt(line, 10));
}

await describeWithKafkaJars('consumer groups on real Kafka', () => {
  let cluster: KafkaCluster;
  beforeAll(async () => {
    cluster = await startKafkaCluster({ brokers: 1, heap: '512m' });
  }, 240_000);
  afterAll(() => cluster?.close(), 60_000);

  async function run(
    topicName: string,
    group: Partial<GroupSettings>,
    workload: Partial<WorkloadSettings> = {},
    hooks: WorkloadHooks = {},
  ): Promise<RunResult> {
    const fresh = { kind: 'fresh', partitions: 4, replicationFactor: 1, config: {} } as const;
    await kafkaAdmin(cluster.bootstrap).create(topicName, fresh);
    const java = group.driver === 'java';
    const spec: RunSpec = {
      ...{ run: '0001', point: 'p01', repeat: 1, block: 1, seed: 1, embeddedTarget: false },
      ...{ bootstrap: cluster.bootstrap, topicName, transactionalIdPrefix: topicName },
      ...(java ? { memberProgram: await javaMember(DEFAULT_KAFKA_VERSION) } : {}),
      settings: {
        driver: 'core',
        producer: {},
        topic: fresh,
        workload: {
          ...{ valueBytes: 100, payload: { kind: 'text' }, keys: { kind: 'none' } },
          ...{ rate: 2000, records: RECORDS, durationMs: null, workers: 1, pacing: 'auto' },
          ...{ warmup: { records: 500, durationMs: null }, transaction: null },
          ...workload,
        },
        consumers: {
          ...{ kind: 'group', driver: 'kafkajs', groups: 1, members: 2, properties: {} },
          ...group,
        },
      },
    };
    return await runWorkload(spec, hooks);
  }

  const cases: readonly (readonly [string, Partial<GroupSettings>])[] = [
    ['kafkajs', { driver: 'kafkajs' }],
    ['java-classic', { driver: 'java' }],
    ['java-consumer', { driver: 'java', properties: { 'group.protocol': 'consumer' } }],
  ];

  it.each(cases)(
    'receive all of it, %s',
    async (name, settings) => {
      const { failure, consumers } = await run(`all-${name}`, { groups: 2, ...settings });
      expect(failure).toBeNull();
      expect(consumers).toMatchObject({ expected: 2 * RECORDS, kept: 2 * RECORDS, dropped: [] });
      expect(consumers!.groups).toHaveLength(2);
      for (const group of consumers!.groups!) {
        expect(group).toMatchObject({ members: 2, expected: RECORDS, kept: RECORDS, dropped: [] });
        expect(group.endToEndMs!.p50).toBeGreaterThan(0);
      }
      const { p50, p99, clockErrorMs } = consumers!.endToEndMs!;
      // What it came to is shown beside the test.
      // eslint-disable-next-line no-console
      console.info(
        `${name}: end-to-end p50 ${p50} ms, p99 ${p99} ms, clock error ${clockErrorMs} ms`,
      );
    },
    120_000,
  );

  it.each(cases)(
    'tell the pause of a rebalance, %s',
    async (name, settings) => {
      let at = Promise.resolve();
      const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
      const faults: WorkloadHooks['faults'] = {
        ...{ start: () => undefined, mend: () => Promise.resolve(), events: () => [] },
        members: (change) => {
          at = wait(3000).then(() => change('add'));
        },
      };
      const workload = { records: null, durationMs: 20_000, rate: 1000 };
      const { failure, consumers } = await run(`pause-${name}`, settings, workload, { faults });
      await at;
      expect(failure).toBeNull();
      const [group] = consumers!.groups!;
      expect(group.events.filter(({ what }) => what === 'added')).toHaveLength(3);
      expect(group.kept).toBe(group.expected);
      expect(group.longestPauseMs).toBeGreaterThan(0);
      // What it came to is shown beside the test.
      // eslint-disable-next-line no-console
      console.info(
        `${name}: longest pause ${group.longestPauseMs!.toFixed(0)} ms, ` +
          group.events
            .map((each) => `${each.atMs.toFixed(0)} ${each.member} ${each.what}`)
            .join('; '),
      );
    },
    120_000,
  );

  it('leave no member behind where one of them has died', async () => {
    const members = (): number[] => childrenWith('kafkajs-member');
    const failing = run('died', { members: 3 }, { records: null, durationMs: 30_000 });
    while (members().length < 3) await new Promise((resolve) => setTimeout(resolve, 50));
    process.kill(members()[0], 'SIGKILL');
    expect((await failing).failure!.message).toMatch(/it ended with SIGKILL/);
    expect(members()).toEqual([]);
  }, 120_000);

  it('fail their run where a member cannot go on', async () => {
    const properties = { 'session.timeout.ms': 100, 'heartbeat.interval.ms': 50 };
    const { status, failure } = await run('refused', { driver: 'java', properties });
    expect(status).toBe('failed');
    expect(failure!.message).toContain('member');
    expect(failure!.message).toMatch(/session timeout/i);
  }, 120_000);
});
