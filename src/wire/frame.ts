// Whole frames of the cold APIs: [int32 size] [header] [message], for a client's requests and a
// broker's answers.
import { decodeMessage, encodeMessage, isFlexible } from './message.js';
import type { Decoded, Message } from './message.js';
import type { WireReader } from './wire-reader.js';
import { WireWriter } from './wire-writer.js';
import { apiVersionsResponse } from './apis/api-versions.js';
import { apiKeyFrom, type ApiKey } from './api-keys.js';

/**
 * Largest frame that is believed. A longer "length" is nearly always another protocol: a TLS alert
 * read as a length is 352,518,912 and a ClientHello 369,295,616.
 */
export const MAX_FRAME_BYTES = 100 * 1024 * 1024;

export interface RequestHeader {
  readonly api: ApiKey;
  readonly version: number;
  readonly correlationId: number;
  readonly clientId: string | null;
}

/** Bytes of one request, size prefix included. Request header v1, or v2 for flexible versions. */
export function encodeRequest<T>(
  table: Message<T>,
  version: number,
  correlationId: number,
  clientId: string | null,
  value: T,
): Buffer {
  const writer = new WireWriter();
  writer.int32(0);
  writer.int16(table.api);
  writer.int16(version);
  writer.int32(correlationId);
  // The client id keeps its old form (int16 length) even in the flexible header v2.
  writer.length(clientId === null ? -1 : Buffer.byteLength(clientId), false, true);
  if (clientId !== null) writer.utf8(clientId);
  if (isFlexible(table, version)) writer.uvarint(0);
  encodeMessage(table, version, value, writer);
  writer.patchInt32(0, writer.position - 4);
  return writer.finish();
}

/**
 * Reads the fixed part of a request header; the reader then stands at the tags (flexible) or at the
 * message.
 */
export function decodeRequestHeader(reader: WireReader): RequestHeader {
  const api = apiKeyFrom(reader.int16());
  const version = reader.int16();
  const correlationId = reader.int32();
  const length = reader.length(false, true);
  return { api, version, correlationId, clientId: length < 0 ? null : reader.utf8(length) };
}

/**
 * ApiVersions answers always have header v0, so that a client that guessed too new a version can
 * read them.
 */
const hasFlexibleHeader = (table: Message<unknown>, version: number) =>
  isFlexible(table, version) && table.api !== apiVersionsResponse.api;

/** Bytes of one response, size prefix included. */
export function encodeResponse<T>(
  table: Message<T>,
  version: number,
  correlationId: number,
  value: T,
): Buffer {
  const writer = new WireWriter();
  writer.int32(0);
  writer.int32(correlationId);
  if (hasFlexibleHeader(table, version)) writer.uvarint(0);
  encodeMessage(table, version, value, writer);
  writer.patchInt32(0, writer.position - 4);
  return writer.finish();
}

/** Reads a response whose correlation id was already read. */
export function decodeResponse<T>(
  table: Message<T>,
  version: number,
  reader: WireReader,
): Decoded<T> {
  if (hasFlexibleHeader(table, version)) reader.skipTags();
  return decodeMessage(table, version, reader);
}
