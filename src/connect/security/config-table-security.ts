// The TLS and SASL settings of Java's producer (SslConfigs.java, SaslConfigs.java of 4.4), and
// whether kbench's core does them. Part of PRODUCER_SETTINGS in config-table.ts; what they mean
// together is decided in security/security-config.ts.
import { SECURITY_DOCS } from './config-docs-security.js';
import type { ProducerSetting, SettingType } from './config-setting.js';
import { TOKEN_HANDLER, tokenHandlerRefusal } from './oauth/token-handler.js';

type Row = readonly [
  name: string,
  type: ProducerSetting['type'],
  preset: ProducerSetting['default'],
  min?: number,
  max?: number,
];

const SSL = [
  ['ssl.protocol', 'string', 'TLSv1.3'],
  ['ssl.provider', 'string', null],
  ['ssl.cipher.suites', 'list', ''],
  ['ssl.enabled.protocols', 'list', 'TLSv1.2,TLSv1.3'],
  ['ssl.keystore.type', 'string', 'JKS'],
  ['ssl.keystore.location', 'string', null],
  ['ssl.keystore.password', 'password', null],
  ['ssl.key.password', 'password', null],
  ['ssl.keystore.key', 'password', null],
  ['ssl.keystore.certificate.chain', 'password', null],
  ['ssl.truststore.certificates', 'password', null],
  ['ssl.truststore.type', 'string', 'JKS'],
  ['ssl.truststore.location', 'string', null],
  ['ssl.truststore.password', 'password', null],
  // Java asks its runtime for the defaults of these two; OpenJDK answers so.
  ['ssl.keymanager.algorithm', 'string', 'SunX509'],
  ['ssl.trustmanager.algorithm', 'string', 'PKIX'],
  ['ssl.endpoint.identification.algorithm', 'string', 'https'],
  ['ssl.secure.random.implementation', 'string', null],
  ['ssl.engine.factory.class', 'string', null],
] as const satisfies readonly Row[];

const SASL = [
  ['sasl.mechanism', 'string', 'GSSAPI'],
  ['sasl.jaas.config', 'password', null],
  ['sasl.client.callback.handler.class', 'string', null],
  ['sasl.login.callback.handler.class', 'string', null],
  ['sasl.login.class', 'string', null],
  ['sasl.login.connect.timeout.ms', 'ms', null],
  ['sasl.login.read.timeout.ms', 'ms', null],
  ['sasl.login.retry.backoff.ms', 'ms', 100],
  ['sasl.login.retry.backoff.max.ms', 'ms', 10_000],
  ['sasl.login.refresh.window.factor', 'double', 0.8, 0.5, 1],
  ['sasl.login.refresh.window.jitter', 'double', 0.05, 0, 0.25],
  ['sasl.login.refresh.min.period.seconds', 'int', 60, 0, 900],
  ['sasl.login.refresh.buffer.seconds', 'int', 300, 0, 3_600],
  ['sasl.kerberos.service.name', 'string', null],
  ['sasl.kerberos.kinit.cmd', 'string', '/usr/bin/kinit'],
  ['sasl.kerberos.ticket.renew.window.factor', 'double', 0.8],
  ['sasl.kerberos.ticket.renew.jitter', 'double', 0.05],
  ['sasl.kerberos.min.time.before.relogin', 'ms', 60_000],
] as const satisfies readonly Row[];

const OAUTH = 'org.apache.kafka.common.security.oauthbearer';

const SASL_OAUTHBEARER = [
  ['sasl.oauthbearer.jwt.retriever.class', 'string', `${OAUTH}.DefaultJwtRetriever`],
  ['sasl.oauthbearer.jwt.validator.class', 'string', `${OAUTH}.DefaultJwtValidator`],
  ['sasl.oauthbearer.scope', 'string', null],
  ['sasl.oauthbearer.client.credentials.client.id', 'string', null],
  ['sasl.oauthbearer.client.credentials.client.secret', 'password', null],
  ['sasl.oauthbearer.assertion.algorithm', 'string', 'RS256'],
  ['sasl.oauthbearer.assertion.claim.aud', 'string', null],
  ['sasl.oauthbearer.assertion.claim.exp.seconds', 'int', 300, 0, 86_400],
  ['sasl.oauthbearer.assertion.claim.iss', 'string', null],
  ['sasl.oauthbearer.assertion.claim.jti.include', 'boolean', false],
  ['sasl.oauthbearer.assertion.claim.nbf.seconds', 'int', 60, 0, 3_600],
  ['sasl.oauthbearer.assertion.claim.sub', 'string', null],
  ['sasl.oauthbearer.assertion.file', 'string', null],
  ['sasl.oauthbearer.assertion.private.key.file', 'string', null],
  ['sasl.oauthbearer.assertion.private.key.passphrase', 'password', null],
  ['sasl.oauthbearer.assertion.template.file', 'string', null],
  ['sasl.oauthbearer.scope.claim.name', 'string', 'scope'],
  ['sasl.oauthbearer.sub.claim.name', 'string', 'sub'],
  ['sasl.oauthbearer.token.endpoint.url', 'string', null],
  ['sasl.oauthbearer.jwks.endpoint.url', 'string', null],
  ['sasl.oauthbearer.jwks.endpoint.refresh.ms', 'ms', 3_600_000],
  ['sasl.oauthbearer.jwks.endpoint.retry.backoff.ms', 'ms', 100],
  ['sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms', 'ms', 10_000],
  ['sasl.oauthbearer.clock.skew.seconds', 'int', 30],
  ['sasl.oauthbearer.allow.unverified.audience', 'boolean', false],
  ['sasl.oauthbearer.allow.unverified.issuer', 'boolean', false],
  ['sasl.oauthbearer.expected.audience', 'list', ''],
  ['sasl.oauthbearer.expected.issuer', 'string', null],
  ['sasl.oauthbearer.header.urlencode', 'boolean', false],
] as const satisfies readonly Row[];

