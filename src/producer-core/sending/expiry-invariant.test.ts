// The memory of a batch belongs to the kernel until its write has ended, and to the request until
// its answer came or the connection closed (KAFKA-19012, CVE-2026-35554). The pool overwrites what
// it gets back; the simulated kernel reads late and compares.
import { describe, expect, it } from 'vitest';
import { SimWorld } from '../../testing/simulation/sim-world.js';
import { ERROR } from '../../wire/error-codes.js';

const SETTINGS = {
  'linger.ms': 0,
  'batch.size': 1000,
  'buffer.memory': 2000,
  'request.timeout.ms': 1000,
  'delivery.timeout.ms': 1500,
  'retry.backoff.ms': 10,
  'retry.backoff.max.ms': 10,
};
const free = (world: SimWorld) => world.producer.availableBytes;

describe('an expired batch', () => {
  it('keeps its slot until the write has ended: the kernel may read its bytes late', async () => {
    const world = new SimWorld({ settings: SETTINGS, network: { lingerMs: 700 } });
    const topic = await world.start();
    // Half is read at once, the rest never within the request's time; what is left when the socket
    // goes is read 700 ms later.
    world.network.options.takes = () => [
      { afterMs: 0, share: 0.5 },
      { afterMs: 5000, share: 0.5 },
    ];
    world.send(topic, 'a'.repeat(500));
    await world.clock.advance(999);
    world.cluster.stop(0);
    await world.clock.advance(502);
    expect(world.outcome('a'.repeat(500))).toBe('TIMEOUT');
    expect(free(world)).toBe(1000); // told, but the kernel still reads
    // Other records go through the other slot meanwhile.
    expect(world.send(topic, 'b'.repeat(500))).toBe(true);
    expect(world.send(topic, 'c'.repeat(500))).toBe(false);
    await world.clock.advance(1000);
    expect(free(world)).toBe(1000);
    expect(world.network.corruptions).toEqual([]);
    await world.clock.settle(world.producer.close(0));
    await world.clock.advance(5000);
    expect(world.leftovers()).toEqual([]);
  });

  it('in flight keeps its slot while the answer may still come', async () => {
    const world = new SimWorld({ settings: { ...SETTINGS, 'request.timeout.ms': 1400 } });
    const topic = await world.start();
    let attempt = 0;
    world.cluster.onProduce = () =>
      attempt++ === 0 ? { error: () => ERROR.REQUEST_TIMED_OUT, afterMs: 1000 } : { silent: true };
    world.send(topic, 'a');
    await world.clock.advance(1501);
    expect(world.outcome('a')).toBe('TIMEOUT');
    expect(free(world)).toBe(1000);
    await world.clock.advance(800); // till the second attempt's time has run out
    expect(free(world)).toBe(1000);
    await world.clock.advance(200);
    expect(free(world)).toBe(2000);
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });

  it('gives its memory to one who waits for it as soon as it may, and no sooner', async () => {
    const world = new SimWorld({
      settings: { ...SETTINGS, 'buffer.memory': 1000, 'max.block.ms': 60_000 },
      network: { lingerMs: 3000 },
    });
    const topic = await world.start();
    world.network.options.takes = () => [{ afterMs: 50_000, share: 1 }];
    world.send(topic, 'a');
    await world.clock.advance(10);
    expect(world.send(topic, 'b'.repeat(900))).toBe(false);
    let wokenMs = 0;
    const from = world.clock.now();
    world.producer.awaitMemory((error) => {
      expect(error).toBeNull();
      wokenMs = world.clock.now();
    });
    await world.clock.advance(10_000);
    expect(world.outcome('a')).toBe('TIMEOUT');
    // The request's time ran out after 1000 ms, the kernel let go 3000 ms later.
    expect(wokenMs - from).toBeGreaterThan(3980);
    expect(wokenMs - from).toBeLessThan(4000);
    await world.clock.settle(world.producer.close(0));
    await world.clock.advance(60_000);
    expect(world.leftovers()).toEqual([]);
  });
});

describe('a batch that is to be sent again', () => {
  it('is not sent while the kernel may read its first attempt, but at once then', async () => {
    const world = new SimWorld({
      settings: { ...SETTINGS, 'delivery.timeout.ms': 60_000 },
      network: { lingerMs: 2000 },
    });
    const topic = await world.start();
    world.network.options.takes = () => [{ afterMs: 50_000, share: 1 }];
    const from = world.clock.now();
    world.send(topic, 'a');
    await world.clock.advance(1001);
    world.network.options.takes = undefined;
    await world.clock.advance(1990);
    expect(world.cluster.produced).toHaveLength(0);
    await world.clock.advance(20);
    expect(world.cluster.produced).toHaveLength(1);
    expect(world.cluster.produced[0].atMs - from).toBeCloseTo(3000, 0);
    await world.clock.advance(10);
    expect(world.outcome('a')).toBe('ok');
    expect(world.cluster.values('t', 0)).toEqual(['a']);
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });

  it('does not keep other partitions of its node from their linger', async () => {
    const world = new SimWorld({
      settings: { ...SETTINGS, 'linger.ms': 5, 'delivery.timeout.ms': 60_000 },
      network: { lingerMs: 5000 },
      topics: { t: [0, 0] },
    });
    const topic = await world.start();
    world.network.options.takes = () => [{ afterMs: 50_000, share: 1 }];
    world.send(topic, 'a', 0);
    await world.clock.advance(10);
    world.network.options.takes = undefined;
    await world.clock.advance(1990);
    const from = world.clock.now();
    world.send(topic, 'b', 1);
    await world.clock.advance(20);
    expect(world.outcome('b')).toBe('ok');
    expect(world.cluster.produced.at(-1)!.atMs - from).toBe(5.25);
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });
});

describe('an answer before the kernel’s word that the request was written', () => {
  it('tells the records, and keeps the slot until that word', async () => {
    const world = new SimWorld({ settings: SETTINGS });
    const topic = await world.start();
    // All bytes are read at once, the end of the write is told 300 ms later.
    world.network.options.takes = () => [
      { afterMs: 0, share: 1 },
      { afterMs: 300, share: 0 },
    ];
    world.cluster.onProduce = () => ({ afterMs: 1 });
    world.send(topic, 'a');
    await world.clock.advance(100);
    expect(world.outcome('a')).toBe('ok');
    expect(free(world)).toBe(1000);
    await world.clock.advance(201);
    expect(free(world)).toBe(2000);
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });
});
