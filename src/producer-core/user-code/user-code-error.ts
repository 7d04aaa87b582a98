// What can go wrong in a user's own code, as classes. Thrown by user-code.ts and by what is built
// in; told to whoever sent the record.
import { IllegalArgumentError, ProducerError } from '../errors.js';

/**
 * A serializer threw, or gave what is not bytes (Java's SerializationException). `cause` is what it
 * threw.
 */
export class SerializationError extends ProducerError {
  constructor(message: string, cause?: unknown) {
    super('SERIALIZATION', message);
    if (cause !== undefined) this.cause = cause;
  }
}

/**
 * A partitioner threw, or chose a partition that there is not (Java: IllegalArgumentException).
 * `cause` is what it threw.
 */
export class PartitionerError extends ProducerError {
  constructor(message: string, cause?: unknown) {
    super('INVALID_PARTITION', message);
    if (cause !== undefined) this.cause = cause;
  }
}

/**
 * A record is not one: an unknown field, no topic, no value, a negative partition or timestamp,
 * headers of no known form.
 */
export class InvalidRecordError extends IllegalArgumentError {}
