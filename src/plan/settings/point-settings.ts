// One point, complete: the base sections, the point's own values over them, and the defaults under
// them. Pure.
import type {
  Extent,
  KeySettings,
  PayloadSettings,
  PointSettings,
  Scalar,
  TopicSettings,
  TransactionSettings,
} from '../../contract/settings.js';
import { consumerValueAt, consumersPart } from '../consumers/consumer-settings.js';
import { CONSUMERS } from '../consumers/consumer-fields.js';
import { effectiveIdempotence, PRODUCER_SETTINGS } from '../../producer-core/settings.js';
import type { DriverChoice, FaultList, FieldValue } from './field.js';
import { TOPIC_CONFIG_PREFIX } from './fields.js';
import type { Given, Settings } from './given.js';
import { isTargetPath, kafkaTarget, targetValueAt } from '../target/kafka-fields.js';

const DEFAULT_VALUE_BYTES = 100;
const DEFAULT_RECORDS = 1_000_000;
/** The default warm-up is a tenth of the measured part, and at most this. */
const MAX_DEFAULT_WARMUP_RECORDS = 100_000;
const MAX_DEFAULT_WARMUP_MS = 10_000;

/**
 * The settings of a point. `own` is what the grid or the list of points says, `base` what the
 * sections say. `ownCluster`: some point of the sweep has a cluster that is not the others'.
 */
export function completePoint(base: Settings, own: Settings, ownCluster: boolean): PointSettings {
  const get = (path: string): FieldValue | undefined => (own.get(path) ?? base.get(path))?.value;
  const extent = measuredExtent(base, own);
  const payload = (get('workload.payload') as PayloadSettings | undefined) ?? { kind: 'random' };
  const faults = (get('faults') as FaultList | undefined)?.faults ?? [];
  const valueBytes = get('workload.valueBytes') as number | undefined;
  const agents = get('agents') as number | undefined;
  return {
    driver: (get('driver') as DriverChoice | undefined)?.driver ?? 'core',
    ...(agents === undefined ? {} : { agents }),
    producer: producerOf(base, own),
    topic: topicOf(base, own, get),
    workload: {
      valueBytes: hasOwnSizes(payload) ? null : (valueBytes ?? DEFAULT_VALUE_BYTES),
      keys: (get('workload.keys') as KeySettings | undefined) ?? { kind: 'none' },
      payload,
      rate: (get('workload.rate') as 'max' | number | undefined) ?? 'max',
      ...extent,
      warmup: (get('workload.warmup') as Extent | undefined) ?? defaultWarmup(extent),
      workers: (get('workload.workers') as number | undefined) ?? 1,
      pacing: (get('workload.pacing') as 'auto' | 'spin' | undefined) ?? 'auto',
      ...(get('workload.timing') === 'none' ? { timing: 'none' as const } : {}),
      transaction: transactionOf(get),
      ...(get('workload.audit') === true ? { audit: true as const } : {}),
    },
    ...consumersPart([...base, ...own]),
    // Left out where there are none: settings of older results stay the same.
    ...(faults.length === 0 ? {} : { faults }),
    ...(ownCluster ? { target: kafkaTarget([...base, ...own]) } : {}),
  };
}

/** Producers in all: those of each agent. */
export const workersInAll = ({ workload, agents }: PointSettings): number =>
  workload.workers * (agents ?? 1);

/** Whether the values are a file's records, which have their own sizes. */
export function hasOwnSizes(payload: PayloadSettings): boolean {
  return payload.kind === 'file' && (payload.records ?? 'slices') !== 'slices';
}

/** Bytes of the values, as far as they are known: those of a payload file once it was read. */
export function valueSizes({ valueBytes, payload }: PointSettings['workload']) {
  const content = payload.kind === 'file' ? payload.content : undefined;
  const mean = valueBytes ?? content?.meanBytes ?? DEFAULT_VALUE_BYTES;
  return { mean, max: valueBytes ?? content?.maxBytes ?? DEFAULT_VALUE_BYTES };
}

function transactionOf(get: (path: string) => FieldValue | undefined): TransactionSettings | null {
  const records = get('workload.transaction.records') as number | 'none' | undefined;
  if (records === undefined || records === 'none') return null;
  return {
    records,
    abortRatio: (get('workload.transaction.abortRatio') as number | undefined) ?? 0,
  };
}

/**
 * A point's own records or duration takes the place of the base's, whichever of the two that is.
 */
