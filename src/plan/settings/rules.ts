// What a point's values must not be together: Java's own rules (from the core), and what would fail
// at the first record. Each problem stands at the value that makes it, names the rule, and is told
// once however many points it spoils.
import type { PointSettings, TargetSettings } from '../../contract/settings.js';
import {
  effectiveIdempotence,
  producerConfigProblems,
  recordUpperBound,
} from '../../producer-core/settings.js';
import { readTopicConfigs } from '../../targets/embedded/topic-configs.js';
import { brokenFaults } from '../faults/fault-rules.js';
import { labelOf } from './field.js';
import { formatValue } from './fields.js';
import { consumerRules } from '../consumers/consumer-rules.js';
import { auditRules } from './rules/audit-rules.js';
import { driverRules } from './rules/driver-rules.js';
import type { Broken } from './rules/broken-rule.js';
import { describePoint, type DraftPoint } from '../points/grid.js';
import { hasOwnSizes, valueAt, valueSizes, workersInAll } from './point-settings.js';
import type { Place, Problems } from '../yaml/problems.js';
import type { Settings } from './given.js';
import { formatBytes } from '../../base/units.js';
import { versionProblem } from '../../targets/kafka/kafka-rules.js';
import { isTargetPath } from '../target/kafka-fields.js';
import { longestKey } from '../../workloads/keys/keys.js';

export interface CheckedPoint extends DraftPoint {
  readonly settings: PointSettings;
}

const RECORDS = 'workload.transaction.records';
const ABORT_RATIO = 'workload.transaction.abortRatio';
/** Combinations listed of each rule. */
const MAX_LISTED = 5;

/**
 * Checks every point. `base` tells where a value that does not vary was written; `fallback` where
 * else to point.
 */
export function checkPoints(
  points: readonly CheckedPoint[],
  target: TargetSettings,
  base: Settings,
  fallback: Place,
  problems: Problems,
): void {
  const found = new Map<
    string,
    { readonly broken: Broken; readonly point: CheckedPoint; count: number }
  >();
  for (const point of points) {
    for (const broken of brokenRules(point, target, base)) {
      const key = `${broken.rule}\n${broken.message}`;
      const known = found.get(key);
      if (known === undefined) found.set(key, { broken, point, count: 1 });
      else known.count += 1;
    }
  }
  const listed = new Map<string, number>();
  for (const { broken, point, count } of found.values()) {
    const before = listed.get(broken.rule) ?? 0;
    listed.set(broken.rule, before + 1);
    if (before >= MAX_LISTED) continue;
    const { path, at } = blame(broken, point, base, fallback);
    const where =
      point.own.size === 0
        ? ''
        : `; ${pointCount(count, points.length)} ${describePoint(point.own)}`;
    problems.add(
      at,
      path,
      `${broken.message} (rule ${broken.rule}${where})`,
      remedyFor(broken, point),
    );
  }
  for (const [rule, count] of listed) {
    if (count > MAX_LISTED)
      problems.add(
        {},
        'sweep',
        `and ${count - MAX_LISTED} more combinations break the rule ${rule}`,
      );
  }
}

function pointCount(count: number, total: number): string {
  return count === 1 ? `1 of ${total} points:` : `${count} of ${total} points, first`;
}

function blame(
  broken: Broken,
  point: CheckedPoint,
  base: Settings,
  fallback: Place,
): { path: string; at: Place } {
  for (const settings of [point.own, base]) {
    for (const path of broken.involved) {
      const given = settings.get(path);
      if (given !== undefined) return { path, at: given.at };
    }
  }
  return { path: broken.involved[0], at: point.at ?? fallback };
}

function remedyFor({ remedy, involved }: Broken, point: CheckedPoint): string {
  if (point.at !== null) return remedy; // an entry of `points:` can just be changed
  const varied = involved.filter((path) => point.own.has(path));
  const shown = varied.map((path) => {
    const label = labelOf(point.own.get(path)!.value);
    // Text that YAML would take for a number: acks.
    return [
      path,
      typeof label === 'string' && /^-?\d+$/.test(label) ? `"${label}"` : formatValue(path, label),
    ] as const;
  });
  if (shown.length === 0) return remedy;
  if (shown.length === 1) return `${remedy}; or take ${shown[0][1]} out of sweep.${shown[0][0]}`;
  const pairs = shown.map(([path, value]) => `${path}: ${value}`);
  return `${remedy}; or leave the combination out with exclude: [{${pairs.join(', ')}}]`;
}

