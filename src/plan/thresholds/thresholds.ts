// `thresholds:` - gates as k6 writes them: a mapping of metrics to conditions, at the root (all
// points, or those that a {tag:value} names) or inside of a point of `points:`. Read here with
// their lines; bound to the plan's points in threshold-points.ts.
import type { Threshold } from '../../contract/threshold.js';
import { scalarOf } from '../settings/field.js';
import type { Place, Problems } from '../yaml/problems.js';
import { objectSchema, type JsonSchema, type KeyTable } from '../schema/json-schema.js';
import { didYouMean } from '../../base/suggest.js';
import { readExpression, readMetricName } from './threshold-expression.js';
import { parseCount } from '../../base/units.js';
import type { MapEntry, MapNode, YamlNode } from '../yaml/yaml-source.js';

/** A gate as written; which points it is for is not settled yet. */
export interface DraftThreshold extends Omit<Threshold, 'where'> {
  /** `{acks:all}` of its key, as text. */
  readonly tags: readonly (readonly [path: string, value: string])[];
  readonly at: Place;
  /** Path in the YAML, for problems. */
  readonly where: string;
}

/** Each is held against each point. */
const MAX_THRESHOLDS = 1_000;
const MAX_TEXT_CHARACTERS = 200;
const EXAMPLE =
  'write e.g. thresholds: {latencyMs.response.p99: ["< 20"], records.failed: ["== 0"]}';
/** An operator and a bound. */
const CONDITION: JsonSchema = {
  ...{ type: 'string', pattern: '^[^<>=!]*(?:<=?|>=?|={2,3}|!=)\\s*[^<>=!\\s][^<>=!]*$' },
  description:
    'An operator and a bound, e.g. "< 20ms" or "== 0"; of a group of percentiles "p(99) < 20ms".',
};
const OBJECT = {
  threshold: CONDITION as JsonSchema & { readonly description: string },
  abortOnFail: {
    type: 'boolean',
    description: 'Whether the sweep ends as soon as a point fails it.',
  },
  delayAbortEval: {
    ...{ type: ['integer', 'string'], minimum: 0, pattern: '^[\\d_]+(?:[kMG]|\\s*runs?)?$' },
    description: 'After how many valid runs of a point it may end the sweep, e.g. 2 runs.',
  },
} as const satisfies KeyTable;
const OBJECT_KEYS = Object.keys(OBJECT);

const ONE_GATE: JsonSchema = {
  anyOf: [CONDITION, objectSchema(OBJECT, { required: ['threshold'] })],
};
/** Of one metric. For the JSON Schema. */
export const GATES_SCHEMA: JsonSchema = {
  anyOf: [...ONE_GATE.anyOf!, { type: 'array', minItems: 1, items: ONE_GATE }],
};

/** `where` is the entry's path in the YAML. */
export function readThresholds(
  entry: MapEntry | undefined,
  where: string,
  problems: Problems,
): DraftThreshold[] {
  if (entry === undefined) return [];
  const { value: node, keyAt } = entry;
  if (node.kind !== 'map' || node.entries.size === 0) {
    const what =
      node.kind === 'map'
        ? `${where} holds no gate`
        : `${where} is not a mapping of metrics to conditions`;
    problems.add(node.at.line === undefined ? keyAt : node.at, where, what, EXAMPLE);
    return [];
  }
  const drafts = [...node.entries.values()].flatMap((each) =>
    readMetric(each, `${where}.${each.key}`, problems),
  );
  if (drafts.length <= MAX_THRESHOLDS) return drafts;
  problems.add(keyAt, where, `${drafts.length} gates are more than ${MAX_THRESHOLDS}`, 'use fewer');
  return [];
}

function readMetric(
  { key, keyAt, value: node }: MapEntry,
  where: string,
  problems: Problems,
): DraftThreshold[] {
  const named = /^([^{}]*)(?:\{([^{}]*)\})?$/.exec(key.trim());
  if (named === null) {
    problems.add(
      keyAt,
      where,
      `${key} is not a metric`,
      'write metric or metric{setting:value,setting:value}',
    );
    return [];
  }
  const metric = named[1].trim();
  const known = readMetricName(metric);
  if (!known.ok) {
    problems.add(keyAt, where, known.message, known.remedy);
    return [];
  }
  const tags = named[2] === undefined ? [] : readTags(named[2], keyAt, where, problems);
  if (tags === null) return [];
  if (node.kind === 'list' && node.items.length === 0) {
    problems.add(node.at, where, `${key} has no condition`, 'write e.g. ["< 20"]');
    return [];
  }
  const items = node.kind === 'list' ? node.items : [node];
  return items.flatMap((item) => {
    const condition =
      item.kind === 'map' ? readObject(item, where, problems) : readText(item, where, problems);
    if (condition === null) return [];
    const { expression, at, ...abort } = condition;
    const read = readExpression(metric, expression);
    if (!read.ok) {
      problems.add(at, where, `${metric}: ${read.message}`, read.remedy);
      return [];
    }
    const text = `${key.trim()} ${expression}`
      .replaceAll(/\s+/g, ' ')
      .slice(0, MAX_TEXT_CHARACTERS);
    return [{ ...read.gate, ...abort, text, tags, at: keyAt, where }];
  });
}

