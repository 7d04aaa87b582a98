// The certificates of a PKCS#12 truststore (RFC 7292): Node reads PKCS#12 files with a key only
// (`pfx`), and a truststore has none. Reads what Java's keytool writes since JDK 9 and OpenSSL
// since 3: certificates in the clear, or encrypted with PBES2 (RFC 8018: PBKDF2, AES-CBC). Called
// by tls-material. The file's own integrity check (a MAC) is not made; a wrong password shows as
// text that cannot be decrypted.
import { createDecipheriv, pbkdf2Sync } from 'node:crypto';

/** Why a file's certificates cannot be had. */
export class Pkcs12Error extends Error {
  override name = 'Pkcs12Error';
}

interface Der {
  readonly tag: number;
  readonly content: Buffer;
}

const SEQUENCE = 0x30;
const OCTET_STRING = 0x04;
const OBJECT_IDENTIFIER = 0x06;
const MAX_ITERATIONS = 10_000_000;

const DATA = '1.2.840.113549.1.7.1';
const ENCRYPTED_DATA = '1.2.840.113549.1.7.6';
const CERTIFICATE_BAG = '1.2.840.113549.1.12.10.1.3';
const X509_CERTIFICATE = '1.2.840.113549.1.9.22.1';
const PBES2 = '1.2.840.113549.1.5.13';
const PBKDF2 = '1.2.840.113549.1.5.12';
const DIGESTS: Readonly<Record<string, string>> = {
  '1.2.840.113549.2.7': 'sha1',
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
};
const CIPHERS: Readonly<Record<string, readonly [name: string, keyBytes: number]>> = {
  '2.16.840.1.101.3.4.1.2': ['aes-128-cbc', 16],
  '2.16.840.1.101.3.4.1.22': ['aes-192-cbc', 24],
  '2.16.840.1.101.3.4.1.42': ['aes-256-cbc', 32],
};

/** DER of each certificate in the file. Throws Pkcs12Error. */
export function pkcs12Certificates(file: Buffer, password: string): Buffer[] {
  const [, authSafe] = sequence(readDer(file));
  const [type, safe] = sequence(need(authSafe));
  if (oid(type) !== DATA)
    throw new Pkcs12Error('it is signed with a public key, which is not supported');
  const certificates: Buffer[] = [];
  for (const info of sequence(readDer(explicit(safe).content))) {
    const bags = contentOf(info, password);
    for (const bag of bags === null ? [] : sequence(readDer(bags))) {
      const [bagType, value] = sequence(bag);
      if (oid(bagType) !== CERTIFICATE_BAG) continue;
      const [certificateType, certificate] = sequence(explicit(value));
      if (oid(certificateType) === X509_CERTIFICATE)
        certificates.push(explicit(certificate).content);
    }
  }
  return certificates;
}

/** A ContentInfo's bags, decrypted; null where it is of another kind. */
function contentOf(info: Der, password: string): Buffer | null {
  const [type, content] = sequence(info);
  if (oid(type) === DATA) return explicit(content).content;
  if (oid(type) !== ENCRYPTED_DATA) return null;
  const [, encrypted] = sequence(explicit(content));
  const [, algorithm, bytes] = sequence(need(encrypted));
  return decrypt(need(algorithm), octets(need(bytes)), password);
}

function decrypt(algorithm: Der, bytes: Buffer, password: string): Buffer {
  const [scheme, parameters] = sequence(algorithm);
  if (oid(scheme) !== PBES2) {
    throw new Pkcs12Error(
      'its certificates are encrypted in an old way (before JDK 9 or OpenSSL 3)',
    );
  }
  const [derivation, encryption] = sequence(need(parameters));
  const [derivationType, derivationParameters] = sequence(need(derivation));
  const [cipherType, iv] = sequence(need(encryption));
  const cipher = CIPHERS[oid(cipherType)];
  if (oid(derivationType) !== PBKDF2 || cipher === undefined)
    throw new Pkcs12Error('its encryption is not known');
  const [salt, iterations, ...rest] = sequence(need(derivationParameters));
  const digest = rest.find(({ tag }) => tag === SEQUENCE);
  const hash = digest === undefined ? 'sha1' : DIGESTS[oid(sequence(digest)[0])];
  const count = integer(need(iterations));
  if (hash === undefined || count < 1 || count > MAX_ITERATIONS)
    throw new Pkcs12Error('its encryption is not known');
  const [name, keyBytes] = cipher;
  const key = pbkdf2Sync(password, octets(need(salt)), count, keyBytes, hash);
  try {
    const decipher = createDecipheriv(name, key, octets(need(iv)));
    return Buffer.concat([decipher.update(bytes), decipher.final()]);
  } catch {
    throw new Pkcs12Error('its password is wrong');
  }
}

/** One element that fills the bytes; what is behind it is not looked at. */
function readDer(bytes: Buffer): Der {
  const [element] = elements(bytes, 1);
  return need(element);
}

function elements(bytes: Buffer, most = Infinity): Der[] {
  const found: Der[] = [];
  let at = 0;
  while (at < bytes.length && found.length < most) {
    const tag = bytes[at++];
    let length = bytes[at++] ?? -1;
    if (length >= 0x80) {
      const count = length - 0x80;
      if (count < 1 || count > 4 || at + count > bytes.length) throw malformed();
      length = bytes.readUIntBE(at, count);
      at += count;
    }
    if (length < 0 || at + length > bytes.length) throw malformed();
    found.push({ tag, content: bytes.subarray(at, at + length) });
    at += length;
  }
  return found;
}

function sequence(element: Der | undefined): Der[] {
  const { tag, content } = need(element);
  // 0x31 is a set: nothing that is read here differs by it.
  if (tag !== SEQUENCE && tag !== 0x31) throw malformed();
  return elements(content);
}

/** The element within [0] EXPLICIT. */
function explicit(element: Der | undefined): Der {
  const { tag, content } = need(element);
  if (tag !== 0xa0) throw malformed();
  return readDer(content);
}

/** An octet string, or its [0] IMPLICIT form. */
function octets({ tag, content }: Der): Buffer {
  if (tag !== OCTET_STRING && tag !== 0x80) throw malformed();
  return content;
}

function integer({ tag, content }: Der): number {
  if (tag !== 0x02 || content.length < 1 || content.length > 4) throw malformed();
  return content.readIntBE(0, content.length);
}

function oid(element: Der | undefined): string {
  const { tag, content } = need(element);
  if (tag !== OBJECT_IDENTIFIER || content.length === 0) throw malformed();
  const parts = [Math.min(2, Math.floor(content[0] / 40))];
  parts.push(content[0] - parts[0] * 40);
  let value = 0;
  for (const byte of content.subarray(1)) {
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      parts.push(value);
      value = 0;
    }
  }
  return parts.join('.');
}

function need(element: Der | undefined): Der {
  if (element === undefined) throw malformed();
  return element;
}

const malformed = () => new Pkcs12Error('it is no PKCS#12 file, or damaged');
