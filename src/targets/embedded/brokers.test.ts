import net from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  apiVersionsRequest,
  apiVersionsResponse,
  createTopicsRequest,
  createTopicsResponse,
  deleteTopicsRequest,
  deleteTopicsResponse,
  describeClusterRequest,
  describeClusterResponse,
  fetchRequest,
  fetchResponse,
  findCoordinatorRequest,
  findCoordinatorResponse,
  listOffsetsRequest,
  listOffsetsResponse,
  metadataRequest,
  metadataResponse,
} from '../../wire/apis/all.js';
import { startInProcessCluster } from './in-process.js';
import type { InProcessCluster } from './in-process.js';
import { buildBatch, RawClient } from '../../testing/raw-client.js';
import { ERROR } from '../../wire/error-codes.js';

let cluster: InProcessCluster;
let one: RawClient;
let two: RawClient;
let lines: string[];

beforeEach(async () => {
  lines = [];
  cluster = await startInProcessCluster({
    brokers: 2,
    // Partition 0 is led by broker 1, partition 1 by broker 2.
    topics: [{ name: 't', partitions: 2, replicationFactor: 2 }],
    log: (line) => lines.push(line),
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

describe('fetch and offsets', () => {
  it('waits for minBytes, and answers as soon as they are there', async () => {
    const started = performance.now();
    const waiting = fetchFrom(one, 0n, { maxWaitMs: 10_000 });
    await new Promise((resolve) => setTimeout(resolve, 30));
    const other = await RawClient.connect(cluster.bootstrap[0]);
    await other.produce('t', 0, buildBatch(['x']));
    expect((await waiting).responses[0].partitions[0].records!.length).toBeGreaterThan(61);
    expect(performance.now() - started).toBeLessThan(5000);
    other.close();
  });

  it('answers empty after maxWait', async () => {
    const { responses } = await fetchFrom(one, 0n, { maxWaitMs: 20 });
    expect(responses[0].partitions[0]).toMatchObject({ errorCode: ERROR.NONE, highWatermark: 0n });
    expect(responses[0].partitions[0].records!.length).toBe(0);
  });

  it('tells a long poll of a moved leader at once', async () => {
    const waiting = fetchFrom(one, 0n, { maxWaitMs: 10_000 }, 17);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await cluster.inject({ kind: 'move-leader', topic: 't', partition: 0 });
    const { responses, nodeEndpoints } = await waiting;
    expect(responses[0].partitions[0]).toMatchObject({
      errorCode: ERROR.NOT_LEADER_OR_FOLLOWER,
      currentLeader: { leaderId: 2, leaderEpoch: 1 },
    });
    expect(nodeEndpoints.map(({ nodeId }) => nodeId)).toEqual([2]);
  });

  it('refuses offsets outside the log, old epochs and sessions', async () => {
    expect((await fetchFrom(one, 1n)).responses[0].partitions[0].errorCode).toBe(1);
    expect((await fetchFrom(one, 0n, { sessionId: 7 })).errorCode).toBe(70);
    expect((await fetchFrom(two, 0n)).responses[0].partitions[0].errorCode).toBe(6);
  });

  it('lists the ends of the log', async () => {
    await one.produce('t', 0, buildBatch(['a', 'b', 'c']));
    const list = async (timestamp: bigint, version = 9) => {
      const partitions = [{ partitionIndex: 0, timestamp }];
      const answer = await one.send(listOffsetsRequest, listOffsetsResponse, version, {
        topics: [{ name: 't', partitions }],
      });
      const { errorCode, offset } = answer.topics[0].partitions[0];
      return errorCode === ERROR.NONE ? Number(offset) : `error ${errorCode}`;
    };
    expect(await list(-1n)).toBe(3);
    expect(await list(-2n)).toBe(0);
    expect(await list(-3n)).toBe(2);
    expect(await list(-3n, 6)).toBe('error 35');
    expect(await list(1_700_000_000_001n)).toBe(1);
    expect(await list(1_900_000_000_000n)).toBe(-1);
  });
});

describe('admin requests', () => {
  const create = async (topic: object, more: object = {}) => {
    const topics = [{ name: 'new', numPartitions: 1, replicationFactor: 1, ...topic }];
    const answer = await one.send(createTopicsRequest, createTopicsResponse, 7, {
      topics,
      ...more,
    });
    return answer.topics[0].errorCode;
  };

  it('create topics, or say with Kafka’s codes why not', async () => {
    expect(await create({ name: 'a b' })).toBe(17);
    expect(await create({ name: 't' })).toBe(36);
    expect(await create({ numPartitions: 0 })).toBe(37);
    expect(await create({ replicationFactor: 3 })).toBe(38);
    expect(await create({ configs: [{ name: 'no.such.setting', value: '1' }] })).toBe(40);
    expect(await create({ configs: [{ name: 'cleanup.policy', value: 'compact' }] })).toBe(40);
    expect(await create({}, { validateOnly: true })).toBe(0);
    expect(cluster.state.topics.named('new')).toBeUndefined();
    expect(
      await create({
        numPartitions: -1,
        replicationFactor: -1,
        assignments: [{ partitionIndex: 0, brokerIds: [2, 1] }],
      }),
    ).toBe(0);
    expect(cluster.state.topics.partition('new', 0)).toMatchObject({ leader: 2, replicas: [2, 1] });
  });

  it('delete topics by name and by id; a produce to them is then refused', async () => {
    const remove = (topic: object) =>
      one.send(deleteTopicsRequest, deleteTopicsResponse, 6, { topics: [topic] });
    const topicId = idOf('t');
    expect((await one.produce('t', 0, buildBatch(['x']))).errorCode).toBe(0);
    expect((await remove({ name: null, topicId })).responses[0]).toMatchObject({
      errorCode: ERROR.NONE,
      name: 't',
    });
    expect((await remove({ name: null, topicId })).responses[0].errorCode).toBe(100);
    expect((await remove({ name: 't' })).responses[0].errorCode).toBe(3);
    expect((await one.produce('t', 0, buildBatch(['x']))).errorCode).toBe(3);
    expect((await one.produce('', 0, buildBatch(['x']), { version: 13, topicId })).errorCode).toBe(
      100,
    );
  });

  it('tell brokers, leaders and errors in every version of Metadata', async () => {
    for (let version = 0; version <= 13; version++) {
      const answer = await two.send(metadataRequest, metadataResponse, version, {
        topics: [{ name: 't' }, { name: 'nope' }],
      });
      expect(answer.brokers.map(({ nodeId }) => nodeId)).toEqual([1, 2]);
      expect(answer.topics.map(({ errorCode }) => errorCode)).toEqual([0, 3]);
      expect(answer.topics[0].partitions.map(({ leaderId }) => leaderId)).toEqual([1, 2]);
      const all = await two.send(metadataRequest, metadataResponse, version, {
        topics: version === 0 ? [] : null!,
      });
      expect(all.topics.map(({ name }) => name)).toEqual(['t']);
    }
    const described = await one.send(describeClusterRequest, describeClusterResponse, 2, {});
    expect([described.clusterId, described.brokers.length]).toEqual([cluster.clusterId, 2]);
  });

  it('find no coordinator, with an error that is not retried', async () => {
    const old = await one.send(findCoordinatorRequest, findCoordinatorResponse, 1, { key: 'g' });
    const many = await one.send(findCoordinatorRequest, findCoordinatorResponse, 4, {
      coordinatorKeys: ['g', 'h'],
    });
    expect(old.errorCode).toBe(42);
    expect(many.coordinators.map(({ key, errorCode }) => [key, errorCode])).toEqual([
      ['g', 42],
      ['h', 42],
    ]);
  });
});

describe('what is not the protocol', () => {
  it('answers an ApiVersions from the future in the form of version 0', async () => {
    // apiKey 18 · version 99 · correlation id 7 · client id null · whatever a future version may
    // hold
    one.socket.write(
      Buffer.from('0000000d00120063 00000007 ffff 00abcd'.replaceAll(' ', ''), 'hex'),
    );
    const frame = await new Promise<Buffer>((resolve) => {
      one.socket.removeAllListeners('data');
      one.socket.once('data', resolve as (chunk: Buffer | string) => void);
    });
    // size · correlation id · error 35 · one API: 18, 0 to 5
    expect(frame.toString('hex')).toBe(
      '00000010 00000007 0023 00000001 0012 0000 0005'.replaceAll(' ', ''),
    );
  });

  it('tells a client that takes it for another to bootstrap again (KIP-1242)', async () => {
    const ask = async (clusterId: string | null, nodeId: number) => {
      const named = { clientSoftwareName: 'raw', clientSoftwareVersion: '1', clusterId, nodeId };
      return (await one.send(apiVersionsRequest, apiVersionsResponse, 5, named)).errorCode;
    };
    const { clusterId } = await one.send(metadataRequest, metadataResponse, 13, { topics: [] });
    expect(await ask(null, -1)).toBe(0);
    expect(await ask('another', 1)).toBe(129);
    expect(await ask(clusterId, 99)).toBe(129);
  });

  it('advertises no version that it does not answer', async () => {
    const { apiKeys } = await one.send(apiVersionsRequest, apiVersionsResponse, 4, {
      clientSoftwareName: 'raw',
      clientSoftwareVersion: '1',
    });
    expect(
      apiKeys.map(({ apiKey, minVersion, maxVersion }) => [apiKey, minVersion, maxVersion]),
    ).toEqual([
      [0, 0, 13],
      [1, 4, 18],
      [2, 1, 11],
      [3, 0, 13],
      [10, 0, 6],
      [18, 0, 5],
      [19, 2, 7],
      [20, 1, 6],
      [22, 0, 5],
      [24, 0, 3],
      [26, 0, 5],
      [32, 1, 4],
      [60, 0, 2],
    ]);
  });

  const nonsense: [string, Buffer, RegExp][] = [
    ['a TLS ClientHello', Buffer.from('16030100f8010000f40303', 'hex'), /TLS/],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), /HTTP/],
    ['a frame of 200 MiB', Buffer.from('0c800000', 'hex'), /209715200 bytes/],
    ['a negative length', Buffer.from('fffffff0', 'hex'), /-16 bytes/],
    [
      'an API that is not there',
      Buffer.from('0000000a03e8000000000001ffff', 'hex'),
      /API 1000 version 0/,
    ],
    [
      'a produce version of before 4.0',
      Buffer.from('0000000a0000000200000001ffff', 'hex'),
      /API 0 version 2/,
    ],
    [
      'a produce request with nothing in it',
      Buffer.from('0000000a0000000900000001ffff', 'hex'),
      /ProduceRequest needs/,
    ],
    [
      'an array longer than its frame',
      Buffer.from('0000000e0003000100000001ffff7fffffff', 'hex'),
      /MetadataRequest v1/,
    ],
  ];
  it.each(nonsense)(
    'closes the connection on %s, says so, and serves others',
    async (_, bytes, reason) => {
      one.socket.write(bytes);
      await one.closed;
      expect(lines.join('\n')).toMatch(reason);
      expect((await two.produce('t', 1, buildBatch(['x']))).errorCode).toBe(0);
    },
  );

  it('writes no more than ten lines a second about it', async () => {
    for (let i = 0; i < 40; i++) {
      const client = await RawClient.connect(cluster.bootstrap[0]);
      client.socket.write(Buffer.from('ffffffff', 'hex'));
      await client.closed;
    }
    expect(lines.length).toBeGreaterThanOrEqual(10);
    expect(lines.length).toBeLessThan(25);
  });
});

describe('ports', () => {
  it('are free again after close, with clients connected', async () => {
    await cluster.close();
    await one.closed;
    const port = Number(cluster.bootstrap[0].split(':')[1]);
    const again = await startInProcessCluster({ brokers: 1, ports: port });
    await again.close();
  });

  it('in use are named', async () => {
    const server = net.createServer();
    const port = await new Promise<number>((resolve) =>
      server.listen(0, '127.0.0.1', () => resolve((server.address() as net.AddressInfo).port)),
    );
    await expect(startInProcessCluster({ brokers: 1, ports: port })).rejects.toThrow(
      `port ${port} is in use`,
    );
    server.close();
  });
});
