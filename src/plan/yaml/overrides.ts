// What the command line says of a sweep (`--set path=value`, `--sweep path=values`, `--bootstrap`,
// and options that stand for one of them): put into the YAML's tree before it is read, so that it
// is checked as if it stood there. A path is as in the file (`workload.rate`), or a producer
// setting's bare name (`batch.size`). Messages name what was typed.
import { HIDDEN, isSecuritySetting } from '../../connect/security/index.js';
import { PRODUCER_SETTINGS } from '../../producer-core/settings.js';
import { leadsToSecrets } from '../../base/secrets/secret-lines.js';
import { noteLiteral } from '../target/literal-secrets.js';
import type { Invocation, Typed } from '../../contract/invocation.js';
import type { Place, Problems } from './problems.js';
import { TOP_KEYS } from '../sections.js';
import { literalSecretProblem } from '../target/target-security.js';
import { parseYaml, type MapEntry, type MapNode, type YamlNode } from './yaml-source.js';

/**
 * Keys that exclude each other: setting one takes the others out, since the command line has the
 * last word.
 */
const RIVALS: Readonly<Record<string, readonly string[]>> = {
  'workload.records': ['duration'],
  'workload.duration': ['records'],
  'topic.name': ['partitions', 'replicationFactor', 'config'],
};

/** Keys of the root whose values a sweep may vary. */
const VARIABLE_KEYS: readonly string[] = [
  ...['producer', 'workload', 'topic', 'driver', 'agents', 'consumers', 'faults', 'target'],
];

/** What the command line adds to a sweep, as typed. */
export interface CommandLineValues {
  /** In the order in which they come into force. */
  readonly overrides?: readonly Override[];
  /** Of `--sweep`: `path=value,value`. */
  readonly sweeps?: readonly string[];
  /** Of `--bootstrap`: `host:port,...`, in place of the file's target. */
  readonly bootstrap?: string | undefined;
}

/**
 * `path=value`, the value in YAML, as `--set` has it; with what was typed where that is another
 * option, which stands for it.
 */
export type Override = string | { readonly set: string; readonly typed: Typed };

/** Overrides as invocation.json keeps them, and back. */
export const savedOverrides = (
  overrides: readonly Override[],
): Pick<Invocation, 'overrides' | 'written'> => {
  const written = overrides.map(typedOf);
  return {
    overrides: overrides.map(setOf),
    ...(written.every(([option]) => option === '--set') ? {} : { written }),
  };
};

export function overridesFrom(saved: Invocation | null): readonly Override[] {
  const { overrides = [], written = [] } = saved ?? {};
  return overrides.map((set, at) => (at in written ? { set, typed: written[at] } : set));
}

const setOf = (override: Override): string =>
  typeof override === 'string' ? override : override.set;

export const typedOf = (override: Override): Typed =>
  typeof override === 'string' ? ['--set', override] : override.typed;

/** The tree with all of it in force; what is wrong goes to `problems` and changes nothing. */
export function withCommandLine(
  root: MapNode,
  values: CommandLineValues,
  problems: Problems,
): MapNode {
  const { overrides = [], sweeps = [], bootstrap } = values;
  let tree = root;
  const axes = new Set<string>();
  for (const assignment of sweeps)
    tree = withAssignment(
      tree,
      { set: assignment, typed: ['--sweep', assignment], axes },
      problems,
    );
  for (const override of overrides)
    tree = withAssignment(tree, { set: setOf(override), typed: typedOf(override) }, problems);
  return bootstrap === undefined ? tree : withBootstrap(tree, bootstrap);
}

/** `--sweep batch.size=16KiB,64KiB` as `--set` says it: what invocation.json keeps. */
export function sweepAsOverride(assignment: string): Override {
  const { path, text } = parted(assignment);
  return {
    set: `${axisOf(path).join('.')}=${listOf(text)}`,
    typed: ['--sweep', assignment],
  };
}

