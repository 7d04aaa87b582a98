import { describe, expect, it } from 'vitest';
import { SimWorld, type SimWorldOptions } from '../testing/simulation/sim-world.js';
import { NodeAddresses } from './node-addresses.js';

describe('the addresses of a name', () => {
  it('are taken one after the other, then the name is resolved again', () => {
    const addresses = new NodeAddresses();
    expect(addresses.next()).toBeNull();
    expect(addresses.resolved(['1', '2', '3'])).toBe('1');
    expect([addresses.next(), addresses.next(), addresses.next()]).toEqual(['2', '3', null]);
    expect(addresses.resolved(['1', '2'])).toBe('1');
  });

  it('start behind the one that was tried last, where there are others', () => {
    const addresses = new NodeAddresses();
    addresses.resolved(['1', '2']);
    addresses.forget();
    expect(addresses.next()).toBeNull();
    expect(addresses.resolved(['1', '2'])).toBe('2');
    addresses.forget();
    expect(addresses.resolved(['2'])).toBe('2');
  });

  it('are of the family of the first one', () => {
    const addresses = new NodeAddresses();
    expect(addresses.resolved(['127.0.0.1', '::1', '127.0.0.2'])).toBe('127.0.0.1');
    expect([addresses.next(), addresses.next()]).toEqual(['127.0.0.2', null]);
    expect(addresses.resolved(['::1', '127.0.0.1'])).toBe('::1');
    expect(addresses.next()).toBeNull();
  });

  it('may be none', () => {
    expect(new NodeAddresses().resolved([])).toBeUndefined();
  });
});

/**
 * Metadata without a backoff of its own and without going back to bootstrap, so that only the
 * connections' own waits are seen.
 */
function worldOf(
  settings: SimWorldOptions['settings'],
  names: Readonly<Record<string, readonly string[] | Error>> = {},
) {
  const world = new SimWorld({
    settings: {
      'linger.ms': 0,
      'retry.backoff.ms': 0,
      'metadata.recovery.strategy': 'none',
      ...settings,
    },
  });
  for (const [name, found] of Object.entries(names)) world.network.names.set(name, found);
  return world;
}

const attempted = (world: SimWorld) => world.network.attempts.map(({ address }) => address);

describe('client.dns.lookup', () => {
  it('use_all_dns_ips: each address is tried, after reconnect.backoff.ms each', async () => {
    const world = worldOf(
      {
        'bootstrap.servers': 'many:9092',
        'reconnect.backoff.ms': 200,
        'reconnect.backoff.max.ms': 200,
      },
      { many: ['1.1.1.1', '2.2.2.2', 'b0'] },
    );
    const from = world.clock.now();
    await world.clock.settle(world.producer.connect());
    expect(attempted(world).slice(0, 3)).toEqual(['1.1.1.1:9092', '2.2.2.2:9092', 'b0:9092']);
    const times = world.network.attempts.map(({ atMs }) => atMs - from);
    expect(times[1]).toBeCloseTo(200, -1);
    expect(times[2]).toBeCloseTo(400, -1);
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });

  it('a name is looked up again once all its addresses were tried', async () => {
    const world = worldOf({ 'bootstrap.servers': 'many:9092' }, { many: ['1.1.1.1', '2.2.2.2'] });
    const found = world.clock.settle(world.producer.connect());
    await world.clock.advance(30);
    world.network.names.set('many', ['3.3.3.3', 'b0']);
    await found;
    expect(attempted(world).slice(0, 4)).toEqual([
      '1.1.1.1:9092',
      '2.2.2.2:9092',
      '3.3.3.3:9092',
      'b0:9092',
    ]);
    await world.close();
  });

  it('looks a name up again when its connection broke: a moved broker is found', async () => {
    const world = worldOf({});
    world.cluster.stop(0);
    world.cluster.start(0, 'name');
    world.network.servers.set('10.0.0.1:9092', world.network.servers.get('name:9092')!);
    for (const name of ['b0', 'name']) world.network.names.set(name, ['10.0.0.1']);
    const topic = await world.start();
    world.send(topic, 'a');
    await world.clock.advance(100);
    const before = world.network.attempts.length;
    // Two addresses now, the old one still listed first: it is not the first to be tried.
    world.network.names.set('name', ['10.0.0.1', '10.0.0.2']);
    world.network.servers.set('10.0.0.2:9092', world.network.servers.get('name:9092')!);
    world.cluster.brokers.get(0)!.reset();
    world.send(topic, 'b');
    await world.clock.advance(1000);
    expect(world.outcome('b')).toBe('ok');
    expect(attempted(world).slice(before)).toEqual(['10.0.0.2:9092']);
    await world.close();
  });

  it('resolve_canonical_bootstrap_servers_only: each address is a node by full name', async () => {
    const world = worldOf(
      {
        'bootstrap.servers': 'alias:9092,other:9093',
        'client.dns.lookup': 'resolve_canonical_bootstrap_servers_only',
        'max.block.ms': 3000,
      },
      { alias: ['10.0.0.1', '10.0.0.2'], other: ['10.0.0.3'] },
    );
    const names = { '10.0.0.1': 'one.example', '10.0.0.2': 'two.example', '10.0.0.3': '10.0.0.3' };
    for (const [address, name] of Object.entries(names))
      world.network.canonicalNames.set(address, name);
    await expect(world.clock.settle(world.producer.connect())).rejects.toMatchObject({
      addresses: [
        { address: 'one.example:9092' },
        { address: 'two.example:9092' },
        { address: '10.0.0.3:9093' },
      ],
    });
    expect(new Set(attempted(world))).toEqual(
      new Set(['one.example:9092', 'two.example:9092', '10.0.0.3:9093']),
    );
    await world.close();
  });

  it('leaves out names that cannot be resolved; if all, it is told at once', async () => {
    const missing = Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' });
    const world = worldOf({ 'bootstrap.servers': 'gone:9092,b0:9092' }, { gone: missing });
    await world.start();
    expect(world.network.lookups.filter((name) => name === 'gone')).toHaveLength(1);
    await world.close();
    for (const lookup of ['use_all_dns_ips', 'resolve_canonical_bootstrap_servers_only']) {
      const none = worldOf(
        { 'bootstrap.servers': 'gone:9092,empty:1', 'client.dns.lookup': lookup },
        { gone: missing },
      );
      none.network.names.set('empty', []);
      await expect(none.clock.settle(none.producer.connect(), 1)).rejects.toThrow(
        'none of the names in bootstrap.servers can be resolved: ' +
          'gone:9092: the name cannot be resolved; empty:1: the name cannot be resolved',
      );
      await none.close();
      expect(none.leftovers()).toEqual([]);
    }
  });
});

