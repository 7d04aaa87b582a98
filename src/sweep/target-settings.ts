// The `target:` of a sweep: where the records go. Reads only; targets/ makes it so.
import type { TargetSettings } from '../contract/settings.js';
import { isAddress } from '../producer-core/config-rules.js';
import { numberField, scalarOf } from './field.js';
import {
  DEFAULT_REPLICATION_DELAY_MS,
  MAX_EMBEDDED_BROKERS,
  MAX_REPLICATION_DELAY_MS,
} from '../targets/embedded/options.js';
import { DEFAULT_KAFKA_VERSION, isKafkaVersion, MAX_KAFKA_BROKERS } from '../targets/kafka-rules.js';
import type { Place, Problems } from './problems.js';
import { didYouMean } from '../base/suggest.js';
import { readSecurity } from './target-security.js';
import { formatMs, parseCount, parseMs } from '../base/units.js';
import type { MapEntry, MapNode, YamlNode } from './yaml-source.js';

/** What the `target:` of each kind takes besides the kind itself. */
export const TARGET_KEYS = {
  embedded: ['brokers', 'replicationDelay'],
  kafka: ['version', 'brokers'],
  bootstrap: ['security'],
} as const;

const ZERO = { ok: true as const, value: 0 };

const EMBEDDED: TargetSettings = {
  kind: 'embedded',
  brokers: 1,
  replicationDelayMs: DEFAULT_REPLICATION_DELAY_MS,
};
const FORMS =
  'write embedded, {bootstrap: ["host:9092"]} (with security: {...} where it wants that) or {kafka: {version: 4.3.1, brokers: 1}}';

/** The target; embedded if none is given. Paths are relative to `folder`. What is wrong goes to `problems`. */
export function readTarget(entry: MapEntry | undefined, folder: string, problems: Problems): TargetSettings {
  if (entry === undefined) return EMBEDDED;
  const node = entry.value;
  if (node.kind === 'scalar' && node.value === 'embedded') return EMBEDDED;
  if (node.kind === 'scalar' && node.value === 'kafka') return readKafka(null, problems);
  if (node.kind !== 'map') {
    const what = node.kind === 'scalar' ? `${node.raw || 'nothing'} is not a target` : 'a list is not a target';
    problems.add(node.at, 'target', what, FORMS);
    return EMBEDDED;
  }
  const known = [...Object.keys(TARGET_KEYS), ...TARGET_KEYS.bootstrap];
  checkKeys(node, known, 'target', problems);
  const secured = node.entries.get('security');
  if (secured !== undefined && !node.entries.has('bootstrap')) {
    const message = 'target.security is for clusters that target.bootstrap names; kbench talks to its own in plaintext';
    problems.add(secured.keyAt, 'target.security', message, 'remove it');
  }
  const kinds = Object.keys(TARGET_KEYS).filter((kind) => node.entries.has(kind));
  if (kinds.length !== 1) {
    const what = kinds.length === 0 ? 'target names no cluster' : `target names ${kinds.join(' and ')}`;
    if (kinds.length > 1 || node.entries.size === 0) problems.add(node.at, 'target', what, FORMS);
    return EMBEDDED;
  }
  const chosen = node.entries.get(kinds[0])!.value;
  switch (kinds[0]) {
    case 'embedded':
      return readEmbedded(chosen, problems);
    case 'kafka':
      return readKafka(chosen, problems);
    default:
      return {
        kind: 'external',
        bootstrap: readBootstrap(chosen, problems),
        ...(secured === undefined ? {} : { security: readSecurity(secured, folder, problems) }),
      };
  }
}

/** An external target from `--bootstrap host:port,...`, reached in the way of the file's own if that is external too. */
export function bootstrapTarget(text: string, file: TargetSettings, problems: Problems): TargetSettings {
  const at = { origin: `--bootstrap ${text}` };
  const bootstrap = readBootstrap({ kind: 'scalar', value: text, raw: text, at }, problems);
  const security = file.kind === 'external' ? file.security : undefined;
  return { kind: 'external', bootstrap, ...(security === undefined ? {} : { security }) };
}

function readEmbedded(node: YamlNode, problems: Problems): TargetSettings {
  if (node.kind === 'scalar' && node.value === null) return EMBEDDED;
  const options = optionsOf(node, TARGET_KEYS.embedded, 'target.embedded', problems);
  const brokers = options?.get('brokers');
  const delay = options?.get('replicationDelay');
  return {
    kind: 'embedded',
    brokers: brokers === undefined ? 1 : readBrokers(brokers, 'target.embedded', MAX_EMBEDDED_BROKERS, problems),
    replicationDelayMs: delay === undefined ? DEFAULT_REPLICATION_DELAY_MS : readDelay(delay, problems),
  };
}

function readKafka(node: YamlNode | null, problems: Problems): TargetSettings {
  const empty = node === null || (node.kind === 'scalar' && node.value === null);
  const options = empty ? undefined : optionsOf(node, TARGET_KEYS.kafka, 'target.kafka', problems);
  const brokers = options?.get('brokers');
  return {
    kind: 'kafka',
    version: readVersion(options?.get('version'), problems),
    brokers: brokers === undefined ? 1 : readBrokers(brokers, 'target.kafka', MAX_KAFKA_BROKERS, problems),
  };
}

function readVersion(entry: MapEntry | undefined, problems: Problems): string {
  if (entry === undefined) return DEFAULT_KAFKA_VERSION;
  const { value: node } = entry;
  if (node.kind === 'scalar' && isKafkaVersion(node.raw)) return node.raw;
  const what = node.kind === 'scalar' ? node.raw : 'this';
  problems.add(
    node.at,
    'target.kafka.version',
    `${what} is not a version of Kafka that kbench can start`,
    'write all three parts, e.g. 4.3.1; the oldest is 3.3.0',
  );
  return DEFAULT_KAFKA_VERSION;
}

function readBrokers({ value: node }: MapEntry, path: string, most: number, problems: Problems): number {
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
  const parse = (input: string | number) => (input === 0 ? ZERO : parseMs(input, 'unit-required'));
  const read = numberField(path, 'ms', parse, [0, MAX_REPLICATION_DELAY_MS], formatMs).read(node);
  if (read.ok) return read.value as number;
  problems.add(node.at, path, `${path}: ${read.message}`, read.remedy);
  return DEFAULT_REPLICATION_DELAY_MS;
}

function readBootstrap(node: YamlNode, problems: Problems): string[] {
  const addresses: { readonly text: string; readonly at: Place }[] = [];
  for (const item of node.kind === 'list' ? node.items : [node]) {
    if (item.kind === 'scalar' && item.value !== null) {
      for (const part of String(item.value).split(',')) addresses.push({ text: part.trim(), at: item.at });
    } else problems.add(item.at, 'target.bootstrap', 'this is not an address', 'write host:port');
  }
  if (node.kind === 'list' && node.items.length === 0) {
    problems.add(node.at, 'target.bootstrap', 'target.bootstrap is empty', "write at least one broker's host:port");
  }
  for (const { text, at } of addresses) {
    if (isAddress(text)) continue;
    const what = text === '' ? 'an address is empty' : `${text} is not host:port`;
    problems.add(at, 'target.bootstrap', what, 'write host:port with a port from 1 to 65535, IPv6 as [::1]:9092');
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

function checkKeys(node: MapNode, allowed: readonly string[], path: string, problems: Problems): void {
  for (const { key, keyAt } of node.entries.values()) {
    if (allowed.includes(key)) continue;
    problems.add(keyAt, `${path}.${key}`, `unknown key ${path}.${key}`, didYouMean(key, allowed));
  }
}
