// One connection to one broker: set-up with time limit, version negotiation, a FIFO of outstanding requests, and an orderly end in which
// every outstanding request is told. Driven by the sender; knows nothing of batches beyond what an Outstanding does with its answer.
// Must never leave an outstanding request without an outcome.
import { apiVersionsRequest, apiVersionsResponse } from './protocol/apis/api-versions.js';
import { decodeResponse, encodeRequest } from './protocol/frame.js';
import type { Decoded, Message } from './protocol/message.js';
import { WireReader } from './protocol/reader.js';
import { WireError } from './protocol/wire-error.js';
import { backoffMs } from './backoff.js';
import type { Clock, TimerHandle } from './clock.js';
import type { ProducerConfig } from './config.js';
import { DisconnectError, ProducerError, TimeoutError, brokerError } from './errors.js';
import { FrameReader } from './frame-reader.js';
import type { Network, Socket } from './network.js';
import type { NodeState } from './topic-state.js';

/** A request that was handed to the socket. */
export interface Outstanding {
  correlationId: number;
  sentMs: number;
  /** Exactly one of the two is called: with the reader behind the correlation id, or with why no answer will come. */
  answered(reader: WireReader): void;
  lost(error: ProducerError): void;
}

export interface ConnectionEvents {
  /** Set-up ended well, or requests may flow again: the sender should look. */
  connectionUsable(): void;
  /** The connection has ended or never came about; outstanding requests were told before. */
  connectionClosed(connection: Connection, error: ProducerError): void;
  /** What one read brought was handled. */
  received(): void;
}

export interface ConnectionContext {
  readonly clock: Clock;
  readonly network: Network;
  readonly config: ProducerConfig;
  readonly events: ConnectionEvents;
  readonly random: () => number;
}

/** Before this version of ApiVersions the broker itself holds a throttled client back. */
const CLIENT_THROTTLES_FROM = 2;
const CLIENT_SOFTWARE_NAME = 'kbench';
const CLIENT_SOFTWARE_VERSION = '0.1.0';

export class Connection {
  state: 'closed' | 'connecting' | 'negotiating' | 'ready' = 'closed';
  /** Outstanding requests, oldest first. */
  readonly inFlight: Outstanding[] = [];
  /** Requests that the kernel has not taken entirely. */
  unwritten = 0;
  lastUsedMs = 0;
  /** Clock times: no new attempt, no requests before. */
  reconnectAtMs = 0;
  throttledUntilMs = 0;
  /** Why the last attempt or connection ended. */
  lastFailure: ProducerError | null = null;
  opened = 0;

  private socket: Socket | null = null;
  private attempt = 0;
  private failures = 0;
  private nextCorrelationId = 0;
  private addresses: readonly string[] = [];
  private addressIndex = 0;
  private setupTimer: TimerHandle | null = null;
  private readonly versions = new Map<number, readonly [low: number, high: number]>();
  private readonly reader = new WireReader(Buffer.alloc(0));
  private backedUp = false;
  private starved = false;
  private corked = false;

  constructor(
    readonly node: NodeState,
    private readonly context: ConnectionContext,
  ) {}

  /** Starts to connect. Allowed in state closed, from reconnectAtMs on. */
  connect(): void {
    const attempt = ++this.attempt;
    const { config, clock, network, random } = this.context;
    this.state = 'connecting';
    // Doubles with each failure, as reconnects do (KIP-601).
    const most = Math.max(config.socketConnectionSetupTimeoutMaxMs, config.socketConnectionSetupTimeoutMs);
    const limitMs = backoffMs(config.socketConnectionSetupTimeoutMs, most, this.failures, random);
    this.setupTimer = clock.schedule(limitMs, () => {
      this.fail(
        new TimeoutError(
          `${this.node.address}: no connection within ${limitMs} ms (socket.connection.setup.timeout.ms)`,
        ),
      );
    });
    const use = (addresses: readonly string[]) => {
      if (attempt !== this.attempt) return;
      this.addresses = addresses;
      const address = addresses[this.addressIndex];
      try {
        if (address === undefined) throw Object.assign(new Error('no address'), { code: 'ENOTFOUND' });
        this.open(address, attempt);
      } catch (error) {
        // Metadata may name a port that no socket can have.
        this.fail(unreachable(this.node, error as NodeJS.ErrnoException));
      }
    };
    if (this.addressIndex < this.addresses.length) use(this.addresses);
    else {
      this.addressIndex = 0;
      network.resolve(this.node.host).then(use, (error: unknown) => {
        if (attempt === this.attempt) this.fail(unreachable(this.node, error as NodeJS.ErrnoException));
      });
    }
  }

