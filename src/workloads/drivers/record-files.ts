// The values and keys of one worker as files that a driver of another client cycles through, so
// that every client sends the same bytes in the same order. Written once a worker, before the run.
//
//   File   => *Record
//   Record => length bytes     length: INT32, big-endian; -1 for null
import { closeSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { setImmediate as othersTurn } from 'node:timers/promises';
import type { RunSpec } from '../../contract/run-spec.js';
import { shareOf, type RunShare } from '../load/run-share.js';
import { recordsIn, workerShare } from '../load/schedule.js';
import { createPayload, createRunKeys } from '../payload/create-payload.js';
import type { LoadedPayload } from '../payload/file/load-payload-file.js';

/** What does not come round by itself is repeated from here on. */
const MOST_BYTES = 64 * 1024 * 1024;
/** Of a closed loop whose records nobody knows. */
const MOST_RECORDS = 1 << 20;
const CHUNK_BYTES = 1 << 20;
const LENGTH_BYTES = 4;

export interface RecordFiles {
  readonly values: string;
  /** Null: null keys. */
  readonly keys: string | null;
}

/** How long the values are: what a driver says of their bytes is held against it. */
export interface ValueSizes {
  readonly least: number;
  readonly most: number;
}

export interface WrittenRecords {
  readonly files: RecordFiles;
  readonly valueBytes: ValueSizes;
}

interface Source {
  readonly current: Uint8Array | null;
  advance(): void;
}

/** `local`: from 0, among the workers of this process. Others have their turn meanwhile. */
export async function writeRecordFiles(
  spec: RunSpec,
  local: number,
  file: LoadedPayload | null,
  folder: string,
): Promise<WrittenRecords> {
  const { workload } = spec.settings;
  const { payload } = workload;
  const { first, of: workers } = shareOf(spec);
  const share = { seed: spec.seed, worker: first + local, workers };
  const values = createPayload(workload, file, share);
  const records = recordsOf(spec, share);
  const random = payload.kind === 'file' && payload.order === 'random';
  // A payload file's worker takes every W-th value: it is back at its first after so many.
  const round = payload.kind === 'file' ? values.count / gcd(values.count, workers) : values.count;
  const valuesFile = path.join(folder, `values-${local}.bin`);
  const valueBytes = await write(valuesFile, values, random ? records : Math.min(round, records));
  if (workload.keys.kind === 'none' && (file?.keys ?? null) === null)
    return { files: { values: valuesFile, keys: null }, valueBytes };
  const keysFile = path.join(folder, `keys-${local}.bin`);
  await write(keysFile, createRunKeys(workload, file, share), records);
  return { files: { values: valuesFile, keys: keysFile }, valueBytes };
}

/** The most that a phase of this worker sends. */
function recordsOf({ settings: { workload } }: RunSpec, { worker, workers }: RunShare): number {
  const { rate, warmup } = workload;
  const totals = [workload, warmup].map(({ records, durationMs }) => {
    if (records !== null) return records;
    if (durationMs === null) return 0;
    return rate === 'max' ? MOST_RECORDS * workers : recordsIn(durationMs, rate);
  });
  return Math.max(1, workerShare(Math.max(...totals), worker, workers));
}

/** The first `records` of a source, as far as there is room for them; at least one. */
async function write(file: string, source: Source, records: number): Promise<ValueSizes> {
  const target = openSync(file, 'wx', 0o600);
  let total = 0;
  let [least, most] = [Infinity, 0];
  let chunks: Uint8Array[] = [];
  let chunkBytes = 0;
  const flush = (): void => {
    const bytes = Buffer.concat(chunks);
    for (let at = 0; at < bytes.length;) at += writeSync(target, bytes, at);
    chunks = [];
    chunkBytes = 0;
  };
  try {
    for (let record = 0; record < records && (record === 0 || total < MOST_BYTES); record++) {
      const { current } = source;
      const bytes = current?.length ?? 0;
      least = Math.min(least, bytes);
      most = Math.max(most, bytes);
      const length = Buffer.alloc(LENGTH_BYTES);
      length.writeInt32BE(current === null ? -1 : current.length);
      chunks.push(length, Buffer.from(current ?? []));
      chunkBytes += LENGTH_BYTES + bytes;
      total += LENGTH_BYTES + bytes;
      if (chunkBytes >= CHUNK_BYTES) {
        flush();
        await othersTurn();
      }
      source.advance();
    }
    flush();
    return { least, most };
  } finally {
    closeSync(target);
  }
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
