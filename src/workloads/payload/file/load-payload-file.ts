// A payload file -> its records in memory that all workers share. Small files whole; of larger ones
// an even, seeded sample. Called by sweep when it plans (for what the file holds) and by
// payload-of-run (for the values); the last ones stay loaded, so that a file is read once a sweep.
// Blocks while it reads.
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import path from 'node:path';
import { ConfigurationError } from '../../../base/errors.js';
import { formatBytes } from '../../../base/units.js';
import type { PayloadContent, PayloadFile } from '../../../contract/settings.js';
import { FramingError, MAX_RECORD_BYTES, type Framing } from './framing.js';
import { framingOf, separatorOf, usesHeader } from './payload-defaults.js';
import { RecordCollector } from './record-collector.js';
import { keyOfRecord, RecordKeyError, type KeyOfRecord } from './record-key.js';
import type { StoredRecords, StoredRecordsBuilder } from './stored-records.js';

const MIB = 1024 * 1024;
/** Files up to this are used whole; of larger ones a sample of this size. */
const DEFAULT_SAMPLE_BYTES = 256 * MIB;
const WINDOW_BYTES = 4 * MIB;
/** Loaded files that are kept for the next run. */
const KEPT_BYTES = 1024 * MIB;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** Plain data: may go to threads. */
export interface LoadedPayload {
  readonly content: PayloadContent;
  readonly values: StoredRecords;
  /** Null without a key field or column; otherwise one for each value. */
  readonly keys: StoredRecords | null;
}

export interface PayloadRequest {
  readonly payload: PayloadFile;
  /** Bytes of a slice; null where records have their own sizes. */
  readonly valueBytes: number | null;
  /** Relative paths start here. */
  readonly folder: string;
  readonly seed: number;
}

const loaded = new Map<string, LoadedPayload>();

