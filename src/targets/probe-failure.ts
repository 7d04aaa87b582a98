// How an address can fail to be a Kafka broker, in words that a user can act on. Made by wire-client and probe, read by external.

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
  | 'broker-error';

/** Thrown when an address does not answer as a Kafka broker does. The message leaves the address out: the caller names it. */
export class ProbeFailure extends Error {
  override name = 'ProbeFailure';
  constructor(
    readonly kind: ProbeFailureKind,
    message: string,
  ) {
    super(message);
  }
}

export const tlsFailure = () => new ProbeFailure('tls', 'the port speaks TLS; this listener wants security');

/** What to do about it, one sentence a kind; external.ts prints each kind's advice once. */
export const ADVICE: Readonly<Record<ProbeFailureKind, string>> = {
  'bad-address': 'write each address as host:port',
  unresolvable: 'check the name, or this machine’s DNS and /etc/hosts',
  refused: 'check that the broker is up and listens on this port and interface',
  unreachable: 'check the network and its routes',
  'timed-out': 'check firewalls and routes: packets seem to be dropped',
  silent: 'check that this is a broker’s port, and that the broker is not overloaded',
  closed: 'often a TLS or SASL listener, or a proxy with nothing behind it: give a PLAINTEXT listener',
  tls: 'give a PLAINTEXT listener: this version of kbench speaks no TLS',
  http: 'this is a web server (a REST proxy, a schema registry?): give the broker’s own port, usually 9092',
  'not-kafka': 'give a Kafka broker’s own port, usually 9092',
  controller: 'give a broker’s listener instead of the controller’s',
  'needs-authentication': 'give a PLAINTEXT listener: this version of kbench speaks no SASL',
  'broker-error': 'look into the broker’s log',
};
