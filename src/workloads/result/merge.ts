// The workers' results, of one process or of several, as the one measurement of their run. Counts
// and histograms are added; percentiles are never averaged.
import type { Consumers } from '../../contract/consumers.js';
import type { FaultEvent } from '../../contract/faults.js';
import type { Continuity, Interval, Measurement } from '../../contract/run-result.js';
import type { RunSpec } from '../../contract/run-spec.js';
import {
  besideEachOther,
  type MetricWindow,
  PRODUCER_SETTINGS,
} from '../../producer-core/harness.js';
import type { Produced } from '../consumers/consumers-result.js';
import { withAsked } from './asked-outages.js';
import { backlogOf } from './backlog.js';
import { continuityOf } from './continuity.js';
import { consumerFacts, receivedOf } from './received.js';
import { failedWithin, recoveryOf, type Window } from './recovery.js';
import { settingMs } from '../load/drain.js';
import type { Health } from '../measure/health.js';
import { LatencyHistogram, mergeLatency } from '../measure/histogram.js';
import type { MergedIntervals } from '../measure/intervals.js';
import { runMetrics } from '../measure/metric-windows.js';
import { mergeTransactions } from './merge-transactions.js';
import { rateWindow } from './rate-window.js';
import { judge, lateness } from './verdict.js';
import type { ConsumerFacts, MemoryFacts, OpenLoopFacts } from './verdict.js';
import type { SharePart } from '../share-outcome.js';
import type { WorkerResult } from '../threads/worker-result.js';

const MIB = 1 << 20;
/** Java's since Kafka 4.0, and the core's. */
const DEFAULT_LINGER_MS = 5;

/**
 * A part a process, each with at least one worker. Histograms must be initialised in this thread.
 * `events`: what was broken on purpose meanwhile.
 */
export function mergeResults(
  spec: RunSpec,
  parts: readonly SharePart[],
  merger: MergedIntervals,
  events: readonly FaultEvent[],
): { readonly measurement: Measurement; readonly consumers: Consumers | null } {
  const results = parts.flatMap((part) => part.results);
  const intervals = merger.finish();
  const records = mergeRecords(results);
  const { measuredMs, drainMs } = rateWindow(spec.settings.workload, results);
  const perSecond = measuredMs > 0 ? 1000 / measuredMs : 0;
  const latencyMs = mergeLatencies(results);
  const window = results.map(({ metrics }) => metrics).reduce(besideEachOther);
  const generator = mergeGenerator(spec, parts, records.acked);
  const received = receivedOf(spec, parts, producedBy);
  const { recovery, windows } = recoveryOf({
    ...{ faults: spec.settings.faults ?? [], events, intervals },
    p99Ms: (fromMs, toMs) => merger.p99Ms(fromMs, toMs),
    gaps: results.map(({ gaps }) => gaps),
    partitionGaps: results.map(({ partitionGaps }) => partitionGaps),
    consumerPauses: received?.pauses,
  });
  const found = continuityOf(
    results.map(({ gaps }) => gaps),
    window,
    {
      lingerMs: settingMs(spec, 'linger.ms', DEFAULT_LINGER_MS),
      lagMaxMs: generator.eventLoopLagMs.max,
      serviceP50Ms: latencyMs.service?.p50 ?? 0,
    },
  );
  const continuity = withAsked(found, windows);
  const bufferWaitShare = mean(results, (r) =>
    Math.min(1, r.blockedMs / Math.max(1, r.health.spanMs)),
  );
  const achieved = mergeAchieved(results, window, measuredMs, bufferWaitShare);
  const measured = {
    measuredMs,
    ...(drainMs === null ? {} : { drainMs }),
    records,
    throughput: {
      recordsPerSecond: records.acked * perSecond,
      mebibytesPerSecond: (sum(results, (r) => r.ackedValueBytes) * perSecond) / MIB,
    },
    latencyMs,
    achieved,
    // Rates over the same time as the throughput.
    metrics: runMetrics({ ...window, producerMs: measuredMs * results.length }),
    transactions: mergeTransactions(results),
    generator,
    continuity,
    ...(recovery.length === 0 ? {} : { recovery }),
    errors: mergeFailures(results),
    intervals: [...intervals],
  };
  const facts = received === null ? null : consumerFacts(spec, received, measured);
  const verdict = verdictOn(spec, parts, measured, windows, facts);
  return { measurement: { ...measured, verdict }, consumers: received?.consumers ?? null };
}

function producedBy(results: readonly WorkerResult[]): Produced {
  return {
    records: mergeRecords(results),
    transactions: mergeTransactions(results),
    sentUntilMs: Math.max(...results.map(({ lastSentAtMs }) => lastSentAtMs ?? 0)),
  };
}

type Achieved = Required<Measurement['achieved']>;
type Generator = Measurement['generator'] &
  Required<Pick<Measurement['generator'], 'eventLoopLagMs' | 'gc'>>;