function brokenRules(point: CheckedPoint, swept: TargetSettings, base: Settings): Broken[] {
  const { settings } = point;
  const target = settings.target ?? swept;
  return [
    ...kafkaClusters(point, target, base),
    ...producerConfigProblems(settings.producer),
    ...recordSize(settings),
    ...batchMemory(settings),
    ...replicas(settings, target),
    ...existingTopic(point),
    ...ownCluster(settings, target),
    ...split(settings),
    ...brokenFaults(settings, target),
    ...transactions(point, base),
    ...payloadContradictions(point, base),
    ...auditRules(settings),
    ...consumerRules(point, target, base),
    ...driverRules(settings, target),
  ];
}

function numberAt(settings: PointSettings, path: string): number {
  return Number(valueAt(settings, path));
}

/** As KafkaProducer.ensureValidRecordSize: by the bound before compression, so no codec helps. */
function recordSize(settings: PointSettings): Broken[] {
  const { keys, payload } = settings.workload;
  const { max: valueBytes } = valueSizes(settings.workload);
  const ofFile = payload.kind === 'file' ? (payload.content?.longestKeyBytes ?? -1) : -1;
  const bytes = recordUpperBound(Math.max(longestKey(keys), ofFile), valueBytes);
  const isFile = hasOwnSizes(payload);
  const what = isFile
    ? `the largest record of ${payload.kind === 'file' ? payload.file : ''} has ${valueBytes} bytes`
    : `workload.valueBytes is ${formatBytes(valueBytes)}`;
  const blamed = isFile ? 'workload.payload' : 'workload.valueBytes';
  return ['max.request.size', 'buffer.memory']
    .filter((limit) => bytes > numberAt(settings, limit))
    .map((limit) => ({
      rule: 'record-too-large',
      message:
        `${what}: a record may take ${bytes} bytes, ` +
        `more than ${limit} ${formatBytes(numberAt(settings, limit))}`,
      remedy:
        `${isFile ? 'take it out of the file' : 'lower workload.valueBytes'}, ` +
        `or raise ${limit} (and the topic's max.message.bytes with it)`,
      involved: [blamed, limit, 'workload.keys'],
    }));
}

/**
 * Java's BufferPool throws at the first record: a batch's buffer is larger than all the memory
 * there is.
 */
function batchMemory(settings: PointSettings): Broken[] {
  const [batch, memory] = [numberAt(settings, 'batch.size'), numberAt(settings, 'buffer.memory')];
  if (batch <= memory) return [];
  return [
    {
      rule: 'batch-larger-than-memory',
      message:
        `batch.size is ${formatBytes(batch)}, more than buffer.memory ${formatBytes(memory)}: ` +
        'no batch could ever be made',
      remedy: 'lower batch.size, or raise buffer.memory',
      involved: ['batch.size', 'buffer.memory'],
    },
  ];
}

function replicas(settings: PointSettings, target: TargetSettings): Broken[] {
  const { topic } = settings;
  if (topic.kind === 'existing') return [];
  const broken: Broken[] = [];
  if (target.kind !== 'external' && topic.replicationFactor > target.brokers) {
    broken.push({
      rule: 'replication-factor',
      message:
        `topic.replicationFactor is ${topic.replicationFactor}, ` +
        `but the target has ${target.brokers === 1 ? '1 broker' : `${target.brokers} brokers`}`,
      remedy: `lower it, or write target: {${target.kind}: {brokers: ${topic.replicationFactor}}}`,
      involved: ['topic.replicationFactor', 'target.kafka.brokers'],
    });
  }
  const least = Number(topic.config['min.insync.replicas'] ?? 1);
  const acks = valueAt(settings, 'acks');
  if (least > topic.replicationFactor && acks !== '0' && acks !== '1') {
    broken.push({
      rule: 'min-insync-replicas',
      message:
        `min.insync.replicas is ${least} and topic.replicationFactor ${topic.replicationFactor}: ` +
        'with acks=all every record would fail',
      remedy: 'raise topic.replicationFactor, or lower topic.config.min.insync.replicas',
      involved: ['topic.config.min.insync.replicas', 'topic.replicationFactor', 'acks'],
    });
  }
  return broken;
}

