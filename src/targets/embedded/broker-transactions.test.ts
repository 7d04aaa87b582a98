import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  addPartitionsToTxnRequest,
  addPartitionsToTxnResponse,
  apiVersionsRequest,
  apiVersionsResponse,
  endTxnRequest,
  endTxnResponse,
  fetchRequest,
  fetchResponse,
  findCoordinatorRequest,
  findCoordinatorResponse,
  initProducerIdRequest,
  initProducerIdResponse,
  listOffsetsRequest,
  listOffsetsResponse,
} from '../../wire/apis/all.js';
import { NO_GROUPS } from './apis/group-refusals.js';
import { startInProcessCluster } from './in-process.js';
import type { InProcessCluster } from './in-process.js';
import { buildBatch, RawClient } from '../../testing/raw-client.js';
import { ERROR } from '../../wire/error-codes.js';

const TRANSACTIONAL = 0x10;

let cluster: InProcessCluster;
let client: RawClient;

async function start(transactionVersion: number): Promise<void> {
  cluster = await startInProcessCluster({
    brokers: 1,
    transactionVersion,
    topics: [
      { name: 't', partitions: 2 },
      { name: 'u', partitions: 1 },
    ],
  });
  client = await RawClient.connect(cluster.bootstrap[0]);
}

afterEach(async () => {
  client.close();
  await cluster.close();
});

interface Identity {
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

const init = (more: object = {}) =>
  client.send(initProducerIdRequest, initProducerIdResponse, 5, {
    transactionalId: 'x',
    transactionTimeoutMs: 60_000,
    ...more,
  });
const add = async (id: Identity, partitions = [0], version = 3): Promise<number> => {
  const answer = await client.send(addPartitionsToTxnRequest, addPartitionsToTxnResponse, version, {
    v3AndBelowTransactionalId: 'x',
    v3AndBelowProducerId: id.producerId,
    v3AndBelowProducerEpoch: id.producerEpoch,
    v3AndBelowTopics: [{ name: 't', partitions }],
  });
  return answer.resultsByTopicV3AndBelow[0].resultsByPartition[0].partitionErrorCode;
};
const end = (id: Identity, committed: boolean, version: number) =>
  client.send(endTxnRequest, endTxnResponse, version, {
    transactionalId: 'x',
    ...pick(id),
    committed,
  });
const pick = ({ producerId, producerEpoch }: Identity) => ({ producerId, producerEpoch });
const produce = (
  id: Identity,
  sequence: number,
  values: string[],
  version: number,
  partition = 0,
) =>
  client.produce(
    't',
    partition,
    buildBatch(values, {
      producerId: Number(id.producerId),
      epoch: id.producerEpoch,
      sequence,
      attributes: TRANSACTIONAL,
    }),
    {
      acks: -1,
      version,
      transactionalId: 'x',
      ...(version < 13 ? {} : { topicId: cluster.state.topics.named('t')!.id }),
    },
  );
const fetchCommitted = async (fetchOffset = 0n, isolationLevel = 1) => {
  const answer = await client.send(fetchRequest, fetchResponse, 12, {
    maxWaitMs: 0,
    minBytes: 1,
    isolationLevel,
    topics: [
      { topic: 't', partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 1_000_000 }] },
    ],
  });
  return answer.responses[0].partitions[0];
};
const latest = async (isolationLevel: number) => {
  const answer = await client.send(listOffsetsRequest, listOffsetsResponse, 7, {
    isolationLevel,
    topics: [{ name: 't', partitions: [{ partitionIndex: 0, timestamp: -1n }] }],
  });
  return Number(answer.topics[0].partitions[0].offset);
};

