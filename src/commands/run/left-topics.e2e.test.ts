import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, expect, it } from 'vitest';
import { kafkaAdmin } from '../../session/topics/kafka-admin.js';
import { startEmbeddedCluster } from '../../targets/embedded/embedded-cluster.js';
import { runKbench } from '../../testing/kbench-command.js';

const folder = mkdtempSync(path.join(tmpdir(), 'kbench-left-topics-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The results folder of a sweep of one run, all of it made. */
async function finished(name: string, bootstrap: string): Promise<string> {
  const yaml =
    `target: {bootstrap: ["${bootstrap}"]}\nworkload: {records: 100, warmup: none}\n` +
    'repeats: 1\n';
  writeFileSync(path.join(folder, `${name}.yaml`), yaml);
  const { code } = await runKbench(folder, ['run', `${name}.yaml`, '--no-canary'], {});
  expect(code).toBe(0);
  const parent = path.join(folder, 'results', name);
  return path.join(parent, readdirSync(parent)[0]);
}

it('--resume deletes what a killed session left, also where no run is lacking', async () => {
  const cluster = await startEmbeddedCluster({ brokers: 1, log: () => undefined });
  const admin = new Kafka({ brokers: [...cluster.bootstrap], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    const results = await finished('left', cluster.bootstrap[0]);
    // As if it had been killed between the last result and the end of its topic.
    const { topic } = JSON.parse(readFileSync(path.join(results, 'runs', '0001.json'), 'utf8')) as {
      topic: string;
    };
    await admin.createTopics({
      topics: [
        { topic, numPartitions: 1 },
        { topic: 'of-another', numPartitions: 1 },
      ],
    });
    const list = {
      schema: 'kbench/topics@1',
      topics: [{ name: topic, cluster: cluster.clusterId }],
    };
    writeFileSync(path.join(results, 'topics.json'), JSON.stringify(list));
    const again = await runKbench(folder, ['run', '--resume', results, '--no-canary'], {});
    expect(again).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('1 topic of a killed session cleaned up') as string,
    });
    expect(await admin.listTopics()).toEqual(['of-another']);
    expect(existsSync(path.join(results, '.kbench-lock'))).toBe(false);
  } finally {
    await admin.disconnect();
    await cluster.close();
  }
  // The list is done; and a cluster that is gone costs no result.
  const parent = path.join(folder, 'results', 'left');
  const results = path.join(parent, readdirSync(parent)[0]);
  expect(JSON.parse(readFileSync(path.join(results, 'topics.json'), 'utf8'))).toMatchObject({
    topics: [],
  });
  const list = {
    schema: 'kbench/topics@1',
    topics: [{ name: 'kbench-x', cluster: cluster.clusterId }],
  };
  writeFileSync(path.join(results, 'topics.json'), JSON.stringify(list));
  const gone = await runKbench(folder, ['run', '--resume', results, '--no-canary'], {});
  expect(gone).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('could not be deleted') as string,
  });
}, 60_000);

it('--resume deletes by the id on its list: what may be someone else’s stays', async () => {
  const cluster = await startEmbeddedCluster({ brokers: 2, log: () => undefined });
  const kafka = new Kafka({ brokers: [...cluster.bootstrap], logLevel: logLevel.NOTHING });
  const [admin, producer] = [kafka.admin(), kafka.producer()];
  await Promise.all([admin.connect(), producer.connect()]);
  const own = kafkaAdmin(cluster.bootstrap);
  try {
    const results = await finished('ids', cluster.bootstrap[0]);
    const fresh = { kind: 'fresh', partitions: 3, replicationFactor: 1, config: {} } as const;
    const idOf = async (name: string): Promise<string | null> => {
      let found: string | null = null;
      await own.create(name, fresh, (id) => Promise.resolve(void (found = id)));
      return found;
    };
    const names = ['ours', 'anew', 'gone', 'unnoted', 'written'].map(
      (name) => `kbench-ids-00000000-${name}`,
    );
    const ids = new Map<string, string | null>();
    for (const name of names) ids.set(name, await idOf(name));
    expect(ids.get(names[0])).toMatch(/^[0-9a-f-]{36}$/);
    await admin.deleteTopics({ topics: [names[1], names[2]] });
    await admin.createTopics({ topics: [{ topic: names[1], numPartitions: 3 }] });
    await producer.send({ topic: names[4], messages: [{ value: 'mine' }] });
    const topics = names.map((name, i) => ({
      name,
      cluster: cluster.clusterId,
      id: i < 3 ? ids.get(name) : null,
    }));
    writeFileSync(
      path.join(results, 'topics.json'),
      JSON.stringify({ schema: 'kbench/topics@1', topics }),
    );
    const { code, stderr } = await runKbench(
      folder,
      ['run', '--resume', results, '--no-canary'],
      {},
    );
    expect(code).toBe(0);
    expect(stderr).toMatch(/-anew is left alone: someone made it anew/);
    expect(stderr).toMatch(/-written is left alone: .*delete it by hand if it is not/);
    expect(stderr).toContain('3 topics of a killed session cleaned up');
    expect((await admin.listTopics()).sort()).toEqual([names[1], names[4]]);
    expect(JSON.parse(readFileSync(path.join(results, 'topics.json'), 'utf8'))).toMatchObject({
      topics: [],
    });
  } finally {
    await Promise.all([admin.disconnect(), producer.disconnect()]);
    await cluster.close();
  }
}, 60_000);
