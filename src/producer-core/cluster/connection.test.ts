import { describe, expect, it } from 'vitest';
import { SimWorld } from '../../testing/simulation/sim-world.js';
import { ERROR } from '../../wire/error-codes.js';
import { API } from '../../wire/api-keys.js';

const error = (code: string, text = code) => Object.assign(new Error(text), { code });

describe('finding the cluster', () => {
  it('fails with each bootstrap address and what happened there', async () => {
    const world = new SimWorld({
      settings: {
        'bootstrap.servers': 'dead:1,silent:2,unknown:3,tls:4,http:5,closing:6',
        'max.block.ms': 60_000,
      },
    });
    const { network, clock } = world;
    network.silent.add('silent:2');
    network.names.set('unknown', error('ENOTFOUND'));
    const answering = (bytes: Buffer | null) => ({
      accept: (link: { send(bytes: Buffer): void; close(error: Error | null): void }) => ({
        onBytes: () => {
          if (bytes === null) link.close(null);
          else link.send(bytes);
        },
        onClose: () => undefined,
      }),
    });
    network.servers.set('tls:4', answering(Buffer.from('15030300020228', 'hex')));
    network.servers.set('http:5', answering(Buffer.from('HTTP/1.1 400 Bad Request\r\n')));
    network.servers.set('closing:6', answering(null));
    const found = clock.settle(world.producer.connect());
    await expect(found).rejects.toMatchObject({
      kafkaName: 'BOOTSTRAP',
      addresses: [
        { address: 'dead:1', outcome: 'connection refused' },
        {
          address: 'silent:2',
          outcome: expect.stringMatching(
            /no connection within \d+ ms \(socket.connection.setup.timeout.ms\)/,
          ) as string,
        },
        { address: 'unknown:3', outcome: 'the name cannot be resolved' },
        { address: 'tls:4', outcome: expect.stringContaining('TLS') as string },
        { address: 'http:5', outcome: expect.stringContaining('HTTP') as string },
        {
          address: 'closing:6',
          outcome: expect.stringMatching(
            /the broker closed the connection before it was usable/,
          ) as string,
        },
      ],
    });
    await expect(found).rejects.toThrow(
      /^no bootstrap address answered within 60000 ms .*: dead:1: connection refused; silent:2: /,
    );
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });

  it('one good address among dead ones is enough', async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const world = new SimWorld({
        settings: { 'bootstrap.servers': 'dead:1,dead:2,b0:9092,dead:3' },
        seed,
      });
      const from = world.clock.now();
      const topic = await world.start();
      // Three vain attempts, each followed by retry.backoff.ms, doubled: 100 + 200 + 400 ms and 20
      // % of jitter.
      expect(world.clock.now() - from, `seed ${seed}`).toBeLessThan(860);
      world.send(topic, 'a');
      await world.close();
      expect(world.outcome('a')).toBe('ok');
    }
  });

  it('is not a crash when a name has no address or the metadata an impossible port', async () => {
    const world = new SimWorld({
      settings: { 'bootstrap.servers': 'none:9092', 'max.block.ms': 1000 },
    });
    world.network.names.set('none', []);
    await expect(world.clock.settle(world.producer.connect())).rejects.toThrow(
      /none:9092: the name cannot be resolved/,
    );
    await world.close();
    const bad = new SimWorld({
      settings: { 'linger.ms': 0, 'request.timeout.ms': 1000, 'delivery.timeout.ms': 2000 },
    });
    const topic = await bad.start();
    (bad.cluster.brokers.get(0) as { port: number }).port = 70_000;
    bad.cluster.onProduce = () => ({ error: () => ERROR.NOT_LEADER_OR_FOLLOWER });
    bad.send(topic, 'a');
    await bad.clock.advance(3000);
    expect(bad.outcome('a')).toBe('TIMEOUT');
    await bad.clock.settle(bad.producer.close(0));
    expect(bad.leftovers()).toEqual([]);
  });

  it('a broker that advertises where nobody listens is named when topics do not come', async () => {
    const world = new SimWorld({ settings: { 'max.block.ms': 1000 } });
    (world.cluster.brokers.get(0) as { host: string }).host = 'internal';
    await world.clock.settle(world.producer.connect());
    await expect(world.clock.settle(world.producer.topic('t'))).rejects.toThrow(
      /topic t: .*: internal:9092: connection refused/,
    );
    await world.close();
  });

  it('metadata that names a partition out of range is refused, not allocated for', async () => {
    const world = new SimWorld({ settings: { 'max.block.ms': 500 } });
    await world.clock.settle(world.producer.connect());
    const partitions = world.cluster.topics.get('t')!.partitions;
    partitions.map = () => [{ partitionIndex: 2_000_000_000, leaderId: 0 }] as never;
    await expect(world.clock.settle(world.producer.topic('t'))).rejects.toThrow(/max.block.ms/);
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });
});

