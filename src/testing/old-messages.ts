// Messages of before Kafka 0.11 as old clients wrote them (magic 0 and 1), single and wrapped.
// Written from org.apache.kafka.common.record.LegacyRecord, not from the reader. Tests only.
import { crc32 } from 'node:zlib';

export interface OldMessage {
  readonly offset: number;
  readonly magic: 0 | 1;
  readonly key: string | null;
  readonly value: Buffer | null;
  /** Magic 1 only. */
  readonly timestamp?: number;
  /** Codec (bits 0 to 2), log append time (8). */
  readonly attributes?: number;
}

export function oldMessage(message: OldMessage): Buffer {
  const { offset, magic, key, value, timestamp = 1_000_000 + offset, attributes = 0 } = message;
  const field = (bytes: Buffer | null): Buffer => {
    const length = Buffer.alloc(4);
    length.writeInt32BE(bytes?.length ?? -1);
    return Buffer.concat([length, bytes ?? Buffer.alloc(0)]);
  };
  const time = Buffer.alloc(magic === 1 ? 8 : 0);
  if (magic === 1) time.writeBigInt64BE(BigInt(timestamp));
  const covered = Buffer.concat([
    Buffer.from([magic, attributes]),
    ...[time, field(key === null ? null : Buffer.from(key)), field(value)],
  ]);
  const head = Buffer.alloc(16);
  head.writeBigInt64BE(BigInt(offset), 0);
  head.writeInt32BE(4 + covered.length, 8);
  head.writeUInt32BE(crc32(covered), 12);
  return Buffer.concat([head, covered]);
}

/**
 * One message whose value is a compressed set of others. With magic 1 the offsets within are
 * relative to the first; the wrapper has the last one's.
 */
export function oldWrapper(
  messages: readonly OldMessage[],
  codec: { readonly id: number; readonly compress: (bytes: Buffer) => Buffer },
  with_: { readonly attributes?: number; readonly timestamp?: number } = {},
): Buffer {
  const { magic } = messages[0];
  const base = magic === 1 ? messages[0].offset : 0;
  const inner = messages.map((message) =>
    oldMessage({
      timestamp: 1_000_000 + message.offset,
      ...message,
      offset: message.offset - base,
    }),
  );
  return oldMessage({
    ...{ offset: messages.at(-1)!.offset, magic, key: null },
    value: codec.compress(Buffer.concat(inner)),
    ...with_,
    attributes: codec.id | (with_.attributes ?? 0),
  });
}
