import { describe, expect, it } from 'vitest';
import { SimLibrary as World } from '../../testing/simulation/sim-library.js';
import { BufferExhaustedError, ClosedError, TimeoutError } from '../errors.js';
import type { ProducerError } from '../errors.js';
import type { BatchView } from '../producer-api.js';
import { produceResponse } from '../../wire/apis/all.js';
import { encodeResponse } from '../../wire/index.js';
import { InvalidRecordError } from '../user-code/user-code-error.js';
import { ERROR, type ErrorCode } from '../../wire/error-codes.js';

describe('send', () => {
  it('resolves with topic, partition, offset, timestamp and sizes, without connect', async () => {
    const world = new World<string, string>();
    const first = world.producer.send({ topic: 't', key: 'k1', value: 'välue', timestamp: 1234 });
    const second = world.producer.send({ topic: 't', value: 'two' });
    expect(await world.clock.settle(first)).toEqual({
      topic: 't',
      partition: 0,
      offset: 0,
      timestamp: 1234,
      serializedKeySize: 2,
      serializedValueSize: 6,
    });
    expect(await world.clock.settle(second)).toMatchObject({ offset: 1, serializedKeySize: -1 });
    expect((await second).timestamp).toBeGreaterThan(1_700_000_000_000);
    expect(world.cluster.values('t', 0)).toEqual(['välue', 'two']);
    await world.end();
  });

  it('tells offset -1 with acks=0', async () => {
    const silent = new World<string, string>({ acks: '0' });
    expect(
      await silent.clock.settle(silent.producer.send({ topic: 't', value: 'v' })),
    ).toMatchObject({ offset: -1 });
    await silent.end();
  });

  it('keeps the order of the calls, whether a send had to wait for its topic or not', async () => {
    const world = new World<string, string>({ 'linger.ms': 5 });
    for (let i = 0; i < 300; i++) {
      world.send({ topic: 't', value: `${i}` });
      if (i % 60 === 59) await world.clock.advance(0.4);
    }
    await world.end();
    expect(world.cluster.values('t', 0)).toEqual(Array.from({ length: 300 }, (_, i) => `${i}`));
    expect(world.told.map(({ outcome }) => outcome.metadata?.offset)).toEqual(
      Array.from({ length: 300 }, (_, i) => i),
    );
  });

  it('lets the caller use its bytes again once the call has returned', async () => {
    const world = new World<Uint8Array, Uint8Array>({ 'batch.size': 100, 'buffer.memory': 400 });
    const bytes = Buffer.alloc(60);
    for (let i = 0; i < 40; i++) {
      bytes.fill('a'.charCodeAt(0) + (i % 26));
      world.send({ topic: 't', key: bytes.subarray(0, 1), value: bytes });
      bytes.fill('!');
    }
    await world.end();
    const expected = Array.from({ length: 40 }, (_, i) =>
      String.fromCharCode(97 + (i % 26)).repeat(60),
    );
    expect(world.cluster.values('t', 0)).toEqual(expected);
  });

  it('rejects what is no record, and goes on', async () => {
    const world = new World<unknown, unknown>();
    const wrong = [
      world.send({ topic: 't', value: 'v', timestamp: -1 }),
      world.send({ topic: 't', value: 'v', timestamp: 1.5 }),
      world.send({ topic: 't', value: 'v', partition: -2 }),
      world.send({ topic: undefined as unknown as string, value: 'v' }),
      world.send({ topic: '', value: 'v' }),
      world.send({ topic: 't', value: 5 }),
      world.send({ topic: 't', value: 'x'.repeat(2 << 20) }),
    ];
    const right = world.send({ topic: 't', value: 'v' });
    await world.end();
    expect(
      wrong.map(({ error }) => (error as { kafkaName?: string } | undefined)?.kafkaName),
    ).toEqual([
      ...Array.from({ length: 4 }, () => 'ILLEGAL_ARGUMENT'),
      'INVALID_TOPIC_EXCEPTION',
      'SERIALIZATION',
      'RECORD_TOO_LARGE',
    ]);
    expect(wrong[0].error).toBeInstanceOf(InvalidRecordError);
    expect(right.metadata?.offset).toBe(0);
  });

  it('rejects each record of a batch that the broker refuses', async () => {
    const world = new World<string, string>();
    world.cluster.onProduce = () => ({ error: () => ERROR.INVALID_RECORD });
    const outcomes = [1, 2, 3].map((i) => world.send({ topic: 't', value: `${i}` }));
    await world.end();
    for (const { error } of outcomes) expect(error?.message).toContain('INVALID_RECORD');
  });
});

