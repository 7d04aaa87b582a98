// One broker's port: listens, accepts, ties each socket to a Connection. Made by in-process.ts.
// Must never keep the process alive once closed: every socket is destroyed with it.
import net from 'node:net';
import { RunError } from '../../../base/errors.js';
import { formatAddress } from '../../../connect/index.js';
import type { BrokerAddress, Cluster } from '../cluster.js';
import { MAX_CONNECTIONS } from './connection-memory.js';
import { attachSocket } from './socket-transport.js';
import type { ProduceHandler } from '../apis/produce.js';

/** Of one broker. */
const MAX_BROKER_CONNECTIONS = 500;

export class Listener {
  private server: net.Server | null = null;
  private readonly sockets = new Set<net.Socket>();

  constructor(
    private readonly cluster: Cluster,
    private readonly broker: BrokerAddress,
    private readonly produce: ProduceHandler,
  ) {}

  /** Port 0 takes a free one, which is then kept for good. Throws RunError naming host and port. */
  async listen(): Promise<void> {
    const { broker, cluster } = this;
    // Accepted sockets don't read until attachSocket has seen to where.
    const server = net.createServer({ noDelay: true, pauseOnConnect: true }, (socket) => {
      const reason = this.full;
      if (reason !== null) {
        this.cluster.log(`connection from ${socket.remoteAddress ?? '?'} refused: ${reason}`);
        socket.destroy();
        return;
      }
      attachSocket(socket, this.cluster, broker.id, this.produce, this.sockets);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) =>
        reject(listenError(error, broker, cluster.options.host)),
      );
      server.listen({ host: cluster.options.host, port: broker.ownPort }, resolve);
    });
    server.on('error', (error) => this.cluster.log(`broker ${broker.id}: ${error.message}`));
    broker.ownPort = (server.address() as net.AddressInfo).port;
    if (broker.port === 0) broker.port = broker.ownPort;
    this.server = server;
  }

  /**
   * Why there is no room for one more connection; null where there is. Node's own count loses those
   * that attachSocket takes over.
   */
  private get full(): string | null {
    if (this.sockets.size >= MAX_BROKER_CONNECTIONS)
      return `broker ${this.broker.id} has ${MAX_BROKER_CONNECTIONS} connections already`;
    if (this.cluster.memory.connections >= MAX_CONNECTIONS)
      return `the cluster has ${MAX_CONNECTIONS} connections already`;
    return null;
  }

  /** Resolves when the port is free. */
  async close(): Promise<void> {
    const { server } = this;
    if (server === null) return;
    this.server = null;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    // Not of one whose client has closed: a reset during its shutdown leaves a request that never
    // ends, and the thread with it (Node 20.20).
    for (const socket of this.sockets) {
      if (socket.writableEnded) socket.destroy();
      else socket.resetAndDestroy();
    }
    await closed;
  }
}

function listenError(
  error: NodeJS.ErrnoException,
  { id, ownPort: port }: BrokerAddress,
  host: string,
): RunError {
  const where = formatAddress({ host, port });
  switch (error.code) {
    case 'EADDRINUSE':
      return new RunError(
        `port ${port} is in use: broker ${id} can't listen on ${where}`,
        'choose another port, or stop what listens there',
      );
    case 'EACCES':
      return new RunError(
        `port ${port} is not permitted: broker ${id} can't listen on ${where}`,
        'ports below 1024 need privileges: choose a higher one',
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new RunError(
        `${host} is not an address of this machine`,
        'listen on 127.0.0.1, on an address that this machine has, or on 0.0.0.0 for all; ' +
          '--advertise names another to clients',
      );
    case undefined:
    default:
      return new RunError(`broker ${id} can't listen on ${where}: ${error.message}`);
  }
}
