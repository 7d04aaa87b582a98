// The TLS and SASL settings of one producer, as Java names them: which are there, and what Java or
// kbench refuses in them. Secrets are still references here (secret-reference.ts), and no file is
// read. Used by config.ts, config-rules.ts, and sweep's target.security.
import type { SettingValue } from './config-setting.js';
import { JaasError, parseJaasConfig, type JaasConfig } from './jaas-config.js';
import {
  isProblem,
  kerberosIdentity,
  KRB5_EXAMPLE,
  KRB5_LOGIN_MODULE,
  SERVICE_NAME,
} from './kerberos/kerberos-identity.js';
import { isReference } from './secrets/secret-reference.js';
import { TOKEN_HANDLER, tokenHandlerOf } from './oauth/token-handler.js';

export type SecurityProtocol = 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL';
export type SaslMechanismName =
  'GSSAPI' | 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512' | 'OAUTHBEARER';

/**
 * Security's part of a ProducerConfig. Printed or turned into JSON, it does not show the settings:
 * they may hold secrets.
 */
export class SecurityConfig {
  readonly #given: ReadonlyMap<string, string>;

  constructor(
    readonly protocol: SecurityProtocol,
    /** Null without SASL. */
    readonly mechanism: SaslMechanismName | null,
    given: ReadonlyMap<string, string>,
  ) {
    this.#given = given;
  }

  /** The settings that were given, as text, by Java's names; references unresolved. */
  get given(): ReadonlyMap<string, string> {
    return this.#given;
  }
}

/** What is wrong with security's settings; config-rules.ts makes a ConfigProblem of it. */
export interface SecurityProblem {
  readonly setting: string;
  readonly message: string;
  readonly remedy: string;
}

type Values = Readonly<Record<string, SettingValue>>;

const MODULES: Readonly<Record<SaslMechanismName, string>> = {
  PLAIN: 'org.apache.kafka.common.security.plain.PlainLoginModule',
  'SCRAM-SHA-256': 'org.apache.kafka.common.security.scram.ScramLoginModule',
  'SCRAM-SHA-512': 'org.apache.kafka.common.security.scram.ScramLoginModule',
  GSSAPI: KRB5_LOGIN_MODULE,
  OAUTHBEARER: 'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule',
};
const MECHANISMS = Object.keys(MODULES);
/** Java's. */
const DEFAULT: SaslMechanismName = 'GSSAPI';

/** Settings that say how a broker is talked to; everything else is about records. */
export function isSecuritySetting(name: string): boolean {
  return /^(?:ssl|sasl|security)\./.test(name);
}

/** From well typed values. */
export function securityConfigOf(values: Values): SecurityConfig {
  const given = new Map<string, string>();
  for (const [name, value] of Object.entries(values))
    if (isSecuritySetting(name)) given.set(name, String(value));
  const protocol = protocolOf(given);
  const mechanism = protocol.startsWith('SASL')
    ? ((given.get('sasl.mechanism') ?? DEFAULT) as SaslMechanismName)
    : null;
  return new SecurityConfig(protocol, mechanism, given);
}

function protocolOf(given: ReadonlyMap<string, string>): SecurityProtocol {
  return (given.get('security.protocol')?.trim().toUpperCase() ?? 'PLAINTEXT') as SecurityProtocol;
}

/** What is wrong with well typed values taken together. */
export function securityProblems(values: Values): SecurityProblem[] {
  const given = new Map(Object.entries(values).map(([name, value]) => [name, String(value)]));
  const protocol = protocolOf(given);
  return [
    ...(protocol.endsWith('SSL') ? tlsProblems(given) : []),
    ...(protocol.startsWith('SASL') ? saslProblems(given) : []),
  ];
}

type Given = ReadonlyMap<string, string>;

function tlsProblems(given: Given): SecurityProblem[] {
  return [
    ...storeProblems(given, 'ssl.truststore'),
    ...storeProblems(given, 'ssl.keystore'),
    ...pemProblems(given),
    ...protocolProblems(given),
  ];
}

/** Of a store in a file: its place, type and password taken together. */
function storeProblems(
  given: Given,
  store: 'ssl.truststore' | 'ssl.keystore',
): readonly SecurityProblem[] {
  const problems: SecurityProblem[] = [];
  const [location, password] = [`${store}.location`, `${store}.password`];
  if (!given.has(location) && given.has(password)) {
    const message = `${password} is set, but ${location} is not`;
    problems.push({ setting: password, message, remedy: `set ${location}` });
  }
  const setting = `${store}.type`;
  const type = given.get(setting)?.toUpperCase();
  if (type !== undefined && !['PEM', 'PKCS12', 'JKS'].includes(type)) {
    const message = `${setting}: ${type} is not a type of store that kbench reads`;
    problems.push({ setting, message, remedy: 'use PEM or PKCS12' });
  }
  if (type === 'PEM' && given.has(password)) {
    const remedy =
      store === 'ssl.keystore' ? 'use ssl.key.password for an encrypted key' : 'leave it out';
    problems.push({ setting: password, message: `${password} cannot be set for PEM`, remedy });
  }
  return problems;
}

