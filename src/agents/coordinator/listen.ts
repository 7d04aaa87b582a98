// Where agents dial in: a port, with TLS where certificates are given. Without a token or client
// certificates nobody but this machine may connect. Called by coordinator.ts.
import net from 'node:net';
import tls from 'node:tls';
import { ConfigurationError, RunError } from '../../base/errors.js';
import { FramedLink } from '../protocol/framed-link.js';

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly token: string | null;
  /** `ca` asks agents for certificates of it. */
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer; readonly ca?: Buffer } | undefined;
  readonly onLink: (link: FramedLink, from: string) => void;
  /** What came was no TLS, or had no certificate that counts. */
  readonly onNoTls?: (from: string, why: string) => void;
}

export interface Listening {
  readonly address: string;
  readonly port: number;
  close(): void;
}

/** A handshake that does not end is no agent. */
const HANDSHAKE_MS = 10_000;
const MOST_CONNECTIONS = 20_000;

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);

/** Throws ConfigurationError where the address would be open to anyone. */
export function refuseStrangers(
  where: Pick<ListenOptions, 'host' | 'port' | 'token' | 'tls'>,
): void {
  const { host, port, token, tls: secured } = where;
  if (isLoopback(host) || token !== null || secured?.ca !== undefined) return;
  throw new ConfigurationError(
    `--agents-listen ${host}:${port} is open to other machines, and nothing tells agents from ` +
      'strangers',
    'give both sides a token (--agents-token-file, or KBENCH_AGENT_TOKEN), or agents ' +
      'certificates (--agents-cert, --agents-key, --agents-ca)',
  );
}

/** Throws as refuseStrangers does, and RunError where the address is taken. */
export async function listenForAgents(options: ListenOptions): Promise<Listening> {
  refuseStrangers(options);
  const { host, port, onLink } = options;
  const sockets = new Set<net.Socket>();
  const take = (socket: net.Socket): void => {
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    onLink(new FramedLink(socket), placeOf(socket));
  };
  const server =
    options.tls === undefined
      ? net.createServer(take)
      : tls.createServer(
          {
            ...options.tls,
            ...(options.tls.ca === undefined
              ? {}
              : { requestCert: true, rejectUnauthorized: true }),
            minVersion: 'TLSv1.2',
            handshakeTimeout: HANDSHAKE_MS,
          },
          take,
        );
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: net.Socket) =>
    options.onNoTls?.(placeOf(socket), `no TLS came about (${error.code ?? error.message})`),
  );
  server.maxConnections = MOST_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new RunError(
          `cannot listen for agents on ${host}:${port}: ${error.code ?? error.message}`,
          'choose another address with --agents-listen',
          { cause: error },
        ),
      ),
    );
    server.listen(port, host, resolve);
  });
  // A connection that breaks while it is taken is no concern of the sweep's.
  server.on('error', () => undefined);
  const bound = server.address() as net.AddressInfo;
  return {
    ...{ address: host, port: bound.port },
    close: () => {
      server.close();
      // Last words are given their time; then the rest goes.
      setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, LAST_WORDS_MS).unref();
    },
  };
}

const placeOf = ({ remoteAddress = 'somewhere', remotePort = 0 }: net.Socket): string =>
  `${remoteAddress}:${remotePort}`;

const LAST_WORDS_MS = 500;
