// One connection to one broker: set-up with time limit, version negotiation, a FIFO of outstanding
// requests, and an orderly end in which every outstanding request is told. Driven by the sender;
// knows nothing of batches beyond what an Outstanding does with its answer. Must never leave an
// outstanding request without an outcome.
import { NodeAddresses, type Socket, type SocketEvents } from '../../connect/connecting.js';
import {
  type Decoded,
  decodeResponse,
  encodeRequest,
  FrameMemory,
  FrameReader,
  MAX_FRAME_BYTES,
  MAX_HANDSHAKE_ANSWER_BYTES,
  MAX_UNFINISHED_BYTES,
  type Message,
  WireError,
  WireReader,
} from '../../wire/index.js';
import { Handshake, type HandshakeLink } from '../../connect/handshake.js';
import { backoffMs } from './backoff.js';
import type { ConnectionContext, ConnectionState, Peer } from './connection-context.js';
import { noAnswer, noCommonVersion, unreachable, whyClosed } from './connection-errors.js';
import type { TimerHandle } from '../../base/clock.js';
import { AuthenticationError, DisconnectError, ProducerError, TimeoutError } from '../errors.js';
import type { ApiKey } from '../../wire/api-keys.js';

/** A request that was handed to the socket. */
export interface Outstanding {
  correlationId: number;
  sentMs: number;
  /**
   * For how long the broker has throttled the connection since: not counted in request.timeout.ms.
   * Kept by the connection.
   */
  throttledMs: number;
  /**
   * Exactly one of the two is called: with the reader behind the correlation id, or with why no
   * answer will come.
   */
  answered(reader: WireReader): void;
  lost(error: ProducerError): void;
}

export class Connection {
  state: ConnectionState = 'closed';
  /** Outstanding requests, oldest first. */
  readonly inFlight: Outstanding[] = [];
  /** Requests that the kernel has not taken entirely. */
  unwritten = 0;
  lastUsedMs = 0;
  /** Clock times: no new attempt, no requests before. */
  reconnectAtMs = 0;
  throttledUntilMs = 0;
  /** When the last attempt was made or ended; -Infinity before the first. */
  attemptedMs = -Infinity;
  /** Why the last attempt or connection ended. */
  lastFailure: ProducerError | null = null;

  private socket: Socket | null = null;
  private attempt = 0;
  /**
   * Failures since the last time that requests could be sent, and those of them before a connection
   * was there.
   */
  private failures = 0;
  private setupFailures = 0;
  private nextCorrelationId = 0;
  private readonly addresses = new NodeAddresses();
  private setupTimer: TimerHandle | null = null;
  private readonly handshake: Handshake;
  /** It was ready before. */
  private established = false;
  /** When the last renewal of its session began. */
  private renewedMs = NaN;
  private readonly reader = new WireReader(Buffer.alloc(0));
  private frames?: FrameReader;
  private backedUp = false;
  private starved = false;
  private corked = false;

  constructor(
    readonly peer: Peer,
    private readonly context: ConnectionContext,
    private readonly frameMemory = new FrameMemory(MAX_UNFINISHED_BYTES),
    private readonly clusterId: () => string | null = () => null,
  ) {
    const { clock, random, security } = context;
    const sasl = () => security?.sasl ?? null;
    this.handshake = new Handshake(this.handshakeLink(), {
      clock,
      random,
      sasl,
      expected: () => this.expected(),
    });
  }

  /** Features that the cluster has finalized (KIP-584), by name: the highest version level. */
  get features(): ReadonlyMap<string, number> {
    return this.handshake.features;
  }

  /** Of the features; -1n: not told. */
  get featuresEpoch(): bigint {
    return this.handshake.featuresEpoch;
  }

  /** Whoever asks next is not told of it again. */
  forgetFailure(): void {
    this.lastFailure = null;
  }

  /** Starts to connect. Allowed in state closed, from reconnectAtMs on. */
  connect(): void {
    const attempt = ++this.attempt;
    const { config, clock, network, random } = this.context;
    this.state = 'connecting';
    // Doubles with each failure, as reconnects do (KIP-601).
    const most = Math.max(
      config.socketConnectionSetupTimeoutMaxMs,
      config.socketConnectionSetupTimeoutMs,
    );
    const limitMs = backoffMs(
      config.socketConnectionSetupTimeoutMs,
      most,
      this.setupFailures,
      random,
    );
    this.attemptedMs = clock.now();
    this.setupTimer = clock.schedule(limitMs, () => {
      this.fail(
        new TimeoutError(
          `${this.peer.address}: no connection within ${limitMs} ms ` +
            '(socket.connection.setup.timeout.ms)',
        ),
      );
    });
    const use = (address: string | undefined) => {
      try {
        if (address === undefined)
          throw Object.assign(new Error('no address'), { code: 'ENOTFOUND' });
        this.open(address, attempt);
      } catch (error) {
        // Metadata may name a port that no socket can have.
        this.fail(unreachable(this.peer.address, error as NodeJS.ErrnoException));
      }
    };
    const next = this.addresses.next();
    if (next !== null) {
      use(next);
      return;
    }
    network.resolve(this.peer.host).then(
      (addresses) => {
        if (attempt === this.attempt) use(this.addresses.resolved(addresses));
      },
      (error: unknown) => {
        if (attempt === this.attempt)
          this.fail(unreachable(this.peer.address, error as NodeJS.ErrnoException));
      },
    );
  }

