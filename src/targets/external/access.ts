// `target.security` in force, for kbench's own requests to a cluster (probe, topics): secrets
// resolved, stores read, the first token there. Called by target.ts when it opens an external
// cluster. The producers in the workers do the same for themselves.
import { ConfigurationError, RunError } from '../../base/errors.js';
import { bounded } from '../../base/time-limit.js';
import { noteSecret, withoutSecrets } from '../../base/secrets/secrets.js';
import type { SecuritySettings } from '../../contract/settings.js';
import { systemClock } from '../../base/clock.js';
import { tcpNetwork } from '../../connect/connecting.js';
import { AbsentError, AuthenticationError, ConfigError } from '../../connect/index.js';
import {
  keepSecrets,
  securityConfigOf,
  TOKEN_HANDLER,
  tokenHandlerOf,
} from '../../connect/security/index.js';
import { checkMaterial, createSecurity, type Security } from '../../connect/security/security.js';

/** Secrets, stores, and the first token with all its tries. */
const LOAD_LIMIT_MS = 60_000;

/**
 * Close it when nothing is asked any more. Throws ConfigurationError, or RunError where no token
 * can be had.
 */
export async function openAccess(
  settings: SecuritySettings,
  stop?: AbortSignal,
): Promise<Security> {
  keepSecrets({ note: noteSecret, without: withoutSecrets });
  const security = createSecurity(securityConfigOf(settings), CONTEXT);
  try {
    const wait = { limitMs: LOAD_LIMIT_MS, stop };
    await bounded('getting into the cluster (stores, secrets, token)', wait, () => security.load());
    return security;
  } catch (error) {
    security.close();
    if (error instanceof ConfigError) throw refused(error);
    if (error instanceof AuthenticationError)
      throw new RunError(error.message, loginRemedy(settings));
    throw error;
  }
}

/** What to look at where the login itself failed, before any broker was asked. */
function loginRemedy(settings: SecuritySettings): string {
  if (securityConfigOf(settings).mechanism === 'GSSAPI')
    return (
      'check the keytab (or run kinit), and that the KDC that krb5.conf ' +
      '(KRB5_CONFIG) names is up'
    );
  const handler = tokenHandlerOf(settings[TOKEN_HANDLER])?.kind;
  if (handler === 'command')
    return 'run tokenCommand by hand: it must print a token, or JSON with one, and exit with 0';
  if (handler === 'module') return `correct the module of ${TOKEN_HANDLER}, or what it asks`;
  return 'check the token endpoint, client id and secret in target.security';
}

const CONTEXT = { network: tcpNetwork, clock: systemClock, random: Math.random };

const refused = ({ message, setting }: ConfigError) =>
  new ConfigurationError(message, `check \`${setting}\` in target.security`);

/**
 * What openAccess would refuse before it asks anyone. Throws ConfigurationError; gives the error
 * back where something is only not on this machine, as the sweep may be meant for another.
 */
export async function checkAccess(
  settings: SecuritySettings,
  stop?: AbortSignal,
): Promise<ConfigurationError | null> {
  keepSecrets({ note: noteSecret, without: withoutSecrets });
  try {
    const wait = { limitMs: LOAD_LIMIT_MS, stop };
    await bounded('reading what target.security names', wait, () =>
      checkMaterial(securityConfigOf(settings), CONTEXT),
    );
    return null;
  } catch (error) {
    if (error instanceof AbsentError) return refused(error);
    if (error instanceof ConfigError) throw refused(error);
    throw error;
  }
}

/** Protocol and mechanism, as environment.json and reports tell them. */
export function securityLabel(settings: SecuritySettings): string {
  const { protocol, mechanism } = securityConfigOf(settings);
  return mechanism === null ? protocol : `${protocol} (${mechanism})`;
}
