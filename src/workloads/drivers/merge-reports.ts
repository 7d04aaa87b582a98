// What the drivers of one run tell, in one process or in several, as its measurement and its
// section `driver`. Counts and histograms are added; what a driver does not tell stays away. The
// core's counterpart is result/merge.ts.
import type { Consumers } from '../../contract/consumers.js';
import { driverLabel, type DriverReport, type OutsideDriver } from '../../contract/driver.js';
import type { DriverHistogram, DriverResult } from '../../contract/driver-protocol.js';
import type { FaultEvent } from '../../contract/faults.js';
import type { Continuity, Measurement } from '../../contract/run-result.js';
import type { RunSpec } from '../../contract/run-spec.js';
import type { Produced } from '../consumers/consumers-result.js';
import type { PackedGaps } from '../measure/ack-gaps.js';
import { mergeLatency } from '../measure/histogram.js';
import { continuityOf } from '../result/continuity.js';
import { withAsked } from '../result/asked-outages.js';
import type { MergedIntervals } from '../measure/intervals.js';
import type { SharePart } from '../share-outcome.js';
import { backlogOf } from '../result/backlog.js';
import { rateWindow } from '../result/rate-window.js';
import { failedWithin, recoveryOf, type Window } from '../result/recovery.js';
import { consumerFacts, receivedOf } from '../result/received.js';
import { judge, lateness, type ConsumerFacts } from '../result/verdict.js';
import { settingsInForce } from './driver-spec.js';
import { packed } from './told-histogram.js';
import type { WorkerReport } from './worker-report.js';

const MIB = 1 << 20;
/** Shorter silences need not be told. */
const SILENCE_MS = 100;

/** What is known beside the reports. */
export interface ReportsBeside {
  readonly intervals: MergedIntervals;
  /** What was broken on purpose meanwhile. */
  readonly events: readonly FaultEvent[];
}

/** A part a process, each with at least one worker. */
export function mergeReports(
  spec: RunSpec,
  driver: OutsideDriver,
  parts: readonly SharePart<WorkerReport>[],
  { intervals: merger, events }: ReportsBeside,
): { readonly measurement: Measurement; readonly consumers: Consumers | null } {
  const reports = parts.flatMap((part) => part.results);
  const intervals = merger.finish();
  const results = reports.map(({ result }) => result);
  const records = recordsOf(results);
  const { measuredMs, drainMs } = rateWindow(spec.settings.workload, results.map(timed));
  const latencyMs = latencies(results);
  const gaps = results.map((each) => gapsOf(each));
  const received = receivedOf(spec, parts, producedBy);
  const { recovery, windows } = recoveryOf({
    ...{ faults: spec.settings.faults ?? [], events, intervals, gaps },
    p99Ms: (fromMs, toMs) => merger.p99Ms(fromMs, toMs),
    partitionGaps: [],
    consumerPauses: received?.pauses,
  });
  const continuity = continuityFrom(spec, results, gaps, latencyMs.service?.p50 ?? 0, windows);
  const perSecond = measuredMs > 0 ? 1000 / measuredMs : 0;
  const { cpuMs, rssMiB } = usage(reports);
  const longestMs = Math.max(1, ...results.map(({ endedMs }) => endedMs));
  const measured = {
    measuredMs,
    ...(drainMs === null ? {} : { drainMs }),
    records,
    throughput: {
      recordsPerSecond: records.acked * perSecond,
      mebibytesPerSecond: (sum(results, (each) => each.valueBytes) * perSecond) / MIB,
    },
    latencyMs,
    achieved: achievedBy(results, records.acked, measuredMs),
    metrics: {},
    transactions: null,
    generator: {
      cpuMicrosPerRecord: records.acked > 0 ? ((cpuMs ?? 0) * 1000) / records.acked : 0,
      cpuSource: 'driver' as const,
      threadUtilisation: Math.min(1, (cpuMs ?? 0) / longestMs / reports.length),
      rssMiB: rssMiB ?? 0,
      pacing: spec.settings.workload.rate === 'max' ? ('none' as const) : ('auto' as const),
    },
    continuity,
    ...(recovery.length === 0 ? {} : { recovery }),
    errors: errorsOf(results),
    intervals: [...intervals],
  };
  const throttledMs = Math.max(0, ...parts.map(({ throttled }) => throttled?.ms ?? 0));
  const facts = received === null ? null : consumerFacts(spec, received, measured);
  const verdict = verdictOn(spec, driver, results, measured, { windows, throttledMs, facts });
  return { measurement: { ...measured, verdict }, consumers: received?.consumers ?? null };
}

