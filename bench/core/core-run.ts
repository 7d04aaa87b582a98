// One worker's producer in this thread, as in a run, against an embedded cluster in another:
// throughput, CPU of this thread and heap bytes per record in steady state. Shared by the
// benchmarks of the core; prints nothing.
import { systemClock } from '../../src/base/clock.js';
import type { ProducerSettingValues } from '../../src/producer-core/index.js';
import { CoreProducer } from '../../src/producer-core/parts.js';
import { Ledger } from '../../src/workloads/audit/ledger.js';
import { StampWriter } from '../../src/workloads/audit/stamp.js';
import { StampedPayload } from '../../src/workloads/audit/stamped-payload.js';
import { WorkerAudit } from '../../src/workloads/audit/worker-audit.js';
import { ClosedLoop } from '../../src/workloads/load/closed-loop.js';
import type { GeneratorContext } from '../../src/workloads/load/generator.js';
import { threadCpu } from '../../src/workloads/measure/thread-cpu.js';
import { createKeys } from '../../src/workloads/keys/keys.js';
import { MetricWindows } from '../../src/workloads/measure/metric-windows.js';
import type { PayloadSource, PayloadValues } from '../../src/workloads/payload/payload.js';
import { SharedState } from '../../src/workloads/threads/shared-state.js';
import { Tracker } from '../../src/workloads/measure/tracker.js';

const WARMUP_RECORDS = 1_000_000;
/** Often enough that a garbage collection between two looks hides little. */
const HEAP_LOOK_MS = 5;

export interface CoreRun {
  readonly recordsPerSecond: number;
  readonly cpuMicros: number;
  readonly heapBytes: number;
  readonly rawBytes: number;
  readonly wireBytes: number;
  readonly batches: number;
}

export interface CoreWork {
  readonly settings: ProducerSettingValues;
  readonly topic: string;
  readonly payload: PayloadSource & PayloadValues;
  readonly records: number;
  readonly warmupRecords?: number;
  /** Stamp and keep a ledger, as an audited worker does. */
  readonly audited?: boolean;
}

export async function measureCore({
  settings,
  topic,
  payload,
  records,
  warmupRecords,
  audited = false,
}: CoreWork): Promise<CoreRun> {
  const ledger = audited ? new Ledger(0) : null;
  const audit = ledger === null ? null : auditOf(payload, ledger);
  let tracker: Tracker | null = null;
  const producer = new CoreProducer({
    settings,
    hooks: { onBatchDone: (batch, error) => tracker!.onBatchDone(batch, error) },
  });
  tracker = new Tracker({
    now: () => systemClock.now(),
    openLoop: false,
    worker: 0,
    state: SharedState.create(1),
    windows: new MetricWindows(() => producer.metricSample()),
    onInterval: () => undefined,
    ledger,
  });
  await producer.connect();
  const context: GeneratorContext = {
    producer,
    topic: await producer.topic(topic),
    clock: systemClock,
    keys: createKeys({ kind: 'none' }, { seed: 1, worker: 0, workers: 1 }),
    payload: audit?.payload ?? payload,
    tracker,
    transactions: null,
    audit,
    stopped: () => false,
  };
  await phase(context, warmupRecords ?? WARMUP_RECORDS);
  const startMs = performance.now();
  tracker.startMeasuring(startMs);
  const before = { ...producer.totals };
  const heap = new HeapWatch();
  const cpuBefore = threadCpu()?.cpuMs ?? NaN;
  await phase(context, records);
  const cpuMicros = (((threadCpu()?.cpuMs ?? NaN) - cpuBefore) * 1000) / records;
  const seconds = (performance.now() - startMs) / 1000;
  const heapBytes = heap.stop() / records;
  const { uncompressedBytes, batchBytes, batches, recordsFailed } = producer.totals;
  tracker.finish();
  tracker.destroy();
  await producer.close();
  if (recordsFailed > 0) throw new Error(`${recordsFailed} records failed`);
  return {
    recordsPerSecond: records / seconds,
    cpuMicros,
    heapBytes,
    rawBytes: uncompressedBytes - before.uncompressedBytes,
    wireBytes: batchBytes - before.batchBytes,
    batches: batches - before.batches,
  };
}

function auditOf(payload: PayloadSource & PayloadValues, ledger: Ledger): WorkerAudit {
  return new WorkerAudit(new StampedPayload(payload, new StampWriter(1, 0)), ledger);
}

async function phase(context: GeneratorContext, records: number): Promise<void> {
  await new ClosedLoop(context, { startMs: 0, records, endMs: Infinity }).run();
  await context.producer.flush();
}

/**
 * Sums the growth of the heap between looks; what a collection frees makes it shrink, and is left
 * out.
 */
class HeapWatch {
  private last = process.memoryUsage().heapUsed;
  private grown = 0;
  private readonly timer = setInterval(() => this.look(), HEAP_LOOK_MS);

  private look(): void {
    const used = process.memoryUsage().heapUsed;
    this.grown += Math.max(0, used - this.last);
    this.last = used;
  }

  stop(): number {
    clearInterval(this.timer);
    this.look();
    return this.grown;
  }
}