const CERTIFICATES = 'ssl.truststore.certificates';
const KEY = 'ssl.keystore.key';
const CHAIN = 'ssl.keystore.certificate.chain';

/** Of certificates and keys that stand in the settings themselves. */
function pemProblems(given: Given): readonly SecurityProblem[] {
  const problems: SecurityProblem[] = [];
  const notBoth = (setting: string, other: string): void => {
    if (!given.has(setting) || !given.has(other)) return;
    const message = `both ${setting} and ${other} are set`;
    problems.push({ setting, message, remedy: 'keep one' });
  };
  notBoth(CERTIFICATES, 'ssl.truststore.location');
  if (given.has(KEY) !== given.has(CHAIN)) {
    const [setting, missing] = given.has(KEY) ? [KEY, CHAIN] : [CHAIN, KEY];
    const message = `${setting} is set, but ${missing} is not`;
    problems.push({ setting, message, remedy: `set ${missing} too` });
  }
  notBoth(KEY, 'ssl.keystore.location');
  return problems;
}

/** Of what is asked of a connection: who the broker is, and which TLS is spoken. */
function protocolProblems(given: Given): readonly SecurityProblem[] {
  const problems: SecurityProblem[] = [];
  const add = (setting: string, what: string, remedy: string) =>
    problems.push({ setting, message: `${setting}: ${what}`, remedy });
  const identification = 'ssl.endpoint.identification.algorithm';
  const algorithm = given.get(identification)?.trim().toLowerCase() ?? 'https';
  if (algorithm !== 'https' && algorithm !== '') {
    const remedy = 'set it to https, or to "" to accept any host name';
    add(identification, `${algorithm} is not known`, remedy);
  }
  const unknown = listOf(given.get('ssl.enabled.protocols')).filter(
    (each) => !['TLSv1.2', 'TLSv1.3'].includes(each),
  );
  if (unknown.length > 0) {
    const what = `kbench does not speak ${unknown.join(', ')}`;
    add('ssl.enabled.protocols', what, 'use TLSv1.2, TLSv1.3');
  }
  const context = given.get('ssl.protocol') ?? 'TLSv1.3';
  if (!['TLS', 'TLSv1.2', 'TLSv1.3'].includes(context)) {
    const remedy = 'leave it out; ssl.enabled.protocols decides';
    add('ssl.protocol', `${context} is not known`, remedy);
  }
  return problems;
}

/** Comma-separated text as Java's lists. */
export function listOf(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');
}

function saslProblems(given: ReadonlyMap<string, string>): SecurityProblem[] {
  const mechanism = given.get('sasl.mechanism') ?? DEFAULT;
  const wrong = isMechanism(mechanism) ? unsetMechanismProblem(given) : unknownMechanism(mechanism);
  if (wrong !== null || !isMechanism(mechanism)) return wrong === null ? [] : [wrong];
  const text = given.get('sasl.jaas.config');
  if (mechanism !== 'OAUTHBEARER' && givesTokens(given)) return [noUseOfTokens(mechanism)];
  if (text === undefined) {
    if (mechanism === 'OAUTHBEARER') return tokenProblems(given, null);
    const setting = 'sasl.jaas.config';
    return [
      { setting, message: `${setting} is not set`, remedy: `write ${jaasExample(mechanism)}` },
    ];
  }
  // What the whole reference stands for is checked when it is known.
  if (isReference(text)) return [];
  const read = readJaas(text, mechanism);
  if ('problem' in read) return [read.problem];
  if (mechanism === 'GSSAPI') {
    const identity = kerberosIdentity(read.jaas.options, given.get(SERVICE_NAME));
    return isProblem(identity) ? [identity] : [];
  }
  return mechanism === 'OAUTHBEARER' ? tokenProblems(given, read.jaas) : [];
}

const isMechanism = (name: string): name is SaslMechanismName => MECHANISMS.includes(name);

function unknownMechanism(name: string): SecurityProblem {
  const msk =
    name === 'AWS_MSK_IAM' ? '; for MSK: OAUTHBEARER, see examples/modules/msk-iam.mjs' : '';
  return {
    setting: 'sasl.mechanism',
    message: `sasl.mechanism: ${name}, which kbench does not do`,
    remedy: `set it to one of ${MECHANISMS.join(', ')}, if the broker offers it${msk}`,
  };
}

