// The door to the settings of TLS and SASL, and to secrets: read and judged, nothing connected.
export type {
  ProducerSetting,
  ProducerSettingValues,
  SettingType,
  SettingValue,
} from './config-setting.js';
export { SECURITY_SETTINGS, type SecurityRow } from './config-table-security.js';
export { JaasError, parseJaasConfig } from './jaas-config.js';
export { KRB5_PATHS } from './kerberos/kerberos-identity.js';
export { commandHandler, TOKEN_HANDLER, tokenHandlerOf } from './oauth/token-handler.js';
export type { GivenToken, TokenProvider, TokenRequest } from './oauth/token-provider.js';
export { ClientProperties } from './properties/client-properties.js';
export { MalformedProperties, parseProperties } from './properties/java-properties.js';
export { UnreadableFile } from './secrets/read-regular-file.js';
export { HIDDEN, isSecretSetting, literalSecret, redacted, secretsIn } from './secrets/redact.js';
export { keepSecrets } from './secrets/secret-keeper.js';
export {
  mapReferencePaths,
  resolveReferences,
  WHOLE_REFERENCE,
} from './secrets/secret-reference.js';
export {
  isSecuritySetting,
  SecurityConfig,
  securityConfigOf,
  securityProblems,
} from './security-config.js';
export { type Authority, type Certificate, makeAuthority } from './tls/make-certificates.js';
export { type CertificateShown, inspectTls, type TlsInspection } from './tls/tls-inspection.js';
