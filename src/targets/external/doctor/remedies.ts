// What to do about a failure on the way in, in words for whoever runs `kbench doctor`: settings by
// their names and the place where they stand. Read by the other files of this room.
import { ADVICE, type ProbeFailureKind } from '../../../connect/cold.js';

/** Where the client's settings stand, for messages: `client.properties`, or a way to give some. */
export type SettingsPlace = string;

/**
 * No Kafka broker has answered: neither the address nor what listens there is one, as far as one
 * can see from here.
 */
export const NOT_REACHED: ReadonlySet<ProbeFailureKind> = new Set([
  ...(['bad-address', 'unresolvable', 'refused', 'unreachable', 'timed-out'] as const),
  ...(['silent', 'closed', 'http', 'not-kafka'] as const),
]);

const OF_SECURITY: Readonly<
  Partial<Record<ProbeFailureKind, (place: SettingsPlace, mechanisms: string) => string>>
> = {
  closed: (place) =>
    'often a listener of another security protocol, or a proxy with nothing behind it: ' +
    `check security.protocol in ${place}`,
  tls: (place) =>
    `set security.protocol=SSL (or SASL_SSL) in ${place}, or give the address of a PLAINTEXT ` +
    'listener',
  'needs-authentication': (place, mechanisms) =>
    `set security.protocol=SASL_PLAINTEXT, sasl.mechanism=${mechanisms} and sasl.jaas.config ` +
    `in ${place}`,
  plaintext: (place) =>
    `set security.protocol=PLAINTEXT (or SASL_PLAINTEXT) in ${place}, or give the address of a ` +
    'TLS listener',
  certificate: (place) =>
    `check ssl.truststore.location in ${place}, and that the address is a name of the broker’s ` +
    'certificate',
  'client-certificate': (place) =>
    `set ssl.keystore.location in ${place} to a certificate that the broker trusts`,
  'no-sasl': (place) =>
    `set security.protocol=PLAINTEXT or SSL in ${place}, or give the address of a SASL listener`,
  mechanism: (place, mechanisms) => `set sasl.mechanism=${mechanisms} in ${place}`,
  authentication: (place) =>
    `check user name and password (or token) in ${place}, and that the broker knows them`,
};

/** `mechanisms`: what the listener offers, if that is known. */
export function remedyOf(
  kind: ProbeFailureKind,
  place: SettingsPlace,
  mechanisms: readonly string[] | null = null,
): string {
  const offered = mechanisms === null || mechanisms.length === 0 ? '...' : mechanisms.join(' or ');
  return OF_SECURITY[kind]?.(place, offered) ?? ADVICE[kind];
}