/** The core tells all of it. */
interface OfTheCore {
  readonly achieved: Achieved;
  readonly generator: Generator;
}

function verdictOn(
  spec: RunSpec,
  parts: readonly SharePart[],
  measured: Omit<Measurement, 'verdict'> & OfTheCore & { readonly continuity: Continuity },
  windows: readonly Window[],
  consumers: ConsumerFacts | null,
): Measurement['verdict'] {
  const { records, latencyMs, achieved, generator, transactions, intervals } = measured;
  const results = parts.flatMap((part) => part.results);
  return judge({
    openLoop: openLoopFacts(
      spec.settings.workload.rate,
      results,
      latencyMs,
      intervals,
      records.sent,
    ),
    embeddedTarget: spec.embeddedTarget,
    records,
    measuredMs: measured.measuredMs,
    bufferWaitShare: achieved.bufferWaitShare,
    transactions:
      transactions === null
        ? null
        : {
            ...transactions,
            longestMs: Math.max(
              transactions.commitLatencyMs?.max ?? 0,
              transactions.abortLatencyMs?.max ?? 0,
            ),
          },
    busyShare: Math.max(...results.map(({ health }) => busyShare(health))),
    latencyP99Ms: (latencyMs.response ?? latencyMs.service)?.p99 ?? 0,
    lagMs: generator.eventLoopLagMs,
    gc: generator.gc,
    clockJumpMs: results
      .map((r) => r.health.clockJumpMs)
      .reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a)),
    failures: measured.errors,
    continuity: measured.continuity,
    answered: String(spec.settings.producer.acks) !== '0',
    memory: memoryFacts(spec, achieved),
    throttledMs: Math.max(0, ...parts.map(({ throttled }) => throttled?.ms ?? 0)),
    asked: { windows, failed: failedWithin(intervals, windows) },
    ...(consumers === null ? {} : { consumers }),
  });
}

function mergeRecords(results: readonly WorkerResult[]): Measurement['records'] {
  return {
    sent: sum(results, (r) => r.records.sent),
    acked: sum(results, (r) => r.records.acked),
    failed: sum(results, (r) => r.records.failed),
  };
}

function mergeLatencies(results: readonly WorkerResult[]): Measurement['latencyMs'] {
  return {
    response: mergeLatency(
      results.map((r) => r.latencies.response).filter((part) => part !== null),
    ),
    service: mergeLatency(results.map((r) => r.latencies.service)),
    delay: mergeLatency(results.map((r) => r.latencies.delay).filter((part) => part !== null)),
  };
}

/** Null where nobody knows how many partitions the topic has, or batching is off. */
function memoryFacts(spec: RunSpec, achieved: Achieved): MemoryFacts | null {
  const { topic } = spec.settings;
  const batchBytes = settingOf(spec, 'batch.size');
  if (topic.kind !== 'fresh' || batchBytes === 0) return null;
  return {
    bufferBytes: settingOf(spec, 'buffer.memory'),
    batchBytes,
    partitions: topic.partitions,
    meanBatchBytes: achieved.batchBytes,
    inFlightShare: achieved.inFlight / settingOf(spec, 'max.in.flight.requests.per.connection'),
  };
}

/** As set, or Java's default. */
function settingOf({ settings }: RunSpec, name: string): number {
  return Number(settings.producer[name] ?? PRODUCER_SETTINGS.get(name)?.default);
}

/** Null for a closed loop. */
function openLoopFacts(
  rate: 'max' | number,
  results: readonly WorkerResult[],
  { delay, service }: Measurement['latencyMs'],
  intervals: readonly Interval[],
  sent: number,
): OpenLoopFacts | null {
  if (rate === 'max') return null;
  return {
    rate,
    sendSpanMs: Math.max(...results.map((r) => r.lastSentAtMs ?? 0)),
    blockedMs: Math.max(...results.map((r) => r.blockedMs)),
    late: lateness(delay, sent),
    serviceP99Ms: service?.p99 ?? 0,
    backlog: backlogOf(intervals),
  };
}

/** Share of the time in which the thread ran or, on a machine with too few cores, was ready to. */
function busyShare({ spanMs, threadCpuMs, runQueueMs, loopUtilisation }: Health): number {
  if (threadCpuMs === null) return loopUtilisation;
  return Math.min(1, (threadCpuMs + (runQueueMs ?? 0)) / Math.max(1, spanMs));
}

