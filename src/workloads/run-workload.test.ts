import { describe, expect, it } from 'vitest';
import { runResultSchema } from '../contract/run-result.js';
import { systemClock } from '../base/clock.js';
import { BootstrapError, ProducerError } from '../producer-core/index.js';
import { runSpec as spec } from '../testing/sweep-fixtures.js';
import { FakeProducer } from '../testing/fake-producer.js';
import type { FakeOptions } from '../testing/fake-producer.js';
import type { Crew, Launch } from './threads/crew.js';
import { runWorker } from './threads/run-worker.js';
import type { WorkerResult } from './threads/worker-result.js';
import { runWorkload } from './run-workload.js';
import type { WorkloadProgress } from './run-workload.js';
import { openCpuClock } from './measure/thread-cpu.js';

/** The workers of a run in this thread, with fake producers. */
function crewOf(options: (worker: number) => Partial<FakeOptions> = () => ({})) {
  const producers: FakeProducer[] = [];
  let destroyed = false;
  const launch: Launch = (tasks, onInterval) => ({
    outcomes: tasks.map((task) =>
      runWorker(task, {
        onInterval,
        createProducer: (_spec, hooks) => {
          const producer = new FakeProducer({ clock: systemClock, hooks, ...options(task.worker) });
          producers.push(producer);
          return producer;
        },
      }),
    ),
    destroy: () => {
      destroyed = true;
      return Promise.resolve();
    },
  });
  return { launch, producers, destroyed: () => destroyed };
}

/** Each append takes so much of the thread's CPU. */
function launchBurning(
  micros: number,
  ...[tasks, onInterval]: Parameters<Launch>
): Crew<WorkerResult> {
  const cpu = openCpuClock()!;
  return {
    outcomes: tasks.map((task) =>
      runWorker(task, {
        onInterval,
        createProducer: (_spec, hooks) => {
          const producer = new FakeProducer({ clock: systemClock, hooks });
          const append = producer.append.bind(producer);
          producer.append = (...record) => {
            for (const end = cpu.read() + micros; micros > 0 && cpu.read() < end;);
            return append(...record);
          };
          return producer;
        },
      }),
    ),
    destroy: () => {
      cpu.close();
      return Promise.resolve();
    },
  };
}

describe('a run in threads', () => {
  it('names an address at which no one answers', async () => {
    const plain = spec({ workers: 2 });
    const result = await runWorkload({
      ...plain,
      bootstrap: ['127.0.0.1:1'],
      settings: { ...plain.settings, producer: { 'max.block.ms': 300 } },
    });
    expect(result).toMatchObject({ status: 'failed', measurement: null });
    expect(result.failure!.message).toContain('127.0.0.1:1');
  });
});