/** What a cluster that kbench starts cannot be, and clusters that it cannot start. */
function kafkaClusters({ own }: CheckedPoint, target: TargetSettings, base: Settings): Broken[] {
  const varied = [...own.keys()].filter(isTargetPath);
  if (target.kind !== 'kafka') {
    return varied.map((path) => ({
      rule: 'not-our-cluster',
      message: `${path} cannot vary: kbench starts no Apache Kafka for this target`,
      remedy: 'write target: {kafka: {...}}, or take it out',
      involved: [path],
    }));
  }
  const { mode = 'kraft', version } = target;
  const [modePath, versionPath, countPath] = ['mode', 'version', 'zookeepers'].map(
    (key) => `target.kafka.${key}`,
  );
  const broken: Broken[] = [];
  const release = versionProblem(version, mode);
  if (release !== null)
    broken.push({ rule: 'kafka-release', ...release, involved: [versionPath, modePath] });
  // Where the mode varies, the count is for those points that have ZooKeepers.
  if (mode === 'kraft' && !own.has(modePath) && (own.has(countPath) || base.has(countPath))) {
    broken.push({
      rule: 'zookeepers-without-mode',
      message: 'target.kafka.zookeepers is set, and the mode is KRaft, which has none',
      remedy: 'write mode: zookeeper (and a version of the 3.x line), or take it out',
      involved: [countPath],
    });
  }
  const short = varied.filter((path) => !path.startsWith('target.kafka.'));
  for (const path of short.filter((each) => own.has(each.replace('target.', 'target.kafka.')))) {
    broken.push({
      rule: 'broker-config-twice',
      message: `${path} and ${path.replace('target.', 'target.kafka.')} are one setting`,
      remedy: 'keep one of them',
      involved: [path],
    });
  }
  return broken;
}

/**
 * A cluster that kbench starts is empty, and the embedded one says itself which topic settings it
 * takes.
 */
function ownCluster({ topic }: PointSettings, target: TargetSettings): Broken[] {
  if (target.kind === 'external') return [];
  if (topic.kind === 'existing') {
    return [
      {
        rule: 'no-topic-there',
        message: `topic.name is ${topic.name}, but a cluster that kbench starts has no topics`,
        remedy:
          'leave topic.name out, and kbench makes a topic for each run; ' +
          'or write target: {bootstrap: [...]}',
        involved: ['topic.name'],
      },
    ];
  }
  if (target.kind !== 'embedded') return [];
  return Object.entries(topic.config).flatMap(([name, value]): Broken[] => {
    const read = readTopicConfigs([{ name, value: String(value) }]);
    if (!('code' in read)) return [];
    return [
      {
        rule: 'embedded-topic-config',
        message: `the embedded cluster refuses topic.config.${name}: ${read.message ?? ''}`,
        remedy: 'leave it out, or run against a real cluster',
        involved: [`topic.config.${name}`],
      },
    ];
  });
}

function existingTopic({ settings, own }: CheckedPoint): Broken[] {
  if (settings.topic.kind !== 'existing') return [];
  const pointless = [...own.keys()].filter(
    (path) => path.startsWith('topic.') && path !== 'topic.name',
  );
  const name = settings.topic.kind === 'existing' ? settings.topic.name : '';
  return pointless.map((path) => ({
    rule: 'existing-topic',
    message: `${path} cannot vary: topic ${name} exists and is used as it is`,
    remedy: 'leave topic.name out, and kbench makes a topic for each run',
    involved: [path, 'topic.name'],
  }));
}

/**
 * Java's producer takes no record outside of a transaction once it has a transactional.id, and no
 * transaction without idempotence.
 */
