// Message formats of before Kafka 0.11 (magic 0 and 1), as 3.x brokers may still hold them: single
// messages, and wrappers with a compressed set of them in the value. Called by record-batches.ts.
//
//   offset i64, size i32, crc u32 (of all behind it), magic i8, attributes i8,
//   [magic 1: timestamp i64], key i32 length + bytes, value i32 length + bytes
import * as zlib from 'node:zlib';
import { decompressRecords } from '../wire/codecs/index.js';
import { CODEC_MASK, int64At, LOG_APPEND_TIME } from '../wire/index.js';
import type { Walk } from './walk.js';

const OVERHEAD = 12;

interface Message {
  readonly offset: number;
  readonly magic: number;
  readonly attributes: number;
  readonly timestampMs: number;
  readonly keyAt: number;
  readonly keyBytes: number;
  readonly valueAt: number;
  readonly valueBytes: number;
  readonly end: number;
}

/** Why it cannot be read; null when it was told. */
export function visitLegacy(
  bytes: Buffer,
  at: number,
  size: number,
  magic: number,
  walk: Walk,
): string | null {
  const outer = messageAt(bytes, at, at + size, magic);
  if (typeof outer === 'string') return outer;
  const codec = outer.attributes & CODEC_MASK;
  if (codec === 0) {
    tell(bytes, outer, outer.offset, outer.timestampMs, walk);
    return null;
  }
  if (outer.valueBytes < 0) return 'a wrapper without a value';
  const value = bytes.subarray(outer.valueAt, outer.valueAt + outer.valueBytes);
  const inner = decompressRecords(codec, value);
  const messages: Message[] = [];
  for (let from = 0; from + OVERHEAD <= inner.length;) {
    const end = from + OVERHEAD + inner.readInt32BE(from + 8);
    if (end > inner.length || end <= from + OVERHEAD) return 'a message passes its wrapper’s end';
    const message = messageAt(inner, from, end, magic);
    if (typeof message === 'string') return message;
    if ((message.attributes & CODEC_MASK) !== 0) return 'a wrapper within a wrapper';
    messages.push(message);
    from = end;
  }
  // Of magic 1 the inner offsets are relative, and the wrapper has the last one's.
  const shift = magic === 1 && messages.length > 0 ? outer.offset - messages.at(-1)!.offset : 0;
  const appended = (outer.attributes & LOG_APPEND_TIME) !== 0;
  for (const message of messages) {
    const timestampMs = appended ? outer.timestampMs : message.timestampMs;
    tell(inner, message, message.offset + shift, timestampMs, walk);
  }
  return null;
}

function tell(
  bytes: Buffer,
  { keyAt, keyBytes, valueAt, valueBytes }: Message,
  offset: number,
  timestampMs: number,
  { slot, from, to, visitor }: Walk,
): void {
  if (offset >= from && offset < to)
    visitor.onRecord(slot, offset, bytes, keyAt, keyBytes, valueAt, valueBytes, timestampMs);
}

function messageAt(bytes: Buffer, at: number, end: number, magic: number): Message | string {
  const crcAt = at + OVERHEAD;
  const headBytes = magic === 1 ? 14 : 6;
  if (end - crcAt < headBytes + 8) return 'a message too short for its fields';
  if (bytes[crcAt + 4] !== magic) return 'messages of two formats in one';
  if (zlib.crc32(bytes.subarray(crcAt + 4, end)) !== bytes.readUInt32BE(crcAt))
    return 'its CRC does not fit';
  const keyAt = crcAt + headBytes + 4;
  const keyBytes = bytes.readInt32BE(keyAt - 4);
  const lengthAt = keyAt + Math.max(0, keyBytes);
  if (lengthAt + 4 > end) return 'a key passes its message’s end';
  const valueBytes = bytes.readInt32BE(lengthAt);
  if (lengthAt + 4 + Math.max(0, valueBytes) !== end) return 'a value does not end its message';
  return {
    ...{ offset: int64At(bytes, at), magic, attributes: bytes[crcAt + 5], keyAt, keyBytes },
    timestampMs: magic === 1 ? int64At(bytes, crcAt + 6) : -1,
    ...{ valueAt: lengthAt + 4, valueBytes, end },
  };
}
