import { crc32c } from '@node-rs/crc32';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  fetchRequest,
  fetchResponse,
  initProducerIdRequest,
  initProducerIdResponse,
  produceRequest,
  produceResponse,
} from '../../../wire/apis/all.js';
import { encodeRequest } from '../../../wire/index.js';
import { startInProcessCluster } from '../in-process.js';
import type { InProcessCluster } from '../in-process.js';
import { buildBatch, RawClient } from '../../../testing/raw-client.js';
import { ERROR } from '../../../wire/error-codes.js';

let cluster: InProcessCluster;
let one: RawClient;
let two: RawClient;

beforeEach(async () => {
  cluster = await startInProcessCluster({
    brokers: 2,
    // Partition 0 is led by broker 1, partition 1 by broker 2.
    topics: [{ name: 't', partitions: 2, replicationFactor: 2 }],
    log: () => undefined,
  });
  [one, two] = await Promise.all([
    RawClient.connect(cluster.bootstrap[0]),
    RawClient.connect(cluster.bootstrap[1]),
  ]);
});

afterEach(async () => {
  one.close();
  two.close();
  await cluster.close();
});

const idOf = (topic: string) => cluster.state.topics.named(topic)!.id;
const fetchFrom = (client: RawClient, fetchOffset: bigint, more: object = {}, version = 12) =>
  client.send(fetchRequest, fetchResponse, version, {
    maxWaitMs: 0,
    minBytes: 1,
    topics: [
      {
        topic: 't',
        topicId: idOf('t'),
        partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 1_000_000 }],
      },
    ],
    ...more,
  });