function measuredExtent(base: Settings, own: Settings): Extent {
  for (const settings of [own, base]) {
    const records = settings.get('workload.records')?.value;
    if (records !== undefined) return { records: records as number, durationMs: null };
    const duration = settings.get('workload.duration')?.value;
    if (duration !== undefined) return { records: null, durationMs: duration as number };
  }
  return { records: DEFAULT_RECORDS, durationMs: null };
}

function defaultWarmup({ records, durationMs }: Extent): Extent {
  const warmupRecords =
    records === null ? null : Math.min(Math.floor(records / 10), MAX_DEFAULT_WARMUP_RECORDS);
  return {
    records: warmupRecords === 0 ? null : warmupRecords,
    durationMs:
      durationMs === null ? null : Math.min(Math.round(durationMs / 10), MAX_DEFAULT_WARMUP_MS),
  };
}

function producerOf(base: Settings, own: Settings): Record<string, Scalar> {
  const producer: Record<string, Scalar> = {};
  for (const [path, { value }] of merged(base, own)) {
    if (PRODUCER_SETTINGS.has(path)) producer[path] = value as Scalar;
  }
  return producer;
}

function topicOf(
  base: Settings,
  own: Settings,
  get: (path: string) => FieldValue | undefined,
): TopicSettings {
  const name = get('topic.name');
  if (name !== undefined) return { kind: 'existing', name: name as string };
  const config: Record<string, Scalar> = {};
  for (const [path, { value }] of merged(base, own)) {
    if (path.startsWith(TOPIC_CONFIG_PREFIX))
      config[path.slice(TOPIC_CONFIG_PREFIX.length)] = value as Scalar;
  }
  return {
    kind: 'fresh',
    partitions: (get('topic.partitions') as number | undefined) ?? 1,
    replicationFactor: (get('topic.replicationFactor') as number | undefined) ?? 1,
    config,
  };
}

function merged(base: Settings, own: Settings): ReadonlyMap<string, Given> {
  return own.size === 0 ? base : new Map([...base, ...own]);
}

/**
 * The value in force at a path, defaults included; undefined where there is none (a duration of a
 * run by records).
 */
export function valueAt(settings: PointSettings, path: string): FieldValue | undefined {
  const { agents, driver, producer, topic, workload, target, faults = [] } = settings;
  if (path.startsWith(CONSUMERS)) return consumerValueAt(settings, path);
  if (isTargetPath(path)) return target === undefined ? undefined : targetValueAt(target, path);
  if (path.startsWith(TOPIC_CONFIG_PREFIX)) {
    return topic.kind === 'fresh'
      ? topic.config[path.slice(TOPIC_CONFIG_PREFIX.length)]
      : undefined;
  }
  switch (path) {
    case 'workload.valueBytes':
      return workload.valueBytes ?? undefined;
    case 'workload.rate':
      return workload.rate;
    case 'workload.records':
      return workload.records ?? undefined;
    case 'workload.duration':
      return workload.durationMs ?? undefined;
    case 'workload.warmup':
      return workload.warmup;
    case 'workload.workers':
      return workload.workers;
    case 'agents':
      return agents;
    case 'workload.pacing':
      return workload.pacing;
    case 'workload.audit':
      return workload.audit ?? false;
    case 'workload.timing':
      return workload.timing ?? 'java';
    case 'workload.keys':
      return workload.keys;
    case 'workload.payload':
      return workload.payload;
    case 'workload.transaction.records':
      return workload.transaction?.records ?? 'none';
    case 'workload.transaction.abortRatio':
      return workload.transaction?.abortRatio;
    case 'driver':
      return { kind: 'driver', driver };
    case 'faults':
      return { kind: 'faults', faults };
    case 'topic.name':
      return topic.kind === 'existing' ? topic.name : undefined;
    case 'topic.partitions':
      return topic.kind === 'fresh' ? topic.partitions : undefined;
    case 'topic.replicationFactor':
      return topic.kind === 'fresh' ? topic.replicationFactor : undefined;
    case 'enable.idempotence':
      // acks and retries switch the default off in silence.
      return effectiveIdempotence(producer);
    default:
      return producer[path] ?? defaultInForce(path);
  }
}

/**
 * What the core does when a producer setting is left out: Java's default, or what it does instead
 * of a setting it has not yet.
 */
function defaultInForce(path: string): Scalar | undefined {
  const setting = PRODUCER_SETTINGS.get(path);
  if (setting === undefined) return undefined;
  return (setting.implemented ? null : setting.accepts?.[0]) ?? setting.default ?? undefined;
}
