// Produce requests, v3 to v13, written by hand around the batches: the request's own bytes go into
// the head- and tailroom of the slots, so that each batch leaves with what precedes it as one
// contiguous chunk. A test holds every version to protocol/apis/produce.ts. Called by the sender,
// once a request. Must never copy a batch.
//
//   Request => size i32, api i16 = 0, version i16, correlation i32, client id (i16 string), [tags],
//              transactional id (nullable), acks i16, timeout i32,
//              [topic: name | topic id (v13),
//                [partition: index i32, records, tags], tags], tags
//   (strings, arrays and records compact and tags present from v9 on)
import type { BatchTopic } from '../batching/batch-life.js';
import type { RecordBatch } from '../batching/format/record-batch.js';
import { uvarintBytes, writeUvarint } from '../../wire/index.js';

const FLEXIBLE_FROM = 9;
const TOPIC_IDS_FROM = 13;
/** Tags of the last partition, of its topic and of the request. */
export const PRODUCE_TAILROOM_BYTES = 3;
const LAST_TAGS = Buffer.alloc(PRODUCE_TAILROOM_BYTES);
export const PRODUCE_VERSIONS = [3, 13] as const;

/** Upper bound of what precedes a batch in its chunk. */
export function produceHeadroomBytes(
  clientId: string,
  transactionalId: string | null = null,
): number {
  return (
    4 + // size
    8 + // api, version, correlation
    2 +
    Buffer.byteLength(clientId) + // client id
    1 + // header tags
    5 + // length of the transactional id
    Buffer.byteLength(transactionalId ?? '') +
    6 + // acks, timeout
    5 + // topic count
    (5 + 249) + // topic name at its longest, more than a topic id
    5 + // partition count
    4 +
    5 + // partition index, length of the records
    2 // tags of the partition and topic before
  );
}

export class ProduceRequestWriter {
  /** Chunks of the last request, in order; valid until the next write. */
  readonly chunks: Buffer[] = [];
  private readonly clientIdBytes: Buffer;
  private readonly transactionalIdBytes: Buffer | null;

  constructor(
    clientId: string,
    private readonly acks: number,
    private readonly timeoutMs: number,
    transactionalId: string | null = null,
  ) {
    this.clientIdBytes = Buffer.from(clientId);
    this.transactionalIdBytes = transactionalId === null ? null : Buffer.from(transactionalId);
  }

  /**
   * Writes the request of `count` sealed batches and fills `chunks`. Batches of one topic must
   * stand together (see groupByTopic). Returns the bytes of the whole frame.
   */
  write(
    version: number,
    correlationId: number,
    batches: readonly RecordBatch[],
    count: number,
  ): number {
    const flexible = version >= FLEXIBLE_FROM;
    let topicCount = 0;
    for (let i = 0; i < count; i++) if (startsTopic(batches, i)) topicCount++;
    let total = 0;
    for (let i = 0; i < count; i++)
      total += this.headBytes(version, batches, i, count, topicCount) + batches[i].bytes;
    if (flexible) total += PRODUCE_TAILROOM_BYTES;
    let chunks = 0;
    for (let i = 0; i < count; i++) {
      const batch = batches[i];
      const { buffer, start } = batch.slot;
      const head = this.headBytes(version, batches, i, count, topicCount);
      let at = start - head;
      if (i === 0)
        at = this.writeRequestHead(buffer, at, version, correlationId, total, topicCount);
      else if (flexible) {
        buffer[at++] = 0; // tags of the partition before
        if (startsTopic(batches, i)) buffer[at++] = 0; // tags of the topic before
      }
      if (startsTopic(batches, i))
        at = writeTopicHead(buffer, at, version, topicOf(batch), partitionsFrom(batches, i, count));
      buffer.writeInt32BE(batch.partitionState.index, at);
      at += 4;
      if (flexible) writeUvarint(buffer, at, batch.bytes + 1);
      else buffer.writeInt32BE(batch.bytes, at);
      const { body } = batch;
      let end = batch.end;
      if (flexible && i === count - 1 && body === null) {
        buffer[end++] = 0;
        buffer[end++] = 0;
        buffer[end++] = 0;
      }
      this.chunks[chunks++] = batch.slot.view(start - head, end);
      // Compressed records in memory of the codec's: one more chunk of the same write.
      if (body !== null) this.chunks[chunks++] = body;
    }
    if (flexible && batches[count - 1].body !== null) this.chunks[chunks++] = LAST_TAGS;
    this.chunks.length = chunks;
    return total;
  }