  private open(address: string, attempt: number): void {
    const frames = new FrameReader((buffer, from, to) => this.onFrame(buffer, from, to));
    this.socket = this.context.network.connect(address, this.node.port, {
      onConnect: () => {
        if (attempt === this.attempt) this.negotiate(apiVersionsRequest.versions[1]);
      },
      onData: (buffer, bytes) => {
        if (attempt !== this.attempt) return;
        try {
          frames.push(buffer, bytes);
        } catch (error) {
          if (!(error instanceof WireError)) throw error;
          if (attempt !== this.attempt) return;
          this.fail(new ProducerError('PROTOCOL', `${this.node.address}: ${error.message}`, true));
          return;
        }
        this.context.events.received();
      },
      onClose: (error) => {
        if (attempt !== this.attempt) return;
        this.fail(
          this.state === 'connecting' && error !== null
            ? unreachable(this.node, error)
            : new DisconnectError(`${this.node.address}: ${closedHow(error, this.state)}`),
        );
      },
    });
  }

  private negotiate(version: number): void {
    this.state = 'negotiating';
    this.send(
      encodeRequest(apiVersionsRequest, version, this.nextCorrelationId, this.context.config.clientId, {
        clientSoftwareName: CLIENT_SOFTWARE_NAME,
        clientSoftwareVersion: CLIENT_SOFTWARE_VERSION,
      }),
      {
        correlationId: 0,
        sentMs: 0,
        answered: (reader) => this.negotiated(reader, version),
        lost: () => undefined, // fail() tells
      },
    );
  }

  private negotiated(reader: WireReader, version: number): void {
    if (reader.remaining < 2) throw new WireError('answered ApiVersions with an empty message');
    const errorCode = reader.buffer.readInt16BE(reader.position);
    // A broker that does not know the version answers in version 0, with the versions it has (KIP-511).
    const answer = decodeResponse(apiVersionsResponse, errorCode === 35 ? 0 : version, reader);
    const own = answer.apiKeys.find(({ apiKey }) => apiKey === apiVersionsRequest.api);
    if (errorCode === 35 && version > 0) {
      this.negotiate(Math.max(0, Math.min(own?.maxVersion ?? 0, version - 1)));
      return;
    }
    if (errorCode !== 0) {
      this.fail(brokerError(errorCode, this.node.address));
      return;
    }
    this.versions.clear();
    for (const { apiKey, minVersion, maxVersion } of answer.apiKeys)
      this.versions.set(apiKey, [minVersion, maxVersion]);
    this.setupTimer?.cancel();
    this.setupTimer = null;
    this.state = 'ready';
    this.failures = 0;
    this.opened++;
    this.lastUsedMs = this.context.clock.now();
    if (version >= CLIENT_THROTTLES_FROM) this.throttle(answer.throttleTimeMs);
    this.context.events.connectionUsable();
  }

  /** The highest version of an API that both sides have, or -1. */
  versionOf(api: number, low: number, high: number): number {
    const theirs = this.versions.get(api);
    if (theirs === undefined) return -1;
    const version = Math.min(high, theirs[1]);
    return version >= Math.max(low, theirs[0]) ? version : -1;
  }

  /** Call once before a series of sends: whether the kernel still owes an earlier one decides for the whole series. */
  beginPass(): void {
    this.backedUp = this.unwritten > 0;
  }

  /** Java's rule: nothing outstanding, or the last request fully written and fewer than the limit outstanding. */
  canSend(nowMs: number): boolean {
    if (this.state !== 'ready' || nowMs < this.throttledUntilMs) return false;
    const { length } = this.inFlight;
    if (length === 0) return true;
    if (length >= this.context.config.maxInFlightRequestsPerConnection) return false;
    if (this.backedUp) this.starved = true;
    return !this.backedUp;
  }

  /** There is no socket that could still take or bring anything. */
  get gone(): boolean {
    return this.socket === null || this.socket.gone;
  }

  takeCorrelationId(): number {
    const id = this.nextCorrelationId;
    this.nextCorrelationId = (id + 1) & 0x7fffffff;
    return id;
  }

  /** Sends a frame whose correlation id is `outstanding.correlationId`. `onWritten` as Socket.write. */
  sendChunks(
    chunks: readonly Buffer[],
    count: number,
    outstanding: Outstanding,
    onWritten: (error?: Error | null) => void,
  ): void {
    this.inFlight.push(outstanding);
    this.unwritten++;
    this.lastUsedMs = outstanding.sentMs;
    this.socket!.write(chunks, count, onWritten);
  }

  /** To be called from every onWritten. */
  wrote(): void {
    this.unwritten--;
    if (this.unwritten === 0 && this.starved) {
      this.starved = false;
      this.context.events.connectionUsable();
    }
  }

  /** Gathers what is sent until uncork() into one system call. */
  cork(): void {
    if (this.corked || this.socket === null) return;
    this.corked = true;
    this.socket.cork();
  }

