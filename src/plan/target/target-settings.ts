// The `target:` of a sweep: where the records go. Reads only; targets/ makes it so.
import type { TargetSettings } from '../../contract/settings.js';
import { isAddress } from '../../connect/index.js';
import { numberField, scalarOf } from '../settings/field.js';
import type { Given } from '../settings/given.js';
import { readInto } from '../settings/read-into.js';
import { TIME, type NumberKind } from '../settings/number-kinds.js';
import {
  DEFAULT_REPLICATION_DELAY_MS,
  MAX_EMBEDDED_BROKERS,
  MAX_REPLICATION_DELAY_MS,
} from '../../targets/embedded/options.js';
import {
  choiceSchema,
  countSchema,
  objectSchema,
  SCALAR,
  timeSchema,
  type JsonSchema,
  type KeyTable,
} from '../schema/json-schema.js';
import type { Place, Problems } from '../yaml/problems.js';
import { didYouMean } from '../../base/suggest.js';
import type { TargetProperties } from './target-properties.js';
import {
  BROKER_CONFIG_PREFIX,
  KAFKA_KEYS,
  KAFKA_TARGET_FIELDS,
  kafkaTarget,
} from './kafka-fields.js';
import { readSecurity, SECURITY_SCHEMA } from './target-security.js';
import { parseCount } from '../../base/units.js';
import type { MapEntry, MapNode, YamlNode } from '../yaml/yaml-source.js';

/** A time with its unit, or 0. */
const DELAY: NumberKind = {
  ...TIME,
  parse: (input) => (input === 0 ? { ok: true, value: 0 } : TIME.parse(input)),
};
const DELAY_DOC = 'How long replication takes with acks: all; default 500us.';

const EMBEDDED: TargetSettings = {
  kind: 'embedded',
  brokers: 1,
  replicationDelayMs: DEFAULT_REPLICATION_DELAY_MS,
};
const FORMS =
  'write embedded, {bootstrap: ["host:9092"]} (with security: {...} where it wants that) or ' +
  '{kafka: {version: 4.4.0, brokers: 1}}';

const BROKERS = 'How many brokers; default 1.';
const EMBEDDED_KEYS = {
  brokers: { ...countSchema([1, MAX_EMBEDDED_BROKERS]), description: BROKERS },
  replicationDelay: {
    anyOf: [choiceSchema([0]), timeSchema()],
    description: DELAY_DOC,
  },
} as const satisfies KeyTable;
const BROKER_CONFIG = 'brokerConfig';
const KAFKA_SCHEMAS = {
  ...(Object.fromEntries(
    KAFKA_TARGET_FIELDS.map(({ schema, doc }, index) => [
      KAFKA_KEYS[index],
      { ...schema, description: doc },
    ]),
  ) as KeyTable),
  [BROKER_CONFIG]: {
    ...{ type: 'object', additionalProperties: SCALAR },
    description:
      "Settings of every broker under Kafka's own names; each may vary: " +
      'sweep: {target.brokerConfig.num.io.threads: [2, 8]}.',
  },
} as const satisfies KeyTable;
/** What the `target:` of each kind takes besides the kind itself. */
export const TARGET_KEYS: Readonly<Record<string, readonly string[]>> = {
  embedded: Object.keys(EMBEDDED_KEYS),
  kafka: [...KAFKA_KEYS, BROKER_CONFIG],
  bootstrap: ['security'],
};
const ADDRESS: JsonSchema = { type: 'string', pattern: ':\\d{1,5}\\s*(?:,.*)?$' };
const TARGET_SCHEMAS = {
  embedded: {
    anyOf: [{ type: 'null' }, objectSchema(EMBEDDED_KEYS)],
    description: 'A small cluster inside of kbench: its figures describe kbench, not Kafka.',
  },
  kafka: {
    anyOf: [{ type: 'null' }, objectSchema(KAFKA_SCHEMAS)],
    description: 'A real Apache Kafka, started on this machine and gone afterwards.',
  },
  bootstrap: {
    anyOf: [ADDRESS, { type: 'array', minItems: 1, items: ADDRESS }],
    description: 'Addresses of a cluster that is there: host:port, IPv6 as [::1]:9092.',
  },
  properties: {
    ...{ type: 'string', minLength: 1 },
    description:
      "A properties file of Java's clients as it is: " +
      'addresses, security and settings of the producer.',
  },
  security: SECURITY_SCHEMA,
} as const satisfies KeyTable;
const KINDS = ['embedded', 'bootstrap', 'kafka'] as const;