  private headBytes(
    version: number,
    batches: readonly RecordBatch[],
    i: number,
    count: number,
    topicCount: number,
  ): number {
    const flexible = version >= FLEXIBLE_FROM;
    const batch = batches[i];
    const first = startsTopic(batches, i);
    let bytes = 4 + (flexible ? uvarintBytes(batch.bytes + 1) : 4);
    if (first) {
      const { nameBytes } = topicOf(batch);
      if (version >= TOPIC_IDS_FROM) bytes += 16;
      else
        bytes += flexible
          ? uvarintBytes(nameBytes.length + 1) + nameBytes.length
          : 2 + nameBytes.length;
      bytes += flexible ? uvarintBytes(partitionsFrom(batches, i, count) + 1) : 4;
    }
    if (i > 0) return bytes + (flexible ? (first ? 2 : 1) : 0);
    const idBytes = this.transactionalIdBytes === null ? 0 : this.transactionalIdBytes.length;
    bytes += 4 + 8 + 2 + this.clientIdBytes.length + idBytes + 6;
    if (!flexible) return bytes + 2 + 4;
    const idLengthBytes = this.transactionalIdBytes === null ? 1 : uvarintBytes(idBytes + 1);
    return bytes + 1 + idLengthBytes + uvarintBytes(topicCount + 1);
  }

  private writeRequestHead(
    buffer: Buffer,
    at: number,
    version: number,
    correlationId: number,
    total: number,
    topicCount: number,
  ): number {
    const flexible = version >= FLEXIBLE_FROM;
    buffer.writeInt32BE(total - 4, at);
    buffer.writeInt16BE(0, at + 4);
    buffer.writeInt16BE(version, at + 6);
    buffer.writeInt32BE(correlationId, at + 8);
    buffer.writeInt16BE(this.clientIdBytes.length, at + 12);
    buffer.set(this.clientIdBytes, at + 14);
    at += 14 + this.clientIdBytes.length;
    if (flexible) buffer[at++] = 0; // header tags
    const transactionalId = this.transactionalIdBytes;
    if (flexible)
      at = writeUvarint(buffer, at, transactionalId === null ? 0 : transactionalId.length + 1);
    else at = buffer.writeInt16BE(transactionalId === null ? -1 : transactionalId.length, at);
    if (transactionalId !== null) {
      buffer.set(transactionalId, at);
      at += transactionalId.length;
    }
    buffer.writeInt16BE(this.acks, at);
    buffer.writeInt32BE(this.timeoutMs, at + 2);
    at += 6;
    if (flexible) return writeUvarint(buffer, at, topicCount + 1);
    buffer.writeInt32BE(topicCount, at);
    return at + 4;
  }
}

const topicOf = (batch: RecordBatch) => batch.partitionState.topic;

const startsTopic = (batches: readonly RecordBatch[], i: number) =>
  i === 0 || topicOf(batches[i]) !== topicOf(batches[i - 1]);

function partitionsFrom(batches: readonly RecordBatch[], i: number, count: number): number {
  let end = i + 1;
  while (end < count && !startsTopic(batches, end)) end++;
  return end - i;
}

function writeTopicHead(
  buffer: Buffer,
  at: number,
  version: number,
  topic: BatchTopic,
  partitions: number,
): number {
  const flexible = version >= FLEXIBLE_FROM;
  if (version >= TOPIC_IDS_FROM) {
    buffer.set(topic.id!, at);
    at += 16;
  } else {
    if (flexible) at = writeUvarint(buffer, at, topic.nameBytes.length + 1);
    else {
      buffer.writeInt16BE(topic.nameBytes.length, at);
      at += 2;
    }
    buffer.set(topic.nameBytes, at);
    at += topic.nameBytes.length;
  }
  if (flexible) return writeUvarint(buffer, at, partitions + 1);
  buffer.writeInt32BE(partitions, at);
  return at + 4;
}

/**
 * Brings batches of one topic together, keeping the order otherwise: a drain that starts in the
 * middle may split a topic.
 */
export function groupByTopic(batches: RecordBatch[], count: number): void {
  let runs = 0;
  for (let i = 0; i < count; i++) if (startsTopic(batches, i)) runs++;
  if (runs < 3) return; // one or two runs cannot split a topic
  const order = new Map<BatchTopic, number>();
  for (let i = 0; i < count; i++)
    if (!order.has(topicOf(batches[i]))) order.set(topicOf(batches[i]), order.size);
  const sorted = batches
    .slice(0, count)
    .sort((a, b) => order.get(topicOf(a))! - order.get(topicOf(b))!);
  for (let i = 0; i < count; i++) batches[i] = sorted[i]!;
}