function producedBy(reports: readonly WorkerReport[]): Produced {
  const results = reports.map(({ result }) => result);
  return {
    records: recordsOf(results),
    transactions: null,
    sentUntilMs: Math.max(...results.map(({ lastSentMs }) => lastSentMs ?? 0)),
  };
}

const recordsOf = (results: readonly DriverResult[]): Measurement['records'] => ({
  sent: sum(results, (each) => each.sent),
  acked: sum(results, (each) => each.acked),
  failed: sum(results, (each) => each.failed),
});

/** RunResult's section. */
export function driverSection(spec: RunSpec, reports: readonly WorkerReport[]): DriverReport {
  const [{ hello }] = reports;
  const settings = settingsInForce(spec.settings.producer);
  const names = Object.keys(settings);
  const without = hello.notHonoured.filter(({ name }) => names.includes(name));
  const { cpuMs, rssMiB } = usage(reports);
  const started = reports.map(({ usage: [afterStart] }) => afterStart?.cpuMs ?? null);
  return {
    name: hello.name,
    version: hello.version,
    processes: reports.length,
    honoured: names.filter((name) => !without.some((each) => each.name === name)),
    notHonoured: without.map(({ name, why }) => ({ name, value: String(settings[name]), why })),
    startupMs: Math.max(...reports.map(({ startupMs }) => startupMs)),
    startupCpuMs: total(started),
    ...{ cpuMs, rssMiB },
  };
}

const timed = (result: DriverResult) => ({
  records: result,
  firstAckAtMs: result.firstAckMs,
  lastAckAtMs: result.lastAckMs,
  lastSentAtMs: result.lastSentMs,
  sendingEndedAtMs: result.endedMs,
});

function latencies(results: readonly DriverResult[]): Measurement['latencyMs'] {
  const merged = (pick: (each: DriverResult['histograms']) => DriverHistogram | null) =>
    mergeLatency(results.flatMap(({ histograms }) => pick(histograms) ?? []).map(packed));
  return {
    response: merged(({ response }) => response),
    service: merged(({ service }) => service),
    delay: merged(({ delay }) => delay),
  };
}

/** CPU is the system's word where it has one; a driver may know its own threads better. */
function usage(reports: readonly WorkerReport[]): Pick<DriverReport, 'cpuMs' | 'rssMiB'> {
  const cpu = reports.map(({ result, usage: [, before, after] }) =>
    // One that ended before it was asked to is not there any more.
    before === null || after === null || after.cpuMs < before.cpuMs
      ? (result.cpuMs ?? null)
      : after.cpuMs - before.cpuMs,
  );
  const rss = reports.map(({ result, usage: [, , after] }) => after?.rssMiB ?? result.rssMiB);
  return { cpuMs: total(cpu), rssMiB: total(rss.map((each) => each ?? null)) };
}

function gapsOf({ silences = [], endedMs, lastAckMs }: DriverResult): PackedGaps {
  const longest = [...silences].sort((a, b) => b[1] - a[1]).at(0) ?? [0, 0];
  return {
    gaps: Float64Array.from(silences.flatMap(([atMs, forMs]) => [atMs, atMs, atMs + forMs])),
    floorMs: SILENCE_MS,
    endMs: Math.max(endedMs, lastAckMs ?? 0),
    waitedMs: silences.reduce((all, [, forMs]) => all + forMs, 0),
    acks: silences.length,
    ...{ longestWaitMs: longest[1], longestWaitAtMs: longest[0] },
  };
}

/** What befell connections only the client knows. */
const UNTOLD = { connectionsLost: 0, connectionsFailed: 0, leaderChanges: 0 };

