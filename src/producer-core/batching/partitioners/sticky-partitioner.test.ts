import { describe, expect, it } from 'vitest';
import { BatchMaker, topicState } from '../../../testing/simulation/sim-batches.js';
import { SimWorld } from '../../../testing/simulation/sim-world.js';
import { StickyPartitioner, type StickyOptions } from './sticky-partitioner.js';
import { NodeState, type TopicState } from '../topic-state.js';

/** A random that gives 0, 1, 2, ... as Java's nextInt would. */
function counting(): () => number {
  let next = 0;
  return () => next++ / 0x80000000;
}

function led(topic: TopicState, ...leaders: (NodeState | null)[]): TopicState {
  topic.partitions.forEach((partition, i) => {
    partition.leader = leaders[i % leaders.length];
    partition.used = true;
  });
  return topic;
}

function queueUp(topic: TopicState, lengths: readonly number[]): void {
  const maker = new BatchMaker();
  lengths.forEach((length, i) => {
    for (let n = 0; n < length; n++) topic.partitions[i].queue.addLast(maker.sealed(topic, i));
  });
}

const partitioner = (options: Partial<StickyOptions> = {}) =>
  new StickyPartitioner({
    batchBytes: 1,
    adaptive: true,
    availabilityTimeoutMs: 0,
    random: counting(),
    ...options,
  });

/** How often each partition is chosen in `times` switches. */
function frequencies(
  sticky: StickyPartitioner,
  { partitions }: TopicState,
  times: number,
): number[] {
  const counts = partitions.map(() => 0);
  for (let i = 0; i < times; i++) {
    counts[sticky.peek(partitions)]++;
    sticky.update(partitions, 1, true);
  }
  return counts;
}

const node = new NodeState(0, 'h', 1);

