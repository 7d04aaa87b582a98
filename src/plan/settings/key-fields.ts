// workload.keys: how many different keys, and how they are chosen. Read by fields.ts.
import { parseBytes, parseCount, parseShare, type Parsed } from '../../base/units.js';
import type { KeySettings } from '../../contract/settings.js';
import { refuse, type FieldRead } from './field.js';
import { numberOf, unknownKey } from './inner-values.js';
import {
  choiceSchema,
  countSchema,
  objectSchema,
  shareSchema,
  sizeSchema,
  type JsonSchema,
  type KeyTable,
} from '../schema/json-schema.js';
import type { MapNode, YamlNode } from '../yaml/yaml-source.js';

const DEFAULT_KEY_BYTES = 16;
const MAX_DISTINCT_KEYS = 1e9;
/** Workers keep up to 4,096 keys in memory. */
const MAX_KEY_BYTES = 16 * 1024;
/** Web requests and words lie between 0.6 and 1.2; YCSB takes 0.99. */
const DEFAULT_EXPONENT = 0.99;
const EXPONENTS = [0.01, 20] as const;
const DEFAULT_HOT_TRAFFIC = 0.9;

const REMEDY =
  'write none, {uniform: 1000}, {range: 1000}, {random: 1000}, {zipf: {distinct: 1000, ' +
  'exponent: 1.1}} or {hotSet: {distinct: 1000, keys: 10%, traffic: 90%}}';

type Choice = 'uniform' | 'range' | 'random' | 'zipf' | 'hotSet';

const DISTINCT_RANGE = [1, MAX_DISTINCT_KEYS] as const;
const DISTINCT = { ...countSchema(DISTINCT_RANGE), description: 'How many different keys.' };
const BYTES = { ...sizeSchema([1, MAX_KEY_BYTES]), description: 'Bytes of each key; default 16.' };

/** What each choice takes. */
const INNER = {
  uniform: { distinct: DISTINCT, bytes: BYTES },
  range: { distinct: DISTINCT },
  random: { distinct: DISTINCT },
  zipf: {
    distinct: DISTINCT,
    exponent: {
      ...{ type: 'number', minimum: EXPONENTS[0], maximum: EXPONENTS[1] },
      description: 'How steeply the chance of a key falls with its rank; default 0.99.',
    },
    bytes: BYTES,
  },
  hotSet: {
    distinct: DISTINCT,
    keys: {
      type: ['integer', 'string'],
      description: 'How many keys are hot: a number, or a share such as 10%.',
    },
    traffic: {
      ...shareSchema([0, 1]),
      description: 'The share of records that hot keys get; default 90%.',
    },
    bytes: BYTES,
  },
} as const satisfies Readonly<Record<Choice, KeyTable>>;

const SENTENCES: Readonly<Record<Choice, string>> = {
  uniform: 'Evenly among so many keys.',
  range: 'In turn through so many decimal numbers, as kafka-producer-perf-test has them.',
  random: 'Evenly among so many decimal numbers, as kafka-producer-perf-test has them.',
  zipf: 'By rank: the chance of a key falls with a power of its rank.',
  hotSet: 'A few hot keys get most of the records.',
};
const NEEDED: Readonly<Partial<Record<Choice, readonly string[]>>> = {
  hotSet: ['distinct', 'keys'],
};

function choiceOf(choice: Choice): JsonSchema {
  const object = objectSchema(INNER[choice], { required: NEEDED[choice] ?? ['distinct'] });
  const anyOf = choice === 'hotSet' ? [object] : [countSchema(DISTINCT_RANGE), object];
  return { description: SENTENCES[choice], anyOf };
}

const CHOICES = Object.keys(INNER) as readonly Choice[];

/** For the JSON Schema. */
export const KEYS_SCHEMA: JsonSchema = {
  anyOf: [
    choiceSchema(['none']),
    objectSchema(Object.fromEntries(CHOICES.map((choice) => [choice, choiceOf(choice)])), {
      minProperties: 1,
      maxProperties: 1,
    }),
  ],
};

