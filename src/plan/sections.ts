// The root of a sweep: its sections, each key known, each value read. What varies (sweep, points,
// exclude) is left to grid.ts and exclude.ts; what follows from several values together is left to
// rules.ts.
import type { TargetSettings } from '../contract/settings.js';
import { isSecuritySetting } from '../connect/security/index.js';
import { PRODUCER_SETTINGS } from '../producer-core/settings.js';
import { scalarOf } from './settings/field.js';
import { readInto } from './settings/read-into.js';
import type { Given, Settings } from './settings/given.js';
import { fieldOf, keysOf, TOPIC_CONFIG_PREFIX, TRANSACTION_PREFIX } from './settings/fields.js';
import type { Problems } from './yaml/problems.js';
import type { Problem } from '../base/errors.js';
import { didYouMean, nearest } from '../base/suggest.js';
import { overridden, readTargetProperties } from './target/target-properties.js';
import { readTarget } from './target/target-settings.js';
import { parseCount } from '../base/units.js';
import type { MapEntry, MapNode } from './yaml/yaml-source.js';

export interface Sections {
  readonly name: string | null;
  readonly target: TargetSettings;
  readonly repeats: number;
  readonly seed: number;
  /** What topic, workload, driver, agents, faults, producer and consumers say for every point. */
  readonly base: Settings;
  readonly sweep: MapEntry | undefined;
  readonly points: MapEntry | undefined;
  readonly exclude: MapEntry | undefined;
  readonly thresholds: MapEntry | undefined;
  /** Whether the machine's speed is measured before each run. */
  readonly canary: boolean;
  /** What is probably not meant. */
  readonly warnings: readonly Problem[];
}

export const TOP_KEYS = [
  ...['name', 'target', 'topic', 'workload', 'driver', 'agents', 'producer', 'consumers'],
  ...['faults', 'sweep', 'points', 'exclude', 'repeats', 'seed', 'thresholds', 'canary'],
] as const;
/** Mappings of settings by their names. */
const SECTIONS = ['topic', 'workload', 'producer', 'consumers'] as const;
type Section = (typeof SECTIONS)[number];

export const DEFAULT_REPEATS = 3;
const DEFAULT_SEED = 1;
export const MAX_REPEATS = 10_000;
export const MAX_NAME_CHARACTERS = 100;

/**
 * Reads every section, paths relative to `folder`; whatever is wrong goes to `problems`, and the
 * defaults stand in for it.
 */
