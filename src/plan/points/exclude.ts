// `exclude:` - rules that drop points of a grid. A rule is a mapping; a point that matches all of
// its pairs is dropped. A pair's value may be a list: any of them.
import type { PointSettings } from '../../contract/settings.js';
import { sameValue, type FieldValue } from '../settings/field.js';
import { isKnown } from './grid.js';
import { valueAt } from '../settings/point-settings.js';
import type { Place, Problems } from '../yaml/problems.js';
import { readInto } from '../settings/read-into.js';
import type { Given } from '../settings/given.js';
import type { MapEntry, MapNode } from '../yaml/yaml-source.js';

export interface ExcludeRule {
  readonly at: Place;
  readonly index: number;
  readonly pairs: readonly { readonly path: string; readonly anyOf: readonly FieldValue[] }[];
}

/** Each is held against each point. */
const MAX_RULES = 1_000;
const REMEDY = 'write a list of mappings, e.g. exclude: [{acks: "0", workload.rate: max}]';

export function readExclude(entry: MapEntry | undefined, problems: Problems): ExcludeRule[] {
  if (entry === undefined) return [];
  const { value: node } = entry;
  if (node.kind !== 'list') {
    problems.add(node.at, 'exclude', 'exclude is not a list', REMEDY);
    return [];
  }
  if (node.items.length > MAX_RULES) {
    problems.add(
      node.at,
      'exclude',
      `exclude has ${node.items.length} rules`,
      `use at most ${MAX_RULES}; a value may be a list`,
    );
    return [];
  }
  const rules: ExcludeRule[] = [];
  for (const [index, item] of node.items.entries()) {
    const where = `exclude[${index}]`;
    if (item.kind === 'map' && item.entries.size > 0)
      rules.push({ at: item.at, index, pairs: readPairs(item, where, problems) });
    else
      problems.add(
        item.at,
        where,
        item.kind === 'map' ? 'an empty rule would drop every point' : 'a rule is not a mapping',
        REMEDY,
      );
  }
  return rules;
}

function readPairs(node: MapNode, where: string, problems: Problems): ExcludeRule['pairs'] {
  const pairs: { path: string; anyOf: FieldValue[] }[] = [];
  for (const entry of node.entries.values()) {
    if (!isKnown(entry, where, problems)) continue;
    const anyOf: FieldValue[] = [];
    for (const item of entry.value.kind === 'list' ? entry.value.items : [entry.value]) {
      const read = new Map<string, Given>();
      readInto(entry.key, item, `${where}.${entry.key}`, read, problems);
      for (const { value } of read.values()) anyOf.push(value);
    }
    pairs.push({ path: entry.key, anyOf });
  }
  return pairs;
}

/** Whether the rule drops the point, by the values in force there. */
export function matches(rule: ExcludeRule, settings: PointSettings): boolean {
  return rule.pairs.every(({ path, anyOf }) => {
    const value = valueAt(settings, path);
    return value !== undefined && anyOf.some((each) => sameValue(each, value));
  });
}
