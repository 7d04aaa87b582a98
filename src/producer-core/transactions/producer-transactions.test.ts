import { describe, expect, it } from 'vitest';
import { SimLibrary } from '../../testing/simulation/sim-library.js';
import { ProducerStateError } from '../errors.js';

async function begun(settings = {}): Promise<SimLibrary<string, string>> {
  const world = new SimLibrary<string, string>({
    acks: 'all',
    'transactional.id': 'tx',
    ...settings,
  });
  await world.clock.settle(world.producer.initTransactions());
  world.producer.beginTransaction();
  return world;
}

describe('transactions of the library', () => {
  it('commit takes in every send before it, also those that had to wait', async () => {
    const world = await begun({ 'batch.size': 200, 'buffer.memory': 400 });
    for (let i = 0; i < 20; i++)
      world.send({ topic: i === 7 ? 'wide' : 't', value: `${i}`.padEnd(80) });
    await world.clock.settle(world.producer.commitTransaction());
    expect(world.told.filter(({ outcome }) => outcome.metadata !== undefined)).toHaveLength(20);
    expect(world.cluster.committed('t', 0)).toHaveLength(19);
    await world.end();
  });

  it('abort rejects what is in no batch yet, and the next transaction has none of it', async () => {
    const world = await begun({ 'batch.size': 200, 'buffer.memory': 200, 'max.block.ms': 5000 });
    const outcomes = Array.from({ length: 8 }, (_, i) =>
      world.send({ topic: i < 6 ? 't' : 'missing', value: `${i}`.padEnd(80) }),
    );
    const aborted = world.producer.abortTransaction();
    await world.clock.settle(aborted);
    expect(outcomes.slice(2).map(({ error }) => error?.name)).toEqual(
      Array(6).fill('TransactionAbortedError'),
    );
    world.producer.beginTransaction();
    world.send({ topic: 't', value: 'next' });
    await world.clock.settle(world.producer.commitTransaction());
    expect(world.cluster.committed('t', 0)).toEqual(['next']);
    await world.end();
  });

  it('a record that fails on its way makes the transaction one to be aborted', async () => {
    for (const [topic, value] of [
      ['t', 'x'.repeat(2_000_000)],
      ['missing', 'v'],
    ] as const) {
      const world = await begun({ 'max.block.ms': 300 });
      const good = world.send({ topic: 't', value: 'good' });
      const bad = world.send({ topic, value });
      await world.clock.advance(400);
      expect(bad.error).toBeDefined();
      const commit = world.producer.commitTransaction();
      await expect(world.clock.settle(commit)).rejects.toThrow(ProducerStateError);
      await world.clock.settle(world.producer.abortTransaction());
      expect(world.cluster.committed('t', 0)).toEqual([]);
      expect(good.atMs).toBeGreaterThan(0);
      await world.end();
    }
  });

  it('records are taken in a transaction only', async () => {
    const world = new SimLibrary<string, string>({ acks: 'all', 'transactional.id': 'tx' });
    const early = world.send({ topic: 't', value: 'v' });
    await world.clock.advance(100);
    expect(early.error?.message).toMatch(
      /call initTransactions\(\) and beginTransaction\(\) first/,
    );
    await world.end();
  });
});