describe('a batch that the broker refuses because of some of its records', () => {
  const refusing = async (
    errorCode: ErrorCode,
    recordErrors: { batchIndex: number; batchIndexErrorMessage: string | null }[],
  ) => {
    const world = new World<string, string>({ 'linger.ms': 5 });
    world.cluster.onProduce = ({ version }) => {
      const partitionResponses = [
        { index: 0, errorCode, baseOffset: -1n, recordErrors, errorMessage: 'the batch is bad' },
      ];
      const responses = [
        { name: 't', topicId: world.cluster.topics.get('t')!.id, partitionResponses },
      ];
      return {
        error: () => errorCode,
        raw: encodeResponse(produceResponse, version, 0, { responses }).subarray(8),
      };
    };
    for (const value of ['zero', 'one', 'two']) world.send({ topic: 't', value });
    await world.end();
    return world.told.map(({ outcome }) => outcome.error as ProducerError);
  };

  it('tells each record its own cause, and the others that it was not theirs', async () => {
    const errors = await refusing(ERROR.INVALID_TIMESTAMP, [
      { batchIndex: 0, batchIndexErrorMessage: 'no key' },
      { batchIndex: 2, batchIndexErrorMessage: 'too old' },
    ]);
    expect(errors.map(({ kafkaName }) => kafkaName)).toEqual([
      'INVALID_RECORD',
      'KAFKA',
      'INVALID_RECORD',
    ]);
    expect(errors[0].message).toMatch('no key');
    expect(errors[1].message).toMatch('its batch holds 2 invalid records');
    expect(errors[2].message).toMatch('too old');
  });

  it('keeps the code where one record alone is named, which it then belongs to', async () => {
    const errors = await refusing(ERROR.INVALID_TIMESTAMP, [
      { batchIndex: 1, batchIndexErrorMessage: null },
    ]);
    expect(errors.map(({ kafkaName }) => kafkaName)).toEqual([
      'KAFKA',
      'INVALID_TIMESTAMP',
      'KAFKA',
    ]);
    expect(errors[1].message).toMatch('the batch is bad');
  });
});

describe('waiting for metadata', () => {
  it('ends after max.block.ms, each send by its own time', async () => {
    const world = new World<string, string>({ 'max.block.ms': 1000 });
    await world.clock.settle(world.producer.connect());
    const startMs = world.clock.now();
    const first = world.send({ topic: 'missing', value: 'a' });
    await world.clock.advance(400);
    const second = world.send({ topic: 'missing', value: 'b' });
    const other = world.send({ topic: 't', value: 'c' });
    await world.clock.advance(2000);
    expect(first.error).toBeInstanceOf(TimeoutError);
    expect(first.atMs - startMs).toBeCloseTo(1000, 0);
    expect(second.error?.message).toMatch(/missing: not in the metadata within 1000 ms/);
    expect(second.atMs - startMs).toBeCloseTo(1400, 0);
    expect(other.metadata?.offset).toBe(0);
    await world.end();
  });

  it('goes on once the topic has come into being', async () => {
    const world = new World<string, string>();
    const outcome = world.send({ topic: 'later', value: 'a' });
    await world.clock.advance(700);
    world.cluster.topic('later', [0]);
    await world.clock.advance(1500);
    expect(outcome.metadata).toMatchObject({ topic: 'later', offset: 0 });
    await world.end();
  });

  it('lasts for a partition beyond the count, which may be added', async () => {
    const world = new World<string, string>({ 'max.block.ms': 5000 });
    await world.clock.settle(world.producer.send({ topic: 't', value: 'first' }));
    const beyond = world.send({ topic: 't', partition: 1, value: 'a' });
    const behind = world.send({ topic: 't', partition: 0, value: 'b' });
    await world.clock.advance(1000);
    expect([beyond.atMs, behind.atMs]).toEqual([NaN, NaN]);
    const { partitions } = world.cluster.topics.get('t')!;
    world.cluster.topic('copy', [0]);
    partitions.push(world.cluster.topics.get('copy')!.partitions[0]);
    await world.clock.advance(1000);
    expect([beyond.metadata?.partition, behind.metadata?.offset]).toEqual([1, 1]);
    const never = world.send({ topic: 't', partition: 7, value: 'c' });
    await world.clock.advance(6000);
    expect(never.error?.message).toMatch(
      /no partition 7 in the metadata within 5000 ms .*; it has 2, from 0/,
    );
    await world.end();
  });

  it('asks for a missing partition no more often than retry.backoff.ms allows', async () => {
    const world = new World<string, string>({ 'max.block.ms': 10_000 });
    await world.clock.settle(world.producer.send({ topic: 't', value: 'first' }));
    const before = world.cluster.metadataAsked.length;
    world.send({ topic: 't', partition: 9, value: 'a' });
    await world.clock.advance(5000);
    const asked = world.cluster.metadataAsked.length - before;
    expect(asked).toBeGreaterThan(3);
    expect(asked).toBeLessThan(60);
    await world.clock.settle(world.producer.close(0));
  });
});

