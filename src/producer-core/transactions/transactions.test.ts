import { describe, expect, it } from 'vitest';
import {
  ready,
  failure,
  thrown,
  transact,
  committed,
  end,
  failing,
} from '../../testing/simulation/transactional-world.js';
import { IllegalStateError, ProducerStateError, TimeoutError } from '../errors.js';
import { ERROR } from '../../wire/error-codes.js';
import { API } from '../../wire/api-keys.js';

describe.each([
  ['not told (before 4.0)', 0],
  ['1', 1],
  ['2', 2],
])('a transactional producer where transaction.version is %s', (_, transactionVersion) => {
  const v2 = transactionVersion === 2;

  it('commits and aborts: readers of what is committed see just that', async () => {
    const { world, topic } = await ready({ transactionVersion });
    await transact(world, topic, ['a', 'b']);
    await transact(world, topic, ['c'], false);
    await transact(world, topic, ['d']);
    expect(await committed(world)).toEqual(['a', 'b', 'd']);
    expect(world.cluster.values('t', 0)).toEqual(['a', 'b', 'c', 'd']);
    await end(world);
  });

  it('speaks the protocol of that version, to the coordinator and to the leaders', async () => {
    const { world, topic, requests } = await ready({ transactionVersion });
    await transact(world, topic, ['a']);
    await transact(world, topic, ['b']);
    const asked = requests
      .filter(({ api }) => api !== API.METADATA && api !== API.API_VERSIONS)
      .map(({ api, version, node }) => [api, version, node]);
    const endTxn = [API.END_TXN, v2 ? 5 : 4, 1];
    const add = [API.ADD_PARTITIONS_TO_TXN, 3, 1];
    expect(asked).toEqual(v2 ? [endTxn, endTxn] : [add, endTxn, add, endTxn]);
    const batches = world.cluster.produced.map(
      ({ version, transactionalId, parts: [{ batch }] }) => ({
        version,
        transactionalId,
        transactional: batch.transactional,
        epoch: batch.producerEpoch,
        sequence: batch.baseSequence,
      }),
    );
    const common = { version: v2 ? 13 : 11, transactionalId: 'payments', transactional: true };
    expect(batches).toEqual([
      { ...common, epoch: 0, sequence: 0 },
      // With version 2 each transaction has an epoch of its own.
      v2 ? { ...common, epoch: 1, sequence: 0 } : { ...common, epoch: 0, sequence: 1 },
    ]);
    await end(world);
  });

  it('ends a transaction without records without a word to the coordinator', async () => {
    const { world, topic, requests } = await ready({ transactionVersion });
    await transact(world, topic, []);
    await transact(world, topic, [], false);
    expect(requests).toEqual([]);
    await end(world);
  });

  it('sends at once what linger.ms would hold back when the transaction ends', async () => {
    const { world, topic } = await ready({ transactionVersion, settings: { 'linger.ms': 5000 } });
    const beganMs = world.clock.now();
    await transact(world, topic, ['a']);
    expect(world.clock.now() - beganMs).toBeLessThan(200);
    await end(world);
  });

  it('drops what was not sent when it aborts', async () => {
    const { world, topic, producer } = await ready({
      transactionVersion,
      settings: { 'linger.ms': 5000 },
    });
    producer.beginTransaction();
    world.send(topic, 'a');
    await world.clock.advance(10);
    await world.clock.settle(producer.abortTransaction());
    expect(world.outcome('a')).toBe('TRANSACTION_ABORTED');
    expect(world.cluster.produced).toEqual([]);
    await transact(world, topic, ['b']);
    expect(await committed(world)).toEqual(['b']);
    await end(world);
  });

  it('has to abort after a record could not be stored, and goes on after that', async () => {
    const { world, topic, producer } = await ready({ transactionVersion });
    await transact(world, topic, ['a']);
    producer.beginTransaction();
    world.cluster.onProduce = () => ({ error: () => ERROR.INVALID_RECORD });
    world.send(topic, 'bad');
    await world.clock.advance(50);
    world.cluster.onProduce = () => ({});
    expect(world.outcome('bad')).toBe('INVALID_RECORD');
    expect(thrown(() => world.append(topic, 'more'))).toMatchObject({
      kafkaName: 'INVALID_RECORD',
      abortable: true,
    });
    const error = await failure(world, producer.commitTransaction());
    expect(error).toBeInstanceOf(ProducerStateError);
    expect(error).toMatchObject({ kafkaName: 'INVALID_RECORD', abortable: true });
    await world.clock.settle(producer.abortTransaction());
    await transact(world, topic, ['b', 'c']);
    expect(await committed(world)).toEqual(['a', 'b', 'c']);
    await end(world);
  });

  it('fails a commit whose records fail while it waits for them', async () => {
    const { world, topic, producer } = await ready({ transactionVersion });
    producer.beginTransaction();
    world.cluster.onProduce = () => ({ error: () => ERROR.INVALID_RECORD, afterMs: 20 });
    world.send(topic, 'bad');
    expect(await failure(world, producer.commitTransaction())).toMatchObject({
      kafkaName: 'INVALID_RECORD',
      abortable: true,
    });
    world.cluster.onProduce = () => ({});
    await world.clock.settle(producer.abortTransaction());
    await transact(world, topic, ['b']);
    expect(await committed(world)).toEqual(['b']);
    await end(world);
  });

  it('takes a batch that expired as a reason to abort', async () => {
    const settings = { 'delivery.timeout.ms': 600, 'request.timeout.ms': 500 };
    const { world, topic, producer } = await ready({ transactionVersion, settings });
    await transact(world, topic, ['a']);
    producer.beginTransaction();
    world.cluster.onProduce = () => ({ error: () => ERROR.REQUEST_TIMED_OUT });
    world.send(topic, 'late');
    await world.clock.advance(1000);
    expect(world.outcome('late')).toBe('TIMEOUT');
    world.cluster.onProduce = () => ({});
    expect(await failure(world, producer.commitTransaction())).toMatchObject({ abortable: true });
    await world.clock.settle(producer.abortTransaction());
    await transact(world, topic, ['b']);
    expect(await committed(world)).toEqual(['a', 'b']);
    await end(world);
  });

  it('is fenced by a second producer with the same transactional.id', async () => {
    const { world, topic, producer } = await ready({ transactionVersion });
    producer.beginTransaction();
    world.send(topic, 'a');
    await world.clock.settle(producer.flush());
    // The second one: the coordinator aborts what is open and raises the epoch.
    const { coordinator } = world.cluster;
    for (let i = 0; i < 50 && coordinator.init('payments', 60_000, null).error !== 0; i++)
      await world.clock.advance(5);
    expect(await failure(world, producer.commitTransaction())).toMatchObject({
      kafkaName: 'PRODUCER_FENCED',
      code: ERROR.PRODUCER_FENCED,
      abortable: false,
    });
    expect(thrown(() => producer.beginTransaction())).toMatchObject({
      kafkaName: 'PRODUCER_FENCED',
      abortable: false,
    });
    expect(await failure(world, producer.abortTransaction())).toMatchObject({
      kafkaName: 'PRODUCER_FENCED',
    });
    expect(await committed(world)).toEqual([]);
    await end(world);
  });

  it('finds its coordinator again when that has moved, or cannot be reached', async () => {
    const { world, topic, producer } = await ready({ transactionVersion });
    producer.beginTransaction();
    world.send(topic, 'a');
    await world.clock.settle(producer.flush());
    world.cluster.coordinators.set('payments', 2);
    await world.clock.settle(producer.commitTransaction());
    world.cluster.coordinators.set('payments', 0);
    world.cluster.stop(2);
    await transact(world, topic, ['b']);
    expect(await committed(world)).toEqual(['a', 'b']);
    await end(world);
  });

  it.each([
    'COORDINATOR_LOAD_IN_PROGRESS',
    'COORDINATOR_NOT_AVAILABLE',
    'NOT_COORDINATOR',
    'CONCURRENT_TRANSACTIONS',
  ] as const)('tries an EndTxn again after error %s', async (name) => {
    const { world, topic } = await ready({ transactionVersion });
    const asked = failing(world, API.END_TXN, ERROR[name], 2);
    await transact(world, topic, ['a']);
    expect(asked).toHaveLength(3);
    expect(asked[1] - asked[0]).toBeGreaterThanOrEqual(100);
    expect(await committed(world)).toEqual(['a']);
    await end(world);
  });

  it('tries an EndTxn again whose answer was lost', async () => {
    const { world, topic } = await ready({ transactionVersion });
    let drop = true;
    world.cluster.onRequest = ({ api }) => {
      if (api !== API.END_TXN || !drop) return {};
      drop = false;
      return { drop: 'after' };
    };
    await transact(world, topic, ['a']);
    await transact(world, topic, ['b']);
    expect(await committed(world)).toEqual(['a', 'b']);
    await end(world);
  });

  it.each([
    ['TRANSACTION_ABORTABLE', true, 'TRANSACTION_ABORTABLE'],
    ['INVALID_TXN_STATE', false, 'INVALID_TXN_STATE'],
    ['INVALID_PRODUCER_ID_MAPPING', false, 'INVALID_PRODUCER_ID_MAPPING'],
    ['TRANSACTIONAL_ID_AUTHORIZATION_FAILED', true, 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED'],
    ['INVALID_PRODUCER_EPOCH', false, 'PRODUCER_FENCED'],
    ['PRODUCER_FENCED', false, 'PRODUCER_FENCED'],
    ['UNKNOWN_SERVER_ERROR', false, 'UNKNOWN_SERVER_ERROR'],
  ] as const)('tells error %s of EndTxn', async (code, recovers, name) => {
    const abortable = recovers && code !== 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED';
    const { world, topic, producer } = await ready({ transactionVersion });
    failing(world, API.END_TXN, ERROR[code]);
    producer.beginTransaction();
    world.send(topic, 'a');
    expect(await failure(world, producer.commitTransaction())).toMatchObject({
      kafkaName: name,
      abortable,
    });
    if (abortable) {
      await world.clock.settle(producer.abortTransaction());
      await transact(world, topic, ['b']);
      expect(await committed(world)).toEqual(['b']);
    } else
      expect(await failure(world, producer.abortTransaction())).toMatchObject({
        kafkaName: name,
        abortable: false,
      });
    await end(world);
  });

  it('gives up a commit after max.block.ms, and takes only another commit then', async () => {
    const { world, topic, producer } = await ready({
      transactionVersion,
      settings: { 'max.block.ms': 300 },
    });
    world.cluster.onRequest = ({ api }) => (api === API.END_TXN ? { afterMs: 1000 } : {});
    producer.beginTransaction();
    world.send(topic, 'a');
    const error = await failure(world, producer.commitTransaction());
    expect(error).toBeInstanceOf(TimeoutError);
    expect((error as Error).message).toContain('max.block.ms');
    expect(await failure(world, producer.abortTransaction())).toBeInstanceOf(IllegalStateError);
    expect(thrown(() => producer.beginTransaction())).toBeInstanceOf(IllegalStateError);
    await world.clock.advance(1000);
    await world.clock.settle(producer.commitTransaction());
    await transact(world, topic, []);
    expect(await committed(world)).toEqual(['a']);
    await end(world);
  });

  it('commits a group’s offsets with the transaction, and not with an aborted one', async () => {
    const { world, topic, producer } = await ready({ transactionVersion });
    world.cluster.coordinators.set('readers', 2);
    for (const [offset, commit] of [
      [5, true],
      [9, false],
    ] as const) {
      producer.beginTransaction();
      world.send(topic, `at ${offset}`);
      const offsets = [{ topic: 'source', partition: 3, offset }];
      await world.clock.settle(producer.sendOffsetsToTransaction(offsets, { groupId: 'readers' }));
      await world.clock.settle(commit ? producer.commitTransaction() : producer.abortTransaction());
      await world.clock.advance(50);
    }
    expect([...world.cluster.coordinator.offsets]).toEqual([['readers source-3', 5]]);
    expect(await committed(world)).toEqual(['at 5']);
    await end(world);
  });

  it('aborts the open transaction when it is closed, after what it holds was sent', async () => {
    const { world, topic, producer } = await ready({ transactionVersion });
    producer.beginTransaction();
    world.send(topic, 'a');
    await end(world);
    expect(world.outcome('a')).toBe('ok');
    await world.clock.advance(50);
    expect(world.cluster.coordinator.transactions.get('payments')!.state).toBe('CompleteAbort');
    expect(world.cluster.committed('t', 0)).toEqual([]);
    expect(await failure(world, producer.commitTransaction())).toMatchObject({
      kafkaName: 'CLOSED',
    });
  });
});