describe('bootstrap.resolve.timeout.ms', () => {
  const missing = Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' });
  const late = (limitMs: number) =>
    worldOf(
      {
        'bootstrap.servers': 'soon:9092',
        'bootstrap.resolve.timeout.ms': limitMs,
        'retry.backoff.ms': 100,
      },
      { soon: missing },
    );

  it('is how long names are tried that DNS does not know yet, every retry.backoff.ms', async () => {
    const world = late(5000);
    const connected = world.producer.connect();
    await world.clock.advance(1000);
    expect(world.network.lookups.filter((name) => name === 'soon')).toHaveLength(11);
    world.network.names.set('soon', ['b0']);
    await world.clock.settle(connected);
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });

  it('ends in an error that says so', async () => {
    const world = late(450);
    await expect(world.clock.settle(world.producer.connect())).rejects.toThrow(
      'can be resolved within 450 ms (bootstrap.resolve.timeout.ms): soon:9092: ' +
        'the name cannot be resolved',
    );
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });
});

describe('setting a connection up', () => {
  it('may take socket.connection.setup.timeout.ms, doubled up to the maximum', async () => {
    const world = worldOf({
      'bootstrap.servers': 'silent:1',
      'socket.connection.setup.timeout.ms': 100,
      'socket.connection.setup.timeout.max.ms': 400,
      'reconnect.backoff.ms': 10,
      'reconnect.backoff.max.ms': 10,
      'max.block.ms': 2200,
    });
    world.network.silent.add('silent:1');
    await expect(world.clock.settle(world.producer.connect())).rejects.toThrow(/setup.timeout/);
    const { attempts } = world.network;
    const took = attempts.slice(1).map(({ atMs }, i) => atMs - attempts[i].atMs - 10);
    [100, 200, 400, 400, 400].forEach((term, i) => {
      expect(took[i]).toBeGreaterThanOrEqual(term * 0.8 - 1);
      expect(took[i]).toBeLessThanOrEqual(Math.min(400, term * 1.2) + 1);
    });
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });

  it('has request.timeout.ms for the answer to ApiVersions, as any other request', async () => {
    const world = worldOf({
      'bootstrap.servers': 'mute:1',
      'socket.connection.setup.timeout.ms': 300,
      'request.timeout.ms': 1000,
      'delivery.timeout.ms': 1000,
      'max.block.ms': 2500,
    });
    world.network.servers.set('mute:1', {
      accept: () => ({ onBytes: () => undefined, onClose: () => undefined }),
    });
    await expect(world.clock.settle(world.producer.connect())).rejects.toThrow(
      /mute:1: no answer within 1000 ms \(request.timeout.ms\)/,
    );
    const { attempts } = world.network;
    expect(attempts[1].atMs - attempts[0].atMs).toBeGreaterThan(1040);
    expect(attempts).toHaveLength(3);
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });

  it('waits anew from reconnect.backoff.ms once requests could be sent in between', async () => {
    const world = worldOf({ 'reconnect.backoff.ms': 100, 'reconnect.backoff.max.ms': 10_000 });
    const topic = await world.start();
    world.send(topic, 'a');
    await world.clock.advance(100);
    const waits = async (times: number) => {
      world.cluster.stop(0);
      const from = world.network.attempts.length;
      let last = world.clock.now();
      while (world.network.attempts.length < from + times) await world.clock.advance(1);
      world.cluster.start(0);
      return world.network.attempts.slice(from).map(({ atMs }) => {
        const wait = atMs - last;
        last = atMs;
        return wait;
      });
    };
    for (const round of [1, 2]) {
      const found = await waits(4);
      [100, 200, 400, 800].forEach((term, i) => {
        expect(found[i], `round ${round}, wait ${i}`).toBeGreaterThanOrEqual(term * 0.8 - 1);
        expect(found[i], `round ${round}, wait ${i}`).toBeLessThanOrEqual(term * 1.2 + 3);
      });
      await world.clock.advance(20_000); // it is connected, and metadata has come
    }
    await world.close();
  });
});
