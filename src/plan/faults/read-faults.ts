// `faults:` of a sweep: what is broken when, read from one YAML node, for the root, `sweep:` and
// `points:` alike. What follows from the target and the run's length is left to fault-rules.ts.
import type { FaultSettings, FaultTarget, NetworkEffect } from '../../contract/faults.js';
import { didYouMean } from '../../base/suggest.js';
import { formatMs, parseBytes, parseMs, remedyWithin, type Parsed } from '../../base/units.js';
import type { Place } from '../yaml/problems.js';
import type { MapEntry, MapNode, YamlNode } from '../yaml/yaml-source.js';
import type { FieldRead } from '../settings/field.js';

export const MAX_FAULTS = 100;
const WEEK_MS = 7 * 24 * 3_600_000;
const MAX_DELAY_MS = 60_000;
const MIN_BYTES_PER_SECOND = 1_000;
const MAX_BYTES_PER_SECOND = 1e12;
const DEFAULT_TIME_LIMIT_MS = 30_000;
const MAX_TIME_LIMIT_MS = 3_600_000;
const MAX_ARGUMENTS = 1_000;
const MAX_ID = 1_000_000;

export const ACTIONS = ['kill', 'stop', 'pause', 'network', 'run', 'member'] as const;
export const MEMBER_CHANGES = ['add', 'remove', 'kill'] as const;
type Action = (typeof ACTIONS)[number];

/** Keys beside `at` and the action itself. */
const KEYS_OF: Readonly<Record<Action, readonly string[]>> = {
  kill: ['restartAfter'],
  stop: ['restartAfter'],
  pause: ['for'],
  network: ['for'],
  run: ['after', 'for', 'timeLimit'],
  member: [],
};
export const NETWORK_KEYS = [
  ...['broker', 'delay', 'jitter', 'bandwidth', 'cut', 'halfOpen', 'reset'],
];
const WORDS = ['leader', 'follower', 'controller', 'zookeepers'] as const;
export const EXAMPLE = '[{at: 6s, kill: leader, restartAfter: 5s}]';
const TARGETS = 'broker 2, leader, follower, controller, zookeeper 1 or zookeepers';

/** What is wrong, where; thrown within this file alone. */
class Refused extends Error {
  constructor(
    readonly at: Place,
    message: string,
    readonly remedy: string,
  ) {
    super(message);
  }
}

/** The value: `{kind: 'faults', faults}`, in order of time. */
export function readFaults(node: YamlNode): FieldRead {
  try {
    if (node.kind !== 'list') {
      const empty = node.kind === 'scalar' && (node.value === null || node.value === 'none');
      if (empty && node.value !== null) return { ok: true, value: { kind: 'faults', faults: [] } };
      throw new Refused(node.at, 'faults are a list', `write e.g. ${EXAMPLE}`);
    }
    if (node.items.length > MAX_FAULTS)
      throw new Refused(node.at, `more than ${MAX_FAULTS} faults`, 'write fewer');
    const faults = node.items.map(readFault).sort((a, b) => a.atMs - b.atMs);
    return { ok: true, value: { kind: 'faults', faults } };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { ok: false, message: error.message, remedy: error.remedy, at: error.at };
  }
}

function readFault(node: YamlNode): FaultSettings {
  if (node.kind !== 'map')
    throw new Refused(node.at, 'a fault is a mapping', `write e.g. ${EXAMPLE.slice(1, -1)}`);
  const actions = ACTIONS.filter((action) => node.entries.has(action));
  const [action] = actions;
  if (actions.length !== 1) {
    const what = actions.length === 0 ? 'says not what to do' : `says ${actions.join(' and ')}`;
    const stray = [...node.entries.values()].find(({ key }) => !isKey(key));
    throw new Refused(
      actions.length === 0 ? (stray?.keyAt ?? node.at) : node.entries.get(actions[1])!.keyAt,
      stray === undefined ? `a fault ${what}` : `unknown key ${stray.key} of a fault`,
      stray === undefined
        ? `write one of ${ACTIONS.join(', ')}`
        : didYouMean(stray.key, ['at', ...ACTIONS]),
    );
  }
  checkKeys(node, ['at', action, ...KEYS_OF[action]], action);
  const at = node.entries.get('at');
  if (at === undefined)
    throw new Refused(node.at, 'a fault has no time', 'write at: 6s, from the measured start on');
  const atMs = timeOf(at, [0, WEEK_MS]);
  const value = node.entries.get(action)!;
  switch (action) {
    case 'kill':
    case 'stop':
      return {
        kind: action,
        atMs,
        target: targetOf(value),
        restartAfterMs: optionalTime(node.entries.get('restartAfter'), [1, WEEK_MS]),
      };
    case 'pause':
      return { kind: 'pause', atMs, target: targetOf(value), forMs: spanOf(node, value) };
    case 'network':
      return readNetwork(node, value, atMs);
    case 'run':
      return readRun(node, value, atMs);
    case 'member':
      return { kind: 'member', atMs, member: memberOf(value) };
  }
}