/** For the JSON Schema. */
export const TARGET_SCHEMA: JsonSchema = {
  description:
    'Where the records go: embedded (the default), kafka, or the addresses of your own cluster.',
  anyOf: [
    choiceSchema(['embedded', 'kafka']),
    objectSchema(TARGET_SCHEMAS, {
      anyOf: [...KINDS, 'properties'].map((kind) => ({ required: [kind] })),
    }),
  ],
};

export interface TargetContext {
  /** Paths are relative to it. */
  readonly folder: string;
  /** What `target.properties` names, if it does. */
  readonly properties: TargetProperties | null;
  /** Gets what is said of a cluster that kbench starts: points may say otherwise. */
  readonly own: Map<string, Given>;
}

/** The target; embedded if none is given. What is wrong goes to `problems`. */
export function readTarget(
  entry: MapEntry | undefined,
  context: TargetContext,
  problems: Problems,
): TargetSettings {
  if (entry === undefined) return EMBEDDED;
  const node = entry.value;
  if (node.kind === 'scalar' && node.value === 'embedded') return EMBEDDED;
  if (node.kind === 'scalar' && node.value === 'kafka')
    return readKafka(null, context.own, problems);
  if (node.kind !== 'map') {
    const what =
      node.kind === 'scalar'
        ? `${node.raw || 'nothing'} is not a target`
        : 'a list is not a target';
    problems.add(node.at, 'target', what, FORMS);
    return EMBEDDED;
  }
  checkKeys(node, Object.keys(TARGET_SCHEMAS), 'target', problems);
  const kinds = KINDS.filter((kind) => node.entries.has(kind));
  const secured = node.entries.get('security');
  const file = node.entries.get('properties');
  for (const [name, given] of Object.entries({
    'target.security': secured,
    'target.properties': file,
  })) {
    const own = kinds.length > 0 && !kinds.includes('bootstrap');
    if (given === undefined || kinds.includes('bootstrap') || (file !== undefined && !own))
      continue;
    const message =
      `${name} is for clusters that target.bootstrap names; ` +
      'kbench talks to its own in plaintext';
    problems.add(given.keyAt, name, message, 'remove it');
  }
  if (file !== undefined && kinds.length === 0) return readExternal(null, node, context, problems);
  if (kinds.length !== 1) {
    const what =
      kinds.length === 0 ? 'target names no cluster' : `target names ${kinds.join(' and ')}`;
    if (kinds.length > 1 || node.entries.size === 0) problems.add(node.at, 'target', what, FORMS);
    return EMBEDDED;
  }
  const chosen = node.entries.get(kinds[0])!.value;
  switch (kinds[0]) {
    case 'embedded':
      return readEmbedded(chosen, problems);
    case 'kafka':
      return readKafka(chosen, context.own, problems);
    case 'bootstrap':
      return readExternal(chosen, node, context, problems);
  }
}

/** A cluster that is there: what the YAML says of it, over what its properties file says. */
function readExternal(
  addresses: YamlNode | null,
  node: MapNode,
  { folder, properties }: TargetContext,
  problems: Problems,
): TargetSettings {
  const secured = node.entries.get('security');
  const given = addresses ?? properties?.bootstrap;
  if (given === null && properties !== null) {
    const at = node.entries.get('properties')!.value.at;
    const message =
      `neither target.bootstrap nor bootstrap.servers in ${properties.shown} says ` +
      'where the cluster is';
    problems.add(
      at,
      'target',
      message,
      'write target: {bootstrap: ["host:9092"], properties: ...}',
    );
  }
  const under = properties?.security ?? {};
  const security = secured === undefined ? under : readSecurity(secured, folder, problems, under);
  return {
    kind: 'external',
    bootstrap: given == null ? [] : readBootstrap(given, problems),
    ...(secured === undefined && Object.keys(security).length === 0 ? {} : { security }),
    ...(properties === null ? {} : { properties: properties.shown }),
  };
}

function readEmbedded(node: YamlNode, problems: Problems): TargetSettings {
  if (node.kind === 'scalar' && node.value === null) return EMBEDDED;
  const options = optionsOf(node, Object.keys(EMBEDDED_KEYS), 'target.embedded', problems);
  const brokers = options?.get('brokers');
  const delay = options?.get('replicationDelay');
  return {
    kind: 'embedded',
    brokers:
      brokers === undefined
        ? 1
        : readBrokers(brokers, 'target.embedded', MAX_EMBEDDED_BROKERS, problems),
    replicationDelayMs:
      delay === undefined ? DEFAULT_REPLICATION_DELAY_MS : readDelay(delay, problems),
  };
}

