// One connection that sends one cold request at a time and says in plain words what answered
// instead of Kafka, or why it was not let in. For probes and for topics; never for load: the
// producer has connections of its own.
import { KbenchError } from '../base/errors.js';
import { bounded } from '../base/time-limit.js';
import { withoutSecrets } from '../base/secrets/secrets.js';
import { systemClock } from '../base/clock.js';
import type { ProducerError } from './broker-errors.js';
import {
  type Decoded,
  decodeResponse,
  encodeRequest,
  FrameMemory,
  FrameReader,
  MAX_FRAME_BYTES,
  MAX_UNFINISHED_BYTES,
  type Message,
  WireError,
  WireReader,
} from '../wire/index.js';
import { Handshake } from './handshake.js';
import type { Socket } from './network.js';
import { tcpNetwork } from './network.js';
import type { Security } from './security/security.js';
import { formatAddress, type Address } from './address.js';
import {
  authenticationFailure,
  networkFailure,
  ProbeFailure,
  tlsFailure,
} from './probe-failure.js';

const CLIENT_ID = 'kbench';

/**
 * Shown of an answer that is not Kafka's; more is kept, as a secret in it must be seen whole to be
 * hidden.
 */
const EXCERPT_BYTES = 24;
const START_BYTES = 512;

/** How a client gets in: the network, and SASL if there is any. Loaded. */
export type Access = Pick<Security, 'network' | 'sasl' | 'encrypted'>;

export const PLAINTEXT: Access = { network: tcpNetwork, sasl: null, encrypted: false };

/** What the unfinished answers of all such connections may take together. */
const UNFINISHED = new FrameMemory(MAX_UNFINISHED_BYTES);

export interface BorrowedAnswer<R> {
  readonly answer: Decoded<R>;
  /** Nobody reads the answer's bytes any more. */
  readonly giveBack: () => void;
}

interface Frame {
  readonly bytes: Buffer;
  readonly memory: Buffer;
}

interface Waiter {
  resolve(frame: Frame): void;
  reject(failure: ProbeFailure): void;
}

export class WireClient {
  private socket!: Socket;
  private connected = false;
  private readonly frames = new FrameReader((...frame) => this.onFrame(...frame), UNFINISHED);
  private started = 0;
  private readonly start = Buffer.alloc(START_BYTES);
  private correlationId = 0;
  private waiter: Waiter | null = null;
  private failure: ProbeFailure | null = null;
  private answered = 0;
  private onGone: () => void = () => undefined;

  private constructor(
    private readonly access: Access,
    private readonly timeoutMs: number,
  ) {}

  /**
   * Connects, with TLS and SASL where `access` has them, within `timeoutMs` each.
   * `requestTimeoutMs` is the limit of every later request. Throws ProbeFailure.
   */
  static async open(
    address: Address,
    timeoutMs: number,
    access: Access = PLAINTEXT,
    requestTimeoutMs = timeoutMs,
    stop?: AbortSignal,
  ): Promise<WireClient> {
    const { host } = address;
    const addresses = await resolved(host, timeoutMs, access, stop);
    let failure = new ProbeFailure('unresolvable', 'the name has no address');
    // A name with an IPv6 and an IPv4 address is often served on one of them alone.
    for (const each of addresses) {
      const client = new WireClient(access, requestTimeoutMs);
      client.endWith(stop);
      try {
        await client.connect(each, address.port, host, Math.ceil(timeoutMs / addresses.length));
        if (access.sasl !== null) await client.authenticate(formatAddress(address));
        return client;
      } catch (error) {
        client.close();
        if (!(error instanceof ProbeFailure)) throw error;
        failure = error;
        if (client.connected || stop?.aborted === true) break;
      }
    }
    throw failure;
  }

  /** Breaks off the connection, and with it what is waited for, when `stop` is aborted. */
  private endWith(stop: AbortSignal | undefined): void {
    if (stop === undefined) return;
    const end = (): void => this.fail(new ProbeFailure('closed', 'stopped'));
    stop.addEventListener('abort', end, { once: true });
    this.onGone = () => stop.removeEventListener('abort', end);
  }

