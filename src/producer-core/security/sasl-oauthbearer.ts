// SASL/OAUTHBEARER (RFC 7628, RFC 6750), client's side: one message with the token and extensions; a broker that refuses it says why and
// is answered with 0x01, after which its own error comes. Called by the handshake through SaslMechanism.
import type { OAuthToken } from './oauth-token.js';
import { SaslError, type SaslMechanism } from './sasl-exchange.js';

const SEPARATOR = '\u0001';

export function saslOAuthBearer(
  token: () => OAuthToken | null,
  extensions: Readonly<Record<string, string>>,
): SaslMechanism {
  const more = Object.entries(extensions).map(([name, value]) => `${name}=${value}${SEPARATOR}`);
  return {
    name: 'OAUTHBEARER',
    begin() {
      let refused = false;
      return {
        respond(challenge) {
          if (challenge === null) {
            const current = token();
            if (current === null) return Promise.reject(new SaslError('there is no OAuth token'));
            const pairs = [`auth=Bearer ${current.value}${SEPARATOR}`, ...more].join('');
            return Promise.resolve(Buffer.from(`n,,${SEPARATOR}${pairs}${SEPARATOR}`));
          }
          if (challenge.length === 0 && !refused) return Promise.resolve(null);
          if (refused) return Promise.reject(new SaslError('the broker refused the token'));
          refused = true;
          return Promise.resolve(Buffer.from(SEPARATOR));
        },
      };
    },
  };
}
