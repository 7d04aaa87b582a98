// A workload's warm-up: none, a time, or a number of records. Read by fields.ts.
import type { Extent } from '../../contract/settings.js';
import { refuse, type FieldRead } from './field.js';
import { numberOf, unknownKey } from './inner-values.js';
import {
  choiceSchema,
  countSchema,
  objectSchema,
  timeSchema,
  type JsonSchema,
  type KeyTable,
} from '../schema/json-schema.js';
import { parseCount, parseMs } from '../../base/units.js';
import type { YamlNode } from '../yaml/yaml-source.js';

const MAX_WARMUP_RECORDS = 1e12;

const WARMUP_REMEDY = 'write none, a time such as 5s, {duration: 5s} or {records: 50000}';

const KEYS = {
  records: {
    ...countSchema([0, MAX_WARMUP_RECORDS]),
    description: 'How many records are sent first.',
  },
  duration: { ...timeSchema(), description: 'How long records are sent first.' },
} as const satisfies KeyTable;

/** For the JSON Schema. */
export const WARMUP_SCHEMA: JsonSchema = {
  anyOf: [
    choiceSchema(['none', 0]),
    timeSchema(),
    objectSchema(KEYS, { minProperties: 1, maxProperties: 1 }),
  ],
};

/** `none`, `5s`, `{duration: 5s}` or `{records: 50000}`. */
export function readWarmup(node: YamlNode): FieldRead {
  if (node.kind === 'list')
    return refuse('a list stands where a warm-up is expected', WARMUP_REMEDY);
  if (node.kind === 'scalar') {
    if (node.value === 'none' || node.value === 0) return { ok: true, value: NO_EXTENT };
    if (typeof node.value === 'number') {
      const message = `${node.value} could be records or a time`;
      // Only what is taken is offered.
      const { value } = node;
      const records = Number.isInteger(value) && value > 0 && value <= MAX_WARMUP_RECORDS;
      const time = parseMs(`${value}s`, 'unit-required').ok && value > 0;
      const offers = [...(records ? [`{records: ${value}}`] : []), ...(time ? [`${value}s`] : [])];
      return refuse(message, offers.length === 0 ? WARMUP_REMEDY : `write ${offers.join(' or ')}`);
    }
    return warmupTime(node);
  }
  const unknown = unknownKey(node, Object.keys(KEYS));
  if (unknown !== null) return unknown;
  const records = node.entries.get('records')?.value;
  const duration = node.entries.get('duration')?.value;
  if ((records === undefined) === (duration === undefined)) {
    return refuse('a warm-up has either records or a duration', WARMUP_REMEDY);
  }
  if (duration !== undefined) return warmupTime(duration);
  const count = numberOf(records!, parseCount, 'records', [0, MAX_WARMUP_RECORDS]);
  if (!count.ok) return count;
  return {
    ok: true,
    value: count.value === 0 ? NO_EXTENT : { records: count.value, durationMs: null },
  };
}

const NO_EXTENT: Extent = { records: null, durationMs: null };

function warmupTime(node: YamlNode): FieldRead {
  if (node.kind !== 'scalar' || node.value === null || typeof node.value === 'boolean') {
    return refuse('this is not a time', WARMUP_REMEDY);
  }
  const time = parseMs(node.value, 'unit-required');
  if (!time.ok) return refuse(time.message, WARMUP_REMEDY);
  if (time.value < 0) return refuse('a warm-up cannot be negative', WARMUP_REMEDY);
  return {
    ok: true,
    value: time.value === 0 ? NO_EXTENT : { records: null, durationMs: time.value },
  };
}