  private connect(address: string, port: number, host: string, timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const seconds = timeoutMs / 1000;
      const timer = setTimeout(() => {
        reject(new ProbeFailure('timed-out', `no connection within ${seconds} s`));
      }, timeoutMs);
      const events = {
        onConnect: () => {
          clearTimeout(timer);
          this.connected = true;
          resolve();
        },
        onData: (buffer: Buffer, bytes: number) => this.onData(buffer, bytes),
        onClose: (error: Error | null) => {
          clearTimeout(timer);
          this.onGone();
          const failure = error === null ? this.closedFailure() : networkFailure(error);
          const own = failure.kind === 'closed' && this.connected ? this.closedFailure() : failure;
          this.fail(own);
          reject(own);
        },
      };
      this.socket = this.access.network.connect(address, port, events, host);
    });
  }

  /** The producer's own way in. */
  private authenticate(address: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (failure: unknown) =>
        reject(failure instanceof Error ? failure : new Error(String(failure)));
      const handshake = new Handshake(
        {
          address: () => address,
          attempt: () => 0,
          ask: (request, version, body, answered) => {
            const correlationId = ++this.correlationId;
            this.exchange(encodeRequest(request, version, correlationId, CLIENT_ID, body)).then(
              (frame) => {
                try {
                  answered(this.readerOf(frame, correlationId));
                  this.answered++;
                } catch (error) {
                  fail(error instanceof WireError ? notKafka(error) : error);
                }
              },
              fail,
            );
          },
          enter: () => undefined,
          done: () => resolve(),
          fail: (error: ProducerError) => fail(authenticationFailure(error, address)),
        },
        { clock: systemClock, random: Math.random, sasl: () => this.access.sasl },
      );
      handshake.begin();
    });
  }

  private readerOf({ bytes }: Frame, correlationId: number): WireReader {
    const reader = new WireReader(bytes);
    const echoed = reader.int32();
    if (echoed === correlationId) return reader;
    throw new ProbeFailure(
      'not-kafka',
      `answered request ${correlationId} with the number ${echoed}`,
    );
  }

  /**
   * One request, one answer. Throws ProbeFailure, also for an answer that does not follow the
   * protocol.
   */
  async request<Q, R>(
    ask: Message<Q>,
    answer: Message<R>,
    version: number,
    value: Q,
    /** ApiVersions alone: a broker that does not know the version answers in version 0's shape. */
    versionOfAnswer: (reader: WireReader) => number = () => version,
  ): Promise<Decoded<R>> {
    return (await this.borrow(ask, answer, version, value, versionOfAnswer)).answer;
  }

  /** The same where answers are large: their memory is used again once it was given back. */
  async borrow<Q, R>(
    ask: Message<Q>,
    answer: Message<R>,
    version: number,
    value: Q,
    versionOfAnswer: (reader: WireReader) => number = () => version,
  ): Promise<BorrowedAnswer<R>> {
    const correlationId = ++this.correlationId;
    const frame = await this.exchange(encodeRequest(ask, version, correlationId, CLIENT_ID, value));
    try {
      const reader = this.readerOf(frame, correlationId);
      const shape = versionOfAnswer(new WireReader(reader.buffer, reader.position));
      const decoded = decodeResponse(answer, shape, reader);
      this.answered++;
      return { answer: decoded, giveBack: () => this.frames.giveBack(frame.memory) };
    } catch (error) {
      throw error instanceof WireError ? notKafka(error) : error;
    }
  }

  close(): void {
    this.frames.end();
    this.socket.destroy();
  }

  private exchange(bytes: Buffer): Promise<Frame> {
    return new Promise((resolve, reject) => {
      if (this.failure !== null) {
        reject(this.failure);
        return;
      }
      const timer = setTimeout(() => {
        this.fail(
          new ProbeFailure('silent', `connected, but no answer within ${this.timeoutMs / 1000} s`),
        );
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
      this.socket.write([bytes], 1, () => undefined);
    });
  }

  private onData(buffer: Buffer, bytes: number): void {
    if (this.started < START_BYTES) {
      this.started += buffer.copy(this.start, this.started, 0, bytes);
      const foreign = foreignProtocol(this.start.subarray(0, this.started));
      if (foreign !== null) {
        this.fail(foreign);
        return;
      }
    }
    try {
      this.frames.push(buffer, bytes);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.fail(notKafka(error));
    }
  }

  private onFrame(buffer: Buffer, from: number, to: number): void {
    const waiter = this.waiter;
    this.waiter = null;
    if (waiter === null) return;
    // Whoever waits reads it later.
    const memory = this.frames.keep() ? buffer : Buffer.from(buffer.subarray(from, to));
    const bytes = memory === buffer ? buffer.subarray(from, to) : memory;
    waiter.resolve({ bytes, memory });
  }

  private fail(failure: ProbeFailure): void {
    this.failure ??= failure;
    const waiter = this.waiter;
    this.waiter = null;
    waiter?.reject(this.failure);
    this.close();
  }

  private closedFailure(): ProbeFailure {
    return this.answered > 0 && this.access.sasl === null
      ? new ProbeFailure(
          'needs-authentication',
          'answers ApiVersions and closes the connection at the next request, ' +
            'as a SASL listener does',
        )
      : new ProbeFailure('closed', 'accepts the connection and closes it at once');
  }
}

/** The system's resolver takes as long as it likes. */
async function resolved(
  host: string,
  limitMs: number,
  access: Access,
  stop?: AbortSignal,
): Promise<readonly string[]> {
  try {
    return await bounded(`resolving ${host}`, { limitMs, stop }, () =>
      access.network.resolve(host),
    );
  } catch (error) {
    if (error instanceof KbenchError) throw new ProbeFailure('unresolvable', error.message);
    throw networkFailure(error as NodeJS.ErrnoException);
  }
}

/** What the first bytes are, if they cannot be the length of a Kafka frame; null while they can. */
function foreignProtocol(bytes: Buffer): ProbeFailure | null {
  if (bytes.length >= 2 && (bytes[0] === 0x15 || bytes[0] === 0x16) && bytes[1] === 0x03) {
    return tlsFailure();
  }
  if (bytes.length < 4) return null;
  const start = withoutSecrets(bytes.toString('latin1'))
    .slice(0, EXCERPT_BYTES)
    .replaceAll(/[^ -~]/g, '.');
  if (start.startsWith('HTTP')) {
    return new ProbeFailure('http', `answers as a web server (${start.split('..')[0]})`);
  }
  const length = bytes.readInt32BE(0);
  if (length >= 4 && length <= MAX_FRAME_BYTES) return null;
  return new ProbeFailure('not-kafka', `does not answer as Kafka does (it sent "${start}")`);
}

function notKafka(error: WireError): ProbeFailure {
  return new ProbeFailure('not-kafka', `gave an answer that is not Kafka’s (${error.message})`);
}
