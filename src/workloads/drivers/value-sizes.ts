// How long the values are that a driver was given (record-files.ts): what it says of their bytes is
// held against it. Read once a worker, before its driver starts.
import { readFileSync } from 'node:fs';

const LENGTH_BYTES = 4;

export interface ValueSizes {
  readonly least: number;
  readonly most: number;
}

export function valueSizes(file: string): ValueSizes {
  const bytes = readFileSync(file);
  let [least, most] = [Infinity, 0];
  for (let at = 0; at < bytes.length;) {
    const length = Math.max(0, bytes.readInt32BE(at));
    least = Math.min(least, length);
    most = Math.max(most, length);
    at += LENGTH_BYTES + length;
  }
  return { least: Math.min(least, most), most };
}
