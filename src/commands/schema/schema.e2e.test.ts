// The JSON Schema of sweeps as an editor uses it: held against a real YAML language server.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../base/errors.js';
import { PRODUCER_SETTINGS } from '../../producer-core/index.js';
import { producerConfigProblems } from '../../producer-core/parts.js';
import type { JsonSchema } from '../../plan/schema/json-schema.js';
import { planSweep } from '../../plan/load-sweep.js';
import { fieldOf, FIELD_PATHS } from '../../plan/settings/fields.js';
import { Problems } from '../../plan/yaml/problems.js';
import { SCHEMA_FILE, schemaText, sweepSchema } from '../../plan/schema/sweep-schema.js';
import { SWEEP_TEMPLATE } from '../../plan/text/sweep-template.js';
import { parseYaml } from '../../plan/yaml/yaml-source.js';
import { YamlLanguageServer, type Diagnostic } from '../../testing/yaml-language-server.js';

const examples = fileURLToPath(new URL('../../../bench-configs', import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), 'kbench-schema-'));
const MODELINE = '# yaml-language-server: $schema=kbench.schema.json\n';
let server: YamlLanguageServer;

/** Why kbench refuses it; null: it takes it. */
function refusal(yaml: string): string | null {
  try {
    planSweep(path.join(folder, 'sweep.yaml'), yaml);
    return null;
  } catch (error) {
    if (error instanceof ConfigurationError)
      return error.problems.map(({ message }) => message).join('; ');
    throw error;
  }
}

const SECURED =
  'security.protocol: SASL_SSL, sasl.mechanism: PLAIN, ssl.truststore.location: ./ca.pem';

const RIGHT: readonly string[] = [
  'name: 5\ntarget: embedded',
  'target: kafka',
  'target: {kafka: }',
  'target: {embedded: {brokers: 3, replicationDelay: 0}}\ntopic: {replicationFactor: 3}',
  'target: {kafka: {version: 3.9.1, brokers: 3}}',
  'target: {bootstrap: "a:1,b:2"}',
  'target: {bootstrap: ["[::1]:9092", "b.example.org:9092"]}',
  `target: {bootstrap: [a:1], security: {${SECURED}, sasl.jaas.config: "\${env:JAAS}"}}`,
  'target: {bootstrap: [a:1], security: {security.protocol: ssl, ' +
    'ssl.keystore.password: "${file:./p}", ssl.keystore.location: k.p12}}',
  'target: {bootstrap: [h:1]}\ntopic: {name: mine}',
  'target: {bootstrap: [h:1], properties: ./client.properties}\n' +
    'producer: {client.rack: a, partitioner.rack.aware: true}',
  'topic: {partitions: "6", config: {retention.ms: 7d, min.insync.replicas: 1}}'.replace(
    '7d',
    '168h',
  ),
  'workload: {rate: max, duration: 90s, warmup: none, keys: none, payload: text}',
  'workload: {rate: 5k/s, records: 1_000_000, warmup: {records: 10k}}',
  'workload: {rate: 300000/m, records: 1M, warmup: 0}',
  'workload: {valueBytes: 1KiB, workers: 2, pacing: spin}',
  'workload: {keys: {uniform: 1000}}',
  'workload: {keys: {zipf: {distinct: 1k, exponent: 1.1, bytes: 8}}}',
  'workload: {keys: {hotSet: {distinct: 1000, keys: 10%, traffic: 90%}}}',
  'workload: {transaction: {records: 100, abortRatio: 5%}}',
  'workload: {transaction: none}',
  'producer: {acks: 1, enable.idempotence: "false", linger.ms: 5ms, batch.size: 16384, ' +
    'retries: "3"}',
  'producer: {acks: "-1", compression.type: zstd, compression.zstd.level: -5, buffer.memory: 32MB}',
  'producer: {max.block.ms: 1.5s, client.id: 7, send.buffer.bytes: -1, enable.metrics.push: false}',
  'sweep: {acks: [0, "1", all], workload.rate: [max, 5/s], topic.config.some.later.thing: [1, ' +
    'x]}\ntarget: {bootstrap: [h:1]}',
  'points: [{batch.size: 1KiB, thresholds: {records.failed: "== 0"}}, {workload.duration: 5s}]',
  'sweep: {linger.ms: [0, 5], acks: [all, "1"]}\nexclude: [{linger.ms: [0, 5ms], acks: "1"}]',
  'thresholds: {latencyMs.service: ["p(99) < 20ms", "max<1s"], ' +
    'throughput.recordsPerSecond: "> 100_000"}',
  'sweep: {acks: [all]}\nthresholds: {"latencyMs.service.p99{acks:all}": [{threshold: "<= 5", ' +
    'abortOnFail: true, delayAbortEval: 2 runs}]}',
  'repeats: 1k\nseed: -7\ncanary: false\ndriver: core',
  'producer: &p {linger.ms: 1}\npoints: [*p]',
];

