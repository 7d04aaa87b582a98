// What a member of a consumer group tells its run, over a pipe: frames of a length, a kind and a
// body. Records are told in bulk, by the bytes of their stamps. The same whatever language the
// member is written in. Used by the members of ours and by group-member.ts.
//
//   Frame   => length kind body          length: UINT32, of kind and body; big-endian throughout
//   kind 0  => JSON                      an event, see MemberEvent
//   kind 1  => partition receivedMs next end records
//     partition  => UINT32
//     receivedMs => FLOAT64   on the machine's monotonic clock, of the member
//     next       => FLOAT64   where the partition is read on
//     end        => FLOAT64   where its log ended; NaN where the client does not say
//     records    => BYTES     16 each: the first bytes of a value; zeros where it is shorter
import { STAMP_BYTES } from '../../audit/stamp.js';

export const FRAME = { event: 0, records: 1 } as const;
const LENGTH_BYTES = 4;
const RECORDS_HEAD_BYTES = 4 + 3 * 8;
/** No answer of a fetch has so many records. */
const MAX_FRAME_BYTES = 256 * 1024 * 1024;

export type MemberEvent =
  /** It has partitions now, maybe none; `tookMs`: the rebalance, where the client says. */
  | { readonly event: 'assigned'; readonly partitions: readonly number[]; readonly tookMs?: number }
  | { readonly event: 'revoked' }
  | { readonly event: 'pong'; readonly nonce: number; readonly clockMs: number }
  /** It cannot go on. */
  | { readonly event: 'failed'; readonly message: string };

/**
 * What a member is started with: the first line of its stdin. It is ready then, and joins its group
 * when the line `join` comes.
 */
export interface MemberOrder {
  readonly bootstrap: readonly string[];
  readonly topic: string;
  readonly group: string;
  readonly clientId: string;
  readonly isolation: 'read_uncommitted' | 'read_committed';
  /** From the topic's beginning where the group has committed nothing; else from its end. */
  readonly fromBeginning: boolean;
  /** Consumer settings under Java's names, as far as they are set. */
  readonly properties: Readonly<Record<string, string | number | boolean>>;
}

export function eventFrame(event: MemberEvent): Buffer {
  const body = Buffer.from(JSON.stringify(event));
  const frame = Buffer.allocUnsafe(LENGTH_BYTES + 1 + body.length);
  frame.writeUInt32BE(1 + body.length, 0);
  frame[LENGTH_BYTES] = FRAME.event;
  frame.set(body, LENGTH_BYTES + 1);
  return frame;
}

export interface ReceivedRecords {
  readonly partition: number;
  readonly receivedMs: number;
  readonly next: number;
  readonly end: number;
}

export function recordsFrame(
  { partition, receivedMs, next, end }: ReceivedRecords,
  values: readonly (Uint8Array | null)[],
): Buffer {
  const bodyBytes = RECORDS_HEAD_BYTES + values.length * STAMP_BYTES;
  const frame = Buffer.alloc(LENGTH_BYTES + 1 + bodyBytes);
  frame.writeUInt32BE(1 + bodyBytes, 0);
  frame[LENGTH_BYTES] = FRAME.records;
  let at = frame.writeUInt32BE(partition, LENGTH_BYTES + 1);
  for (const each of [receivedMs, next, end]) at = frame.writeDoubleBE(each, at);
  for (const value of values) {
    if (value !== null && value.length >= STAMP_BYTES)
      frame.set(value.subarray(0, STAMP_BYTES), at);
    at += STAMP_BYTES;
  }
  return frame;
}

export interface FrameVisitor {
  onEvent(event: MemberEvent): void;
  /** `bytes` from `at` on are the stamps of `count` records; valid within the call only. */
  onRecords(head: ReceivedRecords, bytes: Buffer, at: number, count: number): void;
  /** What is no frame: nothing after it is read. */
  onRubbish(): void;
}

/** Takes the pieces of a pipe apart. */
export class FrameParser {
  private rest: Buffer = Buffer.alloc(0);
  private broken = false;

  constructor(private readonly visitor: FrameVisitor) {}

  push(piece: Buffer): void {
    if (this.broken) return;
    const bytes = this.rest.length === 0 ? piece : Buffer.concat([this.rest, piece]);
    let at = 0;
    while (bytes.length - at >= LENGTH_BYTES && !this.broken) {
      const length = bytes.readUInt32BE(at);
      if (length < 1 || length > MAX_FRAME_BYTES) this.giveUp();
      if (this.broken || bytes.length - at - LENGTH_BYTES < length) break;
      this.frame(bytes, at + LENGTH_BYTES, length);
      at += LENGTH_BYTES + length;
    }
    this.rest = bytes.subarray(at);
  }

  private frame(bytes: Buffer, at: number, length: number): void {
    const body = at + 1;
    if (bytes[at] === FRAME.event) this.event(bytes.toString('utf8', body, at + length));
    else if (bytes[at] !== FRAME.records || length < 1 + RECORDS_HEAD_BYTES) this.giveUp();
    else {
      const partition = bytes.readUInt32BE(body);
      const receivedMs = bytes.readDoubleBE(body + 4);
      const next = bytes.readDoubleBE(body + 12);
      const end = bytes.readDoubleBE(body + 20);
      const count = Math.floor((length - 1 - RECORDS_HEAD_BYTES) / STAMP_BYTES);
      const head = { partition, receivedMs, next, end };
      this.visitor.onRecords(head, bytes, body + RECORDS_HEAD_BYTES, count);
    }
  }

  private event(json: string): void {
    try {
      this.visitor.onEvent(JSON.parse(json) as MemberEvent);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      this.giveUp();
    }
  }

  private giveUp(): void {
    this.broken = true;
    this.visitor.onRubbish();
  }
}