/** Throws ConfigurationError with file and place where it cannot be used. */
export function loadPayloadFile(request: PayloadRequest): LoadedPayload {
  const { payload, valueBytes, folder, seed } = request;
  const file = path.resolve(folder, payload.file);
  const descriptor = open(file, payload.file);
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) refuse(payload, 'is not a file', WHERE);
    if (stat.size === 0) refuse(payload, 'is empty', 'give a file with records in it');
    const asked = { ...payload, content: undefined };
    const sample = stat.size > (payload.sampleBytes ?? DEFAULT_SAMPLE_BYTES) ? seed : null;
    const key = JSON.stringify([
      file,
      stat.size,
      stat.mtimeMs,
      stat.ino,
      asked,
      valueBytes,
      sample,
    ]);
    const known = loaded.get(key) ?? new Reading(descriptor, stat.size, request, sample).load();
    keep(key, known);
    return known;
  } catch (error) {
    if (error instanceof RecordKeyError) refuse(payload, error.message, KEY_REMEDY);
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

/** Throws where the file is no longer what the plan was made for. */
export function checkUnchanged({ payload }: PayloadRequest, { content }: LoadedPayload): void {
  if (payload.content === undefined || payload.content.sha256 === content.sha256) return;
  refuse(
    payload,
    'has changed since the sweep was planned',
    'start a new sweep: its runs would not compare',
  );
}

const WHERE = "correct the path; it is relative to the folder of the sweep's file";
const KEY_REMEDY = 'correct key: {field: ...} or {column: ...}, or leave it out';

function refuse({ file }: PayloadFile, what: string, remedy: string): never {
  throw new ConfigurationError(`payload file ${file} ${what}`, remedy);
}

function open(file: string, shown: string): number {
  try {
    return openSync(file, 'r');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const what =
      code === 'ENOENT'
        ? `there is no ${file}`
        : `payload file ${shown} cannot be read (${code ?? ''})`;
    throw new ConfigurationError(what, WHERE);
  }
}

/** The last ones loaded, as far as they fit. */
function keep(key: string, payload: LoadedPayload): void {
  loaded.delete(key);
  loaded.set(key, payload);
  let bytes = 0;
  for (const [each, { values }] of [...loaded].reverse()) {
    bytes += values.bytes.byteLength;
    if (bytes > KEPT_BYTES && each !== key) loaded.delete(each);
  }
}

/** One pass over one file. */
class Reading {
  private readonly framing: Framing;
  private readonly collector: RecordCollector;
  private readonly hash = createHash('sha256');
  private window = Buffer.alloc(WINDOW_BYTES);
  /** Bytes in the window, and where in the file it begins. */
  private filled = 0;
  private windowAt = 0;
  private emptyLeftOut = 0;
  private left = 0;
  private header: Buffer | null = null;
  private key: KeyOfRecord | null = null;
  private keyReady = false;

  constructor(
    private readonly descriptor: number,
    private readonly fileBytes: number,
    private readonly request: PayloadRequest,
    private readonly sampleSeed: number | null,
  ) {
    const { payload, valueBytes } = request;
    this.framing = framingOf(payload, valueBytes);
    const sampleBytes = payload.sampleBytes ?? DEFAULT_SAMPLE_BYTES;
    this.collector = new RecordCollector(
      fileBytes,
      sampleSeed === null ? null : sampleBytes,
      sampleSeed ?? 0,
    );
  }

  load(): LoadedPayload {
    for (let last = false; !last;) {
      last = this.fill();
      const rest = this.takeRecords(last);
      this.window.copyWithin(0, rest, this.filled);
      this.windowAt += rest;
      this.filled -= rest;
    }
    this.left = this.filled;
    return this.finish();
  }

  /** True where the window now reaches the end of the file. */
  private fill(): boolean {
    if (this.filled === this.window.length) {
      if (this.filled > MAX_RECORD_BYTES) this.tooLong();
      const window = Buffer.alloc(this.window.length * 2);
      this.window.copy(window);
      this.window = window;
    }
    while (this.filled < this.window.length) {
      const room = this.window.length - this.filled;
      const read = readSync(this.descriptor, this.window, this.filled, room, null);
      if (read === 0) return true;
      if (this.sampleSeed === null)
        this.hash.update(this.window.subarray(this.filled, this.filled + read));
      this.filled += read;
    }
    return false;
  }

  /** Takes in the whole records of the window; returns where the first that is not begins. */
  private takeRecords(last: boolean): number {
    const { framing, request } = this;
    const window = this.window.subarray(0, this.filled);
    let at = 0;
    if (this.windowAt === 0 && framing.isText && window.indexOf(BYTE_ORDER_MARK) === 0) at = 3;
    for (;;) {
      try {
        if (!framing.find(window, at, last)) return at;
        this.take(window.subarray(framing.start, framing.end));
      } catch (error) {
        if (error instanceof FramingError) {
          refuse(
            request.payload,
            `is not what it is taken for: the record at byte ${this.windowAt + at} ` +
              error.message,
            FORM,
          );
        }
        if (error instanceof RecordKeyError && this.keyReady) {
          throw new RecordKeyError(`${this.placeOf(at)} ${error.message}`, { cause: error });
        }
        throw error;
      }
      at = framing.next;
    }
  }

  private take(record: Buffer): void {
    const { framing, request, collector } = this;
    if (record.length === 0 && framing.skipsEmpty) {
      this.emptyLeftOut += 1;
      return;
    }
    if (record.length > MAX_RECORD_BYTES) this.tooLong();
    if (!this.keyReady) {
      const isHeader = usesHeader(request.payload);
      if (isHeader) this.header = Buffer.from(record);
      this.key = keyOfRecord(request.payload, this.header, separatorOf(request.payload));
      this.keyReady = true;
      if (isHeader) return;
    }
    collector.add(record, this.key);
  }

  private placeOf(at: number): string {
    const records = this.collector.seen + this.emptyLeftOut + (this.header === null ? 0 : 1);
    return `${this.framing.noun} ${records} (byte ${this.windowAt + at})`;
  }

  private tooLong(): never {
    return refuse(
      this.request.payload,
      `has a record of more than ${formatBytes(MAX_RECORD_BYTES)} at byte ${this.windowAt}`,
      'see that records says how the file is cut: lines, delimiter, length-prefixed or slices',
    );
  }

  private finish(): LoadedPayload {
    const { collector, request, sampleSeed } = this;
    const { values, keys, seen } = collector;
    const { payload, valueBytes } = request;
    if (seen === 0) this.refuseNone(valueBytes);
    const sizes = sizesOf(values);
    const withoutKey = this.key === null ? 0 : countNull(keys);
    if (this.key !== null && withoutKey === values.count) {
      const name = JSON.stringify(payload.key);
      refuse(
        payload,
        `has no record with a key at ${name}: the first is ${shown(values.bytesOf(0))}`,
        KEY_REMEDY,
      );
    }
    const storedKeys = this.key === null ? null : keys.finish();
    const content: PayloadContent = {
      fileBytes: this.fileBytes,
      sha256: sampleSeed === null ? this.hash.digest('hex') : hashOf(values),
      records: values.count,
      fileRecords: seen,
      sampleSeed,
      ...sizes,
      emptyLeftOut: this.emptyLeftOut,
      bytesLeftOut: this.left,
      withoutKey,
      longestKeyBytes: storedKeys?.longest ?? -1,
      firstIsJson: firstIsJson(values),
    };
    return { content, values: values.finish(), keys: storedKeys };
  }

  private refuseNone(valueBytes: number | null): never {
    const { payload } = this.request;
    if (valueBytes === null)
      return refuse(payload, 'has no record', 'give a file with records in it');
    return refuse(
      payload,
      `has ${this.fileBytes} bytes, fewer than workload.valueBytes ${formatBytes(valueBytes)}`,
      'lower workload.valueBytes, or give a larger file',
    );
  }
}

const FORM = 'see that records, prefix, separator and header say what the file is';

function sizesOf(values: StoredRecordsBuilder) {
  let [minBytes, maxBytes, total] = [Infinity, 0, 0];
  for (let record = 0; record < values.count; record++) {
    const length = values.lengthOf(record);
    minBytes = Math.min(minBytes, length);
    maxBytes = Math.max(maxBytes, length);
    total += length;
  }
  return { minBytes, meanBytes: total / values.count, maxBytes };
}

function countNull(keys: StoredRecordsBuilder): number {
  let none = 0;
  for (let record = 0; record < keys.count; record++) if (keys.lengthOf(record) === -1) none += 1;
  return none;
}

function hashOf(values: StoredRecordsBuilder): string {
  const hash = createHash('sha256');
  const length = Buffer.alloc(4);
  for (let record = 0; record < values.count; record++) {
    length.writeUInt32BE(values.lengthOf(record));
    hash.update(length).update(values.bytesOf(record));
  }
  return hash.digest('hex');
}

function shown(record: Uint8Array): string {
  return JSON.stringify(Buffer.from(record.slice(0, 120)).toString());
}

/** Whether the first value, which begins as JSON does, is JSON by itself. */
function firstIsJson(values: StoredRecordsBuilder): boolean | null {
  const first = Buffer.from(values.bytesOf(0)).toString().trim();
  if (!/^[[{]/.test(first)) return null;
  try {
    JSON.parse(first);
    return true;
  } catch {
    return false;
  }
}
