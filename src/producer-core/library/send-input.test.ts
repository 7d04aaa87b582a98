import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { SimLibrary as World } from '../../testing/simulation/sim-library.js';
import {
  AbsentError,
  AuthenticationError,
  BootstrapError,
  brokerError,
  BufferExhaustedError,
  ClosedError,
  ConfigError,
  DisconnectError,
  IllegalArgumentError,
  IllegalStateError,
  ProducerError,
  ProducerStateError,
  RecordTooLargeError,
  TimeoutError,
  TransactionAbortableError,
  TransactionAbortedError,
  UnknownPartitionError,
} from '../errors.js';
import { ERROR, errorRow } from '../../wire/error-codes.js';
import * as library from '../index.js';
import {
  InvalidRecordError,
  PartitionerError,
  SerializationError,
} from '../user-code/user-code-error.js';

type Outcome = { readonly ok: unknown } | { readonly error: Error };

/** What JavaScript can pass, which TypeScript would refuse. */
async function sendAnything(...given: unknown[]): Promise<{ outcome: Outcome; world: World }> {
  const world = new World();
  const send = world.producer.send.bind(world.producer) as (...args: unknown[]) => Promise<unknown>;
  const outcome: Promise<Outcome> = send(...given).then(
    (ok) => ({ ok }),
    (error: unknown) => ({ error: error as Error }),
  );
  await world.clock.settle(outcome);
  await world.end();
  return { outcome: await outcome, world };
}

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const bytes = (text: string) => Uint8Array.from(Buffer.from(text));
const FOREIGN = new (class Foreign {
  readonly a = 'b';
})();

describe('headers', () => {
  it.each<[string, unknown, readonly (readonly [string, string | null])[]]>([
    // prettier-ignore
    ['an object', { a: 'b', c: Buffer.from('d'), e: null, f: bytes('g') },
      [['a', 'b'], ['c', 'd'], ['e', null], ['f', 'g']]],
    // prettier-ignore
    ['lists in an object, as kafkajs has them', { a: ['b', Buffer.from('c'), null] },
      [['a', 'b'], ['a', 'c'], ['a', null]]],
    ['an object without prototype', Object.assign(Object.create(null), { a: 'b' }), [['a', 'b']]],
    // prettier-ignore
    ['a Map', new Map<string, unknown>([['a', 'b'], ['c', ['d', 'e']]]),
      [['a', 'b'], ['c', 'd'], ['c', 'e']]],
    // prettier-ignore
    ['pairs', [['a', 'b'], ['a', bytes('c')], ['d', null]], [['a', 'b'], ['a', 'c'], ['d', null]]],
    // prettier-ignore
    ['{ key, value } with text', [{ key: 'a', value: 'b' }, { key: 'ü', value: '☂' }],
      [['a', 'b'], ['ü', '☂']]],
    // prettier-ignore
    ['both forms in one list', [['a', 'b'], { key: 'c', value: null }], [['a', 'b'], ['c', null]]],
    ['a traceparent', { traceparent: TRACE }, [['traceparent', TRACE]]],
    // prettier-ignore
    ['an empty text, and an empty key', { a: '', '': 'b' }, [['a', ''], ['', 'b']]],
    ['half of a surrogate pair as Java writes it', { '\ud83d': 'a\ud83d' }, [['?', 'a?']]],
    ['none', {}, []],
    ['undefined', undefined, []],
    ['null', null, []],
  ])('go as %s', async (_, headers, expected) => {
    const { outcome, world } = await sendAnything({ topic: 't', value: 'v', headers });
    expect(outcome).toMatchObject({ ok: { offset: 0 } });
    const [record] = world.cluster.records('t', 0);
    expect(record.headers.map(({ key, value }) => [key, value?.toString() ?? null])).toEqual(
      expected,
    );
  });

  it.each<[string, unknown, RegExp]>([
    [
      'a number',
      { a: 1 },
      /^headers\.a is the number 1; .*an object \{ name: value \}, a Map, or a list of/,
    ],
    ['a number in a list', { 'x-y': ['b', 2n] }, /^headers\["x-y"\]\[1\] is the bigint 2n/],
    ['an absent value', { a: undefined }, /^headers\.a is undefined; absent is not null/],
    ['an absent value in a pair', [['a']], /^headers\[0\], of length 1, is an array/],
    [
      'an absent value beside its key',
      [{ key: 'a' }],
      /^headers\[0\] is undefined; absent is not null/,
    ],
    [
      'no key',
      [{ name: 'a', value: 'b' }],
      /^headers\[0\] has a field name, where \{ key, value \} is expected/,
    ],
    ['a key that is no text', [[1, 'b']], /^headers\[0\]: a key is the number 1/],
    ['a Map with such a key', new Map([[Symbol(), 'b']]), /^headers: a key is a symbol/],
    ['an empty list', { a: [] }, /^headers\.a is an empty list/],
    ['an object as value', { a: { b: 1 } }, /^headers\.a is an object/],
    ['an object of a class', FOREIGN, /^headers is a Foreign/],
    ['what hides its headers', new Headers({ a: 'b' }), /^headers is a Headers/],
    ['a Set', new Set(['a']), /^headers is a Set/],
    ['a text', 'a=b', /^headers is the text "a=b"/],
    ['a flat list', ['a', 'b'], /^headers\[0\] is the text "a"/],
    ['a symbol as key', { [Symbol('a')]: 'b' }, /^a key of headers is a symbol/],
  ])('are refused with %s', async (_, headers, message) => {
    const { outcome, world } = await sendAnything({ topic: 't', value: 'v', headers });
    expect(outcome).toEqual({ error: expect.any(InvalidRecordError) as unknown });
    expect((outcome as { error: Error }).error.message).toMatch(message);
    expect(world.cluster.values('t', 0)).toEqual([]);
  });
});

