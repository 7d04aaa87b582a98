// SASL/PLAIN (RFC 4616), client's side: message = [authzid] NUL authcid NUL passwd, with an empty
// authzid as Java's. Called by the handshake through SaslMechanism.
import type { SaslMechanism } from './sasl-exchange.js';

export function saslPlain(username: string, password: string): SaslMechanism {
  return {
    name: 'PLAIN',
    begin: () => ({
      respond: (challenge) =>
        Promise.resolve(challenge === null ? Buffer.from(`\0${username}\0${password}`) : null),
    }),
  };
}
