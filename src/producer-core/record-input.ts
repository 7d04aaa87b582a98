// What producer.ts does with a record's own fields: Java's checks of them, and bytes from key and value. Pure.
import type { RecordHeader } from './producer-api.js';
import type { ProducerRecord } from './user-code/interfaces.js';
import { plainSerializer } from './user-code/serializers.js';
import { InvalidRecordError } from './user-code/user-code-error.js';
import { serialize, type SerializerInUse } from './user-code/user-code.js';

/** Where no serializer is set. */
export const PLAIN_KEY: SerializerInUse = { setting: 'key.serializer', serializer: plainSerializer, keepsBytes: true };
export const PLAIN_VALUE: SerializerInUse = {
  setting: 'value.serializer',
  serializer: plainSerializer,
  keepsBytes: true,
};

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

/** As the constructor of Java's ProducerRecord. Throws InvalidRecordError. */
export function checkRecord({ topic, partition, timestamp }: ProducerRecord): void {
  if (typeof topic !== 'string') throw new InvalidRecordError('a record needs a topic');
  if (partition != null && !(Number.isInteger(partition) && partition >= 0)) {
    throw new InvalidRecordError(`partition ${String(partition)}: it must be a whole number from 0, or left out`);
  }
  if (timestamp != null && !(Number.isSafeInteger(timestamp) && timestamp >= 0)) {
    throw new InvalidRecordError(
      `timestamp ${String(timestamp)}: it must be whole milliseconds since 1970, not negative, or left out`,
    );
  }
}
