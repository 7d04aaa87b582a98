// The JSON Schema of a sweep's YAML, put together from what its readers are made of: the fields,
// the tables of keys, the metrics of gates. Called by `kbench schema`. It accepts all that kbench
// takes; what follows from several values together only `kbench validate` can tell.
import { isSecuritySetting } from '../../connect/security/index.js';
import { PRODUCER_SETTINGS } from '../../producer-core/settings.js';
import {
  GATE_METRICS,
  LATENCY_GROUPS,
  type GateMetric,
} from '../../report/model/gates/gate-metrics.js';
import { kbenchVersion } from '../../base/version.js';
import {
  fieldOf,
  FIELD_PATHS,
  keysOf,
  TOPIC_CONFIG_PREFIX,
  TRANSACTION_PREFIX,
} from '../settings/fields.js';
import { CONSUMERS } from '../consumers/consumer-fields.js';
import { choiceSchema, countSchema, objectSchema, SCALAR, type JsonSchema } from './json-schema.js';
import { MAX_NAME_CHARACTERS, MAX_REPEATS, type TOP_KEYS } from '../sections.js';
import { TARGET_SCHEMA } from '../target/target-settings.js';
import { GATES_SCHEMA } from '../thresholds/thresholds.js';
import { TOPIC_CONFIG_NAMES } from '../settings/topic-config-names.js';

export const SCHEMA_FILE = 'kbench.schema.json';
/** Begins the schema's `$comment`: by it init knows a file that it may write over. */
export const SCHEMA_MARK = 'Written by kbench';

const TOPIC_CONFIG_PATHS = TOPIC_CONFIG_NAMES.map((name) => TOPIC_CONFIG_PREFIX + name);
/** All that a point may have of its own; security is the same for all of them. */
const PATHS = [...FIELD_PATHS.filter((path) => !isElsewhere(path)), ...TOPIC_CONFIG_PATHS];
const OTHER_TOPIC_CONFIG = `^${TOPIC_CONFIG_PREFIX.replaceAll('.', '\\.')}.+$`;
const BROKER_CONFIG = '^target\\.(kafka\\.)?brokerConfig\\..+$';

export const schemaText = (): string => `${JSON.stringify(sweepSchema(), null, 1)}\n`;

export function sweepSchema(): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $comment: `${SCHEMA_MARK} ${kbenchVersion()}: kbench schema > ${SCHEMA_FILE}`,
    title: 'A sweep for kbench',
    ...objectSchema(rootKeys(), { not: { required: ['sweep', 'points'] } }),
    definitions: {
      ...Object.fromEntries(
        PATHS.map((path) => [path, { ...fieldOf(path)!.schema, description: docOf(path) }]),
      ),
      gates: GATES_SCHEMA,
      thresholds: gatesSchema(),
    },
  };
}

function isElsewhere(path: string): boolean {
  return path === 'bootstrap.servers' || (PRODUCER_SETTINGS.has(path) && isSecuritySetting(path));
}

const docOf = (path: string): string => fieldOf(path)!.doc;
const of = (path: string): JsonSchema => ({ $ref: `#/definitions/${path}` });

/** One schema for each key of the root: the compiler knows when one is missing. */
function rootKeys(): Readonly<Record<(typeof TOP_KEYS)[number], JsonSchema>> {
  return {
    name: {
      ...{ type: ['string', 'number', 'boolean'], minLength: 1, maxLength: MAX_NAME_CHARACTERS },
      description:
        'What the sweep is called; results go to results/NAME. Default: the name of the file.',
    },
    target: TARGET_SCHEMA,
    topic: topicSchema(),
    workload: workloadSchema(),
    driver: of('driver'),
    agents: of('agents'),
    producer: objectSchema(
      Object.fromEntries(PATHS.filter((path) => PRODUCER_SETTINGS.has(path)).map(entry)),
      {
        description: "Settings of Java's producer under Java's names, the same at every point.",
      },
    ),
    consumers: consumersSchema(),
    faults: of('faults'),
    sweep: objectSchema(Object.fromEntries(PATHS.map((path) => [path, axisSchema(path)])), {
      minProperties: 1,
      patternProperties: {
        [OTHER_TOPIC_CONFIG]: { type: 'array', minItems: 1, items: SCALAR },
        [BROKER_CONFIG]: { type: 'array', minItems: 1, items: SCALAR },
      },
      description: 'The grid: lists of values by setting; every combination is a point.',
    }),
    points: {
      ...{
        type: 'array',
        minItems: 1,
        items: settingsSchema(of, { thresholds: of('thresholds') }),
      },
      description: 'The points one by one, in place of a grid.',
    },
    exclude: {
      ...{ type: 'array', items: settingsSchema(anyOfValues, {}, { minProperties: 1 }) },
      description: 'Rules that leave points out: those that match all pairs of a rule.',
    },
    repeats: {
      ...countSchema([1, MAX_REPEATS]),
      description: 'How often each point is run; default 3.',
    },
    seed: {
      ...countSchema([Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]),
      description: 'Of the order of the runs, their payloads and keys; default 1.',
    },
    thresholds: of('thresholds'),
    canary: {
      ...{ type: 'boolean', default: true },
      description: "Whether the machine's speed is measured before each run; default true.",
    },
  };
}

