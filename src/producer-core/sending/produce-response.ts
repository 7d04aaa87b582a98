// Produce responses, v3 to v13, read by hand: nothing is allocated for a partition that went well.
// A test holds every version to protocol/apis/produce.ts. Called by the sender, once a response;
// tells each partition's outcome to a sink.
import { WireError, type WireReader } from '../../wire/index.js';
import type { RefusedRecord } from '../batching/batch-view.js';
import type { LeaderHint, NodeAddress } from '../cluster/leader-hint.js';
import type { RecordBatch } from '../batching/format/record-batch.js';
import { ERROR, errorCodeFrom, type ErrorCode } from '../../wire/error-codes.js';

const FLEXIBLE_FROM = 9;
const TOPIC_IDS_FROM = 13;
/** The one error that the start of the broker's log matters to. */

/** On the heap, once the node is known for it. */
const ENDPOINT_BYTES = 400;
const REFUSED_BYTES = 64;

export interface ProduceResponseSink<Batch = RecordBatch> {
  /**
   * Called once for each batch of the request that the response tells of. `offset` is -1 where
   * there is none.
   */
  partitionAnswered(
    batch: Batch,
    errorCode: ErrorCode,
    offset: number,
    message: string | null,
    hint: LeaderHint | null,
  ): void;
  nodeEndpoints(endpoints: readonly NodeAddress[]): void;
}

/**
 * Reads one response whose correlation id was already read. `batches` are the request's; each
 * partition must be one of them, else WireError. Returns throttle_time_ms.
 */
export function readProduceResponse<Batch extends RecordBatch>(
  reader: WireReader,
  version: number,
  batches: readonly Batch[],
  count: number,
  sink: ProduceResponseSink<Batch>,
): number {
  const flexible = version >= FLEXIBLE_FROM;
  if (flexible) reader.skipTags();
  let expected = 0;
  for (let topics = reader.length(flexible, false); topics > 0; topics--) {
    const nameBytes = version >= TOPIC_IDS_FROM ? 16 : reader.length(flexible, true);
    const nameAt = reader.position;
    reader.skip(nameBytes);
    for (let partitions = reader.length(flexible, false); partitions > 0; partitions--) {
      const index = reader.int32();
      const batch = find(
        reader.buffer,
        nameAt,
        nameBytes,
        version,
        index,
        batches,
        count,
        expected,
      );
      expected++;
      const errorCode = errorCodeFrom(reader.int16());
      const offset = reader.int64AsNumber();
      batch.noteAppendTime(reader.int64AsNumber());
      if (version >= 5) {
        if (errorCode === ERROR.UNKNOWN_PRODUCER_ID) batch.noteLogStart(reader.int64AsNumber());
        else reader.skip(8);
      }
      let message: string | null = null;
      if (version >= 8) {
        const refused = readRefused(reader, flexible);
        batch.noteRefused(refused);
        message =
          readText(reader, flexible) ??
          refused?.find((record) => record.message !== null)?.message ??
          null;
      }
      const hint = flexible ? readLeaderHint(reader) : null;
      sink.partitionAnswered(batch, errorCode, offset, message, hint);
    }
    if (flexible) reader.skipTags();
  }
  const throttleMs = reader.int32();
  if (flexible) readEndpoints(reader, sink);
  return throttleMs;
}

function find<Batch extends RecordBatch>(
  buffer: Buffer,
  nameAt: number,
  nameBytes: number,
  version: number,
  index: number,
  batches: readonly Batch[],
  count: number,
  expected: number,
): Batch {
  // Brokers mostly answer in the order of the request, but need not.
  for (let tried = 0; tried < count; tried++) {
    const batch = batches[(expected + tried) % count];
    const { topic } = batch.partitionState;
    const name = version >= TOPIC_IDS_FROM ? batch.topicId! : topic.nameBytes;
    if (batch.partitionState.index === index && sameBytes(buffer, nameAt, nameBytes, name))
      return batch;
  }
  throw new WireError(
    `ProduceResponse v${version} tells of partition ${index} of a topic that was ` +
      'not in the request',
  );
}

function sameBytes(buffer: Buffer, at: number, length: number, name: Buffer): boolean {
  if (name.length !== length) return false;
  for (let i = 0; i < length; i++) if (buffer[at + i] !== name[i]) return false;
  return true;
}

/** RecordErrors (v8+): null where there are none. */
function readRefused(reader: WireReader, flexible: boolean): readonly RefusedRecord[] | null {
  let left = reader.length(flexible, false);
  if (left <= 0) return null;
  const refused: RefusedRecord[] = [];
  for (; left > 0; left--) {
    reader.charge(REFUSED_BYTES);
    refused.push({ index: reader.int32(), message: readText(reader, flexible) });
    if (flexible) reader.skipTags();
  }
  return refused;
}

function readText(reader: WireReader, flexible: boolean): string | null {
  const length = reader.length(flexible, true);
  return length < 0 ? null : reader.utf8(length);
}

/** Partition tags: 0 is CurrentLeader (v10+). */
function readLeaderHint(reader: WireReader): LeaderHint | null {
  let hint: LeaderHint | null = null;
  for (let tags = reader.uvarint(); tags > 0; tags--) {
    const tag = reader.uvarint();
    const bytes = reader.uvarint();
    const end = reader.position + bytes;
    if (tag === 0 && bytes >= 8) hint = { leaderId: reader.int32(), leaderEpoch: reader.int32() };
    reader.skip(end - reader.position);
  }
  return hint;
}

/** Response tags: 0 is NodeAddresss (v10+). */
function readEndpoints(reader: WireReader, sink: ProduceResponseSink<never>): void {
  for (let tags = reader.uvarint(); tags > 0; tags--) {
    const tag = reader.uvarint();
    const bytes = reader.uvarint();
    const end = reader.position + bytes;
    if (tag === 0) {
      const endpoints: NodeAddress[] = [];
      for (let left = reader.length(true, false); left > 0; left--) {
        const nodeId = reader.int32();
        const host = readText(reader, true) ?? '';
        reader.charge(ENDPOINT_BYTES);
        const port = reader.int32();
        const rack = readText(reader, true);
        reader.skipTags();
        endpoints.push({ nodeId, host, port, rack });
      }
      sink.nodeEndpoints(endpoints);
    }
    reader.skip(end - reader.position);
  }
}
