// Every setting that a point may have, by path. Producer settings come from the core's own table;
// workload.* and topic.* are listed here with their ranges. Read by sections.ts, grid.ts and
// validate's tables.
import { isSecuritySetting, type ProducerSetting } from '../../connect/security/index.js';
import {
  PRODUCER_SETTINGS,
  readSetting,
  Refusal,
  valueProblem,
} from '../../producer-core/settings.js';
import {
  booleanField,
  choiceField,
  numberField,
  numberOrWord,
  refuse,
  scalarOf,
  type Field,
  type FieldRead,
} from './field.js';
import { CONSUMER_FIELDS, CONSUMERS } from '../consumers/consumer-fields.js';
import { FAULTS_SCHEMA } from '../faults/faults-schema.js';
import { readFaults } from '../faults/read-faults.js';
import { brokersOwnField } from './brokers-own-field.js';
import { DRIVER_SCHEMA, readDriver } from './driver-field.js';
import { KEYS_SCHEMA, readKeys } from './key-fields.js';
import { COUNT, RATE, SHARE, SIZE, TIME, wholeMs } from './number-kinds.js';
import { PAYLOAD_SCHEMA, readPayload } from './payload-fields.js';
import { producerSchema } from '../schema/producer-schema.js';
import { TOPIC_CONFIG_DOCS } from './topic-config-names.js';
import { readWarmup, WARMUP_SCHEMA } from './warmup-field.js';
import { formatBytes, formatMs, parseBytes, remedyWithin } from '../../base/units.js';
import { brokerConfigField, KAFKA_TARGET_FIELDS } from '../target/kafka-fields.js';
import { noteLiterals } from '../target/literal-secrets.js';
import type { YamlNode } from '../yaml/yaml-source.js';

const MiB = 1024 * 1024;
const WEEK_MS = 7 * 24 * 3_600_000;
const LIMITS = {
  valueBytes: [0, 100 * MiB],
  records: [1, 1e12],
  durationMs: [100, WEEK_MS],
  /** Records a second. */
  rate: [1 / 3600, 1e9],
  workers: [1, 64],
  agents: [1, 10_000],
  transactionRecords: [1, 1e9],
  partitions: [1, 10_000],
  replicationFactor: [1, 1_000],
} as const;

const workload: readonly Field[] = [
  numberField(
    'workload.valueBytes',
    SIZE,
    LIMITS.valueBytes,
    "Bytes of each record's value; default 100B.",
  ),
  numberOrWord(
    'max',
    numberField(
      'workload.rate',
      RATE,
      LIMITS.rate,
      'Records a second over all workers and agents, e.g. 5000/s; ' +
        'default max, as fast as buffer.memory lets in.',
    ),
  ),
  numberField(
    'workload.records',
    COUNT,
    LIMITS.records,
    'How many records are measured; default 1M.',
  ),
  numberField(
    'workload.duration',
    TIME,
    LIMITS.durationMs,
    'How long is measured, in place of records.',
  ),
  {
    path: 'workload.warmup',
    unit: 'none',
    doc:
      'Sent before the measured part: none, a time, {duration: 5s} or {records: 50000}; ' +
      'default a tenth of it.',
    schema: WARMUP_SCHEMA,
    read: readWarmup,
  },
  numberField(
    'workload.workers',
    COUNT,
    LIMITS.workers,
    'Producers, each in a thread of its own, for each agent; default 1.',
  ),
  choiceField(
    'workload.pacing',
    ['auto', 'spin'],
    'How due times are waited for: spin never sleeps, which is finest and costs a core; ' +
      'default auto.',
  ),
  choiceField(
    'workload.timing',
    ['java', 'none'],
    'At a set rate: java (the default) appends as the thread of a Java application does beside ' +
      'its sender, so that batches come out as there; none is one plain loop.',
  ),
  {
    path: 'workload.keys',
    unit: 'none',
    doc: 'How keys are chosen: none (the default), or one way with the number of different keys.',
    schema: KEYS_SCHEMA,
    read: readKeys,
  },
  {
    path: 'workload.payload',
    unit: 'none',
    doc:
      'What values are made of: random (the default, does not compress), text ' +
      '(JSON events), or a file.',
    schema: PAYLOAD_SCHEMA,
    read: readPayload,
  },
  booleanField(
    'workload.audit',
    'Whether every value is stamped and the log read back after the run, ' +
      'to tell what was lost, doubled or reordered; default false.',
  ),
  numberOrWord(
    'none',
    numberField(
      'workload.transaction.records',
      COUNT,
      LIMITS.transactionRecords,
      'Records of a transaction, for each worker.',
    ),
  ),
  numberField(
    'workload.transaction.abortRatio',
    SHARE,
    [0, 1],
    'The share of transactions that end in an abort; default 0.',
  ),
];

const agents = numberField(
  'agents',
  COUNT,
  LIMITS.agents,
  'So many machines (or processes of this one) that send as one, each with workload.workers; ' +
    'default: none, this process alone.',
);

const topic: readonly Field[] = [
  {
    path: 'topic.name',
    unit: 'none',
    doc: 'A topic that exists: used as it is, never changed, never deleted.',
    schema: { type: ['string', 'number', 'boolean'] },
    read: readTopicName,
  },
  numberField(
    'topic.partitions',
    COUNT,
    LIMITS.partitions,
    "Partitions of each run's fresh topic; default 1.",
  ),
  numberField(
    'topic.replicationFactor',
    COUNT,
    LIMITS.replicationFactor,
    "Replicas of each partition of each run's fresh topic; default 1.",
  ),
];