describe('a record', () => {
  it.each<[unknown, RegExp]>([
    [{ topic: 't', key: 'k', vaule: 'x' }, /^unknown field vaule; did you mean value\?/],
    [
      { topic: 't', value: 'x', timeStamp: 5 },
      /^unknown field timeStamp; did you mean timestamp\?/,
    ],
    [
      { topic: 't', value: 'x', foo: 5 },
      /^unknown field foo; a record has topic, partition, key, value/,
    ],
    [
      { topic: 't', messages: [{ value: 'x' }] },
      /^unknown field messages; a list goes as send\(\[\{ topic, value \}/,
    ],
    [{ topic: 't', value: 'x', acks: 1 }, /^unknown field acks; it is a setting of the producer/],
    [{ topic: 't', key: 'k' }, /^value is missing; absent is not null: write value: null/],
    [{ topic: 't', key: 'k', value: undefined }, /^value is missing/],
    [{ value: 'x' }, /^topic is missing/],
    [{ topic: 5, value: 'x' }, /^topic is the number 5/],
    [{ topic: 't', value: 'x', partition: '0' }, /^partition is the text "0"/],
    [{ topic: 't', value: 'x', partition: NaN }, /^partition is the number NaN/],
    [{ topic: 't', value: 'x', partition: -1 }, /^partition is the number -1/],
    [{ topic: 't', value: 'x', partition: 2 ** 31 }, /^partition is the number 2147483648/],
    [
      { topic: 't', value: 'x', timestamp: '1700000000000' },
      /^timestamp is the text "1700000000000"/,
    ],
    [{ topic: 't', value: 'x', timestamp: new Date(0) }, /^timestamp is a Date/],
    [{ topic: 't', value: 'x', timestamp: NaN }, /^timestamp is the number NaN/],
    [
      { topic: 't', value: { a: 1 } },
      /^value is an object; .*JSON\.stringify\(\.\.\.\), or set value\.serializer/,
    ],
    [
      { topic: 't', value: 'x', key: 5 },
      /^key is the number 5; .*for other data set key\.serializer/,
    ],
    [null, /^a record must be an object .*, not null/],
    [undefined, /not undefined/],
    [[{ topic: 't', value: 'x' }, { topic: 't' }], /^records\[1\]: value is missing/],
  ])('%j is refused', async (given, message) => {
    const { outcome, world } = await sendAnything(given);
    expect((outcome as { error: Error }).error.message).toMatch(message);
    expect(world.cluster.values('t', 0)).toEqual([]);
  });

  it('is one object, not other clients’ arguments', async () => {
    const texts = await sendAnything('t', 'value');
    expect((texts.outcome as { error: Error }).error.message).toMatch(/^send takes one object/);
    const called = await sendAnything({ topic: 't', value: 'x' }, () => undefined);
    expect((called.outcome as { error: Error }).error.message).toMatch(/^send takes no call back/);
  });

  it('may leave out what it may leave out, by undefined too', async () => {
    const rest = {
      key: undefined,
      partition: undefined,
      timestamp: undefined,
      headers: undefined,
      other: undefined,
    };
    const { outcome, world } = await sendAnything({ topic: 't', value: null, ...rest });
    expect(outcome).toMatchObject({ ok: { serializedKeySize: -1, serializedValueSize: -1 } });
    expect(world.cluster.records('t', 0)[0]).toMatchObject({ key: null, value: null });
  });
});

describe('send of a list', () => {
  it('gives where each went, in their order', async () => {
    const list = [1, 2, 3].map((i) => ({
      topic: i === 2 ? 'wide' : 't',
      partition: 0,
      value: `${i}`,
    }));
    const { outcome } = await sendAnything(list);
    const went = (outcome as { ok: { topic: string; offset: number }[] }).ok;
    expect(went.map(({ topic, offset }) => `${topic}@${offset}`)).toEqual(['t@0', 'wide@0', 't@1']);
    expect((await sendAnything([])).outcome).toEqual({ ok: [] });
  });

  it('rejects with the first failure once all have their outcome; others are stored', async () => {
    const large = { topic: 't', value: 'x'.repeat(2 << 20) };
    const list = [
      { topic: 't', value: 'a' },
      large,
      { topic: '', value: 'b' },
      { topic: 't', value: 'c' },
    ];
    const { outcome, world } = await sendAnything(list);
    expect(outcome).toEqual({ error: expect.any(RecordTooLargeError) as unknown });
    expect(world.cluster.values('t', 0)).toEqual(['a', 'c']);
  });
});

describe('sends that wait', () => {
  it.each(['topic', 'memory'])('for %s keep their bytes as they were at the call', async (what) => {
    const world = new World<Uint8Array, Uint8Array>({ 'batch.size': 100, 'buffer.memory': 400 });
    if (what === 'memory') await world.clock.settle(world.producer.partitionsFor('t'));
    const buffer = Buffer.alloc(60);
    for (let i = 0; i < 20; i++) {
      buffer.fill(97 + i);
      const part = buffer.subarray(0, 3);
      world.send({ topic: 't', key: part, value: buffer, headers: [{ key: 'h', value: part }] });
      buffer.fill('!');
    }
    await world.end();
    const seen = world.cluster.records('t', 0).map(({ key, value, headers }) => {
      return [key, value?.subarray(0, 2), headers[0].value].map(String).join(' ');
    });
    const letters = Array.from({ length: 20 }, (_, i) => String.fromCharCode(97 + i));
    expect(seen).toEqual(letters.map((a) => `${a}${a}${a} ${a}${a} ${a}${a}${a}`));
  });

  it.each(['topic', 'memory'])(
    'for %s hold a text once, as the bytes that it goes as',
    async (what) => {
      const world = new World<string, string>({
        'buffer.memory': 2 << 20,
        'max.request.size': 2 << 20,
      });
      await world.clock.settle(world.producer.partitionsFor('t'));
      world.cluster.onProduce = () => ({ silent: true });
      setFlagsFromString('--expose-gc');
      const gc = runInNewContext('gc') as () => void;
      const held = (): number => {
        gc();
        const { heapUsed, external } = process.memoryUsage();
        return heapUsed + external;
      };
      const count = 40;
      const before = held();
      const topic = what === 'topic' ? 'missing' : 't';
      // One character that makes V8 take two bytes for each.
      const ended: Promise<unknown>[] = [];
      for (let i = 0; i < count; i++) {
        const send = world.producer.send({ topic, value: `\u2602${'a'.repeat(1 << 20)}` });
        ended.push(send.catch(() => null));
      }
      await world.clock.advance(1);
      expect((held() - before) / count / (1 << 20)).toBeLessThan(1.3);
      await world.clock.settle(world.producer.close(0));
      await Promise.all(ended);
    },
  );
});

describe('methods', () => {
  const calls: readonly (readonly [string, (producer: library.Producer) => unknown, RegExp])[] = [
    ['close(NaN)', (p) => p.close(NaN), /^close: the time limit is the number NaN/],
    ["close('100')", (p) => p.close('100' as never), /^close: the time limit is the text "100"/],
    ['close(-1)', (p) => p.close(-1), /^close: the time limit is the number -1/],
    ['close(null)', (p) => p.close(null as never), /^close: the time limit is null/],
    ['core.close(NaN)', (p) => p.core.close(NaN), /^close: the time limit is the number NaN/],
    [
      'flush(100)',
      (p) => p.flush(100 as never),
      /^flush takes no arguments, and got the number 100/,
    ],
    ['core.flush(100)', (p) => p.core.flush(100 as never), /^flush takes no arguments/],
    [
      'partitionsFor(5)',
      (p) => p.partitionsFor(5 as never),
      /^partitionsFor: the topic is the number 5/,
    ],
    ['core.topic()', (p) => p.core.topic(undefined as never), /^topic: the name is undefined/],
    [
      'initTransactions(5)',
      (p) => p.initTransactions(5 as never),
      /^initTransactions takes no arguments/,
    ],
    [
      'commitTransaction(5)',
      (p) => p.commitTransaction(5 as never),
      /^commitTransaction takes no arguments/,
    ],
    [
      'sendOffsetsToTransaction of a group id alone',
      (p) => p.sendOffsetsToTransaction([], 'group' as never),
      /^sendOffsetsToTransaction: the group is the text "group"/,
    ],
    [
      'sendOffsetsToTransaction of an offset as text',
      (p) =>
        p.sendOffsetsToTransaction([{ topic: 't', partition: 0, offset: '5' as never }], {
          groupId: 'g',
        }),
      /offsets\[0\]\.offset is the text "5"; it must be a whole number from 0/,
    ],
    [
      'sendOffsetsToTransaction of an unknown field',
      (p) => p.sendOffsetsToTransaction([], { groupId: 'g', memberID: 'm' } as never),
      /group: unknown field memberID; did you mean memberId\?/,
    ],
  ];
  it.each(calls)('%s is refused by name, and the producer goes on', async (_, call, message) => {
    const world = new World<library.RecordData, library.RecordData>();
    const refused = Promise.resolve(call(world.producer)).then(
      () => null,
      (error: unknown) => error as Error,
    );
    const error = await world.clock.settle(refused);
    expect(error).toBeInstanceOf(IllegalArgumentError);
    expect(error?.message).toMatch(message);
    expect(await world.clock.settle(world.producer.send({ topic: 't', value: 'v' }))).toMatchObject(
      { offset: 0 },
    );
    await world.end();
  });

  it('append of the core takes bytes alone', async () => {
    const world = new World();
    const { core } = world.producer;
    await world.clock.settle(core.connect());
    const topic = await world.clock.settle(core.topic('t'));
    const value = Buffer.from('v');
    const append = core.append.bind(core) as (...args: unknown[]) => unknown;
    expect(() => append(topic, -1, 'k', value, 1, 1)).toThrow(/^append: key is the text "k"/);
    expect(() => append(topic, -1, null, 'v', 1, 1)).toThrow(/^append: value is the text "v"/);
    expect(() => append(topic, -1, null, undefined, 1, 1)).toThrow(/^append: value is undefined/);
    expect(() => append('t', -1, null, value, 1, 1)).toThrow(/^append: topic is the text "t"/);
    expect(() => append(topic, 0.5, null, value, 1, 1)).toThrow(
      /^append: partition is the number 0.5/,
    );
    expect(() => append(topic, -1, null, value, NaN, 1)).toThrow(
      /^append: timestampMs is the number NaN/,
    );
    expect(() => append(topic, -1, null, value, 1, '1')).toThrow(/^append: nowMs is the text "1"/);
    expect(() => append(topic, -1, null, value, 1, 1, { a: 1 })).toThrow(
      /^append: headers\.a is the number 1/,
    );
    append(topic, -1, null, value, 1, world.clock.now(), { a: 'b' });
    await world.end();
    expect(world.cluster.records('t', 0)[0].headers).toEqual([
      { key: 'a', value: Buffer.from('b') },
    ]);
  });
});

describe('a constructor', () => {
  const make = (...args: unknown[]) => {
    const Any = library.Producer as unknown as new (...args: unknown[]) => unknown;
    return () => new Any(...args);
  };
  const servers = { 'bootstrap.servers': 'a:1' };
  it.each<[string, unknown[], RegExp]>([
    ['no settings', [], /^the settings are undefined; they are an object such as/],
    ['an address', ['a:9092'], /^the settings are the text "a:9092"/],
    [
      'kafkajs’s names',
      [{ clientId: 'a', brokers: ['a:1'] }],
      /^clientId is not a setting .*did you mean client\.id\?/,
    ],
    [
      'kafkajs’s brokers',
      [{ brokers: ['a:1'] }],
      /^brokers is not a setting .*did you mean bootstrap\.servers\?/,
    ],
    [
      'librdkafka’s names',
      [{ 'metadata.broker.list': 'a:1' }],
      /did you mean bootstrap\.servers\?/,
    ],
    [
      'a misspelt setting',
      [{ ...servers, 'batch.sise': 5 }],
      /^batch\.sise is not .*did you mean batch\.size\?/,
    ],
    ['no brokers', [{ acks: 'all' }], /^bootstrap\.servers is missing/],
    ['brokers undefined', [{ 'bootstrap.servers': undefined }], /^bootstrap\.servers is missing/],
    ['null', [{ ...servers, 'linger.ms': null }], /^linger\.ms is null; leave it out/],
    ['NaN', [{ ...servers, 'linger.ms': NaN }], /^linger\.ms: NaN is not a whole number/],
    ['an object', [{ ...servers, acks: {} }], /^acks is an object/],
    [
      'a misspelt option',
      [servers, { keySerialiser: {} }],
      /unknown field keySerialiser; did you mean keySerializer\?/,
    ],
    [
      'a serializer that is none',
      [servers, { keySerializer: 5 }],
      /keySerializer is the number 5 without a method ser/,
    ],
    ['options that are none', [servers, 5], /^new Producer: the options are the number 5/],
  ])('with %s is refused', (_, args, message) => expect(make(...args)).toThrow(message));

  it('takes undefined for absent, and brokers as a list', () => {
    const settings = {
      'bootstrap.servers': ['a:1', '[::1]:2'],
      'linger.ms': undefined,
      'client.id': undefined,
    };
    const { config } = new library.Producer(settings).core;
    expect(config).toMatchObject({
      bootstrapServers: ['a:1', '[::1]:2'],
      lingerMs: 5,
      clientId: '',
    });
  });
});

describe('errors are retriable as Java’s are (org.apache.kafka 4.4, RetriableException)', () => {
  const cause = new ProducerError('X', 'x');
  const TABLE: readonly (readonly [string, ProducerError, boolean])[] = [
    ['TimeoutException', new TimeoutError('x'), true],
    ['BufferExhaustedException', new BufferExhaustedError('x'), true],
    ['NetworkException, DisconnectException', new DisconnectError('x'), true],
    ['TimeoutException: no address answered', new BootstrapError('x', [], true), true],
    ['BootstrapResolutionException', new BootstrapError('x', []), false],
    ['AuthenticationException', new AuthenticationError('SASL_AUTHENTICATION_FAILED', 'x'), false],
    ['ConfigException', new ConfigError('acks', 'x'), false],
    ['ConfigException', new AbsentError('acks', 'x'), false],
    ['RecordTooLargeException', new RecordTooLargeError('x'), false],
    ['SerializationException', new SerializationError('x'), false],
    ['IllegalArgumentException', new IllegalArgumentError('x'), false],
    ['IllegalArgumentException', new InvalidRecordError('x'), false],
    ['IllegalArgumentException', new PartitionerError('x'), false],
    ['IllegalArgumentException', new UnknownPartitionError('t', 1, 1), false],
    ['IllegalStateException', new IllegalStateError('x'), false],
    ['KafkaException: Producer closed', new ClosedError(), false],
    ['KafkaException: in error state', new ProducerStateError('x', cause, true), false],
    ['TransactionAbortableException', new TransactionAbortableError(cause), false],
    ['TransactionAbortedException', new TransactionAbortedError(), false],
    ['KafkaException', cause, false],
    ['NotLeaderOrFollowerException', brokerError(ERROR.NOT_LEADER_OR_FOLLOWER, 't-0'), true],
    ['TopicAuthorizationException', brokerError(ERROR.TOPIC_AUTHORIZATION_FAILED, 't'), false],
  ];
  it.each(TABLE)('%s', (_, error, retriable) => {
    expect(error).toBeInstanceOf(ProducerError);
    expect(error.retriable).toBe(retriable);
  });

  it('covers every exported class', () => {
    const covered = TABLE.map(([, error]) => error.constructor.name);
    const classes = Object.entries(library).filter(
      ([, value]) => typeof value === 'function' && value.prototype instanceof ProducerError,
    );
    expect(classes.map(([name]) => name).filter((name) => !covered.includes(name))).toEqual([]);
    expect(new BufferExhaustedError('x')).toBeInstanceOf(TimeoutError);
    expect(errorRow(ERROR.REQUEST_TIMED_OUT).retriable).toBe(true);
  });
});