describe('version negotiation', () => {
  it.each([4, 3, 2, 0])('works with a broker whose ApiVersions ends at v%d', async (high) => {
    const world = new SimWorld({ settings: { 'linger.ms': 0 } });
    world.cluster.versions = [
      [API.PRODUCE, 3, 8],
      [API.METADATA, 0, 8],
      [API.API_VERSIONS, 0, high],
    ];
    const topic = await world.start();
    world.send(topic, 'a');
    await world.close();
    expect(world.outcome('a')).toBe('ok');
    expect(world.cluster.produced[0].version).toBe(8);
  });

  it('falls back to v0 where the refusal names no version', async () => {
    const world = new SimWorld({ settings: { 'linger.ms': 0 } });
    world.cluster.versions = [
      [API.PRODUCE, 3, 8],
      [API.METADATA, 0, 8],
      [API.API_VERSIONS, 0, 0],
    ];
    world.cluster.bareUnsupported = true;
    const topic = await world.start();
    world.send(topic, 'a');
    await world.close();
    expect(world.outcome('a')).toBe('ok');
  });

  it('falls back to v0 where what follows the refusal cannot be read', async () => {
    const world = new SimWorld({ settings: { 'linger.ms': 0 } });
    const broker = world.cluster.brokers.get(0)!;
    let asked = 0;
    world.cluster.onRequest = ({ api }) => {
      if (api === API.API_VERSIONS) asked++;
      return {};
    };
    world.network.servers.set('b0:9092', {
      accept(link) {
        let first = true;
        return broker.accept({
          open: true,
          send(frame) {
            // As librdkafka's mock cluster 2.0.2 answers version 4.
            const garbled = Buffer.concat([
              frame.subarray(0, 8),
              Buffer.from('00230100120000000200000000', 'hex'),
            ]);
            garbled.writeInt32BE(garbled.length - 4);
            link.send(first ? garbled : frame);
            first = false;
          },
          close: (failure) => link.close(failure),
        });
      },
    });
    const topic = await world.start();
    world.send(topic, 'a');
    await world.close();
    expect(world.outcome('a')).toBe('ok');
    expect(asked).toBe(2 * world.network.attempts.length);
  });

  it('fails records, in words, on a broker without a Produce that is known here', async () => {
    const world = new SimWorld({ settings: { 'linger.ms': 0 } });
    world.cluster.versions = [
      [API.PRODUCE, 0, 2],
      [API.METADATA, 0, 8],
      [API.API_VERSIONS, 0, 0],
    ];
    const topic = await world.start();
    world.send(topic, 'a');
    await world.clock.advance(100);
    expect(world.outcome('a')).toBe('UNSUPPORTED_VERSION');
    expect(world.producer.totals).toMatchObject({
      requests: 0,
      batches: 0,
      batchRecords: 0,
      recordsFailed: 1,
    });
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });

  it.each(['0000', '002300000000', '0023000000010012000080ff', ''])(
    'an answer of %s to ApiVersions ends the attempt, nothing else',
    async (hex) => {
      const world = new SimWorld({
        settings: { 'max.block.ms': 800 },
        network: { pieceBytes: () => 1 },
      });
      const body = Buffer.from(hex, 'hex');
      const frame = Buffer.concat([Buffer.from([0, 0, 0, 4 + body.length, 0, 0, 0, 0]), body]);
      world.network.servers.set('b0:9092', {
        accept: (link) => ({ onBytes: () => link.send(frame), onClose: () => undefined }),
      });
      await expect(world.clock.settle(world.producer.connect())).rejects.toThrow(/b0:9092: /);
      await world.close();
      expect(world.leftovers()).toEqual([]);
    },
  );
});