describe('sticky partitioner', () => {
  it('stays for batch.size bytes and switches then (testStickyPartitioning)', () => {
    const topic = led(topicState('t', 3), node);
    const sticky = partitioner({ batchBytes: 3, adaptive: false });
    const first = sticky.peek(topic.partitions);
    sticky.update(topic.partitions, 1, true);
    sticky.update(topic.partitions, 1, true);
    expect(sticky.peek(topic.partitions)).toBe(first);
    sticky.update(topic.partitions, 1, true);
    expect(sticky.peek(topic.partitions)).not.toBe(first);
  });

  it('leaves no half-filled batch behind, up to twice batch.size', () => {
    const topic = led(topicState('t', 3), node);
    const sticky = partitioner({ batchBytes: 10, adaptive: false });
    const first = sticky.peek(topic.partitions);
    sticky.update(topic.partitions, 19, false);
    expect(sticky.peek(topic.partitions)).toBe(first);
    sticky.update(topic.partitions, 1, false);
    expect(sticky.peek(topic.partitions)).not.toBe(first);
  });

  it('chooses evenly among partitions with a leader, among all where none has one', () => {
    const uniform = () => partitioner({ adaptive: false });
    expect(frequencies(uniform(), led(topicState('t', 4), node, null), 100)).toEqual([
      50, 0, 50, 0,
    ]);
    expect(frequencies(uniform(), led(topicState('t', 4), null), 100)).toEqual([25, 25, 25, 25]);
  });

  it('weights by queue length as Java does (BuiltInPartitionerTest.adaptivePartitionsTest)', () => {
    const topic = led(topicState('t', 5), node);
    queueUp(topic, [5, 0, 3, 0, 1]);
    // Weights 6 - queue: 1, 6, 3, 6, 5.
    expect(frequencies(partitioner(), topic, 21 * 10)).toEqual([10, 60, 30, 60, 50]);
  });

  it('leaves out partitions without a leader', () => {
    const topic = led(topicState('t', 5), node, null, node, node, null);
    queueUp(topic, [1, 5, 0, 1, 9]);
    expect(frequencies(partitioner(), topic, 40)).toEqual([10, 0, 20, 10, 0]);
  });

  it('keeps to partitions led in client.rack, evenly or by their own queues (KIP-1123)', () => {
    const near = new NodeState(1, 'near', 1);
    near.placeInClientRack(true);
    const topic = led(topicState('t', 5), node, near, node, near, near);
    expect(frequencies(partitioner({ rackAware: true, adaptive: false }), topic, 30)).toEqual([
      0, 10, 0, 10, 10,
    ]);
    expect(frequencies(partitioner({ adaptive: false }), topic, 30)).toEqual([6, 6, 6, 6, 6]);
    queueUp(topic, [9, 2, 0, 0, 1]);
    // Weights 3 - queue: 1, 3, 2, whatever waits in other racks.
    expect(frequencies(partitioner({ rackAware: true }), topic, 60)).toEqual([0, 10, 0, 30, 20]);
  });

  it('goes to other racks where none is led in client.rack', () => {
    const topic = led(topicState('t', 2), node);
    expect(frequencies(partitioner({ rackAware: true }), topic, 10)).toEqual([5, 5]);
    queueUp(topic, [1, 0]);
    expect(frequencies(partitioner({ rackAware: true }), topic, 30)).toEqual([10, 20]);
  });

  it('is uniform while queues are equal, with one partition, and before all are used', () => {
    const equal = led(topicState('t', 2), node);
    queueUp(equal, [2, 2]);
    expect(frequencies(partitioner(), equal, 10)).toEqual([5, 5]);
    const unused = led(topicState('t', 2), node);
    queueUp(unused, [3, 0]);
    unused.partitions[1].used = false;
    expect(frequencies(partitioner(), unused, 10)).toEqual([5, 5]);
    expect(frequencies(partitioner(), led(topicState('t', 1), node), 10)).toEqual([10]);
  });

  it('excludes partitions whose node could not send for long, until they are empty', () => {
    const slow = new NodeState(1, 'slow', 1);
    const topic = led(topicState('t', 2), node, slow);
    queueUp(topic, [1, 1]);
    slow.drainMs = 1000;
    slow.readyMs = 1100;
    expect(frequencies(partitioner({ availabilityTimeoutMs: 100 }), topic, 10)).toEqual([5, 5]);
    slow.readyMs = 1101;
    expect(frequencies(partitioner({ availabilityTimeoutMs: 100 }), topic, 10)).toEqual([10, 0]);
    // Where that would leave none, or adaptive partitioning is off, nothing is excluded.
    const all = led(topicState('t', 2), slow);
    queueUp(all, [1, 3]);
    expect(frequencies(partitioner({ availabilityTimeoutMs: 100 }), all, 10)).toEqual([5, 5]);
    expect(
      frequencies(partitioner({ availabilityTimeoutMs: 100, adaptive: false }), topic, 10),
    ).toEqual([5, 5]);
    topic.partitions[1].queue.remove(topic.partitions[1].queue.first!);
    expect(frequencies(partitioner({ availabilityTimeoutMs: 100 }), topic, 30)).toEqual([10, 20]);
  });
});

