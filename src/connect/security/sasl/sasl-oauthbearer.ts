// SASL/OAUTHBEARER (RFC 7628, RFC 6750), client's side: one message with the token and extensions;
// a broker that refuses it says why and is answered with 0x01, after which its own error comes.
// Called by the handshake through SaslMechanism.
import type { OAuthToken } from '../oauth/oauth-token.js';
import { SaslError, type SaslMechanism } from './sasl-exchange.js';

const SEPARATOR = '\u0001';

/** `token` throws SaslError where there is none that could be sent. */
export function saslOAuthBearer(
  token: () => OAuthToken | null,
  extensions: Readonly<Record<string, string>>,
): SaslMechanism {
  return {
    name: 'OAUTHBEARER',
    begin() {
      let refused = false;
      const answer = (challenge: Buffer | null): Buffer | null => {
        if (challenge === null) return firstMessage(token(), extensions);
        if (challenge.length === 0 && !refused) return null;
        if (refused) throw new SaslError('the broker refused the token');
        refused = true;
        return Buffer.from(SEPARATOR);
      };
      return { respond: (challenge) => new Promise((resolve) => resolve(answer(challenge))) };
    },
  };
}

function firstMessage(
  token: OAuthToken | null,
  configured: Readonly<Record<string, string>>,
): Buffer {
  if (token === null) throw new SaslError('there is no OAuth token');
  const more = Object.entries({ ...configured, ...token.extensions });
  const pairs = [['auth', `Bearer ${token.value}`], ...more].map(
    ([name, value]) => `${name}=${value}${SEPARATOR}`,
  );
  return Buffer.from(`n,,${SEPARATOR}${pairs.join('')}${SEPARATOR}`);
}