function transactions({ settings, own }: CheckedPoint, base: Settings): Broken[] {
  const { workload, producer } = settings;
  const { transaction, rate } = workload;
  const isGiven = (path: string) => base.has(path) || own.has(path);
  if (transaction === null)
    return strayTransactionSettings(settings, isGiven(ABORT_RATIO), isGiven(RECORDS));
  const broken: Broken[] = [];
  // With a transactional.id the core's own rule says the same.
  if (!effectiveIdempotence(producer) && !Object.hasOwn(producer, 'transactional.id')) {
    broken.push({
      rule: 'transaction-idempotence',
      message:
        'workload.transaction needs idempotence, which acks, ' +
        'retries or enable.idempotence switch off',
      remedy: 'set acks: all, leave retries and enable.idempotence out',
      involved: ['acks', 'retries', 'enable.idempotence', RECORDS],
    });
  }
  const timeoutMs = numberAt(settings, 'transaction.timeout.ms');
  const fillMs = rate === 'max' ? 0 : (transaction.records * workersInAll(settings) * 1000) / rate;
  if (fillMs > timeoutMs) {
    broken.push({
      rule: 'transaction-timeout',
      message:
        `a transaction of ${transaction.records} records is open ` +
        `for ${Math.round(fillMs / 1000)} s at this rate, ` +
        `longer than transaction.timeout.ms ${formatValue('transaction.timeout.ms', timeoutMs)}: ` +
        'the broker would abort it',
      remedy: 'lower workload.transaction.records, or raise transaction.timeout.ms',
      involved: [RECORDS, 'transaction.timeout.ms', 'workload.rate'],
    });
  }
  return broken;
}

function strayTransactionSettings(
  settings: PointSettings,
  hasRatio: boolean,
  hasRecords: boolean,
): Broken[] {
  const remedy = 'write workload: {transaction: {records: 100}}';
  const broken: Broken[] = [];
  if (Object.hasOwn(settings.producer, 'transactional.id')) {
    broken.push({
      rule: 'transactional-id-unused',
      message:
        'transactional.id is set, but workload.transaction is not: ' +
        'such a producer takes no record outside of a transaction',
      remedy: `${remedy}, or leave transactional.id out`,
      involved: ['transactional.id', RECORDS],
    });
  }
  // Where a sweep has `none` among its numbers, the ratio is for the others.
  if (hasRatio && !hasRecords) {
    broken.push({
      rule: 'abort-ratio-unused',
      message:
        'workload.transaction.abortRatio is set, but workload.transaction.records is not: ' +
        'there are no transactions',
      remedy,
      involved: [ABORT_RATIO],
    });
  }
  return broken;
}

/** What a payload file has of its own cannot be stated beside it. */
function payloadContradictions({ settings, own }: CheckedPoint, base: Settings): Broken[] {
  const { payload, keys } = settings.workload;
  if (payload.kind !== 'file') return [];
  const broken: Broken[] = [];
  // Where payloads vary, the base's size is for those that need one.
  const forOthers = own.has('workload.payload') && !own.has('workload.valueBytes');
  const stated = own.has('workload.valueBytes') || base.has('workload.valueBytes');
  if (hasOwnSizes(payload) && stated && !forOthers) {
    const records = payload.records ?? 'slices';
    broken.push({
      rule: 'payload-sizes',
      message:
        `workload.valueBytes is set, but the values are ${records} of ${payload.file}, ` +
        'each of its own size',
      remedy: 'leave valueBytes out, or cut the file into pieces of it with records: slices',
      involved: ['workload.valueBytes', 'workload.payload'],
    });
  }
  if (payload.key !== undefined && keys.kind !== 'none') {
    broken.push({
      rule: 'payload-keys',
      message: 'workload.keys is set, and workload.payload has a key too',
      remedy: 'keep one of them',
      involved: ['workload.keys', 'workload.payload'],
    });
  }
  return broken;
}

function split(settings: PointSettings): Broken[] {
  const { workload, agents } = settings;
  if (workload.records === null || workload.records >= workersInAll(settings)) return [];
  if (agents !== undefined && workload.records >= workload.workers) {
    return [
      {
        rule: 'records-per-worker',
        message:
          `workload.records is ${workload.records}, less than one for each of ` +
          `${workersInAll(settings)} workers (${agents} agents x ${workload.workers})`,
        remedy: 'raise workload.records, or use fewer agents or workload.workers',
        involved: ['workload.records', 'agents', 'workload.workers'],
      },
    ];
  }
  return [
    {
      rule: 'records-per-worker',
      message:
        `workload.records is ${workload.records}, ` +
        `less than one for each of ${workload.workers} workers`,
      remedy: 'raise workload.records, or lower workload.workers',
      involved: ['workload.records', 'workload.workers'],
    },
  ];
}