export function readSections(root: MapNode, folder: string, problems: Problems): Sections {
  const known: readonly string[] = TOP_KEYS;
  for (const entry of root.entries.values()) {
    if (!known.includes(entry.key)) unknownTopKey(entry, problems);
  }
  const own = new Map<string, Given>();
  for (const section of SECTIONS) {
    const entry = root.entries.get(section);
    if (entry !== undefined) readSection(section, entry, own, problems);
  }
  for (const path of ['agents', 'faults', 'driver']) {
    const entry = root.entries.get(path);
    if (entry !== undefined) readInto(path, entry.value, path, own, problems);
  }
  refuseContradictions(own, problems);
  const properties = readTargetProperties(root.entries.get('target'), folder, own, problems);
  const target = readTarget(root.entries.get('target'), { folder, properties, own }, problems);
  return {
    name: readName(root.entries.get('name'), problems),
    target,
    repeats: readWhole(root.entries.get('repeats'), DEFAULT_REPEATS, [1, MAX_REPEATS], problems),
    seed: readWhole(
      root.entries.get('seed'),
      DEFAULT_SEED,
      [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
      problems,
    ),
    base: properties === null ? own : new Map([...properties.producer, ...own]),
    sweep: root.entries.get('sweep'),
    points: root.entries.get('points'),
    exclude: root.entries.get('exclude'),
    thresholds: root.entries.get('thresholds'),
    canary: readSwitch(root.entries.get('canary'), true, problems),
    warnings:
      properties === null ? [] : [...properties.warnings, ...overridden(properties, own, target)],
  };
}

function refuseContradictions(base: Settings, problems: Problems): void {
  const duration = base.get('workload.duration');
  if (duration !== undefined && base.has('workload.records')) {
    const message = 'both workload.records and workload.duration are set';
    problems.add(
      duration.at,
      'workload.duration',
      message,
      'keep one: how many records, or how long',
    );
  }
  if (!base.has('topic.name')) return;
  for (const [path, { at }] of base) {
    if (!path.startsWith('topic.') || path === 'topic.name') continue;
    const message = `${path} is set, but topic.name names a topic that exists and is used as it is`;
    problems.add(
      at,
      path,
      message,
      `remove ${path}, or remove topic.name to get a fresh topic for each run`,
    );
  }
}

function unknownTopKey({ key, keyAt }: MapEntry, problems: Problems): void {
  const home = homeOf(key);
  const remedy = home === null ? didYouMean(key, TOP_KEYS) : `it belongs under ${home}:`;
  problems.add(keyAt, key, `unknown key ${key}`, remedy);
}

/** The section in which a misplaced key is known, or null. */
function homeOf(key: string): 'target.security' | 'target' | Section | null {
  if (key === 'security') return 'target';
  if (isSecuritySetting(key) && PRODUCER_SETTINGS.has(key)) return 'target.security';
  if (PRODUCER_SETTINGS.has(key)) return 'producer';
  if (keysOf('workload').includes(key)) return 'workload';
  if (keysOf('consumers').includes(key) && key !== 'kind') return 'consumers';
  return keysOf('topic').includes(key) && key !== 'name' ? 'topic' : null;
}

function readSection(
  section: Section,
  { value: node, keyAt }: MapEntry,
  into: Map<string, Given>,
  problems: Problems,
): void {
  if (node.kind !== 'map') {
    problems.add(
      node.at.line === undefined ? keyAt : node.at,
      section,
      `${section} is not a mapping`,
      `write ${section}: {...}`,
    );
    return;
  }
  for (const entry of node.entries.values()) {
    if (section === 'topic' && entry.key === 'config') {
      readTopicConfig(entry, into, problems);
      continue;
    }
    if (section === 'workload' && entry.key === 'transaction') {
      readTransaction(entry, into, problems);
      continue;
    }
    const path = section === 'producer' ? entry.key : `${section}.${entry.key}`;
    if (fieldOf(path) === undefined || (section === 'producer' && !PRODUCER_SETTINGS.has(path))) {
      unknownKey(section, entry, problems);
    } else readInto(path, entry.value, `${section}.${entry.key}`, into, problems);
  }
}

function readTopicConfig(
  { value: node }: MapEntry,
  into: Map<string, Given>,
  problems: Problems,
): void {
  if (node.kind !== 'map') {
    problems.add(
      node.at,
      'topic.config',
      'topic.config is not a mapping',
      'write e.g. config: {min.insync.replicas: 2}',
    );
    return;
  }
  for (const entry of node.entries.values()) {
    const path = TOPIC_CONFIG_PREFIX + entry.key;
    readInto(path, entry.value, path, into, problems);
  }
}

/** `none`, or `{records: 100, abortRatio: 0.1}`. */
function readTransaction(
  { value: node }: MapEntry,
  into: Map<string, Given>,
  problems: Problems,
): void {
  if (node.kind === 'scalar' && node.value === 'none') return;
  const path = 'workload.transaction';
  const remedy = 'write {records: 100}, {records: 100, abortRatio: 0.1} or none';
  if (node.kind !== 'map' || node.entries.size === 0) {
    problems.add(
      node.at,
      path,
      'workload.transaction does not say how many records a transaction has',
      remedy,
    );
    return;
  }
  for (const entry of node.entries.values()) {
    const inner = TRANSACTION_PREFIX + entry.key;
    if (fieldOf(inner) === undefined) {
      const names = ['records', 'abortRatio'];
      problems.add(entry.keyAt, inner, `unknown key ${inner}`, didYouMean(entry.key, names));
    } else readInto(inner, entry.value, inner, into, problems);
  }
}

function unknownKey(section: Section, { key, keyAt }: MapEntry, problems: Problems): void {
  const path = `${section}.${key}`;
  const home = homeOf(key);
  if (home !== null && home !== section) {
    problems.add(keyAt, path, `unknown key ${path}`, `${key} belongs under ${home}:`);
    return;
  }
  const names = section === 'producer' ? [...PRODUCER_SETTINGS.keys()] : keysOf(section);
  const near = nearest(key, names);
  const more =
    section === 'producer'
      ? "producer takes the settings of Java's producer, by Java's names"
      : null;
  problems.add(
    keyAt,
    path,
    `unknown key ${path}`,
    near === null && more !== null ? more : didYouMean(key, names),
  );
}

function readName(entry: MapEntry | undefined, problems: Problems): string | null {
  if (entry === undefined) return null;
  const scalar = scalarOf(entry.value);
  const text = scalar.ok ? String(scalar.value).trim() : '';
  // eslint-disable-next-line no-control-regex -- a name goes to terminals and file names
  if (text !== '' && text.length <= MAX_NAME_CHARACTERS && !/[\u0000-\u001f\u007f]/.test(text))
    return text;
  problems.add(
    entry.value.at,
    'name',
    'name is not a line of text',
    `write 1 to ${MAX_NAME_CHARACTERS} characters`,
  );
  return null;
}

function readSwitch(entry: MapEntry | undefined, preset: boolean, problems: Problems): boolean {
  if (entry === undefined) return preset;
  const { value: node, key } = entry;
  if (node.kind === 'scalar' && typeof node.value === 'boolean') return node.value;
  problems.add(node.at, key, `${key} is neither true nor false`, 'write true or false');
  return preset;
}

function readWhole(
  entry: MapEntry | undefined,
  preset: number,
  [min, max]: readonly [number, number],
  problems: Problems,
): number {
  if (entry === undefined) return preset;
  const scalar = scalarOf(entry.value);
  const parsed = scalar.ok && typeof scalar.value !== 'boolean' ? parseCount(scalar.value) : null;
  if (parsed?.ok === true && parsed.value >= min && parsed.value <= max) return parsed.value;
  const range = `a whole number from ${min} to ${max}`;
  problems.add(entry.value.at, entry.key, `${entry.key} is not ${range}`, `write ${range}`);
  return preset;
}
