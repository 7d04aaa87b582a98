// The settings of a cluster that kbench starts (`target: {kafka: ...}`), each read in one place,
// whether it stands there or varies. An axis may leave `kafka.` out: target.brokerConfig.<name>.
// Called by settings/fields.ts, target-settings.ts and point-settings.ts.
import type { KafkaTargetSettings, Scalar } from '../../contract/settings.js';
import {
  DEFAULT_KAFKA_VERSION,
  isKafkaVersion,
  KAFKA_MODES,
  KAFKA_SECURITIES,
  MAX_KAFKA_BROKERS,
  OWN_PROPERTIES,
  ZOOKEEPER_COUNTS,
} from '../../targets/kafka/kafka-rules.js';
import { choiceSchema } from '../schema/json-schema.js';
import { brokersOwnField } from '../settings/brokers-own-field.js';
import {
  choiceField,
  numberField,
  refuse,
  scalarOf,
  type Field,
  type FieldValue,
} from '../settings/field.js';
import { COUNT } from '../settings/number-kinds.js';

const PREFIX = 'target.kafka.';
const BROKER_CONFIG = 'brokerConfig.';
export const BROKER_CONFIG_PREFIX = PREFIX + BROKER_CONFIG;

const version: Field = {
  path: `${PREFIX}version`,
  unit: 'none',
  doc: `A release of Apache Kafka, all three parts; default ${DEFAULT_KAFKA_VERSION}.`,
  schema: { type: 'string', pattern: '^\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}$' },
  read: (node) =>
    node.kind === 'scalar' && isKafkaVersion(node.raw)
      ? { ok: true, value: node.raw }
      : refuse(
          `${node.kind === 'scalar' ? node.raw : 'this'} is not a version of Kafka that ` +
            'kbench can start',
          'write all three parts, e.g. 4.4.0; the oldest is 3.3.0 (with ZooKeeper 2.8.0)',
        ),
};

const zookeepers: Field = {
  path: `${PREFIX}zookeepers`,
  unit: 'none',
  doc: 'How many ZooKeepers, 1 or 3; with mode: zookeeper alone. Default 1.',
  schema: choiceSchema(ZOOKEEPER_COUNTS),
  read(node) {
    const scalar = scalarOf(node);
    if (!scalar.ok) return scalar;
    const count = ZOOKEEPER_COUNTS.find((each) => each === scalar.value);
    if (count !== undefined) return { ok: true, value: count };
    return refuse(
      `${String(scalar.value)} is neither 1 nor 3: a quorum needs more than half of them, ` +
        'so an even number is no safer than one less',
      'write 1 or 3',
    );
  },
};

const racks: Field = {
  path: `${PREFIX}racks`,
  unit: 'none',
  doc: 'Whether each broker has a rack of its own: rack-1, rack-2, ...; default false.',
  schema: choiceSchema([true, false]),
  read(node) {
    const scalar = scalarOf(node);
    if (!scalar.ok) return scalar;
    if (typeof scalar.value === 'boolean') return { ok: true, value: scalar.value };
    return refuse(`${scalar.value} is neither true nor false`, 'write true or false');
  },
};

const FIELDS: readonly Field[] = [
  version,
  numberField(`${PREFIX}brokers`, COUNT, [1, MAX_KAFKA_BROKERS], 'How many brokers; default 1.'),
  choiceField(
    `${PREFIX}mode`,
    KAFKA_MODES,
    'Who keeps the metadata: kraft, the brokers themselves (the default), ' +
      'or zookeeper, on the 3.x line.',
  ),
  zookeepers,
  choiceField(
    `${PREFIX}security`,
    KAFKA_SECURITIES,
    'How clients get in: plaintext (the default), tls, or sasl (SASL/PLAIN over TLS); ' +
      'keys and users are made on the spot.',
  ),
  racks,
];

export const KAFKA_TARGET_FIELDS = FIELDS;

/** Keys of `target.kafka`, but for brokerConfig. */
export const KAFKA_KEYS: readonly string[] = FIELDS.map(({ path }) => path.slice(PREFIX.length));

/** Of every broker; undefined where the path is of something else. */
export function brokerConfigField(path: string): Field | undefined {
  const key = keyOf(path);
  if (key === null || !key.startsWith(BROKER_CONFIG) || key === BROKER_CONFIG) return undefined;
  const name = key.slice(BROKER_CONFIG.length);
  const field = brokersOwnField(path, `${name} of Kafka's brokers.`);
  if (!OWN_PROPERTIES.has(name)) return field;
  return {
    ...field,
    read: () =>
      refuse(
        `${name} is kbench's own to say, as it must find the brokers that it starts`,
        'leave it out; target.kafka has keys of its own for mode, security and racks',
      ),
  };
}

/** `brokerConfig.num.io.threads`, of either spelling; null where it is no setting of a target. */
function keyOf(path: string): string | null {
  if (path.startsWith(PREFIX)) return path.slice(PREFIX.length);
  return path.startsWith(`target.${BROKER_CONFIG}`) ? path.slice('target.'.length) : null;
}

/** Whether points that differ in it are points of different clusters. */
export const isTargetPath = (path: string): boolean => keyOf(path) !== null;

/** The cluster that these settings describe, a later one in place of an earlier one. */
export function kafkaTarget(
  settings: Iterable<readonly [string, { readonly value: FieldValue }]>,
): KafkaTargetSettings {
  const given = new Map<string, Scalar>();
  for (const [path, { value }] of settings) {
    const key = keyOf(path);
    if (key !== null) given.set(key, value as Scalar);
  }
  const brokerConfig = [...given]
    .filter(([key]) => key.startsWith(BROKER_CONFIG))
    .map(([key, value]) => [key.slice(BROKER_CONFIG.length), value] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const security = given.get('security');
  const mode = given.get('mode') === 'zookeeper' ? 'zookeeper' : undefined;
  return {
    kind: 'kafka',
    version: (given.get('version') as string | undefined) ?? DEFAULT_KAFKA_VERSION,
    brokers: (given.get('brokers') as number | undefined) ?? 1,
    // Where ZooKeepers vary beside the mode, KRaft has none.
    ...(mode === undefined ? {} : { mode, zookeepers: Number(given.get('zookeepers') ?? 1) }),
    ...(security === 'tls' || security === 'sasl' ? { security } : {}),
    ...(given.get('racks') === true ? { racks: true as const } : {}),
    ...(brokerConfig.length === 0 ? {} : { brokerConfig: Object.fromEntries(brokerConfig) }),
  };
}

/** The value in force at a path of the target; undefined where it has none. */
export function targetValueAt(target: KafkaTargetSettings, path: string): Scalar | undefined {
  const key = keyOf(path) ?? '';
  if (key.startsWith(BROKER_CONFIG)) return target.brokerConfig?.[key.slice(BROKER_CONFIG.length)];
  const { version: release, brokers, mode = 'kraft', security = 'plaintext' } = target;
  const values: Readonly<Record<string, Scalar | undefined>> = {
    ...{ version: release, brokers, mode, security, racks: target.racks ?? false },
    zookeepers: target.zookeepers,
  };
  return values[key];
}
