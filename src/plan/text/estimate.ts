// How long a plan may take and how much memory, for `kbench validate` and before a run. Rough, and
// it says what it assumes.
import { totalmem } from 'node:os';
import type { Client } from '../../contract/driver.js';
import type { Plan } from '../../contract/plan.js';
import { clusterBlocks } from '../points/cluster-blocks.js';
import type { Extent, PointSettings, TargetSettings } from '../../contract/settings.js';
import { valueAt, valueSizes, workersInAll } from '../settings/point-settings.js';

/**
 * By target: connecting, making and deleting the topic, saving; and what `rate: max` is taken to
 * reach with small records.
 */
const ASSUMED = {
  embedded: { overheadSeconds: 0.5, recordsPerSecond: 1_000_000 },
  external: { overheadSeconds: 1, recordsPerSecond: 500_000 },
  kafka: { overheadSeconds: 1, recordsPerSecond: 500_000 },
} as const;
/** Three brokers on two cores, with Kafka's jars there. */
const START_SECONDS = 20;
/**
 * A commit or abort of a transaction, in which its producer sends nothing; brokers write to two
 * more logs.
 */
const ASSUMED_COMMIT_SECONDS = { embedded: 0.002, external: 0.02, kafka: 0.02 } as const;
/** After a run with faults, until the cluster is whole again: what it waits for takes its time. */
const ASSUMED_HEALING_SECONDS = { embedded: 0.2, external: 5, kafka: 5 } as const;
/** The machine's speed, measured before each run. */
const CANARY_SECONDS = 0.2;
/** And with large ones. */
const ASSUMED_BYTES_PER_SECOND = 200 * 1024 * 1024;
/** An audit reads what was sent. */
const READ_RECORDS_PER_SECOND = 1_000_000;
const MiB = 1024 * 1024;
/** A worker beside its buffer.memory: its heap, histograms, payload pool. */
const WORKER_BYTES = 25 * MiB;
/** The process itself, and the embedded cluster in it. */
const BASE_BYTES = 90 * MiB;
const EMBEDDED_BYTES = 60 * MiB;
/** Place, length and padding of a record of a payload file. */
const INDEX_BYTES = 12;
/**
 * A process of another client: a JVM's most heap, or what was measured at 50,000 records/s
 * (bench/RESULTS.md), with something over. Native ones have buffer.memory on top.
 */
const CLIENT_BYTES: Readonly<Record<Client, number>> = {
  ...{ kafkajs: 250 * MiB, platformatic: 250 * MiB, java: 600 * MiB },
  ...{ librdkafka: 30 * MiB, 'franz-go': 60 * MiB },
};
/** A member of a consumer group. */
const MEMBER_BYTES = { kafkajs: 150 * MiB, java: 350 * MiB } as const;
/** The canary's thread and cluster. */
const CANARY_BYTES = 35 * MiB;

export interface PlanEstimate {
  readonly points: number;
  readonly runs: number;
  readonly seconds: number;
  /** How often a cluster is started, the first time included; 0 where kbench starts none. */
  readonly clusterStarts: number;
  /** Records a second that rate max is taken to reach; null where no run's length hangs on it. */
  readonly assumedRecordsPerSecond: number | null;
  /** Of the largest point. */
  readonly memoryBytes: number;
  /** Memory of this machine. */
  readonly machineBytes: number;
}

export function estimatePlan(plan: Plan, target: TargetSettings, canary = true): PlanEstimate {
  const { recordsPerSecond } = ASSUMED[target.kind];
  const overheadSeconds = ASSUMED[target.kind].overheadSeconds + (canary ? CANARY_SECONDS : 0);
  let seconds = 0;
  let memoryBytes = 0;
  let assumes = false;
  for (const { settings } of plan.points) {
    seconds +=
      (overheadSeconds +
        ((settings.faults ?? []).length > 0 ? ASSUMED_HEALING_SECONDS[target.kind] : 0) +
        runSeconds(settings, recordsPerSecond, ASSUMED_COMMIT_SECONDS[target.kind])) *
      plan.repeats;
    memoryBytes = Math.max(memoryBytes, memoryOf(settings));
    assumes ||= settings.workload.rate === 'max' && settings.workload.records !== null;
  }
  const clusterStarts = target.kind === 'kafka' ? clusterBlocks(plan, plan.runs).length : 0;
  return {
    points: plan.points.length,
    runs: plan.runs.length,
    seconds: seconds + clusterStarts * START_SECONDS,
    clusterStarts,
    assumedRecordsPerSecond: assumes ? recordsPerSecond : null,
    memoryBytes:
      memoryBytes + (target.kind === 'embedded' ? EMBEDDED_BYTES : 0) + (canary ? CANARY_BYTES : 0),
    machineBytes: totalmem(),
  };
}

function runSeconds(
  settings: PointSettings,
  recordsPerSecond: number,
  commitSeconds: number,
): number {
  const { workload } = settings;
  const { rate, transaction } = workload;
  const workers = workersInAll(settings);
  const sending = Math.min(
    recordsPerSecond,
    ASSUMED_BYTES_PER_SECOND / Math.max(valueSizes(workload).mean, 1),
  );
  const perRecord =
    1 / sending + (transaction === null ? 0 : commitSeconds / (transaction.records * workers));
  const perSecond = Math.min(1 / perRecord, rate === 'max' ? Infinity : rate);
  const seconds = ({ records, durationMs }: Extent) =>
    (durationMs ?? 0) / 1000 + (records ?? 0) / perSecond;
  const running = seconds(workload.warmup) + seconds(workload);
  if (workload.audit !== true) return running;
  const passes = transaction === null ? 1 : 2;
  return running + (passes * running * perSecond) / Math.min(sending, READ_RECORDS_PER_SECOND);
}

function memoryOf(settings: PointSettings): number {
  const { workload, consumers } = settings;
  const members =
    consumers?.kind === 'group'
      ? consumers.groups * consumers.members * MEMBER_BYTES[consumers.driver]
      : 0;
  return BASE_BYTES + payloadBytes(settings) + workload.workers * workerBytes(settings) + members;
}

/** Of `exec` nobody knows; its buffer is counted. */
function workerBytes(settings: PointSettings): number {
  const { driver } = settings;
  const bufferMemory = Number(valueAt(settings, 'buffer.memory'));
  if (driver === 'core') return bufferMemory + WORKER_BYTES;
  if (driver.kind === 'exec') return bufferMemory;
  const ofItsOwn = driver.kind === 'librdkafka' || driver.kind === 'franz-go' ? bufferMemory : 0;
  return CLIENT_BYTES[driver.kind] + ofItsOwn;
}

/** A payload file's records, which all workers share, with the index of them. */
function payloadBytes({ workload: { payload } }: PointSettings): number {
  if (payload.kind !== 'file' || payload.content === undefined) return 0;
  return payload.content.records * (payload.content.meanBytes + INDEX_BYTES);
}
