// What Java's Metadata and ProducerMetadata do that is not seen at first sight: partial updates,
// answers that tell nothing new, epochs.
import { describe, expect, it } from 'vitest';
import { SimWorld } from '../../testing/simulation/sim-world.js';
import { ERROR } from '../../wire/error-codes.js';
import { API } from '../../wire/api-keys.js';

const askedTopics = (world: SimWorld, from: number) =>
  world.cluster.metadataAsked.slice(from).map(({ topics }) => topics);

describe('a new topic', () => {
  it('is asked for by itself, without a wait, and does not make the rest younger', async () => {
    const world = new SimWorld({
      settings: { 'linger.ms': 0, 'metadata.max.age.ms': 10_000, 'retry.backoff.ms': 800 },
      topics: { t: [0], u: [0], v: [0] },
    });
    await world.start('t');
    const from = world.clock.now();
    const before = world.cluster.metadataAsked.length;
    await Promise.all(['u', 'v'].map((name) => world.clock.settle(world.producer.topic(name))));
    expect(world.clock.now() - from).toBeLessThan(10);
    expect(askedTopics(world, before).flat().sort()).toEqual(['u', 'v']);
    await world.clock.advance(5000);
    const later = world.cluster.metadataAsked.length;
    world.cluster.topic('w', [0]);
    await world.clock.settle(world.producer.topic('w'));
    expect(askedTopics(world, later)).toEqual([['w']]);
    await world.clock.advance(5000);
    const last = world.cluster.metadataAsked.at(-1)!;
    expect([...last.topics].sort()).toEqual(['t', 'u', 'v', 'w']);
    expect(last.atMs - from).toBeGreaterThan(9900);
    expect(last.atMs - from).toBeLessThan(10_100);
    await world.close();
  });

  it('that comes while an answer is awaited is asked for right after it', async () => {
    const world = new SimWorld({
      settings: { 'linger.ms': 0, 'retry.backoff.ms': 800 },
      topics: { t: [0], u: [0] },
    });
    await world.clock.settle(world.producer.connect());
    world.cluster.answerAfterMs = 50;
    const before = world.cluster.metadataAsked.length;
    const first = world.producer.topic('t');
    await world.clock.advance(75); // the connection is there, the first question under way
    const second = world.producer.topic('u');
    const from = world.clock.now();
    await world.clock.settle(Promise.all([first, second]));
    expect(world.clock.now() - from).toBeLessThan(150);
    expect(askedTopics(world, before)).toEqual([['t'], ['u']]);
    await world.close();
  });

  it('that does not exist is asked for again together with all others, with backoff', async () => {
    const world = new SimWorld({ settings: { 'linger.ms': 0, 'max.block.ms': 5000 } });
    await world.start('t');
    const before = world.cluster.metadataAsked.length;
    await expect(world.clock.settle(world.producer.topic('nope'))).rejects.toThrow(
      /UNKNOWN_TOPIC_OR_PARTITION/,
    );
    const asked = askedTopics(world, before);
    expect(asked[0]).toEqual(['nope']);
    expect(asked.slice(1).every((topics) => topics.length === 2)).toBe(true);
    expect(asked.length).toBeGreaterThan(4);
    expect(asked.length).toBeLessThan(12);
    await world.close();
  });
});

describe('answers that tell nothing new', () => {
  it('make the next wait longer, up to retry.backoff.max.ms; success resets it', async () => {
    const world = new SimWorld({ settings: { 'linger.ms': 0 }, brokers: 2, topics: { t: [1] } });
    const topic = await world.start();
    await world.clock.advance(1000);
    world.cluster.stop(1);
    await world.clock.advance(10);
    world.send(topic, 'a');
    await world.clock.advance(6000);
    const times = world.cluster.metadataAsked.map(({ atMs }) => atMs);
    const gaps = times.slice(-4).map((atMs, i, all) => (i === 0 ? NaN : atMs - all[i - 1]));
    for (const gap of gaps.slice(1)) expect(gap).toBeGreaterThan(790);
    expect(Math.max(...gaps.slice(1))).toBeLessThan(1010);
    world.cluster.moveLeader('t', 0, 0);
    await world.clock.advance(1200);
    expect(world.outcome('a')).toBe('ok');
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });
});

