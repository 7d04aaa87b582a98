// A transactional producer in a simulated world, and short ways to use it.
import { expect } from 'vitest';
import type { ProducerSettingValues, TopicHandle } from '../../producer-core/index.js';
import { SimWorld, type SimWorldOptions } from './sim-world.js';
import type { ApiKey } from '../../wire/api-keys.js';
import type { ErrorCode } from '../../wire/error-codes.js';

export interface Options extends SimWorldOptions {
  readonly transactionVersion?: number;
}

export const SETTINGS: ProducerSettingValues = {
  acks: 'all',
  'transactional.id': 'payments',
  'linger.ms': 5,
};

export async function transactional({ transactionVersion = 2, ...options }: Options = {}) {
  const world = new SimWorld({
    brokers: 3,
    ...options,
    settings: { ...SETTINGS, ...options.settings },
  });
  world.cluster.transactionVersion = transactionVersion;
  world.cluster.coordinators.set('payments', 1);
  const requests: { api: ApiKey; version: number; node: number; atMs: number }[] = [];
  world.cluster.onRequest = (seen) => {
    requests.push(seen);
    return {};
  };
  const topic = await world.start();
  return { world, topic, requests, producer: world.producer };
}

/** With initTransactions done and what was asked so far forgotten. */
export async function ready(options: Options = {}) {
  const all = await transactional(options);
  await all.world.clock.settle(all.producer.initTransactions());
  all.requests.length = 0;
  return all;
}

/** The error that the call ends with. */
export async function failure(world: SimWorld, call: Promise<unknown>): Promise<unknown> {
  return world.clock.settle(
    call.then(
      () => null,
      (error: unknown) => error,
    ),
  );
}

export function thrown(call: () => unknown): unknown {
  try {
    call();
    return null;
  } catch (error) {
    return error;
  }
}

export async function transact(
  world: SimWorld,
  topic: TopicHandle,
  values: readonly string[],
  commit = true,
) {
  const { producer } = world;
  producer.beginTransaction();
  for (const value of values) world.send(topic, value);
  if (!commit) await world.clock.settle(producer.flush());
  await world.clock.settle(commit ? producer.commitTransaction() : producer.abortTransaction());
}

/** Past the markers, which the coordinator writes after its answer. */
export async function committed(world: SimWorld): Promise<string[]> {
  await world.clock.advance(50);
  return world.cluster.committed('t', 0);
}

export async function end(world: SimWorld) {
  await world.close();
  expect(world.leftovers()).toEqual([]);
}

/** Answers the first `count` requests of an API with an error. */
export function failing(world: SimWorld, api: ApiKey, error: ErrorCode, count = 1): number[] {
  const atMs: number[] = [];
  world.cluster.onRequest = (seen) => {
    if (seen.api !== api) return {};
    atMs.push(seen.atMs);
    return atMs.length <= count ? { error } : {};
  };
  return atMs;
}
