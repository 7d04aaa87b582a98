import net from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import {
  apiVersionsResponse,
  describeClusterResponse,
  metadataResponse,
} from '../../wire/apis/all.js';
import {
  decodeRequestHeader,
  encodeResponse,
  type RequestHeader,
  WireReader,
} from '../../wire/index.js';
import { checkCluster, outageOf } from './external.js';
import { releaseOfMetadataVersion } from './kafka-version.js';
import { probe } from './probe.js';
import { ERROR } from '../../wire/error-codes.js';
import { API } from '../../wire/api-keys.js';

const TIMEOUT_MS = 300;
const servers: net.Server[] = [];
const sockets = new Set<net.Socket>();

afterEach(() => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

/** A TCP server on a port of its own; gives its address. */
async function serve(onConnection: (socket: net.Socket) => void): Promise<string> {
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as net.AddressInfo).port}`;
}

const answering = (bytes: string | Buffer) => (socket: net.Socket) =>
  socket.once('data', () => socket.write(bytes));

/** A broker as far as a probe sees it. Null from `answer` closes the connection. */
const broker = (answer: (header: RequestHeader) => Buffer | null) => (socket: net.Socket) =>
  socket.on('data', (bytes) => {
    const response = answer(decodeRequestHeader(new WireReader(bytes, 4)));
    if (response === null) socket.destroy();
    else socket.write(response);
  });

const keys = (...apis: [key: number, min: number, max: number][]) =>
  apis.map(([apiKey, minVersion, maxVersion]) => ({ apiKey, minVersion, maxVersion }));
const MODERN = keys([0, 0, 13], [3, 0, 13], [18, 0, 5], [60, 0, 2]);

interface FakeBroker {
  readonly id?: number;
  readonly host?: string;
  readonly port?: number;
}

const modern =
  (brokers: (own: number) => FakeBroker[], clusterId = 'c1', own = { port: 0 }) =>
  ({ api, version, correlationId }: RequestHeader) =>
    api === API.API_VERSIONS
      ? encodeResponse(apiVersionsResponse, version, correlationId, {
          apiKeys: MODERN,
          supportedFeatures: [{ name: 'metadata.version', minVersion: 7, maxVersion: 30 }],
          finalizedFeatures: [
            { name: 'metadata.version', minVersionLevel: 25, maxVersionLevel: 25 },
          ],
        })
      : encodeResponse(describeClusterResponse, version, correlationId, {
          clusterId,
          brokers: brokers(own.port).map(({ id = 1, host = '127.0.0.1', port = own.port }) => ({
            brokerId: id,
            host,
            port,
          })),
        });

/** A broker that advertises itself, and whatever else is given. */
async function serveModern(others: FakeBroker[] = [], clusterId = 'c1'): Promise<string> {
  const own = { port: 0 };
  const address = await serve(
    broker(modern((port) => [{ id: 1, port }, ...others], clusterId, own)),
  );
  own.port = Number(address.split(':')[1]);
  return address;
}

async function unusedPort(): Promise<number> {
  const address = await serve(() => undefined);
  await new Promise((resolve) => servers.pop()!.close(resolve));
  return Number(address.split(':')[1]);
}

async function failureOf(address: string): Promise<{ kind: string; message: string }> {
  const outcome = await probe(address, TIMEOUT_MS);
  if (outcome.ok) throw new Error('the probe succeeded');
  return { kind: outcome.failure.kind, message: outcome.failure.message };
}

describe('a probe', () => {
  test('says that a connection is refused', async () => {
    const { kind, message } = await failureOf(`127.0.0.1:${await unusedPort()}`);
    expect(kind).toBe('refused');
    expect(message).toContain('connection refused');
  });

  test('says that a name does not resolve', async () => {
    expect((await failureOf('no-such-host.invalid:9092')).kind).toMatch(/unresolvable|timed-out/);
  });

  test('says that an address is none', async () => {
    for (const address of ['host:99999', 'a b:1', ':9092', 'http://host:9092']) {
      expect((await failureOf(address)).kind).toBe('bad-address');
    }
  });

  test('says that a port accepts connections and stays silent', async () => {
    expect((await failureOf(await serve(() => undefined))).kind).toBe('silent');
  });

  test('says that a port closes at once', async () => {
    expect((await failureOf(await serve((socket) => socket.destroy()))).kind).toBe('closed');
    expect(
      (await failureOf(await serve((socket) => socket.once('data', () => socket.destroy())))).kind,
    ).toBe('closed');
    expect(
      (
        await failureOf(
          await serve((socket) => socket.once('data', () => socket.resetAndDestroy())),
        )
      ).kind,
    ).toBe('closed');
  });

  test('names TLS by an alert or a handshake, also when it comes in two pieces', async () => {
    for (const first of [0x15, 0x16]) {
      const { kind, message } = await failureOf(
        await serve(answering(Buffer.from([first, 3, 3, 0, 2, 2, 80]))),
      );
      expect(kind).toBe('tls');
      expect(message).toContain('the port speaks TLS');
    }
    const slowly = (socket: net.Socket) =>
      socket.once('data', () => {
        socket.write(Buffer.from([0x15]));
        setTimeout(() => socket.end(Buffer.from([3, 3, 0, 2, 2, 80])), 20);
      });
    expect((await failureOf(await serve(slowly))).kind).toBe('tls');
  });

  test('names TLS where the server closes on plaintext without a word', async () => {
    const alert = Buffer.from([0x15, 3, 3, 0, 2, 2, 40]);
    // A ClientHello gets an answer in TLS (here: handshake failure), anything else is cut off.
    const mute = (socket: net.Socket) =>
      socket.once('data', (bytes) => (bytes[0] === 0x16 ? socket.end(alert) : socket.destroy()));
    expect((await failureOf(await serve(mute))).kind).toBe('tls');
  });

  test('names a web server', async () => {
    const { kind, message } = await failureOf(
      await serve(answering('HTTP/1.1 400 Bad Request\r\n\r\n')),
    );
    expect(kind).toBe('http');
    expect(message).toContain('HTTP/1.1 400 Bad Request');
  });

  test('shows harmlessly what another protocol says', async () => {
    const { kind, message } = await failureOf(
      await serve((socket) => socket.write('\u001b[31mSSH-2.0-x\r\n')),
    );
    expect(kind).toBe('not-kafka');
    expect(message).toContain('SSH-2.0');
    expect(message).not.toContain('\u001b');
  });

  test('refuses a frame that lies about its content', async () => {
    const lying = Buffer.from([0, 0, 0, 10, 0, 0, 0, 1, 0, 0, 0x7f, 0xff, 0xff, 0xff]);
    expect((await failureOf(await serve(answering(lying)))).kind).toBe('not-kafka');
    const short = Buffer.from([0, 0, 0, 4, 0, 0, 0, 1]);
    expect((await failureOf(await serve(answering(short)))).kind).toBe('not-kafka');
    const other = Buffer.from([0, 0, 0, 6, 0, 0, 0, 9, 0, 0]);
    expect((await failureOf(await serve(answering(other)))).kind).toBe('not-kafka');
  });

  test('tells a SASL listener by its closing after ApiVersions', async () => {
    const sasl = broker((header) =>
      header.api === API.API_VERSIONS ? modern(() => [])(header) : null,
    );
    expect((await failureOf(await serve(sasl))).kind).toBe('needs-authentication');
  });

  test('tells a KRaft controller by its taking no records', async () => {
    const controller = broker(({ version, correlationId }) =>
      encodeResponse(apiVersionsResponse, version, correlationId, {
        apiKeys: keys([18, 0, 4], [60, 0, 2]),
      }),
    );
    expect((await failureOf(await serve(controller))).kind).toBe('controller');
  });

  test('reads cluster, features, and the release of the software, not of the feature', async () => {
    const address = await serveModern();
    const outcome = await probe(address, TIMEOUT_MS);
    expect(outcome).toMatchObject({
      ok: true,
      view: {
        clusterId: 'c1',
        version: '4.3',
        features: { 'metadata.version': 25 },
        brokers: [{ id: 1, address }],
      },
    });
  });

  test('goes back to older versions where the broker knows no newer ones', async () => {
    const asked: [number, number][] = [];
    const old = broker(({ api, version, correlationId }) => {
      asked.push([api, version]);
      if (api === API.API_VERSIONS && version > 1) {
        return encodeResponse(apiVersionsResponse, 0, correlationId, {
          errorCode: ERROR.UNSUPPORTED_VERSION,
          apiKeys: keys([18, 0, 1]),
        });
      }
      if (api === API.API_VERSIONS) {
        const apiKeys = keys([0, 0, 7], [3, 0, 5], [18, 0, 1]);
        return encodeResponse(apiVersionsResponse, version, correlationId, { apiKeys });
      }
      const brokers = [{ nodeId: 4, host: '::1', port: 9092 }];
      return encodeResponse(metadataResponse, version, correlationId, {
        clusterId: 'old',
        brokers,
      });
    });
    const outcome = await probe(await serve(old), TIMEOUT_MS);
    expect(asked).toEqual([
      [18, 5],
      [18, 1],
      [3, 5],
    ]);
    expect(outcome).toMatchObject({
      ok: true,
      view: {
        clusterId: 'old',
        version: null,
        features: {},
        brokers: [{ id: 4, address: '[::1]:9092' }],
      },
    });
  });
});

describe('the check of a cluster', () => {
  const ask = (address: string) => probe(address, TIMEOUT_MS);

  test('names every bootstrap address and what happened when none answers', async () => {
    const refused = `127.0.0.1:${await unusedPort()}`;
    const tls = await serve(answering(Buffer.from([0x15, 3, 3, 0, 2, 2, 80])));
    const error = await checkCluster([refused, tls], ask).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ exitCode: 107 });
    const { message } = error as Error;
    expect(message).toContain(`${refused}: connection refused`);
    expect(message).toContain(`${tls}: the port speaks TLS`);
  });

  test('goes on with the addresses that answer and notes the others', async () => {
    const good = await serveModern();
    const bad = `127.0.0.1:${await unusedPort()}`;
    const { view, notes } = await checkCluster([bad, good], ask);
    expect(view.brokers).toHaveLength(1);
    expect(notes).toEqual([expect.stringContaining(bad)]);
  });

  test('names advertised.listeners and the broker that cannot be reached there', async () => {
    const lost = await unusedPort();
    const address = await serveModern([{ id: 7, host: '127.0.0.1', port: lost }]);
    await expect(checkCluster([address], ask)).rejects.toThrow(
      new RegExp(
        `1 of 2 brokers.*advertised\\.listeners[^]*broker 7 at 127\\.0\\.0\\.1:${lost}: ` +
          'connection refused',
      ),
    );
  });

  test('ends in its time with thousands of silent brokers, and tells how many', async () => {
    const silent = Array.from({ length: 2_000 }, (_, id) => ({
      id,
      host: '127.0.0.1',
      port: id + 1,
    }));
    const address = await serveModern(silent);
    let asked = 0;
    const never = (to: string) =>
      to === address ? ask(to) : (asked++, new Promise<never>(() => undefined));
    const error = await checkCluster([address], never, { limitMs: 1_000 }).catch(
      (thrown: unknown) => thrown,
    );
    expect(asked).toBe(128);
    const { message } = error as Error;
    expect(message).toContain('128 of 2001 brokers cannot be reached');
    expect(message).toContain('gave no whole answer within');
    expect(message).toContain('(the other 1872 of 2001 were not asked)');
    expect(message.split('\n').length).toBeLessThan(30);
  });

  test('ends with the user’s signal', async () => {
    const silent = await serve(() => undefined);
    const stop = new AbortController();
    const check = checkCluster([silent], (to) => probe(to, 60_000, undefined, stop.signal), {
      stop: stop.signal,
    });
    setTimeout(() => stop.abort(), 50);
    await expect(check).rejects.toMatchObject({ exitCode: 105 });
  });

  test('refuses addresses of two clusters', async () => {
    const [one, other] = [await serveModern([], 'one'), await serveModern([], 'other')];
    await expect(checkCluster([one, other], ask)).rejects.toThrow(/different clusters/);
  });

  test('tells an outage only when no address answers', async () => {
    const bad = `127.0.0.1:${await unusedPort()}`;
    expect(await outageOf([bad, await serveModern()], ask)).toBeNull();
    expect(await outageOf([bad], ask)).toContain('connection refused');
    // With the probe of real life.
    expect(await outageOf([bad, bad])).toContain('connection refused');
  });
});

test('metadata.version levels map to releases, and those from the future to none', () => {
  const levels = [1, 4, 7, 14, 19, 21, 25, 26, 27, 29, 30, 33, 34, undefined];
  expect(levels.map(releaseOfMetadataVersion)).toEqual([
    '3.0',
    '3.3',
    '3.3',
    '3.6',
    '3.7',
    '3.9',
    '4.0',
    '4.1',
    '4.1',
    '4.2',
    '4.3',
    '4.4',
    null,
    null,
  ]);
});
