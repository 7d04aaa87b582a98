// What a driver says became of every record, as the ledger that an audit takes. Read once a worker,
// at the end of its run.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { OUTCOMES } from '../../contract/driver-protocol.js';
import { BitTable } from '../audit/bit-table.js';
import type { PackedLedger } from '../audit/ledger.js';
import { PlaceJournal } from '../audit/place-journal.js';

const CHUNK_BYTES = 1 << 20;

export interface ReadOutcomes {
  readonly ledger: PackedLedger;
  /** By outcome. */
  readonly counts: readonly [number, number, number, number];
}

/** Null where there is no such file, or it holds what is no outcome. */
export function readOutcomes(file: string, worker: number): ReadOutcomes | null {
  let source: number;
  try {
    source = openSync(file, 'r');
  } catch {
    return null;
  }
  try {
    const table = new BitTable(2);
    const counts: [number, number, number, number] = [0, 0, 0, 0];
    const chunk = Buffer.alloc(CHUNK_BYTES);
    const { size } = fstatSync(source);
    for (let at = 0; at < size;) {
      const read = readSync(source, chunk, 0, chunk.length, at);
      if (read === 0) break;
      if (!take(chunk.subarray(0, read), at, table, counts)) return null;
      at += read;
    }
    const ledger = {
      ...{ worker, sent: size, outcomes: table.buffers, fates: [] },
      places: new PlaceJournal().pack(),
    };
    return { ledger, counts };
  } finally {
    closeSync(source);
  }
}

/** Run by run: outcomes of neighbours are alike. */
function take(chunk: Buffer, from: number, table: BitTable, counts: number[]): boolean {
  for (let at = 0; at < chunk.length;) {
    const outcome = chunk[at];
    if (outcome > OUTCOMES.unknown) return false;
    let end = at + 1;
    while (end < chunk.length && chunk[end] === outcome) end += 1;
    counts[outcome] += end - at;
    if (outcome !== OUTCOMES.none) table.fill(from + at, end - at, outcome);
    at = end;
  }
  return true;
}