describe('leader epochs', () => {
  it('of Metadata before v9 are not believed: the newest answer counts', async () => {
    const world = new SimWorld({
      settings: { 'linger.ms': 0, 'metadata.max.age.ms': 1000 },
      brokers: 2,
    });
    world.cluster.versions = world.cluster.versions.map(([api, low, high]) => [
      api,
      low,
      api === API.METADATA ? 8 : high,
    ]);
    for (let i = 0; i < 4; i++) world.cluster.moveLeader('t', 0, i % 2);
    const topic = await world.start();
    const partition = world.cluster.topics.get('t')!.partitions[0];
    partition.leader = 0;
    partition.epoch = 1;
    partition.shown = { leader: 0, epoch: 1 };
    await world.clock.advance(2000);
    world.send(topic, 'a');
    await world.clock.advance(100);
    expect(world.cluster.produced.map(({ node }) => node)).toEqual([0]);
    expect(world.outcome('a')).toBe('ok');
    await world.close();
  });
});

describe('a topic that an answer has an error for', () => {
  it('has no leaders any more: its batches wait, not sent to where it was', async () => {
    const world = new SimWorld({
      settings: { 'linger.ms': 0, 'metadata.max.age.ms': 1000, retries: 0 },
    });
    const topic = await world.start();
    world.cluster.topics.get('t')!.error = ERROR.UNKNOWN_TOPIC_OR_PARTITION;
    await world.clock.advance(1500);
    world.send(topic, 'a');
    await world.clock.advance(1000);
    expect(world.cluster.produced).toEqual([]);
    world.cluster.topics.get('t')!.error = ERROR.NONE;
    await world.clock.advance(2000);
    expect(world.outcome('a')).toBe('ok');
    await world.close();
  });

  it('made anew with fewer partitions has so many, and keyed records go to those', async () => {
    const world = new SimWorld({
      settings: { 'linger.ms': 0, 'metadata.max.age.ms': 1000 },
      topics: { t: [0, 0, 0, 0] },
    });
    const topic = await world.start();
    expect(topic.partitionCount).toBe(4);
    for (let i = 0; i < 8; i++) world.send(topic, `a${i}`, -1);
    await world.clock.advance(100);
    world.cluster.topics.delete('t');
    world.cluster.topic('spare', [0]);
    world.cluster.topic('t', [0, 0]);
    await world.clock.advance(3000);
    expect(topic.partitionCount).toBe(2);
    for (let i = 0; i < 20; i++) world.send(topic, `b${i}`, -1, `key ${i}`);
    for (let i = 0; i < 20; i++) world.send(topic, `c${i}`);
    await world.clock.advance(500);
    for (const value of ['b', 'c'])
      for (let i = 0; i < 20; i++) expect(world.outcome(`${value}${i}`), `${value}${i}`).toBe('ok');
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });
});

describe('a hint of a produce answer (KIP-951)', () => {
  it('may name a node that was not known: its address comes with it', async () => {
    const world = new SimWorld({ settings: { 'linger.ms': 0 } });
    world.cluster.hints = true;
    const topic = await world.start();
    await world.clock.advance(1000);
    world.cluster.start(5, 'new');
    world.cluster.moveLeader('t', 0, 5, false);
    world.cluster.metadataSilent = true;
    world.send(topic, 'a');
    await world.clock.advance(30);
    expect(world.cluster.produced.map(({ node }) => node)).toEqual([0, 5]);
    expect(world.outcome('a')).toBe('ok');
    await world.clock.settle(world.producer.close(0));
  });

  it('that is of no use does not change where nodes are either', async () => {
    const world = new SimWorld({ settings: { 'linger.ms': 0 } });
    world.cluster.hints = true;
    const topic = await world.start();
    await world.clock.advance(1000);
    let first = true;
    world.cluster.onProduce = () => {
      // not the leader, it says, and names itself in the epoch that is known
      const error = first ? ERROR.NOT_LEADER_OR_FOLLOWER : ERROR.NONE;
      first = false;
      return { error: () => error };
    };
    (world.cluster.brokers.get(0) as { host: string }).host = 'elsewhere';
    world.network.servers.set('elsewhere:9092', world.network.servers.get('b0:9092')!);
    world.cluster.metadataSilent = true;
    world.send(topic, 'a');
    await world.clock.advance(10);
    expect(world.network.attempts.map(({ address }) => address)).not.toContain('elsewhere:9092');
    await world.clock.settle(world.producer.close(0));
  });
});
