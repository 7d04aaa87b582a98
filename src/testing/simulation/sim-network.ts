// Sockets without a kernel: a Network whose connections end in scripted servers, with late and
// partial writes, split reads, resets and silence. The simulated kernel reads a write's chunks when
// it "sends" them, and compares them with what they were when they were handed over.
import type { Network, Socket, SocketEvents } from '../../connect/connecting.js';
import type { SimClock } from './sim-clock.js';

/** The far end of a connection. */
export interface SimServer {
  accept(link: SimLink): SimPeer;
}

export interface SimPeer {
  onBytes(bytes: Buffer): void;
  onClose(): void;
}

/** What a server can do with a connection. */
export interface SimLink {
  /** The producer has not given it up. */
  readonly open: boolean;
  send(bytes: Buffer): void;
  /** Closes: null in an orderly way, else as a reset. */
  close(error: Error | null): void;
}

interface Write {
  readonly chunks: readonly Buffer[];
  readonly original: Buffer;
  readonly onWritten: (error?: Error | null) => void;
  taken: number;
}

export interface SimNetworkOptions {
  /** One way. */
  latencyMs?: number;
  /**
   * How the kernel takes one write: what share of it after how many ms each. Default: all at once.
   */
  takes?: () => readonly { afterMs: number; share: number }[];
  /** How long the kernel still reads chunks of a socket that is gone. */
  lingerMs?: number;
  /** Sizes of the pieces in which received bytes arrive; default: in one. */
  pieceBytes?: () => number;
  /**
   * For each connection made: after how many bytes to or from the server it breaks, wherever that
   * is in a message.
   */
  cut?: () => { up?: number; down?: number };
}

const RECEIVE_BUFFER_BYTES = 4096;

export class SimNetwork implements Network {
  readonly servers = new Map<string, SimServer>();
  /** Answers of the resolver, where a name does not stand for itself. */
  readonly names = new Map<string, readonly string[] | Error>();
  /** Full names of addresses. */
  readonly canonicalNames = new Map<string, string>();
  /** Names that were looked up. */
  readonly lookups: string[] = [];
  /** Addresses that neither accept nor refuse. */
  readonly silent = new Set<string>();
  /** Writes whose bytes were no longer what was handed over when the kernel came to read them. */
  readonly corruptions: string[] = [];
  readonly attempts: { address: string; atMs: number }[] = [];
  openSockets = 0;

  constructor(
    readonly clock: SimClock,
    readonly options: SimNetworkOptions = {},
  ) {}

  canonicalName(address: string): Promise<string> {
    return Promise.resolve(this.canonicalNames.get(address) ?? address);
  }

  resolve(host: string): Promise<readonly string[]> {
    this.lookups.push(host);
    const found = this.names.get(host) ?? [host];
    return found instanceof Error ? Promise.reject(found) : Promise.resolve(found);
  }

  connect(address: string, port: number, events: SocketEvents): Socket {
    const name = `${address}:${port}`;
    if (port > 65_535)
      throw Object.assign(new RangeError(`Port should be >= 0 and < 65536. Received ${port}.`), {
        code: 'ERR_SOCKET_BAD_PORT',
      });
    this.attempts.push({ address: name, atMs: this.clock.now() });
    return new SimSocket(this, name, events);
  }
}

class SimSocket implements Socket, SimLink {
  private peer: SimPeer | null = null;
  private readonly writes: Write[] = [];
  private taking = false;
  private corked = 0;
  open = true;
  /** Bytes that still pass before the connection breaks. */
  private upLeft: number;
  private downLeft: number;
  private buffer: Buffer | null = null;
  /** The server has gone: what still arrives there is lost. */
  private unheard = false;

  constructor(
    private readonly network: SimNetwork,
    private readonly name: string,
    private readonly events: SocketEvents,
  ) {
    network.openSockets++;
    const { up = Infinity, down = Infinity } = network.options.cut?.() ?? {};
    this.upLeft = up;
    this.downLeft = down;
    if (!network.silent.has(name)) network.clock.later(this.latencyMs, () => this.connected());
  }

  private get latencyMs(): number {
    return this.network.options.latencyMs ?? 0.25;
  }

  private connected(): void {
    if (!this.open) return;
    const server = this.network.servers.get(this.name);
    if (server === undefined) {
      this.end(
        Object.assign(new Error(`connect ECONNREFUSED ${this.name}`), { code: 'ECONNREFUSED' }),
      );
      return;
    }
    this.peer = server.accept(this);
    this.events.onConnect();
  }

