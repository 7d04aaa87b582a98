// A real broker with listeners of every kind of security that kbench speaks, with keys and users
// made for the occasion. Test-only; one broker serves a whole test file, since each start takes
// seconds.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { KafkaCluster } from '../../targets/kafka/kafka-cluster.js';
import { startKafkaCluster } from '../../targets/kafka/kafka-cluster.js';
import { type Authority, type Certificate, makeAuthority } from '../../connect/security/index.js';

/** Listener names and their protocols. */
export const LISTENERS = {
  TLS: 'SSL',
  /** Wants a certificate of the client. */
  MTLS: 'SSL',
  /** Its certificate is for broker.example alone. */
  OTHERNAME: 'SSL',
  /** PLAIN, both SCRAMs, OAUTHBEARER. */
  SASL: 'SASL_PLAINTEXT',
  SASLTLS: 'SASL_SSL',
  /** PLAIN and OAUTHBEARER with sessions of REAUTHENTICATE_MS. */
  SHORT: 'SASL_PLAINTEXT',
  /** The same over TLS. */
  SHORTTLS: 'SASL_SSL',
} as const;

export type ListenerName = keyof typeof LISTENERS;

export const REAUTHENTICATE_MS = 2_500;
export const USER = 'alice';
/** Nowhere else in the results of a run; a quote and a backslash, so that escaping is tried. */
export const PASSWORD = 'al1ce"s-\\own-Passw0rd';

export interface SecureKafka {
  readonly cluster: KafkaCluster;
  readonly authority: Authority;
  /** Trusted by the MTLS listener. */
  readonly client: Certificate;
  /** `127.0.0.1:port`. */
  address(listener: ListenerName): string;
}

/** `folder` gets the broker's key stores; it must live as long as the broker. */
export async function startSecureKafka(version: string, folder: string): Promise<SecureKafka> {
  const authority = makeAuthority('kbench test CA');
  const client = authority.issue({ name: 'kbench-client' });
  const own = authority.issue({ name: 'localhost', names: ['localhost', '127.0.0.1'] });
  const other = authority.issue({ name: 'broker.example' });
  mkdirSync(folder, { recursive: true });
  const file = (name: string, ...parts: string[]) => {
    writeFileSync(path.join(folder, name), parts.join(''));
    return path.join(folder, name);
  };
  const keystore = file('broker.pem', own.key, own.certificate);
  const cluster = await startKafkaCluster({
    version,
    heap: '512m',
    listeners: LISTENERS,
    formatArguments: ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
      '--add-scram',
      `${mechanism}=[name=${USER},password="${PASSWORD.replaceAll(/["\\]/g, '')}"]`,
    ]),
    properties: {
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': keystore,
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': file('ca.pem', authority.certificate),
      'listener.name.mtls.ssl.client.auth': 'required',
      'listener.name.othername.ssl.keystore.type': 'PEM',
      'listener.name.othername.ssl.keystore.location': file(
        'other.pem',
        other.key,
        other.certificate,
      ),
      ...saslProperties('sasl', ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER']),
      ...saslProperties('sasltls', ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER']),
      ...saslProperties('short', ['PLAIN', 'OAUTHBEARER'], REAUTHENTICATE_MS),
      ...saslProperties('shorttls', ['SCRAM-SHA-256'], REAUTHENTICATE_MS),
    },
  });
  return { cluster, authority, client, address: (listener) => cluster.listeners[listener][0] };
}

/** The password of the SCRAM users: kafka-storage takes no quotes in it. */
export const SCRAM_PASSWORD = PASSWORD.replaceAll(/["\\]/g, '');

function saslProperties(
  listener: string,
  mechanisms: readonly string[],
  maxReauthMs?: number,
): Record<string, string> {
  const prefix = `listener.name.${listener}`;
  const quoted = PASSWORD.replaceAll(/["\\]/g, '\\$&');
  const module = 'org.apache.kafka.common.security';
  const jaas: Readonly<Record<string, string>> = {
    PLAIN: `${module}.plain.PlainLoginModule required user_${USER}="${quoted}";`,
    'SCRAM-SHA-256': `${module}.scram.ScramLoginModule required;`,
    'SCRAM-SHA-512': `${module}.scram.ScramLoginModule required;`,
    // Without a validator of its own the broker takes tokens without a signature, which is all that
    // these tests need.
    OAUTHBEARER:
      `${module}.oauthbearer.OAuthBearerLoginModule required ` +
      'unsecuredLoginStringClaim_sub="unused";',
  };
  const properties: Record<string, string> = {
    [`${prefix}.sasl.enabled.mechanisms`]: mechanisms.join(),
  };
  for (const mechanism of mechanisms) {
    const own = `${prefix}.${mechanism.toLowerCase()}`;
    properties[`${own}.sasl.jaas.config`] = jaas[mechanism];
    if (maxReauthMs !== undefined)
      properties[`${own}.connections.max.reauth.ms`] = String(maxReauthMs);
  }
  return properties;
}