describe('a connection', () => {
  it('is tried again after reconnect.backoff.ms, doubled up to the maximum', async () => {
    const world = new SimWorld({
      settings: {
        'bootstrap.servers': 'dead:1',
        'reconnect.backoff.ms': 50,
        'reconnect.backoff.max.ms': 1000,
        'retry.backoff.ms': 0,
        'max.block.ms': 20_000,
      },
    });
    await expect(world.clock.settle(world.producer.connect())).rejects.toThrow(
      /connection refused/,
    );
    const { attempts } = world.network;
    const waits = attempts.slice(1).map(({ atMs }, i) => atMs - attempts[i].atMs - 0.25);
    [50, 100, 200, 400, 800, 1000, 1000].forEach((term, i) => {
      expect(waits[i]).toBeGreaterThanOrEqual(term * 0.8 - 1);
      expect(waits[i]).toBeLessThanOrEqual(Math.min(1000, term * 1.2) + 1);
    });
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });

  it('a throttled node is held for the time the broker asks, the longest of several', async () => {
    const world = new SimWorld({
      settings: { 'linger.ms': 0, 'batch.size': 100 },
      topics: { t: [0, 0] },
    });
    const topic = await world.start();
    let n = 0;
    world.cluster.onProduce = () => ({ throttleMs: [800, 100][n++] ?? 0 });
    const from = world.clock.now();
    world.append(topic, `a${'-'.repeat(80)}`, 0);
    world.append(topic, `b${'-'.repeat(80)}`, 0);
    world.producer.wake();
    await world.clock.advance(10);
    expect(world.cluster.produced).toHaveLength(2);
    world.send(topic, 'c', 1);
    await world.clock.advance(785);
    expect(world.cluster.produced).toHaveLength(2);
    await world.clock.advance(20);
    expect(world.cluster.produced).toHaveLength(3);
    expect(world.cluster.produced[2].atMs - from).toBeCloseTo(800 + 1.75, 0);
    await world.close();
  });

  it('a throttle of metadata holds too; before Produce v6 brokers hold clients', async () => {
    const world = new SimWorld({ settings: { 'linger.ms': 0 } });
    world.cluster.metadataThrottleMs = 500;
    const topic = await world.start();
    const from = world.clock.now();
    world.send(topic, 'a');
    await world.clock.advance(2000);
    expect(world.cluster.produced[0].atMs - from).toBeGreaterThan(480);
    await world.close();
    const old = new SimWorld({ settings: { 'linger.ms': 0 } });
    old.cluster.versions = [
      [API.PRODUCE, 3, 5],
      [API.METADATA, 0, 5],
      [API.API_VERSIONS, 0, 1],
    ];
    old.cluster.metadataThrottleMs = 500;
    old.cluster.onProduce = () => ({ throttleMs: 500 });
    const other = await old.start();
    for (const value of ['a', 'b']) {
      old.send(other, value);
      await old.clock.advance(20);
    }
    expect(old.cluster.produced).toHaveLength(2);
    await old.close();
  });

  it('is closed after connections.max.idle.ms; then metadata is asked for again', async () => {
    const world = new SimWorld({ settings: { 'linger.ms': 0, 'connections.max.idle.ms': 3000 } });
    const topic = await world.start();
    const asked = world.cluster.metadataAsked.length;
    await world.clock.advance(2950);
    // to the bootstrap node and to the broker's own address
    expect(world.network.openSockets).toBe(2);
    expect(world.cluster.metadataAsked).toHaveLength(asked);
    await world.clock.advance(150);
    expect(world.network.openSockets).toBe(1);
    expect(world.cluster.metadataAsked).toHaveLength(asked + 1);
    world.send(topic, 'a');
    await world.clock.advance(100);
    expect(world.outcome('a')).toBe('ok');
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });

  it('stays open for ever with connections.max.idle.ms: -1', async () => {
    const world = new SimWorld({
      settings: { 'linger.ms': 0, 'connections.max.idle.ms': -1, 'metadata.max.age.ms': 1e9 },
    });
    await world.start();
    const { attempts } = world.network;
    const first = attempts.length;
    await world.clock.advance(3_600_000);
    expect(attempts).toHaveLength(first);
    expect(world.network.openSockets).toBe(first);
    await world.close();
  });

  it('the time for which the broker throttles it is not in request.timeout.ms', async () => {
    const world = new SimWorld({
      settings: { 'linger.ms': 0, 'batch.size': 100, 'request.timeout.ms': 1000 },
      topics: { t: [0] },
    });
    const topic = await world.start();
    world.send(topic, 'first');
    await world.clock.advance(100);
    let n = 0;
    // The first answer throttles for two seconds; the second request is answered after 2.5 s.
    world.cluster.onProduce = () => (n++ === 0 ? { throttleMs: 2000 } : { afterMs: 2500 });
    for (const value of ['a', 'b']) world.append(topic, `${value}${'-'.repeat(80)}`, 0);
    world.producer.wake();
    await world.clock.advance(4000);
    expect(world.cluster.produced).toHaveLength(3);
    expect(world.producer.totals.retries).toBe(0);
    await world.close();
  });

  it('counts every time it was opened, also for bootstrap nodes that are no more', async () => {
    const world = new SimWorld({ settings: { 'linger.ms': 0 } });
    const topic = await world.start();
    world.send(topic, 'a');
    await world.clock.advance(1000);
    expect(world.producer.totals.connectionsOpened).toBe(2); // bootstrap node -1, then node 0
    await world.close();
    expect(world.producer.totals.connectionsOpened).toBe(2);
  });

  it('reads answers however they are cut', async () => {
    for (const bytes of [1, 2, 3, 5, 11]) {
      const world = new SimWorld({
        settings: { 'linger.ms': 0 },
        network: { pieceBytes: () => bytes },
      });
      const topic = await world.start();
      for (let i = 0; i < 20; i++) world.send(topic, `v${i}`);
      await world.close();
      expect(world.cluster.values('t', 0)).toHaveLength(20);
      expect([...world.outcomes.values()].every(({ error: failure }) => failure === null)).toBe(
        true,
      );
    }
  });
});