function continuityFrom(
  spec: RunSpec,
  results: readonly DriverResult[],
  gaps: readonly PackedGaps[],
  serviceP50Ms: number,
  windows: readonly Window[],
): Continuity {
  const recordRetries = sum(results, ({ totals }) => totals.retries ?? 0);
  const window = { totals: { ...UNTOLD, recordRetries }, maxima: { throttleMs: 0 } };
  const lingerMs = Number(settingsInForce(spec.settings.producer)['linger.ms']);
  const found = continuityOf(gaps, window, { lingerMs, lagMaxMs: 0, serviceP50Ms });
  return withAsked(found, windows);
}

function achievedBy(
  results: readonly DriverResult[],
  acked: number,
  measuredMs: number,
): Measurement['achieved'] {
  const told = (name: keyof DriverResult['totals']): number | null =>
    total(results.map(({ totals }) => totals[name] ?? null));
  const [batches, requests] = [told('batches'), told('requests')];
  const [batchBytes, retries] = [told('batchBytes'), told('retries')];
  return {
    ...(batches === null ? {} : { batches, recordsPerBatch: ratio(acked, batches) }),
    ...(batches === null || batchBytes === null ? {} : { batchBytes: ratio(batchBytes, batches) }),
    ...(requests === null
      ? {}
      : {
          requests,
          recordsPerRequest: ratio(acked, requests),
          requestsPerSecond: ratio(requests * 1000, measuredMs),
        }),
    ...(retries === null ? {} : { retries }),
    bufferWaitShare: sum(results, blockedShare) / results.length,
  };
}

const blockedShare = ({ blockedMs, endedMs }: DriverResult): number =>
  Math.min(1, blockedMs / Math.max(1, endedMs));

function errorsOf(results: readonly DriverResult[]): Measurement['errors'] {
  const merged = new Map<string, { name: string; message: string; records: number }>();
  for (const { name, message, records } of results.flatMap(({ errors }) => errors)) {
    const known = merged.get(name);
    if (known === undefined) merged.set(name, { name, message, records });
    else known.records += records;
  }
  return [...merged.values()].sort((a, b) => b.records - a.records);
}

interface Found {
  readonly windows: readonly Window[];
  readonly throttledMs: number;
  readonly facts: ConsumerFacts | null;
}

function verdictOn(
  spec: RunSpec,
  driver: OutsideDriver,
  results: readonly DriverResult[],
  measured: Omit<Measurement, 'verdict'> & { readonly continuity: Continuity },
  { windows, throttledMs, facts }: Found,
): Measurement['verdict'] {
  const { latencyMs, records, intervals } = measured;
  const { rate } = spec.settings.workload;
  return judge({
    openLoop:
      rate === 'max'
        ? null
        : {
            rate,
            sendSpanMs: Math.max(...results.map(({ lastSentMs }) => lastSentMs ?? 0)),
            blockedMs: Math.max(...results.map(({ blockedMs }) => blockedMs)),
            late: lateness(latencyMs.delay, records.sent),
            serviceP99Ms: latencyMs.service?.p99 ?? 0,
            backlog: backlogOf(intervals),
          },
    embeddedTarget: spec.embeddedTarget,
    records,
    measuredMs: measured.measuredMs,
    bufferWaitShare: measured.achieved.bufferWaitShare ?? 0,
    transactions: null,
    // Another client has threads of its own making: how busy they were says nothing of its limit.
    ...{ busyShare: 1, lagMs: { p99: 0, max: 0 }, gc: { totalMs: 0, maxMs: 0 }, clockJumpMs: 0 },
    latencyP99Ms: (latencyMs.response ?? latencyMs.service)?.p99 ?? 0,
    failures: measured.errors,
    continuity: measured.continuity,
    answered: settingsInForce(spec.settings.producer)['acks'] !== '0',
    memory: null,
    client: driverLabel(driver),
    throttledMs,
    asked: { windows, failed: failedWithin(intervals, windows) },
    ...(facts === null ? {} : { consumers: facts }),
  });
}

const ratio = (a: number, b: number): number => (b > 0 ? a / b : 0);
const sum = <T>(items: readonly T[], pick: (item: T) => number): number =>
  items.reduce((all, item) => all + pick(item), 0);
/** Null where one does not tell. */
const total = (parts: readonly (number | null)[]): number | null =>
  parts.some((part) => part === null) ? null : sum(parts, (part) => part ?? 0);
