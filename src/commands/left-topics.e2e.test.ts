import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, expect, it } from 'vitest';
import { startEmbeddedCluster } from '../targets/embedded/embedded-cluster.js';
import { runKbench } from '../testing/kbench-command.js';

const folder = mkdtempSync(path.join(tmpdir(), 'kbench-left-topics-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('--resume deletes what a killed session left on the cluster, also where no run is lacking', async () => {
  const cluster = await startEmbeddedCluster({ brokers: 1, log: () => undefined });
  const admin = new Kafka({ brokers: [...cluster.bootstrap], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    const yaml = `target: {bootstrap: ["${cluster.bootstrap[0]}"]}\nworkload: {records: 100, warmup: none}\nrepeats: 1\n`;
    writeFileSync(path.join(folder, 'left.yaml'), yaml);
    const first = await runKbench(folder, ['run', 'left.yaml', '--no-canary'], {});
    expect(first.code).toBe(0);
    const parent = path.join(folder, 'results', 'left');
    const results = path.join(parent, readdirSync(parent)[0]);
    // As if it had been killed between the last result and the end of its topic.
    const { topic } = JSON.parse(readFileSync(path.join(results, 'runs', '0001.json'), 'utf8')) as { topic: string };
    await admin.createTopics({
      topics: [
        { topic, numPartitions: 1 },
        { topic: 'of-another', numPartitions: 1 },
      ],
    });
    const list = { schema: 'kbench/topics@1', topics: [{ name: topic, cluster: cluster.clusterId }] };
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
  expect(JSON.parse(readFileSync(path.join(results, 'topics.json'), 'utf8'))).toMatchObject({ topics: [] });
  const list = { schema: 'kbench/topics@1', topics: [{ name: 'kbench-x', cluster: cluster.clusterId }] };
  writeFileSync(path.join(results, 'topics.json'), JSON.stringify(list));
  const gone = await runKbench(folder, ['run', '--resume', results, '--no-canary'], {});
  expect(gone).toMatchObject({ code: 0, stderr: expect.stringContaining('could not be deleted') as string });
}, 60_000);
