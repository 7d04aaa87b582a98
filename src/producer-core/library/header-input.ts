// The headers of a record in any of the forms that callers use, made into the one that the core
// writes. Called by record-input.ts once a send that has headers. Must never drop a header, nor
// take one thing for another.
import { described, isPlainObject } from './argument-checks.js';
import type { RecordHeader } from '../batching/batch-view.js';
import { utf8, wellFormed } from '../user-code/serializers.js';
import { InvalidRecordError } from '../user-code/user-code-error.js';

const FORMS =
  'headers are an object { name: value }, a Map, or a list of [key, value] or { key, value }; ' +
  'a value is a text, a Uint8Array (Buffer) or null';

/** As given where they are of that form already. Throws InvalidRecordError. */
export function takeHeaders(given: unknown, where = ''): readonly RecordHeader[] {
  if (Array.isArray(given)) return fromList(given, where);
  const taken: RecordHeader[] = [];
  if (given instanceof Map) {
    for (const [key, value] of given as Map<unknown, unknown>) addNamed(taken, key, value, where);
    return taken;
  }
  // Of other classes (Headers, URLSearchParams, ...) the headers may be anywhere: a look at their
  // own fields would find none.
  if (!isPlainObject(given)) throw refused(`${where}headers`, given);
  for (const key of Object.keys(given)) addNamed(taken, key, given[key], where);
  if (Object.getOwnPropertySymbols(given).length > 0)
    throw refused(`${where}a key of headers`, Symbol());
  return taken;
}

function fromList(given: readonly unknown[], where: string): readonly RecordHeader[] {
  let ready = true;
  for (let i = 0; i < given.length && ready; i++) ready = isReady(given[i]);
  if (ready) return given as readonly RecordHeader[];
  const taken: RecordHeader[] = [];
  for (let i = 0; i < given.length; i++) {
    const each = given[i];
    const at = `${where}headers[${i}]`;
    if (Array.isArray(each)) {
      if (each.length !== 2) throw refused(`${at}, of length ${each.length},`, each);
      taken.push(header(each[0], each[1], at));
    } else if (isPlainObject(each) || hasKeyAndValue(each)) taken.push(fromPair(each, at));
    else throw refused(at, each);
  }
  return taken;
}

/** An instance of a caller's own class. */
function hasKeyAndValue(each: unknown): each is Readonly<Record<string, unknown>> {
  return typeof each === 'object' && each !== null && 'key' in each && 'value' in each;
}

function fromPair(each: Readonly<Record<string, unknown>>, at: string): RecordHeader {
  const other = Object.keys(each).find(
    (name) => name !== 'key' && name !== 'value' && each[name] !== undefined,
  );
  if (other !== undefined || each['key'] === undefined) {
    const what = other === undefined ? 'has no key' : `has a field ${other}`;
    throw new InvalidRecordError(`${at} ${what}, where { key, value } is expected; ${FORMS}`);
  }
  return header(each['key'], each['value'], at);
}

/**
 * A RecordHeader as the core takes it. A key with half of a surrogate pair is not: see wellFormed.
 */
function isReady(each: unknown): boolean {
  if (!isPlainObject(each)) return false;
  const { key, value } = each as { key?: unknown; value?: unknown };
  if (typeof key !== 'string' || wellFormed(key) !== key) return false;
  if (value !== null && !(value instanceof Uint8Array)) return false;
  for (const name in each) if (name !== 'key' && name !== 'value') return false;
  return true;
}

/** Of an object or Map, where a list stands for several headers of one key. */
function addNamed(taken: RecordHeader[], key: unknown, value: unknown, where: string): void {
  const at = `${where}headers${typeof key === 'string' ? named(key) : ''}`;
  if (!Array.isArray(value)) {
    taken.push(header(key, value, at));
    return;
  }
  if (value.length === 0) {
    throw new InvalidRecordError(
      `${at} is an empty list, which is no header; leave it out, or give null`,
    );
  }
  for (let i = 0; i < value.length; i++) taken.push(header(key, value[i], `${at}[${i}]`));
}

function named(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

function header(key: unknown, value: unknown, at: string): RecordHeader {
  if (typeof key !== 'string') throw refused(`${at}: a key`, key);
  return { key: wellFormed(key), value: bytes(value, at) };
}

function bytes(value: unknown, at: string): Uint8Array | null {
  if (value === null || value instanceof Uint8Array) return value;
  if (typeof value === 'string') return utf8(value);
  if (value === undefined) {
    throw new InvalidRecordError(
      `${at} is undefined; absent is not null: give null, or leave the header out`,
    );
  }
  throw refused(at, value);
}

function refused(at: string, value: unknown): InvalidRecordError {
  return new InvalidRecordError(`${at} is ${described(value)}; ${FORMS}`);
}
