// The key of a payload file's record, out of the record itself: a field of its JSON or a column of
// its CSV. Called by load-payload-file.ts once a record that is kept.
import type { PayloadFile } from '../../../contract/settings.js';

/** Null: the record has none. */
export type KeyOfRecord = (record: Buffer) => Uint8Array | null;

/** Its message follows "line N ". */
export class RecordKeyError extends Error {}

const QUOTE = 0x22;

/** The value at a dotted path: text as it is, what is no text as JSON writes it. */
function jsonKey(field: string): KeyOfRecord {
  const steps = field.split('.');
  return (record) => {
    const text = record.toString();
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      throw new RecordKeyError(`is not JSON: ${(error as Error).message}`, { cause: error });
    }
    const found = own(value, field) ?? steps.reduce<unknown>(own, value);
    if (found === undefined || found === null) return null;
    if (typeof found === 'string') return Buffer.from(found);
    if (typeof found === 'number') return Buffer.from(numberText(found, steps.at(-1)!, text));
    return Buffer.from(JSON.stringify(found));
  };
}

function own(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

/** Whole numbers beyond 2^53 as they stand there: ids must not be rounded. */
function numberText(value: number, name: string, text: string): string {
  if (!Number.isInteger(value) || Number.isSafeInteger(value)) return String(value);
  const literal = name.replaceAll(/[^\w]/g, '\\$&');
  for (const [, digits] of text.matchAll(new RegExp(`"${literal}"\\s*:\\s*(-?\\d+)`, 'g'))) {
    if (Number(digits) === value) return digits;
  }
  return String(value);
}

/** The bytes of column `column`, without its quotes. */
function csvKey(column: number, separator: number): KeyOfRecord {
  return (record) => csvFields(record, separator, column + 1).at(column) ?? null;
}

/** The first `most` fields of a record of CSV. */
function csvFields(record: Buffer, separator: number, most = Infinity): Buffer[] {
  const fields: Buffer[] = [];
  let at = 0;
  while (at <= record.length && fields.length < most) {
    if (record[at] === QUOTE) {
      const { field, end } = quotedField(record, at + 1);
      fields.push(field);
      const next = record.indexOf(separator, end);
      at = next === -1 ? record.length + 1 : next + 1;
      continue;
    }
    const next = record.indexOf(separator, at);
    const end = next === -1 ? record.length : next;
    fields.push(record.subarray(at, end));
    at = end + 1;
  }
  return fields;
}

function quotedField(record: Buffer, from: number): { field: Buffer; end: number } {
  const parts: Buffer[] = [];
  for (let at = from; ;) {
    const quote = record.indexOf(QUOTE, at);
    const end = quote === -1 ? record.length : quote;
    if (record[end + 1] !== QUOTE || quote === -1) {
      parts.push(record.subarray(at, end));
      return { field: parts.length === 1 ? parts[0] : Buffer.concat(parts), end };
    }
    // A doubled quote stands for one.
    parts.push(record.subarray(at, end + 1));
    at = end + 2;
  }
}

/** How a file's key is found; `header`: its first record, where it names the columns. */
export function keyOfRecord({ key, file }: PayloadFile, header: Buffer | null, separator: number) {
  if (key === undefined) return null;
  if ('field' in key) return jsonKey(key.field);
  if (typeof key.column === 'number') return csvKey(key.column, separator);
  const names = csvFields(header ?? Buffer.alloc(0), separator).map((name) => name.toString());
  const column = names.indexOf(key.column);
  if (column !== -1) return csvKey(column, separator);
  throw new RecordKeyError(
    `names no column ${JSON.stringify(key.column)} of ${file}: ` +
      `it has ${names.slice(0, 20).join(', ')}`,
  );
}
