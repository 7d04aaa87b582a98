import { describe, expect, it } from 'vitest';
import { SimWorld } from '../../testing/simulation/sim-world.js';
import { ERROR } from '../../wire/error-codes.js';

const SHORT = { 'linger.ms': 0, 'request.timeout.ms': 1000, 'delivery.timeout.ms': 3000 };

describe('delivery.timeout.ms', () => {
  it('expires a batch that is queued: no leader', async () => {
    const world = new SimWorld({ settings: SHORT });
    const topic = await world.start();
    world.cluster.stop(0);
    await world.clock.advance(10);
    const from = world.clock.now();
    world.send(topic, 'a');
    await world.clock.advance(2999);
    expect(world.outcome('a')).toBeUndefined();
    await world.clock.advance(2);
    expect(world.outcome('a')).toBe('TIMEOUT');
    expect(world.outcomes.get('a')!.atMs - from).toBe(3000);
    expect(world.outcomes.get('a')!.error!.message).toMatch(
      /t-0: 1 records expired 3000 ms .*delivery.timeout.ms/,
    );
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });

  /**
   * Fails the first attempt after 1000 ms; the second is in flight when the batch expires, and
   * answered at `answeredAtMs`.
   */
  async function expiringInFlight(answeredAtMs: number, settings: Record<string, number> = {}) {
    const world = new SimWorld({
      settings: {
        ...SHORT,
        'request.timeout.ms': 2500,
        'retry.backoff.ms': 100,
        'retry.backoff.max.ms': 100,
        ...settings,
      },
    });
    const topic = await world.start();
    const from = world.clock.now();
    let attempt = 0;
    world.cluster.onProduce = () => {
      attempt++;
      if (attempt === 1) return { afterMs: 1000, error: () => ERROR.REQUEST_TIMED_OUT };
      return attempt === 2 ? { afterMs: from + answeredAtMs - world.clock.now() - 0.25 } : {};
    };
    world.send(topic, 'a');
    return { world, topic };
  }

  it('expires a batch in flight; its answer, when it comes, changes nothing', async () => {
    const { world, topic } = await expiringInFlight(3100);
    await world.clock.advance(2999.9);
    expect(world.cluster.produced).toHaveLength(2);
    expect(world.outcome('a')).toBeUndefined();
    await world.clock.advance(0.2);
    expect(world.outcome('a')).toBe('TIMEOUT');
    await world.clock.advance(99.8);
    // still awaited
    expect(world.producer.availableBytes).toBeLessThan(world.producer.config.bufferMemory);
    await world.clock.advance(0.2);
    expect(world.outcomes.get('a')!.times).toBe(1);
    expect(world.producer.availableBytes).toBe(world.producer.config.bufferMemory);
    expect(world.producer.totals).toMatchObject({ recordsAcked: 0, recordsFailed: 1 });
    world.send(topic, 'b');
    await world.clock.advance(5);
    expect(world.outcome('b')).toBe('ok');
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });

  it('with max.in.flight 1 keeps partitions muted until the expired batch is gone', async () => {
    const { world, topic } = await expiringInFlight(3100, {
      'max.in.flight.requests.per.connection': 1,
    });
    await world.clock.advance(1500);
    world.send(topic, 'b');
    await world.clock.advance(1599);
    expect(world.outcome('a')).toBe('TIMEOUT');
    expect(world.cluster.produced).toHaveLength(2);
    await world.clock.advance(5);
    expect(world.outcome('b')).toBe('ok');
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });

  it('counts from the creation of the batch over all its retries', async () => {
    const world = new SimWorld({
      settings: { ...SHORT, 'retry.backoff.ms': 10, 'retry.backoff.max.ms': 10 },
    });
    const topic = await world.start();
    world.cluster.onProduce = () => ({ error: () => ERROR.NOT_ENOUGH_REPLICAS });
    const from = world.clock.now();
    world.send(topic, 'a');
    await world.clock.advance(5000);
    expect(world.outcomes.get('a')!.atMs - from).toBeGreaterThanOrEqual(2990);
    expect(world.outcomes.get('a')!.atMs - from).toBeLessThanOrEqual(3000);
    expect(world.cluster.produced.length).toBeGreaterThan(100);
    await world.close();
  });

  it('of a batch that is not retried any more tells the last error of the broker', async () => {
    const world = new SimWorld({ settings: { ...SHORT, 'request.timeout.ms': 2000 } });
    const topic = await world.start();
    world.cluster.onProduce = () => ({ error: () => ERROR.NOT_ENOUGH_REPLICAS, afterMs: 1700 });
    world.send(topic, 'a');
    await world.clock.advance(10_000);
    expect(['NOT_ENOUGH_REPLICAS', 'TIMEOUT']).toContain(world.outcome('a'));
    expect(world.outcomes.get('a')!.times).toBe(1);
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });
});