/** Each refused by kbench too. */
const WRONG: readonly string[] = [
  'nmae: x',
  'acks: all',
  'target: embeded',
  'target: {}',
  'target: {embedded: {brokers: 101}}',
  'target: {kafka: {version: "4.3"}}',
  'target: {bootstrap: []}',
  'target: {properties: []}',
  'target: {bootstrap: [host]}',
  'target: {bootstrap: [h:1], security: {sasl.mechanism: PLAIN}}',
  'target: {bootstrap: [h:1], security: {security.protocol: TLS}}',
  'target: {bootstrap: [h:1], security: {security.protocol: SSL, ssl.key.password: hunter2}}',
  'topic: {partitions: 0}',
  'topic: {partition: 6}',
  'workload: {rate: 5000}',
  'workload: {rate: 5MB/s}',
  'workload: {duration: 20}',
  'workload: {records: 5, duration: 5s}',
  'workload: {valueBytes: 16K}',
  'workload: {warmup: {time: 5s}}',
  'workload: {keys: {uniform: 10, zipf: 10}}',
  'workload: {keys: {hotset: {distinct: 10, keys: 1}}}',
  'workload: {payload: {path: events.jsonl}}',
  'workload: {payload: {file: e.jsonl, records: line}}',
  'workload: {transaction: 100}',
  'producer: {batch.sise: 16KiB}',
  'producer: {acks: two}',
  'producer: {linger.ms: -1}',
  'producer: {enable.idempotence: yes}',
  'producer: {max.in.flight.requests.per.connection: 0}',
  'producer: {compression.gzip.level: 0}',
  'producer: {bootstrap.servers: "h:1"}',
  'producer: {ssl.provider: x}',
  'producer: [acks]',
  'sweep: {}',
  'sweep: {linger.ms: 5}',
  'sweep: {linger.ms: []}',
  'sweep: {linger.ms: [1, 1]}',
  'sweep: {producer.linger.ms: [1, 2]}',
  'sweep: {linger.ms: [1]}\npoints: [{linger.ms: 1}]',
  'points: {linger.ms: 1}',
  'exclude: [{}]',
  'repeats: 0',
  'seed: x',
  'canary: "yes"',
  'driver: fast',
  'thresholds: {latencyMs.p99: "< 20"}',
  'thresholds: {records.failed: 0}',
  'thresholds: {records.failed: [{abortOnFail: true}]}',
];

const sources = new Map(
  readdirSync(examples)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => [name, readFileSync(path.join(examples, name), 'utf8')] as const),
);
/**
 * What the server marks in each text, opened beside the schema. It waits a while before it looks:
 * so all at once.
 */
const marks = new Map<string, readonly Diagnostic[]>();

