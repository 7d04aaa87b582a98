// `kbench doctor` against the embedded cluster and small servers that do one thing wrong each. Real
// brokers: doctor.kafka.test.ts.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { RunError, StoppedError } from '../../../base/errors.js';
import type { SecuritySettings } from '../../../contract/settings.js';
import { PLAINTEXT } from '../../../connect/cold.js';
import { type Network, tcpNetwork } from '../../../connect/connecting.js';
import { makeAuthority } from '../../../connect/security/index.js';
import { startEmbeddedCluster } from '../../embedded/embedded-cluster.js';
import type { EmbeddedClusterOptions } from '../../embedded/options.js';
import { openAccess, securityLabel } from '../access.js';
import { openAdmin } from '../wire-admin.js';
import { examine, type DoctorOptions } from './doctor.js';
import type { Examination } from './examination.js';
import type { ScratchTopics } from './write-and-read.js';

const folder = mkdtempSync(path.join(tmpdir(), 'kbench-doctor-'));
const servers: net.Server[] = [];
const sockets = new Set<net.Socket>();
const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers.splice(0)) server.close();
  await Promise.all(closers.splice(0).map((close) => close()));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function embedded(options: Partial<EmbeddedClusterOptions> = {}): Promise<readonly string[]> {
  const cluster = await startEmbeddedCluster({ brokers: 1, ports: 0, ...options });
  closers.push(() => cluster.close());
  return cluster.bootstrap;
}