  write(chunks: readonly Buffer[], count: number, onWritten: (error?: Error | null) => void): void {
    const own = chunks.slice(0, count);
    this.writes.push({ chunks: own, original: Buffer.concat(own), onWritten, taken: 0 });
    this.takeNext();
  }

  get gone(): boolean {
    return !this.open;
  }

  cork(): void {
    this.corked++;
  }

  uncork(): void {
    this.corked--;
    this.takeNext();
  }

  private takeNext(): void {
    if (!this.open) {
      this.drop();
      return;
    }
    if (this.taking || this.corked > 0) return;
    const write = this.writes[0] as Write | undefined;
    if (write === undefined) return;
    this.taking = true;
    const steps = this.network.options.takes?.() ?? [{ afterMs: 0, share: 1 }];
    this.take(write, [...steps]);
  }

  private take(write: Write, steps: { afterMs: number; share: number }[]): void {
    const step = steps.shift();
    if (step === undefined) {
      this.writes.shift();
      this.taking = false;
      queueMicrotask(() => write.onWritten(null));
      this.takeNext();
      return;
    }
    const go = () => {
      if (!this.open) return;
      if (step.afterMs > 0 || write.taken > 0) this.check(write);
      const to =
        steps.length === 0
          ? write.original.length
          : Math.min(
              write.original.length,
              write.taken + Math.ceil(step.share * write.original.length),
            );
      this.toPeer(write.original.subarray(write.taken, to));
      write.taken = to;
      this.take(write, steps);
    };
    if (step.afterMs === 0) go();
    else this.network.clock.later(step.afterMs, go);
  }

  private check({ chunks, original }: Write): void {
    let at = 0;
    for (const chunk of chunks) {
      if (original.compare(chunk, 0, chunk.length, at, at + chunk.length) !== 0) {
        this.network.corruptions.push(
          `${this.name} at ${this.network.clock.now()}: ${original.length} bytes`,
        );
        return;
      }
      at += chunk.length;
    }
  }

  /** What was handed over arrives, even if the producer closes its side meanwhile. */
  private toPeer(bytes: Buffer): void {
    const { peer } = this;
    const passes = Math.min(bytes.length, this.upLeft);
    this.upLeft -= passes;
    const { clock } = this.network;
    if (passes > 0)
      clock.later(this.latencyMs, () => {
        if (!this.unheard) peer?.onBytes(bytes.subarray(0, passes));
      });
    if (passes < bytes.length || this.upLeft === 0) clock.later(this.latencyMs, () => this.break());
  }

  private break(): void {
    if (this.open) this.end(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
  }

  /** What the kernel has not taken is read for `lingerMs` more, then told. */
  private drop(): void {
    for (const write of this.writes.splice(0)) {
      const told = () => {
        this.check(write);
        write.onWritten(new Error('write ECANCELED'));
      };
      const { lingerMs = 0 } = this.network.options;
      if (lingerMs === 0) queueMicrotask(told);
      else this.network.clock.later(lingerMs, told);
    }
  }

  destroy(): void {
    if (!this.open) return;
    this.end(null);
  }

  private end(error: Error | null): void {
    this.open = false;
    this.network.openSockets--;
    this.drop();
    const { peer } = this;
    this.peer = null;
    if (peer !== null) this.network.clock.later(this.latencyMs, () => peer.onClose());
    this.network.clock.later(0, () => this.events.onClose(error));
  }

  // The server's side.

  send(bytes: Buffer): void {
    const own = Buffer.from(bytes);
    this.network.clock.later(this.latencyMs, () => this.receive(own));
  }

  private receive(bytes: Buffer): void {
    const buffer = (this.buffer ??= Buffer.alloc(RECEIVE_BUFFER_BYTES));
    const passes = Math.min(bytes.length, this.downLeft);
    this.downLeft -= passes;
    for (let at = 0; at < passes && this.open;) {
      const piece = Math.min(
        passes - at,
        RECEIVE_BUFFER_BYTES,
        this.network.options.pieceBytes?.() ?? Infinity,
      );
      bytes.copy(buffer, 0, at, at + piece);
      at += piece;
      this.events.onData(buffer, piece);
      buffer.fill(0xdb, 0, piece);
    }
    if (this.downLeft === 0) this.break();
  }

  close(error: Error | null): void {
    this.unheard = true;
    this.peer = null;
    this.network.clock.later(this.latencyMs, () => {
      if (this.open) this.end(error);
    });
  }
}
