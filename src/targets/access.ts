// `target.security` in force, for kbench's own requests to a cluster (probe, topics): secrets resolved, stores read, the first token there.
// Called by target.ts when it opens an external cluster. The producers in the workers do the same for themselves.
import { ConfigurationError, RunError } from '../base/errors.js';
import { noteSecret, withoutSecrets } from '../base/secrets.js';
import type { SecuritySettings } from '../contract/settings.js';
import { systemClock } from '../producer-core/clock.js';
import { AuthenticationError, ConfigError } from '../producer-core/errors.js';
import { tcpNetwork } from '../producer-core/network.js';
import { keepSecrets } from '../producer-core/security/secret-keeper.js';
import { securityConfigOf } from '../producer-core/security/security-config.js';
import { createSecurity, type Security } from '../producer-core/security/security.js';

/** Close it when nothing is asked any more. Throws ConfigurationError, or RunError where no token can be had. */
export async function openAccess(settings: SecuritySettings): Promise<Security> {
  keepSecrets({ note: noteSecret, without: withoutSecrets });
  const security = createSecurity(securityConfigOf(settings), {
    network: tcpNetwork,
    clock: systemClock,
    random: Math.random,
  });
  try {
    await security.load();
    return security;
  } catch (error) {
    security.close();
    if (error instanceof ConfigError)
      throw new ConfigurationError(error.message, `check \`${error.setting}\` in target.security`);
    if (error instanceof AuthenticationError)
      throw new RunError(error.message, 'check the token endpoint, client id and secret in target.security');
    throw error;
  }
}

/** Protocol and mechanism, as environment.json and reports tell them. */
export function securityLabel(settings: SecuritySettings): string {
  const { protocol, mechanism } = securityConfigOf(settings);
  return mechanism === null ? protocol : `${protocol} (${mechanism})`;
}
