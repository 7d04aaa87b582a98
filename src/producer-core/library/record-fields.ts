// What a record's fields may be: checked once a send, headers of whatever form made into one.
// Nothing is dropped or taken for null in silence. Called by producer.ts and for what interceptors
// give back; never from core-producer.ts's append. Pure.
import { described, isPlainObject } from './argument-checks.js';
import { takeHeaders } from './header-input.js';
import { nearest } from '../../base/suggest.js';
import type { ProducerRecord } from '../user-code/interfaces.js';
import { InvalidRecordError, SerializationError } from '../user-code/user-code-error.js';

const FIELDS = ['topic', 'partition', 'key', 'value', 'headers', 'timestamp'] as const;
const MAX_PARTITION = 2_147_483_647;

/** What other clients call it, or put beside the record. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  messages: 'a list goes as send([{ topic, value }, ...]), one record for each message',
  message: 'did you mean value?',
  payload: 'did you mean value?',
  data: 'did you mean value?',
  acks: 'it is a setting of the producer: acks',
  compression: 'it is a setting of the producer: compression.type',
  timeout:
    'it is a setting of the producer: request.timeout.ms, ' +
    'or delivery.timeout.ms for all attempts together',
};

/**
 * The record that a caller gave, with its headers as the core has them; the same object where it
 * has none. `where`: what to call it in a message. Throws InvalidRecordError.
 */
export function takeRecord(given: unknown, where = ''): ProducerRecord {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new InvalidRecordError(
      `${where}a record must be an object { topic, value, ... }, not ${described(given)}`,
    );
  }
  for (const name in given) if (!isField(name)) checkUnknown(name, given, where);
  const record = given as ProducerRecord;
  const { topic, partition, value, headers, timestamp } = record;
  if (typeof topic !== 'string') throw noTopic(topic, where);
  if (value === undefined) {
    throw new InvalidRecordError(
      `${where}value is missing; absent is not null: write value: null where a tombstone is meant`,
    );
  }
  if (partition != null && !isWhole(partition, MAX_PARTITION)) {
    throw new InvalidRecordError(
      `${where}partition is ${described(partition)}; it must be a whole number from 0, or left out`,
    );
  }
  if (timestamp != null && !isWhole(timestamp, Number.MAX_SAFE_INTEGER)) {
    throw new InvalidRecordError(
      `${where}timestamp is ${described(timestamp)}; it must be whole milliseconds since 1970 ` +
        '(a number), or left out',
    );
  }
  if (headers == null) return record;
  const taken = takeHeaders(headers, where);
  return taken === headers ? record : { ...record, headers: taken };
}

/** Keys and values where no serializer is set. Throws SerializationError. */
export function checkPlainData({ key, value }: ProducerRecord, where = ''): void {
  if (!isPlainData(key)) throw notPlain('key', key, where);
  if (!isPlainData(value)) throw notPlain('value', value, where);
}

function isPlainData(data: unknown): boolean {
  return (
    data == null ||
    typeof data === 'string' ||
    ArrayBuffer.isView(data) ||
    data instanceof ArrayBuffer
  );
}

function notPlain(side: 'key' | 'value', data: unknown, where: string): SerializationError {
  const rest =
    isPlainObject(data) || Array.isArray(data)
      ? `write ${side}: JSON.stringify(...), or set ${side}.serializer`
      : `for other data set ${side}.serializer`;
  return new SerializationError(
    `${where}${side} is ${described(data)}; it must be a text, a Uint8Array (Buffer) or null; ` +
      rest,
  );
}

function isWhole(value: unknown, most: number): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most;
}

function isField(name: string): boolean {
  switch (name) {
    case 'topic':
    case 'partition':
    case 'key':
    case 'value':
    case 'headers':
    case 'timestamp':
      return true;
    default:
      return false;
  }
}

/** One that is undefined is absent. */
function checkUnknown(name: string, given: object, where: string): void {
  if ((given as Record<string, unknown>)[name] === undefined) return;
  const near = nearest(name, FIELDS);
  const told = Object.hasOwn(ELSEWHERE, name) ? ELSEWHERE[name] : null;
  const advice =
    told ?? (near === null ? `a record has ${FIELDS.join(', ')}` : `did you mean ${near}?`);
  throw new InvalidRecordError(`${where}unknown field ${name}; ${advice}`);
}

function noTopic(topic: unknown, where: string): InvalidRecordError {
  if (topic === undefined) return new InvalidRecordError(`${where}topic is missing`);
  return new InvalidRecordError(`${where}topic is ${described(topic)}; it must be a text`);
}