function memberOf({ value }: MapEntry): (typeof MEMBER_CHANGES)[number] {
  const change = MEMBER_CHANGES.find((each) => value.kind === 'scalar' && each === value.value);
  if (change !== undefined) return change;
  throw new Refused(
    value.at,
    `${shown(value)} is nothing that a member can do`,
    'write add, remove or kill',
  );
}

const isKey = (key: string): boolean =>
  ['at', ...ACTIONS, ...Object.values(KEYS_OF).flat()].includes(key);

/** A key that another action takes is told by what this one takes instead. */
function checkKeys(node: MapNode, allowed: readonly string[], action: Action): void {
  for (const { key, keyAt } of node.entries.values()) {
    if (allowed.includes(key)) continue;
    const instead = KEYS_OF[action].at(0);
    const isSpan = key === 'for' || key === 'restartAfter';
    const remedy =
      isSpan && instead !== undefined && instead !== 'after'
        ? `write ${instead}: 5s`
        : didYouMean(key, allowed);
    throw new Refused(keyAt, `${action} takes no ${key}`, remedy);
  }
}

function spanOf(node: MapNode, { keyAt, key }: MapEntry): number {
  const span = node.entries.get('for');
  if (span === undefined)
    throw new Refused(keyAt, `${key} does not say how long`, 'write for: 5s beside it');
  return timeOf(span, [1, WEEK_MS]);
}

function readNetwork(node: MapNode, { key, keyAt, value }: MapEntry, atMs: number): FaultSettings {
  if (value.kind !== 'map')
    throw new Refused(value.at, 'network is not a mapping', 'write {broker: 2, delay: 50ms}');
  for (const entry of value.entries.values()) {
    if (NETWORK_KEYS.includes(entry.key)) continue;
    const remedy = didYouMean(entry.key, NETWORK_KEYS);
    throw new Refused(entry.keyAt, `unknown key network.${entry.key}`, remedy);
  }
  const effect = effectOf(value);
  const lasting =
    effect.cut || effect.halfOpen || effect.delayMs > 0 || effect.bytesPerSecond !== null;
  if (!lasting && !effect.reset)
    throw new Refused(
      value.at,
      'network changes nothing',
      'write one of delay, bandwidth, cut: true, halfOpen: true, reset: true',
    );
  const span = node.entries.get('for');
  return {
    kind: 'network',
    atMs,
    target: networkTargetOf(value),
    effect,
    forMs: lasting || span !== undefined ? spanOf(node, { key, keyAt, value }) : null,
  };
}

function effectOf(node: MapNode): NetworkEffect {
  const { entries } = node;
  const effect: NetworkEffect = {
    delayMs: optionalTime(entries.get('delay'), [0, MAX_DELAY_MS]) ?? 0,
    jitterMs: optionalTime(entries.get('jitter'), [0, MAX_DELAY_MS]) ?? 0,
    bytesPerSecond: bandwidthOf(entries.get('bandwidth')),
    cut: switchOf(entries.get('cut')),
    halfOpen: switchOf(entries.get('halfOpen')),
    reset: switchOf(entries.get('reset')),
  };
  if (effect.jitterMs > effect.delayMs)
    throw new Refused(
      entries.get('jitter')!.value.at,
      `jitter ${formatMs(effect.jitterMs)} is more than delay ${formatMs(effect.delayMs)}`,
      'raise delay, or lower jitter',
    );
  const whole = (['cut', 'halfOpen', 'reset'] as const).filter((key) => effect[key]);
  const slow = (['delay', 'bandwidth'] as const).filter((key) => entries.has(key));
  const [first, second] = [...whole, ...slow];
  if (whole.length > 0 && second !== undefined)
    throw new Refused(entries.get(second)!.keyAt, `${first} and ${second} at once`, 'keep one');
  return effect;
}

function networkTargetOf(node: MapNode): FaultTarget {
  const broker = node.entries.get('broker');
  if (broker === undefined)
    throw new Refused(node.at, 'network does not say whose', 'write broker: 2, leader or all');
  const { value } = broker;
  if (value.kind === 'scalar') {
    if (value.value === 'all') return { kind: 'all' };
    const word = (['leader', 'follower', 'controller'] as const).find(
      (each) => each === value.value,
    );
    if (word !== undefined) return { kind: word };
    const id = Number(value.raw);
    if (/^\d+$/.test(value.raw) && id <= MAX_ID) return { kind: 'broker', id };
  }
  throw new Refused(
    value.at,
    `${shown(value)} is no broker`,
    'write its number, leader, follower, controller or all',
  );
}