describe('produce', () => {
  it('appends in every version, and a fetch gives the bytes back at their offset', async () => {
    const sent: Buffer[] = [];
    for (let version = 3; version <= 13; version++) {
      const batch = buildBatch([`v${version}`, 'x']);
      const answer = await one.produce('t', 0, batch, { version, topicId: idOf('t') });
      expect([answer.errorCode, answer.baseOffset]).toEqual([0, BigInt(sent.length * 2)]);
      batch.writeBigInt64BE(answer.baseOffset, 0);
      batch.writeInt32BE(0, 12);
      sent.push(batch);
    }
    for (let version = 4; version <= 18; version++) {
      const { responses } = await fetchFrom(one, 0n, {}, version);
      expect(responses[0].partitions[0].records!.equals(Buffer.concat(sent))).toBe(true);
      expect(responses[0].partitions[0].highWatermark).toBe(BigInt(sent.length * 2));
    }
  });

  const cases: [string, number, () => Promise<{ errorCode: number }>][] = [
    ['an unknown topic', 3, () => one.produce('nope', 0, buildBatch(['x']))],
    ['an unknown partition', 3, () => one.produce('t', 9, buildBatch(['x']))],
    [
      'an unknown topic id',
      100,
      () =>
        one.produce('', 0, buildBatch(['x']), {
          version: 13,
          topicId: '11111111-2222-3333-4444-555555555555',
        }),
    ],
    ['acks other than 0, 1, all', 21, () => one.produce('t', 0, buildBatch(['x']), { acks: 2 })],
    [
      'a batch over max.message.bytes',
      10,
      () => one.produce('t', 0, buildBatch([Buffer.alloc(1_048_588)])),
    ],
    ['no records', 87, () => one.produce('t', 0, null)],
    [
      'two batches',
      87,
      () => one.produce('t', 0, Buffer.concat([buildBatch(['x']), buildBatch(['y'])])),
    ],
    ['half a batch', 87, () => one.produce('t', 0, buildBatch(['xyz']).subarray(0, 66))],
    [
      'a transactional batch without producer',
      87,
      () => one.produce('t', 0, buildBatch(['x'], { attributes: 0x10 })),
    ],
    [
      'a transactional batch without transactional id',
      53,
      () =>
        one.produce(
          't',
          0,
          buildBatch(['x'], { attributes: 0x10, producerId: 5, epoch: 0, sequence: 0 }),
        ),
    ],
    ['a control batch', 87, () => one.produce('t', 0, buildBatch(['x'], { attributes: 0x20 }))],
    [
      'zstd before v7',
      76,
      () => one.produce('t', 0, buildBatch(['x'], { attributes: 4 }), { version: 6 }),
    ],
    [
      'a producer id without sequence',
      87,
      () => one.produce('t', 0, buildBatch(['x'], { producerId: 5, epoch: 0 })),
    ],
    [
      'a wrong CRC',
      2,
      () => {
        const batch = buildBatch(['hello']);
        batch[batch.length - 2] ^= 1;
        return one.produce('t', 0, batch);
      },
    ],
    [
      'an old magic',
      87,
      () => {
        const batch = buildBatch(['hello']);
        batch[16] = 1;
        return one.produce('t', 0, batch);
      },
    ],
    [
      'a count that is not the last offset delta + 1',
      87,
      () => {
        const batch = buildBatch(['a', 'b']);
        batch.writeInt32BE(3, 57);
        batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
        return one.produce('t', 0, batch);
      },
    ],
  ];
  it.each(cases)('refuses %s with code %i, and appends nothing', async (_, code, act) => {
    expect((await act()).errorCode).toBe(code);
    expect(cluster.state.topics.partition('t', 0)!.log.nextOffset).toBe(0);
  });

  it('tells who leads the partition now (KIP-951), from version 10 on', async () => {
    const request = {
      acks: 1,
      timeoutMs: 1,
      topicData: [{ name: 't', partitionData: [{ index: 1, records: buildBatch(['x']) }] }],
    };
    const answer = await one.send(produceRequest, produceResponse, 10, request);
    const partition = answer.responses[0].partitionResponses[0];
    expect([partition.errorCode, partition.currentLeader]).toEqual([
      6,
      { leaderId: 2, leaderEpoch: 0 },
    ]);
    const port = Number(cluster.bootstrap[1].split(':')[1]);
    expect(answer.nodeEndpoints).toEqual([{ nodeId: 2, host: '127.0.0.1', port, rack: null }]);
    const older = await one.send(produceRequest, produceResponse, 9, request);
    expect([older.responses[0].partitionResponses[0].errorCode, older.nodeEndpoints]).toEqual([
      6,
      [],
    ]);
  });

  it('answers a repeated batch with its offset, a gap with 45, an old epoch with 47', async () => {
    const { producerId } = await one.send(initProducerIdRequest, initProducerIdResponse, 4, {
      transactionalId: null,
    });
    const send = (epoch: number, sequence: number) =>
      one.produce(
        't',
        0,
        buildBatch(['a', 'b'], { producerId: Number(producerId), epoch, sequence }),
        { acks: -1 },
      );
    expect((await send(0, 0)).baseOffset).toBe(0n);
    expect((await send(0, 2)).baseOffset).toBe(2n);
    expect(await send(0, 0)).toMatchObject({
      errorCode: ERROR.NONE,
      baseOffset: 0n,
      logAppendTimeMs: 1_700_000_000_001n,
    });
    expect(await send(0, 6)).toMatchObject({
      errorCode: ERROR.OUT_OF_ORDER_SEQUENCE_NUMBER,
      baseOffset: -1n,
    });
    expect((await send(1, 0)).baseOffset).toBe(4n);
    expect((await send(0, 4)).errorCode).toBe(47);
    expect(cluster.state.topics.partition('t', 0)!.log.nextOffset).toBe(6);
  });

  it('keeps the order of answers on a connection, whatever their acks', async () => {
    const acks = [1, -1, 1, -1, -1, 1];
    const answers = await Promise.all(
      acks.map((each) => one.produce('t', 0, buildBatch(['x']), { acks: each })),
    );
    expect(answers.map(({ baseOffset }) => Number(baseOffset))).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('does not answer acks=0, and closes the connection where it fails', async () => {
    const frame = (topic: string) =>
      encodeRequest(produceRequest, 9, 99, 'raw', {
        acks: 0,
        timeoutMs: 1,
        topicData: [{ name: topic, partitionData: [{ index: 0, records: buildBatch(['x']) }] }],
      });
    one.socket.write(frame('t'));
    expect((await one.produce('t', 0, buildBatch(['y']))).baseOffset).toBe(1n);
    one.socket.write(frame('nope'));
    await one.closed;
  });

  it('takes a batch of many megabytes where the topic does, sent in pieces', async () => {
    const made = cluster.state.topics.create({
      name: 'large',
      partitions: 1,
      replicationFactor: 1,
      configs: [{ name: 'max.message.bytes', value: '50000000' }],
    });
    expect('code' in made).toBe(false);
    const batch = buildBatch([Buffer.alloc(20_000_000, 'z')]);
    expect((await one.produce('large', 0, batch)).errorCode).toBe(0);
    expect((await one.produce('large', 0, buildBatch(['small']))).baseOffset).toBe(1n);
  });

  it('refuses acks=all below min.insync.replicas with 19', async () => {
    cluster.state.topics.create({
      name: 'safe',
      partitions: 1,
      replicationFactor: 2,
      configs: [{ name: 'min.insync.replicas', value: '2' }],
    });
    expect((await one.produce('safe', 0, buildBatch(['x']), { acks: -1 })).errorCode).toBe(0);
    await cluster.inject({ kind: 'stop-broker', broker: 2 });
    expect((await one.produce('safe', 0, buildBatch(['x']), { acks: -1 })).errorCode).toBe(19);
    expect((await one.produce('safe', 0, buildBatch(['x']), { acks: 1 })).errorCode).toBe(0);
  });
});