describe('waiting for memory', () => {
  const small = { 'batch.size': 200, 'buffer.memory': 600, 'linger.ms': 0 };

  it('is first come, first served, and every record arrives in order', async () => {
    const world = new World<string, string>({ ...small, 'max.block.ms': 60_000 });
    world.cluster.answerAfterMs = 10;
    for (let i = 0; i < 100; i++)
      world.send({
        topic: i % 3 === 0 ? 'wide' : 't',
        partition: 0,
        value: `${i}`.padEnd(90, '-'),
      });
    await world.clock.settle(world.producer.flush());
    expect(world.told).toHaveLength(100);
    const order = (topic: string) => world.cluster.values(topic, 0).map((value) => parseInt(value));
    expect(order('t')).toEqual(order('t').toSorted((a, b) => a - b));
    expect(order('wide')).toEqual(order('wide').toSorted((a, b) => a - b));
    expect(order('t').length + order('wide').length).toBe(100);
    await world.end();
  });

  it('ends after max.block.ms with BufferExhaustedError', async () => {
    const world = new World<string, string>({ ...small, 'max.block.ms': 500 });
    await world.clock.settle(world.producer.partitionsFor('t'));
    world.cluster.onProduce = () => ({ silent: true });
    const outcomes = Array.from({ length: 12 }, (_, i) =>
      world.send({ topic: 't', value: `${i}`.padEnd(90, '-') }),
    );
    const startMs = world.clock.now();
    await world.clock.advance(499);
    const early = outcomes.filter(({ error }) => error !== undefined).length;
    await world.clock.advance(3);
    const late = outcomes.filter(({ error }) => error instanceof BufferExhaustedError);
    expect([early, late.length]).toEqual([0, 9]);
    expect(late[0].atMs - startMs).toBeCloseTo(500, 0);
    await world.clock.settle(world.producer.close(0));
    expect(outcomes.every(({ error }) => error !== undefined)).toBe(true);
    expect(world.clock.pending).toBe(0);
  });

  it('shares the pool with a core.awaitMemory of the user’s own', async () => {
    const done: string[] = [];
    const hooks = { onBatchDone: (batch: BatchView) => void done.push(String(batch.attachment)) };
    const world = new World<string, string>(small, { hooks });
    world.cluster.answerAfterMs = 5;
    const { core } = world.producer;
    await world.clock.settle(world.producer.connect());
    const topic = await world.clock.settle(core.topic('t'));
    const value = Buffer.alloc(90, 'c');
    let appended = 0;
    const append = (): void => {
      while (appended < 30) {
        const batch = core.append(topic, 0, null, value, 1, world.clock.now());
        if (batch === null) {
          core.awaitMemory((error) => {
            expect(error).toBeNull();
            append();
          });
          return;
        }
        appended++;
        if (batch.recordCount === 1) batch.attachment = 'mine';
      }
      core.wake();
    };
    append();
    for (let i = 0; i < 30; i++) world.send({ topic: 't', value: 's'.repeat(90) });
    await world.clock.settle(world.producer.flush());
    expect(world.cluster.values('t', 0)).toHaveLength(60);
    expect(world.told.filter(({ outcome }) => outcome.metadata !== undefined)).toHaveLength(30);
    const offsets = world.told.map(({ outcome }) => outcome.metadata!.offset);
    expect(offsets.every((offset) => world.cluster.values('t', 0)[offset].startsWith('s'))).toBe(
      true,
    );
    expect(done).toContain('mine');
    await world.end();
  });
});