const faults: Field = {
  path: 'faults',
  unit: 'none',
  doc: 'What is broken while a run is measured, and when: none (the default), or a list.',
  schema: FAULTS_SCHEMA,
  read: readFaults,
};

const driver: Field = {
  path: 'driver',
  unit: 'none',
  doc: 'What produces: core (the default), kbench’s own producer, or another client.',
  schema: DRIVER_SCHEMA,
  read: readDriver,
};

function readTopicName(node: YamlNode): FieldRead {
  const scalar = scalarOf(node);
  if (!scalar.ok) return scalar;
  const name = String(scalar.value);
  if (/^[a-zA-Z0-9._-]{1,249}$/.test(name) && name !== '.' && name !== '..')
    return { ok: true, value: name };
  return refuse(
    `${JSON.stringify(name)} is not a topic name`,
    'use 1 to 249 letters, digits, dots, underscores or hyphens',
  );
}

function producerField(setting: ProducerSetting): Field {
  const unit = setting.type === 'bytes' || setting.type === 'ms' ? setting.type : 'none';
  return {
    ...{ path: setting.name, unit, doc: setting.doc, schema: producerSchema(setting) },
    read(node) {
      if (!isSecuritySetting(setting.name)) return readProducer(setting, node);
      // The same for every point; and it may hold a secret, so the value is not shown.
      noteLiterals(setting.name, node);
      return refuse(
        `${setting.name} does not belong here`,
        'write it under target: {bootstrap: [...], security: {...}}',
      );
    },
  };
}

/** A value of one of Java's settings, read by the setting's type and unit. */
export function readProducer(setting: ProducerSetting, node: YamlNode): FieldRead {
  if (setting.name === 'bootstrap.servers') {
    return refuse(
      'bootstrap.servers does not belong here',
      'write target: {bootstrap: ["host:9092"]}, or use --bootstrap',
    );
  }
  const scalar = scalarOf(node);
  if (!scalar.ok) return scalar;
  let { value } = scalar;
  if (typeof value !== 'boolean' && (setting.type === 'bytes' || setting.type === 'ms')) {
    const parsed = setting.type === 'bytes' ? parseBytes(value) : wholeMs(value);
    if (!parsed.ok) {
      const accepts = (text: string): boolean =>
        readProducer(setting, { ...node, kind: 'scalar', value: text, raw: text }).ok;
      const { min, max } = setting;
      const range =
        min === undefined
          ? 'write another value'
          : `write a value from ${min} to ${max ?? 'Infinity'}`;
      return refuse(parsed.message, remedyWithin(parsed, accepts, range));
    }
    value = parsed.value;
  }
  const problem = valueProblem(setting.name, value);
  if (problem !== null) return refuse(withoutName(problem.message, setting.name), problem.remedy);
  const read = readSetting(setting, value);
  if (read instanceof Refusal) return refuse(read.message, read.remedy);
  return { ok: true, value: setting.name === 'acks' && read === '-1' ? 'all' : read };
}

function withoutName(message: string, name: string): string {
  return message.startsWith(`${name}: `) ? message.slice(name.length + 2) : message;
}

const FIELDS: ReadonlyMap<string, Field> = new Map(
  [
    ...workload,
    agents,
    ...topic,
    ...CONSUMER_FIELDS,
    faults,
    driver,
    ...KAFKA_TARGET_FIELDS,
    ...[...PRODUCER_SETTINGS.values()].map(producerField),
  ].map((each) => [each.path, each]),
);

export const TOPIC_CONFIG_PREFIX = 'topic.config.';

/** A topic setting of the broker. */
function topicConfigField(path: string): Field {
  const name = path.slice(TOPIC_CONFIG_PREFIX.length);
  return brokersOwnField(path, TOPIC_CONFIG_DOCS.get(name) ?? `${name} of Kafka's topic settings.`);
}

/** The field of a path, or undefined if there is none. */
export function fieldOf(path: string): Field | undefined {
  if (path.startsWith(TOPIC_CONFIG_PREFIX) && path.length > TOPIC_CONFIG_PREFIX.length)
    return topicConfigField(path);
  return brokerConfigField(path) ?? FIELDS.get(path);
}

/** Paths that `sweep:` takes, for suggestions. */
export const FIELD_PATHS: readonly string[] = [...FIELDS.keys()];

/** Keys of a section of the YAML, without its name; `topic` has `config` too. */
export function keysOf(section: 'workload' | 'topic' | 'consumers'): string[] {
  if (section === 'consumers')
    return CONSUMER_FIELDS.map(({ path }) => path.slice(CONSUMERS.length));
  const own = (section === 'workload' ? workload : topic).map((field) => field.path.split('.')[1]);
  return [...new Set(section === 'topic' ? [...own, 'config'] : own)];
}

export const TRANSACTION_PREFIX = 'workload.transaction.';

/** A value for people, in the unit of its field: 16384 of batch.size is `16KiB`. */
export function formatValue(path: string, value: string | number | boolean): string {
  if (typeof value !== 'number') return String(value);
  switch (fieldOf(path)?.unit) {
    case 'bytes':
      return value < 0 ? String(value) : formatBytes(value);
    case 'ms':
      return value < 0 ? String(value) : formatMs(value);
    case 'rate':
      return `${value}/s`;
    case 'none':
    case undefined:
      return String(value);
  }
}
