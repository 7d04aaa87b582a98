import { describe, expect, it } from 'vitest';
import { SimWorld } from '../../testing/simulation/sim-world.js';
import { ERROR } from '../../wire/error-codes.js';
import { API } from '../../wire/api-keys.js';

/** When each produce request reached the broker, less `fromMs`. */
const arrivals = (world: SimWorld, fromMs: number) =>
  world.cluster.produced.map(({ atMs }) => atMs - fromMs);
const LATENCY_MS = 0.25;

describe('when a batch is sent', () => {
  it('after linger.ms from its first record, to the moment', async () => {
    const world = new SimWorld({ settings: { 'linger.ms': 7 } });
    const topic = await world.start();
    const from = world.clock.now();
    world.send(topic, 'a');
    await world.clock.advance(4);
    world.send(topic, 'b');
    await world.clock.advance(2.9);
    expect(world.cluster.produced).toHaveLength(0);
    await world.clock.advance(10);
    expect(arrivals(world, from)).toEqual([7 + LATENCY_MS]);
    expect(world.cluster.values('t', 0)).toEqual(['a', 'b']);
    expect(world.outcomes.get('b')).toMatchObject({ error: null, offset: 1 });
    await world.close();
  });

  it('at once with linger.ms 0', async () => {
    const world = new SimWorld({ settings: { 'linger.ms': 0 } });
    const topic = await world.start();
    const from = world.clock.now();
    world.send(topic, 'a');
    await world.clock.advance(1);
    expect(arrivals(world, from)).toEqual([LATENCY_MS]);
    await world.close();
  });

  it('at once when it is full, whatever linger says; the next waits for its own', async () => {
    const world = new SimWorld({ settings: { 'linger.ms': 1000, 'batch.size': 200 } });
    const topic = await world.start();
    const from = world.clock.now();
    // 61 + 2 x 68 bytes fit, a third record does not.
    for (let i = 0; i < 3; i++) world.send(topic, `${i}${'x'.repeat(60)}`);
    await world.clock.advance(998);
    expect(arrivals(world, from)).toEqual([LATENCY_MS]);
    expect(world.cluster.produced[0].parts[0].records).toBe(2);
    await world.clock.advance(10);
    expect(arrivals(world, from)).toEqual([LATENCY_MS, 1000 + LATENCY_MS]);
    await world.close();
  });

  it('at once on flush, which resolves when its records have outcomes and not before', async () => {
    const world = new SimWorld({ settings: { 'linger.ms': 10_000 } });
    world.cluster.onProduce = () => ({ afterMs: 30 });
    const topic = await world.start();
    const from = world.clock.now();
    world.send(topic, 'a');
    let flushed = false;
    void world.producer.flush().then(() => (flushed = true));
    await world.clock.advance(30);
    expect(arrivals(world, from)).toEqual([LATENCY_MS]);
    expect(flushed).toBe(false);
    await world.clock.advance(1);
    expect(flushed).toBe(true);
    expect(world.outcome('a')).toBe('ok');
    await world.close();
  });

  it('flush is not held up by records that come after it', async () => {
    const world = new SimWorld({ settings: { 'linger.ms': 0 }, topics: { t: [0, 0] } });
    world.cluster.onProduce = ({ parts }) => ({ afterMs: parts[0].partition === 0 ? 5 : 60_000 });
    const topic = await world.start();
    world.send(topic, 'early', 0);
    const flushed = world.producer.flush();
    const from = world.clock.now();
    world.send(topic, 'late', 1);
    await world.clock.settle(flushed, 1000);
    expect(world.clock.now() - from).toBeLessThan(10);
    expect(world.outcome('early')).toBe('ok');
    expect(world.outcome('late')).toBeUndefined();
    await world.clock.settle(world.producer.close(0));
    expect(world.leftovers()).toEqual([]);
  });

  it('flush of nothing resolves at once, and a flush within a flush waits for more', async () => {
    const world = new SimWorld({ settings: { 'linger.ms': 10_000 } });
    world.cluster.onProduce = () => ({ afterMs: 20 });
    const topic = await world.start();
    await world.producer.flush();
    const order: string[] = [];
    world.send(topic, 'a');
    const first = world.producer.flush().then(() => order.push('first'));
    await world.clock.advance(10);
    world.send(topic, 'b');
    const second = world.producer
      .flush()
      .then(() => order.push(`second ${world.outcome('b') ?? 'untold'}`));
    await world.clock.settle(Promise.all([first, second]));
    expect(order).toEqual(['first', 'second ok']);
    world.send(topic, 'c');
    await world.clock.advance(100);
    expect(world.outcome('c')).toBeUndefined(); // linger counts again
    await world.close();
  });

  it('at once when someone waits for memory', async () => {
    const world = new SimWorld({
      settings: { 'linger.ms': 10_000, 'batch.size': 1000, 'buffer.memory': 2000 },
      topics: { t: [0, 0, 0] },
    });
    const topic = await world.start();
    world.send(topic, 'a', 0);
    world.send(topic, 'b', 1);
    await world.clock.advance(50);
    expect(world.cluster.produced).toHaveLength(0);
    expect(world.send(topic, 'c', 2)).toBe(false);
    const from = world.clock.now();
    let woken = false;
    world.producer.awaitMemory((error) => {
      expect(error).toBeNull();
      woken = world.send(topic, 'c', 2);
    });
    await world.clock.advance(5);
    expect(woken).toBe(true);
    expect(arrivals(world, from)[0]).toBe(LATENCY_MS);
    expect(world.outcome('a')).toBe('ok');
    await world.close();
    expect(world.outcome('c')).toBe('ok');
    expect(world.leftovers()).toEqual([]);
  });
});