beforeAll(async () => {
  writeFileSync(path.join(folder, SCHEMA_FILE), schemaText());
  writeFileSync(path.join(folder, 'client.properties'), 'security.protocol=PLAINTEXT\n');
  server = await YamlLanguageServer.start(folder);
  const texts = [...sources.values(), ...RIGHT, ...WRONG, eachValue(), SWEEP_TEMPLATE];
  await Promise.all(
    texts.map(async (text, index) => {
      // What init writes names its schema itself.
      const opened = text === SWEEP_TEMPLATE ? text : MODELINE + text;
      marks.set(text, await server.open(`${index}.yaml`, opened));
    }),
  );
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

const POOL = [
  ...[
    '0',
    '1',
    '-1',
    '5',
    '100',
    '1000000',
    '1.5',
    '0.5',
    '1e6',
    '.5',
    '+7',
    '0x10',
    '1_000',
    '"5"',
    '"-3"',
    '"1.5"',
  ],
  ...[
    '16KiB',
    '1.5MiB',
    '100B',
    '2 kB',
    '5ms',
    '500us',
    '500µs',
    '1h',
    '2min',
    '168h',
    '1k',
    '5M',
    '2G',
    '10%',
    '" 7"',
  ],
  ...[
    '100/s',
    '5k/s',
    '300000/m',
    '2M/h',
    'max',
    'none',
    'auto',
    'spin',
    'true',
    'false',
    '"true"',
    'TRUE',
    'all',
    'null',
  ],
  ...[
    'lz4',
    'GZIP',
    'zstd',
    'random',
    'text',
    'rebootstrap',
    'NONE',
    'INFO',
    'a,b',
    'x y',
    './m.mjs',
    '""',
    '~',
    '[1]',
    '{}',
  ],
  ...[
    '{uniform: 5}',
    '{range: {distinct: 1k}}',
    '{zipf: 5}',
    '{random: "10"}',
    '{hotSet: {distinct: 10, keys: 2}}',
  ],
  ...[
    '{file: a.jsonl}',
    '{file: a, delimiter: ";"}',
    '{file: a, prefix: varint, sample: 1MiB}',
    '{file: a.csv, key: {column: 0}}',
  ],
  ...[
    '{file: a.csv, separator: ";", header: true, key: {column: b}}',
    '{file: a.json, key: {field: x.y}, order: random}',
  ],
  ...['{records: 5}', '{duration: 5s}', '{records: 1k}', '{x: 1}', '{a: 1, b: 2}'],
];

const isOdd = (at: string): boolean => PRODUCER_SETTINGS.get(at)?.implemented === false;

/** A document in which each setting has all values of the pool that kbench takes for it. */
function eachValue(): string {
  const lines = FIELD_PATHS.flatMap((at) => {
    const taken = POOL.filter((text) => {
      const node = parseYaml(text, new Problems());
      const read = node === null ? null : fieldOf(at)!.read(node);
      if (read?.ok !== true) return false;
      // What the core does not do is read, and refused together with the others.
      return (
        typeof read.value === 'object' ||
        producerConfigProblems({ [at]: read.value }).length === 0 ||
        !isOdd(at)
      );
    });
    return taken.length === 0 ? [] : [`  - {${at}: [${taken.join(', ')}]}`];
  });
  return `exclude:\n${lines.join('\n')}\n`;
}

describe('an editor with a YAML language server', () => {
  it.each([...sources.keys()])('marks nothing in %s', (name) => {
    expect(marks.get(sources.get(name)!)).toEqual([]);
  });

  it('marks nothing in what init writes', () => expect(marks.get(SWEEP_TEMPLATE)).toEqual([]));

  it.each(RIGHT)('marks nothing in %s', (yaml) => {
    expect(refusal(yaml)).toBeNull();
    expect(marks.get(yaml)).toEqual([]);
  });

  it('marks no value that kbench takes for a setting', () => {
    const text = eachValue();
    expect(text.split('\n').length).toBeGreaterThan(55);
    expect(text.split(',').length).toBeGreaterThan(500);
    const lines = text.split('\n');
    const found = marks.get(text)!.map(({ message, range: { start, end } }) => {
      return (
        `${lines[start.line - 1]}: ` +
        `${lines[start.line - 1].slice(start.character, end.character)}: ${message}`
      );
    });
    expect(found).toEqual([]);
  });

  it.each(WRONG)('marks %s', (yaml) => {
    expect(refusal(yaml)).not.toBeNull();
    const found = marks.get(yaml)!;
    expect(found.length).toBeGreaterThan(0);
    expect(found[0].range.start.line).toBeGreaterThan(0);
  });

  it('says how a number is written', () => {
    const messages = (yaml: string) => marks.get(yaml)!.map(({ message }) => message);
    expect(messages('workload: {valueBytes: 16K}')).toEqual([
      'Write a size such as 16384, 16KiB or 32MiB.',
    ]);
    expect(messages('workload: {rate: 5000}')).toEqual([
      expect.stringContaining('Write a rate such as 5000/s'),
    ]);
  });

  it('shows what a key is, and completes names and values', async () => {
    const text =
      `${MODELINE}producer:\n  linger.ms: 5\n  compression.type: \n  batch\n` +
      'workload: {rate: max}\n';
    await server.open('typing.yaml', text);
    expect(await server.hover('typing.yaml', 2, 4)).toContain(
      'How long a batch waits for more records',
    );
    expect(await server.hover('typing.yaml', 5, 13)).toContain('Records a second');
    expect(await server.complete('typing.yaml', 4, 7)).toContain('batch.size');
    expect(await server.complete('typing.yaml', 3, 20)).toEqual(
      expect.arrayContaining(['lz4', 'zstd']),
    );
  });
});

describe('the schema', () => {
  it('has a sentence for every key', () => {
    const schema = sweepSchema();
    const bare: string[] = [];
    const look = (node: JsonSchema, at: string): void => {
      for (const [name, each] of Object.entries(node.properties ?? {})) {
        const ref = each.$ref?.replace('#/definitions/', '');
        const description =
          each.description ??
          (ref === undefined ? undefined : schema.definitions?.[ref]?.description);
        if (!/^.{12,}\.$/s.test(description ?? ''))
          bare.push(`${at}.${name}: ${description ?? ''}`);
        look(each, `${at}.${name}`);
      }
      for (const each of [...(node.anyOf ?? []), ...(node.items === undefined ? [] : [node.items])])
        look(each, at);
    };
    look(schema, '');
    for (const [name, each] of Object.entries(schema.definitions!)) look(each, name);
    expect(bare).toEqual([]);
  });
});
