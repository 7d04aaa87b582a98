// A topic on a real cluster, ready to be written to.
import { Kafka, logLevel } from 'kafkajs';

export async function makeTopic(
  bootstrap: string,
  topic: string,
  numPartitions: number,
  replicationFactor = 1,
): Promise<void> {
  const kafka = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  try {
    const topics = [{ topic, numPartitions, replicationFactor }];
    await admin.createTopics({ waitForLeaders: true, topics });
  } finally {
    await admin.disconnect();
  }
}
