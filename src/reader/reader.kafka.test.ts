// What Java's producer wrote, read as Java's own console consumer reads it.
import { expect, it } from 'vitest';
import { CoreProducer } from '../producer-core/parts.js';
import { consumeRecords, runKafkaTool, type ConsumedRecord } from '../testing/kafka/kafka-tools.js';
import { describeWithKafka } from '../testing/kafka/kafka-fixture.js';
import { makeTopic } from '../testing/kafka/make-topic.js';
import { openReader, type Isolation } from './index.js';

const LIMIT_MS = 60_000;

async function readWhole(
  bootstrap: readonly string[],
  topic: string,
  isolation: Isolation,
): Promise<ConsumedRecord[]> {
  const reader = openReader({ bootstrap, isolation });
  try {
    const from = await reader.offsets(topic, 'earliest');
    const to = await reader.offsets(topic, 'latest');
    const found: ConsumedRecord[] = [];
    await reader.read(
      from.map((first, partition) => ({ topic, partition, from: first, to: to[partition] })),
      {
        onRecord(partition, offset, bytes, keyAt, keyBytes, valueAt, valueBytes) {
          const copy = (at: number, length: number): Buffer | null =>
            length < 0 ? null : Buffer.from(bytes.subarray(at, at + length));
          const [key, value] = [copy(keyAt, keyBytes), copy(valueAt, valueBytes)];
          found.push({ partition, offset, key, value });
        },
      },
    );
    return inOrder(found);
  } finally {
    reader.close();
  }
}

const inOrder = (records: readonly ConsumedRecord[]): ConsumedRecord[] =>
  records.toSorted((a, b) => a.partition - b.partition || a.offset - b.offset);

describeWithKafka('reader', (cluster) => {
  it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])(
    'reads what Java wrote as Java reads it: %s',
    { timeout: 2 * LIMIT_MS },
    async (codec) => {
      const [bootstrap] = cluster().bootstrap;
      const topic = `java-${codec}`;
      await makeTopic(bootstrap, topic, 3);
      const { code } = await runKafkaTool(
        'org.apache.kafka.tools.ProducerPerformance',
        [
          ...['--bootstrap-server', bootstrap, '--topic', topic, '--num-records', '3000'],
          ...['--record-size', '700', '--throughput', '-1'],
          ...['--command-property', `compression.type=${codec}`, 'batch.size=150000'],
        ],
        { timeoutMs: LIMIT_MS },
      );
      expect(code).toBe(0);
      const ours = await readWhole([bootstrap], topic, 'read_uncommitted');
      const theirs = await consumeRecords(bootstrap, topic, 3000);
      expect(ours).toEqual(inOrder(theirs));
    },
  );

  it('sees of transactions what Java sees', { timeout: 2 * LIMIT_MS }, async () => {
    const [bootstrap] = cluster().bootstrap;
    await makeTopic(bootstrap, 'transactions', 2);
    const producer = new CoreProducer({
      settings: { 'bootstrap.servers': bootstrap, 'transactional.id': 'reader' },
      hooks: { onBatchDone: () => undefined },
    });
    await producer.connect();
    await producer.initTransactions();
    const topic = await producer.topic('transactions');
    for (let round = 0; round < 8; round++) {
      producer.beginTransaction();
      for (let i = 0; i < 50; i++)
        producer.append(topic, i % 2, null, Buffer.from(`${round}-${i}`), Date.now(), 0);
      await producer.flush();
      await (round % 3 === 0 ? producer.commitTransaction() : producer.abortTransaction());
    }
    await producer.close();
    const committed = await readWhole([bootstrap], 'transactions', 'read_committed');
    const theirs = await consumeRecords(bootstrap, 'transactions', 150, {
      ...{ timeoutMs: LIMIT_MS, isolation: 'read_committed' as const },
    });
    expect(committed).toEqual(inOrder(theirs));
    expect(await readWhole([bootstrap], 'transactions', 'read_uncommitted')).toHaveLength(400);
  });
});
