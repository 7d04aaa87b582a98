import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { producerConfigProblems, resolveProducerConfig } from '../config/config.js';
import { ConfigError } from '../errors.js';
import type { ProducerSettingValues } from '../producer-api.js';
import type { UserCodeOptions } from './interfaces.js';
import { RoundRobinPartitioner } from './round-robin-partitioner.js';
import { PartitionerError, SerializationError } from './user-code-error.js';
import { serialize, UserCode } from './user-code.js';

let folder = '';

/** Modules by name; `calls` is what they tell. */
const MODULES: Readonly<Record<string, string>> = {
  'function.mjs': 'export default (topic, key, value, { partitionCount }) => partitionCount - 1;',
  'class.mjs': `export default class {
    configure(settings) { this.last = Number(settings['client.id']); }
    partition() { return this.last; }
  }`,
  'object.mjs': 'export default { partition: () => 1 };',
  'named.mjs': 'export function partition() { return 2; }',
  'arrow-class.mjs': 'export default class { partition = () => 3; }',
  'common.cjs': 'module.exports = { partition: () => 4 };',
  'nothing.mjs': 'export default { other: 1 };',
  'number.mjs': 'export default 5;',
  'throws.mjs': "throw new Error('at load');",
  'syntax.mjs': 'export default {',
  'constructor.mjs':
    "export default class { constructor() { throw new Error('no licence'); } partition() {} }",
  'serializer.mjs': `export default class {
    configure(settings, isKey) { this.isKey = isKey; }
    serialize(topic, data, headers) { return Buffer.from(JSON.stringify([topic, this.isKey, data, \
headers.length])); }
  }`,
  'async.mjs': 'export default async () => new Uint8Array();',
  'interceptor.mjs': 'export default (record) => ({ ...record, value: 1 });',
};

beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'kbench-user-code-'));
  for (const [name, text] of Object.entries(MODULES)) writeFileSync(path.join(folder, name), text);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function loaded(
  settings: ProducerSettingValues,
  options: UserCodeOptions = {},
): Promise<UserCode> {
  const all = { 'bootstrap.servers': 'h:1', ...settings };
  const code = UserCode.of(resolveProducerConfig(all), all, { modulesFrom: folder, ...options })!;
  await code.load();
  return code;
}

const topic = { name: 't', partitionCount: 6, availablePartitions: [0, 1, 2, 3, 4, 5] };
const choose = (code: UserCode) =>
  code.choosePartition(code.partitioner!, topic, null, null, null, null);

describe('modules by path', () => {
  it.each([
    ['function.mjs', 5],
    ['class.mjs', 0],
    ['object.mjs', 1],
    ['named.mjs', 2],
    ['arrow-class.mjs', 3],
    ['common.cjs', 4],
  ])('%s is a partitioner', async (name, chosen) => {
    for (const written of [
      name,
      `./${name}`,
      path.join(folder, name),
      pathToFileURL(path.join(folder, name)).href,
    ]) {
      expect(choose(await loaded({ 'partitioner.class': written, 'client.id': '0' }))).toBe(chosen);
    }
  });

  it('start from the working directory where nothing else is said', async () => {
    const name = path.relative(process.cwd(), path.join(folder, 'object.mjs'));
    const all = { 'bootstrap.servers': 'h:1', 'partitioner.class': name };
    const code = UserCode.of(resolveProducerConfig(all), all, {})!;
    await code.load();
    expect(choose(code)).toBe(1);
  });

  it.each([
    ['missing.mjs', /missing\.mjs does not exist; correct the path, which is relative to/],
    [
      'nothing.mjs',
      /nothing\.mjs does not export a partitioner; its default export must be .* with partition/,
    ],
    ['number.mjs', /does not export a partitioner/],
    ['throws.mjs', /could not be loaded: at load/],
    ['syntax.mjs', /could not be loaded: /],
    ['constructor.mjs', /threw when its partitioner was made: no licence/],
  ])('%s is refused with setting, path and remedy', async (name, message) => {
    const attempt = loaded({ 'partitioner.class': `./${name}` });
    await expect(attempt).rejects.toThrow(ConfigError);
    await expect(attempt).rejects.toThrow(message);
    await expect(attempt).rejects.toMatchObject({ setting: 'partitioner.class' });
    await expect(attempt).rejects.toThrow(folder);
  });

  it('serializers know their side, topic and headers', async () => {
    const code = await loaded({
      'key.serializer': './serializer.mjs',
      'value.serializer': './serializer.mjs',
    });
    const text = (bytes: Uint8Array | null) => Buffer.from(bytes!).toString();
    expect(text(serialize(code.key!, 't', 'k', null))).toBe('["t",true,"k",0]');
    expect(text(serialize(code.value!, 't', undefined, [{ key: 'h', value: null }]))).toBe(
      '["t",false,null,1]',
    );
  });

  it('a serializer may not be asynchronous', async () => {
    const code = await loaded({ 'value.serializer': './async.mjs' });
    expect(() => serialize(code.value!, 't', 'v', null)).toThrow(SerializationError);
    expect(() => serialize(code.value!, 't', 'v', null)).toThrow(
      /a promise, which is not waited for/,
    );
  });

  it('interceptors come in the order of the list', async () => {
    const code = await loaded({ 'interceptor.classes': './interceptor.mjs , ./interceptor.mjs,' });
    expect(code.interceptors!.interceptors).toHaveLength(2);
    expect(code.interceptors!.onSend({ topic: 't', value: 0 })).toEqual({ topic: 't', value: 1 });
  });

  it('an object in the options takes the place of the setting', async () => {
    const code = await loaded(
      { 'partitioner.class': './missing.mjs' },
      { partitioner: { partition: () => 3 } },
    );
    expect(choose(code)).toBe(3);
  });
});