function mergeGenerator(spec: RunSpec, parts: readonly SharePart[], acked: number): Generator {
  const results = parts.flatMap((part) => part.results);
  const healths = results.map(({ health }) => health);
  const threadsKnown = healths.every(({ threadCpuMs }) => threadCpuMs !== null);
  const shared =
    spec.embeddedTarget || spec.relayedTarget === true || spec.settings.consumers !== undefined;
  const cpuSource = shared && threadsKnown ? 'threads' : 'process';
  const threadsMs = sum(healths, ({ threadCpuMs }) => threadCpuMs ?? 0);
  // Each worker tells its whole process's.
  const processesMs = sum(parts, (part) => part.results[0].health.processCpuMs);
  const cpuMs = cpuSource === 'threads' ? threadsMs : processesMs;
  const { rate, pacing, timing = 'java' } = spec.settings.workload;
  return {
    ...cpuPerRecord(cpuMs, results, acked),
    cpuSource,
    threadUtilisation: Math.max(
      ...healths.map(({ threadCpuMs, loopUtilisation, spanMs }) =>
        threadCpuMs === null ? loopUtilisation : Math.min(1, threadCpuMs / Math.max(1, spanMs)),
      ),
    ),
    eventLoopLagMs: mergeLag(healths),
    ...mergeAckDelay(healths),
    gc: {
      count: sum(healths, ({ gc }) => gc.count),
      totalMs: sum(healths, ({ gc }) => gc.totalMs),
      maxMs: Math.max(...healths.map(({ gc }) => gc.maxMs)),
    },
    rssMiB: Math.max(...healths.map(({ rssMiB }) => rssMiB)),
    pacing: rate === 'max' ? 'none' : pacing,
    ...(rate === 'max' ? {} : { timing }),
  };
}

/** The whole's CPU, apart from the pacing's where every worker tells that. */
function cpuPerRecord(
  cpuMs: number,
  results: readonly WorkerResult[],
  acked: number,
): Pick<Measurement['generator'], 'cpuMicrosPerRecord' | 'pacingMicrosPerRecord'> {
  const perRecord = (ms: number): number => ratio(ms * 1000, acked);
  const told = results.every(({ pacingCpuMs }) => pacingCpuMs !== null);
  if (!told) return { cpuMicrosPerRecord: perRecord(cpuMs) };
  // Measured in samples: it may come out at a little more than there is.
  const pacingMs = Math.min(
    cpuMs,
    sum(results, ({ pacingCpuMs }) => pacingCpuMs ?? 0),
  );
  return {
    cpuMicrosPerRecord: perRecord(cpuMs - pacingMs),
    pacingMicrosPerRecord: perRecord(pacingMs),
  };
}

function mergeLag(healths: readonly Health[]): { p50: number; p99: number; max: number } {
  const lag = new LatencyHistogram();
  for (const health of healths) lag.addPacked(health.lag);
  const merged = { p50: lag.percentileMs(50), p99: lag.percentileMs(99), max: lag.maxMs };
  lag.destroy();
  return merged;
}

/** Absent where no worker was probed. */
function mergeAckDelay(healths: readonly Health[]): Pick<Generator, 'ackDelayMs'> {
  const delay = new LatencyHistogram();
  for (const { ackDelay } of healths) if (ackDelay !== undefined) delay.addPacked(ackDelay);
  const [p50, p99] = [50, 99].map((percent) => delay.percentileMs(percent));
  const { count: probes, maxMs: max } = delay;
  delay.destroy();
  return probes === 0 ? {} : { ackDelayMs: { p50, p99, max, probes } };
}

function mergeAchieved(
  results: readonly WorkerResult[],
  { totals }: MetricWindow,
  measuredMs: number,
  bufferWaitShare: number,
): Achieved {
  const { requests, batches, batchBytes, batchRecords, uncompressedBytes, requestMs, retries } =
    totals;
  // A connection to one broker of each worker's own. The one to a bootstrap address carries no
  // records.
  const connections = sum(results, ({ brokersWritten }) => brokersWritten);
  return {
    batchBytes: ratio(batchBytes, batches),
    recordsPerBatch: ratio(batchRecords, batches),
    recordsPerRequest: ratio(batchRecords, requests),
    requestsPerSecond: ratio(requests * 1000, measuredMs),
    inFlight: ratio(requestMs, measuredMs * Math.max(1, connections)),
    compressionRatio: ratio(batchBytes, uncompressedBytes),
    bufferWaitShare,
    batches,
    requests,
    retries,
  };
}

function mergeFailures(results: readonly WorkerResult[]): Measurement['errors'] {
  const merged = new Map<string, { name: string; message: string; records: number }>();
  for (const { name, message, records } of results.flatMap(({ failures }) => failures)) {
    const known = merged.get(name);
    if (known === undefined) merged.set(name, { name, message, records });
    else known.records += records;
  }
  return [...merged.values()].sort((a, b) => b.records - a.records);
}

const ratio = (a: number, b: number): number => (b > 0 ? a / b : 0);
const sum = <T>(items: readonly T[], pick: (item: T) => number): number =>
  items.reduce((s, i) => s + pick(i), 0);
const mean = <T>(items: readonly T[], pick: (item: T) => number): number =>
  sum(items, pick) / items.length;
