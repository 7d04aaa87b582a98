import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { Kafka, logLevel } from 'kafkajs';
import { expect, it } from 'vitest';
import { threadEntry } from '../../base/thread-entry.js';
import { describeWithKafka } from '../../testing/kafka/kafka-fixture.js';
import { isFree } from './free-ports.js';
import { startKafkaCluster } from './kafka-cluster.js';
import { consumeRecords, endOffsets, runKafkaTool } from '../../testing/kafka/kafka-tools.js';
import { processIdentity } from '../../base/process-identity.js';

const values = (count: number) => Array.from({ length: count }, () => randomBytes(64));

describeWithKafka('a Kafka cluster on this host', (cluster) => {
  it('takes kafkajs records that Kafka’s own tools count and read back byte for byte', async () => {
    const [bootstrap] = cluster().bootstrap;
    const kafka = new Kafka({ brokers: [bootstrap], logLevel: logLevel.ERROR });
    const admin = kafka.admin();
    await admin.connect();
    const producer = kafka.producer();
    await producer.connect();
    try {
      await admin.createTopics({
        topics: [{ topic: 'a.b', numPartitions: 2, replicationFactor: 1 }],
        waitForLeaders: true,
      });
      const sent = values(30);
      const messages = sent.map((value, i) => ({
        key: `k${i}`,
        value,
        partition: i % 3 === 0 ? 0 : 1,
      }));
      await producer.send({ topic: 'a.b', messages });
      const [offsets, records] = await Promise.all([
        endOffsets(bootstrap, 'a.b'),
        consumeRecords(bootstrap, 'a.b', 30),
      ]);
      expect([...offsets].sort()).toEqual([
        [0, 10],
        [1, 20],
      ]);
      for (const partition of [0, 1]) {
        const expected = messages.filter((message) => message.partition === partition);
        const read = records.filter((record) => record.partition === partition);
        expect(read.map(({ offset }) => offset)).toEqual(expected.map((_, i) => i));
        expect(read.map(({ key }) => key?.toString())).toEqual(expected.map(({ key }) => key));
        expect(read.map(({ value }) => value?.toString('hex'))).toEqual(
          expected.map(({ value }) => value.toString('hex')),
        );
      }
    } finally {
      await producer.disconnect();
      await admin.disconnect();
    }
  }, 120_000);

  it('makes no topic that nobody asked for', async () => {
    await expect(endOffsets(cluster().bootstrap[0], 'nobody-made-this')).rejects.toThrow(
      /no offsets of topic/,
    );
  });

  it('ends a tool that does not end by itself', async () => {
    const args = ['--bootstrap-server', '127.0.0.1:1', '--topic', 't'];
    const run = runKafkaTool('org.apache.kafka.tools.GetOffsetShell', args, { timeoutMs: 1000 });
    await expect(run).rejects.toThrow(/GetOffsetShell did not end within 1 s/);
  });

  it('restarts a killed broker on its port and data, and leaves nothing behind', async () => {
    const [broker] = cluster().brokers;
    const before = broker.pid;
    await broker.kill('SIGKILL');
    expect(broker.pid).toBeNull();
    expect(processIdentity(before!)).toBeNull();
    await broker.restart();
    expect((await endOffsets(cluster().bootstrap[0], 'a.b')).get(1)).toBe(20);
    const { pid, port, dataDir } = broker;
    await cluster().close();
    expect(processIdentity(pid!)).toBeNull();
    expect(await isFree(port)).toBe(true);
    expect(existsSync(dataDir)).toBe(false);
  }, 120_000);

  it('ends when kbench is killed with SIGKILL; the next start removes its folder', async () => {
    const script = `const { startKafkaCluster } = await import(${JSON.stringify(entryUrl())});
      const { brokers } = await startKafkaCluster({ heap: '256m' });
      console.log(JSON.stringify({ pid: brokers[0].pid, dataDir: brokers[0].dataDir }));
      setInterval(() => {}, 1000);`;
    const owner = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, KBENCH_TEST_PASSWORD: 'hunter2' },
    });
    const ended = once(owner, 'exit');
    try {
      const [line] = (await once(owner.stdout, 'data')) as [Buffer];
      const { pid, dataDir } = JSON.parse(line.toString()) as { pid: number; dataDir: string };
      expect(processIdentity(pid)?.commandLine).toContain('kafka.Kafka');
      if (process.platform === 'linux') {
        expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toContain('KBENCH');
      }
      owner.kill('SIGKILL');
      await ended;
      await expect.poll(() => processIdentity(pid), { timeout: 5000 }).toBeNull();
      // Any start cleans up first, even one that then finds that there is no such version.
      await expect(startKafkaCluster({ version: '0.0.0' })).rejects.toThrow(
        /not a version of Kafka that kbench can start/,
      );
      expect(existsSync(dataDir)).toBe(false);
    } finally {
      owner.kill('SIGKILL');
    }
  }, 120_000);

  it('tells how a broker died by itself, and keeps its log when the cluster is gone', async () => {
    const said: string[] = [];
    const own = await startKafkaCluster({ heap: '256m', onDeath: (line) => said.push(line) });
    try {
      expect(own.deaths()).toBeNull();
      const [broker] = own.brokers;
      await broker.kill('SIGKILL');
      expect([own.deaths(), said]).toEqual([null, []]); // as it was told to
      await broker.restart();
      process.kill(broker.pid!, 'SIGKILL');
      await expect.poll(() => own.deaths(), { timeout: 5000 }).not.toBeNull();
    } finally {
      await own.close();
    }
    expect(said[0]).toMatch(
      /^broker 1 ended by itself: it was killed \(SIGKILL.*; its log is kept as .*, and ends:$/,
    );
    const kept = / kept as (.*), and ends:/.exec(said[0])![1];
    expect(readFileSync(kept, 'utf8')).toContain('Kafka Server started');
    expect(said.at(-1)).toMatch(/\[.*\] INFO /);
    rmSync(kept);
  }, 120_000);
});

const entryUrl = () => pathToFileURL(threadEntry(import.meta.url, './kafka-cluster.js')).href;
