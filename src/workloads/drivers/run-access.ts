// The way in that a run's producers have, for who reads beside or after them: the audit, consumers.
import { systemClock } from '../../base/clock.js';
import { tcpNetwork } from '../../connect/connecting.js';
import { securityConfigOf } from '../../connect/security/index.js';
import { createSecurity, type Security } from '../../connect/security/security.js';
import type { RunSpec } from '../../contract/run-spec.js';

/** Null: PLAINTEXT. The caller closes it. */
export async function openAccess({ security }: RunSpec): Promise<Security | null> {
  if (security === undefined) return null;
  const context = { network: tcpNetwork, clock: systemClock, random: Math.random };
  const access = createSecurity(securityConfigOf(security), context);
  try {
    await access.load();
    return access;
  } catch (error) {
    access.close();
    throw error;
  }
}
