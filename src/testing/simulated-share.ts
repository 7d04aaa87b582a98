// A share of a run that no thread measured: latencies drawn from a seed, counted as a worker would,
// after the meetings that a real one has. For tests and benches of agents/, where the records are
// not the point.
import type { RunSpec } from '../contract/run-spec.js';
import { MetricCounters, type MetricWindow, windowBetween } from '../producer-core/parts.js';
import { shareOf } from '../workloads/load/run-share.js';
import { workerShare } from '../workloads/load/schedule.js';
import type { ShareHooks } from '../workloads/measure-share.js';
import type { ShareOutcome } from '../workloads/share-outcome.js';
import { AckGaps } from '../workloads/measure/ack-gaps.js';
import { initHistograms, LatencyHistogram, toMicros } from '../workloads/measure/histogram.js';
import { IntervalMerger } from '../workloads/measure/intervals.js';
import { commonNow } from '../workloads/threads/barrier.js';
import type { WorkerResult } from '../workloads/threads/worker-result.js';

export interface SimulatedOptions {
  /** Latency in ms of record `k` of the run. */
  readonly latencyMs?: (k: number) => number;
  /** Called at the agreed start of the measured part, with the instant of commonNow(). */
  readonly onStart?: (startMs: number) => void;
  /** How long it measures, in real time. */
  readonly lastsMs?: number;
  /** Intervals that it tells. */
  readonly intervals?: number;
}

/** As measureAskedShare does, without threads. */
export const simulatedShare =
  (options: SimulatedOptions = {}) =>
  async (spec: RunSpec, hooks: ShareHooks): Promise<ShareOutcome> => {
    await initHistograms();
    const { first, workers, of } = shareOf(spec);
    const stopped = (): boolean => hooks.signal?.aborted === true;
    const startMs = (await hooks.meet?.(1)) ?? commonNow();
    const ended = new Promise<void>((resolve) => {
      const inMs = startMs - commonNow() + (options.lastsMs ?? 0);
      setTimeout(resolve, Math.max(0, inMs));
      for (const ending of [hooks.abandon, hooks.signal]) {
        ending?.addEventListener('abort', () => resolve());
        if (ending?.aborted === true) resolve();
      }
    });
    const lateMs = await new Promise<number>((resolve) => {
      setTimeout(
        () => {
          options.onStart?.(startMs);
          resolve(Math.max(0, commonNow() - startMs));
        },
        Math.max(0, startMs - commonNow()),
      );
    });
    await ended;
    const merger = new IntervalMerger(workers, { onJoined: hooks.onInterval });
    const results = Array.from({ length: workers }, (_, worker) =>
      workerResult(spec, first + worker, of, lateMs, options, merger),
    );
    merger.finish();
    const share = { results, intervals: merger, throttled: null, consumed: null };
    return { kind: 'measured', share, stopped: stopped(), ledgers: [] };
  };

function windowOf(spanMs: number): MetricWindow {
  const counters = new MetricCounters();
  const sample = (atMs: number) => ({
    ...{ atMs, totals: counters.totals(0, 0), maxima: counters.maxima },
    gauges: {
      ...{ requestsInFlight: 0, metadataAgeSeconds: 0, waitingThreads: 0 },
      ...{ bufferTotalBytes: 0, bufferAvailableBytes: 0, connectionCount: 0 },
    },
  });
  return windowBetween(sample(0), sample(spanMs));
}

function workerResult(
  { settings }: RunSpec,
  index: number,
  of: number,
  beganAtMs: number,
  { latencyMs = () => 1, intervals = 1 }: SimulatedOptions,
  merger: IntervalMerger,
): WorkerResult {
  const { rate, records } = settings.workload;
  const count = workerShare(records ?? 0, index, of);
  const spanMs = rate === 'max' ? 1000 : ((records ?? 0) / rate) * 1000;
  const [service, delay] = [new LatencyHistogram(), new LatencyHistogram()];
  const parts = Array.from({ length: intervals }, () => new LatencyHistogram());
  for (let i = 0; i < count; i++) {
    const micros = toMicros(latencyMs(index + i * of));
    service.record(micros, 1);
    delay.record(0, 1);
    parts[Math.floor((i * intervals) / count)].record(micros, 1);
  }
  const [packed, empty] = [service.pack(), delay.pack()];
  for (const [at, part] of parts.entries()) {
    const { count: acked } = part;
    merger.add({
      ...{
        worker: index,
        index: at,
        durationMs: 1000,
        sent: acked,
        acked,
        failed: 0,
        failures: {},
      },
      ...{ metrics: windowOf(1000), latency: part.pack() },
    });
  }
  for (const each of [service, delay, ...parts]) each.destroy();
  const gaps = new AckGaps();
  gaps.start(0);
  const open = rate !== 'max';
  return {
    ...{ worker: index, beganAtMs, records: { sent: count, acked: count, failed: 0 } },
    ...{ ackedValueBytes: count * 100, firstAckAtMs: 1, lastAckAtMs: spanMs, lastSentAtMs: spanMs },
    ...{ sendingEndedAtMs: spanMs, gaps: gaps.pack(spanMs), partitionGaps: [], blockedMs: 0 },
    ...{ transactions: null, lastTransactionAtMs: null, metrics: windowOf(spanMs) },
    latencies: { response: open ? packed : null, service: packed, delay: open ? empty : null },
    ...{ brokersWritten: 1, failures: [], pacingCpuMs: 0, intervals },
    health: {
      ...{ spanMs, threadCpuMs: 1, runQueueMs: 0, loopUtilisation: 0.1, processCpuMs: 1 },
      ...{ lag: empty, lagLooks: 1, gc: { count: 0, totalMs: 0, maxMs: 0 } },
      ...{ rssMiB: 1, clockJumpMs: 0 },
    },
  };
}