describe('records without a key', () => {
  it('fill one batch after the other, each for the partition chosen then', async () => {
    const world = new SimWorld({
      settings: {
        'linger.ms': 1000,
        'batch.size': 500,
        'partitioner.adaptive.partitioning.enable': false,
      },
      topics: { t: [0, 0, 0, 0] },
    });
    const topic = await world.start();
    for (let i = 0; i < 200; i++) world.send(topic, `${i}${'-'.repeat(40)}`);
    await world.close();
    // No batch but the last one, and one that a switch at 2 x batch.size cut off, is less than
    // nearly full.
    const sizes = world.cluster.produced.flatMap(({ parts }) => parts.map(({ bytes }) => bytes));
    expect(sizes.filter((bytes) => bytes < 440).length).toBeLessThanOrEqual(1);
    expect(new Set(world.batchesDone.map(({ partition }) => partition)).size).toBeGreaterThan(1);
    expect(world.outcomes.size).toBe(200);
  });

  it('with keys too, if partitioner.ignore.keys says so', async () => {
    const world = new SimWorld({
      settings: { 'linger.ms': 50, 'partitioner.ignore.keys': true },
      topics: { t: [0, 0, 0, 0] },
    });
    const topic = await world.start();
    for (let i = 0; i < 20; i++) world.send(topic, `v${i}`, -1, `key-${i}`);
    await world.close();
    expect(world.batchesDone).toHaveLength(1);
    expect(
      world.cluster.topics
        .get('t')!
        .partitions.flatMap(({ batches }) => batches)
        .at(0)!
        .records[3].key?.toString(),
    ).toBe('key-3');
  });

  it.each([
    ['b', [1]],
    ['none', [0, 1, 2]],
    ['', [0, 1, 2]],
  ])(
    'with partitioner.rack.aware go to leaders in client.rack %j, while there are any',
    async (rack, leaders) => {
      const world = new SimWorld({
        brokers: 3,
        topics: { t: [0, 1, 2, 0, 1, 2] },
        settings: {
          'linger.ms': 0,
          'batch.size': 200,
          'client.rack': rack,
          'partitioner.rack.aware': true,
        },
      });
      ['a', 'b', 'c'].forEach((name, id) => world.cluster.racks.set(id, name));
      const topic = await world.start();
      for (let i = 0; i < 100; i++) {
        world.send(topic, `r${i} ${'-'.repeat(100)}`);
        await world.clock.advance(1);
      }
      await world.clock.advance(100);
      expect([...new Set(world.cluster.produced.map(({ node: id }) => id))].toSorted()).toEqual(
        leaders,
      );
      await world.close();
    },
  );

  it('do not shun a node because its connection is only being made', async () => {
    const world = new SimWorld({
      brokers: 2,
      topics: { t: [0, 1] },
      settings: {
        'linger.ms': 0,
        'batch.size': 200,
        'partitioner.availability.timeout.ms': 300,
      },
    });
    const topic = await world.start();
    await world.clock.advance(1000);
    world.network.silent.add('b1:9092');
    world.cluster.brokers.get(1)!.reset();
    for (const partition of [0, 1]) world.send(topic, `first ${partition}`, partition);
    await world.clock.advance(20);
    for (let i = 0; i < 60; i++) {
      world.send(topic, `r${i} ${'-'.repeat(100)}`);
      await world.clock.advance(1);
    }
    expect(world.outcomes.size).toBeLessThan(58); // some wait for the new node
    await world.clock.settle(world.producer.close(0));
  });

  it('go elsewhere while a node is not available', async () => {
    const world = new SimWorld({
      brokers: 2,
      topics: { t: [0, 1] },
      settings: { 'linger.ms': 0, 'batch.size': 200, 'partitioner.availability.timeout.ms': 300 },
    });
    const topic = await world.start();
    for (const partition of [0, 1]) world.send(topic, `warm ${partition}`, partition);
    await world.clock.advance(1000);
    world.cluster.onProduce = ({ node: id }) => ({ silent: id === 1 });
    let n = 0;
    const stream = async (ms: number) => {
      for (let i = 0; i < ms; i++) {
        world.send(topic, `r${n++} ${'-'.repeat(60)}`);
        await world.clock.advance(1);
      }
    };
    await stream(1000);
    const before = world.cluster.values('t', 0).length;
    const queued = n + 2 - world.outcomes.size;
    await stream(500);
    expect(world.cluster.values('t', 0).length - before).toBeGreaterThan(480);
    expect(n + 2 - world.outcomes.size - queued).toBeLessThan(20);
    await world.clock.settle(world.producer.close(0));
    expect(world.leftovers()).toEqual([]);
  });
});