describe('what goes into a request', () => {
  it('one batch a partition, the oldest first, however many are full', async () => {
    const world = new SimWorld({ settings: { 'linger.ms': 0, 'batch.size': 100 } });
    const topic = await world.start();
    const values = Array.from({ length: 6 }, (_, i) => `${i}${'x'.repeat(80)}`);
    for (const value of values) world.append(topic, value, 0);
    world.producer.wake();
    await world.clock.advance(50);
    expect(world.cluster.produced.map(({ parts }) => parts.length)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(world.cluster.values('t', 0)).toEqual(values);
    await world.close();
  });

  it('no more than max.request.size of batches, but at least one', async () => {
    const world = new SimWorld({
      settings: { 'linger.ms': 0, 'batch.size': 1000, 'max.request.size': 2500 },
      topics: { t: [0, 0, 0, 0, 0] },
    });
    const topic = await world.start();
    for (let p = 0; p < 5; p++) world.append(topic, `${p}${'x'.repeat(900)}`, p);
    world.producer.wake();
    await world.clock.advance(50);
    expect(world.cluster.produced.map(({ parts }) => parts.length)).toEqual([2, 2, 1]);
    for (const { parts } of world.cluster.produced)
      expect(parts.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(2500);
    await world.close();
    expect(() => world.producer.append(topic, 0, null, Buffer.alloc(2500), 0, 0)).toThrow(
      /max.request.size = 2500/,
    );
  });

  it('partitions in turn, from where the last request stopped: none starves', async () => {
    const world = new SimWorld({
      settings: {
        'linger.ms': 0,
        'batch.size': 1000,
        'max.request.size': 2500,
        'max.in.flight.requests.per.connection': 5,
      },
      topics: { t: [0, 0, 0, 0] },
    });
    const topic = await world.start();
    for (let round = 0; round < 6; round++)
      for (let p = 0; p < 4; p++) world.append(topic, `${p}.${round}${'x'.repeat(900)}`, p);
    world.producer.wake();
    await world.clock.advance(100);
    const order = world.cluster.produced.map(({ parts }) =>
      parts.map(({ partition }) => partition),
    );
    expect(order.slice(0, 4).flat().sort()).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
    expect(order).toHaveLength(12);
    await world.close();
  });

  it('a record larger than batch.size in a batch of its own', async () => {
    const world = new SimWorld({ settings: { 'linger.ms': 0, 'batch.size': 100 } });
    const topic = await world.start();
    for (const value of ['small', 'L'.repeat(5000), 'not so small, but small'])
      world.append(topic, value, 0);
    world.producer.wake();
    await world.clock.advance(50);
    expect(world.cluster.produced.map(({ parts }) => parts[0].records)).toEqual([1, 1, 1]);
    expect(world.cluster.values('t', 0)).toEqual([
      'small',
      'L'.repeat(5000),
      'not so small, but small',
    ]);
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });

  it('topic ids where the cluster has them and Produce v13, names otherwise', async () => {
    for (const [high, version] of [
      [13, 13],
      [12, 12],
      [9, 9],
      [3, 3],
    ] as const) {
      const world = new SimWorld({ settings: { 'linger.ms': 0 } });
      world.cluster.versions = [
        [API.PRODUCE, 0, high],
        [API.METADATA, 0, high >= 9 ? 13 : 4],
        [API.API_VERSIONS, 0, high >= 9 ? 4 : 0],
      ];
      const topic = await world.start();
      world.send(topic, 'a');
      await world.close();
      expect(world.cluster.produced[0].version).toBe(version);
      expect(world.outcome('a')).toBe('ok');
    }
    const world = new SimWorld({ settings: { 'linger.ms': 0 } });
    world.cluster.topics.get('t')!.id = '00000000-0000-0000-0000-000000000000';
    const topic = await world.start();
    world.send(topic, 'a');
    await world.close();
    expect(world.cluster.produced[0].version).toBe(12);
  });
});

describe('append', () => {
  it('refuses a partition that the topic does not have, in words', async () => {
    const world = new SimWorld();
    const topic = await world.start();
    expect(() => world.append(topic, 'a', 1)).toThrow(
      /t: there is no partition 1 \(the topic has 1/,
    );
    await world.close();
  });

  it('puts keys where Java puts them', async () => {
    const world = new SimWorld({ topics: { t: [0, 0, 0, 0, 0, 0, 0] } });
    const topic = await world.start();
    world.send(topic, 'v', -1, 'foobar');
    await world.close();
    expect(world.batchesDone).toMatchObject([
      { partition: (-790332482 & 0x7fffffff) % 7, values: ['v'] },
    ]);
  });
});

describe('what is appended in the middle of a drain, while a batch is closed', () => {
  const lz4 = { 'compression.type': 'lz4', 'linger.ms': 5 };
  const partitions = (world: SimWorld) =>
    world.cluster.produced.map(({ parts }) => parts.map((part) => part.partition));

  it('leaves with the same request where its partition has yet to come, as in Java', async () => {
    const world = new SimWorld({ settings: lz4, topics: { t: [0, 0, 0] } });
    const topic = await world.start();
    world.meanwhile = () => {
      world.meanwhile = () => undefined;
      world.append(topic, 'meanwhile', 2);
    };
    world.send(topic, 'first', 0);
    await world.clock.advance(8);
    expect(partitions(world)).toEqual([[0, 2]]);
    await world.close();
    expect([world.outcome('first'), world.outcome('meanwhile')]).toEqual(['ok', 'ok']);
  });

  it('otherwise lingers from its own first record', async () => {
    const world = new SimWorld({ settings: lz4, topics: { t: [0, 0] } });
    const topic = await world.start();
    const from = world.clock.now();
    world.meanwhile = () => {
      world.meanwhile = () => undefined;
      world.append(topic, 'meanwhile', 0);
    };
    world.send(topic, 'first', 0);
    await world.clock.advance(20);
    expect(partitions(world)).toEqual([[0], [0]]);
    expect(arrivals(world, from)).toEqual([5 + LATENCY_MS, 10 + LATENCY_MS]);
    await world.close();
  });

  it('is asked for once a batch, and not for retries', async () => {
    const asked = async (settings: Record<string, string | number>) => {
      const world = new SimWorld({ settings });
      let times = 0;
      world.meanwhile = () => times++;
      let requests = 0;
      world.cluster.onProduce = () =>
        requests++ === 0 ? { error: () => ERROR.REQUEST_TIMED_OUT } : {};
      const topic = await world.start();
      world.send(topic, 'a');
      await world.clock.advance(2000);
      await world.close();
      expect(world.cluster.produced).toHaveLength(2);
      return times;
    };
    expect(await asked(lz4)).toBe(1);
    expect(await asked({ 'linger.ms': 5 })).toBe(1);
  });
});
