// The audit of runs on real Kafka: three brokers, a leader killed, codecs, transactions, and
// records deleted before they were read.
import { Kafka, logLevel, type Admin } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Audit } from '../../contract/audit.js';
import type { RunSpec } from '../../contract/run-spec.js';
import type { Scalar, WorkloadSettings } from '../../contract/settings.js';
import { kafkaAdmin } from '../../session/topics/kafka-admin.js';
import { startKafkaCluster, type KafkaCluster } from '../../targets/kafka/kafka-cluster.js';
import { describeWithKafkaJars } from '../../testing/kafka/kafka-fixture.js';
import { runWorkload } from '../run-workload.js';
import { launchHere } from '../../testing/in-thread-launch.js';

const launch = launchHere();

const broken = ({ promises }: Audit) =>
  promises.filter((each) => each.broken).map(({ promise }) => promise);

await describeWithKafkaJars('an audit on real Kafka', () => {
  describe('of three brokers', () => {
    let cluster: KafkaCluster;
    let admin: Admin;
    beforeAll(async () => {
      cluster = await startKafkaCluster({ brokers: 3, heap: '256m' });
      const brokers = [...cluster.bootstrap];
      admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
      await admin.connect();
    }, 240_000);
    afterAll(async () => {
      await admin?.disconnect();
      await cluster?.close();
    }, 60_000);

    interface Asked {
      readonly workload?: Partial<WorkloadSettings>;
      readonly producer?: Readonly<Record<string, Scalar>>;
      readonly meanwhile?: () => Promise<void>;
    }

    async function audited(topic: string, { workload, producer = {}, meanwhile }: Asked = {}) {
      const own = kafkaAdmin(cluster.bootstrap);
      const fresh = { kind: 'fresh', partitions: 3, replicationFactor: 3 } as const;
      await own.create(topic, { ...fresh, config: { 'min.insync.replicas': 2 } });
      const spec: RunSpec = {
        ...{ run: '0001', point: 'p01', repeat: 1, block: 1, seed: 1, embeddedTarget: false },
        ...{ bootstrap: cluster.bootstrap, topicName: topic, transactionalIdPrefix: topic },
        minInsyncReplicas: await own.leastInSync(topic),
        settings: {
          driver: 'core',
          producer: { 'linger.ms': 5, ...producer },
          topic: { ...fresh, config: {} },
          workload: {
            ...{ valueBytes: 100, payload: { kind: 'text' }, keys: { kind: 'none' } },
            ...{ rate: 'max', records: 50_000, durationMs: null, workers: 2, pacing: 'auto' },
            ...{ warmup: { records: 5000, durationMs: null }, transaction: null, audit: true },
            ...workload,
          },
        },
      };
      const under: Promise<void>[] = [];
      const onProgress = ({ phase }: { readonly phase: string }): void => {
        if (phase === 'measuring' && under.length === 0)
          under.push(meanwhile?.() ?? Promise.resolve());
      };
      const result = await runWorkload(spec, { onProgress }, { launch });
      await Promise.all(under);
      expect(result.notAudited).toBeUndefined();
      return result.audit!;
    }

    const CLEAN = { lost: 0, duplicated: 0, reordered: 0, corrupt: 0, gone: 0, foreign: 0 };

    it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])('finds all of it, %s', async (codec) => {
      const audit = await audited(`clean-${codec}`, { producer: { 'compression.type': codec } });
      expect(audit).toMatchObject({ ...CLEAN, acknowledged: 55_000, found: 55_000, read: 55_000 });
      expect(broken(audit)).toEqual([]);
    });

    it('finds what was committed, and nothing of what was aborted', async () => {
      const transaction = { records: 200, abortRatio: 0.3 };
      const audit = await audited('torn', { workload: { transaction, records: 20_000 } });
      expect(audit).toMatchObject({ ...CLEAN, found: 25_000 });
      expect(audit.transactions).toMatchObject({
        ...{ committedNotSeen: 0, abortedSeen: 0, undecided: 0 },
      });
      expect(audit.transactions!.aborted).toBeGreaterThan(1000);
      expect(broken(audit)).toEqual([]);
    });

    it('calls gone what was deleted while it ran', async () => {
      const audit = await audited('deleted', {
        workload: { rate: 5000, records: 15_000 },
        meanwhile: async () => {
          const partitions = [{ partition: 0, offset: '500' }];
          await new Promise((resolve) => setTimeout(resolve, 1000));
          await admin.fetchTopicOffsets('deleted'); // kafkajs learns its leaders by that
          await admin.deleteTopicRecords({ topic: 'deleted', partitions });
        },
      });
      expect(audit).toMatchObject({ lost: 0, gone: 500, found: audit.acknowledged - 500 });
      expect(broken(audit)).toEqual([]);
    });

    it('finds that acks=all and two in-sync replicas keep all when a leader dies', async () => {
      const audit = await audited('killed', {
        workload: { rate: 5000, records: 40_000 },
        meanwhile: async () => {
          await new Promise((resolve) => setTimeout(resolve, 1500));
          await cluster.brokers[1].kill('SIGKILL');
        },
      });
      expect(audit.acknowledged).toBeGreaterThan(40_000);
      expect(audit).toMatchObject({ lost: 0, corrupt: 0, storedThoughFailed: 0 });
      expect(broken(audit)).not.toContain('durability');
      expect(audit.promises[0]).toMatchObject({ promise: 'durability', promised: true });
    });
  });
});
