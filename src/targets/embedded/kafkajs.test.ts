import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { expect, it } from 'vitest';
import { fetchRequest, fetchResponse } from '../../wire/apis/all.js';
import { startInProcessCluster } from './in-process.js';
import { RawClient } from '../../testing/raw-client.js';

it('kafkajs creates a topic, produces (idempotent or not), and its values are there', async () => {
  const cluster = await startInProcessCluster({ brokers: 3 });
  const kafka = new Kafka({ brokers: [...cluster.bootstrap], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const topic = 'from-kafkajs';
  expect(
    await admin.createTopics({ topics: [{ topic, numPartitions: 3, replicationFactor: 3 }] }),
  ).toBe(true);

  const values: string[] = [];
  for (const idempotent of [true, false]) {
    const producer = kafka.producer({
      idempotent,
      ...(idempotent ? { maxInFlightRequests: 1 } : {}),
      createPartitioner: Partitioners.DefaultPartitioner,
    });
    await producer.connect();
    for (let i = 0; i < 20; i++) {
      const value = `value ${idempotent} ${i} ${'é'.repeat(i)}`;
      const [sent] = await producer.send({
        topic,
        acks: -1,
        messages: [{ value, partition: i % 3 }],
      });
      expect(sent.errorCode).toBe(0);
      values.push(value);
    }
    await producer.disconnect();
  }

  const offsets = await admin.fetchTopicOffsets(topic);
  expect(offsets.reduce((sum, { high }) => sum + Number(high), 0)).toBe(values.length);
  const found: Buffer[] = [];
  for (const [partition, address] of cluster.bootstrap.entries()) {
    const client = await RawClient.connect(address);
    const partitions = [{ partition, fetchOffset: 0n, partitionMaxBytes: 1_000_000 }];
    const answer = await client.send(fetchRequest, fetchResponse, 11, {
      maxWaitMs: 0,
      topics: [{ topic, partitions }],
    });
    found.push(answer.responses[0].partitions[0].records!);
    client.close();
  }
  const log = Buffer.concat(found);
  for (const value of values) expect(log.includes(value)).toBe(true);

  await admin.deleteTopics({ topics: [topic] });
  expect(await admin.listTopics()).toEqual([]);
  await admin.disconnect();
  await cluster.close();
});
