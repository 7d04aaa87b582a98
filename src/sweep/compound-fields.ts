// The settings of a workload that are more than one number: its keys, its payload and its warm-up.
import type { Extent } from '../contract/settings.js';
import { refuse, type FieldRead } from './field.js';
import { parseBytes, parseCount, parseMs, type Parsed } from '../base/units.js';
import { didYouMean } from '../base/suggest.js';
import type { MapNode, YamlNode } from './yaml-source.js';

const DEFAULT_KEY_BYTES = 16;
const MAX_DISTINCT_KEYS = 1e9;
/** Workers keep up to 4,096 keys in memory. */
const MAX_KEY_BYTES = 16 * 1024;
const MAX_WARMUP_RECORDS = 1e12;

const KEYS_REMEDY = 'write none, {uniform: 1000} or {uniform: {distinct: 1000, bytes: 16}}';
const PAYLOAD_REMEDY = 'write random, text or {file: values.bin}';
const WARMUP_REMEDY = 'write none, a time such as 5s, {duration: 5s} or {records: 50000}';

/** `none`, `{uniform: 1000}` or `{uniform: {distinct: 1000, bytes: 16}}`. */
export function readKeys(node: YamlNode): FieldRead {
  if (node.kind === 'scalar' && node.value === 'none') return { ok: true, value: { kind: 'none' } };
  if (node.kind !== 'map') return refuse('this does not say how keys are chosen', KEYS_REMEDY);
  const unknown = unknownKey(node, ['uniform']);
  if (unknown !== null) return unknown;
  const uniform = node.entries.get('uniform')?.value;
  if (uniform === undefined) return refuse('this does not say how keys are chosen', KEYS_REMEDY);
  if (uniform.kind === 'map') {
    const inner = unknownKey(uniform, ['distinct', 'bytes']);
    if (inner !== null) return inner;
  }
  const distinctNode = uniform.kind === 'map' ? uniform.entries.get('distinct')?.value : uniform;
  const bytesNode = uniform.kind === 'map' ? uniform.entries.get('bytes')?.value : undefined;
  if (distinctNode === undefined) return refuse('uniform keys need distinct: how many different keys', KEYS_REMEDY);
  const distinct = numberOf(distinctNode, parseCount, 'distinct', [1, MAX_DISTINCT_KEYS]);
  if (!distinct.ok) return distinct;
  const bytes =
    bytesNode === undefined
      ? { ok: true as const, value: DEFAULT_KEY_BYTES }
      : numberOf(bytesNode, parseBytes, 'bytes', [1, MAX_KEY_BYTES]);
  if (!bytes.ok) return bytes;
  if (bytes.value < 4 && 256 ** bytes.value < distinct.value) {
    return refuse(
      `${bytes.value} bytes cannot hold ${distinct.value} different keys`,
      'give keys more bytes, or fewer of them',
    );
  }
  return { ok: true, value: { kind: 'uniform', distinct: distinct.value, bytes: bytes.value } };
}

/** `random`, `text` or `{file: values.bin}`. */
export function readPayload(node: YamlNode): FieldRead {
  if (node.kind === 'scalar' && (node.value === 'random' || node.value === 'text')) {
    return { ok: true, value: { kind: node.value } };
  }
  if (node.kind !== 'map') return refuse('this does not say what values are made of', PAYLOAD_REMEDY);
  const unknown = unknownKey(node, ['file']);
  if (unknown !== null) return unknown;
  const file = node.entries.get('file')?.value;
  if (file?.kind !== 'scalar' || typeof file.value !== 'string' || file.value.trim() === '') {
    return refuse('a payload from a file needs its path', PAYLOAD_REMEDY);
  }
  return { ok: true, value: { kind: 'file', file: file.value } };
}

/** `none`, `5s`, `{duration: 5s}` or `{records: 50000}`. */
export function readWarmup(node: YamlNode): FieldRead {
  if (node.kind === 'list') return refuse('a list stands where a warm-up is expected', WARMUP_REMEDY);
  if (node.kind === 'scalar') {
    if (node.value === 'none' || node.value === 0) return { ok: true, value: NO_EXTENT };
    if (typeof node.value === 'number') {
      return refuse(`${node.value} could be records or a time`, `write {records: ${node.value}} or ${node.value}s`);
    }
    return warmupTime(node);
  }
  const unknown = unknownKey(node, ['records', 'duration']);
  if (unknown !== null) return unknown;
  const records = node.entries.get('records')?.value;
  const duration = node.entries.get('duration')?.value;
  if ((records === undefined) === (duration === undefined)) {
    return refuse('a warm-up has either records or a duration', WARMUP_REMEDY);
  }
  if (duration !== undefined) return warmupTime(duration);
  const count = numberOf(records!, parseCount, 'records', [0, MAX_WARMUP_RECORDS]);
  if (!count.ok) return count;
  return { ok: true, value: count.value === 0 ? NO_EXTENT : { records: count.value, durationMs: null } };
}

const NO_EXTENT: Extent = { records: null, durationMs: null };

function warmupTime(node: YamlNode): FieldRead {
  if (node.kind !== 'scalar' || node.value === null || typeof node.value === 'boolean') {
    return refuse('this is not a time', WARMUP_REMEDY);
  }
  const time = parseMs(node.value, 'unit-required');
  if (!time.ok) return refuse(time.message, WARMUP_REMEDY);
  if (time.value < 0) return refuse('a warm-up cannot be negative', WARMUP_REMEDY);
  return { ok: true, value: time.value === 0 ? NO_EXTENT : { records: null, durationMs: time.value } };
}

function numberOf(
  node: YamlNode,
  parse: (input: string | number) => Parsed,
  name: string,
  [min, max]: readonly [number, number],
): Parsed {
  if (node.kind !== 'scalar' || node.value === null || typeof node.value === 'boolean') {
    return { ok: false, message: `${name} is not a number`, remedy: 'write a number' };
  }
  const parsed = parse(node.value);
  if (!parsed.ok) return { ...parsed, message: `${name}: ${parsed.message}` };
  if (parsed.value >= min && parsed.value <= max) return parsed;
  return {
    ok: false,
    message: `${name}: ${parsed.value} is outside ${min} to ${max}`,
    remedy: 'write a value in that range',
  };
}

function unknownKey(node: MapNode, allowed: readonly string[]): FieldRead | null {
  for (const key of node.entries.keys()) {
    if (!allowed.includes(key)) return refuse(`unknown key ${key}`, didYouMean(key, allowed));
  }
  return null;
}
