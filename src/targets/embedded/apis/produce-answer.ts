// A produce response, versions 3 to 13, written by hand behind what the connection's output buffer
// holds already. Called by produce.ts; held to the table (apis/produce.ts) by its test. Must never
// allocate for a response without errors.
//
//   size int32 · correlationId int32 · tags (v9+) · responses (compact) array of
//     { name string (v0-12) | topicId uuid (v13+) · partitions (compact) array of
//         { index int32 · errorCode int16 · baseOffset int64 · logAppendTimeMs int64
//           · logStartOffset int64 (v5+)
//           · recordErrors (compact) array (v8+) · errorMessage (compact) nullable string (v8+)
//           · tags (v9+): 0 currentLeader (v10+) }
//       · tags (v9+) } · throttleTimeMs int32 · tags (v9+): 0 nodeEndpoints (v10+)
import { writeInt64At } from '../../../wire/index.js';
import type { BrokerAddress } from '../cluster.js';
import type { OutputBuffer } from '../server/output-buffer.js';
import type { ErrorCode } from '../../../wire/error-codes.js';

/**
 * Most that one partition takes: index 4 + error 2 + three int64 24 + recordErrors 4 + message 2 +
 * MESSAGE_BYTES + tags: count 1, tag 1, size 1, leader 4, epoch 4, inner tags 1.
 */
const MESSAGE_BYTES = 200;
const PARTITION_BYTES = 4 + 2 + 24 + 4 + 2 + MESSAGE_BYTES + 12;
/** Most that a node endpoint takes: id 4 + host length 2 + host 255 + port 4 + rack 1 + tags 1. */
const ENDPOINT_BYTES = 4 + 2 + 255 + 4 + 1 + 1;
/** Array count 5 or 4, and tags 1. */
const ARRAY_BYTES = 6;

export class ProduceResponseWriter {
  /** Bytes of the response written last, size prefix included. */
  frameBytes = 0;
  private out!: OutputBuffer;
  private version = 0;
  private pendingBefore = 0;
  private flexible = false;

  begin(out: OutputBuffer, version: number, correlationId: number, topics: number): void {
    this.out = out;
    this.version = version;
    this.flexible = version >= 9;
    this.pendingBefore = out.pending;
    out.reserve(9 + ARRAY_BYTES);
    this.int32(0);
    this.int32(correlationId);
    if (this.flexible) this.byte(0);
    this.count(topics);
  }

  /** `source[at, at + bytes)` are the request's own bytes of the topic's name or id. */
  topic(source: Buffer, at: number, bytes: number, partitions: number): void {
    this.out.reserve(bytes + 4 + ARRAY_BYTES);
    if (this.version < 13) {
      if (this.flexible) this.uvarint(bytes + 1);
      else this.int16(bytes);
    }
    this.out.position += source.copy(this.out.bytes, this.out.position, at, at + bytes);
    this.count(partitions);
  }

  /** `leader` (with its epoch) is told from version 10 on, where it is not null (KIP-951). */
  partition(
    index: number,
    errorCode: ErrorCode,
    baseOffset: number,
    logAppendTimeMs: number,
    logStartOffset: number,
    message: string | null,
    leader: { readonly leader: number; readonly leaderEpoch: number } | null,
  ): void {
    this.out.reserve(PARTITION_BYTES);
    this.int32(index);
    this.int16(errorCode);
    this.int64(baseOffset);
    this.int64(logAppendTimeMs);
    if (this.version >= 5) this.int64(logStartOffset);
    if (this.version >= 8) {
      this.count(0);
      this.nullableString(message);
    }
    if (!this.flexible) return;
    if (leader === null || this.version < 10) {
      this.byte(0);
      return;
    }
    this.byte(1); // one tagged field
    this.byte(0); // its tag
    this.byte(9); // its bytes
    this.int32(leader.leader);
    this.int32(leader.leaderEpoch);
    this.byte(0);
  }

  endTopic(): void {
    if (this.flexible) this.byte(0);
  }

  end(throttleTimeMs: number, endpoints: readonly BrokerAddress[]): void {
    this.out.reserve(4 + ARRAY_BYTES + 8 + endpoints.length * ENDPOINT_BYTES);
    this.int32(throttleTimeMs);
    if (this.flexible) {
      if (endpoints.length === 0 || this.version < 10) this.byte(0);
      else this.nodeEndpoints(endpoints);
    }
    this.frameBytes = this.out.pending - this.pendingBefore;
    this.out.bytes.writeInt32BE(this.frameBytes - 4, this.out.position - this.frameBytes);
  }

  private nodeEndpoints(endpoints: readonly BrokerAddress[]): void {
    const field = Buffer.allocUnsafe(ARRAY_BYTES + endpoints.length * ENDPOINT_BYTES);
    let at = putUvarint(field, 0, endpoints.length + 1);
    for (const { id, host, port } of endpoints) {
      const hostBytes = Math.min(255, Buffer.byteLength(host));
      at = field.writeInt32BE(id, at);
      at = putUvarint(field, at, hostBytes + 1);
      at += field.write(host, at, hostBytes);
      at = field.writeInt32BE(port, at);
      field[at++] = 0; // rack: null
      field[at++] = 0;
    }
    this.byte(1);
    this.byte(0);
    this.uvarint(at);
    this.out.position += field.copy(this.out.bytes, this.out.position, 0, at);
  }

  private nullableString(text: string | null): void {
    if (text === null) {
      if (this.flexible) this.byte(0);
      else this.int16(-1);
      return;
    }
    const bytes = Buffer.from(text).subarray(0, MESSAGE_BYTES);
    if (this.flexible) this.uvarint(bytes.length + 1);
    else this.int16(bytes.length);
    this.out.position += bytes.copy(this.out.bytes, this.out.position);
  }

  private count(count: number): void {
    if (this.flexible) this.uvarint(count + 1);
    else this.int32(count);
  }
  private uvarint(value: number): void {
    this.out.position = putUvarint(this.out.bytes, this.out.position, value);
  }
  private byte(value: number): void {
    this.out.bytes[this.out.position++] = value;
  }
  private int16(value: number): void {
    this.out.position = this.out.bytes.writeInt16BE(value, this.out.position);
  }
  private int32(value: number): void {
    this.out.position = this.out.bytes.writeInt32BE(value, this.out.position);
  }
  private int64(value: number): void {
    writeInt64At(this.out.bytes, this.out.position, value);
    this.out.position += 8;
  }
}

function putUvarint(buffer: Buffer, at: number, value: number): number {
  let rest = value;
  let position = at;
  for (; rest >= 0x80; rest >>>= 7) buffer[position++] = (rest & 0x7f) | 0x80;
  buffer[position++] = rest;
  return position;
}
