// Java's ssl.* settings -> a TLS context of Node's: trusted certificates, the client's own key,
// protocol versions, cipher suites. Called once a producer, before it connects, with secrets
// resolved. Reads the stores; never writes, and never shows a secret.
import tls from 'node:tls';
import { AbsentError, ConfigError } from '../../broker-errors.js';
import { pkcs12Certificates, Pkcs12Error } from './pkcs12-certificates.js';
import { readRegularFile, UnreadableFile } from '../secrets/read-regular-file.js';
import { listOf } from '../security-config.js';

export interface TlsMaterial {
  readonly context: tls.SecureContext;
  /**
   * ssl.endpoint.identification.algorithm: whether the broker's certificate must name the host that
   * it was reached by.
   */
  readonly checkHostName: boolean;
  /** There is a key to show, should the broker ask. */
  readonly hasClientCertificate: boolean;
}

type Settings = ReadonlyMap<string, string>;
type StoreType = 'PEM' | 'PKCS12' | 'JKS';

/** Throws ConfigError, which names the setting. */
export async function loadTls(settings: Settings): Promise<TlsMaterial> {
  const trust = await readTrust(settings);
  const key = await readKey(settings);
  const protocols = listOf(settings.get('ssl.enabled.protocols') ?? 'TLSv1.2,TLSv1.3');
  const ciphers = ciphersOf(listOf(settings.get('ssl.cipher.suites')));
  const options: tls.SecureContextOptions = {
    minVersion:
      protocols.includes('TLSv1.2') && (ciphers?.some((each) => !isTls13(each)) ?? true)
        ? 'TLSv1.2'
        : 'TLSv1.3',
    maxVersion:
      protocols.includes('TLSv1.3') && (ciphers?.some(isTls13) ?? true) ? 'TLSv1.3' : 'TLSv1.2',
    ...(trust === null ? {} : { ca: trust }),
    ...(ciphers === null ? {} : { ciphers: ciphers.join(':') }),
    ...key?.options,
  };
  let context: tls.SecureContext;
  try {
    context = tls.createSecureContext(options);
  } catch (error) {
    const setting =
      key?.setting ?? (trust === null ? 'ssl.cipher.suites' : 'ssl.truststore.location');
    throw new ConfigError(setting, `${setting}: ${whyRefused(error as NodeJS.ErrnoException)}`);
  }
  const algorithm = settings.get('ssl.endpoint.identification.algorithm')?.trim() ?? 'https';
  return { context, checkHostName: algorithm !== '', hasClientCertificate: key !== null };
}

/** OpenSSL's reasons, where they have an everyday meaning. */
function whyRefused(error: NodeJS.ErrnoException): string {
  const { message } = error;
  if (/mac verify failure/i.test(message)) return 'the store’s password is wrong';
  if (/bad decrypt|bad password|empty password|interrupted or cancelled|password/i.test(message))
    return 'the key’s password is wrong or missing (ssl.key.password)';
  if (/key values mismatch/i.test(message))
    return 'the key does not belong to the first certificate';
  if (/no start line|PEM/i.test(message)) return 'it holds no certificate or key that can be read';
  if (/unsupported/i.test(message))
    return `its encryption is not supported by this Node.js (${message}); ${CONVERT}`;
  return message;
}

const CONVERT =
  'keytool -importkeystore -srckeystore OLD -destkeystore NEW.p12 -deststoretype PKCS12 writes ' +
  'one that is supported';

/** PEM of the trusted certificates; null for Node's own. */
async function readTrust(settings: Settings): Promise<string[] | null> {
  const given = settings.get('ssl.truststore.certificates');
  if (given !== undefined)
    return needed(pemBlocks(given, 'CERTIFICATE'), 'ssl.truststore.certificates');
  const setting = 'ssl.truststore.location';
  const path = settings.get(setting);
  if (path === undefined) return null;
  const { bytes, type } = await readStore(setting, path, settings.get('ssl.truststore.type'));
  if (type === 'PEM') return needed(pemBlocks(bytes.toString('utf8'), 'CERTIFICATE'), setting);
  try {
    const found = pkcs12Certificates(bytes, settings.get('ssl.truststore.password') ?? '');
    return needed(
      found.map((der) => pem('CERTIFICATE', der.toString('base64'))),
      setting,
    );
  } catch (error) {
    if (!(error instanceof Pkcs12Error)) throw error;
    throw new ConfigError(
      setting,
      `${setting}: ${path} cannot be read: ${error.message}; ${CONVERT}`,
    );
  }
}

function needed(certificates: string[], setting: string): string[] {
  if (certificates.length === 0) throw new ConfigError(setting, `${setting} holds no certificate`);
  return certificates;
}

interface ClientKey {
  readonly setting: string;
  readonly options: tls.SecureContextOptions;
}

