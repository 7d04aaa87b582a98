import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, expect, it } from 'vitest';
import { EXIT } from '../../base/errors.js';
import { threadEntry } from '../../base/thread-entry.js';
import type { RunResult } from '../../contract/run-result.js';
import type { Plan } from '../../contract/plan.js';
import { partitionForKey } from '../../producer-core/parts.js';
import { kafkaAdmin } from '../../session/topics/kafka-admin.js';
import { committedRecords, consumeRecords, endOffsets } from '../../testing/kafka/kafka-tools.js';
import { describeWithKafka } from '../../testing/kafka/kafka-fixture.js';
import { createKeys } from '../../workloads/keys/keys.js';
import { PayloadPool } from '../../workloads/payload/payload.js';
import { mixSeed } from '../../workloads/load/seeds.js';

const folder = mkdtempSync(path.join(tmpdir(), 'kbench-run-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the built command as a user does. */
function kbench(
  args: readonly string[],
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [threadEntry(import.meta.url, '../../main.js'), ...args], {
    cwd: folder,
    timeout: 100_000,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
}

async function sweep(name: string, yaml: string, ...args: string[]) {
  const file = path.join(folder, `${name}.yaml`);
  writeFileSync(file, yaml);
  const run = await kbench(['run', file, '--out', folder, ...args]);
  const parent = path.join(folder, name);
  const results = path.join(parent, readdirSync(parent)[0]);
  const json = (file: string): unknown =>
    JSON.parse(readFileSync(path.join(results, file), 'utf8'));
  const runs = readdirSync(path.join(results, 'runs'))
    .sort()
    .map((file) => json(`runs/${file}`) as RunResult);
  return { ...run, results, plan: json('plan.json') as Plan, runs };
}

describeWithKafka('kbench run against real Kafka', (cluster) => {
  const admin = async <T>(use: (admin: ReturnType<Kafka['admin']>) => Promise<T>): Promise<T> => {
    const client = new Kafka({
      brokers: [...cluster().bootstrap],
      logLevel: logLevel.NOTHING,
    }).admin();
    await client.connect();
    try {
      return await use(client);
    } finally {
      await client.disconnect();
    }
  };
  const createTopic = (topic: string, numPartitions: number) =>
    admin((client) =>
      client.createTopics({
        waitForLeaders: true,
        topics: [{ topic, numPartitions, replicationFactor: 1 }],
      }),
    );

  it('deletes a topic by its id: one made anew, or written to, is left alone', async () => {
    const own = kafkaAdmin(cluster().bootstrap);
    const fresh = { kind: 'fresh', partitions: 2, replicationFactor: 1, config: {} } as const;
    const made = async (name: string): Promise<string> => {
      let found: string | null = null;
      expect(await own.create(name, fresh, (id) => Promise.resolve(void (found = id)))).toBe(true);
      return found!;
    };
    const [ours, anew, written] = [await made('ours'), await made('anew'), await made('written')];
    expect(new Set([ours, anew, written]).size).toBe(3);
    await admin((client) => client.deleteTopics({ topics: ['anew'] }));
    await createTopic('anew', 1);
    const producer = new Kafka({
      brokers: [...cluster().bootstrap],
      logLevel: logLevel.NOTHING,
    }).producer();
    await producer.connect();
    await producer.send({ topic: 'written', messages: [{ value: 'mine' }] });
    await producer.disconnect();
    expect(await own.remove({ name: 'ours', id: ours })).toBe('gone');
    expect(await own.remove({ name: 'ours', id: ours })).toBe('gone');
    expect(await own.remove({ name: 'anew', id: anew })).toBe('another');
    expect(await own.remove({ name: 'written', id: null })).toBe('unsure');
    const left = await admin((client) => client.listTopics());
    expect(left.filter((name) => ['ours', 'anew', 'written'].includes(name)).sort()).toEqual([
      'anew',
      'written',
    ]);
    expect(await own.remove({ name: 'anew', id: null })).toBe('gone');
    expect(await own.remove({ name: 'written' })).toBe('gone');
  }, 60_000);

  it('stores every acknowledged record, in order, as Kafka’s own tools read them', async () => {
    await createTopic('kept', 1);
    const { code, runs, plan } = await sweep(
      'kept',
      `name: kept
topic: {name: kept}
workload: {valueBytes: 100, rate: max, records: 20000, warmup: {records: 5000}}
producer: {acks: all}
`,
      '--bootstrap',
      cluster().bootstrap.join(','),
      '--set',
      'repeats=1',
      '--quiet',
    );
    expect(code).toBe(0);
    expect(runs).toHaveLength(1);
    expect(runs[0].measurement?.records).toEqual({ sent: 20_000, acked: 20_000, failed: 0 });
    expect([...(await endOffsets(cluster().bootstrap[0], 'kept'))]).toEqual([[0, 25_000]]);
    const read = await consumeRecords(cluster().bootstrap[0], 'kept', 25_000);
    const payload = new PayloadPool(100, mixSeed(plan.runs[0].seed, 0, 1));
    for (const [i, { value, key, offset }] of read.entries()) {
      if (offset !== i || key !== null || !Buffer.from(payload.current).equals(value!)) {
        throw new Error(
          `record ${i} differs: offset ${offset}, key ${String(key)}, ` +
            `value ${String(value?.toString('hex'))}`,
        );
      }
      payload.advance();
    }
  });

  it('puts keys where Java’s hash does, at a rate in an open loop, by two workers', async () => {
    await createTopic('keyed', 3);
    const { code, runs, plan } = await sweep(
      'keyed',
      `name: keyed
topic: {name: keyed}
workload: {valueBytes: 20, rate: 10000/s, records: 10000, warmup: {records: 100}, workers: 2, \
keys: {uniform: {distinct: 50, bytes: 8}}}
producer: {acks: "1", linger.ms: 1ms}
repeats: 1
`,
      '--bootstrap',
      cluster().bootstrap.join(','),
      '--quiet',
    );
    expect(code).toBe(0);
    const { measurement } = runs[0];
    expect(measurement?.records).toEqual({ sent: 10_000, acked: 10_000, failed: 0 });
    expect(measurement?.latencyMs.response?.count).toBe(10_000);
    expect(measurement?.latencyMs.delay?.count).toBe(10_000);
    const stored = [...(await endOffsets(cluster().bootstrap[0], 'keyed')).values()].reduce(
      (sum, offset) => sum + offset,
      0,
    );
    expect(stored).toBe(10_100);
    const read = await consumeRecords(cluster().bootstrap[0], 'keyed', 10_100);
    const own = new Set<string>();
    for (const worker of [0, 1]) {
      const keys = createKeys(
        { kind: 'uniform', distinct: 50, bytes: 8 },
        { seed: plan.runs[0].seed, worker, workers: 2 },
      );
      for (let i = 0; i < 5000; i++) {
        own.add(Buffer.from(keys.current!).toString('hex'));
        keys.advance();
      }
    }
    for (const { key, partition } of read) {
      expect(own).toContain(key!.toString('hex'));
      expect(partition).toBe(partitionForKey(key!, 3));
    }
  });

  it('commits and aborts transactions; Java’s read_committed sees the committed', async () => {
    await createTopic('transactional', 1);
    const { code, runs } = await sweep(
      'transactional',
      `name: transactional
topic: {name: transactional}
workload: {valueBytes: 100, rate: max, records: 5000, warmup: none, payload: text, \
transaction: {abortRatio: 0.3}}
producer: {transactional.id: mine}
sweep: {workload.transaction.records: [100, 1000]}
repeats: 1
`,
      '--bootstrap',
      cluster().bootstrap.join(','),
      '--quiet',
    );
    expect(code).toBe(0);
    const totals = runs.map(({ measurement }) => measurement!.transactions!);
    expect(runs.map(({ config }) => config['workload.transaction.records']).sort()).toEqual([
      100, 1000,
    ]);
    expect(totals.map(({ begun }) => begun).sort((a, b) => a - b)).toEqual([5, 50]);
    for (const [i, { measurement }] of runs.entries()) {
      const {
        begun,
        committed,
        aborted,
        failed,
        recordsCommitted,
        recordsAborted,
        commitLatencyMs,
      } = totals[i];
      expect(measurement!.records).toEqual({ sent: 5000, acked: 5000, failed: 0 });
      expect([failed, committed + aborted, recordsCommitted + recordsAborted]).toEqual([
        0,
        begun,
        5000,
      ]);
      expect(commitLatencyMs!.count).toBe(committed);
    }
    const sum = (name: 'begun' | 'aborted' | 'recordsCommitted') =>
      totals.reduce((total, each) => total + each[name], 0);
    expect(sum('aborted')).toBeGreaterThan(0);
    expect(await committedRecords(cluster().bootstrap[0], 'transactional', 0)).toBe(
      sum('recordsCommitted'),
    );
    // Each transaction leaves a marker, which takes an offset.
    expect([...(await endOffsets(cluster().bootstrap[0], 'transactional'))]).toEqual([
      [0, 10_000 + sum('begun')],
    ]);
  });

  it('deletes the topics that it made, no others, and goes on after a refused one', async () => {
    const before = await admin((client) => client.listTopics());
    const { code, runs, stdout } = await sweep(
      'fresh',
      `name: fresh
topic: {partitions: 2}
workload: {records: 2000, warmup: {records: 0}}
sweep: {topic.replicationFactor: [1, 3]}
repeats: 1
`,
      '--bootstrap',
      cluster().bootstrap.join(','),
      '--quiet',
    );
    expect(runs.map(({ status }) => status).sort()).toEqual(['completed', 'failed']);
    expect(runs.find(({ status }) => status === 'failed')?.failure?.message).toMatch(
      /replication factor/i,
    );
    expect(code).toBe(107);
    expect(stdout).toContain('results:');
    expect(await admin((client) => client.listTopics())).toEqual(before);
  });

  it('adds a member to a group under way: an event, a pause, and nothing lost', async () => {
    const { code, stderr, runs } = await sweep(
      'member-added',
      `target: {bootstrap: ["${cluster().bootstrap[0]}"]}
topic: {partitions: 4}
workload: {valueBytes: 100, rate: 1000/s, duration: 8s, warmup: none}
consumers: {kind: group, driver: kafkajs, members: 2}
faults: [{at: 2s, member: add}]
repeats: 1
canary: false
`,
    );
    expect(code, stderr).toBe(EXIT.ok);
    const [{ status, faults, consumers }] = runs;
    expect(status).toBe('completed');
    expect(faults).toMatchObject([{ action: 'member' }]);
    expect(faults![0].doneAtMs).not.toBeNull();
    const [group] = consumers!.groups!;
    const added = group.events.filter(({ what }) => what === 'added');
    expect(added).toHaveLength(3);
    expect(added[2].atMs).toBeGreaterThan(1900);
    expect(group).toMatchObject({ expected: 8000, kept: 8000, dropped: [] });
    expect(group.longestPauseMs).toBeGreaterThan(0);
  });

  it('has groups on each of two agents, and adds the member to the first one’s', async () => {
    const { code, stderr, runs, results } = await sweep(
      'member-added-on-agents',
      `target: {bootstrap: ["${cluster().bootstrap[0]}"]}
agents: 2
topic: {partitions: 4}
workload: {valueBytes: 100, rate: 1000/s, duration: 8s, warmup: none}
consumers: {kind: group, driver: kafkajs, members: 2}
faults: [{at: 2s, member: add}]
repeats: 1
canary: false
`,
    );
    expect(code, stderr).toBe(EXIT.ok);
    const [{ status, faults, consumers, agents }] = runs;
    expect(status).toBe('completed');
    expect(faults).toMatchObject([{ action: 'member' }]);
    expect(faults![0].doneAtMs).not.toBeNull();
    expect(consumers).toMatchObject({ expected: 8000, kept: 8000, dropped: [] });
    // And once more after the rebalance, where what came was not committed yet.
    expect(consumers!.elsewhere).toBeGreaterThanOrEqual(8000);
    const [first, second] = consumers!.groups!;
    const added = [first, second].map(
      ({ events }) => events.filter(({ what }) => what === 'added').length,
    );
    expect(added).toEqual([3, 2]);
    expect(first.name).toMatch(/-agent-1-group-1$/);
    expect(second.name).toMatch(/-agent-2-group-1$/);
    // Its own agent's records, whichever member read them again after the rebalance.
    for (const { expected, kept } of [first, second])
      expect([expected, kept]).toEqual([4000, 4000]);
    expect(agents!.map((each) => each.consumers!.kept)).toEqual([4000, 4000]);
    const report = await kbench(['report', results, '--per', 'agent', '--format', 'csv']);
    expect(report.stdout).toContain('consumers.endToEndP99Ms,consumers.kept,consumers.elsewhere');
  });
});
