import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { freePorts, isFree } from './free-ports.js';
import { isHeap, log4j2Xml, newClusterId, serverProperties } from './kafka-config.js';
import { startKafkaCluster } from './kafka-cluster.js';

const node = (id: number) => ({
  id,
  port: 20_000 + id,
  controllerPort: 21_000 + id,
  dataDir: `/d/${id}`,
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
  const three = lines(serverProperties(all[1], all, {}));
  expect(three).toMatchObject({
    'node.id': '2',
    'controller.quorum.voters': '1@127.0.0.1:21001,2@127.0.0.1:21002,3@127.0.0.1:21003',
    listeners: 'PLAINTEXT://127.0.0.1:20002,CONTROLLER://127.0.0.1:21002',
    'advertised.listeners': 'PLAINTEXT://127.0.0.1:20002',
    'offsets.topic.replication.factor': '3',
    'transaction.state.log.min.isr': '2',
  });
  const one = lines(serverProperties(node(1), [node(1)], {}));
  expect(one).toMatchObject({
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
  });
});

it('lets the caller’s properties win, and keeps them on their own lines', () => {
  const text = serverProperties(node(1), [node(1)], { 'num.partitions': '7', 'a b': ' x\ny\\z' });
  expect(lines(text)['num.partitions']).toBe('7');
  expect(text).toContain(String.raw`a\ b=\ x\ny\\z`);
  expect(text.match(/^num\.partitions=/gm)).toHaveLength(1);
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

it.each([{ brokers: 0 }, { brokers: 1.5 }, { brokers: 9 }, { heap: 'much' }, { version: '4.3' }])(
  'refuses to start a cluster with %j',
  async (options) => {
    await expect(startKafkaCluster(options)).rejects.toMatchObject({ name: 'RunError' });
  },
);