const entry = (path: string): [string, JsonSchema] => [path, of(path)];

function topicSchema(): JsonSchema {
  const config = objectSchema(
    Object.fromEntries(TOPIC_CONFIG_NAMES.map((name) => [name, of(TOPIC_CONFIG_PREFIX + name)])),
    {
      additionalProperties: SCALAR,
      description: "Topic settings of Kafka's brokers, by their own names.",
    },
  );
  const keys = keysOf('topic').filter((key) => key !== 'config');
  return objectSchema(
    { ...Object.fromEntries(keys.map((key) => [key, of(`topic.${key}`)])), config },
    {
      description: 'A fresh topic for each run, deleted after it; or one that exists, by its name.',
    },
  );
}

function workloadSchema(): JsonSchema {
  const inner = FIELD_PATHS.filter((path) => path.startsWith(TRANSACTION_PREFIX));
  const ofTransaction = Object.fromEntries(
    inner.map((path) => [path.slice(TRANSACTION_PREFIX.length), of(path)]),
  );
  const transaction: JsonSchema = {
    anyOf: [choiceSchema(['none']), objectSchema(ofTransaction, { minProperties: 1 })],
    description: 'Records are sent in transactions: none (the default), or how many in each.',
  };
  const keys = keysOf('workload').filter((key) => key !== 'transaction');
  return objectSchema(
    { ...Object.fromEntries(keys.map((key) => [key, of(`workload.${key}`)])), transaction },
    {
      not: { required: ['records', 'duration'] },
      description: 'What is sent: how many records, of what, how fast, by how many workers.',
    },
  );
}

function consumersSchema(): JsonSchema {
  const keys = keysOf('consumers');
  return objectSchema(Object.fromEntries(keys.map((key) => [key, of(`${CONSUMERS}${key}`)])), {
    description: 'Who reads what is produced, meanwhile: tells end-to-end times and lag.',
  });
}

const axisSchema = (path: string): JsonSchema => ({
  ...{ type: 'array', minItems: 1, uniqueItems: true, items: of(path) },
  description: docOf(path),
});

const anyOfValues = (path: string): JsonSchema => ({
  anyOf: [of(path), { type: 'array', minItems: 1, items: of(path) }],
  description: docOf(path),
});

/** A mapping of settings by path. */
function settingsSchema(
  value: (path: string) => JsonSchema,
  more: Readonly<Record<string, JsonSchema>>,
  rest: Pick<JsonSchema, 'minProperties'> = {},
): JsonSchema {
  return objectSchema(
    { ...Object.fromEntries(PATHS.map((path) => [path, value(path)])), ...more },
    { ...rest, patternProperties: { [OTHER_TOPIC_CONFIG]: {}, [BROKER_CONFIG]: {} } },
  );
}

/** A metric, with or without the points that it is for: `latencyMs.service.p99{acks:all}`. */
function gatesSchema(): JsonSchema {
  const metrics = [...GATE_METRICS.values()];
  const names = [...metrics.map(({ path }) => path), ...LATENCY_GROUPS];
  const escaped = names.map((name) => name.replaceAll('.', '\\.'));
  const properties = Object.fromEntries([
    ...LATENCY_GROUPS.map((group) => [
      group,
      gate(`Percentiles of ${group}, as k6 writes them: "p(99) < 20ms".`),
    ]),
    ...metrics.map((metric) => [metric.path, gate(metricSentence(metric))]),
  ]) as Record<string, JsonSchema>;
  return objectSchema(properties, {
    minProperties: 1,
    patternProperties: { [`^\\s*(?:${escaped.join('|')})\\s*\\{[^{}]*\\}\\s*$`]: of('gates') },
    description:
      'What points must reach, by figures of summary.json; ' +
      'kbench run ends with 99 where one does not.',
  });
}

const gate = (description: string): JsonSchema => ({ description, allOf: [of('gates')] });

function metricSentence({ path, unit, total }: GateMetric): string {
  if (total) return `${path}: the sum over the runs of a point.`;
  const counted = unit === 'none' ? '' : `, in ${UNITS[unit]}`;
  return `${path}: the median over the valid runs of a point${counted}.`;
}

const UNITS: Readonly<Record<Exclude<GateMetric['unit'], 'none'>, string>> = {
  ms: 'ms',
  micros: 'us',
  bytes: 'bytes',
  mebibytes: 'MiB',
  'bytes-per-second': 'bytes a second',
  'mebibytes-per-second': 'MiB a second',
  rate: 'so many a second',
  count: 'a count',
  share: 'a share from 0 to 1',
};
