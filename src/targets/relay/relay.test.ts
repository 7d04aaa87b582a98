import net from 'node:net';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { NO_EFFECT, type LinkEffect } from './link-effect.js';
import { startRelay, type Relay } from './relay.js';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Setup {
  readonly relay: Relay;
  readonly apply: (effect: Partial<LinkEffect>) => Promise<void>;
  /** Bytes that the broker's side has got. */
  readonly got: () => number;
}

/** A relay in front of what sends back each byte that it gets. */
async function setUp(): Promise<Setup> {
  let got = 0;
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      got += bytes.length;
      socket.write(bytes);
    });
    socket.on('end', () => socket.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const relay = await startRelay({ host: '127.0.0.1', links: 1 });
  closers.push(() => relay.close());
  await relay.aim(0, { host: '127.0.0.1', port: (server.address() as net.AddressInfo).port });
  const apply = (effect: Partial<LinkEffect>) => relay.apply(0, { ...NO_EFFECT, ...effect });
  return { relay, apply, got: () => got };
}

class Client {
  received = Buffer.alloc(0);
  ended = false;
  error: string | null = null;
  private constructor(readonly socket: net.Socket) {
    socket.on('data', (bytes) => (this.received = Buffer.concat([this.received, bytes])));
    socket.on('end', () => (this.ended = true));
    socket.on('error', ({ code }: NodeJS.ErrnoException) => (this.error = code ?? 'unknown'));
  }

  static async to({ ports: [port] }: Relay): Promise<Client> {
    const client = new Client(net.connect({ host: '127.0.0.1', port, noDelay: true }));
    closers.push(() => client.socket.destroy());
    await once(client.socket, 'connect');
    return client;
  }

  send(text: string): void {
    this.socket.write(text);
  }

  until(text: string): Promise<void> {
    return expect.poll(() => this.received.toString(), { timeout: 10_000, interval: 1 }).toBe(text);
  }

  /** Milliseconds until the answer to one small message. */
  async roundTrip(): Promise<number> {
    this.received = Buffer.alloc(0);
    const startMs = performance.now();
    this.socket.write('x');
    while (this.received.length === 0) await new Promise((resolve) => setImmediate(resolve));
    return performance.now() - startMs;
  }
}

it('passes bytes and ends both ways as they are', async () => {
  const { relay } = await setUp();
  const client = await Client.to(relay);
  const text = 'abc'.repeat(200_000);
  client.send(text);
  client.socket.end();
  await expect.poll(() => client.ended, { timeout: 10_000 }).toBe(true);
  expect(client.received.toString()).toBe(text);
});

it('delays each way by no less than asked, in order, and not once it is over', async () => {
  const { relay, apply } = await setUp();
  const client = await Client.to(relay);
  await apply({ delayMs: 20, jitterMs: 5 });
  const delayed = [];
  for (let i = 0; i < 10; i++) delayed.push(await client.roundTrip());
  expect(Math.min(...delayed)).toBeGreaterThanOrEqual(30);
  expect(delayed.toSorted((a, b) => a - b)[5]).toBeLessThan(150);
  client.received = Buffer.alloc(0);
  for (let i = 0; i < 100; i++) client.send(`${i} `);
  await client.until(Array.from({ length: 100 }, (_, i) => `${i} `).join(''));
  await apply({});
  const after = [];
  for (let i = 0; i < 10; i++) after.push(await client.roundTrip());
  expect(Math.min(...after)).toBeLessThan(20);
});

it('lets no more bytes through than the limit', async () => {
  const { relay, apply, got } = await setUp();
  const client = await Client.to(relay);
  await apply({ bytesPerSecond: 400_000 });
  const startMs = performance.now();
  client.send('z'.repeat(200_000));
  await expect.poll(got, { timeout: 10_000, interval: 5 }).toBe(200_000);
  expect(performance.now() - startMs).toBeGreaterThan(450);
});

it('holds every byte while cut, keeps the connection, and hands all on after it', async () => {
  const { relay, apply, got } = await setUp();
  const client = await Client.to(relay);
  client.send('before ');
  await client.until('before ');
  await apply({ cut: true });
  client.send('during');
  await sleep(150);
  expect([got(), client.received.toString(), client.error]).toEqual([7, 'before ', null]);
  await apply({});
  await client.until('before during');
});

it('half open: what is sent arrives, what is answered does not until it is over', async () => {
  const { relay, apply, got } = await setUp();
  const client = await Client.to(relay);
  await apply({ halfOpen: true });
  client.send('asked');
  await expect.poll(got).toBe(5);
  await sleep(100);
  expect(client.received.length).toBe(0);
  await apply({});
  await client.until('asked');
});

it('resets what is connected, refuses what comes, and has its port after it', async () => {
  const { relay, apply } = await setUp();
  const client = await Client.to(relay);
  client.send('a');
  await client.until('a');
  await apply({ reset: true });
  await expect.poll(() => client.error).toBe('ECONNRESET');
  await expect(Client.to(relay)).rejects.toThrow('ECONNREFUSED');
  await apply({});
  expect(await (await Client.to(relay)).roundTrip()).toBeGreaterThan(0);
});

it('frees its ports and tells who is connected when it is closed', async () => {
  const { relay } = await setUp();
  const client = await Client.to(relay);
  await client.roundTrip();
  await relay.close();
  await expect.poll(() => client.error).toBe('ECONNRESET');
  await expect(relay.apply(0, NO_EFFECT)).rejects.toThrow('closed');
});
