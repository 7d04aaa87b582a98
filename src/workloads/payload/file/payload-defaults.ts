// What a payload file is where the YAML does not say: by the ending of its name. Called by
// load-payload-file and by sweep's texts; opens nothing.
import path from 'node:path';
import type { PayloadFile, PayloadRecords } from '../../../contract/settings.js';
import {
  CsvFraming,
  DelimiterFraming,
  LengthPrefixFraming,
  LineFraming,
  SliceFraming,
  type Framing,
} from './framing.js';

const LINES = new Set(['.jsonl', '.ndjson', '.json', '.csv', '.tsv', '.txt', '.log']);
const CSV = new Set(['.csv', '.tsv']);

/** `lines` for text by its ending, `slices` for anything else. */
export function recordsByName(file: string): PayloadRecords {
  return LINES.has(ending(file)) ? 'lines' : 'slices';
}

/** Whether a line end within quotes belongs to the record. */
export function isCsv({ file, key, header, separator }: PayloadFile): boolean {
  const byKey = key !== undefined && 'column' in key;
  return byKey || header !== undefined || separator !== undefined || CSV.has(ending(file));
}

/** Whether the first record names the columns and is not sent. */
export function usesHeader({ key, header }: PayloadFile): boolean {
  return header ?? (key !== undefined && 'column' in key && typeof key.column === 'string');
}

/** One byte. */
export function separatorOf({ file, separator }: PayloadFile): number {
  return (separator ?? (ending(file) === '.tsv' ? '\t' : ',')).charCodeAt(0);
}

/** `valueBytes` is a slice's; results of older versions knew nothing but slices. */
export function framingOf(payload: PayloadFile, valueBytes: number | null): Framing {
  switch (payload.records ?? 'slices') {
    case 'lines':
      return isCsv(payload) ? new CsvFraming(separatorOf(payload)) : new LineFraming();
    case 'delimiter':
      return new DelimiterFraming(payload.delimiter ?? '\n');
    case 'length-prefixed':
      return new LengthPrefixFraming(payload.prefix ?? 'uint32be');
    case 'slices':
      return new SliceFraming(Math.max(1, valueBytes ?? 1));
  }
}

const ending = (file: string): string => path.extname(file).toLowerCase();
