import { expect, it } from 'vitest';
import { SimLibrary } from '../../src/testing/simulation/sim-library.js';
import { refused } from './buffer-exhaustion.js';
import type { MeasuredRun } from './sweep-results.js';

it('counts what a full buffer refused, by the words of the core itself', async () => {
  const world = new SimLibrary<string, string>({
    ...{ 'buffer.memory': 1024, 'batch.size': 128, 'linger.ms': 0, 'max.block.ms': 500 },
  });
  await world.clock.settle(world.producer.partitionsFor('t'));
  world.cluster.onProduce = () => ({ silent: true });
  const sends = Array.from({ length: 12 }, (_, i) =>
    world.send({ topic: 't', value: `${i}`.padEnd(90, '-') }),
  );
  await world.clock.advance(510);
  const messages = sends.flatMap(({ error }) => error?.message ?? []);
  expect(messages.length).toBeGreaterThan(0);
  const told = [...messages, '3 records expired'];
  const errors = told.map((message) => ({ name: 'TIMEOUT', message, records: 1 }));
  expect(refused({ measurement: { errors } } as unknown as MeasuredRun)).toBe(messages.length);
  await world.clock.settle(world.producer.close(0));
});
