// What can go wrong on the way to a broker and in what it answers, as classes; the producer's own
// stand in producer-core/errors.ts.
import { errorRow, type ErrorCode } from '../wire/error-codes.js';
import { withoutSecrets } from './security/secrets/secret-keeper.js';

/**
 * Base of every error that the producer tells. `kafkaName` is the name of Kafka's error code, or of
 * Java's exception.
 */
export class ProducerError extends Error {
  constructor(
    readonly kafkaName: string,
    message: string,
    readonly retriable = false,
    /** Kafka's error code, or -1 where the error did not come from a broker. */
    readonly code = -1,
  ) {
    super(message);
    this.name = new.target.name;
  }
}

/** A setting is wrong, unknown or contradicts another. */
export class ConfigError extends ProducerError {
  constructor(
    readonly setting: string,
    message: string,
  ) {
    super('CONFIG', message);
  }
}

/**
 * What a setting names is not on this machine: an environment variable, a file. On another it may
 * be.
 */
export class AbsentError extends ConfigError {}

/**
 * A method was called with what it does not take (Java's IllegalArgumentException): nothing was
 * done.
 */
export class IllegalArgumentError extends ProducerError {
  constructor(message: string) {
    super('ILLEGAL_ARGUMENT', message);
  }
}

/**
 * None of the bootstrap addresses answered as a Kafka broker does; the message names each and what
 * happened. `retriable` where they may yet answer (in Java a TimeoutException), not where no name
 * can be resolved (BootstrapResolutionException).
 */
export class BootstrapError extends ProducerError {
  constructor(
    message: string,
    readonly addresses: readonly { readonly address: string; readonly outcome: string }[],
    retriable = false,
  ) {
    super('BOOTSTRAP', message, retriable);
  }
}

/**
 * delivery.timeout.ms, max.block.ms or request.timeout.ms has passed (Java's TimeoutException, a
 * RetriableException).
 */
export class TimeoutError extends ProducerError {
  constructor(message: string) {
    super('TIMEOUT', message, true);
  }
}

/**
 * TLS or SASL did not let this client in, or this client the broker (Java's
 * AuthenticationException): another try would not help.
 */
export class AuthenticationError extends ProducerError {
  constructor(kafkaName: string, message: string, code = -1) {
    super(kafkaName, message, false, code);
  }
}

/** The connection broke while a request was outstanding. */
export class DisconnectError extends ProducerError {
  constructor(message: string) {
    super('NETWORK_EXCEPTION', message, true, 13);
  }
}

/** The producer was closed before the record was sent. */
export class ClosedError extends ProducerError {
  constructor() {
    super('CLOSED', 'the producer was closed before this record was acknowledged');
  }
}

/**
 * A broker's error code as an error. `where` names topic-partition or node; `detail` is the
 * broker's own message.
 */
export function brokerError(code: ErrorCode, where: string, detail?: string | null): ProducerError {
  const { name, message, retriable } = errorRow(code);
  return new ProducerError(
    name,
    `${where}: ${name} (${code}): ${detail == null ? message : withoutSecrets(detail)}`,
    retriable,
    code,
  );
}
