// Drivers of other clients on real Kafka 4.4.0, every record held against the log: kafkajs and Java
// always, the others where what they take is on this machine.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLIENTS, type Client, type DriverSettings } from '../../contract/driver.js';
import { runResultSchema, type RunResult } from '../../contract/run-result.js';
import type { RunSpec } from '../../contract/run-spec.js';
import type { WorkloadSettings } from '../../contract/settings.js';
import { kafkaAdmin } from '../../session/topics/kafka-admin.js';
import { openDriver } from '../../targets/drivers/open-driver.js';
import { startKafkaCluster, type KafkaCluster } from '../../targets/kafka/kafka-cluster.js';
import { DEFAULT_KAFKA_VERSION } from '../../targets/kafka/kafka-rules.js';
import { describeWithKafkaJars } from '../../testing/kafka/kafka-fixture.js';
import { runWorkload } from '../run-workload.js';

const ALWAYS: readonly Client[] = ['kafkajs', 'java'];
const KEYS = { kind: 'zipf', distinct: 100, exponent: 1, bytes: 12 } as const;

async function missing(kind: Client): Promise<string | null> {
  try {
    const driver = kind === 'java' ? { kind, version: DEFAULT_KAFKA_VERSION } : { kind };
    (await openDriver({ driver, folder: '.' })).close();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const absent = new Map<Client, string | null>();
for (const client of CLIENTS) absent.set(client, await missing(client));

await describeWithKafkaJars('drivers on real Kafka', () => {
  let cluster: KafkaCluster;
  let runs = 0;
  beforeAll(async () => {
    cluster = await startKafkaCluster({ brokers: 1, heap: '256m' });
  }, 240_000);
  afterAll(() => cluster?.close(), 60_000);

  async function run(
    driver: DriverSettings,
    workload: Partial<WorkloadSettings>,
  ): Promise<RunResult> {
    const topicName = `driven-${runs++}`;
    const topic = { kind: 'fresh', partitions: 3, replicationFactor: 1, config: {} } as const;
    await kafkaAdmin(cluster.bootstrap).create(topicName, topic);
    const spec: RunSpec = {
      ...{ run: '0001', point: 'p01', repeat: 1, block: 1, seed: 5, embeddedTarget: false },
      ...{ bootstrap: cluster.bootstrap, topicName, transactionalIdPrefix: topicName },
      settings: {
        driver,
        producer: { acks: 'all', 'linger.ms': 5 },
        topic,
        workload: {
          ...{ valueBytes: 100, payload: { kind: 'text' }, keys: KEYS, rate: 2000 },
          ...{ records: 6000, durationMs: null, warmup: { records: 2000, durationMs: null } },
          ...{ workers: 1, pacing: 'auto', transaction: null, audit: true },
          ...workload,
        },
      },
    };
    const result = await runWorkload(spec, {}, { openDriver });
    return runResultSchema.parse(JSON.parse(JSON.stringify(result)));
  }

  const of = (kind: Client): DriverSettings =>
    kind === 'java' ? { kind, version: DEFAULT_KAFKA_VERSION } : { kind };
  // The idempotent producer of version 1 loses records with more than one request in flight.
  const clients = CLIENTS.filter((kind) => kind !== 'platformatic');

  describe.each(clients)('%s', (kind) => {
    const why = absent.get(kind) ?? null;
    it.skipIf(why !== null && !ALWAYS.includes(kind))('sends at its due times', async () => {
      const result = await run(of(kind), {});
      expect(result.failure).toBeNull();
      const { measurement, audit, driver } = result;
      expect(measurement!.records).toEqual({ sent: 6000, acked: 6000, failed: 0 });
      expect(audit).toMatchObject({
        ...{ sent: 8000, acknowledged: 8000, found: 8000, lost: 0, duplicated: 0, corrupt: 0 },
      });
      expect(measurement!.latencyMs.response!.count).toBe(6000);
      const intervals = measurement!.intervals.reduce((sum, { acked }) => sum + acked, 0);
      expect(intervals).toBe(6000);
      expect(driver).toMatchObject({ name: kind, processes: 1 });
      expect(driver!.startupMs).toBeGreaterThan(0);
      expect(driver!.cpuMs).toBeGreaterThan(0);
      expect(driver!.rssMiB).toBeGreaterThan(4);
      expect(measurement!.measuredMs).toBeGreaterThan(2900);
    });

    it.skipIf(why !== null && !ALWAYS.includes(kind))('fills a closed loop', async () => {
      const workload = { rate: 'max', records: 50_000, workers: 2, keys: NO_KEYS } as const;
      const result = await run(of(kind), workload);
      expect(result.failure).toBeNull();
      expect(result.audit).toMatchObject({ sent: 52_000, found: 52_000, lost: 0, duplicated: 0 });
      expect(result.measurement!.latencyMs.response).toBeNull();
    });
  });

  it('runs an older client of Java beside a newer broker', async () => {
    const result = await run({ kind: 'java', version: '3.9.1' }, {});
    expect(result.failure).toBeNull();
    expect(result.driver).toMatchObject({ name: 'java', version: '3.9.1' });
  });
});

const NO_KEYS = { kind: 'none' } as const;
