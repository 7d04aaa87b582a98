import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  metadataRequest,
  metadataResponse,
  produceRequest,
  produceResponse,
} from '../../wire/apis/all.js';
import { startInProcessCluster } from './in-process.js';
import type { InProcessCluster } from './in-process.js';
import { buildBatch, RawClient } from '../../testing/raw-client.js';
import { ERROR } from '../../wire/error-codes.js';
import { API } from '../../wire/api-keys.js';

let cluster: InProcessCluster;
let client: RawClient;

beforeEach(async () => {
  cluster = await startInProcessCluster({
    brokers: 3,
    topics: [{ name: 't', partitions: 1, replicationFactor: 2 }],
    log: () => undefined,
  });
  client = await RawClient.connect(cluster.bootstrap[0]);
});

afterEach(async () => {
  client.close();
  await cluster.close();
});

const produce = (options: { acks?: number } = {}) =>
  client.produce('t', 0, buildBatch(['x']), options);
const nextOffset = () => cluster.state.topics.partition('t', 0)!.log.nextOffset;
const timed = async (work: () => Promise<unknown>) => {
  const started = performance.now();
  await work();
  return performance.now() - started;
};

describe('an error fault', () => {
  it('hits the next n batches of its partition', async () => {
    await cluster.inject({
      kind: 'error',
      code: ERROR.REQUEST_TIMED_OUT,
      topic: 't',
      partition: 0,
      times: 2,
    });
    const codes = [];
    for (let i = 0; i < 4; i++) codes.push((await produce()).errorCode);
    expect(codes).toEqual([7, 7, 0, 0]);
    expect(nextOffset()).toBe(2);
  });

  it('hits every k-th, until cleared', async () => {
    await cluster.inject({ kind: 'error', code: ERROR.KAFKA_STORAGE_ERROR, every: 3, skip: 1 });
    const codes = [];
    for (let i = 0; i < 8; i++) codes.push((await produce()).errorCode);
    expect(codes).toEqual([0, 0, 0, 56, 0, 0, 56, 0]);
    await cluster.inject({ kind: 'clear' });
    for (let i = 0; i < 3; i++) expect((await produce()).errorCode).toBe(0);
  });

  it('may come after the append', async () => {
    await cluster.inject({ kind: 'error', code: ERROR.REQUEST_TIMED_OUT, appended: true });
    expect((await produce()).errorCode).toBe(7);
    expect(nextOffset()).toBe(1);
  });

  it('leaves other partitions alone', async () => {
    await cluster.inject({ kind: 'error', code: ERROR.REQUEST_TIMED_OUT, topic: 'other' });
    expect((await produce()).errorCode).toBe(0);
  });
});

/** So long that even a busy machine answers sooner where nothing is held. */
const HOLD_MS = 700;

describe('a delay', () => {
  it.each(['handling', 'answer'] as const)(
    'before the %s holds what follows on the connection too',
    async (before) => {
      await cluster.inject({ kind: 'delay', delayMs: HOLD_MS, before, api: API.PRODUCE });
      const both = await timed(() => Promise.all([produce(), produce()]));
      expect(both).toBeGreaterThan(HOLD_MS - 5);
      expect(nextOffset()).toBe(2);
      expect(await timed(() => produce())).toBeLessThan(HOLD_MS);
    },
  );
});

describe('a drop', () => {
  it.each([
    ['before-append', 0],
    ['after-append', 1],
  ] as const)('%s leaves %i records', async (when, records) => {
    await cluster.inject({ kind: 'drop', when, api: API.PRODUCE });
    await expect(produce()).rejects.toThrow('closed');
    expect(nextOffset()).toBe(records);
  });

  it('in mid-answer writes so many bytes of it, behind the answers before', async () => {
    await cluster.inject({ kind: 'drop', when: 'mid-answer', answerBytes: 9, skip: 1 });
    const first = produce();
    const second = produce();
    expect((await first).baseOffset).toBe(0n);
    await expect(second).rejects.toThrow('closed');
    expect(client.received.length).toBe(9);
    expect(nextOffset()).toBe(2);
  });
});

