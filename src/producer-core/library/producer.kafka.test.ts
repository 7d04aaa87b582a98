import { Kafka, logLevel } from 'kafkajs';
import { expect, it } from 'vitest';
import { runKafkaTool } from '../../testing/kafka/kafka-tools.js';
import { RawClient } from '../../testing/raw-client.js';
import { describeWithKafka } from '../../testing/kafka/kafka-fixture.js';
import { Producer } from './producer.js';
import {
  apiVersionsRequest,
  apiVersionsResponse,
  metadataRequest,
  metadataResponse,
} from '../../wire/apis/index.js';

const DESERIALIZERS = 'org.apache.kafka.common.serialization';

describeWithKafka('Producer against real Kafka', (cluster) => {
  const createTopic = async (
    topic: string,
    numPartitions: number,
    configEntries: { name: string; value: string }[],
  ) => {
    const client = new Kafka({
      brokers: [...cluster().bootstrap],
      logLevel: logLevel.NOTHING,
    }).admin();
    await client.connect();
    try {
      await client.createTopics({
        waitForLeaders: true,
        topics: [{ topic, numPartitions, replicationFactor: 1, configEntries }],
      });
    } finally {
      await client.disconnect();
    }
  };

  /** Lines of Java's ConsoleConsumer: `Partition:p|key|value`, sorted. */
  const consume = async (
    topic: string,
    count: number,
    key: string,
    value: string,
  ): Promise<string[]> => {
    const args = [
      '--bootstrap-server',
      cluster().bootstrap[0],
      '--topic',
      topic,
      '--from-beginning',
      '--max-messages',
      `${count}`,
    ];
    const formatter = {
      'print.partition': 'true',
      'print.key': 'true',
      'key.separator': '|',
      'key.deserializer': `${DESERIALIZERS}.${key}Deserializer`,
      'value.deserializer': `${DESERIALIZERS}.${value}Deserializer`,
    };
    for (const [name, setting] of Object.entries(formatter))
      args.push('--formatter-property', `${name}=${setting}`);
    const run = await runKafkaTool('org.apache.kafka.tools.consumer.ConsoleConsumer', args, {
      timeoutMs: 60_000,
    });
    return run.stdout.trim().split('\n').sort();
  };

  it('Java’s deserializers read what serializers of these names wrote, round robin', async () => {
    await createTopic('typed', 3, [{ name: 'message.timestamp.type', value: 'LogAppendTime' }]);
    const producer = new Producer<number, string>({
      'bootstrap.servers': cluster().bootstrap.join(','),
      'key.serializer': `${DESERIALIZERS}.IntegerSerializer`,
      'value.serializer': `${DESERIALIZERS}.UUIDSerializer`,
      'partitioner.class': 'org.apache.kafka.clients.producer.RoundRobinPartitioner',
    });
    const uuid = (i: number): string => `f81d4fae-7dec-11d0-a765-00a0c91e6b${String(10 + i)}`;
    const sent = await Promise.all(
      Array.from({ length: 9 }, (_, i) =>
        producer.send({ topic: 'typed', key: i - 4, value: uuid(i), timestamp: 1000 }),
      ),
    );
    await producer.close();
    expect(sent.map(({ partition }) => partition)).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2]);
    expect(sent.map(({ offset }) => offset)).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2]);
    // The broker's own time, not the record's.
    for (const { timestamp } of sent) expect(Math.abs(timestamp - Date.now())).toBeLessThan(60_000);
    const expected = sent.map(({ partition }, i) => `Partition:${partition}|${i - 4}|${uuid(i)}`);
    expect(await consume('typed', 9, 'Integer', 'UUID')).toEqual(expected.sort());
  });

  it('kafkajs reads headers of every form as given, and of an array in its order', async () => {
    await createTopic('headers', 1, []);
    const producer = new Producer({ 'bootstrap.servers': cluster().bootstrap });
    const value = 'v';
    const sent = await producer.send([
      { topic: 'headers', value, headers: { trace: '00-0af7-01', list: ['a', Buffer.from('b')] } },
      { topic: 'headers', value, headers: new Map([['größe', '☂']]) },
      { topic: 'headers', value, headers: [['a', Uint8Array.of(0xff, 0)]] },
      {
        topic: 'headers',
        value,
        headers: [
          { key: 'a', value: 'b' },
          { key: 'none', value: null },
        ],
      },
      { topic: 'headers', key: 'k', value: null },
    ]);
    await producer.close();
    expect(sent.map(({ offset }) => offset)).toEqual([0, 1, 2, 3, 4]);

    const consumer = new Kafka({
      brokers: [...cluster().bootstrap],
      logLevel: logLevel.NOTHING,
    }).consumer({
      groupId: 'headers',
    });
    await consumer.connect();
    await consumer.subscribe({ topic: 'headers', fromBeginning: true });
    const seen = await new Promise<unknown[]>((resolve) => {
      const all: unknown[] = [];
      void consumer.run({
        eachMessage: ({ message: { headers, value } }) => {
          all.push({ headers, value });
          if (all.length === sent.length) resolve(all);
          return Promise.resolve();
        },
      });
    });
    await consumer.disconnect();
    const bytes = (data: string | number[]) => Buffer.from(data as string);
    expect(seen).toEqual([
      {
        value: bytes('v'),
        headers: { trace: bytes('00-0af7-01'), list: [bytes('a'), bytes('b')] },
      },
      { value: bytes('v'), headers: { größe: bytes('☂') } },
      { value: bytes('v'), headers: { a: bytes([0xff, 0]) } },
      { value: bytes('v'), headers: { a: bytes('b'), none: null } },
      { value: null, headers: {} },
    ]);
  });

  it('text and numbers of all kinds come out of Java as they went in', async () => {
    await createTopic('texts', 1, []);
    const producer = new Producer<bigint, string>({
      'bootstrap.servers': cluster().bootstrap.join(','),
      'key.serializer': 'LongSerializer',
      'value.serializer': 'StringSerializer',
    });
    const records: [bigint, string][] = [
      [2n ** 63n - 1n, 'grün €'],
      [-(2n ** 63n), '😀'],
      [-1n, 'half \ud83d a pair'],
    ];
    await Promise.all(records.map(([key, value]) => producer.send({ topic: 'texts', key, value })));
    await producer.close();
    const expected = records.map(
      ([key, value]) => `Partition:0|${key}|${value.replace('\ud83d ', '? ')}`,
    );
    expect(await consume('texts', 3, 'Long', 'String')).toEqual(expected.sort());
  });

  it('tells a broker which node of which cluster it should be, as KIP-1242 has it', async () => {
    const raw = await RawClient.connect(cluster().bootstrap[0]);
    const ask = async (clusterId: string | null, nodeId: number) => {
      const named = { clientSoftwareName: 'raw', clientSoftwareVersion: '1', clusterId, nodeId };
      return (await raw.send(apiVersionsRequest, apiVersionsResponse, 5, named)).errorCode;
    };
    try {
      const { clusterId, brokers } = await raw.send(metadataRequest, metadataResponse, 12, {
        topics: [],
      });
      const { nodeId } = brokers[0];
      expect(await ask(clusterId, nodeId)).toBe(0);
      expect(await ask('another', nodeId)).toBe(129);
      expect(await ask(clusterId, nodeId + 1)).toBe(129);
    } finally {
      raw.socket.destroy();
    }
  });
});