describe('transactions, transaction.version 0', () => {
  beforeEach(() => start(0));

  it('are visible to read_committed once the marker is there, which takes one offset', async () => {
    const id = await init();
    expect(await add(id)).toBe(ERROR.NONE);
    expect((await produce(id, 0, ['a', 'b', 'c'], 11)).errorCode).toBe(ERROR.NONE);
    expect([await latest(0), await latest(1)]).toEqual([3, 0]);
    expect((await fetchCommitted()).records).toHaveLength(0);
    expect((await fetchCommitted(0n, 0)).records!.length).toBeGreaterThan(61);
    expect(await end(id, true, 4)).toMatchObject({ errorCode: ERROR.NONE });
    expect([await latest(0), await latest(1)]).toEqual([4, 4]);
    const { records, abortedTransactions, lastStableOffset } = await fetchCommitted();
    expect(abortedTransactions).toEqual([]);
    expect(lastStableOffset).toBe(4n);
    const marker = records!.subarray(records!.length - 78);
    // base offset 3 · attributes transactional + control · key version 0, type 1: COMMIT
    expect([marker.readBigInt64BE(0), marker.readInt16BE(21), marker.readInt32BE(66)]).toEqual([
      3n,
      0x30,
      1,
    ]);
    // The epoch stays, so do the sequences.
    expect(await add(id)).toBe(ERROR.NONE);
    expect((await produce(id, 3, ['d'], 11)).errorCode).toBe(ERROR.NONE);
  });

  it('that were aborted are named to read_committed, as far as the fetch covers them', async () => {
    const id = await init();
    await add(id);
    await produce(id, 0, ['a', 'b'], 11);
    await end(id, false, 4);
    await add(id);
    await produce(id, 2, ['c'], 11);
    await end(id, true, 4);
    const { producerId } = id;
    expect((await fetchCommitted(0n)).abortedTransactions).toEqual([
      { producerId, firstOffset: 0n },
    ]);
    expect((await fetchCommitted(2n)).abortedTransactions).toEqual([
      { producerId, firstOffset: 0n },
    ]);
    expect((await fetchCommitted(3n)).abortedTransactions).toEqual([]);
  });

  it('refuse a partition that was not added, by the error of the Produce version', async () => {
    const id = await init();
    await add(id, [1]);
    expect((await produce(id, 0, ['a'], 10)).errorCode).toBe(ERROR.INVALID_TXN_STATE);
    expect((await produce(id, 0, ['a'], 11)).errorCode).toBe(120);
    expect((await produce(id, 0, ['a'], 13)).errorCode).toBe(120);
  });

  it('abort what a fenced producer left open, and refuse it from then on', async () => {
    const old = await init();
    await add(old);
    await produce(old, 0, ['a'], 11);
    expect((await init()).errorCode).toBe(51); // Kafka has the client ask again
    const young = await init();
    expect(young).toMatchObject({ errorCode: ERROR.NONE, producerId: old.producerId });
    expect(young.producerEpoch).toBeGreaterThan(old.producerEpoch);
    expect(await latest(1)).toBe(2);
    expect((await produce(old, 1, ['b'], 11)).errorCode).toBe(ERROR.INVALID_PRODUCER_EPOCH);
    expect(await add(old)).toBe(ERROR.PRODUCER_FENCED);
    expect(await add(old, [0], 1)).toBe(ERROR.INVALID_PRODUCER_EPOCH);
    expect((await end(old, true, 4)).errorCode).toBe(ERROR.PRODUCER_FENCED);
    expect((await end(old, true, 1)).errorCode).toBe(ERROR.INVALID_PRODUCER_EPOCH);
    expect((await init({ ...pick(old) })).errorCode).toBe(ERROR.PRODUCER_FENCED);
  });

  it('bump the epoch for the current one, and answer its retry the same (KIP-360)', async () => {
    const id = await init();
    const bumped = await init(pick(id));
    expect(bumped).toMatchObject({
      producerId: id.producerId,
      producerEpoch: id.producerEpoch + 1,
    });
    expect(await init(pick(id))).toMatchObject(pick(bumped));
  });

  it('refuse a non-transactional batch of a producer whose transaction is open', async () => {
    const id = await init();
    await add(id);
    await produce(id, 0, ['a'], 11);
    const plain = buildBatch(['b'], {
      producerId: Number(id.producerId),
      epoch: id.producerEpoch,
      sequence: 1,
    });
    expect((await client.produce('t', 0, plain)).errorCode).toBe(ERROR.INVALID_TXN_STATE);
    expect((await client.produce('t', 0, buildBatch(['b']))).errorCode).toBe(ERROR.NONE);
  });

  it('end in an abort after their time-out', async () => {
    const id = await init({ transactionTimeoutMs: 300 });
    await add(id);
    await produce(id, 0, ['a'], 11);
    await expect.poll(() => latest(1), { timeout: 10_000 }).toBe(2);
    expect((await end(id, true, 4)).errorCode).toBe(ERROR.PRODUCER_FENCED);
  });

  it.each([
    ['an empty id', { transactionalId: '' }, 42],
    ['no time', { transactionTimeoutMs: 0 }, 50],
    ['more time than a broker gives', { transactionTimeoutMs: 900_001 }, 50],
    ['an id without epoch', { producerId: 5n }, 42],
  ])('refuse %s', async (_what, more, code) => {
    expect((await init(more)).errorCode).toBe(code);
  });

  it('of an id that nobody began are not known, nor is anything after an end', async () => {
    expect((await end({ producerId: 1n, producerEpoch: 0 }, true, 4)).errorCode).toBe(49);
    const id = await init();
    expect((await end(id, true, 4)).errorCode).toBe(ERROR.INVALID_TXN_STATE);
    await add(id);
    expect((await end(id, true, 4)).errorCode).toBe(ERROR.NONE);
    expect((await end(id, true, 4)).errorCode).toBe(ERROR.NONE);
    expect((await end(id, false, 4)).errorCode).toBe(ERROR.INVALID_TXN_STATE);
    expect((await end({ ...pick(id), producerId: 77n }, true, 4)).errorCode).toBe(49);
  });

  it('tell each topic apart when one is unknown', async () => {
    const id = await init();
    const answer = await client.send(addPartitionsToTxnRequest, addPartitionsToTxnResponse, 3, {
      v3AndBelowTransactionalId: 'x',
      v3AndBelowProducerId: id.producerId,
      v3AndBelowProducerEpoch: id.producerEpoch,
      v3AndBelowTopics: [
        { name: 't', partitions: [0] },
        { name: 'nope', partitions: [0] },
      ],
    });
    const codes = answer.resultsByTopicV3AndBelow.map(
      ({ resultsByPartition }) => resultsByPartition[0].partitionErrorCode,
    );
    expect(codes).toEqual([55, 3]);
  });
});

