// Numbered records by a producer that the test has made: a count of them, or for a time. The
// producer is closed in the end. For tests against secured brokers.
import { expect } from 'vitest';
import type { CoreProducer } from '../../producer-core/parts.js';

/**
 * Sends `count` records and closes. Gives the number of acknowledged ones; rejects with the first
 * error.
 */
export async function produce(
  producer: CoreProducer,
  topicName: string,
  count: number,
): Promise<number> {
  try {
    await producer.connect();
    const topic = await producer.topic(topicName);
    for (let i = 0; i < count; i++) {
      const value = Buffer.alloc(100);
      value.writeUInt32BE(i);
      const now = performance.now();
      if (producer.append(topic, 0, null, value, Date.now(), now) === null)
        throw new Error('the buffer is full');
    }
    producer.wake();
    await producer.flush();
    return producer.totals.recordsAcked;
  } finally {
    await producer.close();
  }
}

/** Sends numbered records steadily for `ms`, each of them acknowledged. */
export async function produceFor(producer: CoreProducer, topicName: string, ms: number) {
  await producer.connect();
  const topic = await producer.topic(topicName);
  let records = 0;
  const end = performance.now() + ms;
  while (performance.now() < end) {
    for (let i = 0; i < 20; i++) {
      const value = Buffer.alloc(100);
      value.writeUInt32BE(records);
      if (producer.append(topic, 0, null, value, Date.now(), performance.now()) === null) break;
      records++;
    }
    producer.wake();
    await new Promise((resolve) => setTimeout(resolve, 4));
  }
  await producer.flush();
  const { recordsAcked, recordsFailed, connectionsOpened } = producer.totals;
  await producer.close();
  expect([recordsAcked, recordsFailed]).toEqual([records, 0]);
  return { records, connections: connectionsOpened };
}
