import { describe, expect, it } from 'vitest';
import { SimPartition } from '../../testing/simulation/cluster/sim-partition.js';
import { SimWorld } from '../../testing/simulation/sim-world.js';
import { ERROR } from '../../wire/error-codes.js';

const asked = (world: SimWorld) => world.cluster.metadataAsked.length;

describe('metadata', () => {
  it('is asked for again when it is metadata.max.age.ms old', async () => {
    const world = new SimWorld({
      settings: { 'metadata.max.age.ms': 5000, 'connections.max.idle.ms': -1 },
    });
    await world.start();
    await world.clock.advance(300);
    const before = asked(world);
    await world.clock.advance(20_500);
    expect(asked(world) - before).toBe(4);
    await world.close();
  });

  it.each([
    ['UNKNOWN_TOPIC_OR_PARTITION', true],
    ['LEADER_NOT_AVAILABLE', true],
    ['NOT_LEADER_OR_FOLLOWER', true],
    ['REPLICA_NOT_AVAILABLE', true],
    ['NETWORK_EXCEPTION', true],
    ['KAFKA_STORAGE_ERROR', true],
    ['LISTENER_NOT_FOUND', true],
    ['FENCED_LEADER_EPOCH', true],
    ['UNKNOWN_TOPIC_ID', true],
    ['INCONSISTENT_TOPIC_ID', true],
    ['REQUEST_TIMED_OUT', false],
    ['NOT_ENOUGH_REPLICAS', false],
    ['UNKNOWN_LEADER_EPOCH', false],
  ] as const)('after error %s: %s', async (name, refreshes) => {
    const world = new SimWorld({ settings: { 'linger.ms': 0 } });
    const topic = await world.start();
    await world.clock.advance(1000);
    const before = asked(world);
    let first = true;
    world.cluster.onProduce = () => {
      const now = first;
      first = false;
      return { error: () => (now ? ERROR[name] : ERROR.NONE) };
    };
    world.send(topic, 'a');
    await world.clock.advance(1000);
    expect(asked(world) > before).toBe(refreshes);
    expect(world.outcome('a')).toBe('ok');
    await world.close();
  });

  it('for a leader that moved sends the batch to the new one', async () => {
    const world = new SimWorld({ settings: { 'linger.ms': 0 }, brokers: 2 });
    const topic = await world.start();
    await world.clock.advance(1000);
    world.cluster.moveLeader('t', 0, 1);
    world.send(topic, 'a');
    const from = world.clock.now();
    await world.clock.advance(500);
    expect(world.cluster.produced.map(({ node }) => node)).toEqual([0, 1]);
    // No backoff for a leader that is new: refused, asked, sent (with a connection to make).
    expect(world.cluster.produced[1].atMs - from).toBeLessThan(10);
    expect(world.outcome('a')).toBe('ok');
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });

  it('keeps the newer leader when another broker has an old view', async () => {
    const world = new SimWorld({ settings: { 'linger.ms': 0 }, brokers: 2 });
    const topic = await world.start();
    await world.clock.advance(1000);
    world.cluster.moveLeader('t', 0, 1);
    world.send(topic, 'a');
    await world.clock.advance(1000);
    world.cluster.topics.get('t')!.partitions[0].shown = { leader: 0, epoch: 0 };
    let once = true;
    world.cluster.onProduce = () => {
      const now = once;
      once = false;
      return { error: () => (now ? ERROR.LEADER_NOT_AVAILABLE : ERROR.NONE) };
    };
    world.send(topic, 'b');
    await world.clock.advance(1000);
    expect(world.outcome('b')).toBe('ok');
    expect(world.cluster.produced.map(({ node }) => node)).toEqual([0, 1, 1, 1]);
    await world.close();
  });

  it('a hint in the answer (KIP-951) is followed at once, before any metadata', async () => {
    const world = new SimWorld({ settings: { 'linger.ms': 0 }, brokers: 2 });
    world.cluster.hints = true;
    const topic = await world.start();
    await world.clock.advance(1000);
    world.cluster.moveLeader('t', 0, 1, false);
    const from = world.clock.now();
    world.send(topic, 'a');
    await world.clock.advance(200);
    expect(world.cluster.produced.map(({ node }) => node)).toEqual([0, 1]);
    expect(world.cluster.produced[1].atMs - from).toBeLessThan(5);
    expect(world.outcome('a')).toBe('ok');
    await world.close();
  });

  it('a hint that is not newer is not followed', async () => {
    const world = new SimWorld({ settings: { 'linger.ms': 0 }, brokers: 2 });
    world.cluster.hints = true;
    const topic = await world.start();
    await world.clock.advance(1000);
    world.cluster.topics.get('t')!.partitions[0].leader = 1; // epoch 0 still
    world.send(topic, 'a');
    await world.clock.advance(60);
    expect(world.cluster.produced.map(({ node }) => node)).toEqual([0]);
    world.cluster.topics.get('t')!.partitions[0].leader = 0;
    await world.clock.advance(500);
    expect(world.outcome('a')).toBe('ok');
    expect(world.cluster.produced.map(({ node }) => node)).toEqual([0, 0]);
    await world.close();
  });

  it('waits for a leader while there is none, without asking in a tight loop', async () => {
    const world = new SimWorld({ settings: { 'linger.ms': 0 }, brokers: 2, topics: { t: [1] } });
    const topic = await world.start();
    world.cluster.stop(1);
    await world.clock.advance(10);
    world.send(topic, 'a');
    const before = asked(world);
    await world.clock.advance(10_000);
    expect(asked(world) - before).toBeGreaterThan(5);
    expect(asked(world) - before).toBeLessThan(40);
    world.cluster.start(1);
    await world.clock.advance(2000);
    expect(world.outcome('a')).toBe('ok');
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });

  it('follows a broker to its new address', async () => {
    const world = new SimWorld({ settings: { 'linger.ms': 0 }, brokers: 2, topics: { t: [1] } });
    const topic = await world.start();
    world.send(topic, 'a');
    await world.clock.advance(100);
    world.cluster.stop(1);
    world.cluster.start(1, 'elsewhere');
    world.send(topic, 'b');
    await world.clock.advance(3000);
    expect(world.outcome('b')).toBe('ok');
    expect(world.network.attempts.at(-1)!.address).toBe('elsewhere:9092');
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });

  it('gives up a leader that has left the cluster, also of a topic left out', async () => {
    const world = new SimWorld({
      settings: { 'linger.ms': 0 },
      brokers: 2,
      topics: { t: [1], u: [0] },
    });
    const topic = await world.start('t');
    await world.clock.settle(world.producer.topic('u'));
    world.cluster.stop(1);
    world.cluster.topics.get('t')!.error = ERROR.TOPIC_AUTHORIZATION_FAILED;
    await world.clock.advance(2000);
    world.send(topic, 'a');
    await world.clock.advance(1000);
    const before = asked(world);
    await world.clock.advance(2000);
    expect(asked(world)).toBeGreaterThan(before); // it goes on asking
    world.cluster.topics.get('t')!.error = ERROR.NONE;
    world.cluster.moveLeader('t', 0, 0);
    await world.clock.advance(2000);
    expect(world.outcome('a')).toBe('ok');
    await world.close();
  });

  it('a topic made anew under the same name starts its leader epochs anew', async () => {
    const world = new SimWorld({ settings: { 'linger.ms': 0 }, brokers: 2 });
    const topic = await world.start();
    for (let i = 0; i < 6; i++) world.cluster.moveLeader('t', 0, i % 2);
    world.send(topic, 'a');
    await world.clock.advance(500);
    world.cluster.topics.delete('t');
    await world.clock.advance(10);
    world.cluster.topic('other', [0]);
    world.cluster.topic('t', [0]);
    world.send(topic, 'b');
    await world.clock.advance(3000);
    expect(world.outcome('b')).toBe('ok');
    expect(world.cluster.values('t', 0)).toEqual(['b']);
    await world.close();
  });

  it('an answer under an id of a topic made anew meanwhile belongs to its batch', async () => {
    const world = new SimWorld({
      settings: { 'linger.ms': 0, 'metadata.max.age.ms': 1000 },
      brokers: 2,
      topics: { t: [0, 1] },
    });
    const topic = await world.start();
    world.cluster.onProduce = () => ({ afterMs: 3000 });
    world.send(topic, 'a', 0);
    await world.clock.advance(100);
    const old = world.cluster.topics.get('t')!;
    old.id = '00000000-0000-0000-0000-00000000abcd';
    const opened = world.producer.totals.connectionsOpened;
    await world.clock.advance(3500);
    expect(world.outcomes.get('a')).toMatchObject({ error: null, offset: 0 });
    expect(world.producer.totals.retries).toBe(0);
    expect(world.producer.totals.connectionsOpened - opened).toBeLessThanOrEqual(1);
    await world.close();
  });

  it('forgets a topic idle for metadata.max.idle.ms; a handle kept longer works', async () => {
    const world = new SimWorld({
      settings: {
        'linger.ms': 0,
        'metadata.max.age.ms': 2000,
        'metadata.max.idle.ms': 5000,
        'connections.max.idle.ms': -1,
      },
      brokers: 2,
      topics: { t: [0, 0], u: [0] },
    });
    const topic = await world.start('t');
    await world.clock.settle(world.producer.topic('u'));
    world.send(topic, 'a');
    await world.clock.advance(20_000);
    expect(world.cluster.metadataAsked.at(-1)!.topics).toEqual([]);
    for (const partition of [0, 1]) world.cluster.moveLeader('t', partition, 1);
    for (let i = 0; i < 6; i++) world.send(topic, `b${i}`, i % 2);
    await world.clock.advance(1000);
    expect(world.outcome('b5')).toBe('ok');
    expect(world.producer.totals.retries).toBe(0); // the leader was asked for, not remembered
    expect(world.cluster.metadataAsked.at(-1)!.topics).toEqual(['t']);
    // Asked for by name it is the same handle, and what is appended through either arrives.
    await world.clock.advance(20_000);
    const again = await world.clock.settle(world.producer.topic('t'));
    expect(again).toBe(topic);
    world.send(topic, 'c', 0);
    world.send(again, 'd', 1);
    await world.close();
    expect([world.outcome('c'), world.outcome('d')]).toEqual(['ok', 'ok']);
    expect(world.leftovers()).toEqual([]);
  });

  it('adds partitions that the topic got', async () => {
    const world = new SimWorld({ settings: { 'linger.ms': 0, 'metadata.max.age.ms': 1000 } });
    const topic = await world.start();
    expect(topic.partitionCount).toBe(1);
    world.cluster.topics.get('t')!.partitions.push(new SimPartition(0));
    await world.clock.advance(2000);
    expect(topic.partitionCount).toBe(2);
    world.send(topic, 'a', 1);
    await world.close();
    expect(world.cluster.values('t', 1)).toEqual(['a']);
  });
});
