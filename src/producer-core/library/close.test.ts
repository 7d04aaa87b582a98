import { describe, expect, it } from 'vitest';
import { SimWorld } from '../../testing/simulation/sim-world.js';

describe('close', () => {
  it('sends what waits for linger, waits for the answers, and leaves nothing behind', async () => {
    const world = new SimWorld({ settings: { 'linger.ms': 60_000 }, topics: { t: [0, 0, 0] } });
    world.cluster.onProduce = () => ({ afterMs: 300 });
    const topic = await world.start();
    for (let i = 0; i < 30; i++) world.send(topic, `v${i}`, i % 3);
    const from = world.clock.now();
    await world.close();
    expect(world.clock.now() - from).toBeLessThan(310);
    expect(world.outcomes.size).toBe(30);
    expect([...world.outcomes.values()].every(({ error }) => error === null)).toBe(true);
    expect(world.leftovers()).toEqual([]);
  });

  it('with a time limit fails what is left when it has passed', async () => {
    const world = new SimWorld({ settings: { 'linger.ms': 0 }, topics: { t: [0, 0] } });
    world.cluster.onProduce = ({ parts }) => ({ silent: parts[0].partition === 1 });
    const topic = await world.start();
    world.send(topic, 'answered', 0);
    await world.clock.advance(5);
    world.send(topic, 'silent', 1);
    const from = world.clock.now();
    await world.clock.settle(world.producer.close(250));
    expect(world.clock.now() - from).toBeCloseTo(250, 0);
    expect(world.outcome('answered')).toBe('ok');
    expect(world.outcome('silent')).toBe('CLOSED');
    await world.clock.advance(100_000);
    expect(world.leftovers()).toEqual([]);
  });

  it('with no time at all fails everything at once, queued and in flight', async () => {
    const world = new SimWorld({ settings: { 'linger.ms': 0, 'batch.size': 100 } });
    world.cluster.onProduce = () => ({ silent: true });
    const topic = await world.start();
    for (let i = 0; i < 10; i++) world.send(topic, `${i}${'-'.repeat(80)}`);
    await world.clock.advance(5);
    const closed = world.producer.close(0);
    expect(world.outcomes.size).toBe(10); // told before the call has returned
    await closed;
    await world.clock.advance(1000);
    expect(world.leftovers()).toEqual([]);
  });

  it('ends waits for the cluster, a topic and memory', async () => {
    const world = new SimWorld({ settings: { 'bootstrap.servers': 'silent:1' } });
    world.network.silent.add('silent:1');
    const waits = [world.producer.connect(), world.producer.topic('t')];
    await world.clock.advance(100);
    await world.producer.close();
    for (const wait of waits) await expect(wait).rejects.toMatchObject({ kafkaName: 'CLOSED' });
    expect(world.clock.pending).toBe(0);
    await world.clock.advance(100);
    expect(world.leftovers()).toEqual([]);

    const full = new SimWorld({
      settings: { 'linger.ms': 0, 'batch.size': 1000, 'buffer.memory': 1000 },
    });
    full.cluster.onProduce = () => ({ silent: true });
    const topic = await full.start();
    full.send(topic, 'a');
    await full.clock.advance(5);
    expect(full.send(topic, 'b')).toBe(false);
    let told: unknown;
    full.producer.awaitMemory((error) => (told = error));
    await full.clock.settle(full.producer.close(0));
    expect(told).toMatchObject({ kafkaName: 'CLOSED' });
    await full.clock.advance(100);
    expect(full.leftovers()).toEqual([]);
  });

  it('is the same when it is called twice, and may be called from a call back', async () => {
    const world = new SimWorld({
      settings: { 'linger.ms': 0, 'batch.size': 100 },
      topics: { t: [0, 0, 0] },
    });
    const topic = await world.start();
    let closed: Promise<void> | undefined;
    world.onDone = () => void (closed ??= world.producer.close(0));
    for (let i = 0; i < 9; i++) world.append(topic, `${i}${'-'.repeat(80)}`, i % 3);
    world.producer.wake();
    await world.clock.advance(100);
    expect(world.outcomes.size).toBe(9);
    await closed;
    await world.close();
    await world.clock.advance(100);
    expect(world.leftovers()).toEqual([]);
  });

  it('from a call back in the middle of a pass leaves no turn that asks for another', async () => {
    const world = new SimWorld({
      settings: { 'linger.ms': 0, 'request.timeout.ms': 100, 'delivery.timeout.ms': 200 },
      topics: { t: [0, 0] },
    });
    const topic = await world.start();
    world.cluster.stop(0);
    await world.clock.advance(10);
    let flushed = false;
    world.onDone = () => {
      void world.producer.flush().then(() => (flushed = true));
      void world.producer.close(0);
    };
    world.send(topic, 'a', 0);
    world.send(topic, 'b', 1);
    await world.clock.advance(1000);
    expect([world.outcome('a'), world.outcome('b')]).toEqual(['TIMEOUT', 'CLOSED']);
    expect(flushed).toBe(true);
    expect(world.leftovers()).toEqual([]);
  });

  it('afterwards nothing is taken, connected or waited for', async () => {
    const world = new SimWorld();
    const topic = await world.start();
    await world.close();
    expect(world.send(topic, 'late')).toBe(false);
    let told: unknown;
    world.producer.awaitMemory((error) => (told = error));
    expect(told).toMatchObject({ kafkaName: 'CLOSED' });
    await expect(world.producer.connect()).rejects.toMatchObject({ kafkaName: 'CLOSED' });
    await expect(world.producer.topic('t')).rejects.toMatchObject({ kafkaName: 'CLOSED' });
    await world.producer.flush();
    await world.clock.advance(100_000);
    expect(world.leftovers()).toEqual([]);
  });

  it('of a producer that never connected is quick', async () => {
    const world = new SimWorld();
    await world.producer.close();
    expect(world.leftovers()).toEqual([]);
  });
});

describe('a call back that throws', () => {
  it('leaves the other batches their outcomes, and is heard', async () => {
    const world = new SimWorld({ settings: { 'linger.ms': 5 }, topics: { t: [0, 0, 0] } });
    const topic = await world.start();
    const heard: unknown[] = [];
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.once('uncaughtException', (error) => heard.push(error));
    try {
      world.onDone = (batch) => {
        if (batch.partition === 0) throw new Error('mine');
      };
      for (const p of [0, 1, 2]) world.append(topic, `p${p}`, p);
      world.producer.wake();
      await world.clock.advance(20);
    } finally {
      for (const listener of others) process.on('uncaughtException', listener);
    }
    expect(heard).toMatchObject([{ message: 'mine' }]);
    expect(world.outcomes.size).toBe(3);
    world.onDone = () => undefined;
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });
});
