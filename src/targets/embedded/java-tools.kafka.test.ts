// Java's own clients against the embedded cluster: the witness that its transactions are Kafka's.
// Starts no broker, only Kafka's jars.
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { expect, it } from 'vitest';
import { describeWithKafkaJars } from '../../testing/kafka/kafka-fixture.js';
import { committedRecords, endOffsets, runKafkaTool } from '../../testing/kafka/kafka-tools.js';
import { startInProcessCluster } from './in-process.js';

const LIMIT_MS = 60_000;

await describeWithKafkaJars('Java’s tools against the embedded cluster', () => {
  it.each([0, 2])(
    'produce in transactions and read what was committed, transaction.version %d',
    async (level) => {
      const cluster = await startInProcessCluster({
        brokers: 3,
        transactionVersion: level,
        topics: [{ name: 't', partitions: 1, replicationFactor: 3 }],
        retentionBytesPerPartition: 4 * 1024 * 1024,
      });
      const [bootstrap] = cluster.bootstrap;
      const perf = await runKafkaTool(
        'org.apache.kafka.tools.ProducerPerformance',
        [
          ...[
            '--bootstrap-server',
            bootstrap,
            '--topic',
            't',
            '--num-records',
            '2000',
            '--record-size',
            '100',
          ],
          ...[
            '--throughput',
            '5000',
            '--transactional-id',
            'perf',
            '--transaction-duration-ms',
            '40',
          ],
          ...['--command-property', 'compression.type=lz4'],
        ],
        { timeoutMs: LIMIT_MS },
      );
      expect(perf.stderr).toBe('');
      expect(perf.code).toBe(0);
      expect(perf.stdout).toContain('2000 records sent');
      const end = (await endOffsets(bootstrap, 't')).get(0)!;
      // At least four transactions of 40 ms in 400 ms: one marker each.
      expect(end).toBeGreaterThanOrEqual(2004);
      expect(end).toBeLessThan(2100);
      await abortOne(bootstrap);
      expect((await endOffsets(bootstrap, 't')).get(0)).toBe(end + 3);
      expect(await committedRecords(bootstrap, 't', 0)).toBe(2000);
      await cluster.close();
    },
    3 * LIMIT_MS,
  );
});

/** Two records and their ABORT marker. */
async function abortOne(bootstrap: string): Promise<void> {
  const kafka = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING });
  const createPartitioner = Partitioners.DefaultPartitioner;
  const producer = kafka.producer({
    transactionalId: 'abort',
    idempotent: true,
    createPartitioner,
  });
  await producer.connect();
  const transaction = await producer.transaction();
  await transaction.send({
    topic: 't',
    acks: -1,
    messages: [{ value: 'dropped' }, { value: 'dropped' }],
  });
  await transaction.abort();
  await producer.disconnect();
}
