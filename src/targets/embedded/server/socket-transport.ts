// Ties an accepted TCP socket to a Connection, so that the kernel reads straight into the
// connection's own receive buffer. Called by broker-listener.ts. Must never hand the socket a
// buffer that is written again before the socket is done with it.
import net from 'node:net';
import type { Cluster } from '../cluster.js';
import { Connection } from './client-connection.js';
import type { ProduceHandler } from '../apis/produce.js';

/**
 * `onread` of new net.Socket(): Node documents it for connecting sockets only, but its constructor
 * takes it with a handle as well.
 */
interface HandleOptions extends net.SocketConstructorOpts {
  readonly handle: object;
  readonly onread: {
    readonly buffer: () => Uint8Array;
    readonly callback: (bytes: number) => boolean;
  };
}

/**
 * `accepted` must not read yet (pauseOnConnect). Its handle is given to a second socket that reads
 * into a given buffer: 'data' events allocate 64 KiB per read, which costs more than all else that
 * the broker does (measured: 4.7 against 2.9 us per 16 KiB).
 */
export function attachSocket(
  accepted: net.Socket,
  cluster: Cluster,
  broker: number,
  produce: ProduceHandler,
  open: Set<net.Socket>,
): void {
  const peer = `${accepted.remoteAddress ?? '?'}:${accepted.remotePort ?? 0}`;
  // Made after the connection, as the connection is made after it: neither is used before both are
  // there.
  let socket: net.Socket;
  const connection = new Connection(cluster, broker, produce, {
    peer,
    write: (bytes) => socket.write(bytes),
    resumeReads: () => void socket.resume(),
    destroy: () => void socket.destroy(),
  });
  const handle = takeHandle(accepted);
  if (handle === null) {
    socket = accepted;
    socket.on('data', (chunk) => {
      if (!connection.receive(chunk)) socket.pause();
    });
  } else {
    const options: HandleOptions = {
      handle,
      onread: {
        buffer: () => connection.window(),
        callback: (bytes) => connection.received(bytes),
      },
    };
    socket = new net.Socket(options);
  }
  open.add(socket);
  socket.on('error', () => undefined); // 'close' follows, and that is all there is to do
  socket.on('drain', () => connection.drained());
  socket.on('close', () => {
    open.delete(socket);
    connection.ended();
  });
  socket.resume();
}

/**
 * The socket's handle, which it then no longer has; null where this Node is not built as expected.
 */
function takeHandle(socket: net.Socket): object | null {
  const owner = socket as unknown as { _handle: { useUserBuffer?: unknown } | null };
  const handle = owner._handle;
  if (handle === null || typeof handle !== 'object' || typeof handle.useUserBuffer !== 'function')
    return null;
  owner._handle = null;
  // The shell goes, and the server counts it out.
  socket.destroy();
  return handle;
}
