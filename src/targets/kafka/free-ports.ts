// Ports for brokers on 127.0.0.1. Below the range that systems give to outgoing connections (32768
// and up on Linux), so that the port of a broker that was killed is still free when it comes back.
import { createServer } from 'node:net';

const LOWEST = 20_000;
const HIGHEST = 32_000;

/**
 * `count` different ports that nobody listens on now, none of `not` among them. Another process may
 * be faster: the caller must be ready to try again.
 */
export async function freePorts(count: number, not: readonly number[] = []): Promise<number[]> {
  const ports = new Set<number>();
  for (let tries = 0; ports.size < count; tries++) {
    if (tries > 1000) throw new Error(`no ${count} free ports between ${LOWEST} and ${HIGHEST}`);
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if (!ports.has(port) && !not.includes(port) && (await isFree(port))) ports.add(port);
  }
  return [...ports];
}

/** Can 127.0.0.1:port be listened on? */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () =>
      server.close(() => resolve(true)),
    );
  });
}