describe('a run', () => {
  it('adds up over its workers and fits the contract', async () => {
    const { launch, producers, destroyed } = crewOf();
    const result = await runWorkload(
      spec({ workers: 3, records: 1001, warmup: { records: 100, durationMs: null } }),
      {},
      { launch },
    );
    expect(runResultSchema.parse(JSON.parse(JSON.stringify(result)))).toMatchObject({
      schema: 'kbench/run@1',
      status: 'completed',
      failure: null,
      measurement: {
        records: { sent: 1001, acked: 1001, failed: 0 },
        metrics: { 'record-send-total': 1001, 'batch-size-avg': expect.any(Number) as number },
        errors: [],
      },
    });
    expect(producers.map(({ sent }) => sent.length)).toEqual([34 + 334, 33 + 334, 33 + 333]);
    expect(producers.every(({ closed }) => closed)).toBe(true);
    expect(destroyed()).toBe(true);
  });

  it('leaves the warm-up out of every figure', async () => {
    const { launch } = crewOf();
    const { measurement } = await runWorkload(
      spec({ records: 500, warmup: { records: 5000, durationMs: null } }),
      {},
      { launch },
    );
    expect(measurement!.latencyMs.service!.count).toBe(500);
    expect(measurement!.latencyMs.response).toBeNull();
    expect(measurement!.achieved.batches).toBe(50);
    expect(measurement!.metrics).toMatchObject({
      'record-send-total': 500,
      'records-per-request-avg': 10,
    });
    expect(measurement!.metrics['record-send-rate']).toBeCloseTo(
      measurement!.throughput.recordsPerSecond,
      -2,
    );
    expect(measurement!.intervals.reduce((sum, { acked }) => sum + acked, 0)).toBe(500);
    expect(measurement!.throughput.recordsPerSecond).toBeCloseTo(
      500 / (measurement!.measuredMs / 1000),
      6,
    );
  });

  it('tells response, service and delay of an open loop, and intervals of a second', async () => {
    const { launch } = crewOf();
    const { measurement } = await runWorkload(
      spec({ rate: 2000, records: null, durationMs: 1300, workers: 2 }),
      {},
      { launch },
    );
    const { response, service, delay } = measurement!.latencyMs;
    expect([response!.count, service!.count, delay!.count]).toEqual([2600, 2600, 2600]);
    expect(response!.mean).toBeCloseTo(service!.mean + delay!.mean, 0);
    expect(measurement!.intervals.length).toBe(2);
    expect(measurement!.intervals[0]).toMatchObject({ atMs: 0, durationMs: 1000 });
    expect(measurement!.intervals[0].metrics['record-send-rate']).toBeGreaterThan(1200);
    expect(measurement!.intervals[0].metrics['record-send-rate']).toBeLessThan(2800);
    expect(measurement!.generator.pacing).toBe('auto');
    expect(measurement!.measuredMs).toBeGreaterThan(1290);
  });

  const clock = openCpuClock();
  clock?.close();
  it.runIf(clock !== null)(
    'tells the producer’s CPU apart from that of waiting for due times',
    async () => {
      const measure = async (burnMicros: number) => {
        const burning: Launch = (tasks, onInterval) => launchBurning(burnMicros, tasks, onInterval);
        const asked = { rate: 500, records: 400, warmup: { records: 50, durationMs: null } };
        const { measurement } = await runWorkload(
          { ...spec(asked), embeddedTarget: true },
          {},
          { launch: burning },
        );
        return measurement!.generator;
      };
      const [idle, busy] = [await measure(0), await measure(1000)];
      // What the producer burnt is in its share; sleeping to each due time, which costs more, is
      // not.
      const more = busy.cpuMicrosPerRecord - idle.cpuMicrosPerRecord;
      expect(more).toBeGreaterThan(600);
      expect(more).toBeLessThan(2000);
      expect(idle.pacingMicrosPerRecord).toBeGreaterThan(5);
      expect(busy.pacingMicrosPerRecord).toBeLessThan(idle.pacingMicrosPerRecord! + 400);
    },
  );

  it('keeps what it measured when the user stops it', async () => {
    const stop = new AbortController();
    const { launch } = crewOf();
    const progress: WorkloadProgress[] = [];
    setTimeout(() => stop.abort(), 700);
    const hooks = { signal: stop.signal, onProgress: (p: WorkloadProgress) => progress.push(p) };
    const result = await runWorkload(spec({ rate: 1000, records: 1_000_000 }), hooks, { launch });
    expect(result).toMatchObject({ status: 'stopped', failure: null });
    const { records } = result.measurement!;
    expect(records.sent).toBeGreaterThan(300);
    expect(records.acked).toBe(records.sent);
    expect(progress.at(-1)).toMatchObject({ phase: 'measuring', failed: 0 });
    expect(progress.at(-1)!.recordsPerSecond).toBeGreaterThan(0);
  });

  it('measures nothing when it was stopped before it began', async () => {
    const result = await runWorkload(spec(), { signal: AbortSignal.abort() }, crewOf());
    expect(result).toMatchObject({ status: 'stopped', failure: null, measurement: null });
  });

  it('fails with cause and remedy when one worker cannot connect; others stop', async () => {
    const error = new BootstrapError('no broker answered: h:9092 (refused)', []);
    const { launch, producers } = crewOf((worker) => (worker === 1 ? { connectError: error } : {}));
    const result = await runWorkload(spec({ workers: 3 }), {}, { launch });
    expect(result).toMatchObject({ status: 'failed', measurement: null });
    expect(result.failure!.message).toBe('no broker answered: h:9092 (refused)');
    expect(result.failure!.remedy).toContain('brokers are up');
    expect(producers.every(({ sent, closed }) => sent.length === 0 && closed)).toBe(true);
  });

  it('fails when a worker thread dies', async () => {
    const launch: Launch = () => ({
      outcomes: [Promise.reject(new Error('worker exited with code: 134'))],
      destroy: () => Promise.resolve(),
    });
    const result = await runWorkload(spec(), {}, { launch });
    expect(result.failure!.message).toBe(
      'worker thread 0 died: Error: worker exited with code: 134',
    );
  });

  it('tallies failed records by cause and is not valid', async () => {
    const outcome = (batch: number) =>
      batch % 10 === 0
        ? new ProducerError('NOT_ENOUGH_REPLICAS', 'topic-0: too few replicas')
        : null;
    const { measurement } = await runWorkload(
      spec({ workers: 2 }),
      {},
      crewOf(() => ({ outcome })),
    );
    const { acked, failed } = measurement!.records;
    expect(acked + failed).toBe(1000);
    expect(failed).toBeGreaterThan(0);
    expect(measurement!.errors).toEqual([
      { name: 'NOT_ENOUGH_REPLICAS', message: 'topic-0: too few replicas', records: failed },
    ]);
    expect(measurement!.verdict.valid).toBe(false);
  });

  it('ends a stopped run whose records are never answered, and counts them as failed', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 300);
    const { launch } = crewOf(() => ({ hold: true, bufferRecords: 100 }));
    const plain = spec();
    const impatient = {
      ...plain,
      settings: { ...plain.settings, producer: { 'delivery.timeout.ms': 200 } },
    };
    const result = await runWorkload(impatient, { signal: stop.signal }, { launch });
    expect(result).toMatchObject({ status: 'stopped' });
    expect(result.measurement).toMatchObject({ records: { sent: 100, acked: 0, failed: 100 } });
    expect(result.measurement!.verdict.reasons.map(({ code }) => code)).toContain('no-records');
  });
});
