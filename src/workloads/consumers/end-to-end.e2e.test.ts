// Consumers beside whole runs, against the embedded cluster: what was sent is received once, its
// time counts from where it should, what is missing has a reason.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Consumers } from '../../contract/consumers.js';
import { runResultSchema, type RunResult } from '../../contract/run-result.js';
import type { RunSpec } from '../../contract/run-spec.js';
import type { ReaderSettings, Scalar, WorkloadSettings } from '../../contract/settings.js';
import { startInProcessCluster, type InProcessCluster } from '../../targets/embedded/in-process.js';
import { API } from '../../wire/api-keys.js';
import { runWorkload } from '../run-workload.js';
import type { WorkloadHooks } from '../workload-hooks.js';
import { createConsumer } from './create-consumer.js';
import { TailProxy } from './tail-proxy.js';
import type { OpenConsumer } from './run-consumers.js';
import { launchHere } from '../../testing/in-thread-launch.js';

const MIB = 1024 * 1024;
let cluster: InProcessCluster;
let topics = 0;
beforeAll(async () => {
  cluster = await startInProcessCluster({
    brokers: 3,
    retentionBytesPerPartition: 16 * MIB,
    log: () => undefined,
  });
});
afterAll(() => cluster.close());

const launch = launchHere();
const tail: OpenConsumer = createConsumer;

interface Asked {
  readonly workload?: Partial<WorkloadSettings>;
  readonly producer?: Readonly<Record<string, Scalar>>;
  readonly consumers?: Partial<ReaderSettings>;
  readonly partitions?: number;
}

function specOf({ workload, producer, consumers, partitions = 3 }: Asked): RunSpec {
  const name = `consumed-${topics++}`;
  cluster.state.topics.create({ name, partitions, replicationFactor: 3 });
  return {
    ...{ run: '0001', point: 'p01', repeat: 1, block: 1, seed: topics, embeddedTarget: true },
    ...{ bootstrap: cluster.bootstrap, topicName: name, transactionalIdPrefix: name },
    settings: {
      driver: 'core',
      producer: { 'linger.ms': 1, ...producer },
      topic: { kind: 'fresh', partitions, replicationFactor: 3, config: {} },
      workload: {
        ...{ valueBytes: 100, payload: { kind: 'random' }, keys: { kind: 'none' }, rate: 2000 },
        ...{ records: 2000, durationMs: null, warmup: { records: 200, durationMs: null } },
        ...{ workers: 2, pacing: 'auto', transaction: null },
        ...workload,
      },
      consumers: { kind: 'reader', properties: {}, ...consumers },
    },
  };
}

async function run(
  spec: RunSpec,
  openConsumer: OpenConsumer = tail,
  hooks: WorkloadHooks = {},
): Promise<RunResult> {
  const result = await runWorkload(spec, hooks, { launch, openConsumer });
  return runResultSchema.parse(JSON.parse(JSON.stringify(result)));
}

async function consumed(asked: Asked, openConsumer?: OpenConsumer) {
  const result = await run(specOf(asked), openConsumer);
  expect(result.failure).toBeNull();
  const { consumers, measurement } = result;
  if (consumers === undefined || measurement === null) throw new Error('nothing was consumed');
  return { consumers, measurement };
}

const complete = (consumers: Consumers, records: number): void => {
  expect(consumers).toMatchObject({ expected: records, kept: records, dropped: [] });
  expect(consumers).toMatchObject({ duplicated: 0, foreign: 0, negative: 0 });
  expect(consumers.endToEndMs).toMatchObject({ count: records, kept: records, dropped: 0 });
  expect(consumers.intervals.reduce((sum, { received }) => sum + received, 0)).toBe(records);
};