function parted(assignment: string): { equals: number; path: string; text: string } {
  const equals = assignment.indexOf('=');
  return {
    equals,
    path: assignment.slice(0, Math.max(equals, 0)).trim(),
    text: assignment.slice(equals + 1).trim(),
  };
}

/** A list of YAML, with or without its brackets. */
const listOf = (text: string): string => (/^\[.*\]$/s.test(text) ? text : `[${text}]`);

const axisOf = (path: string): string[] => [
  'sweep',
  path.replace(/^(?:sweep\.)?(?:producer\.)?/, ''),
];

interface Assignment {
  readonly set: string;
  readonly typed: Typed;
  /** Of --sweep, the axes that were given before. */
  readonly axes?: Set<string>;
}

function withAssignment(
  root: MapNode,
  { set, typed: [option, argument], axes }: Assignment,
  problems: Problems,
): MapNode {
  const { equals, path, text } = parted(set);
  const secret = literalOf(path, text);
  const said = parted(argument);
  const at: Place = {
    origin: `${option} ${secret === null ? shown(said, argument) : `${said.path}=${HIDDEN}`}`,
  };
  const kind = option === '--sweep' ? option : '--set';
  const refuse = (where: string, message: string, remedy: string): MapNode => {
    problems.add(at, where, message, remedy);
    return root;
  };
  if (secret !== null) {
    noteLiteral(path.replace(/^.*\b(?=s[as]s?l\.)/, ''), text);
    return refuse(path, secret.message, secret.remedy);
  }
  if (equals < 1 || path === '')
    return refuse('', `this is not path=value${plural(kind)}`, EXAMPLES[kind]);
  if (text === '') return refuse(path, 'there is no value', EXAMPLES[kind]);
  const value = parseYaml(axes === undefined ? text : listOf(text), problems, at.origin);
  if (value === null) return root;
  const keys = axes === undefined ? keysOf(path) : axisOf(path);
  if (
    keys[0] === 'target' &&
    keys[1] === 'security' &&
    keys.length > 2 &&
    !/^[\w.-]+$/.test(keys[2])
  ) {
    return refuse(
      'target.security',
      'this is not path=value',
      'write e.g. --set ssl.truststore.location=ca.pem',
    );
  }
  if (keys.some((key) => ['', '__proto__', 'constructor', 'prototype'].includes(key))) {
    return refuse(path, `${path} is not a path`, 'write e.g. --set workload.rate=5000/s');
  }
  if (axes !== undefined) {
    if (axes.has(keys[1])) {
      const remedy = `write one --sweep ${keys[1]}=... with all its values`;
      return refuse(path, `${keys[1]} is swept twice`, remedy);
    }
    axes.add(keys[1]);
  } else if (VARIABLE_KEYS.includes(keys[0])) {
    refuseIfSwept(root, keys, text, at, problems);
  }
  return put(root, keys, value, at, RIVALS[keys.join('.')] ?? []);
}

const EXAMPLES = {
  '--set': 'write e.g. --set batch.size=32KiB or --set workload.rate=5000/s',
  '--sweep': 'write e.g. --sweep batch.size=16KiB,64KiB',
} as const;

const plural = (kind: keyof typeof EXAMPLES): string => (kind === '--sweep' ? ',value,...' : '');

/** In the way of the file's own target if that is of the same form: its security stays. */
function withBootstrap(root: MapNode, text: string): MapNode {
  const at: Place = { origin: `--bootstrap ${text}` };
  const items = text.split(',').map((part): YamlNode => {
    const value = part.trim();
    return { kind: 'scalar', value, raw: value, at };
  });
  return put(root, ['target', 'bootstrap'], { kind: 'list', items, at }, at, []);
}

/**
 * The argument as it may be quoted: not the value where it is, holds or was meant for a secret,
 * nor a whole section.
 */