  private open(address: string, attempt: number): void {
    const frames = new FrameReader(this.onFrame.bind(this), this.frameMemory, () =>
      this.largestAnswer(),
    );
    this.frames = frames;
    const events: SocketEvents = {
      onConnect: () => {
        if (attempt !== this.attempt) return;
        this.context.counters.connectionCreated();
        this.setupFailures = 0;
        this.handshake.begin();
      },
      onData: (buffer, bytes) => {
        if (attempt !== this.attempt) return;
        this.context.counters.socketRead();
        try {
          frames.push(buffer, bytes);
        } catch (error) {
          if (!(error instanceof WireError)) throw error;
          if (attempt !== this.attempt) return;
          this.fail(new ProducerError('PROTOCOL', `${this.peer.address}: ${error.message}`, true));
          return;
        }
        this.context.events.received();
      },
      onClose: (error) => {
        if (attempt === this.attempt)
          this.fail(whyClosed(this.peer.address, error, this.state, this.established));
      },
    };
    this.socket = this.context.network.connect(address, this.peer.port, events, this.peer.host);
  }

  private expected(): { readonly clusterId: string; readonly nodeId: number } | null {
    const { metadataRecoveryStrategy, metadataClusterCheckEnable } = this.context.config;
    const clusterId = this.clusterId();
    const told =
      metadataClusterCheckEnable && metadataRecoveryStrategy !== 'none' && this.peer.id >= 0;
    return told && clusterId !== null ? { clusterId, nodeId: this.peer.id } : null;
  }

  /** What the handshake may do with this connection. */
  private handshakeLink(): HandshakeLink {
    return {
      address: () => this.peer.address,
      attempt: () => this.attempt,
      ask: (request, version, body, answered) => {
        // From here on it is a request like others, with their limit.
        const { clock, config } = this.context;
        this.setupTimer?.cancel();
        this.setupTimer = clock.schedule(config.requestTimeoutMs, () =>
          this.fail(noAnswer(this.peer.address, config.requestTimeoutMs)),
        );
        const lost = () => undefined; // fail() tells
        this.send(
          encodeRequest(request, version, this.nextCorrelationId, config.clientId, body),
          answered,
          lost,
        );
      },
      enter: (state) => (this.state = state),
      done: (throttleMs) => this.handshakeDone(throttleMs),
      fail: (error) => this.fail(error),
    };
  }

  private handshakeDone(throttleMs: number): void {
    const { counters, clock, config } = this.context;
    this.setupTimer?.cancel();
    this.setupTimer = null;
    this.state = 'ready';
    if (!this.established) {
      this.established = true;
      this.failures = 0;
      counters.connectionOpened(config.security.protocol !== 'PLAINTEXT');
    } else counters.reauthenticated(clock.now() - this.renewedMs);
    this.lastUsedMs = clock.now();
    this.throttle(throttleMs);
    this.noteThrottle({ throttleTimeMs: throttleMs });
    this.context.events.connectionUsable();
  }

  /** The highest version of an API that both sides have, or -1. */
  versionOf(api: ApiKey, low: number, high: number): number {
    return this.handshake.versionOf(api, low, high);
  }

  /**
   * Call once before a series of sends: whether the kernel still owes an earlier one decides for
   * the whole series.
   */
  beginPass(): void {
    this.backedUp = this.unwritten > 0;
  }

