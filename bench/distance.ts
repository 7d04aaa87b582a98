// A network between client and broker where there is none: a proxy that hands on every byte a fixed time later, in order, both ways. Called by
// benchmarks whose client and broker share a machine, where otherwise the CPU decides how long an answer takes.
import net from 'node:net';

export interface Distance {
  readonly port: number;
  /** Where bytes go; connections made before it is set wait. */
  aim(address: string): void;
  close(): void;
}

/** `delayMs`: each way. */
export async function startDistance(delayMs: number): Promise<Distance> {
  let target: { host: string; port: number } | null = null;
  const waiting: (() => void)[] = [];
  const sockets = new Set<net.Socket>();
  const server = net.createServer({ noDelay: true }, (near) => {
    const link = () => {
      const far = net.connect({ ...target!, noDelay: true });
      handOn(near, far, delayMs);
      handOn(far, near, delayMs);
      for (const socket of [near, far]) {
        sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => {
          sockets.delete(socket);
          near.destroy();
          far.destroy();
        });
      }
    };
    if (target === null) waiting.push(link);
    else link();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as net.AddressInfo).port,
    aim(address) {
      const at = address.lastIndexOf(':');
      target = { host: address.slice(0, at), port: Number(address.slice(at + 1)) };
      for (const link of waiting.splice(0)) link();
    },
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** One timer at a time: what came is written when it has been under way for `delayMs`. */
function handOn(from: net.Socket, to: net.Socket, delayMs: number): void {
  const under: { dueMs: number; bytes: Buffer }[] = [];
  let timer: NodeJS.Timeout | null = null;
  const deliver = () => {
    timer = null;
    to.cork();
    while (under.length > 0 && under[0].dueMs <= performance.now() + 0.5) to.write(under.shift()!.bytes);
    to.uncork();
    if (under.length > 0) timer = setTimeout(deliver, Math.max(1, under[0].dueMs - performance.now()));
  };
  from.on('data', (bytes) => {
    under.push({ dueMs: performance.now() + delayMs, bytes: bytes });
    timer ??= setTimeout(deliver, delayMs);
  });
  from.on('close', () => {
    if (timer !== null) clearTimeout(timer);
  });
}