function readKafka(
  node: YamlNode | null,
  own: Map<string, Given>,
  problems: Problems,
): TargetSettings {
  const empty = node === null || (node.kind === 'scalar' && node.value === null);
  const options = empty
    ? undefined
    : optionsOf(node, [...KAFKA_KEYS, BROKER_CONFIG], 'target.kafka', problems);
  for (const { key, value } of options?.values() ?? []) {
    const path = `target.kafka.${key}`;
    if (key === BROKER_CONFIG) readBrokerConfig(value, own, problems);
    else if (KAFKA_KEYS.includes(key)) readInto(path, value, path, own, problems);
  }
  return kafkaTarget(own);
}

function readBrokerConfig(node: YamlNode, own: Map<string, Given>, problems: Problems): void {
  if (node.kind === 'scalar' && node.value === null) return;
  if (node.kind !== 'map') {
    const remedy = 'write e.g. brokerConfig: {num.io.threads: 8}';
    const path = `target.kafka.${BROKER_CONFIG}`;
    problems.add(node.at, path, `${path} is not a mapping`, remedy);
    return;
  }
  for (const { key, value } of node.entries.values()) {
    const path = BROKER_CONFIG_PREFIX + key;
    readInto(path, value, path, own, problems);
  }
}

function readBrokers(
  { value: node }: MapEntry,
  path: string,
  most: number,
  problems: Problems,
): number {
  const scalar = scalarOf(node);
  const parsed = scalar.ok && typeof scalar.value !== 'boolean' ? parseCount(scalar.value) : null;
  if (parsed?.ok === true && parsed.value >= 1 && parsed.value <= most) return parsed.value;
  problems.add(
    node.at,
    `${path}.brokers`,
    `${path}.brokers is not 1 to ${most}`,
    `write a whole number from 1 to ${most}`,
  );
  return 1;
}

function readDelay({ value: node }: MapEntry, problems: Problems): number {
  const path = 'target.embedded.replicationDelay';
  const read = numberField(path, DELAY, [0, MAX_REPLICATION_DELAY_MS], DELAY_DOC).read(node);
  if (read.ok) return read.value as number;
  problems.add(node.at, path, `${path}: ${read.message}`, read.remedy);
  return DEFAULT_REPLICATION_DELAY_MS;
}

function readBootstrap(node: YamlNode, problems: Problems): string[] {
  const addresses: { readonly text: string; readonly at: Place }[] = [];
  for (const item of node.kind === 'list' ? node.items : [node]) {
    if (item.kind === 'scalar' && item.value !== null) {
      for (const part of String(item.value).split(','))
        addresses.push({ text: part.trim(), at: item.at });
    } else problems.add(item.at, 'target.bootstrap', 'this is not an address', 'write host:port');
  }
  if (node.kind === 'list' && node.items.length === 0) {
    problems.add(
      node.at,
      'target.bootstrap',
      'target.bootstrap is empty',
      "write at least one broker's host:port",
    );
  }
  for (const { text, at } of addresses) {
    if (isAddress(text)) continue;
    const what = text === '' ? 'an address is empty' : `${text} is not host:port`;
    problems.add(
      at,
      'target.bootstrap',
      what,
      'write host:port with a port from 1 to 65535, IPv6 as [::1]:9092',
    );
  }
  return [...new Set(addresses.map(({ text }) => text))];
}

function optionsOf(
  node: YamlNode,
  allowed: readonly string[],
  path: string,
  problems: Problems,
): ReadonlyMap<string, MapEntry> | undefined {
  if (node.kind !== 'map') {
    problems.add(node.at, path, `${path} is not a mapping`, `allowed in it: ${allowed.join(', ')}`);
    return undefined;
  }
  checkKeys(node, allowed, path, problems);
  return node.entries;
}

function checkKeys(
  node: MapNode,
  allowed: readonly string[],
  path: string,
  problems: Problems,
): void {
  for (const { key, keyAt } of node.entries.values()) {
    if (allowed.includes(key)) continue;
    problems.add(keyAt, `${path}.${key}`, `unknown key ${path}.${key}`, didYouMean(key, allowed));
  }
}
