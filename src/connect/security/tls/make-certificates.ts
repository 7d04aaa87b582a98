// X.509 certificates made on the spot: an authority, and what it signs (RFC 5280; ECDSA on P-256
// with SHA-256). Written out as DER here because Node has no call for it. Called by the cluster
// that kbench starts with TLS, and by tests; nothing of it is on disk here.
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import net from 'node:net';

export interface Certificate {
  /** PEM, PKCS#8 and X.509. */
  readonly key: string;
  readonly certificate: string;
}

export interface Authority extends Certificate {
  issue(options: LeafOptions): Certificate;
}

export interface LeafOptions {
  /** Common name, and part of the alternative names unless `names` are given. */
  readonly name: string;
  /** DNS names and IPv4 addresses that the certificate is for. */
  readonly names?: readonly string[];
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

const DAY_MS = 86_400_000;
const ECDSA_SHA256 = seq(oid(1, 2, 840, 10045, 4, 3, 2));

/** A self-signed certificate that signs others. */
export function makeAuthority(name: string): Authority {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const own = certify({ name, names: [] }, publicKey, name, privateKey, true);
  return {
    ...pems(privateKey, own),
    issue(options) {
      const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      return pems(keys.privateKey, certify(options, keys.publicKey, name, privateKey, false));
    },
  };
}

function pems(key: KeyObject, certificate: Buffer): Certificate {
  const base64 = certificate.toString('base64').replaceAll(/.{64}/g, '$&\n').trimEnd();
  return {
    key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
  };
}

function certify(
  options: LeafOptions,
  subject: KeyObject,
  issuer: string,
  issuerKey: KeyObject,
  ca: boolean,
): Buffer {
  const { name, names = [name] } = options;
  const {
    notBefore = new Date(Date.now() - DAY_MS),
    notAfter = new Date(Date.now() + 30 * DAY_MS),
  } = options;
  const alternatives = names.map((each) =>
    net.isIPv4(each)
      ? der(0x87, Buffer.from(each.split('.').map(Number)))
      : der(0x82, Buffer.from(each)),
  );
  const extensions = [
    seq(oid(2, 5, 29, 19), bool(true), octets(ca ? seq(bool(true)) : seq())),
    ...(alternatives.length === 0 ? [] : [seq(oid(2, 5, 29, 17), octets(seq(...alternatives)))]),
  ];
  const body = seq(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    ECDSA_SHA256,
    commonName(issuer),
    seq(time(notBefore), time(notAfter)),
    commonName(name),
    subject.export({ type: 'spki', format: 'der' }),
    der(0xa3, seq(...extensions)),
  );
  const signature = sign('sha256', body, issuerKey);
  return seq(body, ECDSA_SHA256, der(0x03, Buffer.concat([Buffer.from([0]), signature])));
}

function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const bytes =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  const head = [tag, ...bytes];
  return Buffer.concat([Buffer.from(head), content]);
}

function seq(...parts: Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

function oid(first: number, second: number, ...rest: number[]): Buffer {
  const bytes = [first * 40 + second];
  for (const part of rest) {
    const digits = [part & 0x7f];
    for (let left = part >> 7; left > 0; left >>= 7) digits.unshift((left & 0x7f) | 0x80);
    bytes.push(...digits);
  }
  return der(0x06, Buffer.from(bytes));
}

function bool(value: boolean): Buffer {
  return der(0x01, Buffer.from([value ? 0xff : 0]));
}

function octets(content: Buffer): Buffer {
  return der(0x04, content);
}

/** UTCTime; years from 1950 to 2049. */
function time(at: Date): Buffer {
  const text = at.toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  return der(0x17, Buffer.from(text.slice(2)));
}

function commonName(name: string): Buffer {
  return seq(der(0x31, seq(oid(2, 5, 4, 3), der(0x0c, Buffer.from(name)))));
}
