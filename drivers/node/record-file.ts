// Reads a file of values or keys: a length (int32, big-endian; -1 for null), then so many bytes.
import { readFileSync } from 'node:fs';

const LENGTH_BYTES = 4;

export function readRecords(file: string): readonly Buffer[] {
  const bytes = readFileSync(file);
  const records: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = Math.max(0, bytes.readInt32BE(at));
    at += LENGTH_BYTES;
    records.push(bytes.subarray(at, at + length));
    at += length;
  }
  return records;
}
