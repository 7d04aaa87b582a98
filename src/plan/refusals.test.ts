// Everything that a sweep's file can have wrong, with the exact place that the user is shown.
import { describe, expect, it } from 'vitest';
import { ConfigurationError, type Problem } from '../base/errors.js';
import { planSweep } from './load-sweep.js';

function problemsOf(text: string): readonly Problem[] {
  try {
    planSweep('sweep.yaml', text);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

/** The one problem as `line:column message -> remedy`. */
function only(text: string): string {
  const problems = problemsOf(text);
  expect(problems, JSON.stringify(problems)).toHaveLength(1);
  const [{ line, column, message, remedy }] = problems;
  return `${line ?? '?'}:${column ?? '?'} ${message} -> ${remedy ?? ''}`;
}

type Case = readonly [yaml: string, place: string, message: string, remedy?: string];

function refuses(cases: readonly Case[]): void {
  const titled = cases.map((each) => ({
    each,
    title: `${JSON.stringify(each[0]).slice(0, 80)}: ${each[2]}`,
  }));
  it.each(titled)('$title', ({ each: [yaml, place, message, remedy = ''] }) => {
    const told = only(yaml);
    expect(told.slice(0, told.indexOf(' '))).toBe(place);
    expect(told).toContain(message);
    expect(told.slice(told.indexOf(' -> '))).toContain(remedy);
  });
}

describe('YAML that is refused before it is read', () => {
  refuses([
    ['', '1:1', 'the file is empty', 'kbench init'],
    ['# only a comment\n', '1:1', 'the file is empty'],
    ['- a\n- b\n', '1:1', 'this is not one'],
    ['just text', '1:1', 'this is not one'],
    ['name: [a', '1:9', 'must be sufficiently indented and end with a ]'],
    ['name: a\nproducer:\n\tacks: all\n', '3:1', 'a tab is used for indentation'],
    ['name: a\nname: b\n', '2:1', 'the key name is there twice', 'remove one'],
    ['producer:\n  acks: all\n  acks: "1"\n', '3:3', 'the key acks is there twice'],
    ['name: a\n---\nname: b\n', '2:1', 'more than one YAML document', 'file of its own'],
    ['name: *nobody\n', '1:7', 'nobody'],
    ['producer: &a\n  acks: *a\n', '2:9', 'an alias stands inside of what it refers to'],
    ['__proto__: {polluted: 1}\n', '1:1', 'the key __proto__ is not allowed'],
    ['workload:\n  constructor: 1\n', '2:3', 'the key constructor is not allowed'],
    ['points: [{prototype: 1}, {acks: all}]', '1:11', 'the key prototype is not allowed'],
    ['? [a, b]\n: 1\n', '1:3', 'a key must be plain text'],
    [`name: ${'['.repeat(60)}${']'.repeat(60)}`, '1:56', 'nested too deeply'],
    ['['.repeat(50_000), '1:51', 'nested too deeply'],
  ]);

  it('stops an alias bomb before it takes memory', () => {
    const levels = ['a: &a [x, x, x, x, x, x, x, x, x, x]'];
    for (const [one, other] of ['ab', 'bc', 'cd', 'de', 'ef', 'fg', 'gh', 'hi']) {
      levels.push(`${other}: &${other} [${Array<string>(10).fill(`*${one}`).join(', ')}]`);
    }
    expect(only(levels.join('\n'))).toMatch(
      /^\d+:\d+ aliases expand to more than 100000 values \(an alias bomb\)/,
    );
  });

  it('stops at a mapping of more keys than a sweep can use', () => {
    const keys = Array.from({ length: 5_000 }, (_, index) => `  k${index}: 1`).join('\n');
    expect(only(`producer:\n${keys}`)).toContain('a mapping has 5000 keys');
  });

  it('changes no prototype', () => {
    problemsOf('__proto__: {polluted: yes}\nworkload: {__proto__: {polluted: yes}}');
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });
});

describe('unknown keys', () => {
  refuses([
    ['nmae: x', '1:1', 'unknown key nmae', 'did you mean name?'],
    ['zzz: x', '1:1', 'unknown key zzz', 'allowed here: name, target, topic'],
    ['acks: all', '1:1', 'unknown key acks', 'it belongs under producer:'],
    ['rate: max', '1:1', 'unknown key rate', 'it belongs under workload:'],
    [
      'producer:\n  batchSize: 16KiB\n',
      '2:3',
      'unknown key producer.batchSize',
      'did you mean batch.size?',
    ],
    [
      'producer: {batch.szie: 1}',
      '1:12',
      'unknown key producer.batch.szie',
      'did you mean batch.size?',
    ],
    ['producer: {colour: red}', '1:12', 'unknown key producer.colour', "by Java's names"],
    ['workload: {acks: all}', '1:12', 'unknown key workload.acks', 'acks belongs under producer:'],
    [
      'workload: {valueSize: 5}',
      '1:12',
      'unknown key workload.valueSize',
      'allowed here: valueBytes',
    ],
    ['topic: {partition: 5}', '1:9', 'unknown key topic.partition', 'did you mean partitions?'],
    [
      'target: {bootstraps: [a:1]}',
      '1:10',
      'unknown key target.bootstraps',
      'did you mean bootstrap?',
    ],
    [
      'target: {embedded: {broker: 3}}',
      '1:21',
      'unknown key target.embedded.broker',
      'did you mean brokers?',
    ],
    ['workload: {keys: {unifrom: 3}}', '1:18', 'unknown key unifrom', 'did you mean uniform?'],
    [
      'sweep: {producer.batch.size: [1KiB]}',
      '1:9',
      'unknown setting producer.batch.size',
      'write batch.size',
    ],
    ['sweep: {partitions: [1, 2]}', '1:9', 'unknown setting partitions', 'write topic.partitions'],
    [
      'sweep: {workload.rat: [max]}',
      '1:9',
      'unknown setting workload.rat',
      'did you mean workload.rate?',
    ],
    ['points: [{lingerms: 5}]', '1:11', 'unknown setting lingerms', 'did you mean linger.ms?'],
    ['exclude: [{ack: "0"}]', '1:12', 'unknown setting ack', 'did you mean acks?'],
  ]);
});

describe('what a later version will do is refused by name', () => {
  refuses([
    ['security: {}', '1:1', 'unknown key security', 'it belongs under target:'],
    ['driver: kafkaj', '1:9', 'kafkaj is not a driver', 'did you mean kafkajs?'],
    ['driver: {jvaa: {version: 4.1.0}}', '1:10', 'jvaa is not a driver', 'did you mean java?'],
    ['driver: fast', '1:9', 'fast is not a driver', 'write core'],
    ['driver: exec', '1:9', 'exec does not say which program', 'write {exec: ['],
    ['driver: {exec: []}', '1:9', 'exec does not say which program', 'write {exec: ['],
    ['driver: {java: {version: new}}', '1:16', 'no version such as 4.1.0', 'write {java: '],
    ['driver: {java: {version: 2.0.0}}', '1:9', 'from 2.8.0 on', 'write a release'],
    ['driver: {java: {verison: 4.1.0}}', '1:17', 'unknown key verison of java', 'did you mean'],
    ['sweep: {driver: [core, core]}', '1:24', 'core is there twice', 'remove one'],
    [
      'driver: kafkajs\nworkload: {transaction: {records: 10}}',
      '1:9',
      'driver kafkajs has no transactions',
      'use driver: core',
    ],
    [
      'driver: kafkajs\ntarget: {kafka: {security: tls}}',
      '1:9',
      'connects in plaintext alone',
      'use core, java or exec',
    ],
    [
      'producer: {enable.metrics.push: true}',
      '1:33',
      'not in this version',
      'leave it out, or set it to false',
    ],
    ['producer: {send.buffer.bytes: 1MiB}', '1:31', 'Node.js has no way'],
    ['producer: {key.serializer: a.B}', '1:28', 'is not a serializer that kbench has'],
    [
      'sweep: {enable.metrics.push: [false, true]}',
      '1:38',
      'not in this version',
      'take true out of sweep.enable.metrics.push',
    ],
  ]);
});

describe('values', () => {
  refuses([
    [
      'producer: {linger.ms: 16KiB}',
      '1:23',
      'producer.linger.ms: "16KiB" is a size, not a time',
      '5ms',
    ],
    [
      'producer: {batch.size: 5ms}',
      '1:24',
      'producer.batch.size: "5ms" is a time, not a size',
      '16KiB',
    ],
    ['producer: {batch.size: 16K}', '1:24', 'ambiguous', '16KiB (16384 bytes) or 16kB'],
    ['producer: {linger.ms: 500us}', '1:23', 'not a whole number of milliseconds'],
    ['producer: {batch.size: -1}', '1:24', '-1 is outside 0 to 2147483647'],
    ['producer: {acks: 2}', '1:18', 'not one of its values', 'all, -1, 0, 1'],
    ['producer: {retries: many}', '1:21', 'not a whole number'],
    ['producer: {partitioner.ignore.keys: maybe}', '1:37', 'neither true nor false'],
    ['producer: {acks: }', '1:18', 'there is no value'],
    ['producer: {acks: [all]}', '1:18', 'a list stands where one value', 'one value'],
    ['producer: {bootstrap.servers: "a:1"}', '1:31', 'does not belong here', 'target: {bootstrap'],
    ['producer: all', '1:11', 'producer is not a mapping'],
    ['workload:\n', '1:10', 'workload is not a mapping'],
    ['workload: {rate: 5000}', '1:18', '5000 has no unit', 'write 5000/s'],
    ['workload: {rate: fast}', '1:18', '"fast" is not a rate', 'or max'],
    ['workload: {duration: 20}', '1:22', '20 has no unit', '20s'],
    ['workload: {duration: 1KiB}', '1:22', 'is a size, not a time'],
    ['workload: {duration: 10ms}', '1:22', 'outside 100ms to 168h'],
    ['workload: {records: 0}', '1:21', '0 is outside 1 to'],
    ['workload: {records: 1.5}', '1:21', '1.5 is not a whole number'],
    ['workload: {workers: 65}', '1:21', '65 is outside 1 to 64'],
    ['workload: {valueBytes: 101MiB}', '1:24', 'outside 0B to 100MiB'],
    ['workload: {pacing: lazy}', '1:20', '"lazy" is not one of auto, spin'],
    ['workload: {warmup: 5}', '1:20', '5 could be records or a time', '{records: 5} or 5s'],
    ['workload: {warmup: {records: 1, duration: 1s}}', '1:20', 'either records or a duration'],
    ['workload: {records: 5, duration: 5s}', '1:34', 'both workload.records and workload.duration'],
    ['workload: {keys: {uniform: {bytes: 4}}}', '1:18', 'need distinct'],
    ['workload: {keys: {uniform: {distinct: 1000, bytes: 1}}}', '1:18', '1 bytes cannot hold 1000'],
    ['workload: {keys: some}', '1:18', 'does not say how keys are chosen', 'uniform: 1000'],
    [
      'workload: {payload: zeros}',
      '1:21',
      'does not say what values are made of',
      'random, text, {file',
    ],
    ['workload: {payload: {file: 5}}', '1:21', 'needs its path'],
    ['workload: {payload: {files: x}}', '1:21', 'unknown key files', 'did you mean file?'],
    [
      'workload: {transaction: {}}',
      '1:25',
      'does not say how many records',
      '{records: 100, abortRatio: 0.1}',
    ],
    ['workload: {transaction: 100}', '1:25', 'does not say how many records'],
    ['workload: {transaction: {records: 0}}', '1:35', '0 is outside 1 to'],
    [
      'workload: {transaction: {records: 5, abortRatio: 2}}',
      '1:50',
      '2 is outside 0 to 1',
      '0% to 100%',
    ],
    ['workload: {transaction: {records: 5, abortRatio: 5ms}}', '1:50', '"5ms" is not a share'],
    [
      'workload: {transaction: {record: 5}}',
      '1:26',
      'unknown key workload.transaction.record',
      'did you mean records?',
    ],
    ['topic: {partitions: 0}', '1:21', '0 is outside 1 to 10000'],
    ['topic: {name: "a b"}', '1:15', '"a b" is not a topic name'],
    [
      'topic: {name: t, partitions: 3}',
      '1:30',
      'topic.partitions is set, but topic.name names a topic',
    ],
    ['topic: {config: 5}', '1:17', 'topic.config is not a mapping'],
    ['topic: {config: {retention.ms: 1MiB}}', '1:32', 'is a size, not a time'],
    ['repeats: 0', '1:10', 'repeats is not a whole number from 1 to 10000'],
    ['seed: 1.5', '1:7', 'seed is not a whole number'],
    ['name: {a: 1}', '1:7', 'name is not a line of text'],
  ]);
});

describe('targets', () => {
  refuses([
    ['target: cloud', '1:9', 'cloud is not a target', 'embedded, {bootstrap'],
    ['target: {}', '1:9', 'target names no cluster'],
    ['target: {embedded: {}, kafka: {}}', '1:9', 'target names embedded and kafka'],
    ['target: {bootstrap: []}', '1:21', 'target.bootstrap is empty'],
    ['target:\n  bootstrap: ["a:1", b]\n', '2:22', 'b is not host:port', '[::1]:9092'],
    ['target: {bootstrap: "a:1,,b:2"}', '1:21', 'an address is empty'],
    ['target: {bootstrap: "::1:9092"}', '1:21', 'is not host:port'],
    ['target: {bootstrap: ["a:0"]}', '1:22', 'a:0 is not host:port'],
    ['target: {bootstrap: [{host: a}]}', '1:22', 'not an address'],
    ['target: {kafka: {version: 4.1}}', '1:27', '4.1 is not a version', '4.4.0'],
    ['target: {kafka: {brokers: 10}}', '1:27', 'target.kafka.brokers: 10 is outside 1 to 5'],
    ['target: {embedded: {replicationDelay: 5}}', '1:39', '5 has no unit'],
    ['target: {kafka: {mode: zookeeper}}', '1:24', 'Kafka 4.4.0 has no ZooKeeper mode', '3.9.1'],
    [
      'target: {kafka: {mode: zookeeper, version: 4.0.0}}',
      '1:44',
      'Kafka 4.0.0 has no ZooKeeper mode',
      'leave mode out for KRaft',
    ],
    [
      'target: {kafka: {version: 3.2.1}}',
      '1:27',
      '3.2.1 is not ready for KRaft',
      'mode: zookeeper',
    ],
    ['target: {kafka: {version: 2.7.2, mode: zookeeper}}', '1:27', '2.7.2 is not a version of'],
    [
      'target: {kafka: {version: 3.9.1, mode: zookeeper, zookeepers: 2}}',
      '1:63',
      '2 is neither 1 nor 3: a quorum',
      'write 1 or 3',
    ],
    ['target: {kafka: {zookeepers: 3}}', '1:30', 'the mode is KRaft', 'mode: zookeeper'],
    ['target: {kafka: {mode: raft}}', '1:24', '"raft" is not one of kraft, zookeeper'],
    ['target: {kafka: {security: ssl}}', '1:28', '"ssl" is not one of plaintext, tls, sasl'],
    ['target: {kafka: {racks: 3}}', '1:25', '3 is neither true nor false'],
    ['target: {kafka: {brokerConfig: fast}}', '1:32', 'brokerConfig is not a mapping'],
    [
      'target: {kafka: {brokerConfig: {listeners: "PLAINTEXT://:1"}}}',
      '1:44',
      'listeners is kbench',
      'leave it out',
    ],
    [
      'target: {kafka: {brokerConfig: {log.segment.bytes: 5x}}}',
      '1:52',
      'brokerConfig.log.segment',
    ],
    [
      'sweep: {target.brokerConfig.num.io.threads: [2, 8]}',
      '1:46',
      'kbench starts no Apache Kafka',
    ],
    [
      'target: kafka\n' +
        'sweep: {target.kafka.version: [3.9.1, 4.4.0], target.kafka.mode: [zookeeper]}',
      '2:39',
      'Kafka 4.4.0 has no ZooKeeper mode',
      'exclude',
    ],
    [
      'target: kafka\nsweep: {target.kafka.brokerConfig.a: [1, 2], target.brokerConfig.a: [3, 4]}',
      '2:70',
      'are one setting',
      'keep one',
    ],
  ]);
});

describe('what varies', () => {
  refuses([
    ['sweep: {}', '1:8', 'empty sweep'],
    ['sweep:\n', '1:7', 'empty sweep'],
    ['sweep: [a]', '1:8', 'sweep is not a mapping'],
    ['sweep: {linger.ms: []}', '1:20', 'empty sweep: sweep.linger.ms has no values'],
    ['sweep: {linger.ms: 5}', '1:20', 'sweep.linger.ms is not a list', '[5]'],
    ['sweep: {linger.ms: [5, 5ms]}', '1:24', '5ms is the same as 5'],
    ['sweep: {batch.size: [16KiB, 16384]}', '1:29', '16384 is the same as 16KiB'],
    ['sweep: {batch.size: [16KiB, 5ms]}', '1:29', 'sweep.batch.size: "5ms" is a time'],
    [
      'sweep: {workload.records: [5], workload.duration: [5s]}',
      '1:32',
      'both workload.records and workload.duration',
    ],
    ['sweep: {acks: [all]}\npoints: [{acks: all}]', '2:1', 'both sweep and points are there'],
    ['points: []', '1:9', 'points has no entries'],
    ['points: {acks: all}', '1:9', 'points is not a list'],
    ['points: [all]', '1:10', 'a point is not a mapping'],
    ['points:\n  - {linger.ms: 5}\n  - {linger.ms: 5ms}\n', '3:5', 'the same as the one of line 2'],
    ['points:\n  - {linger.ms: 5}\n  - {}\n', '3:5', 'the same as the one of line 2'],
    ['exclude: {acks: all}', '1:10', 'exclude is not a list'],
    ['exclude: [{}]', '1:11', 'an empty rule would drop every point'],
    ['exclude: [{acks: 7}]', '1:18', 'exclude[0].acks: 7 is not one of its values'],
    ['sweep: {acks: [all]}\nexclude: [{acks: all}]', '2:1', 'exclude drops every point'],
    [
      'repeats: 10000\nsweep:\n  linger.ms: [1,2,3,4,5,6,7,8,9,10,11]',
      '2:1',
      '11 points x 10000 repeats are more than 100000',
    ],
  ]);

  it('counts before it multiplies', () => {
    const list = Array.from({ length: 500 }, (_, index) => index).join(',');
    const axes = ['linger.ms', 'retries', 'retry.backoff.ms', 'workload.valueBytes'].map(
      (path) => `${path}: [${list}]`,
    );
    expect(only(`sweep: {${axes.join(', ')}}`)).toContain('62500000000 points x 3 repeats');
  });
});

describe('everything wrong is told at once, in the order of the file', () => {
  it('lists sections, target and sweep together', () => {
    const problems = problemsOf(
      'sweep:\n  linger.ms: 5\ntarget: cloud\nproducer:\n  acks: 9\n  batch.size: 16K\n' +
        'repeats: x\n',
    );
    expect(problems.map(({ line, column }) => `${line ?? 0}:${column ?? 0}`)).toEqual([
      '2:14',
      '3:9',
      '5:9',
      '6:15',
      '7:10',
    ]);
  });

  it('stops listing at 50, and counts the rest', () => {
    const keys = Array.from({ length: 80 }, (_, index) => `key${index}: 1`).join('\n');
    const problems = problemsOf(keys);
    expect(problems).toHaveLength(51);
    expect(problems[50].message).toBe('and 30 more problems');
  });
});
