// The headers of a record: how many bytes they take, and their bytes. Called by record-batch.ts for
// records that have any. Must never make an intermediate copy of a key or value.
import type { RecordHeader } from '../batch-view.js';
import { varintBytes, writeLength } from '../../../wire/index.js';

/** Bytes of the headers in a record, the count included (DefaultRecord.sizeOf). */
export function headersBytes(headers: readonly RecordHeader[]): number {
  let bytes = varintBytes(headers.length);
  for (let i = 0; i < headers.length; i++) {
    const { key, value } = headers[i];
    const keyBytes = utf8Bytes(key);
    bytes +=
      varintBytes(keyBytes) +
      keyBytes +
      (value === null ? 1 : varintBytes(value.length) + value.length);
  }
  return bytes;
}

/** Writes count and headers at `at`; returns the position behind. */
export function writeHeaders(buffer: Buffer, at: number, headers: readonly RecordHeader[]): number {
  at = writeLength(buffer, at, headers.length);
  for (let i = 0; i < headers.length; i++) {
    const { key, value } = headers[i];
    at = writeLength(buffer, at, utf8Bytes(key));
    at = writeUtf8(buffer, at, key);
    if (value === null)
      buffer[at++] = 1; // the length -1
    else {
      at = writeLength(buffer, at, value.length);
      if (value.length > 0) buffer.set(value, at);
      at += value.length;
    }
  }
  return at;
}

/** Header keys are mostly short and ASCII, where a loop costs less than a call into C++. */
function utf8Bytes(text: string): number {
  for (let i = 0; i < text.length; i++)
    if (text.charCodeAt(i) >= 0x80) return Buffer.byteLength(text);
  return text.length;
}

function writeUtf8(buffer: Buffer, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x80) return at + i + buffer.write(text.slice(i), at + i);
    buffer[at + i] = code;
  }
  return at + text.length;
}
