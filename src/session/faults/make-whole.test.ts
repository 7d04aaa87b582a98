import { expect, it } from 'vitest';
import { StoppedError } from '../../base/errors.js';
import { ProbeFailure } from '../../connect/cold.js';
import type { ClusterState } from '../../targets/external/cluster-state.js';
import { makeWhole } from './make-whole.js';

const state = (brokers: number[], leader: number, inSync: number[]): ClusterState => ({
  brokers,
  controller: 1,
  partitions: [{ topic: 't', partition: 0, leader, replicas: [1, 2], inSync }],
});

const check = (states: (ClusterState | Error)[], limitMs: number) => {
  const elections: number[] = [];
  let asked = 0;
  const whole = makeWhole({
    state: () => {
      const next = states[Math.min(asked++, states.length - 1)];
      return next instanceof Error ? Promise.reject(next) : Promise.resolve(next);
    },
    brokers: [1, 2],
    elect: () => Promise.resolve(void elections.push(asked)),
    stop: new AbortController().signal,
    limitMs,
  });
  return { whole, elections, asked: () => asked };
};

it('waits for brokers, then for replicas in sync, then for leaders that it elects', async () => {
  const states = [
    new ProbeFailure('closed', 'nobody answers'),
    state([1], 1, [1]),
    state([1, 2], 2, [2]),
    state([1, 2], 2, [1, 2]),
    state([1, 2], 1, [1, 2]),
  ];
  const { whole, elections, asked } = check(states, 30_000);
  await whole;
  expect([asked(), elections]).toEqual([5, [4]]);
});

it('says after its limit what is missing', async () => {
  await expect(check([state([1], 1, [1])], 0).whole).rejects.toThrow(
    'did not come back within 0 s after the faults of the run: broker 2 is not there',
  );
  const behind = check([state([1, 2], 1, [1])], 0).whole;
  await expect(behind).rejects.toThrow('replicas are not in sync: t-0');
  const misled = check([state([1, 2], 2, [1, 2])], 0).whole;
  await expect(misled).rejects.toThrow('not led by their first replica: t-0');
});

it('ends when the user stops', async () => {
  const stop = AbortSignal.abort();
  const whole = makeWhole({
    ...{ state: () => Promise.resolve(state([1], 1, [1])), brokers: [1, 2], elect: null, stop },
  });
  await expect(whole).rejects.toThrow(StoppedError);
});
