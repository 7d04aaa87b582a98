import { describe, expect, it } from 'vitest';
import { SimClock } from '../../testing/simulation/sim-clock.js';
import { SimCluster } from '../../testing/simulation/cluster/sim-cluster.js';
import { SimNetwork } from '../../testing/simulation/sim-network.js';
import { CoreProducer } from '../library/core-producer.js';
import type { ProducerError } from '../errors.js';
import type { BatchView, ProducerSettingValues } from '../producer-api.js';
import type { ProducerInterceptor, UserCodeOptions } from './interfaces.js';
import { ERROR } from '../../wire/error-codes.js';
import { API } from '../../wire/api-keys.js';

/**
 * A CoreProducer with user code, one simulated broker, and the topics t (1 partition) and wide (4).
 */
function world(settings: ProducerSettingValues, options: UserCodeOptions = {}) {
  const clock = new SimClock();
  const network = new SimNetwork(clock);
  const cluster = new SimCluster(network);
  cluster.topic('t', [0]);
  cluster.topic('wide', [0, 0, 0, 0]);
  const done: { partition: number; error: ProducerError | null; attachment: unknown }[] = [];
  const producer = new CoreProducer({
    settings: {
      'bootstrap.servers': 'b0:9092',
      acks: '1',
      'linger.ms': 0,
      'buffer.memory': 1 << 20,
      ...settings,
    },
    hooks: {
      onBatchDone: ({ partition, attachment }: BatchView, error) =>
        void done.push({ partition, error, attachment }),
    },
    clock,
    network,
    ...options,
  });
  const start = async (name: string) => {
    await clock.settle(producer.connect());
    return clock.settle(producer.topic(name));
  };
  return { clock, cluster, producer, done, start };
}

const bytes = (text: string) => Buffer.from(text);

describe('append with the user’s code', () => {
  it('serializes the bytes that it is given and lets the partitioner choose', async () => {
    const { clock, cluster, producer, start } = world(
      {},
      {
        valueSerializer: {
          serialize: (_topic, data) => Buffer.concat([bytes('<'), data as Uint8Array, bytes('>')]),
        },
        partitioner: { partition: (_topic, key) => Number(Buffer.from(key!).toString()) },
      },
    );
    const topic = await start('wide');
    producer.append(topic, -1, bytes('2'), bytes('a'), 1, clock.now());
    producer.append(topic, 3, bytes('2'), bytes('b'), 1, clock.now());
    producer.wake();
    await clock.settle(producer.close());
    expect([0, 1, 2, 3].map((partition) => cluster.values('wide', partition))).toEqual([
      [],
      [],
      ['<a>'],
      ['<b>'],
    ]);
  });

  it('takes a record refused for want of memory through the user’s code but once', async () => {
    let sends = 0;
    const { clock, cluster, producer, start } = world(
      { 'partitioner.class': 'RoundRobinPartitioner', 'batch.size': 100, 'buffer.memory': 200 },
      { interceptors: [{ onSend: (record) => (sends++, record) }] },
    );
    const topic = await start('wide');
    const values = Array.from({ length: 24 }, (_, i) => bytes(`${i}`.padEnd(60)));
    let next = 0;
    const append = (): void => {
      for (; next < values.length; next++) {
        if (producer.append(topic, -1, null, values[next], 1, clock.now()) !== null) continue;
        producer.awaitMemory((error) => {
          expect(error).toBeNull();
          append();
        });
        return;
      }
      producer.wake();
    };
    append();
    await clock.advance(500);
    await clock.settle(producer.close());
    expect(sends).toBe(24);
    const placed = [0, 1, 2, 3].map((partition) =>
      cluster.values('wide', partition).map((value) => parseInt(value) % 4),
    );
    expect(placed).toEqual(
      [0, 1, 2, 3].map((partition) => Array.from({ length: 6 }, () => partition)),
    );
  });

  it('tells interceptors of every record, and leaves the attachment to the caller', async () => {
    const told: unknown[] = [];
    const interceptor: ProducerInterceptor = {
      onAcknowledgement: ({ partition, offset, timestamp, serializedValueSize }, error) =>
        void told.push([partition, offset, timestamp, serializedValueSize, error?.name ?? null]),
    };
    const { clock, cluster, producer, done, start } = world(
      { 'linger.ms': 5 },
      { interceptors: [interceptor] },
    );
    const topic = await start('t');
    const batch = producer.append(topic, -1, null, bytes('aa'), 10, clock.now())!;
    batch.attachment = 'mine';
    producer.append(topic, -1, null, bytes('bbb'), 11, clock.now());
    await clock.settle(producer.flush());
    cluster.onProduce = () => ({ error: () => ERROR.INVALID_RECORD });
    producer.append(topic, -1, null, bytes('c'), 12, clock.now());
    await clock.settle(producer.flush());
    expect(() => producer.append(topic, 9, null, bytes('d'), 13, clock.now())).toThrow(
      /no partition 9/,
    );
    await clock.settle(producer.close());
    expect(told).toEqual([
      [API.PRODUCE, 0, 10, 2, null],
      [API.PRODUCE, 1, 11, 3, null],
      [0, -1, -1, -1, 'ProducerError'],
      [9, -1, -1, -1, 'UnknownPartitionError'],
    ]);
    expect(done.map(({ attachment }) => attachment)).toEqual(['mine', null]);
  });

  it('tells interceptors of a record for which no memory came', async () => {
    const told: (string | undefined)[] = [];
    const { clock, cluster, producer, start } = world(
      { 'batch.size': 100, 'buffer.memory': 100, 'max.block.ms': 50 },
      { interceptors: [{ onAcknowledgement: (_metadata, error) => void told.push(error?.name) }] },
    );
    cluster.onProduce = () => ({ silent: true });
    const topic = await start('t');
    producer.append(topic, -1, null, bytes('a'), 1, clock.now());
    producer.wake();
    await clock.advance(5);
    expect(producer.append(topic, -1, null, bytes('b'), 1, clock.now())).toBeNull();
    producer.awaitMemory(() => undefined);
    await clock.advance(60);
    expect(told).toEqual(['BufferExhaustedError']);
    await clock.settle(producer.close(0));
    expect(told).toEqual(['BufferExhaustedError', 'ClosedError']);
  });

  it('lets an interceptor send a record to another topic, if that is known', async () => {
    const { clock, cluster, producer, start } = world(
      {},
      {
        interceptors: [
          {
            onSend: (record) => ({
              ...record,
              topic: Buffer.from(record.value as Buffer).toString(),
            }),
          },
        ],
      },
    );
    const topic = await start('wide');
    await clock.settle(producer.topic('t'));
    producer.append(topic, -1, null, bytes('t'), 1, clock.now());
    expect(() => producer.append(topic, -1, null, bytes('other'), 1, clock.now())).toThrow(
      /call topic\('other'\) first/,
    );
    await clock.settle(producer.close());
    expect(cluster.values('t', 0)).toEqual(['t']);
  });

  it('refuses records before modules are loaded, and does nothing without user code', () => {
    expect(world({ 'key.serializer': 'StringSerializer' }).producer.userCode).not.toBeNull();
    expect(world({}).producer.userCode).toBeNull();
  });
});
