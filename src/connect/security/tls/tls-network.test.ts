import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { makeAuthority } from './make-certificates.js';
import { systemClock } from '../../../base/clock.js';
import { ConfigError } from '../../broker-errors.js';
import { tcpNetwork, type Socket } from '../../network.js';
import { createSecurity } from '../security.js';
import { securityConfigOf } from '../security-config.js';
import { TlsFailure } from './tls-failure.js';
import { openSslName } from './tls-material.js';

const folder = mkdtempSync(path.join(tmpdir(), 'kbench-tls-test-'));
const servers: net.Server[] = [];
const accepted = new Set<net.Socket>();
afterEach(() => {
  for (const socket of accepted) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const authority = makeAuthority('kbench test CA');
const stranger = makeAuthority('stranger CA');
const leaf = authority.issue({ name: 'localhost', names: ['localhost', '127.0.0.1'] });
const client = authority.issue({ name: 'client' });

let files = 0;
function file(content: string | Buffer): string {
  const name = path.join(folder, `${++files}.pem`);
  writeFileSync(name, content);
  return name;
}
const trust = file(authority.certificate);

function listen(server: net.Server): Promise<number> {
  servers.push(server);
  server.on('connection', (socket) => {
    accepted.add(socket);
    socket.on('error', () => undefined);
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as net.AddressInfo).port));
  });
}

function serveTls(
  options: tls.TlsOptions = {},
  onSocket: (socket: tls.TLSSocket) => void = () => undefined,
) {
  const server = tls.createServer(
    { key: leaf.key, cert: leaf.certificate, ...options },
    (socket) => {
      socket.on('error', () => undefined);
      onSocket(socket);
    },
  );
  server.on('tlsClientError', () => undefined);
  return listen(server);
}

interface Attempt {
  readonly socket: Socket;
  /** Resolves when bytes may be sent. */
  readonly connected: Promise<void>;
  /** Resolves with why it ended. */
  readonly closed: Promise<Error | null>;
  readonly received: Buffer[];
}

async function connect(
  port: number,
  settings: Record<string, string>,
  host = 'localhost',
): Promise<Attempt> {
  const config = securityConfigOf({ 'security.protocol': 'SSL', ...settings });
  const security = createSecurity(config, {
    network: tcpNetwork,
    clock: systemClock,
    random: Math.random,
  });
  await security.load();
  const received: Buffer[] = [];
  let onConnect: () => void = () => undefined;
  let onClose: (error: Error | null) => void = () => undefined;
  const connected = new Promise<void>((resolve) => (onConnect = resolve));
  const closed = new Promise<Error | null>((resolve) => (onClose = resolve));
  const events = {
    onConnect,
    onClose,
    onData: (buffer: Buffer, bytes: number) =>
      received.push(Buffer.from(buffer.subarray(0, bytes))),
  };
  return {
    socket: security.network.connect('127.0.0.1', port, events, host),
    connected,
    closed,
    received,
  };
}

async function failure(
  port: number,
  settings: Record<string, string>,
  host?: string,
): Promise<TlsFailure> {
  const attempt = await connect(port, settings, host);
  const error = await attempt.closed;
  if (!(error instanceof TlsFailure)) throw new Error(`no TlsFailure but ${String(error)}`);
  return error;
}