async function listen(server: net.Server): Promise<string> {
  servers.push(server);
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as net.AddressInfo).port}`;
}

interface Given extends Partial<Omit<DoctorOptions, 'way'>> {
  readonly network?: Network;
  readonly timeoutMs?: number;
  readonly stop?: AbortSignal;
}

async function doctor(addresses: readonly string[], given: Given = {}): Promise<Examination> {
  const { network, timeoutMs = 2_000, stop, security = {}, ...rest } = given;
  const access = await openAccess(security);
  try {
    return await examine({
      ...{ addresses, security, securityLabel: securityLabel(security) },
      place: 'client.properties',
      way: { access, timeoutMs, stop, ...(network === undefined ? {} : { network }) },
      topics: null,
      tell: () => undefined,
      ...rest,
    });
  } finally {
    access.close();
  }
}

const codes = ({ findings }: Examination): string[] => findings.map(({ code }) => code);
const textOf = ({ steps }: Examination, step: string): string | undefined =>
  steps.find(({ name }) => name === step)?.text;

/** As kafka-admin has it, without its retries. */
function scratchTopics(bootstrap: readonly string[]) {
  const made: string[] = [];
  const topics: ScratchTopics = {
    create: async (name, { partitions, replicationFactor, config }, note) => {
      const admin = await openAdmin(bootstrap, PLAINTEXT);
      const text = Object.entries(config).map(([key, value]) => [key, String(value)]);
      const own = Object.fromEntries(text) as Record<string, string>;
      const topic = { name, partitions, replicationFactor, config: own };
      const answer = await admin.createTopic(topic, 5_000);
      admin.close();
      if (answer.code !== 0) throw new RunError(`INVALID_CONFIG: ${answer.message ?? ''}`);
      made.push(name);
      await note(answer.id);
      return true;
    },
    remove: async ({ name }) => {
      const admin = await openAdmin(bootstrap, PLAINTEXT);
      await admin.deleteTopic(name, 5_000);
      admin.close();
    },
  };
  return { topics, made };
}

async function hasTopic(bootstrap: readonly string[], name: string): Promise<boolean> {
  const admin = await openAdmin(bootstrap, PLAINTEXT);
  const { code } = await admin.describeTopic(name);
  admin.close();
  return code === 0;
}

describe('a cluster that is well', () => {
  it('has no findings; every broker is written to and read; the topic is gone', async () => {
    const bootstrap = await embedded({ brokers: 3 });
    const { topics, made } = scratchTopics(bootstrap);
    const found = await doctor(bootstrap.slice(0, 1), { topics });
    expect(found.findings).toEqual([]);
    expect(found.verdict).toBe('ok');
    expect(found.cluster?.brokers.map(({ id, reached }) => [id, reached])).toEqual([
      [1, true],
      [2, true],
      [3, true],
    ]);
    expect(textOf(found, 'read')).toBe('9 of 9 read back; topic deleted');
    expect(made).toHaveLength(1);
    expect(made[0]).toMatch(/^kbench-doctor-\d{8}T\d{6}-[0-9a-f]{8}$/);
    expect(await hasTopic(bootstrap, made[0])).toBe(false);
  });

  it('is left alone with --no-write', async () => {
    const found = await doctor(await embedded());
    const skipped = found.steps.filter(({ status }) => status === 'skipped');
    expect(skipped.map(({ name }) => name)).toEqual(['write', 'read', 'clock']);
  });

  it('loses the topic also where the user stops in the middle', async () => {
    const bootstrap = await embedded();
    const { topics, made } = scratchTopics(bootstrap);
    const stop = new AbortController();
    const stopping: ScratchTopics = {
      ...topics,
      create: async (...args) => {
        const done = await topics.create(...args);
        stop.abort();
        return done;
      },
    };
    const asked = doctor(bootstrap, { topics: stopping, stop: stop.signal });
    await expect(asked).rejects.toBeInstanceOf(StoppedError);
    expect(made).toHaveLength(1);
    expect(await hasTopic(bootstrap, made[0])).toBe(false);
  });

  it('is told that the topic is left, by name, where it could not be deleted', async () => {
    const bootstrap = await embedded();
    const { topics, made } = scratchTopics(bootstrap);
    const remove = () => Promise.reject(new RunError('TOPIC_AUTHORIZATION_FAILED: no'));
    const found = await doctor(bootstrap, { topics: { ...topics, remove } });
    expect(codes(found)).toEqual(['topic-left']);
    expect(found.findings[0].cause).toContain(made[0]);
    expect(found.findings[0].cause).toContain('missing permission: Delete on Topic');
    expect(found.verdict).toBe('problem');
  });
});

describe('what is no Kafka broker', () => {
  const answering = (bytes: string) =>
    net.createServer((socket) => socket.once('data', () => socket.write(bytes)));

  it('is named as what it is, and counts as not reached', async () => {
    const gone = net.createServer();
    const refused = await listen(gone);
    await new Promise((resolve) => gone.close(resolve));
    const cases: readonly (readonly [string, string])[] = [
      [refused, 'refused'],
      [await listen(answering('HTTP/1.1 400 Bad Request\r\n\r\n')), 'http'],
      [await listen(answering('SSH-2.0-OpenSSH\r\n')), 'not-kafka'],
      [await listen(net.createServer((socket) => socket.destroy())), 'closed'],
      [await listen(net.createServer()), 'silent'],
      ['no-such-host.invalid:9092', 'unresolvable'],
    ];
    for (const [address, code] of cases) {
      const found = await doctor([address], { timeoutMs: 400 });
      expect(codes(found)).toEqual([code]);
      expect(found.verdict, code).toBe('unreachable');
      expect(found.findings[0].remedy).not.toBe('');
    }
  });

  it('is a black hole after the time limit', async () => {
    const network: Network = {
      ...tcpNetwork,
      connect: () => ({
        ...{ write: () => undefined, cork: () => undefined, uncork: () => undefined },
        ...{ destroy: () => undefined, gone: false },
      }),
    };
    const found = await doctor(['127.0.0.1:9092'], { network, timeoutMs: 200 });
    expect(codes(found)).toEqual(['timed-out']);
    expect(found.findings[0].cause).toContain('no connection within 0.2 s');
    expect(found.verdict).toBe('unreachable');
  });

  it('does not hide an address that is one', async () => {
    const [good] = await embedded();
    const bad = await listen(answering('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const found = await doctor([bad, good]);
    expect(codes(found)).toEqual(['http']);
    expect(found.verdict).toBe('problem');
    expect(found.cluster?.brokers).toHaveLength(1);
  });
});

describe('addresses', () => {
  it('of two clusters are named', async () => {
    const [one] = await embedded();
    const [other] = await embedded();
    const found = await doctor([one, other]);
    expect(codes(found)).toEqual(['another-cluster']);
    expect(found.findings[0].cause).toContain(`${other} leads to another cluster`);
  });

  it('of one name of which one is dead are a warning', async () => {
    const [good] = await embedded();
    const port = good.split(':')[1];
    const network: Network = {
      ...tcpNetwork,
      resolve: () => Promise.resolve(['127.0.0.9', '127.0.0.1']),
    };
    const found = await doctor([`localhost:${port}`], { network });
    expect(codes(found)).toEqual(['dead-address']);
    expect(found.findings[0].cause).toContain('127.0.0.9 cannot be used');
    expect(found.verdict).toBe('warning');
  });

  it('that a broker advertises wrongly are named with the line to write', async () => {
    const bootstrap = await embedded({ host: '127.0.0.1', advertise: 'kafka-1.invalid' });
    const port = bootstrap[0].split(':').at(-1)!;
    const { topics, made } = scratchTopics([`127.0.0.1:${port}`]);
    const found = await doctor([`127.0.0.1:${port}`], { topics });
    expect(codes(found)).toEqual(['unresolvable']);
    // Nobody could write to a topic on a broker that is not to be reached.
    expect(made).toEqual([]);
    expect(textOf(found, 'write')).toBe('not tried: see brokers');
    const [{ cause, remedy }] = found.findings;
    expect(cause).toContain(`broker 1 advertises kafka-1.invalid:${port}, which does not resolve`);
    expect(cause).toContain(`the listener that you reached is PLAINTEXT on 127.0.0.1:${port}`);
    expect(remedy).toContain(`advertised.listeners=LISTENER://127.0.0.1:${port}`);
  });
});

