// What a SASL mechanism is to a connection: someone who makes the client's messages. Implemented by
// sasl-plain, sasl-scram, sasl-oauthbearer and kerberos/sasl-gssapi; called by the handshake. Knows
// nothing of Kafka's requests.

/** A mechanism with its credentials; makes one exchange for each authentication. */
export interface SaslMechanism {
  /** As in sasl.mechanism. */
  readonly name: string;
  /** `host`: the broker's, as it was connected to; an address where it has no name. */
  begin(host: string): SaslExchange;
}

/** A mechanism whose credentials come from outside, and are kept fresh. */
export interface SaslLogin {
  readonly mechanism: SaslMechanism;
  /** Gets the first of them. Rejects with SaslError. */
  login(): Promise<void>;
  close(): void;
}

/** One authentication, the client's side. */
export interface SaslExchange {
  /**
   * The client's next message; null when the exchange is complete and nothing is left to send. The
   * first call is given no challenge. Rejects with SaslError when the server's message is wrong.
   */
  respond(challenge: Buffer | null): Promise<Buffer | null>;
}

/**
 * The server's side of an exchange is not as the mechanism's RFC says, or does not know the secret.
 */
export class SaslError extends Error {
  override name = 'SaslError';
}
