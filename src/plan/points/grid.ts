// What varies: `sweep:` (a grid, first key slowest) or `points:` (a list). Read into axes, then
// multiplied out. Limits come before the multiplication, so that a typo cannot fill the memory.
import { labelOf } from '../settings/field.js';
import { fieldOf, FIELD_PATHS, formatValue } from '../settings/fields.js';
import type { Place, Problems } from '../yaml/problems.js';
import { readInto } from '../settings/read-into.js';
import type { Given, Settings } from '../settings/given.js';
import { didYouMean } from '../../base/suggest.js';
import type { MapEntry, MapNode, YamlNode } from '../yaml/yaml-source.js';

/** Points x repeats. */
const MAX_RUNS = 100_000;

/** One point's own values, by path. */
export interface DraftPoint {
  readonly own: Settings;
  /** Of its entry under `points:`; a grid's points have none. */
  readonly at: Place | null;
  /** Gates of its entry under `points:`, and that entry's path. */
  readonly gates?: { readonly entry: MapEntry; readonly where: string };
}

interface Axis {
  readonly path: string;
  readonly values: readonly Given[];
}

const LIST_REMEDY = 'write a list, e.g. [16KiB, 64KiB]';
/** A point cannot have both of a pair. */
const RIVALS: readonly (readonly [string, string])[] = [['workload.records', 'workload.duration']];

/**
 * The points in order. One without own values if nothing varies. Empty only where something is
 * wrong.
 */
export function readPoints(
  sweep: MapEntry | undefined,
  points: MapEntry | undefined,
  repeats: number,
  problems: Problems,
): DraftPoint[] {
  if (sweep !== undefined && points !== undefined) {
    problems.add(
      points.keyAt,
      'points',
      'both sweep and points are there',
      'keep one: a grid, or a list of points',
    );
    return [];
  }
  if (points !== undefined) return readList(points, repeats, problems);
  if (sweep === undefined) return [{ own: new Map(), at: null }];
  const axes = readAxes(sweep, problems);
  const count = axes.reduce((product, axis) => product * axis.values.length, 1);
  if (axes.length === 0 || tooMany(count, repeats, sweep.keyAt, 'sweep', problems)) return [];
  return multiply(axes, count);
}

function readAxes({ keyAt, value: node }: MapEntry, problems: Problems): Axis[] {
  if (node.kind !== 'map' || node.entries.size === 0) {
    const empty = node.kind === 'map' || (node.kind === 'scalar' && node.value === null);
    const message = empty ? 'empty sweep: there is nothing to vary' : 'sweep is not a mapping';
    problems.add(
      node.at.line === undefined ? keyAt : node.at,
      'sweep',
      message,
      'write e.g. sweep: {batch.size: [16KiB, 64KiB]}, or remove sweep',
    );
    return [];
  }
  const axes: Axis[] = [];
  for (const entry of node.entries.values()) {
    const values = isKnown(entry, 'sweep', problems) ? readValues(entry, problems) : [];
    if (values.length > 0) axes.push({ path: entry.key, values });
  }
  refuseRivals((path) => node.entries.get(path)?.keyAt, 'sweep', problems);
  return axes;
}

function readValues({ key, value: node }: MapEntry, problems: Problems): Given[] {
  const path = `sweep.${key}`;
  if (node.kind !== 'list') {
    const isMap = node.kind === 'map';
    const remedy = isMap
      ? LIST_REMEDY
      : `write a list: [${node.raw}], or put it under its own section`;
    problems.add(node.at, path, `${path} is not a list`, remedy);
    return [];
  }
  if (node.items.length === 0) {
    problems.add(node.at, path, `empty sweep: ${path} has no values`, LIST_REMEDY);
    return [];
  }
  const values: Given[] = [];
  const seen = new Map<string, string>();
  for (const item of node.items) {
    const one = new Map<string, Given>();
    readInto(key, item, path, one, problems);
    const given = one.get(key);
    if (given === undefined) continue;
    const label = JSON.stringify(given.value);
    const before = seen.get(label);
    if (before === undefined) {
      seen.set(label, shown(item));
      values.push(given);
    } else {
      const same =
        before === shown(item)
          ? `${before} is there twice`
          : `${shown(item)} is the same as ${before}`;
      problems.add(item.at, path, `${path}: ${same}`, 'remove one of them');
    }
  }
  return values;
}