function targetOf({ value }: MapEntry): FaultTarget {
  const text = value.kind === 'scalar' ? value.raw.trim() : '';
  const word = WORDS.find((each) => each === text);
  if (word !== undefined) return { kind: word };
  const match = /^(broker|zookeeper)\s+(\d{1,7})$/.exec(text);
  if (match !== null && Number(match[2]) <= MAX_ID)
    return { kind: match[1] as 'broker' | 'zookeeper', id: Number(match[2]) };
  const remedy = /^\d+$/.test(text) ? `write broker ${text}` : `write ${TARGETS}`;
  throw new Refused(value.at, `${shown(value)} is nothing that a fault can hit`, remedy);
}

function readRun(node: MapNode, { value }: MapEntry, atMs: number): FaultSettings {
  const after = node.entries.get('after');
  const span = node.entries.get('for');
  if (span !== undefined && after === undefined)
    throw new Refused(span.keyAt, 'for has nothing to end', 'write after: [program, argument]');
  const limit = node.entries.get('timeLimit');
  return {
    kind: 'run',
    atMs,
    run: wordsOf(value, 'run'),
    after: after === undefined ? null : wordsOf(after.value, 'after'),
    forMs: optionalTime(span, [1, WEEK_MS]),
    timeLimitMs: optionalTime(limit, [100, MAX_TIME_LIMIT_MS]) ?? DEFAULT_TIME_LIMIT_MS,
  };
}

function wordsOf(node: YamlNode, key: string): string[] {
  const remedy = `write ${key}: [program, argument], each word by itself; no shell reads it`;
  if (node.kind !== 'list' || node.items.length === 0 || node.items.length > MAX_ARGUMENTS)
    throw new Refused(node.at, `${key} is not a list of words`, remedy);
  return node.items.map((item, index) => {
    const usable = item.kind === 'scalar' && item.value !== null && !item.raw.includes('\0');
    if (!usable || (index === 0 && item.raw.trim() === ''))
      throw new Refused(item.at, `${key}[${index}] is no word`, remedy);
    return typeof item.value === 'string' ? item.value : item.raw;
  });
}

const optionalTime = (
  entry: MapEntry | undefined,
  range: readonly [number, number],
): number | null => (entry === undefined ? null : timeOf(entry, range));

/** A time with its unit, or 0 where that is in the range. */
function timeOf({ key, value }: MapEntry, [min, max]: readonly [number, number]): number {
  const given = scalarOf(value, key, 'a time such as 5s');
  const parse = (input: string | number): Parsed =>
    input === 0 ? { ok: true, value: 0 } : parseMs(input, 'unit-required');
  return numberIn(value, key, parse(given), parse, [min, max], formatMs);
}

/** Bytes a second: `10MiB/s`, or without the `/s`. */
function bandwidthOf(entry: MapEntry | undefined): number | null {
  if (entry === undefined) return null;
  const { key, value } = entry;
  const given = scalarOf(value, key, 'bytes a second such as 10MiB/s');
  const parse = (input: string | number): Parsed =>
    parseBytes(typeof input === 'string' ? input.replace(/\s*\/\s*s$/, '') : input);
  const range = [MIN_BYTES_PER_SECOND, MAX_BYTES_PER_SECOND] as const;
  return numberIn(value, key, parse(given), parse, range, String);
}

function scalarOf(value: YamlNode, key: string, what: string): string | number {
  if (value.kind === 'scalar' && value.value !== null && typeof value.value !== 'boolean')
    return value.value;
  throw new Refused(value.at, `${key} is not ${what.replace(/ such.*/, '')}`, `write ${what}`);
}

function numberIn(
  node: YamlNode,
  key: string,
  parsed: Parsed,
  parse: (input: string) => Parsed,
  [min, max]: readonly [number, number],
  show: (value: number) => string,
): number {
  const within = (value: number): boolean => value >= min && value <= max;
  if (parsed.ok && within(parsed.value)) return parsed.value;
  const range = `${show(min)} to ${show(max)}`;
  const remedy = `write a value from ${range}`;
  if (parsed.ok) throw new Refused(node.at, `${key} is outside ${range}`, remedy);
  const accepts = (text: string): boolean => {
    const offered = parse(text);
    return offered.ok && within(offered.value);
  };
  throw new Refused(node.at, `${key}: ${parsed.message}`, remedyWithin(parsed, accepts, remedy));
}

function switchOf(entry: MapEntry | undefined): boolean {
  if (entry === undefined) return false;
  const { key, value } = entry;
  if (value.kind === 'scalar' && typeof value.value === 'boolean') return value.value;
  throw new Refused(value.at, `${key} is neither true nor false`, `write ${key}: true`);
}

const shown = (node: YamlNode): string =>
  node.kind === 'scalar' ? node.raw || 'nothing' : node.kind === 'list' ? 'a list' : 'a mapping';
