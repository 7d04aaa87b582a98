import { describe, expect, it } from 'vitest';
import { SimLibrary as World } from '../../testing/simulation/sim-library.js';
import { RecordTooLargeError } from '../errors.js';
import type { ProducerInterceptor, ProducerRecord } from './interfaces.js';
import { InvalidRecordError, PartitionerError, SerializationError } from './user-code-error.js';

const text = (value: unknown) => String(value);

describe('the user’s code', () => {
  it('interceptors see records before all else and outcomes after all else', async () => {
    const seen: string[] = [];
    const named = (name: string): ProducerInterceptor => ({
      onSend(record) {
        seen.push(`${name} sends ${text(record.value).replace(/w+/, 'w')}`);
        return { ...record, value: `${text(record.value)}+${name}`, headers: { [name]: null } };
      },
      onAcknowledgement: ({ topic, partition, offset }, error, headers) =>
        void seen.push(
          `${name} knows ${topic}-${partition}@${offset} ${error?.name ?? 'ok'} ` +
            headers.map(({ key }) => key).join(),
        ),
      close: () => void seen.push(`${name} closes`),
    });
    const world = new World<string, unknown>(
      { 'max.request.size': 300 },
      { interceptors: [named('a'), named('b')] },
    );
    const good = world.send({ topic: 't', value: 'v' });
    const bad = world.send({ topic: 't', value: 'w'.repeat(300) });
    // as in Java, no record: they see nothing of it
    const never = world.send({ topic: 't', value: 'x', timestamp: -1 });
    await world.end();
    expect(good.metadata).toBeDefined();
    expect(bad.error).toBeInstanceOf(RecordTooLargeError);
    expect(never.error).toBeInstanceOf(InvalidRecordError);
    expect(world.cluster.values('t', 0)).toEqual(['v+a+b']);
    expect(seen).toEqual([
      'a sends v',
      'b sends v+a',
      'a sends w',
      'b sends w+a',
      'a knows t--1@-1 RecordTooLargeError b',
      'b knows t--1@-1 RecordTooLargeError b',
      'a knows t-0@0 ok b',
      'b knows t-0@0 ok b',
      'a closes',
      'b closes',
    ]);
  });

  it('what an interceptor throws is warned of and changes nothing', async () => {
    const warnings: string[] = [];
    const fail = (): never => {
      throw new Error('broken');
    };
    const world = new World<string, unknown>(
      {},
      {
        interceptors: [
          { onSend: fail, onAcknowledgement: fail, close: fail },
          { onSend: () => null as unknown as ProducerRecord },
          { onSend: (record) => ({ ...record, timestamp: -1 }) },
        ],
        onWarning: (message) => void warnings.push(message),
      },
    );
    expect(world.send({ topic: 't', value: 'v' })).toBeDefined();
    await world.end();
    expect(world.cluster.values('t', 0)).toEqual(['v']);
    expect(warnings).toHaveLength(5);
  });

  it('serializers, then the partitioner, see the record', async () => {
    const seen: unknown[] = [];
    const world = new World<number, { readonly id: number }>(
      { 'key.serializer': 'IntegerSerializer' },
      {
        valueSerializer: {
          serialize: (topic, data) => Buffer.from(`${topic}:${data?.id ?? 'none'}`),
        },
        partitioner: {
          partition(
            topic,
            key,
            value,
            { partitionCount, availablePartitions },
            keyData,
            valueData,
          ) {
            seen.push([
              topic,
              [...key!],
              text(value),
              partitionCount,
              availablePartitions,
              keyData,
              valueData,
            ]);
            return 2;
          },
        },
      },
    );
    const chosen = world.send({ topic: 'wide', key: 258, value: { id: 7 } });
    const given = world.send({ topic: 'wide', key: 1, value: null, partition: 1 });
    const refused = world.send({ topic: 'wide', key: 0.5, value: null });
    await world.end();
    expect(chosen.metadata).toMatchObject({
      partition: 2,
      serializedKeySize: 4,
      serializedValueSize: 6,
    });
    expect(given.metadata).toMatchObject({ partition: 1 });
    expect(refused.error).toBeInstanceOf(SerializationError);
    expect(seen).toEqual([['wide', [0, 0, 1, 2], 'wide:7', 4, [0, 1, 2, 3], 258, { id: 7 }]]);
    expect(world.cluster.values('wide', 1)).toEqual(['wide:none']);
  });

  it('round robin goes on evenly while memory is short', async () => {
    const world = new World<string, string>({
      'partitioner.class': 'org.apache.kafka.clients.producer.RoundRobinPartitioner',
      'batch.size': 100,
      'buffer.memory': 300,
    });
    for (let i = 0; i < 40; i++)
      world.send({ topic: 'wide', key: 'same', value: `${i}`.padEnd(60) });
    await world.end();
    const placed = [0, 1, 2, 3].map((partition) =>
      world.cluster.values('wide', partition).map((value) => parseInt(value) % 4),
    );
    expect(placed).toEqual(
      [0, 1, 2, 3].map((partition) => Array.from({ length: 10 }, () => partition)),
    );
  });

  it('a partitioner’s mistake fails its record alone', async () => {
    const world = new World<string, string>(
      {},
      { partitioner: { partition: (_topic, key) => Number(text(key)) } },
    );
    const bad = world.send({ topic: 'wide', key: '4', value: 'v' });
    const good = world.send({ topic: 'wide', key: '3', value: 'v' });
    await world.end();
    expect(bad.error).toBeInstanceOf(PartitionerError);
    expect(good.metadata?.partition).toBe(3);
  });
});