describe('a reader whose start does not come before the load ends', () => {
  const late = {
    consumers: { startAfterMs: 60_000 },
    workload: { rate: 'max', records: 2000 },
  } as const;

  it('makes its run failed, in words, and without a wait', async () => {
    const startedMs = performance.now();
    const { status, failure } = await run(specOf(late));
    expect(status).toBe('failed');
    expect(failure!.message).toMatch(/nobody consumed: consumers.startAfter is 1m, and the last/);
    expect(failure!.remedy).toMatch(/lower consumers.startAfter, or raise workload.records/);
    expect(performance.now() - startedMs).toBeLessThan(9000);
  });

  it('is not missed where the user stops the run', async () => {
    const stop = new AbortController();
    const endless = { ...late, workload: { rate: 1000, records: 600_000 } };
    const onProgress = ({ phase, acked }: { phase: string; acked: number }): void => {
      if (phase === 'measuring' && acked > 0) stop.abort();
    };
    const result = await run(specOf(endless), tail, { signal: stop.signal, onProgress });
    expect(result).toMatchObject({ status: 'stopped', failure: null });
    expect(result.measurement!.records.acked).toBeGreaterThan(0);
    expect(result.consumers).toBeUndefined();
  });
});

describe('a reader beside an open loop', () => {
  it('receives every measured record, counted from when it was due', async () => {
    const { consumers, measurement } = await consumed({});
    complete(consumers, 2000);
    const { response } = measurement.latencyMs;
    // What is received was there before, and is not much older than its acknowledgement.
    expect(consumers.endToEndMs!.min).toBeGreaterThan(0);
    expect(consumers.endToEndMs!.max).toBeLessThan(response!.max + 2000);
    expect(consumers.endToEndMs!.clockErrorMs).toBeLessThan(10);
    expect(consumers.intervals.at(-1)?.lag).toBe(0);
    expect(consumers.intervals[0].partitionLags).toHaveLength(3);
  });

  it('counts the wait behind a broker that answers late', async () => {
    const late = { kind: 'delay', api: API.FETCH, delayMs: 400, before: 'answer' } as const;
    await cluster.inject({ ...late, skip: 60, times: 3 });
    const { consumers } = await consumed({});
    complete(consumers, 2000);
    expect(consumers.endToEndMs!.max).toBeGreaterThan(300);
  });
});

describe('a reader beside a closed loop', () => {
  it('counts from when records were handed over', async () => {
    const { consumers, measurement } = await consumed({
      workload: { rate: 'max', records: 50_000 },
    });
    complete(consumers, 50_000);
    const { service } = measurement.latencyMs;
    expect(consumers.endToEndMs!.min).toBeGreaterThan(0);
    expect(consumers.endToEndMs!.max).toBeLessThan(service!.max + 5000);
  });
});

describe('with transactions', () => {
  it('tells the time to visibility of committed records, and expects no aborted ones', async () => {
    const { consumers, measurement } = await consumed({
      workload: { workers: 1, transaction: { records: 100, abortRatio: 0.3 } },
      producer: { 'enable.idempotence': true },
    });
    const { recordsCommitted, recordsAborted } = measurement.transactions!;
    expect(recordsAborted).toBeGreaterThan(0);
    expect(consumers.isolation).toBe('read_committed');
    complete(consumers, recordsCommitted);
  });
});

describe('a reader that begins late', () => {
  it('tells the backlog, when it was caught up with, and how fast', async () => {
    const { consumers, measurement } = await consumed({
      workload: { records: null, durationMs: 2000 },
      consumers: { startAfterMs: 1000 },
    });
    complete(consumers, 4000);
    const { backlog } = consumers;
    expect(backlog!.startedAtMs).toBeGreaterThanOrEqual(1000);
    expect(backlog!.records).toBeGreaterThan(1000);
    expect(backlog!.caughtUpAtMs).toBeGreaterThan(backlog!.startedAtMs);
    expect(backlog!.recordsPerSecond).toBeGreaterThan(2000);
    expect(consumers.endToEndMs!.max).toBeGreaterThan(900);
    expect(consumers.maxLag).toBeGreaterThan(1000);
    expect(measurement.verdict.reasons.map(({ code }) => code)).not.toContain('consumer-lag');
  });
});

describe('in a thread of its own', () => {
  it('tells the same, and what it costs', async () => {
    const { consumers } = await consumed({}, (task) => new TailProxy(task));
    complete(consumers, 2000);
    expect(consumers.cpuMicrosPerRecord).toBeGreaterThan(0);
    expect(consumers.threadUtilisation).toBeLessThan(1);
  });

  it('fails its run where the topic cannot be read', async () => {
    const spec = { ...specOf({}), bootstrap: ['127.0.0.1:1'] };
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 300);
    const result = await run(spec, (task) => new TailProxy(task), { signal: stop.signal });
    expect(result).toMatchObject({ status: 'stopped' });
  });
});
