// What a TLS port shows to anyone: protocol, chain, whether it asks for a client's certificate.
// Called by `kbench doctor`, which tells it. Trusts no one, sends nothing, and decides nothing:
// whether the chain is good is for the connection that is made with the user's own settings.
import net from 'node:net';
import { Duplex } from 'node:stream';
import tls from 'node:tls';

export interface CertificateShown {
  readonly subject: string;
  readonly issuer: string;
  /** DNS names and addresses that it is for. */
  readonly names: readonly string[];
  /** Milliseconds since 1970. */
  readonly validFromMs: number;
  readonly validToMs: number;
}

export interface TlsInspection {
  /** `TLSv1.3`. */
  readonly protocol: string;
  readonly cipher: string;
  /** The broker's own first, then those that signed it, as far as it sends them. */
  readonly chain: readonly CertificateShown[];
  /** Null: not to be seen from outside (a port of TLS 1.3 alone). */
  readonly asksClientCertificate: boolean | null;
}

export interface TlsTarget {
  /** An IP address. */
  readonly address: string;
  readonly port: number;
  /** The name that it was found by. */
  readonly host: string;
}

/** Most certificates that are shown of one chain. */
const MAX_CHAIN = 10;

/** Null where no handshake comes about. Never throws; two handshakes, each within `timeoutMs`. */
export async function inspectTls(
  target: TlsTarget,
  timeoutMs: number,
): Promise<TlsInspection | null> {
  const [seen, asks] = await Promise.all([
    shown(target, timeoutMs),
    clientCertificateAsked(target, timeoutMs),
  ]);
  return seen === null ? null : { ...seen, asksClientCertificate: asks };
}

/** No certificate is checked: nothing is sent, and the certificate itself is of interest. */
function optionsOf({ host }: TlsTarget): tls.ConnectionOptions {
  return {
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
    ...(net.isIP(host) === 0 ? { servername: host } : {}),
  };
}

function shown(
  target: TlsTarget,
  timeoutMs: number,
): Promise<Omit<TlsInspection, 'asksClientCertificate'> | null> {
  return new Promise((resolve) => {
    const { address, port } = target;
    const socket = tls.connect({ host: address, port, ...optionsOf(target) });
    const end = (seen: Omit<TlsInspection, 'asksClientCertificate'> | null): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(seen);
    };
    const timer = setTimeout(() => end(null), timeoutMs);
    socket.once('secureConnect', () =>
      end({
        protocol: socket.getProtocol() ?? 'TLS',
        cipher: socket.getCipher().standardName,
        chain: chainOf(socket.getPeerCertificate(true)),
      }),
    );
    socket.once('close', () => end(null));
    socket.on('error', () => end(null));
  });
}

function chainOf(first: tls.DetailedPeerCertificate): CertificateShown[] {
  const chain: CertificateShown[] = [];
  const seen = new Set<string>();
  for (
    let each: tls.DetailedPeerCertificate | undefined = first;
    each?.subject !== undefined && chain.length < MAX_CHAIN && !seen.has(each.fingerprint256);
    each = each.issuerCertificate
  ) {
    seen.add(each.fingerprint256);
    chain.push({
      subject: nameOf(each.subject),
      issuer: nameOf(each.issuer),
      names: (each.subjectaltname ?? '')
        .split(', ')
        .map((name) => name.replace(/^(?:DNS|IP Address):/, ''))
        .filter((name) => name !== ''),
      validFromMs: Date.parse(each.valid_from),
      validToMs: Date.parse(each.valid_to),
    });
  }
  return chain;
}

/** `CN=localhost, O=Example`. */
const nameOf = (name: tls.Certificate): string =>
  Object.entries(name)
    .map(([key, value]) => `${key}=${[value].flat().join('+')}`)
    .toReversed()
    .join(', ');

const HANDSHAKE_RECORD = 22;
const CERTIFICATE_REQUEST = 13;
const SERVER_HELLO_DONE = 14;

/**
 * A handshake of TLS 1.2, in which the broker's CertificateRequest travels in the clear (RFC 5246,
 * 7.4.4); in 1.3 it does not.
 */
function clientCertificateAsked(target: TlsTarget, timeoutMs: number): Promise<boolean | null> {
  return new Promise((resolve) => {
    const { address, port } = target;
    const raw = net.connect({ host: address, port });
    const heard: Buffer[] = [];
    const end = (): void => {
      clearTimeout(timer);
      raw.destroy();
      socket.destroy();
      const types = handshakeTypes(Buffer.concat(heard));
      if (types.includes(CERTIFICATE_REQUEST)) resolve(true);
      else resolve(types.includes(SERVER_HELLO_DONE) ? false : null);
    };
    const timer = setTimeout(end, timeoutMs);
    const tapped = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => {
        raw.write(chunk, () => done());
      },
    });
    raw.on('data', (chunk: Buffer) => {
      heard.push(chunk);
      tapped.push(chunk);
    });
    raw.on('error', end);
    raw.once('close', end);
    const socket = tls.connect({ socket: tapped, maxVersion: 'TLSv1.2', ...optionsOf(target) });
    socket.once('secureConnect', end);
    socket.on('error', end);
  });
}

/** Types of the handshake messages in a flight that is not encrypted yet. */
function handshakeTypes(flight: Buffer): number[] {
  const messages: Buffer[] = [];
  for (let at = 0; at + 5 <= flight.length && flight[at] === HANDSHAKE_RECORD;) {
    const length = flight.readUInt16BE(at + 3);
    messages.push(flight.subarray(at + 5, at + 5 + length));
    at += 5 + length;
  }
  const types: number[] = [];
  const all = Buffer.concat(messages);
  for (let at = 0; at + 4 <= all.length; at += 4 + all.readUIntBE(at + 1, 3)) types.push(all[at]);
  return types;
}