function shown({ path, text, equals }: ReturnType<typeof parted>, argument: string): string {
  const assignment = equals < 0 ? argument : `${path}=${text}`;
  const secret = leadsToSecrets(assignment);
  if (secret && (equals < 0 || !/^[\w.-]+$/.test(path))) return HIDDEN;
  if (equals < 0) return assignment;
  return secret || /^\s*[{&*!|>]/.test(text) ? `${path}=${HIDDEN}` : assignment;
}

/** A secret that is given as it is; YAML's quotes around a reference do not count. */
function literalOf(path: string, text: string): { message: string; remedy: string } | null {
  const name = path.replace(/^(?:target\.security|producer|sweep)\./, '');
  const bare = /^(["'])(.*)\1$/s.exec(text)?.[2] ?? text;
  return literalSecretProblem(name, bare.replaceAll('\\"', '"'));
}

/**
 * `batch.size` -> producer, batch.size. Names under producer, sweep, thresholds, consumers,
 * topic.config and brokerConfig hold dots themselves.
 */
function keysOf(path: string): string[] {
  const top: readonly string[] = TOP_KEYS;
  const [first] = path.split('.', 1);
  if (isSecuritySetting(path)) return ['target', 'security', path];
  const security = 'target.security.';
  if (path.startsWith(security)) return ['target', 'security', path.slice(security.length)];
  if (PRODUCER_SETTINGS.has(path) || !top.includes(first)) {
    // A misspelt producer setting is told as such; what has no dot is told as an unknown key of the
    // file.
    return path.includes('.')
      ? ['producer', path]
      : [...(PRODUCER_SETTINGS.has(path) ? ['producer'] : []), path];
  }
  const rest = path.slice(first.length + 1);
  if (['producer', 'sweep', 'thresholds', 'consumers'].includes(first))
    return path === first ? [path] : [first, rest];
  if (path.startsWith('topic.config.'))
    return ['topic', 'config', path.slice('topic.config.'.length)];
  const broker = /^target\.(?:kafka\.)?brokerConfig\.(.+)$/.exec(path);
  if (broker !== null) return ['target', 'kafka', 'brokerConfig', broker[1]];
  return path.split('.');
}

function refuseIfSwept(
  root: MapNode,
  keys: readonly string[],
  text: string,
  at: Place,
  problems: Problems,
): void {
  const swept = keys[0] === 'producer' ? (keys[1] ?? '') : keys.join('.');
  const sweep = root.entries.get('sweep')?.value;
  if (sweep?.kind !== 'map' || !sweep.entries.has(swept)) return;
  problems.add(
    at,
    swept,
    `the sweep gives ${swept} its own values, so this would have no effect`,
    `write --sweep ${swept}=${text}`,
  );
}

function put(
  node: MapNode,
  [key, ...rest]: readonly string[],
  value: YamlNode,
  at: Place,
  rivals: readonly string[],
): MapNode {
  const entries = new Map<string, MapEntry>(node.entries);
  if (rest.length === 0) {
    for (const rival of rivals) entries.delete(rival);
    entries.set(key, { key, keyAt: at, value });
    return { ...node, entries };
  }
  const existing = entries.get(key);
  const keep =
    existing?.value.kind === 'map' && (key !== 'target' || goesWith(existing.value, rest[0]));
  const inner: MapNode =
    keep && existing.value.kind === 'map'
      ? existing.value
      : { kind: 'map', entries: new Map(), at };
  entries.set(key, {
    key,
    keyAt: existing?.keyAt ?? at,
    value: put(inner, rest, value, at, rivals),
  });
  return { ...node, entries };
}

/**
 * A target is one of several forms, so a new one ousts the old one: {bootstrap: ...} takes the
 * place of `embedded`.
 */
function goesWith({ entries }: MapNode, key: string): boolean {
  if (WITH_BOOTSTRAP.has(key) || entries.has(key)) return true;
  return key === 'bootstrap' && [...entries.keys()].every((each) => WITH_BOOTSTRAP.has(each));
}

/** What a cluster of `target.bootstrap` may have besides. */
const WITH_BOOTSTRAP: ReadonlySet<string> = new Set(['security', 'properties']);
