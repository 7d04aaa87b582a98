// The one way to sockets, so that a simulated network can stand in for it. TCP here, TLS in
// security/tls-network.ts; SO_KEEPALIVE and TCP_NODELAY always on, as in Java.
import { lookup, lookupService } from 'node:dns/promises';
import net from 'node:net';
import { dnsAnswers } from './dns-answers.js';

/** Size of the reused receive buffer: answers to produce requests are small. */
const RECEIVE_BUFFER_BYTES = 64 * 1024;

export interface SocketEvents {
  onConnect(): void;
  /** `bytes` bytes stand in `buffer` from 0; the buffer is reused after the call. */
  onData(buffer: Buffer, bytes: number): void;
  /**
   * Called once, also when the connection never came about. Null: the other side closed in an
   * orderly way.
   */
  onClose(error: Error | null): void;
}

type Written = (error?: Error | null) => void;

export interface Socket {
  /**
   * Hands chunks to the kernel as one writev. `onWritten` is called once, when nobody reads the
   * chunks any more: the kernel has taken all of them, unless there is an error or the socket is
   * `gone` by then (onClose follows or went before).
   */
  write(chunks: readonly Buffer[], count: number, onWritten: Written): void;
  /** Between cork and uncork writes are gathered into one system call. */
  cork(): void;
  uncork(): void;
  destroy(): void;
  /**
   * Closed from either side. A write under way at that moment ends without an error in Node, so its
   * call back must look here.
   */
  readonly gone: boolean;
}

export interface Network {
  /**
   * All addresses of a host, as client.dns.lookup=use_all_dns_ips wants them. Rejects where there
   * is none.
   */
  resolve(host: string): Promise<readonly string[]>;
  /**
   * The full name of an address, as InetAddress.getCanonicalHostName: the address itself where its
   * name does not lead back to it.
   */
  canonicalName?(address: string): Promise<string>;
  /** `host` is the name that the address was found by. */
  connect(address: string, port: number, events: SocketEvents, host?: string): Socket;
}

/** The part of a network that finds addresses, for another one over it. */
export function resolving(network: Network): Pick<Network, 'resolve' | 'canonicalName'> {
  return {
    resolve: (host) => network.resolve(host),
    ...('canonicalName' in network
      ? { canonicalName: (address) => network.canonicalName!(address) }
      : {}),
  };
}

/** The `onread` of a socket: received bytes come in one buffer that is used again. */
export function receiveInto(events: SocketEvents): net.OnReadOpts {
  return {
    buffer: Buffer.allocUnsafeSlow(RECEIVE_BUFFER_BYTES),
    callback(bytes, buffer) {
      events.onData(buffer as Buffer, bytes);
      return true;
    },
  };
}

/** Any stream socket of Node's, made with receiveInto(events) as its `onread`. */
export class StreamSocket implements Socket {
  /**
   * Between cork and uncork; whether the stream itself is corked; and the one chunk that waits for
   * a second.
   */
  private gathering = false;
  private corked = false;
  private held: Buffer | null = null;
  private heldWritten: Written | null = null;

  constructor(
    private readonly socket: net.Socket,
    events: SocketEvents,
    /** The event after which bytes may be sent. */
    usable: 'connect' | 'secureConnect',
    explain: (error: Error) => Error = (error) => error,
    /** Whether writes between cork and uncork gain by being gathered. */
    private readonly gathers = true,
  ) {
    let failure: Error | null = null;
    socket.on(usable, () => events.onConnect());
    socket.on('error', (error) => (failure = explain(error)));
    socket.on('close', () => events.onClose(failure));
  }

  write(chunks: readonly Buffer[], count: number, onWritten: Written): void {
    if (this.gathering && count === 1 && this.held === null && !this.corked) {
      this.held = chunks[0];
      this.heldWritten = onWritten;
      return;
    }
    if (this.gathering || count > 1) this.corkNow();
    for (let i = 0; i < count - 1; i++) this.socket.write(chunks[i]);
    this.socket.write(chunks[count - 1], onWritten);
    if (!this.gathering && count > 1) this.uncork();
  }

  /**
   * A stream that is corked keeps an object for each chunk; a single one, the common case, is held
   * here and goes out as it is.
   */
  cork(): void {
    this.gathering = this.gathers;
  }

  uncork(): void {
    this.gathering = false;
    this.releaseHeld();
    if (!this.corked) return;
    this.corked = false;
    this.socket.uncork();
  }

  private corkNow(): void {
    if (!this.corked) {
      this.corked = true;
      this.socket.cork();
    }
    this.releaseHeld();
  }

  private releaseHeld(): void {
    if (this.held === null || this.heldWritten === null) return;
    this.socket.write(this.held, this.heldWritten);
    this.held = null;
    this.heldWritten = null;
  }

  get gone(): boolean {
    return this.socket.destroyed;
  }

  destroy(): void {
    this.socket.destroy();
    this.releaseHeld(); // a destroyed socket tells the call back
  }
}

export const tcpNetwork: Network = {
  async resolve(host) {
    if (net.isIP(host) !== 0) return [host];
    await dnsAnswers(host);
    // IPv4 first, as Java has it (java.net.preferIPv6Addresses is false).
    const found = await lookup(host, { all: true, order: 'ipv4first' });
    return found.map(({ address }) => address);
  },
  async canonicalName(address) {
    try {
      const { hostname } = await lookupService(address, 0);
      const back = await lookup(hostname, { all: true });
      return back.some((each) => each.address === address) ? hostname : address;
    } catch {
      return address;
    }
  },
  connect(address, port, events) {
    const options = {
      host: address,
      port,
      noDelay: true,
      keepAlive: true,
      onread: receiveInto(events),
    };
    return new StreamSocket(net.connect(options), events, 'connect');
  },
};
