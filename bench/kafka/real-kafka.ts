// A real broker for a benchmark, and a topic of its own for each measurement. Called by benchmarks
// against Apache Kafka.
import { Kafka, logLevel } from 'kafkajs';
import type { Admin } from 'kafkajs';
import { RunError } from '../../src/base/errors.js';
import { startKafkaCluster } from '../../src/targets/kafka/kafka-cluster.js';
import type { KafkaCluster } from '../../src/targets/kafka/kafka-cluster.js';
import type { Distance } from './distance.js';

export interface RealKafka {
  readonly cluster: KafkaCluster;
  /** One address. */
  readonly bootstrap: string;
  /**
   * Makes a topic, measures, deletes it; `stored` counts the records that the broker holds at the
   * end of `measure`.
   */
  withTopic<T>(
    partitions: number,
    measure: (topic: string, stored: () => Promise<number>) => Promise<T>,
  ): Promise<T>;
}

/**
 * Starts Apache Kafka on this host, hands it over, and ends it, whatever happens. RunError where it
 * cannot be had.
 */
export async function withRealKafka<T>(
  options: { readonly version: string; readonly brokers: number; readonly distance?: Distance },
  use: (kafka: RealKafka) => Promise<T>,
): Promise<T> {
  const { version, brokers, distance } = options;
  // Who asks for metadata is sent through the distance.
  const properties: Record<string, string> =
    distance === undefined
      ? {}
      : { 'advertised.listeners': `PLAINTEXT://127.0.0.1:${distance.port}` };
  const onProgress = (message: string) => console.log(`  ${message}`);
  const cluster = await startKafkaCluster({ version, brokers, properties, onProgress });
  try {
    const bootstrap = cluster.bootstrap[0];
    distance?.aim(bootstrap);
    let topics = 0;
    const withTopic: RealKafka['withTopic'] = async (partitions, measure) => {
      const topic = `bench-${++topics}`;
      await asAdmin(bootstrap, (admin) => createTopic(admin, topic, partitions));
      try {
        return await measure(topic, () =>
          asAdmin(bootstrap, (admin) => storedRecords(admin, topic)),
        );
      } finally {
        await asAdmin(bootstrap, (admin) => admin.deleteTopics({ topics: [topic] }));
      }
    };
    return await use({ cluster, bootstrap, withTopic });
  } finally {
    await cluster.close();
  }
}

/** A short connection each time, so that none is open while something is measured. */
export async function asAdmin<T>(bootstrap: string, act: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Kafka({
    clientId: 'kbench-bench',
    brokers: [bootstrap],
    logLevel: logLevel.ERROR,
  }).admin();
  await admin.connect();
  try {
    return await act(admin);
  } finally {
    await admin.disconnect();
  }
}

export async function createTopic(
  admin: Admin,
  topic: string,
  numPartitions: number,
): Promise<void> {
  const made = await admin.createTopics({
    topics: [{ topic, numPartitions, replicationFactor: 1 }],
    waitForLeaders: true,
  });
  if (!made) throw new RunError(`topic ${topic} was there already`);
}

async function storedRecords(admin: Admin, topic: string): Promise<number> {
  const offsets = await admin.fetchTopicOffsets(topic);
  return offsets.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
}
