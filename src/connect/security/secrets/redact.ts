// Settings as they may be shown: secrets are hidden, references to them are not. For everything
// that prints or saves settings. A setting is secret by its type in the table of settings (Java's
// Password), and in sasl.jaas.config the options are, each by itself.
import { SECURITY_BY_NAME } from '../config-table-security.js';
import { JaasError, parseJaasConfig } from '../jaas-config.js';
import { KRB5_OPTIONS } from '../kerberos/kerberos-identity.js';
import { isReference } from './secret-reference.js';

/** As Java's Password prints. */
export const HIDDEN = '[hidden]';

/** JAAS options that are no secrets. */
const OPEN_OPTIONS = new Set(['username', 'clientId', 'scope', 'tokenauth', ...KRB5_OPTIONS]);

/** Java's passwords that hold certificates, which everyone may see. */
const CERTIFICATES = new Set(['ssl.truststore.certificates', 'ssl.keystore.certificate.chain']);

export function isSecretSetting(name: string): boolean {
  return SECURITY_BY_NAME.get(name)?.type === 'password' && !CERTIFICATES.has(name);
}

/** The value if it may be shown, else `[hidden]`. */
export function redacted(name: string, value: string): string {
  return isSecretSetting(name) && literalSecret(name, value) !== null ? HIDDEN : value;
}

/**
 * What in a secret setting's value is a secret itself instead of a reference to one: the JAAS
 * option's name, or the setting's. Null where nothing is. A JAAS text that cannot be read counts as
 * a secret.
 */
export function literalSecret(name: string, value: string): string | null {
  if (!isSecretSetting(name) || isReference(value)) return null;
  if (name !== 'sasl.jaas.config') return name;
  try {
    for (const [option, text] of parseJaasConfig(value).options) {
      if (!isReference(text) && !isOpen(option)) return option;
    }
    return null;
  } catch (error) {
    if (error instanceof JaasError) return name;
    throw error;
  }
}

/**
 * The secrets in a value: all of it, or of a JAAS text its secret options; references are none. For
 * those that keep texts free of them. A setting that is not known counts as secret; of a JAAS text
 * that cannot be read all that is in quotes does.
 */
export function secretsIn(name: string, value: string, known: boolean): string[] {
  if (isReference(value) || value === '' || (known && !isSecretSetting(name))) return [];
  if (!/jaas/i.test(name)) return [value];
  try {
    const options = [...parseJaasConfig(value).options];
    return options.flatMap(([option, text]) => (isOpen(option) || isReference(text) ? [] : [text]));
  } catch (error) {
    if (!(error instanceof JaasError)) throw error;
    return [
      value,
      ...[...value.matchAll(/"([^"]+)"|'([^']+)'/g)].map((quoted) => quoted[1] ?? quoted[2]),
    ];
  }
}

export function isOpen(option: string): boolean {
  return OPEN_OPTIONS.has(option) || /^(?:unsecuredLogin|extension_)/.test(option);
}