describe('request.timeout.ms', () => {
  it('closes the connection and sends again on a new one', async () => {
    const world = new SimWorld({ settings: SHORT });
    const topic = await world.start();
    let first = true;
    world.cluster.onProduce = () => {
      const now = first;
      first = false;
      return { silent: now };
    };
    const opened = world.producer.totals.connectionsOpened;
    const from = world.clock.now();
    world.send(topic, 'a');
    await world.clock.advance(999);
    expect(world.producer.totals.connectionsOpened).toBe(opened);
    await world.clock.advance(1000);
    expect(world.outcome('a')).toBe('ok');
    expect(world.cluster.produced[1].atMs - from).toBeGreaterThan(1050);
    expect(world.producer.totals.connectionsOpened).toBe(opened + 1);
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });

  it('names itself when nothing is left to try', async () => {
    const world = new SimWorld({ settings: { ...SHORT, retries: 0 } });
    const topic = await world.start();
    world.cluster.onProduce = () => ({ silent: true });
    world.send(topic, 'a');
    await world.clock.advance(1001);
    expect(world.outcome('a')).toBe('REQUEST_TIMED_OUT');
    expect(world.outcomes.get('a')!.error!.message).toMatch(
      /b0:9092: no answer within 1000 ms \(request.timeout.ms\)/,
    );
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });

  it('holds for metadata as well', async () => {
    const world = new SimWorld({ settings: SHORT });
    world.cluster.metadataSilent = true;
    const connected = world.producer.connect();
    await world.clock.advance(1500);
    expect(world.cluster.metadataAsked.length).toBe(2);
    world.cluster.metadataSilent = false;
    await world.clock.settle(connected);
    expect(world.cluster.metadataAsked.length).toBeGreaterThanOrEqual(3);
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });
});

describe('max.block.ms', () => {
  it('ends the wait for a topic that does not come, with the broker’s reason', async () => {
    const world = new SimWorld({ settings: { 'max.block.ms': 2000 } });
    await world.clock.settle(world.producer.connect());
    const from = world.clock.now();
    const failed = expect(world.clock.settle(world.producer.topic('nope'))).rejects.toThrow(
      /topic nope: not in the metadata within 2000 ms \(.*\): .*UNKNOWN_TOPIC_OR_PARTITION/,
    );
    await failed;
    expect(world.clock.now() - from).toBeLessThanOrEqual(2001);
    expect(world.cluster.metadataAsked.length).toBeLessThan(20); // with backoff in between
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });

  it('does not have to pass where the broker says no for good', async () => {
    const world = new SimWorld();
    world.cluster.topics.get('t')!.error = ERROR.TOPIC_AUTHORIZATION_FAILED;
    await world.clock.settle(world.producer.connect());
    const from = world.clock.now();
    await expect(world.clock.settle(world.producer.topic('t'))).rejects.toMatchObject({
      kafkaName: 'TOPIC_AUTHORIZATION_FAILED',
    });
    expect(world.clock.now() - from).toBeLessThan(200);
    world.cluster.topics.get('t')!.error = ERROR.NONE; // allowed meanwhile
    await expect(world.clock.settle(world.producer.topic('t'))).resolves.toMatchObject({
      partitionCount: 1,
    });
    await expect(world.producer.topic('x'.repeat(250))).rejects.toMatchObject({
      kafkaName: 'INVALID_TOPIC_EXCEPTION',
    });
    await world.close();
  });

  it('ends the wait for memory: BufferExhausted, and the record is not sent', async () => {
    const world = new SimWorld({
      settings: { 'linger.ms': 0, 'batch.size': 1000, 'buffer.memory': 1000, 'max.block.ms': 500 },
    });
    const topic = await world.start();
    world.cluster.onProduce = () => ({ afterMs: 5000 });
    world.send(topic, 'x'.repeat(900));
    expect(world.send(topic, 'y'.repeat(900))).toBe(false);
    const from = world.clock.now();
    let told: unknown;
    world.producer.awaitMemory((error) => (told = { error, afterMs: world.clock.now() - from }));
    await world.clock.advance(499);
    expect(told).toBeUndefined();
    await world.clock.advance(2);
    expect(told).toMatchObject({
      error: { name: 'BufferExhaustedError', kafkaName: 'TIMEOUT' },
      afterMs: 500,
    });
    // Another wait has its own time.
    expect(world.send(topic, 'z'.repeat(900))).toBe(false);
    let again: unknown;
    world.producer.awaitMemory((error) => (again = error));
    expect(() => world.producer.awaitMemory(() => undefined)).toThrow(/one wait at a time/);
    await world.clock.advance(480);
    expect(again).toBeUndefined();
    await world.clock.advance(30);
    expect(again).toMatchObject({ name: 'BufferExhaustedError' });
    await world.close();
    expect(world.cluster.values('t', 0)).toEqual(['x'.repeat(900)]);
    expect(world.leftovers()).toEqual([]);
  });

  it('memory that comes in time ends the wait, though an earlier timer still runs', async () => {
    const world = new SimWorld({
      settings: { 'linger.ms': 0, 'batch.size': 1000, 'buffer.memory': 1000, 'max.block.ms': 100 },
    });
    const topic = await world.start();
    world.cluster.onProduce = () => ({ afterMs: 70 });
    for (let i = 0; i < 5; i++) {
      const value = `${i}${'-'.repeat(900)}`;
      if (world.send(topic, value)) continue;
      await world.clock.settle(
        new Promise<void>((resolve, reject) => {
          world.producer.awaitMemory((error) => {
            if (error !== null) reject(error);
            else if (world.send(topic, value)) resolve();
          });
        }),
      );
    }
    await world.close();
    expect(world.cluster.values('t', 0).map((value) => value[0])).toEqual([
      '0',
      '1',
      '2',
      '3',
      '4',
    ]);
    expect(world.leftovers()).toEqual([]);
  });
});
