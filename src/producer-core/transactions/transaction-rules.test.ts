import { describe, expect, it } from 'vitest';
import { SimWorld } from '../../testing/simulation/sim-world.js';
import {
  transactional,
  ready,
  failure,
  thrown,
  transact,
  committed,
  end,
  failing,
} from '../../testing/simulation/transactional-world.js';
import { IllegalStateError, TimeoutError } from '../errors.js';
import { API } from '../../wire/api-keys.js';
import { ERROR } from '../../wire/error-codes.js';

describe('a transactional producer', () => {
  it('takes records in a transaction only, and says what to call', async () => {
    const { world, topic, producer } = await transactional();
    expect(thrown(() => world.append(topic, 'a'))).toMatchObject({
      kafkaName: 'ILLEGAL_STATE',
      message: expect.stringContaining('initTransactions()') as string,
    });
    expect(thrown(() => producer.beginTransaction())).toBeInstanceOf(IllegalStateError);
    await world.clock.settle(producer.initTransactions());
    expect(thrown(() => world.append(topic, 'a'))).toMatchObject({
      message: expect.stringContaining('beginTransaction()') as string,
    });
    expect(await failure(world, producer.commitTransaction())).toBeInstanceOf(IllegalStateError);
    producer.beginTransaction();
    expect(thrown(() => producer.beginTransaction())).toBeInstanceOf(IllegalStateError);
    world.send(topic, 'a');
    await world.clock.settle(producer.commitTransaction());
    expect(await committed(world)).toEqual(['a']);
    await end(world);
  });

  it('needs the setting for any of these calls', async () => {
    const world = new SimWorld();
    const { producer } = world;
    expect(thrown(() => producer.beginTransaction())).toBeInstanceOf(IllegalStateError);
    const calls = [
      () => producer.initTransactions(),
      () => producer.commitTransaction(),
      () => producer.abortTransaction(),
    ];
    const message = expect.stringContaining('transactional.id') as string;
    for (const call of calls) expect(await failure(world, call())).toMatchObject({ message });
    await end(world);
  });

  it('waits 20 ms while the transaction before is being completed (KAFKA-5482)', async () => {
    const { world, topic } = await ready({ transactionVersion: 1 });
    const asked = failing(world, API.ADD_PARTITIONS_TO_TXN, ERROR.CONCURRENT_TRANSACTIONS, 3);
    await transact(world, topic, ['a']);
    expect(asked).toHaveLength(4);
    for (let i = 1; i < 4; i++) expect(asked[i] - asked[i - 1]).toBeLessThan(40);
    await end(world);
  });

  it('keeps a sequence whose batch was acknowledged before one in front was refused', async () => {
    const { world, topic, producer } = await ready({
      transactionVersion: 1,
      settings: { 'linger.ms': 0 },
    });
    producer.beginTransaction();
    // The broker knows nothing of the producer yet, so it takes the second batch first (KIP-360).
    const errors = [ERROR.REQUEST_TIMED_OUT, ERROR.NONE, ERROR.REQUEST_TIMED_OUT];
    world.cluster.onProduce = () => {
      const code = errors.shift() ?? ERROR.TOPIC_AUTHORIZATION_FAILED;
      return { error: () => code, afterMs: 30 };
    };
    world.send(topic, 'refused');
    await world.clock.advance(20);
    world.send(topic, 'early');
    await world.clock.advance(60);
    expect([world.outcome('early'), errors]).toEqual(['ok', [ERROR.REQUEST_TIMED_OUT]]);
    // While the transaction is being committed, so that its end brings no new epoch.
    const failed = await failure(world, producer.commitTransaction());
    expect([failed, world.outcome('refused')]).toEqual([
      expect.any(Error),
      'TOPIC_AUTHORIZATION_FAILED',
    ]);
    world.cluster.onProduce = () => ({});
    await world.clock.settle(producer.abortTransaction());
    await transact(world, topic, ['next']);
    expect([world.outcome('next'), await committed(world)]).toEqual(['ok', ['next']]);
    await end(world);
  });

  it('adds a partition before its first batch goes there, and holds records back', async () => {
    const { world, topic, producer } = await ready({
      transactionVersion: 1,
      topics: { t: [0, 1] },
    });
    world.cluster.onRequest = ({ api }) =>
      api === API.ADD_PARTITIONS_TO_TXN ? { afterMs: 100 } : {};
    producer.beginTransaction();
    const beganMs = world.clock.now();
    world.send(topic, 'a', 0);
    await world.clock.advance(150);
    world.send(topic, 'b', 1);
    await world.clock.settle(producer.commitTransaction());
    const times = world.cluster.produced.map(({ atMs }) => atMs - beganMs);
    expect(times[0]).toBeGreaterThanOrEqual(100);
    expect(times[1]).toBeGreaterThanOrEqual(250);
    await end(world);
  });

  it.each([
    ['TOPIC_AUTHORIZATION_FAILED', 'TOPIC_AUTHORIZATION_FAILED', true],
    ['TRANSACTIONAL_ID_AUTHORIZATION_FAILED', 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED', false],
    ['INVALID_TXN_STATE', 'INVALID_TXN_STATE', false],
    ['UNKNOWN_PRODUCER_ID', 'UNKNOWN_PRODUCER_ID', true],
    ['TRANSACTION_ABORTABLE', 'TRANSACTION_ABORTABLE', true],
    ['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED', false],
    ['INVALID_RECORD', 'ADD_PARTITIONS_TO_TXN', true],
  ] as const)('tells error %s of AddPartitionsToTxn as %s', async (name, kafkaName, abortable) => {
    const { world, topic, producer } = await ready({ transactionVersion: 1 });
    failing(world, API.ADD_PARTITIONS_TO_TXN, ERROR[name]);
    producer.beginTransaction();
    world.send(topic, 'a');
    expect(await failure(world, producer.commitTransaction())).toMatchObject({
      kafkaName,
      abortable,
    });
    expect(world.outcome('a')).toBe(kafkaName);
    expect(world.cluster.produced).toEqual([]);
    if (abortable) {
      await world.clock.settle(producer.abortTransaction());
      await transact(world, topic, ['b']);
      expect(await committed(world)).toEqual(['b']);
    }
    await end(world);
  });

  it('may call initTransactions again once it is authorised', async () => {
    const { world, topic, producer } = await transactional();
    failing(world, API.INIT_PRODUCER_ID, ERROR.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
    expect(await failure(world, producer.initTransactions())).toMatchObject({
      kafkaName: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
    });
    await world.clock.advance(10);
    await world.clock.settle(producer.initTransactions());
    await transact(world, topic, ['a']);
    expect(await committed(world)).toEqual(['a']);
    await end(world);
  });

  it('initializes although the coordinator is not there at first', async () => {
    const { world, topic, producer } = await transactional();
    failing(world, API.FIND_COORDINATOR, ERROR.COORDINATOR_NOT_AVAILABLE, 3);
    await world.clock.settle(producer.initTransactions());
    await transact(world, topic, ['a']);
    await end(world);
  });

  it('gives up initTransactions after max.block.ms, and may call it again', async () => {
    const { world, topic, producer } = await transactional({ settings: { 'max.block.ms': 500 } });
    failing(world, API.FIND_COORDINATOR, ERROR.COORDINATOR_NOT_AVAILABLE, 8);
    expect(await failure(world, producer.initTransactions())).toBeInstanceOf(TimeoutError);
    await world.clock.advance(1000);
    await world.clock.settle(producer.initTransactions());
    await transact(world, topic, ['a']);
    await end(world);
  });

  it('takes a record that is too large as a reason to abort', async () => {
    const { world, topic, producer } = await ready({ settings: { 'max.request.size': 1000 } });
    producer.beginTransaction();
    expect(thrown(() => world.append(topic, 'x'.repeat(2000)))).toMatchObject({
      kafkaName: 'RECORD_TOO_LARGE',
    });
    expect(await failure(world, producer.commitTransaction())).toMatchObject({
      kafkaName: 'RECORD_TOO_LARGE',
      abortable: true,
    });
    await world.clock.settle(producer.abortTransaction());
    await transact(world, topic, ['a']);
    await end(world);
  });

  it('learns from a produce that the broker has aborted its transaction in time-out', async () => {
    const { world, topic, producer } = await ready();
    producer.beginTransaction();
    world.send(topic, 'a');
    await world.clock.settle(producer.flush());
    world.cluster.onProduce = () => ({ error: () => ERROR.TRANSACTION_ABORTABLE });
    world.send(topic, 'b');
    await world.clock.advance(50);
    world.cluster.onProduce = () => ({});
    expect(world.outcome('b')).toBe('TRANSACTION_ABORTABLE');
    await world.clock.settle(producer.abortTransaction());
    await transact(world, topic, ['c']);
    expect(await committed(world)).toEqual(['c']);
    await end(world);
  });
});