/** Left out it is GSSAPI, which those who mean another mechanism do not expect. */
function unsetMechanismProblem(given: ReadonlyMap<string, string>): SecurityProblem | null {
  if (given.has('sasl.mechanism')) return null;
  const meant = meantMechanisms(given);
  if (meant.includes('GSSAPI')) return null;
  const any =
    `set it to one of ${MECHANISMS.join(', ')}; for GSSAPI write sasl.jaas.config: ` + KRB5_EXAMPLE;
  return {
    setting: 'sasl.mechanism',
    message: "sasl.mechanism is not set, and Java's default is GSSAPI (Kerberos)",
    remedy: meant.length === 0 ? any : `set it to ${meant.join(' or ')}`,
  };
}

/** What the other settings fit; GSSAPI where that cannot be told. */
function meantMechanisms(given: ReadonlyMap<string, string>): readonly string[] {
  if (givesTokens(given) || given.has('sasl.oauthbearer.token.endpoint.url'))
    return ['OAUTHBEARER'];
  const text = given.get('sasl.jaas.config');
  if (text === undefined) return [];
  if (isReference(text)) return ['GSSAPI'];
  try {
    const { loginModule } = parseJaasConfig(text);
    return MECHANISMS.filter((name) => MODULES[name as SaslMechanismName] === loginModule);
  } catch (error) {
    if (error instanceof JaasError) return ['GSSAPI'];
    throw error;
  }
}

/** The user's own code or command, and not what kbench does itself. */
function givesTokens(given: ReadonlyMap<string, string>): boolean {
  return (tokenHandlerOf(given.get(TOKEN_HANDLER))?.kind ?? 'own') !== 'own';
}

const noUseOfTokens = (mechanism: SaslMechanismName): SecurityProblem => ({
  setting: TOKEN_HANDLER,
  message:
    `${TOKEN_HANDLER} (or tokenCommand) gives OAuth tokens, ` +
    `and sasl.mechanism ${mechanism} has no use for them`,
  remedy: 'remove it, or set sasl.mechanism: OAUTHBEARER',
});

function tokenProblems(
  given: ReadonlyMap<string, string>,
  jaas: JaasConfig | null,
): SecurityProblem[] {
  if (givesTokens(given) || given.has('sasl.oauthbearer.token.endpoint.url')) return [];
  const options = [...(jaas?.options.keys() ?? [])];
  return options.some((option) => option.startsWith('unsecuredLogin')) ? [] : [noToken()];
}

const noToken = (): SecurityProblem => ({
  setting: 'sasl.oauthbearer.token.endpoint.url',
  message:
    'sasl.oauthbearer.token.endpoint.url is not set, so there is nowhere to get a token from',
  remedy:
    'set it to the URL of the token endpoint, or to file:///path of a file that holds a token; ' +
    `or use tokenCommand: [program, ...], or ${TOKEN_HANDLER} with a module of your own`,
});

/**
 * The JAAS configuration, held to what the mechanism needs of it; or what is wrong, without a word
 * of its text.
 */
export function readJaas(
  text: string,
  mechanism: SaslMechanismName,
): { readonly jaas: JaasConfig } | { readonly problem: SecurityProblem } {
  const setting = 'sasl.jaas.config';
  const refuse = (why: string) => ({
    problem: {
      setting,
      message: `${setting} cannot be read: ${why}`,
      remedy: `write ${jaasExample(mechanism)}`,
    },
  });
  let jaas: JaasConfig;
  try {
    jaas = parseJaasConfig(text);
  } catch (error) {
    if (error instanceof JaasError) return refuse(error.message);
    throw error;
  }
  if (jaas.loginModule !== MODULES[mechanism]) {
    return refuse(
      `its login module is not the one of sasl.mechanism ${mechanism}, ${MODULES[mechanism]}`,
    );
  }
  if (mechanism === 'OAUTHBEARER' || mechanism === 'GSSAPI') return { jaas };
  for (const option of ['username', 'password']) {
    if ((jaas.options.get(option) ?? '') === '') return refuse(`it has no ${option}`);
  }
  return { jaas };
}

function jaasExample(mechanism: SaslMechanismName): string {
  if (mechanism === 'GSSAPI') return KRB5_EXAMPLE;
  const options =
    mechanism === 'OAUTHBEARER' ? '' : ' username="alice" password="${env:KAFKA_PASSWORD}"';
  return `${MODULES[mechanism]} required${options};`;
}
