import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { parse } from '../../testing/source/source-tree.js';
import {
  Producer,
  type CoreProducer,
  type ProducerError,
  type BatchView,
  type Partitioner,
  type PartitionInfo,
  type ProducerInterceptor,
  type ProducerMetrics,
  type ProducerRecord,
  type RecordData,
  type ProducerSettings,
  type RecordMetadata,
  type RecordToSend,
  type Serializer,
} from '../index.js';

describe('what kbench/producer-core gives', () => {
  it('reaches nothing of the command line, nor anything else of kbench', () => {
    const root = path.join(import.meta.dirname, '../../..');
    // Parsed as they are reached: the rest of the tree is many times as much.
    const importsOf = (name: string) => {
      const file = path.join(root, name);
      return existsSync(file) ? parse(name, readFileSync(file, 'utf8')).imports : [];
    };
    const reached = new Set<string>();
    const packages = new Set<string>();
    const walk = (name: string): void => {
      if (reached.has(name)) return;
      reached.add(name);
      for (const { target, typeOnly, specifier } of importsOf(name)) {
        if (typeOnly) continue;
        if (target !== null) walk(target);
        else if (!specifier.startsWith('node:')) packages.add(specifier);
      }
    };
    walk('src/producer-core/index.ts');
    const library = /^src\/(?:producer-core|connect|wire|base)\//;
    expect([...reached].filter((name) => !library.test(name))).toEqual([]);
    expect(reached.size).toBeGreaterThan(20);
    // Doors for others: they would load what no producer speaks.
    for (const door of ['connect/cold', 'wire/apis/all', 'producer-core/parts'])
      expect([...reached]).not.toContain(`src/${door}.ts`);
    for (const name of [
      'yargs',
      'zod',
      'piscina',
      'kafkajs',
      'yaml',
      'cli-table3',
      'hdr-histogram-js',
    ]) {
      expect([...packages]).not.toContain(name);
    }
  }, 60_000);

  it('has the types that its users need', () => {
    const settings = { 'bootstrap.servers': 'h:1' };
    const plain = new Producer(settings);
    type Plain = Producer;
    expectTypeOf(plain).toEqualTypeOf<Plain>();
    expectTypeOf<ProducerRecord<RecordData, RecordData>>().toExtend<Parameters<Plain['send']>[0]>();
    const one = () => plain.send({ topic: 't', value: 'v', headers: { a: 'b', c: ['d', null] } });
    expectTypeOf(one).returns.toEqualTypeOf<Promise<RecordMetadata>>();
    const many = () => plain.send([{ topic: 't', value: null, headers: [['a', 'b']] }]);
    expectTypeOf(many).returns.toEqualTypeOf<Promise<RecordMetadata[]>>();
    expectTypeOf<Plain['partitionsFor']>().returns.toEqualTypeOf<Promise<PartitionInfo[]>>();
    expectTypeOf<Plain['metrics']>().returns.toEqualTypeOf<ProducerMetrics>();
    expectTypeOf(plain.core).toEqualTypeOf<CoreProducer>();
    expectTypeOf<RecordMetadata['offset']>().toBeNumber();

    // Keys and values as the serializers take them.
    const valueSerializer: Serializer<{ id: number }> = {
      serialize: (_topic, data) => Buffer.from(`${data?.id ?? ''}`),
    };
    type Typed = Producer<string, { id: number }>;
    expectTypeOf(
      new Producer<string, { id: number }>(settings, { valueSerializer }),
    ).toEqualTypeOf<Typed>();
    type Sent = Parameters<Typed['send']>[0];
    expectTypeOf<Sent>().toEqualTypeOf<RecordToSend<string, { id: number }>>();
    // @ts-expect-error -- a value is wanted, if only null
    expectTypeOf<{ topic: string }>().toExtend<Sent>();
    // @ts-expect-error -- a number is no key of it
    expectTypeOf<{ topic: string; key: number; value: null }>().toExtend<Sent>();

    // Settings by name and type, and the one that must be there.
    expectTypeOf<ProducerSettings['linger.ms']>().toEqualTypeOf<number | `${number}` | undefined>();
    expectTypeOf<ProducerSettings['compression.type']>().toEqualTypeOf<
      'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd' | undefined
    >();
    expectTypeOf<ProducerSettings['sasl.jaas.config']>().toEqualTypeOf<string | undefined>();
    expectTypeOf<keyof ProducerSettings & 'batch.sise'>().toBeNever();
    // @ts-expect-error -- bootstrap.servers is missing
    expectTypeOf<{ acks: 'all' }>().toExtend<ProducerSettings>();
    expect(() => new Producer({ ...settings, 'client.id': undefined })).not.toThrow();

    // What users write: fewer parameters, and only the methods that they need.
    expectTypeOf({ partition: () => 0 }).toExtend<Partitioner>();
    expectTypeOf({
      onAcknowledgement: ({ offset }: RecordMetadata) => offset,
    }).toExtend<ProducerInterceptor>();
    expectTypeOf<BatchView['attachment']>().toBeUnknown();
    expectTypeOf<ProducerError['retriable']>().toBeBoolean();
    expectTypeOf(plain).toExtend<AsyncDisposable>();
    expect(plain[Symbol.asyncDispose]).toBeTypeOf('function');
  });
});
