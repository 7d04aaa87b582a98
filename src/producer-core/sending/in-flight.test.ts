import { describe, expect, it } from 'vitest';
import { SimWorld } from '../../testing/simulation/sim-world.js';
import { ERROR } from '../../wire/error-codes.js';

async function backlog(inFlight: number, batches: number, answerMs = 20): Promise<SimWorld> {
  const world = new SimWorld({
    settings: {
      'linger.ms': 0,
      'batch.size': 100,
      'max.in.flight.requests.per.connection': inFlight,
    },
    topics: { t: [0, 0] },
  });
  world.cluster.onProduce = () => ({ afterMs: answerMs });
  const topic = await world.start();
  for (let i = 0; i < batches; i++) world.append(topic, `${i}${'-'.repeat(80)}`, i % 2);
  world.producer.wake();
  return world;
}

describe('requests in flight', () => {
  it.each([1, 2, 5])(
    'are never more than max.in.flight.requests.per.connection = %d, and as many with work',
    async (limit) => {
      const world = await backlog(limit, 40);
      await world.clock.advance(2000);
      expect(world.cluster.mostInFlight).toBe(limit);
      expect(world.outcomes.size).toBe(40);
      expect([...world.outcomes.values()].every(({ error }) => error === null)).toBe(true);
      await world.close();
      expect(world.leftovers()).toEqual([]);
    },
  );

  it('with a limit of 1 mutes a partition until its batch is settled: order is kept', async () => {
    const world = await backlog(1, 12);
    let requests = 0;
    world.cluster.onProduce = () => ({
      afterMs: 5,
      error: () => (requests++ % 3 === 0 ? ERROR.REQUEST_TIMED_OUT : ERROR.NONE),
    });
    await world.clock.advance(20_000);
    for (const partition of [0, 1]) {
      const indices = world.cluster.values('t', partition).map((value) => parseInt(value, 10));
      expect(indices).toEqual([0, 2, 4, 6, 8, 10].map((i) => i + partition));
    }
    await world.close();
  });

  it('with a limit of 1 the rest of a partition waits, though its leader moves', async () => {
    const world = new SimWorld({
      brokers: 2,
      settings: {
        'linger.ms': 0,
        'max.in.flight.requests.per.connection': 1,
        'metadata.max.age.ms': 500,
        'request.timeout.ms': 4000,
      },
      topics: { t: [0], u: [1] },
    });
    const topic = await world.start('t');
    let silent = true;
    world.cluster.onProduce = () => {
      const now = silent;
      silent = false;
      return { silent: now };
    };
    world.send(topic, 'a');
    await world.clock.advance(10);
    world.cluster.moveLeader('t', 0, 1);
    await world.clock.advance(1500);
    world.send(topic, 'b');
    await world.clock.advance(2000);
    expect(world.cluster.produced).toHaveLength(1);
    await world.clock.advance(2000);
    expect(world.cluster.produced.map(({ node }) => node)).toEqual([0, 1, 1]);
    expect(world.cluster.values('t', 0).slice(-2)).toEqual(['a', 'b']);
    await world.close();
  });

  it('with a limit above 1 and a retry, later batches may overtake, as in Java', async () => {
    const world = await backlog(5, 6);
    let first = true;
    world.cluster.onProduce = () => {
      const failing = first;
      first = false;
      return { error: () => (failing ? ERROR.REQUEST_TIMED_OUT : ERROR.NONE) };
    };
    await world.clock.advance(5000);
    const order = world.cluster.values('t', 0).map((value) => parseInt(value, 10));
    expect(order).toEqual([2, 4, 0]);
    await world.close();
  });

  it('wait for a write that the kernel has not ended', async () => {
    const world = new SimWorld({
      settings: { 'linger.ms': 0, 'batch.size': 100 },
      topics: { t: [0, 0] },
    });
    const topic = await world.start();
    world.network.options.takes = () => [{ afterMs: 50, share: 1 }];
    world.cluster.onProduce = () => ({ afterMs: 200 });
    world.send(topic, 'a', 0);
    await world.clock.advance(10);
    world.send(topic, 'b', 1);
    await world.clock.advance(45);
    expect(world.cluster.produced).toHaveLength(1);
    await world.clock.advance(60);
    expect(world.cluster.produced).toHaveLength(2);
    expect(world.cluster.produced[1].atMs - world.cluster.produced[0].atMs).toBeCloseTo(50, 0);
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });

  it('add up to requestMs: the mean number in flight times the span', async () => {
    const world = await backlog(1, 10, 10);
    await world.clock.advance(1000);
    // 5 requests one after the other, each 10 ms at the broker and 0.5 ms on the way; and 2
    // connections' ApiVersions, 2 Metadata at 1 ms.
    expect(world.producer.totals.requestMs).toBeCloseTo(5 * 10.5 + 4 * 1.5, 5);
    expect(world.producer.totals).toMatchObject({
      requests: 5,
      batches: 10,
      batchRecords: 10,
      recordsAcked: 10,
      recordsFailed: 0,
      retries: 0,
    });
    await world.close();
  });
});

describe('acks', () => {
  it.each([
    ['1', 1],
    ['all', -1],
  ])('%s: an offset for each record, once the broker has answered', async (acks, wire) => {
    const world = new SimWorld({ settings: { acks, 'linger.ms': 0 } });
    world.cluster.onProduce = () => ({ afterMs: 40 });
    const topic = await world.start();
    world.append(topic, 'a');
    world.append(topic, 'b');
    world.producer.wake();
    await world.clock.advance(40);
    expect(world.outcome('a')).toBeUndefined();
    await world.clock.advance(1);
    expect(world.outcomes.get('b')).toMatchObject({ error: null, offset: 1 });
    expect(world.cluster.produced[0].acks).toBe(wire);
    await world.close();
  });

  it('0: told when the kernel has taken the request, with offset -1', async () => {
    const world = new SimWorld({ settings: { acks: '0', 'linger.ms': 0, 'batch.size': 100 } });
    const topic = await world.start();
    world.network.options.takes = () => [
      { afterMs: 10, share: 0.5 },
      { afterMs: 10, share: 0.5 },
    ];
    for (let i = 0; i < 8; i++) world.append(topic, `${i}${'-'.repeat(80)}`);
    world.producer.wake();
    await world.clock.advance(19);
    expect(world.outcomes.size).toBe(0);
    await world.clock.advance(2);
    expect(world.outcomes.get(`0${'-'.repeat(80)}`)).toMatchObject({ error: null, offset: -1 });
    await world.clock.advance(400);
    expect(world.cluster.values('t', 0)).toHaveLength(8);
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });

  it('0: a write that breaks off is not a success: it is sent again', async () => {
    const world = new SimWorld({ settings: { acks: '0', 'linger.ms': 0 } });
    const topic = await world.start();
    world.network.options.takes = () => [{ afterMs: 100, share: 1 }];
    world.send(topic, 'a');
    await world.clock.advance(10);
    world.cluster.brokers.get(0)!.reset();
    world.network.options.takes = undefined;
    await world.clock.advance(50);
    expect(world.outcome('a')).toBeUndefined();
    await world.clock.advance(1000);
    expect(world.outcome('a')).toBe('ok');
    expect(world.cluster.values('t', 0)).toEqual(['a']);
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });
});