/** `acks:all, batch.size:16KiB`; null where something is wrong. */
function readTags(
  text: string,
  at: Place,
  where: string,
  problems: Problems,
): DraftThreshold['tags'] | null {
  const tags: [string, string][] = [];
  for (const part of text.split(',')) {
    const colon = part.indexOf(':');
    const path = part.slice(0, Math.max(0, colon)).trim();
    const value = part
      .slice(colon + 1)
      .trim()
      .replace(/^(["'])(.*)\1$/s, '$2');
    if (path === '' || value === '') {
      const message =
        part.trim() === ''
          ? 'an empty place between { and }'
          : `${part.trim()} is not setting:value`;
      problems.add(
        at,
        where,
        message,
        'write e.g. latencyMs.response.p99{acks:all,batch.size:16KiB}',
      );
      return null;
    }
    tags.push([path, value]);
  }
  return tags;
}

interface Condition extends Pick<Threshold, 'abortOnFail' | 'delayAbortEvalRuns'> {
  readonly expression: string;
  readonly at: Place;
}

function readText(node: YamlNode, where: string, problems: Problems): Condition | null {
  const scalar = scalarOf(node);
  if (scalar.ok && typeof scalar.value === 'string') {
    return {
      expression: scalar.value.trim(),
      at: node.at,
      abortOnFail: false,
      delayAbortEvalRuns: 0,
    };
  }
  const what = scalar.ok ? `${String(scalar.value)} has no operator` : scalar.message;
  const remedy = scalar.ok
    ? `write it with one, in quotes: "< ${String(scalar.value)}"`
    : 'write e.g. ["< 20"]';
  problems.add(node.at, where, `${where}: ${what}`, remedy);
  return null;
}

/** `{threshold: "< 50", abortOnFail: true, delayAbortEval: 2 runs}`. */
function readObject(node: MapNode, where: string, problems: Problems): Condition | null {
  for (const { key, keyAt } of node.entries.values()) {
    if (OBJECT_KEYS.includes(key)) continue;
    problems.add(
      keyAt,
      `${where}.${key}`,
      `unknown key ${key} of a gate`,
      didYouMean(key, OBJECT_KEYS),
    );
    return null;
  }
  const threshold = node.entries.get('threshold');
  if (threshold === undefined) {
    problems.add(
      node.at,
      where,
      'a gate without its threshold',
      'write e.g. {threshold: "< 50", abortOnFail: true}',
    );
    return null;
  }
  const condition = readText(threshold.value, `${where}.threshold`, problems);
  const abortOnFail = readAbort(node.entries.get('abortOnFail'), where, problems);
  const delayAbortEvalRuns = readDelay(node.entries.get('delayAbortEval'), where, problems);
  if (condition === null || abortOnFail === null || delayAbortEvalRuns === null) return null;
  return { ...condition, abortOnFail, delayAbortEvalRuns };
}

function readAbort(entry: MapEntry | undefined, where: string, problems: Problems): boolean | null {
  if (entry === undefined) return false;
  const { value: node } = entry;
  if (node.kind === 'scalar' && typeof node.value === 'boolean') return node.value;
  problems.add(
    node.at,
    `${where}.abortOnFail`,
    'abortOnFail is neither true nor false',
    'write true or false',
  );
  return null;
}

/** k6's is a time; a point here is judged by its runs, so it counts valid ones. */
function readDelay(entry: MapEntry | undefined, where: string, problems: Problems): number | null {
  if (entry === undefined) return 0;
  const { value: node } = entry;
  const scalar = scalarOf(node);
  const text = scalar.ok ? String(scalar.value).replace(/\s*runs?$/, '') : '';
  const parsed = parseCount(/^\d+$/.test(text) ? Number(text) : text);
  if (parsed.ok && parsed.value >= 0) return parsed.value;
  problems.add(
    node.at,
    `${where}.delayAbortEval`,
    `delayAbortEval: ${node.kind === 'scalar' ? node.raw : 'this'} is not a number of runs`,
    'write e.g. 2 runs: a gate is first looked at after so many valid runs of a point ' +
      "(k6's is a time)",
  );
  return null;
}