describe('flush and close', () => {
  it('flush waits for sends that wait, but not for those that come after it', async () => {
    const world = new World<string, string>({
      'batch.size': 200,
      'buffer.memory': 400,
      'linger.ms': 10_000,
    });
    world.cluster.answerAfterMs = 20;
    const before = Array.from({ length: 20 }, (_, i) =>
      world.send({ topic: 't', value: `${i}`.padEnd(90, '-') }),
    );
    const flushed = world.producer.flush();
    await world.clock.settle(flushed);
    expect(before.every(({ metadata }) => metadata !== undefined)).toBe(true);
    const after = world.send({ topic: 't', value: 'after' });
    await world.clock.advance(100);
    expect(after.metadata).toBeUndefined();
    await world.end();
    expect(after.metadata).toBeDefined();
  });

  it('close lets every send before it arrive, and refuses those after it', async () => {
    const world = new World<string, string>();
    const before = [1, 2, 3].map((i) =>
      world.send({ topic: i === 2 ? 'wide' : 't', value: `${i}` }),
    );
    const closing = world.producer.close();
    const after = world.send({ topic: 't', value: 'late' });
    await world.clock.settle(closing);
    expect(before.map(({ metadata }) => metadata?.offset)).toEqual([0, 0, 1]);
    expect(after.error).toBeInstanceOf(ClosedError);
    await world.end();
  });

  it.each(['topic', 'memory', 'modules'])(
    'close with a time limit fails sends that wait for %s',
    async (what) => {
      const modules = what === 'modules';
      const world = new World<string, string>(
        { 'batch.size': 200, 'buffer.memory': 200 },
        modules ? { partitioner: { partition: () => 0 } } : {},
      );
      if (modules) world.network.silent.add('b0:9092');
      else await world.clock.settle(world.producer.partitionsFor('t'));
      world.cluster.onProduce = () => ({ silent: true });
      const topic = what === 'topic' ? 'missing' : 't';
      const outcomes = [1, 2, 3].map((i) => world.send({ topic, value: `${i}`.repeat(100) }));
      const startMs = world.clock.now();
      await world.clock.settle(world.producer.close(300));
      await world.clock.advance(10);
      expect(world.clock.now() - startMs).toBeLessThan(330);
      expect(outcomes.map(({ error }) => error?.name)).toEqual([
        'ClosedError',
        'ClosedError',
        'ClosedError',
      ]);
      await world.clock.advance(1000);
      expect([world.network.openSockets, world.clock.pending]).toEqual([0, 0]);
    },
  );

  it('a producer that never finds its cluster rejects sends, and may try again', async () => {
    const world = new World<string, string>({ 'max.block.ms': 300 });
    world.network.silent.add('b0:9092');
    const lost = world.send({ topic: 't', value: 'a' });
    await world.clock.advance(400);
    expect(lost.error?.name).toBe('BootstrapError');
    world.network.silent.clear();
    await world.clock.advance(60_000);
    expect(await world.clock.settle(world.producer.send({ topic: 't', value: 'b' }))).toMatchObject(
      { offset: 0 },
    );
    await world.end();
  });

  it('tells partitions and their leaders', async () => {
    const world = new World();
    const partitions = await world.clock.settle(world.producer.partitionsFor('wide'));
    expect(partitions).toHaveLength(4);
    expect(partitions[3]).toEqual({
      topic: 'wide',
      partition: 3,
      leader: { id: 0, host: 'b0', port: 9092 },
    });
    await world.end();
  });
});
