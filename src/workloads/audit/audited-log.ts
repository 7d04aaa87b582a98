// What the audit needs of the log that it reads back: where it begins and ends, and its records in
// order. Implemented over reader/ in read-log.ts; tests have logs of their own.

/** Of one partition. */
export interface LogBounds {
  readonly earliest: number;
  /** The high watermark: behind the last record that every in-sync replica has. */
  readonly latest: number;
  /** The last stable offset: what lies behind it is of an open transaction, or waits for one. */
  readonly stable: number;
}

/** `length` -1: the record has no value. The bytes are valid within the call only. */
export type OnRecord = (
  partition: number,
  offset: number,
  bytes: Uint8Array,
  start: number,
  length: number,
) => void;

export interface ReadRequest {
  readonly isolation: 'read_uncommitted' | 'read_committed';
  /** By partition; `to` is exclusive. Nothing is read where they are the same. */
  readonly from: readonly number[];
  readonly to: readonly number[];
  readonly onRecord: OnRecord;
  /** Offsets `from` to `to` - 1 are in a batch that cannot be taken apart. */
  readonly onUnreadable: (partition: number, from: number, to: number) => void;
  readonly signal: AbortSignal;
}

export interface ReadOutcome {
  /** By partition: offsets that were asked for and that the log no longer had. */
  readonly gone: readonly number[];
}

export interface AuditedLog {
  /** Of each partition, from 0 on. Waits for leaders. */
  bounds(signal: AbortSignal): Promise<readonly LogBounds[]>;
  read(request: ReadRequest): Promise<ReadOutcome>;
  close(): void;
}
