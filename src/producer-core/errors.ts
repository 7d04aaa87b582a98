// What can go wrong in the producer, as classes, those of connect/ among them.
import { ProducerError, TimeoutError } from '../connect/index.js';

export {
  AbsentError,
  AuthenticationError,
  BootstrapError,
  brokerError,
  ClosedError,
  ConfigError,
  DisconnectError,
  IllegalArgumentError,
  ProducerError,
  TimeoutError,
} from '../connect/index.js';

/** The record's upper bound passes max.request.size or buffer.memory. */
export class RecordTooLargeError extends ProducerError {
  constructor(message: string) {
    super('RECORD_TOO_LARGE', message);
  }
}

/** append was given a partition that the topic's metadata does not have. */
export class UnknownPartitionError extends ProducerError {
  constructor(topic: string, partition: number, count: number) {
    super(
      'UNKNOWN_TOPIC_OR_PARTITION',
      `${topic}: there is no partition ${partition} (the topic has ${count}, from 0)`,
    );
  }
}

/** buffer.memory stayed full for max.block.ms (in Java a TimeoutException, as here). */
export class BufferExhaustedError extends TimeoutError {}

/**
 * Not allowed in the present state of the producer, Java's IllegalStateException: nothing was
 * changed, nothing was sent.
 */
export class IllegalStateError extends ProducerError {
  constructor(message: string, options?: { cause: ProducerError | null }) {
    super('ILLEGAL_STATE', message);
    if (options?.cause) this.cause = options.cause;
  }
}

/**
 * The producer cannot go on as it is because of `cause`, whose Kafka name and code this error has.
 * `abortable`: abortTransaction(), then the next transaction may begin. Else it is fatal: nothing
 * but close() is left.
 */
export class ProducerStateError extends ProducerError {
  override readonly cause: ProducerError;

  constructor(
    message: string,
    cause: ProducerError,
    readonly abortable: boolean,
  ) {
    super(cause.kafkaName, message, false, cause.code);
    this.cause = cause;
  }
}

/**
 * In a transaction, a batch that could not be sent in time takes its transaction with it: an abort
 * is safe, a repetition would not be.
 */
export class TransactionAbortableError extends ProducerError {
  constructor(cause: ProducerError) {
    const text =
      'the transaction has to be aborted, as a batch could not be sent: ' + cause.message;
    super('TRANSACTION_ABORTABLE', text, false, 120);
    this.cause = cause;
  }
}

/** The batch was never sent, because its transaction was aborted. */
export class TransactionAbortedError extends ProducerError {
  constructor() {
    super('TRANSACTION_ABORTED', 'the batch was not sent because its transaction was aborted');
  }
}
