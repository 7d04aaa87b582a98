// Real clusters of every make that `target.kafka` offers: records go through, security holds with
// Java's own tools, brokers can be killed and started, and settings that were asked for are there.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, expect, it } from 'vitest';
import { processIdentity } from '../../base/process-identity.js';
import { describeWithKafkaJars } from '../../testing/kafka/kafka-fixture.js';
import { runKbench } from '../../testing/kbench-command.js';
import { readResults } from '../../report/results/read-results.js';
import { startKafkaCluster, type KafkaCluster } from './kafka-cluster.js';
import { consumeRecords, runKafkaTool } from '../../testing/kafka/kafka-tools.js';

const START_MS = 240_000;
const folder = mkdtempSync(path.join(tmpdir(), 'kbench-local-kafka-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function withCluster(
  options: Parameters<typeof startKafkaCluster>[0],
  use: (cluster: KafkaCluster) => Promise<void>,
): Promise<void> {
  const cluster = await startKafkaCluster({ heap: '256m', timeoutMs: 120_000, ...options });
  try {
    await use(cluster);
  } finally {
    await cluster.close();
  }
}

/** A topic with as many replicas as there are brokers, and ten records in it. */
async function produce(cluster: KafkaCluster, topic: string): Promise<void> {
  const kafka = new Kafka({ brokers: [...cluster.bootstrap], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const replicationFactor = cluster.brokers.length;
  const topics = [{ topic, numPartitions: 1, replicationFactor }];
  await admin.createTopics({ topics, waitForLeaders: true });
  await admin.disconnect();
  const producer = kafka.producer();
  await producer.connect();
  const messages = Array.from({ length: 10 }, (_, i) => ({ value: `record ${i}` }));
  await producer.send({ topic, messages, acks: -1 });
  await producer.disconnect();
}

const TOPICS = 'org.apache.kafka.tools.TopicCommand';

await describeWithKafkaJars(
  'with ZooKeeper',
  () => {
    it(
      'takes records, outlives one of three ZooKeepers, and leaves no process behind',
      async () => {
        const pids: number[] = [];
        const options = { version: '3.9.1', mode: 'zookeeper', zookeepers: 3, brokers: 2 } as const;
        await withCluster(options, async (cluster) => {
          pids.push(...[...cluster.brokers, ...cluster.zookeepers].map(({ pid }) => pid!));
          expect(pids).toHaveLength(5);
          await cluster.zookeepers[2].kill();
          expect(cluster.zookeepers.map(({ state }) => state)).toEqual([
            ...['running', 'running', 'down'],
          ]);
          await produce(cluster, 'kept');
          const records = await consumeRecords(cluster.bootstrap[0], 'kept', 10);
          expect(records.map(({ value }) => value?.toString())[9]).toBe('record 9');
          await cluster.zookeepers[2].start();
          expect(cluster.deaths()).toBeNull();
        });
        for (const pid of pids) expect(processIdentity(pid)).toBeNull();
      },
      START_MS,
    );
  },
  '3.9.1',
);

await describeWithKafkaJars('a cluster of one’s own', () => {
  it(
    'goes on when a broker is killed, and has it back on its port with its records',
    () =>
      withCluster({ brokers: 3, racks: true }, async (cluster) => {
        await produce(cluster, 'replicated');
        const [first, second] = cluster.brokers;
        const { port } = first;
        await first.kill();
        expect(first.state).toBe('down');
        expect(cluster.deaths()).toBeNull(); // as it was told to
        const rest = `127.0.0.1:${second.port}`;
        expect(await consumeRecords(rest, 'replicated', 10)).toHaveLength(10);
        await second.pause();
        expect(second.state).toBe('paused');
        await second.resume();
        await first.start();
        expect([first.state, first.port]).toEqual(['running', port]);
        expect(await consumeRecords(`127.0.0.1:${port}`, 'replicated', 10)).toHaveLength(10);
        const args = ['--bootstrap-server', rest];
        const tool = 'org.apache.kafka.tools.BrokerApiVersionsCommand';
        const run = await runKafkaTool(tool, args, { timeoutMs: 60_000 });
        expect(run.stdout).toMatch(/rack: rack-1/);
      }),
    START_MS,
  );

  it.each(['tls', 'sasl'] as const)(
    'lets Java’s tools in by its client.properties: %s, and nobody without',
    (security) =>
      withCluster({ security }, async (cluster) => {
        const [bootstrap] = cluster.bootstrap;
        const admin = (file: string, ...args: string[]) =>
          runKafkaTool(
            TOPICS,
            ['--bootstrap-server', bootstrap, '--command-config', file, ...args],
            { timeoutMs: 90_000 },
          );
        const made = await admin(cluster.clientProperties, '--create', '--topic', 'secret');
        expect(made).toMatchObject({ code: 0 });
        const listed = await admin(cluster.clientProperties, '--list');
        expect(listed.stdout.split('\n')).toContain('secret');
        const sweep = path.join(folder, `${security}.yaml`);
        writeFileSync(sweep, 'name: s\nworkload: {records: 200}\nrepeats: 1\n');
        const properties = `target.properties=${cluster.clientProperties}`;
        const quiet = ['run', sweep, '--no-canary', '--quiet', '--set', properties];
        const own = await runKbench(folder, quiet, {});
        expect(own.code, own.stderr).toBe(0);
        const plain = await runKbench(folder, ['run', sweep, '--bootstrap', bootstrap], {});
        expect(plain.code).toBe(107);
        expect(plain.stderr).toMatch(/TLS/);
      }),
    START_MS,
  );

  it(
    'refuses a setting that no broker knows, and tells what Kafka says of one that it refuses',
    async () => {
      const misspelt = startKafkaCluster({ brokerConfig: { 'num.io.thread': '4' } });
      await expect(misspelt).rejects.toMatchObject({
        name: 'RunError',
        message: expect.stringContaining('no setting num.io.thread') as string,
        remedy: expect.stringContaining('num.io.threads') as string,
      });
      await expect(startKafkaCluster({ brokerConfig: { 'num.io.threads': '0' } })).rejects.toThrow(
        /Invalid value 0 for configuration num\.io\.threads: Value must be at least 1/,
      );
    },
    START_MS,
  );
});

await describeWithKafkaJars('brokerConfig', () => {
  it(
    'is what the broker has',
    () =>
      withCluster({ brokerConfig: { 'num.io.threads': '3' } }, async ({ bootstrap }) => {
        const args = ['--bootstrap-server', bootstrap[0], '--describe', '--broker', '1', '--all'];
        const tool = 'org.apache.kafka.tools.ConfigCommand';
        const { stdout } = await runKafkaTool(tool, args, { timeoutMs: 90_000 });
        expect(stdout).toMatch(/^ *num\.io\.threads=3 /m);
      }),
    START_MS,
  );

  it(
    'as an axis: a cluster for each value, and only runs of one that cannot start fail',
    async () => {
      writeFileSync(
        path.join(folder, 'axis.yaml'),
        'name: axis\ntarget: kafka\nworkload: {records: 500}\nrepeats: 1\n' +
          'sweep: {target.brokerConfig.num.io.threads: [3, 0], linger.ms: [0, 5]}\nseed: 1\n',
      );
      const run = await runKbench(folder, ['run', 'axis.yaml', '--no-canary'], {});
      expect(run.stderr).toMatch(/starting Apache Kafka .*, num\.io\.threads=3$/m);
      expect(run.code, run.stderr).toBe(107); // two runs have no cluster
      const directory = /results\/axis\/\S+/.exec(run.stdout)![0];
      const { runs } = readResults(path.join(folder, directory));
      for (const { config, status, failure } of runs) {
        const threads = config['target.brokerConfig.num.io.threads'];
        expect(status).toBe(threads === 3 ? 'completed' : 'failed');
        if (threads === 0) expect(failure?.message).toMatch(/Invalid value 0 for configuration/);
      }
      expect(runs).toHaveLength(4);
    },
    START_MS,
  );
});