  /**
   * Java's rule: nothing outstanding, or the last request fully written and fewer than the limit
   * outstanding.
   */
  canSend(nowMs: number): boolean {
    if (this.state !== 'ready' || nowMs < this.throttledUntilMs) return false;
    if (nowMs >= this.handshake.renewAtMs) {
      this.renewedMs = nowMs;
      this.handshake.renew();
      return false;
    }
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

  /**
   * Sends a frame whose correlation id is `outstanding.correlationId`. `onWritten` as Socket.write.
   */
  sendChunks(
    chunks: readonly Buffer[],
    count: number,
    outstanding: Outstanding,
    onWritten: (error?: Error | null) => void,
  ): void {
    let bytes = 0;
    for (let i = 0; i < count; i++) bytes += chunks[i].length;
    this.context.counters.requestSent(bytes, outstanding.sentMs);
    this.inFlight.push(outstanding);
    outstanding.throttledMs = 0;
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

  private send(frame: Buffer, answered: Outstanding['answered'], lost: Outstanding['lost']): void {
    const correlationId = this.takeCorrelationId();
    const outstanding = {
      correlationId,
      sentMs: this.context.clock.now(),
      throttledMs: 0,
      answered,
      lost,
    };
    const attempt = this.attempt;
    this.sendChunks([frame], 1, outstanding, () => {
      if (attempt === this.attempt) this.wrote();
    });
  }

  /**
   * Sends a cold request in the highest common version. `done` gets the decoded answer or why there
   * is none, once.
   */
  request<Q, A>(
    request: Message<Q>,
    response: Message<A>,
    body: Q,
    done: (error: ProducerError | null, answer: Decoded<A> | null, version: number) => void,
    highest = request.versions[1],
  ): void {
    const version = this.versionOf(request.api, request.versions[0], highest);
    if (version < 0) {
      done(
        noCommonVersion(this.peer.address, request, this.handshake.rangeOf(request.api)),
        null,
        -1,
      );
      return;
    }
    const lost = (error: ProducerError) => done(error, null, version);
    const answered = (reader: WireReader) => {
      const answer = decodeResponse(response, version, reader);
      this.noteThrottle(answer);
      done(null, answer, version);
    };
    this.send(
      encodeRequest(request, version, this.nextCorrelationId, this.context.config.clientId, body),
      answered,
      lost,
    );
  }

  /** Told by most answers, and 0 where a version has no such field. */
  private noteThrottle(answer: unknown): void {
    const { throttleTimeMs } = answer as { readonly throttleTimeMs?: number };
    if (throttleTimeMs !== undefined && throttleTimeMs > 0)
      this.context.counters.throttled(throttleTimeMs);
  }

  /** Holds the node back for `ms` (KIP-219). */
  throttle(ms: number): void {
    if (ms <= 0) return;
    this.throttledUntilMs = Math.max(this.throttledUntilMs, this.context.clock.now() + ms);
    for (const outstanding of this.inFlight) outstanding.throttledMs += ms;
  }

  /** Bytes of a frame that may come now. */
  private largestAnswer(): number {
    if (this.inFlight.length === 0) throw new WireError('sent something that nobody asked for');
    return this.established ? MAX_FRAME_BYTES : MAX_HANDSHAKE_ANSWER_BYTES;
  }

  private onFrame(buffer: Buffer, from: number, to: number): void {
    const correlationId = buffer.readInt32BE(from);
    const outstanding = this.inFlight[0];
    if (outstanding === undefined || outstanding.correlationId !== correlationId) {
      throw new WireError(
        `answered correlation id ${correlationId}, ` +
          `but ${outstanding?.correlationId ?? 'none'} was due`,
      );
    }
    const { counters, clock } = this.context;
    counters.answered(to - from + 4); // with its length field
    this.reader.reset(buffer, from + 4, to);
    outstanding.answered(this.reader);
    // Removed only now: an answer that cannot be read fails the connection, and with it this
    // request.
    if (this.inFlight[0] === outstanding) {
      counters.requestsEnded(1, clock.now());
      this.inFlight.shift();
    }
  }

  /** acks=0: no answer will come; the request is over once it is written. */
  forget(outstanding: Outstanding): void {
    const at = this.inFlight.indexOf(outstanding);
    if (at < 0) return;
    this.inFlight.splice(at, 1);
    this.context.counters.requestsEnded(1, this.context.clock.now());
  }

  /** Ends the connection because of `error`; outstanding requests are lost. */
  fail(error: ProducerError): void {
    if (this.state === 'closed') return;
    this.context.counters.connectionBroke(this.established);
    this.peer.troubled(error);
    this.end(error);
  }

  private end(error: ProducerError): void {
    const { state } = this;
    if (state === 'closed') return;
    if (error instanceof AuthenticationError)
      this.context.counters.authenticationFailed(this.established);
    this.shut();
    this.lastFailure = error;
    const { clock, config, random } = this.context;
    if (state === 'connecting') this.setupFailures++;
    // the name is resolved again after a connection that was there broke
    else this.addresses.forget();
    const waitMs = backoffMs(
      config.reconnectBackoffMs,
      config.reconnectBackoffMaxMs,
      this.failures++,
      random,
    );
    this.attemptedMs = clock.now();
    this.reconnectAtMs = this.attemptedMs + waitMs;
    this.lose(error);
    this.context.events.connectionClosed(error);
  }

  /**
   * connections.max.idle.ms has passed. As in Java the same as any other end: a backoff, and
   * metadata is asked for again.
   */
  idle(): void {
    this.end(new DisconnectError(`${this.peer.address}: closed as idle (connections.max.idle.ms)`));
  }

  /** Ends the connection for good: its node is no more, or the producer closes. */
  close(): void {
    if (this.state === 'closed') return;
    this.shut();
    this.lose(new DisconnectError(`${this.peer.address}: connection closed`));
  }

  private lose(error: ProducerError): void {
    const { counters, clock } = this.context;
    counters.requestsEnded(this.inFlight.length, clock.now());
    for (const outstanding of this.inFlight.splice(0)) outstanding.lost(error);
  }

  private shut(): void {
    if (this.socket !== null) this.context.counters.connectionClosed();
    this.attempt++;
    this.state = 'closed';
    this.established = false;
    this.unwritten = 0;
    this.starved = false;
    this.corked = false;
    this.setupTimer?.cancel();
    this.setupTimer = null;
    this.socket?.destroy();
    this.socket = null;
    this.frames?.end();
  }
}
