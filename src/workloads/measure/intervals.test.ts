import { beforeAll, describe, expect, it } from 'vitest';
import { LatencyHistogram, initHistograms } from './histogram.js';
import type { MetricMaxima, ProducerTotals } from '../../producer-core/index.js';
import {
  MetricCounters,
  type MetricWindow,
  NO_MAXIMA,
  windowBetween,
} from '../../producer-core/parts.js';
import { IntervalMerger } from './intervals.js';
import { ProgressMeter } from '../threads/progress-meter.js';
import type { WorkloadSettings } from '../../contract/settings.js';
import { SharedState } from '../threads/shared-state.js';
import type { IntervalPart } from './tracker.js';

beforeAll(initHistograms);

const NOTHING = {
  atMs: 0,
  totals: new MetricCounters().totals(0, 0),
  maxima: NO_MAXIMA,
  gauges: {
    requestsInFlight: 0,
    metadataAgeSeconds: 0,
    waitingThreads: 0,
    bufferTotalBytes: 1000,
    bufferAvailableBytes: 600,
    connectionCount: 1,
  },
};

/** One worker's window of a second. */
function windowOf(
  totals: Partial<ProducerTotals>,
  maxima: Partial<MetricMaxima> = {},
): MetricWindow {
  const after = { totals: { ...NOTHING.totals, ...totals }, maxima: { ...NO_MAXIMA, ...maxima } };
  return windowBetween(NOTHING, { ...NOTHING, ...after, atMs: 1000 });
}

function part(worker: number, index: number, latenciesMs: readonly number[]): IntervalPart {
  const latency = new LatencyHistogram();
  for (const ms of latenciesMs) latency.record(ms * 1000, 1);
  const count = latenciesMs.length;
  const metrics = windowOf({ batches: count, batchBytes: 100 * count });
  return {
    worker,
    index,
    durationMs: 1000,
    sent: count,
    acked: count,
    failed: 0,
    failures: {},
    latency: latency.pack(),
    metrics,
  };
}

describe('interval merger', () => {
  it('takes percentiles over the records of all workers instead of averaging theirs', () => {
    const merger = new IntervalMerger(2);
    merger.add(
      part(
        0,
        0,
        Array.from({ length: 98 }, () => 1),
      ),
    );
    expect(merger.lastP99Ms).toBeNull();
    merger.add(part(1, 0, [100, 100]));
    expect(merger.lastP99Ms).toBeCloseTo(100, 0);
    const [interval] = merger.finish();
    expect(interval).toMatchObject({ atMs: 0, durationMs: 1000, sent: 100, acked: 100, max: 100 });
    expect(interval.p50).toBeCloseTo(1, 2);
  });

  it('weights averages by what they are of, adds rates, takes the largest maximum', () => {
    const merger = new IntervalMerger(2);
    const busy = windowOf(
      {
        batches: 9,
        batchBytes: 9000,
        requests: 3,
        batchRecords: 90,
        latencyMs: 30,
        produceAnswers: 3,
        bufferWaitMs: 250,
      },
      { latencyMs: 15 },
    );
    const idle = windowOf(
      {
        batches: 1,
        batchBytes: 200,
        requests: 1,
        batchRecords: 2,
        latencyMs: 50,
        produceAnswers: 1,
      },
      { latencyMs: 50 },
    );
    merger.add({ ...part(0, 0, [1]), metrics: busy });
    merger.add({ ...part(1, 0, [1]), metrics: idle });
    expect(merger.finish()[0].metrics).toMatchObject({
      'batch-size-avg': 920, // not 600, the mean of 1000 and 200
      'records-per-request-avg': 23,
      'record-send-rate': 92,
      'request-latency-avg': 20,
      'request-latency-max': 50,
      'bufferpool-wait-ratio': 0.125,
      'buffer-available-bytes': 1200,
      'record-queue-time-max': null,
    });
  });

  it('keeps the order whatever comes first, and what only some workers told', () => {
    const merger = new IntervalMerger(2);
    merger.add(part(0, 1, [2]));
    merger.add(part(0, 0, [1]));
    merger.add(part(1, 0, []));
    const intervals = merger.finish();
    expect(intervals.map(({ atMs, acked }) => [atMs, acked])).toEqual([
      [0, 1],
      [1000, 1],
    ]);
  });

  it('has no latency where nothing was acknowledged', () => {
    const merger = new IntervalMerger(1);
    merger.add(part(0, 0, []));
    expect(merger.finish()[0]).toMatchObject({ p50: null, p99: null, max: null });
    expect(merger.lastP99Ms).toBeNull();
  });
});

describe('progress meter', () => {
  const workload: WorkloadSettings = {
    valueBytes: 100,
    payload: { kind: 'random' },
    keys: { kind: 'none' },
    rate: 1000,
    records: 8000,
    durationMs: null,
    warmup: { records: null, durationMs: 2000 },
    workers: 1,
    pacing: 'auto',
    transaction: null,
  };

  it('tells the rate of the last second and the share done of warm-up and measured', () => {
    const state = SharedState.create(1);
    let now = 0;
    const meter = new ProgressMeter(workload, state, () => now);
    expect(meter.read(null)).toMatchObject({
      phase: 'connecting',
      fraction: 0,
      recordsPerSecond: 0,
    });
    state.setPhase(0, 'warm-up');
    meter.read(null);
    now = 1000;
    state.setAcked(0, 1000);
    expect(meter.read(null)).toMatchObject({
      phase: 'warm-up',
      fraction: 0.1,
      recordsPerSecond: 1000,
    });
    state.setAcked(0, 0);
    state.setPhase(0, 'measuring');
    now = 2000;
    expect(meter.read(null).recordsPerSecond).toBe(0);
    now = 2500;
    state.setSent(0, 4000);
    state.setAcked(0, 4000);
    expect(meter.read(7)).toMatchObject({
      fraction: 0.6,
      recordsPerSecond: 8000,
      p99Ms: 7,
      elapsedMs: 2500,
    });
  });

  it('counts the measured part alone where the two cannot be compared', () => {
    const state = SharedState.create(1);
    const meter = new ProgressMeter({ ...workload, rate: 'max' }, state, () => 0);
    state.setPhase(0, 'warm-up');
    expect(meter.read(null).fraction).toBe(0);
    state.setPhase(0, 'measuring');
    state.setSent(0, 4000);
    state.setAcked(0, 2000);
    expect(meter.read(null).fraction).toBe(0.25);
  });
});
