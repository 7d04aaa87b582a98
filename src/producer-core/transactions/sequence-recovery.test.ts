import { describe, expect, it } from 'vitest';
import {
  idempotent,
  sequences,
  introduce,
  sequencesOf,
  answerOnce,
  end,
} from '../../testing/simulation/idempotent-world.js';
import { SimWorld } from '../../testing/simulation/sim-world.js';
import type { TransactionManager } from './transaction-manager.js';
import { ERROR } from '../../wire/error-codes.js';

describe('an idempotent producer that meets trouble with sequences', () => {
  it('takes DUPLICATE_SEQUENCE_NUMBER as success, at an offset that it does not know', async () => {
    const { world, topic } = await idempotent();
    answerOnce(world, { errorCode: ERROR.DUPLICATE_SEQUENCE_NUMBER });
    world.send(topic, 'a');
    await world.clock.advance(100);
    expect(world.outcomes.get('a')).toMatchObject({ error: null, offset: -1 });
    await end(world);
  });

  it('begins anew, an epoch later, where the next sequence is out of order', async () => {
    const { world, topic } = await idempotent({ topics: { t: [0, 0] } });
    world.send(topic, 'other', 1);
    world.send(topic, 'a', 0);
    await world.clock.advance(20);
    let fail = true;
    world.cluster.onProduce = () => {
      const code = fail ? ERROR.OUT_OF_ORDER_SEQUENCE_NUMBER : ERROR.NONE;
      fail = false;
      return { error: (_, partition) => (partition === 0 ? code : ERROR.NONE), afterMs: 5 };
    };
    world.send(topic, 'b', 0);
    world.send(topic, 'c', 0);
    await world.clock.advance(2000);
    // c was in flight under its old number, was refused as well, and follows b in the new epoch.
    expect(sequences(world)).toEqual(['0/0/0+1', '0/0/1+1', '0/0/2+1', '0/1/0+1', '0/1/1+1']);
    expect(world.cluster.values('t', 0)).toEqual(['a', 'b', 'c']);
    world.send(topic, 'more', 1);
    await world.clock.advance(20);
    expect(sequences(world, 1)).toEqual(['0/0/0+1', '0/1/0+1']);
    await end(world);
  });

  it('does not bump the epoch for a batch that came too early', async () => {
    const { world, topic } = await idempotent();
    await introduce(world, topic);
    let left = 1;
    // The first request is lost on its way; those behind it are out of order.
    world.cluster.onProduce = () =>
      left-- > 0 ? { error: () => ERROR.REQUEST_TIMED_OUT, afterMs: 5 } : { afterMs: 5 };
    for (const value of ['a', 'b', 'c']) world.send(topic, value);
    await world.clock.advance(3000);
    expect(sequencesOf(topic).identity.epoch).toBe(0);
    expect(world.cluster.values('t', 0)).toEqual(['first0', 'a', 'b', 'c']);
    await end(world);
  });

  it.each([
    ['after the log was truncated behind the last acknowledged record', 5n, '0/1/0+1'],
    ['and the records are there', 0n, '0/1/0+1'],
    ['and the broker does not know where its log starts', -1n, '0/0/1+1'],
  ])('goes on after UNKNOWN_PRODUCER_ID %s', async (_, logStartOffset, then) => {
    const { world, topic } = await idempotent();
    world.send(topic, 'a');
    await world.clock.advance(20);
    answerOnce(world, { errorCode: ERROR.UNKNOWN_PRODUCER_ID, logStartOffset });
    world.send(topic, 'b');
    await world.clock.advance(1000);
    expect(world.outcome('b')).toBe('ok');
    expect(sequences(world)).toEqual(['0/0/0+1', '0/0/1+1', then]);
    await end(world);
  });

  it('renumbers what follows a batch that a broker refused for good', async () => {
    const { world, topic } = await idempotent();
    await introduce(world, topic);
    let refuse = true;
    world.cluster.onProduce = () => {
      const code = refuse ? ERROR.INVALID_RECORD : ERROR.NONE;
      refuse = false;
      return { error: () => code, afterMs: 5 };
    };
    for (const value of ['a', 'b', 'c']) world.send(topic, value);
    await world.clock.advance(3000);
    expect(['a', 'b', 'c'].map((value) => world.outcome(value))).toEqual([
      'INVALID_RECORD',
      'ok',
      'ok',
    ]);
    expect(world.cluster.values('t', 0)).toEqual(['first0', 'b', 'c']);
    expect(sequencesOf(topic)).toMatchObject({ next: 2, lastAcked: 1 });
    expect(sequencesOf(topic).identity.epoch).toBe(1);
    await end(world);
  });

  it('asks for another producer id when the epochs are used up', async () => {
    const world = new SimWorld({ settings: { acks: 'all', 'linger.ms': 0 } });
    world.cluster.coordinator.firstEpoch = 32_767;
    const topic = await world.start();
    await introduce(world, topic);
    let fail = true;
    world.cluster.onProduce = () => {
      const code = fail ? ERROR.OUT_OF_ORDER_SEQUENCE_NUMBER : ERROR.NONE;
      if (fail) world.cluster.coordinator.firstEpoch = 0;
      fail = false;
      return { error: () => code };
    };
    world.send(topic, 'a');
    world.send(topic, 'b');
    await world.clock.advance(3000);
    expect(sequences(world).at(0)).toBe('0/32767/1+1');
    expect(sequences(world).slice(-2)).toEqual(['1/0/0+1', '1/0/1+1']);
    expect(world.cluster.values('t', 0)).toEqual(['first0', 'a', 'b']);
    await end(world);
  });

  it('lets sequences begin at 0 again behind 2^31 - 1, retried batches included', async () => {
    const { world, topic } = await idempotent();
    await world.clock.advance(20);
    // A broker without state takes any sequence: this one begins just before the end.
    const transactions = Reflect.get(world.producer, 'transactions') as TransactionManager;
    sequencesOf(topic).identity = transactions.identity;
    sequencesOf(topic).next = 0x7ffffffc;
    sequencesOf(topic).lastAcked = 0x7ffffffb;
    world.send(topic, 'first');
    await world.clock.advance(20);
    let fail = 3;
    world.cluster.onProduce = () => ({
      error: () => (fail-- > 0 ? ERROR.REQUEST_TIMED_OUT : ERROR.NONE),
      afterMs: 10,
    });
    for (const value of ['a', 'b', 'c']) {
      world.append(topic, `${value}1`);
      world.append(topic, `${value}2`);
      world.producer.wake();
      await world.clock.advance(1);
    }
    await world.clock.advance(5000);
    expect(sequences(world).slice(-3)).toEqual(['0/0/2147483645+2', '0/0/2147483647+2', '0/0/1+2']);
    expect(world.cluster.values('t', 0)).toEqual(['first', 'a1', 'a2', 'b1', 'b2', 'c1', 'c2']);
    expect(sequencesOf(topic)).toMatchObject({ next: 3, lastAcked: 2 });
    await end(world);
  });

  it('has at most five batches unanswered in a partition, also if its leader moved', async () => {
    const settings = {
      'request.timeout.ms': 400,
      'retry.backoff.ms': 10,
      'metadata.max.age.ms': 50,
    };
    const { world, topic } = await idempotent({ brokers: 2, topics: { t: [0, 1] }, settings });
    await introduce(world, topic);
    const { cluster, clock } = world;
    // The old leader stores, and its answers are lost.
    cluster.onProduce = ({ node }) => ({ silent: node === 0 });
    const values = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    for (const value of values.slice(0, 4)) {
      world.send(topic, value, 0);
      await clock.advance(5);
    }
    cluster.moveLeader('t', 0, 1);
    await clock.advance(60);
    for (const value of values.slice(4)) world.send(topic, value, 0);
    world.send(topic, 'other', 1); // need not wait for them
    await clock.advance(20);
    expect(world.outcome('other')).toBe('ok');
    expect(sequences(world)).toHaveLength(5);
    await clock.advance(2000);
    expect(values.map((value) => world.outcome(value))).toEqual(values.map(() => 'ok'));
    expect(cluster.values('t', 0)).toEqual(['first0', ...values]);
    expect(sequencesOf(topic).identity.epoch).toBe(0);
    await end(world);
  });

  it('keeps the sequence of a batch whose time was over when its answer was lost', async () => {
    const settings = {
      'delivery.timeout.ms': 500,
      'request.timeout.ms': 480,
      'retry.backoff.ms': 50,
    };
    const { world, topic } = await idempotent({ settings });
    await introduce(world, topic);
    // a is stored and sent again; b's lost answer makes a's second one unreadable, and that is
    // after its time.
    const scripts = [
      { error: () => ERROR.REQUEST_TIMED_OUT, appendAnyway: true, afterMs: 100 },
      { silent: true },
      { afterMs: 360 },
    ];
    world.cluster.onProduce = () => scripts.shift() ?? {};
    world.send(topic, 'a');
    await world.clock.advance(90);
    world.send(topic, 'b');
    await world.clock.advance(430);
    expect([world.outcome('a'), scripts]).toEqual(['PROTOCOL', []]);
    world.send(topic, 'c');
    await world.clock.advance(1000);
    expect(['b', 'c'].map((value) => world.outcome(value))).toEqual(['ok', 'ok']);
    expect(world.cluster.values('t', 0)).toEqual(['first0', 'a', 'b', 'c']);
    await end(world);
  });

  describe('whose retried batch expired', () => {
    const settings = {
      'delivery.timeout.ms': 1000,
      'request.timeout.ms': 400,
      'retry.backoff.ms': 50,
      'retry.backoff.max.ms': 50,
    };

    it('drains nothing new until it is known what became of those in flight', async () => {
      const { world, topic } = await idempotent({ settings });
      await introduce(world, topic);
      world.cluster.onProduce = () => ({ silent: true, error: () => ERROR.REQUEST_TIMED_OUT });
      world.send(topic, 'a');
      await world.clock.advance(900);
      world.send(topic, 'b'); // behind a, which is being retried
      await world.clock.advance(200);
      expect(world.outcome('a')).toBe('TIMEOUT');
      world.cluster.onProduce = () => ({});
      await world.clock.advance(600);
      expect(world.outcome('b')).toBe('ok');
      expect(sequences(world).at(-1)).toBe('0/1/0+1');
      await end(world);
    });

    it('goes on in its epoch if the batch turns out to be stored', async () => {
      const { world, topic } = await idempotent({
        settings: { ...settings, 'request.timeout.ms': 900 },
      });
      let first = true;
      world.cluster.onProduce = () => {
        const script = first ? { error: () => ERROR.REQUEST_TIMED_OUT } : { afterMs: 600 };
        if (first) first = false;
        return script;
      };
      world.send(topic, 'a');
      // Retried after 50 ms or so, answered after it expired.
      await world.clock.advance(500);
      world.cluster.onProduce = () => ({ afterMs: 600 });
      await world.clock.advance(2000);
      world.send(topic, 'b');
      await world.clock.advance(700);
      expect(world.outcome('b')).toBe('ok');
      expect(sequences(world).at(-1)).toBe('0/0/1+1');
      await end(world);
    });
  });
});
