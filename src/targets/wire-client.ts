// One connection that sends one cold request at a time and says in plain words what answered instead of Kafka. For probes and for
// asking a broker why it refused a topic; never for load: the producer has connections of its own.
import net from 'node:net';
import { decodeResponse, encodeRequest, MAX_FRAME_BYTES } from '../producer-core/protocol/frame.js';
import type { Decoded, Message } from '../producer-core/protocol/message.js';
import { WireReader } from '../producer-core/protocol/reader.js';
import { WireError } from '../producer-core/protocol/wire-error.js';
import type { Address } from './address.js';
import { ProbeFailure, tlsFailure } from './probe-failure.js';

const CLIENT_ID = 'kbench';

/** Shown of an answer that is not Kafka's. */
const EXCERPT_BYTES = 24;

interface Waiter {
  resolve(frame: Buffer): void;
  reject(failure: ProbeFailure): void;
}

export class WireClient {
  private received: Buffer = Buffer.alloc(0);
  private correlationId = 0;
  private waiter: Waiter | null = null;
  private failure: ProbeFailure | null = null;
  private answered = 0;

  private constructor(
    private readonly socket: net.Socket,
    private readonly timeoutMs: number,
  ) {
    socket.on('data', (bytes) => this.onData(bytes));
    socket.on('close', () => this.fail(this.closedFailure()));
    socket.on('error', (error) => {
      const failure = networkFailure(error);
      this.fail(failure.kind === 'closed' ? this.closedFailure() : failure);
    });
  }

  /** Connects within `timeoutMs`, which is also the limit of every later request. Throws ProbeFailure. */
  static async open(address: Address, timeoutMs: number): Promise<WireClient> {
    // Without a limit of its own, a name with an IPv6 and an IPv4 address gets 250 ms for each.
    const socket = net.connect({ ...address, noDelay: true, autoSelectFamilyAttemptTimeout: Math.ceil(timeoutMs / 2) });
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        socket.destroy();
        reject(new ProbeFailure('timed-out', `no connection within ${timeoutMs / 1000} s`));
      }, timeoutMs);
      socket.once('connect', () => {
        clearTimeout(timer);
        socket.removeAllListeners('error');
        resolve();
      });
      socket.once('error', (error) => {
        clearTimeout(timer);
        reject(networkFailure(error));
      });
    });
    return new WireClient(socket, timeoutMs);
  }

  /** One request, one answer. Throws ProbeFailure, also for an answer that does not follow the protocol. */
  async request<Q, R>(
    ask: Message<Q>,
    answer: Message<R>,
    version: number,
    value: Q,
    /** ApiVersions alone: a broker that does not know the version answers in version 0's shape. */
    versionOfAnswer: (reader: WireReader) => number = () => version,
  ): Promise<Decoded<R>> {
    const correlationId = ++this.correlationId;
    const reader = new WireReader(await this.exchange(encodeRequest(ask, version, correlationId, CLIENT_ID, value)));
    try {
      const echoed = reader.int32();
      if (echoed !== correlationId) {
        throw new ProbeFailure('not-kafka', `answered request ${correlationId} with the number ${echoed}`);
      }
      const shape = versionOfAnswer(new WireReader(reader.buffer, reader.position));
      const decoded = decodeResponse(answer, shape, reader);
      this.answered++;
      return decoded;
    } catch (error) {
      if (error instanceof WireError) {
        throw new ProbeFailure('not-kafka', `gave an answer that is not Kafka’s (${error.message})`);
      }
      throw error;
    }
  }

  close(): void {
    this.socket.destroy();
  }

  private exchange(bytes: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.failure !== null) {
        reject(this.failure);
        return;
      }
      const timer = setTimeout(() => {
        this.fail(new ProbeFailure('silent', `connected, but no answer within ${this.timeoutMs / 1000} s`));
      }, this.timeoutMs);
      this.waiter = {
        resolve: (frame) => {
          clearTimeout(timer);
          resolve(frame);
        },
        reject: (failure) => {
          clearTimeout(timer);
          reject(failure);
        },
      };
      this.socket.write(bytes);
    });
  }

  private onData(bytes: Buffer): void {
    this.received = Buffer.concat([this.received, bytes]);
    const foreign = foreignProtocol(this.received);
    if (foreign !== null) {
      this.fail(foreign);
      return;
    }
    if (this.received.length < 4) return;
    const end = 4 + this.received.readInt32BE(0);
    if (this.received.length < end) return;
    const frame = this.received.subarray(4, end);
    this.received = this.received.subarray(end);
    const waiter = this.waiter;
    this.waiter = null;
    waiter?.resolve(frame);
  }

  private fail(failure: ProbeFailure): void {
    this.failure ??= failure;
    const waiter = this.waiter;
    this.waiter = null;
    waiter?.reject(this.failure);
    this.socket.destroy();
  }

  private closedFailure(): ProbeFailure {
    return this.answered > 0
      ? new ProbeFailure(
          'needs-authentication',
          'answers ApiVersions and closes the connection at the next request, as a SASL listener does',
        )
      : new ProbeFailure('closed', 'accepts the connection and closes it at once');
  }
}

/** What the first bytes are, if they cannot be the length of a Kafka frame; null while they can. */
function foreignProtocol(bytes: Buffer): ProbeFailure | null {
  if (bytes.length >= 2 && (bytes[0] === 0x15 || bytes[0] === 0x16) && bytes[1] === 0x03) {
    return tlsFailure();
  }
  if (bytes.length < 4) return null;
  const start = bytes.toString('latin1', 0, EXCERPT_BYTES).replaceAll(/[^ -~]/g, '.');
  if (start.startsWith('HTTP')) {
    return new ProbeFailure('http', `answers as a web server (${start.split('..')[0]})`);
  }
  const length = bytes.readInt32BE(0);
  if (length >= 4 && length <= MAX_FRAME_BYTES) return null;
  return new ProbeFailure('not-kafka', `does not answer as Kafka does (it sent "${start}")`);
}

function networkFailure(error: NodeJS.ErrnoException & { errors?: NodeJS.ErrnoException[] }): ProbeFailure {
  // A name with several addresses fails with one error for each.
  const first = error.errors?.[0] ?? error;
  const code = first.code ?? error.code ?? 'unknown error';
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_FAIL':
    case 'ENODATA':
      return new ProbeFailure('unresolvable', `the name does not resolve (${code})`);
    case 'ECONNREFUSED':
      return new ProbeFailure('refused', 'connection refused: nothing listens there');
    case 'ETIMEDOUT':
      return new ProbeFailure('timed-out', 'no connection: the network gave up (ETIMEDOUT)');
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EHOSTDOWN':
      return new ProbeFailure('unreachable', `no route to it (${code})`);
    case 'ECONNRESET':
    case 'EPIPE':
      return new ProbeFailure('closed', `accepts the connection and breaks it (${code})`);
    default:
      return new ProbeFailure('unreachable', `${code}: ${first.message}`);
  }
}
