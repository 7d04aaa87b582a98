// Why a connection did not come about or ended, in words: from the socket's errors and the state it
// was in. Called by Connection and by the sender's watch over time limits. Decides nothing but
// whether Java would take the end for final.
import type { ConnectionState } from './connection-context.js';
import { AuthenticationError, DisconnectError, ProducerError } from '../errors.js';
import { TlsFailure } from '../../connect/connecting.js';
import type { Message } from '../../wire/index.js';

/** A request was not answered in time. */
export function noAnswer(address: string, limitMs: number): ProducerError {
  const text = `${address}: no answer within ${limitMs} ms (request.timeout.ms)`;
  return new ProducerError('REQUEST_TIMED_OUT', text, true, 7);
}

/** No socket came about. */
export function unreachable(address: string, error: NodeJS.ErrnoException): ProducerError {
  const how: Record<string, string> = {
    ECONNREFUSED: 'connection refused',
    ENOTFOUND: 'the name cannot be resolved',
    EAI_AGAIN: 'the name cannot be resolved at the moment',
    ETIMEDOUT: 'the connection timed out',
    EHOSTUNREACH: 'no route to the host',
    ENETUNREACH: 'no route to the network',
  };
  return new DisconnectError(`${address}: ${how[error.code ?? ''] ?? error.message}`);
}

/** The socket has ended. `established`: requests could be sent over it before. */
export function whyClosed(
  address: string,
  error: Error | null,
  state: ConnectionState,
  established: boolean,
): ProducerError {
  // Java too takes a failure of TLS for final until requests could be sent, and for a broken
  // connection after (SslTransportLayer).
  if (error instanceof TlsFailure && !established)
    return new AuthenticationError('SSL_AUTHENTICATION_FAILED', `${address}: ${error.message}`);
  if (state === 'connecting' && error !== null) return unreachable(address, error);
  const when = established
    ? ''
    : ' before it was usable (does this listener want TLS or SASL, ' +
      'or is it older than Kafka 0.10?)';
  const how =
    error === null ? 'the broker closed the connection' : `the connection broke (${error.message})`;
  return new DisconnectError(`${address}: ${how}${when}`);
}

/** The broker has no version of an API that is known here. */
export function noCommonVersion(
  address: string,
  { name, versions }: Pick<Message<unknown>, 'name' | 'versions'>,
  theirs: readonly [low: number, high: number] | undefined,
): ProducerError {
  const has = theirs === undefined ? 'does not have it' : `has ${theirs.join(' to ')}`;
  const text =
    `no common version of ${name}: the broker ${has}, ` + `known here are ${versions.join(' to ')}`;
  return new ProducerError('UNSUPPORTED_VERSION', `${address}: ${text}`);
}