function readList(
  { keyAt, value: node }: MapEntry,
  repeats: number,
  problems: Problems,
): DraftPoint[] {
  if (node.kind !== 'list' || node.items.length === 0) {
    const message =
      node.kind === 'list' ? 'empty sweep: points has no entries' : 'points is not a list';
    problems.add(
      node.at.line === undefined ? keyAt : node.at,
      'points',
      message,
      'write e.g. points: [{batch.size: 16KiB, linger.ms: 0}]',
    );
    return [];
  }
  if (tooMany(node.items.length, repeats, keyAt, 'points', problems)) return [];
  const drafts: DraftPoint[] = [];
  for (const [index, item] of node.items.entries()) {
    if (item.kind !== 'map') {
      problems.add(
        item.at,
        `points[${index}]`,
        'a point is not a mapping',
        'write e.g. {batch.size: 16KiB, linger.ms: 0}',
      );
      continue;
    }
    const where = `points[${index}]`;
    const entries = new Map(item.entries);
    const gates = entries.get('thresholds');
    entries.delete('thresholds');
    const own = readPoint({ ...item, entries }, where, problems);
    drafts.push({
      own,
      at: item.at,
      ...(gates === undefined ? {} : { gates: { entry: gates, where: `${where}.thresholds` } }),
    });
  }
  return drafts;
}

/** The values of one point, or of one exclude rule. */
function readPoint(node: MapNode, where: string, problems: Problems): Map<string, Given> {
  const own = new Map<string, Given>();
  for (const entry of node.entries.values()) {
    if (isKnown(entry, where, problems))
      readInto(entry.key, entry.value, `${where}.${entry.key}`, own, problems);
  }
  refuseRivals((path) => node.entries.get(path)?.keyAt, where, problems);
  return own;
}

/** Whether a key names a setting; if not, says what it might have meant. */
export function isKnown({ key, keyAt }: MapEntry, where: string, problems: Problems): boolean {
  if (fieldOf(key) !== undefined) return true;
  const path = `${where}.${key}`;
  const bare = key.startsWith('producer.') ? key.slice('producer.'.length) : null;
  if (bare !== null && fieldOf(bare) !== undefined) {
    problems.add(
      keyAt,
      path,
      `unknown setting ${key}`,
      `write ${bare}: producer settings go by their bare name here`,
    );
  } else {
    const home = [`workload.${key}`, `topic.${key}`, `topic.config.${key}`].find((each) =>
      FIELD_PATHS.includes(each),
    );
    const remedy = home === undefined ? suggestion(key) : `write ${home}`;
    problems.add(keyAt, path, `unknown setting ${key}`, remedy);
  }
  return false;
}

function suggestion(key: string): string {
  const near = didYouMean(key, FIELD_PATHS);
  if (near.startsWith('did')) return near;
  return "name a setting of Java's producer (batch.size), workload.* or topic.*";
}

function refuseRivals(
  keyAt: (path: string) => Place | undefined,
  where: string,
  problems: Problems,
): void {
  for (const [one, other] of RIVALS) {
    const second = keyAt(other);
    if (second === undefined || keyAt(one) === undefined) continue;
    problems.add(
      second,
      `${where}.${other}`,
      `both ${one} and ${other} are set`,
      'keep one: how many records, or how long',
    );
  }
}

function tooMany(
  points: number,
  repeats: number,
  at: Place,
  path: string,
  problems: Problems,
): boolean {
  if (points * repeats <= MAX_RUNS) return false;
  const message = `${points} points x ${repeats} repeats are more than ${MAX_RUNS} runs`;
  problems.add(
    at,
    path,
    message,
    'vary fewer values, exclude does not count here; or lower repeats',
  );
  return true;
}

/** First axis slowest, as nested loops would. */
function multiply(axes: readonly Axis[], count: number): DraftPoint[] {
  const drafts: DraftPoint[] = [];
  const fastestFirst = axes.toReversed();
  for (let index = 0; index < count; index++) {
    const chosen: [string, Given][] = [];
    let rest = index;
    for (const { path, values } of fastestFirst) {
      chosen.push([path, values[rest % values.length]]);
      rest = Math.floor(rest / values.length);
    }
    drafts.push({ own: new Map(chosen.reverse()), at: null });
  }
  return drafts;
}

function shown(node: YamlNode): string {
  return node.kind === 'scalar' ? node.raw : 'this';
}

/** `batch.size=16KiB acks=1`, for messages. */
export function describePoint(own: Settings): string {
  const pairs = [...own].map(([path, { value }]) => `${path}=${formatValue(path, labelOf(value))}`);
  return pairs.join(' ') || 'the only point';
}