describe('a TLS socket', () => {
  it('carries chunks both ways in order, and tells each write once they are free', async () => {
    const echoed: Buffer[] = [];
    const port = await serveTls({}, (socket) =>
      socket.on('data', (bytes: Buffer) => (echoed.push(bytes), socket.write(bytes))),
    );
    const { socket, connected, received, closed } = await connect(port, {
      'ssl.truststore.location': trust,
    });
    await connected;
    const sent: Buffer[] = [];
    const written: number[] = [];
    for (let i = 0; i < 40; i++) {
      const chunks = Array.from({ length: 1 + (i % 3) }, (_, j) =>
        Buffer.alloc(10_000 + i, 65 + ((i + j) % 26)),
      );
      sent.push(...chunks.map((chunk) => Buffer.from(chunk)));
      if (i % 4 === 0) socket.cork();
      socket.write(chunks, chunks.length, (error) => {
        expect(error ?? null).toBeNull();
        written.push(i);
        for (const chunk of chunks) chunk.fill(0); // nobody may read them any more
      });
      if (i % 4 === 3) socket.uncork();
    }
    const total = sent.reduce((sum, { length }) => sum + length, 0);
    await expect
      .poll(() => received.reduce((sum, { length }) => sum + length, 0), { timeout: 5_000 })
      .toBe(total);
    expect(Buffer.concat(echoed).equals(Buffer.concat(sent))).toBe(true);
    expect(Buffer.concat(received).equals(Buffer.concat(sent))).toBe(true);
    expect(written).toEqual(Array.from({ length: 40 }, (_, i) => i));
    socket.destroy();
    expect(socket.gone).toBe(true);
    expect(await closed).toBeNull();
  });

  it('names the broker by host name (SNI), and shows a certificate if asked for', async () => {
    const seen: { name: unknown; peer: string }[] = [];
    const port = await serveTls({ requestCert: true, ca: authority.certificate }, (socket) => {
      const { subject } = socket.getPeerCertificate() as { subject?: { CN: string } };
      seen.push({ name: socket.servername, peer: subject?.CN ?? '' });
      socket.write('x');
    });
    const keystore = file(client.key + client.certificate);
    const settings = { 'ssl.truststore.location': trust, 'ssl.keystore.location': keystore };
    const { received } = await connect(port, settings);
    await expect.poll(() => received.length).toBe(1);
    // As settings' own text, on one line as in a properties file.
    const oneLine = (pem: string) => pem.replaceAll('\n', ' ');
    const { received: again } = await connect(port, {
      'ssl.truststore.certificates': oneLine(authority.certificate),
      'ssl.keystore.key': oneLine(client.key),
      'ssl.keystore.certificate.chain': oneLine(client.certificate),
    });
    await expect.poll(() => again.length).toBe(1);
    expect(seen).toEqual([
      { name: 'localhost', peer: 'client' },
      { name: 'localhost', peer: 'client' },
    ]);
  });

  it('tells a certificate of an authority that is not trusted', async () => {
    const port = await serveTls();
    for (const settings of [
      {},
      { 'ssl.truststore.location': file(stranger.certificate) },
    ] as Record<string, string>[]) {
      const { kind, message } = await failure(port, settings);
      expect(kind).toBe('untrusted');
      expect(message).toContain('ssl.truststore.location');
    }
  });

  it('tells a host name not in the certificate, with those that are; "" turns it off', async () => {
    const port = await serveTls();
    const { kind, message } = await failure(
      port,
      { 'ssl.truststore.location': trust },
      'broker-7.example',
    );
    expect(kind).toBe('host-name');
    expect(message).toMatch(/host broker-7\.example: it names localhost, 127\.0\.0\.1/);
    const settings = {
      'ssl.truststore.location': trust,
      'ssl.endpoint.identification.algorithm': '',
    };
    await (
      await connect(port, settings, 'broker-7.example')
    ).connected;
    await (
      await connect(port, { 'ssl.truststore.location': trust }, '127.0.0.1')
    ).connected;
  });

  it('tells an expired certificate, and one that is not valid yet', async () => {
    const day = 86_400_000;
    const old = { notBefore: new Date(Date.now() - 9 * day), notAfter: new Date(Date.now() - day) };
    const early = {
      notBefore: new Date(Date.now() + day),
      notAfter: new Date(Date.now() + 9 * day),
    };
    for (const [dates, words] of [
      [old, 'has expired'],
      [early, 'is not valid yet'],
    ] as const) {
      const { key, certificate } = authority.issue({ name: 'localhost', ...dates });
      const port = await serveTls({ key, cert: certificate });
      const { kind, message } = await failure(port, { 'ssl.truststore.location': trust });
      expect(kind).toBe('expired');
      expect(message).toContain(words);
    }
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'tells a server that wants a client certificate (%s)',
    async (version) => {
      const port = await serveTls({
        requestCert: true,
        ca: authority.certificate,
        maxVersion: version,
        minVersion: version,
      });
      const { kind, message } = await failure(port, { 'ssl.truststore.location': trust });
      // OpenSSL's servers say no more than "handshake failure" with TLS 1.2; Java's are in
      // security.kafka.test.ts.
      expect(kind).toBe(version === 'TLSv1.2' ? 'versions' : 'client-certificate');
      expect(message).toMatch(/wants a certificate of this client.*ssl\.keystore\.location/);
    },
  );

  it('tells a server that speaks no TLS', async () => {
    const port = await listen(
      net.createServer((socket) => socket.once('data', () => socket.write('HTTP/1.1 400\r\n'))),
    );
    const { kind, message } = await failure(port, {});
    expect(kind).toBe('not-tls');
    expect(message).toContain('security.protocol');
    // A broker's plaintext listener reads a ClientHello as a length and closes without a word.
    const mute = await listen(
      net.createServer((socket) => socket.once('data', () => socket.destroy())),
    );
    const error = await (await connect(mute, {})).closed;
    expect(error).not.toBeInstanceOf(TlsFailure);
    expect(error?.message).toContain('does this listener speak PLAINTEXT');
  });

  it('keeps to the protocol versions and cipher suites that are set, by Java’s names', async () => {
    const protocols: (string | null)[] = [];
    const suites: string[] = [];
    const port = await serveTls({ key: leaf.key, cert: leaf.certificate }, (socket) => {
      protocols.push(socket.getProtocol());
      suites.push(socket.getCipher().standardName);
    });
    const trusted = { 'ssl.truststore.location': trust };
    await (
      await connect(port, { ...trusted, 'ssl.enabled.protocols': 'TLSv1.2' })
    ).connected;
    await (
      await connect(port, { ...trusted, 'ssl.enabled.protocols': 'TLSv1.3' })
    ).connected;
    await (
      await connect(port, { ...trusted, 'ssl.cipher.suites': 'TLS_AES_128_GCM_SHA256' })
    ).connected;
    const suite = 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384';
    await (
      await connect(port, { ...trusted, 'ssl.cipher.suites': suite })
    ).connected;
    await expect.poll(() => protocols).toEqual(['TLSv1.2', 'TLSv1.3', 'TLSv1.3', 'TLSv1.2']);
    expect(suites.slice(2)).toEqual(['TLS_AES_128_GCM_SHA256', suite]);
    const old = await serveTls({ maxVersion: 'TLSv1.2' });
    expect((await failure(old, { ...trusted, 'ssl.enabled.protocols': 'TLSv1.3' })).kind).toBe(
      'versions',
    );
    await expect(connect(port, { 'ssl.cipher.suites': 'TLS_NO_SUCH' })).rejects.toThrow(
      /TLS_NO_SUCH is not a cipher/,
    );
    expect(openSslName('TLS_RSA_WITH_AES_256_CBC_SHA')).toBe('AES256-SHA');
    expect(openSslName('TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256')).toBe(
      'ECDHE-RSA-CHACHA20-POLY1305',
    );
  });
});

describe('stores', () => {
  it.each<[string, Record<string, string>, RegExp]>([
    [
      'a file that is not there',
      { 'ssl.truststore.location': '/no/such/ca.pem' },
      /ca\.pem cannot be read \(ENOENT\)/,
    ],
    [
      'neither PEM nor PKCS12',
      { 'ssl.truststore.location': file('hello') },
      /neither PEM nor PKCS12/,
    ],
    [
      'a JKS store',
      { 'ssl.truststore.location': file(Buffer.from('feedfeed00000002', 'hex')) },
      /JKS store.*keytool -importkeystore.*-deststoretype PKCS12/,
    ],
    ['no certificate', { 'ssl.truststore.location': file(leaf.key) }, /holds no certificate/],
    ['no key', { 'ssl.keystore.location': file(leaf.certificate) }, /holds no private key/],
    [
      'another type than it says',
      { 'ssl.truststore.location': trust, 'ssl.truststore.type': 'PKCS12' },
      /not of type PKCS12/,
    ],
    [
      'a key of another certificate',
      { 'ssl.keystore.location': file(client.key + leaf.certificate) },
      /does not belong to the first certificate/,
    ],
  ])('are refused with clear words: %s', async (_, settings, words) => {
    const attempt = connect(1, settings);
    await expect(attempt).rejects.toBeInstanceOf(ConfigError);
    await expect(attempt).rejects.toThrow(words);
  });
});
