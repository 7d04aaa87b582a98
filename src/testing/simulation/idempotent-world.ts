// An idempotent producer in a simulated world, and what its brokers saw of sequences.
import { expect } from 'vitest';
import type { TopicHandle } from '../../producer-core/index.js';
import type { TopicState } from '../../producer-core/parts.js';
import { produceResponse } from '../../wire/apis/all.js';
import { encodeResponse } from '../../wire/index.js';
import { SimWorld, type SimWorldOptions } from './sim-world.js';
import type { ApiKey } from '../../wire/api-keys.js';
import type { ErrorCode } from '../../wire/error-codes.js';

export const INIT_PRODUCER_ID = 22;

export async function idempotent(options: SimWorldOptions = {}) {
  const world = new SimWorld({
    ...options,
    settings: { acks: 'all', 'linger.ms': 0, ...options.settings },
  });
  const asked: { atMs: number; api: ApiKey; version: number; node: number }[] = [];
  world.cluster.onRequest = (seen) => {
    if (seen.api === INIT_PRODUCER_ID) asked.push(seen);
    return {};
  };
  const topic = await world.start();
  return { world, topic, asked };
}

/** `producer id's number / epoch / base sequence + records`, as the brokers saw them. */
export function sequences(world: SimWorld, partition = 0): string[] {
  return world.cluster.produced.flatMap(({ parts }) =>
    parts
      .filter((part) => part.partition === partition)
      .map(
        ({ batch: { producerId, producerEpoch, baseSequence, records } }) =>
          `${producerId - 1000}/${producerEpoch}/${baseSequence}+${records.length}`,
      ),
  );
}

/**
 * One record in each partition, so that brokers know the producer: of one that they have no state
 * of, they take any sequence (KIP-360). What they saw of it is forgotten.
 */
export async function introduce(world: SimWorld, topic: TopicHandle) {
  for (let i = 0; i < topic.partitionCount; i++) world.send(topic, `first${i}`, i);
  await world.clock.advance(50);
  world.cluster.produced.length = 0;
}

export const sequencesOf = (topic: TopicHandle) =>
  (topic as unknown as TopicState).partitions[0].sequences;

/** The next answer to Produce, made by hand. */
export function answerOnce(
  world: SimWorld,
  partition: { errorCode: ErrorCode; logStartOffset?: bigint; baseOffset?: bigint },
) {
  let left = 1;
  world.cluster.onProduce = ({ version }) => {
    if (left-- <= 0) return {};
    const topicId = world.cluster.topics.get('t')!.id;
    const answer = {
      responses: [
        { name: 't', topicId, partitionResponses: [{ index: 0, baseOffset: -1n, ...partition }] },
      ],
    };
    return {
      error: () => partition.errorCode,
      raw: encodeResponse(produceResponse, version, 0, answer).subarray(8),
    };
  };
}

export async function end(world: SimWorld) {
  await world.close();
  expect(world.leftovers()).toEqual([]);
}
