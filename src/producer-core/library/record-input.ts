// Bytes from a record's key and value, by its serializers. Called by producer.ts. Pure.
import type { RecordHeader } from '../batching/batch-view.js';
import { plainSerializer } from '../user-code/serializers.js';
import { serialize, type SerializerInUse } from '../user-code/user-code.js';

/** Where no serializer is set. */
export const PLAIN_KEY: SerializerInUse = {
  setting: 'key.serializer',
  serializer: plainSerializer,
  keepsBytes: true,
  builtIn: true,
};
export const PLAIN_VALUE: SerializerInUse = { ...PLAIN_KEY, setting: 'value.serializer' };

/** Throws SerializationError. */
export function bytesOf(
  side: SerializerInUse,
  topic: string,
  data: unknown,
  headers: readonly RecordHeader[] | null,
): Uint8Array | null {
  if (side.keepsBytes && data instanceof Uint8Array) return data;
  return serialize(side, topic, data, headers);
}
