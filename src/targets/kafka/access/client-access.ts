// How clients get in to a cluster that kbench starts: keys and users made on the spot, and a
// client.properties that Java's tools take as it is. Called by kafka-cluster.ts. All of it lies in
// the cluster's own folder, which only its user can read and which goes with the cluster.
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { writeWholeSync } from '../../../base/files/durable-file.js';
import { makeAuthority } from '../../../connect/security/index.js';
import type { SecuritySettings } from '../../../contract/settings.js';
import { propertiesText, type ClientProtocol } from '../kafka-config.js';
import type { KafkaSecurity } from '../kafka-rules.js';

export interface ClientAccess {
  readonly protocol: ClientProtocol;
  /** Lines of every broker's server.properties. */
  readonly brokerProperties: Readonly<Record<string, string>>;
  /** For kbench's own clients; undefined for PLAINTEXT. */
  readonly security: SecuritySettings | undefined;
  /** Writes client.properties, once it is known where the brokers are; gives its path. */
  writeClientProperties(bootstrap: readonly string[]): string;
}

const PROTOCOLS: Readonly<Record<KafkaSecurity, ClientProtocol>> = {
  plaintext: 'PLAINTEXT',
  tls: 'SSL',
  sasl: 'SASL_SSL',
};
const USER = 'kbench';
const PLAIN_LOGIN = 'org.apache.kafka.common.security.plain.PlainLoginModule';

/** `folder` is made; it must live as long as the brokers. */
export function makeClientAccess(security: KafkaSecurity, folder: string): ClientAccess {
  mkdirSync(folder, { mode: 0o700 });
  const file = path.join(folder, 'client.properties');
  const protocol = PROTOCOLS[security];
  const password = randomBytes(18).toString('base64url');
  const trust = security === 'plaintext' ? null : makeKeys(folder);
  const client: Record<string, string> = {
    'security.protocol': protocol,
    ...trust?.client,
    ...(security === 'sasl' ? { 'sasl.mechanism': 'PLAIN' } : {}),
  };
  const secret: Record<string, string> =
    security === 'sasl' ? { 'sasl.jaas.config': login(password) } : {};
  return {
    protocol,
    brokerProperties: {
      ...trust?.broker,
      ...(security === 'sasl' ? saslProperties(protocol, password) : {}),
    },
    security:
      security === 'plaintext'
        ? undefined
        : {
            ...client,
            ...(security === 'sasl'
              ? { 'sasl.jaas.config': `\${properties:${file}:sasl.jaas.config}` }
              : {}),
          },
    writeClientProperties(bootstrap) {
      const lines = { 'bootstrap.servers': bootstrap.join(), ...client, ...secret };
      writeWholeSync(file, propertiesText(lines));
      return file;
    },
  };
}

/** An authority, and one key for all brokers: they are all this host. */
function makeKeys(folder: string) {
  const authority = makeAuthority('kbench CA');
  const broker = authority.issue({ name: 'localhost', names: ['localhost', '127.0.0.1'] });
  const write = (name: string, ...parts: string[]): string => {
    const file = path.join(folder, name);
    writeWholeSync(file, parts.join(''));
    return file;
  };
  const ca = write('ca.pem', authority.certificate);
  return {
    broker: {
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': write('broker.pem', broker.key, broker.certificate),
    },
    client: { 'ssl.truststore.type': 'PEM', 'ssl.truststore.location': ca },
  };
}

const login = (password: string): string =>
  `${PLAIN_LOGIN} required username="${USER}" password="${password}";`;

function saslProperties(listener: string, password: string): Record<string, string> {
  const prefix = `listener.name.${listener.toLowerCase()}`;
  return {
    [`${prefix}.sasl.enabled.mechanisms`]: 'PLAIN',
    [`${prefix}.plain.sasl.jaas.config`]: `${PLAIN_LOGIN} required user_${USER}="${password}";`,
  };
}