/** `none`, or one choice: `{uniform: 1000}`, `{zipf: {distinct: 1000, exponent: 1.1}}`, ... */
export function readKeys(node: YamlNode): FieldRead {
  if (node.kind === 'scalar' && node.value === 'none') return { ok: true, value: { kind: 'none' } };
  if (node.kind !== 'map') return refuse('this does not say how keys are chosen', REMEDY);
  const unknown = unknownKey(node, CHOICES);
  if (unknown !== null) return unknown;
  const [entry, second] = node.entries.values();
  if (entry === undefined) return refuse('this does not say how keys are chosen', REMEDY);
  if (second !== undefined) {
    return refuse(`keys are chosen in one way, not by ${entry.key} and ${second.key}`, 'keep one');
  }
  return readChoice(entry.key as Choice, entry.value);
}

function readChoice(choice: Choice, node: YamlNode): FieldRead {
  const inner: MapNode | null = node.kind === 'map' ? node : null;
  const unknown = inner === null ? null : unknownKey(inner, Object.keys(INNER[choice]));
  if (unknown !== null) return unknown;
  const at = (name: string): YamlNode | undefined => inner?.entries.get(name)?.value;
  const distinctNode = inner === null ? node : at('distinct');
  if (distinctNode === undefined) {
    return refuse(`${choice} keys need distinct: how many different keys`, REMEDY);
  }
  const distinct = numberOf(distinctNode, parseCount, 'distinct', DISTINCT_RANGE);
  if (!distinct.ok) return distinct;
  if (choice === 'range' || choice === 'random') {
    return { ok: true, value: { kind: choice, distinct: distinct.value } };
  }
  const bytes = optional(at('bytes'), DEFAULT_KEY_BYTES, (each) =>
    numberOf(each, parseBytes, 'bytes', [1, MAX_KEY_BYTES]),
  );
  if (!bytes.ok) return bytes;
  if (bytes.value < 4 && 256 ** bytes.value < distinct.value) {
    return refuse(
      `${bytes.value} bytes cannot hold ${distinct.value} different keys`,
      'give keys more bytes, or fewer of them',
    );
  }
  const size = { distinct: distinct.value, bytes: bytes.value };
  if (choice === 'uniform') return { ok: true, value: { kind: 'uniform', ...size } };
  return choice === 'zipf' ? readZipf(size, at('exponent')) : readHotSet(size, at);
}

interface Size {
  readonly distinct: number;
  readonly bytes: number;
}

function readZipf({ distinct, bytes }: Size, node: YamlNode | undefined): FieldRead {
  const exponent = optional(node, DEFAULT_EXPONENT, (each) =>
    numberOf(each, plainNumber, 'exponent', EXPONENTS),
  );
  if (!exponent.ok) return exponent;
  const value: KeySettings = { kind: 'zipf', distinct, exponent: exponent.value, bytes };
  return { ok: true, value };
}

function readHotSet(
  { distinct, bytes }: Size,
  at: (name: string) => YamlNode | undefined,
): FieldRead {
  const keys = at('keys');
  if (keys === undefined) return refuse('a hot set needs keys: how many are hot', REMEDY);
  const hot = numberOf(keys, hotKeysOf(distinct), 'keys', [1, Math.max(1, distinct - 1)]);
  if (!hot.ok) return hot;
  if (distinct < 2) {
    return refuse('a hot set needs other keys beside it', 'raise distinct, or use uniform');
  }
  const traffic = optional(at('traffic'), DEFAULT_HOT_TRAFFIC, (each) =>
    numberOf(each, parseShare, 'traffic', [0, 1]),
  );
  if (!traffic.ok) return traffic;
  const hotTraffic = traffic.value;
  return {
    ok: true,
    value: { kind: 'hot-set', distinct, hotKeys: hot.value, hotTraffic, bytes },
  };
}

/** A number of keys, or a share of all of them: `10`, `10%`. */
const hotKeysOf =
  (distinct: number) =>
  (input: string | number): Parsed => {
    if (typeof input === 'number' || !input.trim().endsWith('%')) return parseCount(input);
    const share = parseShare(input);
    return share.ok ? { ok: true, value: Math.max(1, Math.round(share.value * distinct)) } : share;
  };

function plainNumber(input: string | number): Parsed {
  const value = Number(input);
  if (input !== '' && Number.isFinite(value)) return { ok: true, value };
  return {
    ok: false,
    message: `${JSON.stringify(input)} is not a number`,
    remedy: 'write e.g. 1.1',
  };
}

function optional(
  node: YamlNode | undefined,
  preset: number,
  read: (node: YamlNode) => Parsed,
): Parsed {
  return node === undefined ? { ok: true, value: preset } : read(node);
}