/** The client's own key and certificates; null without. */
async function readKey(settings: Settings): Promise<ClientKey | null> {
  const keyText = settings.get('ssl.keystore.key');
  const chainText = settings.get('ssl.keystore.certificate.chain');
  if (keyText !== undefined && chainText !== undefined) {
    return pemKey('ssl.keystore.key', keyText, chainText, settings);
  }
  const setting = 'ssl.keystore.location';
  const path = settings.get(setting);
  if (path === undefined) return null;
  const { bytes, type } = await readStore(setting, path, settings.get('ssl.keystore.type'));
  if (type === 'PEM')
    return pemKey(setting, bytes.toString('utf8'), bytes.toString('utf8'), settings);
  const password = settings.get('ssl.keystore.password');
  if (password === undefined) {
    throw new ConfigError(
      'ssl.keystore.password',
      'ssl.keystore.password is not set, but the key store needs it',
    );
  }
  return { setting, options: { pfx: bytes, passphrase: password } };
}

function pemKey(
  setting: string,
  keyText: string,
  chainText: string,
  settings: Settings,
): ClientKey {
  const key = pemBlocks(keyText, '(?:ENCRYPTED |RSA |EC )?PRIVATE KEY');
  const certificates = pemBlocks(chainText, 'CERTIFICATE');
  if (key.length === 0) throw new ConfigError(setting, `${setting} holds no private key`);
  if (certificates.length === 0)
    throw new ConfigError(setting, `${setting}: there is no certificate with the key`);
  const passphrase = settings.get('ssl.key.password');
  return {
    setting,
    options: {
      key: key[0],
      cert: certificates.join(''),
      ...(passphrase === undefined ? {} : { passphrase }),
    },
  };
}

/** The store's bytes and type; a type that is not given shows in its first bytes. */
async function readStore(
  setting: string,
  path: string,
  given?: string,
): Promise<{ bytes: Buffer; type: StoreType }> {
  let bytes: Buffer;
  try {
    bytes = await readRegularFile(path);
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error;
    throw new (error.absent ? AbsentError : ConfigError)(
      setting,
      `${setting}: ${path} ${error.message}`,
    );
  }
  const seen = typeOf(bytes);
  const type = (given?.toUpperCase() as StoreType | undefined) ?? seen;
  if (seen === 'JKS') {
    throw new ConfigError(
      setting,
      `${setting}: ${path} is a JKS store, which Java alone reads; convert it with: ` +
        `keytool -importkeystore -srckeystore ${path} ` +
        `-destkeystore ${path.replace(/\.jks$/i, '')}.p12 -deststoretype PKCS12`,
    );
  }
  if (type === null)
    throw new ConfigError(setting, `${setting}: ${path} is neither PEM nor PKCS12`);
  // Java's JKS reader takes PKCS12 as well, so that type says little.
  if (type !== seen && type !== 'JKS')
    throw new ConfigError(setting, `${setting}: ${path} is not of type ${type}`);
  return { bytes, type: type === 'JKS' ? (seen ?? 'JKS') : type };
}

function typeOf(bytes: Buffer): StoreType | null {
  if (bytes.length >= 4 && bytes.readUInt32BE(0) === 0xfeedfeed) return 'JKS';
  if (bytes.includes('-----BEGIN ')) return 'PEM';
  return bytes[0] === 0x30 ? 'PKCS12' : null;
}

/**
 * The PEM blocks of a kind, each written anew: as settings they may come on one line, as Java
 * allows.
 */
function pemBlocks(text: string, kind: string): string[] {
  const blocks: string[] = [];
  for (const match of text.matchAll(
    new RegExp(`-----BEGIN (${kind})-----([^]*?)-----END \\1-----`, 'g'),
  )) {
    const [whole, name, body] = match as unknown as [string, string, string];
    // An old encrypted key has header lines, which must stay lines.
    blocks.push(body.includes(':') ? `${whole}\n` : pem(name, body.replaceAll(/\s|\\n/g, '')));
  }
  return blocks;
}

function pem(name: string, base64: string): string {
  return (
    `-----BEGIN ${name}-----\n${base64.replaceAll(/(.{64})(?=.)/g, '$1\n')}\n` +
    `-----END ${name}-----\n`
  );
}

/** Java's (IANA's) names of cipher suites as OpenSSL's; null for the defaults. */
function ciphersOf(names: readonly string[]): string[] | null {
  if (names.length === 0) return null;
  const known = new Set(tls.getCiphers());
  return names.map((name) => {
    const found = [name, openSslName(name)].find((each) => known.has(each.toLowerCase()));
    if (found !== undefined) return found;
    throw new ConfigError(
      'ssl.cipher.suites',
      `ssl.cipher.suites: ${name} is not a cipher suite of this Node.js`,
    );
  });
}

/** A version for which no cipher suite is left is not spoken. */
const isTls13 = (openSsl: string) => openSsl.startsWith('TLS_');

/**
 * TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 is ECDHE-RSA-AES128-GCM-SHA256. Suites of TLS 1.3 have one
 * name.
 */
export function openSslName(name: string): string {
  const [exchange, cipher] = name.replace(/^TLS_/, '').split('_WITH_');
  if (exchange === undefined || cipher === undefined) return name;
  const short = cipher
    .replace(/AES_(\d+)/, 'AES$1')
    .replace('_CBC_', '_')
    .replace(/(CHACHA20_POLY1305)_SHA256/, '$1');
  return [...(exchange === 'RSA' ? [] : [exchange]), short].join('_').replaceAll('_', '-');
}
