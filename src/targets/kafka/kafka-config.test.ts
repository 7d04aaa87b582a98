import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { freePorts, isFree } from './free-ports.js';
import {
  isHeap,
  log4j2Xml,
  newClusterId,
  serverProperties,
  zookeeperProperties,
  type BrokerPlace,
  type ClusterLayout,
} from './kafka-config.js';
import { startKafkaCluster } from './kafka-cluster.js';

const node = (id: number) => ({
  id,
  port: 20_000 + id,
  internalPort: 22_000 + id,
  controllerPort: 21_000 + id,
  dataDir: `/d/${id}`,
});
const layout = (brokers: readonly BrokerPlace[], more: Partial<ClusterLayout> = {}) => ({
  brokers,
  zookeeperConnect: null,
  clientProtocol: 'PLAINTEXT' as const,
  racks: false,
  properties: {},
  ...more,
});
const lines = (text: string): Record<string, string> =>
  Object.fromEntries(
    text
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );

it('gives three nodes one quorum and replicas, and one node none that it cannot have', () => {
  const all = [node(1), node(2), node(3)];
  const three = lines(serverProperties(all[1], layout(all)));
  expect(three).toMatchObject({
    'node.id': '2',
    'controller.quorum.voters': '1@127.0.0.1:21001,2@127.0.0.1:21002,3@127.0.0.1:21003',
    listeners:
      'PLAINTEXT://127.0.0.1:20002,INTERNAL://127.0.0.1:22002,CONTROLLER://127.0.0.1:21002',
    'advertised.listeners': 'PLAINTEXT://127.0.0.1:20002,INTERNAL://127.0.0.1:22002',
    'inter.broker.listener.name': 'INTERNAL',
    'offsets.topic.replication.factor': '3',
    'transaction.state.log.min.isr': '2',
  });
  const one = lines(serverProperties(node(1), layout([node(1)])));
  expect(one).toMatchObject({
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
  });
});

it('lets the caller’s properties win, and keeps them on their own lines', () => {
  const text = serverProperties(
    node(1),
    layout([node(1)], { properties: { 'num.partitions': '7', 'a b': ' x\ny\\z' } }),
  );
  expect(lines(text)['num.partitions']).toBe('7');
  expect(text).toContain(String.raw`a\ b=\ x\ny\\z`);
  expect(text.match(/^num\.partitions=/gm)).toHaveLength(1);
});

it('tells clients of a relay, and brokers of each other', () => {
  const behind = { ...node(1), advertisedPort: 9 };
  const relayed = lines(serverProperties(behind, layout([behind])));
  const advertised = 'PLAINTEXT://127.0.0.1:9,INTERNAL://127.0.0.1:22001';
  expect(relayed['advertised.listeners']).toBe(advertised);
  // Whoever advertises something else of his own, too.
  const properties = { 'advertised.listeners': 'PLAINTEXT://wrong:1' };
  const wrong = lines(serverProperties(node(1), layout([node(1)], { properties })));
  expect(wrong['advertised.listeners']).toBe('PLAINTEXT://wrong:1,INTERNAL://127.0.0.1:22001');
});

it('gives a broker its rack, and one with ZooKeeper an id and no controller', () => {
  const zookeeperConnect = '127.0.0.1:1,127.0.0.1:2';
  const more = { zookeeperConnect, racks: true, clientProtocol: 'SASL_SSL' as const };
  const text = lines(serverProperties(node(3), layout([node(3)], more)));
  expect(text).toMatchObject({
    'broker.id': '3',
    'broker.rack': 'rack-3',
    'zookeeper.connect': zookeeperConnect,
    listeners: 'SASL_SSL://127.0.0.1:20003,INTERNAL://127.0.0.1:22003',
  });
  expect(Object.keys(text)).not.toContain('process.roles');
});

it('makes of three ZooKeepers an ensemble, and of one none', () => {
  const zookeeper = (id: number) => {
    const ports = { port: id, quorumPort: 10 + id, electionPort: 20 + id };
    return { id, ...ports, dataDir: `/z/${id}` };
  };
  const all = [zookeeper(1), zookeeper(2), zookeeper(3)];
  expect(lines(zookeeperProperties(all[1], all))).toMatchObject({
    clientPort: '2',
    'server.1': '127.0.0.1:11:21',
    'server.3': '127.0.0.1:13:23',
  });
  expect(zookeeperProperties(all[0], [all[0]])).not.toContain('server.');
});

it('keeps an odd path inside the attribute of log4j2.xml', () => {
  expect(log4j2Xml('/a "b" & <c>/x.log')).toContain(
    'fileName="/a &quot;b&quot; &amp; &lt;c>/x.log"',
  );
});

it('makes cluster ids of 22 characters that no tool takes for an option', () => {
  const bytes = [Buffer.alloc(16, 0xfb), Buffer.alloc(16, 1)];
  expect(newClusterId(() => bytes.shift()!)).toBe(Buffer.alloc(16, 1).toString('base64url'));
});

it.each([
  ['1g', true],
  ['512m', true],
  ['0g', false],
  ['1', false],
  ['1g -XX:x', false],
])('takes %s for a heap: %s', (text, valid) => {
  expect(isHeap(text)).toBe(valid);
});

it('finds ports that nobody listens on', async () => {
  const ports = await freePorts(6);
  expect(new Set(ports).size).toBe(6);
  expect(await Promise.all(ports.map(isFree))).not.toContain(false);
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  expect(await isFree((server.address() as AddressInfo).port)).toBe(false);
  server.close();
});

it.each([
  { brokers: 0 },
  { brokers: 1.5 },
  { brokers: 9 },
  { heap: 'much' },
  { version: '4.3' },
  { mode: 'zookeeper' } as const,
])('refuses to start a cluster with %j', async (options) => {
  await expect(startKafkaCluster(options)).rejects.toMatchObject({ name: 'RunError' });
});