describe('TLS', () => {
  const authority = makeAuthority('doctor test CA');
  const trust = path.join(folder, 'trust.pem');
  writeFileSync(trust, authority.certificate);
  const security: SecuritySettings = {
    'security.protocol': 'SSL',
    'ssl.truststore.location': trust,
  };
  const serve = (options: Parameters<typeof authority.issue>[0], more: tls.TlsOptions = {}) => {
    const { key, certificate: cert } = authority.issue(options);
    const server = tls.createServer({ key, cert, ...more }, (socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.destroy());
    });
    server.on('tlsClientError', () => undefined);
    return listen(server);
  };
  const local = { name: 'localhost', names: ['localhost', '127.0.0.1'] };

  it('names an expired certificate', async () => {
    const dayMs = 86_400_000;
    const notAfter = new Date(Date.now() - dayMs);
    const notBefore = new Date(Date.now() - 9 * dayMs);
    const found = await doctor([await serve({ ...local, notBefore, notAfter })], { security });
    expect(codes(found)).toEqual(['certificate']);
    expect(found.findings[0].cause).toContain('has expired');
    expect(found.verdict).toBe('problem');
  });

  it('says what it cannot see: whether TLS 1.3 alone asks for a certificate', async () => {
    const ask = { requestCert: true, rejectUnauthorized: false } as const;
    const both = await doctor([await serve(local, ask)], { security });
    expect(both.listeners[0].tls?.asksClientCertificate).toBe(true);
    const only = await doctor([await serve(local, { ...ask, minVersion: 'TLSv1.3' })], {
      security,
    });
    expect(only.listeners[0].tls).toMatchObject({
      protocol: 'TLSv1.3',
      asksClientCertificate: null,
    });
  });

  it('shows the certificate of a port that was taken for plaintext', async () => {
    const found = await doctor([await serve(local)]);
    expect(codes(found)).toContain('tls');
    expect(textOf(found, 'tls')).toContain('by CN=doctor test CA');
  });
});
