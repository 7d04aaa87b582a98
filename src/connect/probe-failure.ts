// How an address can fail to be a Kafka broker, in words that a user can act on. Made by
// wire-client and probe, read by external.

import { AuthenticationError, type ProducerError } from './broker-errors.js';
import { TlsFailure } from './security/tls/tls-failure.js';

export type ProbeFailureKind =
  | 'bad-address'
  | 'unresolvable'
  | 'refused'
  | 'unreachable'
  | 'timed-out'
  | 'silent'
  | 'closed'
  | 'tls'
  | 'http'
  | 'not-kafka'
  | 'controller'
  | 'needs-authentication'
  | 'plaintext'
  | 'certificate'
  | 'client-certificate'
  | 'tls-refused'
  | 'no-sasl'
  | 'mechanism'
  | 'authentication'
  | 'broker-error';

/**
 * Thrown when an address cannot be used. The message leaves the address out: the caller names it.
 */
export class ProbeFailure extends Error {
  override name = 'ProbeFailure';
  constructor(
    readonly kind: ProbeFailureKind,
    message: string,
  ) {
    super(message);
  }
}

export const tlsFailure = () =>
  new ProbeFailure('tls', 'the port speaks TLS; this listener wants security');

type Heading = (addresses: string, one: boolean) => string;

const notReached: Heading = (addresses) => `${addresses} cannot be reached`;
const notKafka: Heading = (addresses, one) =>
  one
    ? `${addresses} does not answer as a Kafka broker does`
    : `${addresses} do not answer as Kafka brokers do`;
const otherProtocol: Heading = (addresses, one) =>
  `${addresses} ${one ? 'wants' : 'want'} another security protocol than this client speaks`;
const tlsHandshake: Heading = (addresses) => `the TLS handshake failed with ${addresses}`;
const notLetIn: Heading = (addresses) => `authentication failed at ${addresses}`;

/** What is wrong in a word, above the addresses and their own words: a true cause, and no guess. */
export const HEADING: Readonly<Record<ProbeFailureKind, Heading>> = {
  'bad-address': notReached,
  unresolvable: notReached,
  refused: notReached,
  unreachable: notReached,
  'timed-out': notReached,
  silent: notKafka,
  closed: notKafka,
  tls: otherProtocol,
  http: notKafka,
  'not-kafka': notKafka,
  controller: notKafka,
  'needs-authentication': otherProtocol,
  plaintext: otherProtocol,
  certificate: tlsHandshake,
  'client-certificate': tlsHandshake,
  'tls-refused': tlsHandshake,
  'no-sasl': otherProtocol,
  mechanism: notLetIn,
  authentication: notLetIn,
  'broker-error': (addresses, one) => `${addresses} ${one ? 'answers' : 'answer'} with an error`,
};

/** The heading of failures of one kind; of several kinds only that nothing works. */
export function headingOf(kinds: readonly ProbeFailureKind[], addresses: string): string {
  const one = kinds.length === 1;
  const headings = new Set(kinds.map((kind) => HEADING[kind](addresses, one)));
  const [only] = headings;
  return headings.size === 1 ? only : `${addresses} cannot be used`;
}

/** What to do about it, one sentence a kind; external.ts prints each kind's advice once. */
export const ADVICE: Readonly<Record<ProbeFailureKind, string>> = {
  'bad-address': 'write each address as host:port',
  unresolvable: 'check the name, or this machine’s DNS and /etc/hosts',
  refused: 'check that the broker is up and listens on this port and interface',
  unreachable: 'check the network and its routes',
  'timed-out': 'check firewalls and routes: packets seem to be dropped',
  silent: 'check that this is a broker’s port, and that the broker is not overloaded',
  closed:
    'often a listener of another security protocol, or a proxy with nothing behind it: ' +
    'check target.security',
  tls: 'set target.security: {security.protocol: SSL} (or SASL_SSL), or give a PLAINTEXT listener',
  http:
    'this is a web server (a REST proxy, a schema registry?): ' +
    'give the broker’s own port, usually 9092',
  'not-kafka': 'give a Kafka broker’s own port, usually 9092',
  controller: 'give a broker’s listener instead of the controller’s',
  'needs-authentication':
    'set target.security: {security.protocol: SASL_PLAINTEXT, sasl.mechanism: ' +
    '..., sasl.jaas.config: ...}',
  plaintext:
    'set security.protocol in target.security to PLAINTEXT (or SASL_PLAINTEXT), ' +
    'or give a TLS listener',
  certificate:
    'check ssl.truststore.location in target.security, ' +
    'and that the address is a name of the broker’s certificate',
  'client-certificate':
    'set ssl.keystore.location in target.security to a certificate that the broker trusts',
  'tls-refused': 'check ssl.enabled.protocols and ssl.cipher.suites on both sides',
  'no-sasl':
    'set security.protocol in target.security to PLAINTEXT or SSL, or give a SASL listener',
  mechanism: 'set sasl.mechanism in target.security to one that the broker offers',
  authentication:
    'check user name and password (or token) in target.security, and that the broker knows them',
  'broker-error': 'look into the broker’s log',
};

const OF_TLS: Readonly<Record<TlsFailure['kind'], ProbeFailureKind>> = {
  untrusted: 'certificate',
  expired: 'certificate',
  'host-name': 'certificate',
  certificate: 'certificate',
  'client-certificate': 'client-certificate',
  'not-tls': 'plaintext',
  versions: 'tls-refused',
  refused: 'tls-refused',
};

/** Why SASL did not let this client in. */
export function authenticationFailure(error: ProducerError, address: string): ProbeFailure {
  const message = error.message.replace(`${address}: `, '');
  if (!(error instanceof AuthenticationError)) return new ProbeFailure('broker-error', message);
  const kinds: Readonly<Record<number, ProbeFailureKind>> = { 33: 'mechanism', 34: 'no-sasl' };
  return new ProbeFailure(kinds[error.code] ?? 'authentication', message);
}

/** Why there is no connection, or no longer one. */
export function networkFailure(error: NodeJS.ErrnoException): ProbeFailure {
  if (error instanceof TlsFailure) return new ProbeFailure(OF_TLS[error.kind], error.message);
  const { code = 'unknown error' } = error;
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_FAIL':
    case 'ENODATA':
      return new ProbeFailure('unresolvable', `the name does not resolve (${code})`);
    case 'ECONNREFUSED':
      return new ProbeFailure('refused', 'connection refused: nothing listens there');
    case 'ETIMEDOUT':
      return new ProbeFailure('timed-out', 'no connection: the network gave up (ETIMEDOUT)');
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EHOSTDOWN':
      return new ProbeFailure('unreachable', `no route to it (${code})`);
    case 'ECONNRESET':
    case 'EPIPE':
      return new ProbeFailure('closed', `accepts the connection and breaks it (${code})`);
    default:
      return new ProbeFailure('unreachable', `${code}: ${error.message}`);
  }
}