describe('transactions, transaction.version 2', () => {
  beforeEach(() => start(2));

  it('are told of by ApiVersions', async () => {
    const answer = await client.send(apiVersionsRequest, apiVersionsResponse, 4, {
      clientSoftwareName: 'a',
      clientSoftwareVersion: '1',
    });
    expect(answer.finalizedFeatures).toEqual([
      { name: 'transaction.version', maxVersionLevel: 2, minVersionLevel: 2 },
    ]);
  });

  it('take in partitions by Produce, and give the next epoch with each end', async () => {
    const id = await init();
    expect((await produce(id, 0, ['a'], 13)).errorCode).toBe(ERROR.NONE);
    expect((await produce(id, 1, ['b'], 12)).errorCode).toBe(ERROR.NONE);
    const next = await end(id, true, 5);
    expect(next).toMatchObject({
      errorCode: ERROR.NONE,
      producerId: id.producerId,
      producerEpoch: id.producerEpoch + 1,
    });
    expect(await end(id, true, 5)).toMatchObject(pick(next));
    expect((await end(id, false, 5)).errorCode).toBe(ERROR.INVALID_TXN_STATE);
    // A late batch of the old epoch, and the new one's first.
    expect((await produce(id, 2, ['late'], 13)).errorCode).toBe(ERROR.INVALID_PRODUCER_EPOCH);
    expect((await produce(next, 2, ['c'], 13)).errorCode).toBe(45);
    expect((await produce(next, 0, ['c'], 13)).errorCode).toBe(ERROR.NONE);
    expect((await end(next, false, 5)).producerEpoch).toBe(id.producerEpoch + 2);
    expect(await latest(1)).toBe(5);
  });

  it('give a new epoch to an abort of nothing, and refuse a commit of nothing', async () => {
    const id = await init();
    expect((await end(id, true, 5)).errorCode).toBe(ERROR.INVALID_TXN_STATE);
    expect((await end(id, false, 5)).producerEpoch).toBe(id.producerEpoch + 1);
  });

  it('go on with another producer id where epochs end, also for a retry', async () => {
    const first = await init();
    const producerId = Number(first.producerId);
    for (let epoch = first.producerEpoch; epoch < 32_766; epoch++) {
      cluster.state.transactions.end('x', producerId, epoch, false, true);
    }
    const id: Identity = { producerId: first.producerId, producerEpoch: 32_766 };
    expect((await produce(id, 0, ['a'], 13)).errorCode).toBe(ERROR.NONE);
    const next = await end(id, true, 5);
    expect(next).toMatchObject({ errorCode: ERROR.NONE, producerEpoch: 0 });
    expect(next.producerId).not.toBe(id.producerId);
    expect(await end(id, true, 5)).toMatchObject(pick(next));
    expect((await produce(next, 0, ['b'], 13)).errorCode).toBe(ERROR.NONE);
  });
});