describe('a throttle', () => {
  it('is told, and then holds the connection', async () => {
    await cluster.inject({ kind: 'throttle', throttleMs: HOLD_MS, api: API.PRODUCE });
    const send = () =>
      client.send(produceRequest, produceResponse, 9, {
        acks: 1,
        topicData: [{ name: 't', partitionData: [{ index: 0, records: buildBatch(['x']) }] }],
      });
    const started = performance.now();
    expect((await send()).throttleTimeMs).toBe(HOLD_MS);
    expect(performance.now() - started).toBeLessThan(HOLD_MS);
    expect((await send()).throttleTimeMs).toBe(0);
    expect(performance.now() - started).toBeGreaterThan(HOLD_MS - 5);
    await cluster.inject({ kind: 'throttle', throttleMs: 5, api: API.METADATA });
    expect(
      (await client.send(metadataRequest, metadataResponse, 9, { topics: [] })).throttleTimeMs,
    ).toBe(5);
  });
});

describe('leaders and brokers', () => {
  const leaderOf = async () => {
    const other = await RawClient.connect(cluster.bootstrap[2]);
    const { topics, brokers } = await other.send(metadataRequest, metadataResponse, 12, {
      topics: [{ name: 't' }],
    });
    other.close();
    const { leaderId, leaderEpoch, isrNodes, errorCode } = topics[0].partitions[0];
    return {
      leaderId,
      leaderEpoch,
      isrNodes,
      errorCode,
      brokers: brokers.map(({ nodeId }) => nodeId),
    };
  };

  it('a moved leader bumps the epoch, and the old one refuses', async () => {
    await cluster.inject({ kind: 'move-leader', topic: 't', partition: 0 });
    expect(await leaderOf()).toMatchObject({ leaderId: 2, leaderEpoch: 1, isrNodes: [1, 2] });
    expect((await produce()).errorCode).toBe(6);
    await cluster.inject({ kind: 'move-leader', topic: 't', partition: 0, to: 3 });
    expect(await leaderOf()).toMatchObject({ leaderId: 3, leaderEpoch: 2, isrNodes: [1, 3] });
  });

  it('a stopped broker resets its clients, partitions elect another; it comes back', async () => {
    await cluster.inject({ kind: 'stop-broker', broker: 1 });
    await client.closed;
    await expect(RawClient.connect(cluster.bootstrap[0])).rejects.toThrow('ECONNREFUSED');
    expect(await leaderOf()).toEqual({
      leaderId: 2,
      leaderEpoch: 1,
      isrNodes: [2],
      errorCode: ERROR.NONE,
      brokers: [2, 3],
    });
    await cluster.inject({ kind: 'stop-broker', broker: 2 });
    expect(await leaderOf()).toMatchObject({
      leaderId: -1,
      leaderEpoch: 2,
      isrNodes: [],
      errorCode: ERROR.LEADER_NOT_AVAILABLE,
      brokers: [3],
    });
    await cluster.inject({ kind: 'start-broker', broker: 1 });
    expect(await leaderOf()).toMatchObject({
      leaderId: 1,
      leaderEpoch: 3,
      isrNodes: [1],
      errorCode: ERROR.NONE,
      brokers: [1, 3],
    });
    client = await RawClient.connect(cluster.bootstrap[0]);
    expect((await produce({ acks: -1 })).errorCode).toBe(0);
  });

  it('faults on what does not exist are refused', async () => {
    await expect(cluster.inject({ kind: 'stop-broker', broker: 9 })).rejects.toThrow('no broker 9');
    await expect(cluster.inject({ kind: 'move-leader', topic: 'x', partition: 0 })).rejects.toThrow(
      'x-0',
    );
    await expect(
      cluster.inject({ kind: 'error', code: ERROR.REQUEST_TIMED_OUT, every: 0 }),
    ).rejects.toThrow('every');
  });
});

describe('slow reads', () => {
  it('hold a producer back', async () => {
    await cluster.inject({ kind: 'slow-reads', bytesPerSecond: 1_000_000, broker: 1 });
    const large = buildBatch([Buffer.alloc(100_000)]);
    expect(
      await timed(async () => {
        await client.produce('t', 0, large);
        await client.produce('t', 0, large);
      }),
    ).toBeGreaterThan(80);
    await cluster.inject({ kind: 'clear' });
    await client.produce('t', 0, large);
    expect(await timed(() => client.produce('t', 0, large))).toBeLessThan(80);
  });
});