const NO_JAVA = "it names a class of Java's, and kbench's core is not Java";
const NO_ASSERTION = 'kbench gets tokens by client id and secret, not by assertions';
/** Settings that the core does not do, and why; brokers alone have a use for some. */
const NOT_DONE: Readonly<Record<string, string>> = {
  'ssl.provider': NO_JAVA,
  'ssl.keymanager.algorithm': NO_JAVA,
  'ssl.trustmanager.algorithm': NO_JAVA,
  'ssl.secure.random.implementation': NO_JAVA,
  'ssl.engine.factory.class': NO_JAVA,
  'sasl.client.callback.handler.class': NO_JAVA,
  'sasl.login.class': NO_JAVA,
  'sasl.oauthbearer.jwt.retriever.class': NO_JAVA,
  'sasl.oauthbearer.jwt.validator.class': NO_JAVA,
  'sasl.oauthbearer.assertion.algorithm': NO_ASSERTION,
  'sasl.oauthbearer.assertion.claim.aud': NO_ASSERTION,
  'sasl.oauthbearer.assertion.claim.exp.seconds': NO_ASSERTION,
  'sasl.oauthbearer.assertion.claim.iss': NO_ASSERTION,
  'sasl.oauthbearer.assertion.claim.jti.include': NO_ASSERTION,
  'sasl.oauthbearer.assertion.claim.nbf.seconds': NO_ASSERTION,
  'sasl.oauthbearer.assertion.claim.sub': NO_ASSERTION,
  'sasl.oauthbearer.assertion.file': NO_ASSERTION,
  'sasl.oauthbearer.assertion.private.key.file': NO_ASSERTION,
  'sasl.oauthbearer.assertion.private.key.passphrase': NO_ASSERTION,
  'sasl.oauthbearer.assertion.template.file': NO_ASSERTION,
  'sasl.oauthbearer.jwks.endpoint.url': 'only brokers check the signature of a token',
  'sasl.oauthbearer.allow.unverified.audience': 'only brokers check the audience of a token',
  'sasl.oauthbearer.allow.unverified.issuer': 'only brokers check the issuer of a token',
  'sasl.oauthbearer.expected.audience': 'only brokers check the audience of a token',
  'sasl.oauthbearer.expected.issuer': 'only brokers check the issuer of a token',
};
/** Java's class that kbench's own token endpoint client stands for. */
const ACCEPTS: Readonly<Record<string, readonly string[]>> = {
  'sasl.oauthbearer.jwt.retriever.class': [
    `${OAUTH}.DefaultJwtRetriever`,
    `${OAUTH}.ClientCredentialsJwtRetriever`,
    `${OAUTH}.FileJwtRetriever`,
  ],
  'sasl.oauthbearer.jwt.validator.class': [
    `${OAUTH}.DefaultJwtValidator`,
    `${OAUTH}.ClientJwtValidator`,
  ],
};

/** What a value must be besides. */
const CHECKS: Readonly<Record<string, NonNullable<ProducerSetting['check']>>> = {
  [TOKEN_HANDLER]: tokenHandlerRefusal,
};

const SINCE_4_1 = /^sasl\.oauthbearer\.(?:assertion|client\.credentials|jwt|scope$)/;
const SINCE_4_4 = /^sasl\.oauthbearer\.allow\./;

const rows = (rowList: readonly Row[]): ProducerSetting[] =>
  rowList.map(([name, type, preset, min, max]) => ({
    name,
    type,
    default: preset,
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    implemented: NOT_DONE[name] === undefined,
    ...(NOT_DONE[name] === undefined ? {} : { why: NOT_DONE[name] }),
    ...(ACCEPTS[name] === undefined ? {} : { accepts: ACCEPTS[name] }),
    ...(CHECKS[name] === undefined ? {} : { check: CHECKS[name] }),
    ...(SINCE_4_1.test(name) ? { since: '4.1' } : SINCE_4_4.test(name) ? { since: '4.4' } : {}),
    doc: SECURITY_DOCS[name] ?? '',
  }));

export const SECURITY_SETTINGS: readonly ProducerSetting[] = [
  ...rows(SSL),
  ...rows(SASL),
  ...rows(SASL_OAUTHBEARER),
];

export const SECURITY_BY_NAME: ReadonlyMap<string, ProducerSetting> = new Map(
  SECURITY_SETTINGS.map((each) => [each.name, each]),
);

type NamedRow = (typeof SSL | typeof SASL | typeof SASL_OAUTHBEARER)[number];
/** A row's name and type, for ProducerSettings. */
export type SecurityRow = NamedRow extends infer R
  ? R extends readonly [infer Name extends string, infer Type extends SettingType, ...unknown[]]
    ? { readonly name: Name; readonly type: Type }
    : never
  : never;