it('a transactional id is looked after by one living broker; others say so', async () => {
  cluster = await startInProcessCluster({ brokers: 3 });
  client = await RawClient.connect(cluster.bootstrap[0]);
  const find = async (keyType: number) => {
    const answer = await client.send(findCoordinatorRequest, findCoordinatorResponse, 4, {
      keyType,
      coordinatorKeys: ['x'],
    });
    return answer.coordinators[0];
  };
  const { nodeId } = await find(1);
  const codes = await Promise.all(
    cluster.bootstrap.map(async (address) => {
      const asked = await RawClient.connect(address);
      const { errorCode } = await asked.send(initProducerIdRequest, initProducerIdResponse, 5, {
        transactionalId: 'x',
        transactionTimeoutMs: 1000,
      });
      asked.close();
      return errorCode;
    }),
  );
  expect(codes).toEqual([1, 2, 3].map((id) => (id === nodeId ? ERROR.NONE : 16)));
  expect(await find(0)).toMatchObject({
    errorCode: ERROR.INVALID_REQUEST,
    errorMessage: NO_GROUPS,
  });
});

it('kafkajs commits and aborts, and is fenced by its successor', async () => {
  cluster = await startInProcessCluster({
    brokers: 3,
    topics: [{ name: 't', partitions: 1, replicationFactor: 3 }],
  });
  client = await RawClient.connect(cluster.bootstrap[0]);
  const kafka = new Kafka({
    brokers: [...cluster.bootstrap],
    logLevel: logLevel.NOTHING,
    retry: { retries: 2 },
  });
  const producerOf = () =>
    kafka.producer({
      transactionalId: 'js',
      idempotent: true,
      maxInFlightRequests: 1,
      createPartitioner: Partitioners.DefaultPartitioner,
    });
  const producer = producerOf();
  await producer.connect();
  for (const ending of ['commit', 'abort', 'commit'] as const) {
    const transaction = await producer.transaction();
    await transaction.send({
      topic: 't',
      acks: -1,
      messages: [{ value: ending }, { value: ending }],
    });
    await transaction[ending]();
  }
  // Three times two records and a marker.
  expect(await latest(1)).toBe(9);
  expect(
    (await fetchCommitted()).abortedTransactions!.map(({ firstOffset }) => firstOffset),
  ).toEqual([3n]);
  const left = await producer.transaction();
  await left.send({ topic: 't', acks: -1, messages: [{ value: 'open' }] });
  const successor = producerOf();
  await successor.connect();
  const transaction = await successor.transaction();
  await expect(left.commit()).rejects.toThrow(/fenc|epoch|newer/i);
  await transaction.abort();
  await Promise.all([producer.disconnect(), successor.disconnect()]);
});
