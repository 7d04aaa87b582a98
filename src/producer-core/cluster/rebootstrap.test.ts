import { describe, expect, it } from 'vitest';
import { SimCluster } from '../../testing/simulation/cluster/sim-cluster.js';
import { SimWorld, type SimWorldOptions } from '../../testing/simulation/sim-world.js';
import { ERROR } from '../../wire/error-codes.js';

/**
 * A producer whose bootstrap name leads to b0, and a broker c0 of another cluster that has the same
 * topic.
 */
function twoClusters(settings: SimWorldOptions['settings'] = {}) {
  const world = new SimWorld({
    settings: { 'linger.ms': 0, 'bootstrap.servers': 'boot:9092', ...settings },
  });
  world.network.names.set('boot', ['b0']);
  const other = new SimCluster(world.network, 0);
  other.start(7, 'c0');
  other.topic('t', [7]);
  // Another cluster's leader epochs are its own.
  for (let i = 0; i < 5; i++) world.cluster.moveLeader('t', 0, 0);
  return { world, other };
}

describe('metadata.recovery.strategy = rebootstrap', () => {
  it('with no known node left looks the bootstrap names up again', async () => {
    const { world, other } = twoClusters();
    const topic = await world.start();
    world.send(topic, 'a');
    await world.clock.advance(500);
    world.cluster.stop(0);
    world.network.names.set('boot', ['c0']);
    world.send(topic, 'b');
    await world.clock.advance(3000);
    expect(world.outcome('a')).toBe('ok');
    expect(world.outcome('b')).toBe('ok');
    expect(other.values('t', 0)).toEqual(['b']);
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });

  it('none: waits for the nodes that are known', async () => {
    const { world, other } = twoClusters({
      'metadata.recovery.strategy': 'none',
      'metadata.recovery.rebootstrap.trigger.ms': 1000,
    });
    const topic = await world.start();
    world.cluster.stop(0);
    world.network.names.set('boot', ['c0']);
    world.send(topic, 'b');
    await world.clock.advance(20_000);
    expect(world.outcome('b')).toBeUndefined();
    world.cluster.start(0);
    await world.clock.advance(2000);
    expect(world.outcome('b')).toBe('ok');
    expect(other.values('t', 0)).toEqual([]);
    await world.close();
  });

  it('in vain it asks the bootstrap addresses with backoff, not in a tight loop', async () => {
    const { world } = twoClusters();
    const topic = await world.start();
    world.cluster.stop(0);
    world.network.names.set('boot', ['nowhere']);
    world.send(topic, 'b');
    const before = world.network.attempts.length;
    await world.clock.advance(30_000);
    expect(world.network.attempts.length - before).toBeLessThan(80);
    world.network.names.set('boot', ['c0']);
    await world.clock.advance(3000);
    expect(world.outcome('b')).toBe('ok');
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });

  it('a node that comes back under the same address has its backoff still', async () => {
    const world = new SimWorld({
      settings: {
        'bootstrap.servers': 'b1:9092',
        'reconnect.backoff.ms': 4000,
        'reconnect.backoff.max.ms': 4000,
        'linger.ms': 0,
      },
      brokers: 2,
      topics: { t: [0, 1] },
    });
    const topic = await world.start();
    for (const partition of [0, 1]) world.send(topic, `a${partition}`, partition);
    await world.clock.advance(1000);
    const start = world.clock.now();
    const broken = (id: number) => world.cluster.brokers.get(id)!.reset();
    broken(1); // also as the bootstrap node: tried again after 4 s
    await world.clock.advance(2000);
    world.network.servers.delete('b0:9092');
    broken(0); // to be tried again after 6 s
    for (const partition of [0, 1]) world.send(topic, `b${partition}`, partition);
    const asked = world.cluster.metadataAsked.length;
    await world.clock.advance(3900);
    const tries = world.network.attempts.filter(({ atMs }) => atMs > start);
    expect(world.cluster.metadataAsked.length).toBeGreaterThan(asked);
    expect(tries.map(({ address }) => address)).toContain('b1:9092');
    expect(tries.map(({ address }) => address)).not.toContain('b0:9092');
    await world.clock.advance(200);
    expect(world.network.attempts.at(-1)!.address).toBe('b0:9092');
    expect(world.outcome('b1')).toBe('ok');
    await world.clock.settle(world.producer.close(0));
    expect(world.leftovers()).toEqual([]);
  });

  it('after metadata.recovery.rebootstrap.trigger.ms in vain does so too', async () => {
    const { world, other } = twoClusters({
      'request.timeout.ms': 2000,
      'metadata.recovery.rebootstrap.trigger.ms': 9000,
      'metadata.max.age.ms': 5000,
    });
    const topic = await world.start();
    await world.clock.advance(100);
    world.cluster.metadataSilent = true;
    world.network.names.set('boot', ['c0']);
    const wantedMs = world.clock.now() + 4900; // then its age is reached
    await world.clock.advance(4900 + 8800);
    expect(other.metadataAsked).toEqual([]);
    // The connection that was the bootstrap node's is still there, so that it is asked first, for
    // request.timeout.ms.
    await world.clock.advance(5000);
    expect(other.metadataAsked.length).toBeGreaterThan(0);
    expect(other.metadataAsked[0].atMs - wantedMs).toBeGreaterThan(9000);
    world.send(topic, 'b');
    await world.clock.advance(1000);
    expect(other.values('t', 0)).toEqual(['b']);
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });

  it('at once when a broker answers REBOOTSTRAP_REQUIRED', async () => {
    const { world, other } = twoClusters({ 'metadata.max.age.ms': 1000 });
    const topic = await world.start();
    world.send(topic, 'a');
    await world.clock.advance(500);
    world.network.names.set('boot', ['c0']);
    world.cluster.metadataError = ERROR.REBOOTSTRAP_REQUIRED;
    await world.clock.advance(1500);
    world.send(topic, 'b');
    await world.clock.advance(500);
    expect(other.values('t', 0)).toEqual(['b']);
    expect(world.producer.totals.retries).toBe(0);
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });

  it('at once when a known address has become another cluster’s', async () => {
    for (const check of [true, false]) {
      const { world, other } = twoClusters({ 'metadata.cluster.check.enable': check });
      other.clusterId = 'other';
      const topic = await world.start();
      world.send(topic, 'a');
      await world.clock.advance(500);
      // Whoever connects to b0 now meets the other cluster, and the name leads to it too.
      world.cluster.stop(0);
      other.start(9, 'b0');
      world.network.names.set('boot', ['c0']);
      world.send(topic, 'b');
      await world.clock.advance(3000);
      const takenForOurs = other.taken
        .filter(({ node }) => node === 9)
        .map(({ clusterId, nodeId }) => ({ clusterId, nodeId }));
      expect(takenForOurs[0]).toEqual(
        check ? { clusterId: 'sim', nodeId: 0 } : { clusterId: null, nodeId: -1 },
      );
      // Without the check the other cluster's epochs look stale, and what is known of the first one
      // stays.
      expect(other.values('t', 0)).toEqual(check ? ['b'] : []);
      // Of the bootstrap addresses nothing is expected.
      expect(world.cluster.taken[0]).toEqual({ node: 0, clusterId: null, nodeId: -1 });
      await world.close();
    }
  });

  it('not when a broker says so and the strategy is none: a failure like others', async () => {
    const { world, other } = twoClusters({
      'metadata.recovery.strategy': 'none',
      'metadata.max.age.ms': 1000,
    });
    const topic = await world.start();
    world.network.names.set('boot', ['c0']);
    world.cluster.metadataError = ERROR.REBOOTSTRAP_REQUIRED;
    const before = world.cluster.metadataAsked.length;
    await world.clock.advance(10_000);
    const asked = world.cluster.metadataAsked.length - before;
    expect(asked).toBeGreaterThan(5);
    expect(asked).toBeLessThan(20);
    world.send(topic, 'a'); // the leader is still known
    await world.clock.advance(100);
    expect(world.outcome('a')).toBe('ok');
    expect(other.metadataAsked).toEqual([]);
    await world.close();
  });
});