describe('settings that name code', () => {
  const problem = (setting: string, value: string) =>
    producerConfigProblems({ [setting]: value }).map(
      ({ message, remedy }) => `${message}; ${remedy}`,
    );

  it.each([
    ['key.serializer', 'org.apache.kafka.common.serialization.LongSerializer'],
    ['value.serializer', 'StringSerializer'],
    ['partitioner.class', 'org.apache.kafka.clients.producer.RoundRobinPartitioner'],
    ['partitioner.class', 'RoundRobinPartitioner'],
    ['partitioner.class', './mine.mjs'],
    ['partitioner.class', '../lib/mine.ts'],
    ['interceptor.classes', 'a.mjs, /opt/b.js'],
    ['interceptor.classes', ''],
    ['partitioner.class', ''],
  ])('%s: %s is taken', (setting, value) => expect(problem(setting, value)).toEqual([]));

  it.each([
    [
      'value.serializer',
      'io.confluent.kafka.serializers.KafkaAvroSerializer',
      /set it to one of ByteArraySerializer, .*or the path of a JavaScript module/,
    ],
    [
      'partitioner.class',
      'com.example.MyPartitioner',
      /set it to RoundRobinPartitioner, or the path of a JavaScript module/,
    ],
    [
      'partitioner.class',
      'org.apache.kafka.clients.producer.UniformStickyPartitioner',
      /set partitioner.ignore.keys: true/,
    ],
    [
      'partitioner.class',
      'org.apache.kafka.clients.producer.internals.DefaultPartitioner',
      /leave it out/,
    ],
    [
      'interceptor.classes',
      './fine.mjs, com.example.Tracing',
      /"com.example.Tracing" is not .* give the path of/,
    ],
  ])('%s: %s is refused and the remedy told', (setting, value, message) => {
    const found = problem(setting, value);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(message);
  });
});

describe('partitioners', () => {
  it('round robin goes through the partitions that have a leader, each topic by itself', () => {
    const roundRobin = new RoundRobinPartitioner();
    const next = (name: string, count: number, available: number[]) =>
      roundRobin.partition(name, null, null, {
        partitionCount: count,
        availablePartitions: available,
      });
    expect([1, 2, 3, 4].map(() => next('a', 3, [0, 1, 2]))).toEqual([0, 1, 2, 0]);
    expect([1, 2, 3].map(() => next('b', 3, [0, 2]))).toEqual([0, 2, 0]);
    expect([1, 2, 3].map(() => next('c', 2, []))).toEqual([0, 1, 0]);
    expect(next('a', 3, [0, 1, 2])).toBe(1);
  });

  it.each([-1, 6, 1.5, NaN, '1', undefined])('%s is no partition', async (chosen) => {
    const code = await loaded({}, { partitioner: { partition: () => chosen as number } });
    expect(() => choose(code)).toThrow(PartitionerError);
    expect(() => choose(code)).toThrow(
      `chose ${String(chosen)} for a record of t, which has the partitions 0 to 5`,
    );
  });

  it('what one throws is the cause of the error', async () => {
    const thrown = new Error('out of luck');
    // prettier-ignore
    const code = await loaded({}, { partitioner: { partition: () => { throw thrown; } } });
    expect(() => choose(code)).toThrow(
      expect.objectContaining({ name: 'PartitionerError', cause: thrown }) as Error,
    );
  });
});