  uncork(): void {
    if (!this.corked) return;
    this.corked = false;
    this.socket?.uncork();
  }

  private send(frame: Buffer, outstanding: Outstanding): void {
    outstanding.correlationId = this.takeCorrelationId();
    outstanding.sentMs = this.context.clock.now();
    const attempt = this.attempt;
    this.sendChunks([frame], 1, outstanding, () => {
      if (attempt === this.attempt) this.wrote();
    });
  }

  /** Sends a cold request in the highest common version. `done` gets the decoded answer or why there is none, once. */
  request<Q, A>(
    request: Message<Q>,
    response: Message<A>,
    body: Q,
    done: (error: ProducerError | null, answer: Decoded<A> | null, version: number) => void,
  ): void {
    const version = this.versionOf(request.api, request.versions[0], request.versions[1]);
    if (version < 0) {
      done(
        new ProducerError('UNSUPPORTED_VERSION', `${this.node.address}: no common version of ${request.name}`),
        null,
        -1,
      );
      return;
    }
    this.send(encodeRequest(request, version, this.nextCorrelationId, this.context.config.clientId, body), {
      correlationId: 0,
      sentMs: 0,
      answered: (reader) => done(null, decodeResponse(response, version, reader), version),
      lost: (error) => done(error, null, version),
    });
  }

  /** Holds the node back for `ms` (KIP-219). */
  throttle(ms: number): void {
    if (ms > 0) this.throttledUntilMs = Math.max(this.throttledUntilMs, this.context.clock.now() + ms);
  }

  private onFrame(buffer: Buffer, from: number, to: number): void {
    const correlationId = buffer.readInt32BE(from);
    const outstanding = this.inFlight[0];
    if (outstanding === undefined || outstanding.correlationId !== correlationId) {
      throw new WireError(
        `answered correlation id ${correlationId}, but ${outstanding?.correlationId ?? 'none'} was due`,
      );
    }
    this.reader.reset(buffer, from + 4, to);
    outstanding.answered(this.reader);
    // Removed only now: an answer that cannot be read fails the connection, and with it this request.
    if (this.inFlight[0] === outstanding) this.inFlight.shift();
  }

  /** acks=0: no answer will come; the request is over once it is written. */
  forget(outstanding: Outstanding): void {
    const at = this.inFlight.indexOf(outstanding);
    if (at >= 0) this.inFlight.splice(at, 1);
  }

  /** Ends the connection because of `error`; outstanding requests are lost. */
  fail(error: ProducerError): void {
    const wasReady = this.state === 'ready';
    if (this.state === 'closed') return;
    this.shut();
    this.lastFailure = error;
    const { clock, config, random } = this.context;
    if (wasReady)
      this.addresses = []; // the name is resolved again after an established connection broke
    else {
      this.failures++;
      this.addressIndex++;
    }
    // Further addresses of the name are tried at once.
    const more = !wasReady && this.addressIndex < this.addresses.length;
    const waitMs = backoffMs(
      config.reconnectBackoffMs,
      config.reconnectBackoffMaxMs,
      Math.max(0, this.failures - 1),
      random,
    );
    this.reconnectAtMs = more ? 0 : clock.now() + waitMs;
    for (const outstanding of this.inFlight.splice(0)) outstanding.lost(error);
    this.context.events.connectionClosed(this, error);
  }

  /** Ends the connection in an orderly way: idle, or the producer closes. */
  close(): void {
    if (this.state === 'closed') return;
    this.shut();
    for (const outstanding of this.inFlight.splice(0))
      outstanding.lost(new DisconnectError(`${this.node.address}: connection closed`));
  }

  private shut(): void {
    this.attempt++;
    this.state = 'closed';
    this.unwritten = 0;
    this.starved = false;
    this.corked = false;
    this.setupTimer?.cancel();
    this.setupTimer = null;
    this.socket?.destroy();
    this.socket = null;
  }
}

function unreachable(node: NodeState, error: NodeJS.ErrnoException): ProducerError {
  const how: Record<string, string> = {
    ECONNREFUSED: 'connection refused',
    ENOTFOUND: 'the name cannot be resolved',
    EAI_AGAIN: 'the name cannot be resolved at the moment',
    ETIMEDOUT: 'the connection timed out',
    EHOSTUNREACH: 'no route to the host',
    ENETUNREACH: 'no route to the network',
  };
  return new DisconnectError(`${node.address}: ${how[error.code ?? ''] ?? error.message}`);
}

function closedHow(error: Error | null, state: Connection['state']): string {
  const when = state === 'ready' ? '' : ' before it was usable (does this listener want TLS or SASL?)';
  return `${error === null ? 'the broker closed the connection' : `the connection broke (${error.message})`}${when}`;
}
