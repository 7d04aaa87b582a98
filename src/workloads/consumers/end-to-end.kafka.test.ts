// The reader beside a run on real Kafka: all codecs, transactions, a backlog; and its end-to-end
// time against that of Kafka's own EndToEndLatency with one record in flight.
import { describe, expect, it, beforeAll, afterAll } from 'vitest';
import type { RunSpec } from '../../contract/run-spec.js';
import type { Scalar, WorkloadSettings } from '../../contract/settings.js';
import type { DriverSettings } from '../../contract/driver.js';
import { kafkaAdmin } from '../../session/topics/kafka-admin.js';
import { openDriver } from '../../targets/drivers/open-driver.js';
import { startKafkaCluster, type KafkaCluster } from '../../targets/kafka/kafka-cluster.js';
import { describeWithKafkaJars } from '../../testing/kafka/kafka-fixture.js';
import { runKafkaTool } from '../../testing/kafka/kafka-tools.js';
import { runWorkload } from '../run-workload.js';

interface Beside {
  readonly driver?: DriverSettings;
  readonly startAfterMs?: number;
}

const ROUNDS = 3;
const RECORDS = 2000;

await describeWithKafkaJars('a reader beside a run on real Kafka', () => {
  let cluster: KafkaCluster;
  beforeAll(async () => {
    cluster = await startKafkaCluster({ brokers: 1, heap: '512m' });
  }, 240_000);
  afterAll(() => cluster?.close(), 60_000);

  async function consumed(
    topicName: string,
    workload: Partial<WorkloadSettings>,
    producer: Readonly<Record<string, Scalar>> = {},
    properties: Readonly<Record<string, Scalar>> = {},
    { driver = 'core', startAfterMs }: Beside = {},
  ) {
    const partitions = 1;
    const fresh = { kind: 'fresh', partitions, replicationFactor: 1, config: {} } as const;
    await kafkaAdmin(cluster.bootstrap).create(topicName, fresh);
    const spec: RunSpec = {
      ...{ run: '0001', point: 'p01', repeat: 1, block: 1, seed: 1, embeddedTarget: false },
      ...{ bootstrap: cluster.bootstrap, topicName, transactionalIdPrefix: topicName },
      settings: {
        driver,
        producer,
        topic: fresh,
        workload: {
          ...{ valueBytes: 100, payload: { kind: 'text' }, keys: { kind: 'none' } },
          ...{ rate: 2000, records: RECORDS, durationMs: null, workers: 1, pacing: 'auto' },
          ...{ warmup: { records: 500, durationMs: null }, transaction: null },
          ...workload,
        },
        consumers: {
          ...{ kind: 'reader', properties },
          ...(startAfterMs === undefined ? {} : { startAfterMs }),
        },
      },
    };
    const result = await runWorkload(spec, {}, { openDriver });
    expect(result.failure).toBeNull();
    return result.consumers!;
  }

  it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])('receives all of it, %s', async (codec) => {
    const found = await consumed(`codec-${codec}`, {}, { 'compression.type': codec });
    expect(found).toMatchObject({ expected: RECORDS, kept: RECORDS, dropped: [] });
  });

  it('sees committed transactions once they are', async () => {
    const transaction = { records: 100, abortRatio: 0.2 };
    const found = await consumed('transactions', { transaction });
    expect(found.isolation).toBe('read_committed');
    expect(found.kept).toBeLessThan(RECORDS);
    expect(found).toMatchObject({ kept: found.expected, dropped: [] });
  });

  it('catches up with a backlog', async () => {
    const workload = { records: null, durationMs: 3000 };
    const found = await consumed('backlog', workload, {}, {}, { startAfterMs: 2000 });
    expect(found).toMatchObject({ expected: 6000, kept: 6000, dropped: [] });
    expect(found.backlog!.records).toBeGreaterThan(3000);
    expect(found.backlog!.recordsPerSecond).toBeGreaterThan(2000);
  });

  it('times the records of other clients from when they were due, as the core’s', async () => {
    const p50: Record<string, number> = {};
    const drivers: DriverSettings[] = ['core', { kind: 'kafkajs' }, { kind: 'java' }];
    for (const driver of drivers) {
      const producer = { 'linger.ms': 0, acks: 'all' };
      const name = driver === 'core' ? driver : driver.kind;
      const warmup = { records: null, durationMs: 1000 };
      const found = await consumed(`by-${name}`, { workers: 2, warmup }, producer, {}, { driver });
      expect(found).toMatchObject({ expected: RECORDS, kept: RECORDS, negative: 0, dropped: [] });
      p50[name] = found.endToEndMs!.p50;
    }
    // What it came to is shown beside the test.
    // eslint-disable-next-line no-console
    console.info(`end to end p50 ms by client: ${JSON.stringify(p50)}`);
    // Records counted from another one's due time would be off by the warm-up's second.
    for (const each of Object.values(p50)) expect(Math.abs(each - p50['core'])).toBeLessThan(500);
  });

  describe('against EndToEndLatency', () => {
    it('tells the same time of one record in flight, within noise', async () => {
      const told: [kbench: number, java: number][] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const ours = await oneInFlight(`ours-${round}`);
        const java = await endToEndLatency(cluster.bootstrap[0], `java-${round}`);
        told.push([ours, java]);
      }
      // What it came to is shown beside the test.
      // eslint-disable-next-line no-console
      console.info(
        `end to end, one record in flight, mean ms, kbench and Java: ${told.join(' | ')}`,
      );
      const least = (which: 0 | 1): number => Math.min(...told.map((each) => each[which]));
      // Whatever else is on this machine makes either slower; a wrong clock would be off by more.
      expect(least(0)).toBeLessThan(10 + 3 * least(1));
      expect(least(0)).toBeGreaterThan(0.1 * least(1));
    });
  });

  /** At a rate at which each record has arrived before the next one is due. */
  async function oneInFlight(topicName: string): Promise<number> {
    const producer = { 'linger.ms': 0, acks: 'all', 'max.block.ms': 60_000 };
    const warmup = { records: 50, durationMs: null };
    const found = await consumed(topicName, { rate: 50, records: 300, warmup }, producer);
    return found.endToEndMs!.mean;
  }

  async function endToEndLatency(bootstrap: string, topic: string): Promise<number> {
    const fresh = { kind: 'fresh', partitions: 1, replicationFactor: 1, config: {} } as const;
    await kafkaAdmin(cluster.bootstrap).create(topic, fresh);
    const args = ['--bootstrap-server', bootstrap, '--topic', topic];
    const more = ['--num-records', '300', '--producer-acks', 'all', '--record-size', '100'];
    const tool = 'org.apache.kafka.tools.EndToEndLatency';
    const { stdout, stderr } = await runKafkaTool(tool, [...args, ...more], { timeoutMs: 120_000 });
    const average = /Avg latency: ([\d.]+) ms/.exec(stdout);
    if (average === null) throw new Error(`${stdout}\n${stderr}`);
    return Number(average[1]);
  }
});
