import { describe, expect, it } from 'vitest';
import { SimWorld } from '../../testing/simulation/sim-world.js';
import { ERROR } from '../../wire/error-codes.js';

const SETTINGS = { 'linger.ms': 0, 'request.timeout.ms': 1000, 'delivery.timeout.ms': 3000 };

/** What becomes of one record, in words. */
async function messageOf(world: SimWorld, ms = 3100): Promise<string> {
  await world.clock.advance(ms);
  const { error } = world.outcomes.get('a')!;
  await world.close();
  expect(error!.kafkaName).toBe('TIMEOUT');
  return error!.message;
}

describe('a batch that expires names what stood in its way', () => {
  it('connections that could not be made, and how many', async () => {
    const world = new SimWorld({ settings: SETTINGS });
    const topic = await world.start();
    world.cluster.stop(0);
    await world.clock.advance(10);
    world.send(topic, 'a');
    expect(await messageOf(world)).toMatch(
      /first cause: broker 0 \(\S+\): .*\d+ connections failed in a row/,
    );
  });

  it('an answer with an error', async () => {
    const world = new SimWorld({ settings: SETTINGS });
    const topic = await world.start();
    world.cluster.onProduce = () => ({ error: () => ERROR.NOT_ENOUGH_REPLICAS });
    world.send(topic, 'a');
    expect(await messageOf(world)).toMatch(/first cause: t-0: NOT_ENOUGH_REPLICAS \(19\)/);
  });

  it('an answer that does not come', async () => {
    const world = new SimWorld({ settings: { ...SETTINGS, 'request.timeout.ms': 2900 } });
    const topic = await world.start();
    world.cluster.onProduce = () => ({ afterMs: 60_000 });
    world.send(topic, 'a');
    expect(await messageOf(world)).toMatch(
      /first cause: broker 0 \(\S+\): no answer within 2900 ms/,
    );
  });
});

describe('what happens to a producer is counted', () => {
  it('a connection that breaks is lost, an idle one is not, a vain one has failed', async () => {
    const world = new SimWorld({ settings: { ...SETTINGS, 'connections.max.idle.ms': 500 } });
    await world.start();
    await world.clock.advance(2000);
    const idle = world.producer.totals;
    expect(idle.connectionsClosed).toBeGreaterThan(0);
    expect(idle).toMatchObject({ connectionsLost: 0, connectionsFailed: 0 });
    const topic = await world.start();
    world.send(topic, 'a');
    await world.clock.advance(50);
    world.cluster.stop(0);
    await world.clock.advance(1000);
    const { connectionsLost, connectionsFailed } = world.producer.totals;
    expect(connectionsLost).toBeGreaterThan(0);
    expect(connectionsFailed).toBeGreaterThan(0);
    await world.close();
  });

  it('a partition that gets another leader, once a change', async () => {
    const world = new SimWorld({
      settings: { ...SETTINGS, 'metadata.max.age.ms': 500 },
      brokers: 2,
    });
    await world.start();
    await world.clock.advance(1200);
    expect(world.producer.totals.leaderChanges).toBe(0);
    world.cluster.moveLeader('t', 0, 1);
    await world.clock.advance(2000);
    expect(world.producer.totals.leaderChanges).toBe(1);
    await world.close();
  });
});
