// One connection of a client: frames cut out of what arrives, handled one at a time and answered in
// order. As in Kafka, the next request is looked at only once the one before was answered; bytes
// are read ahead, within a bound. Knows no sockets: a Transport carries the bytes. Must never throw
// at what a peer sends: it closes the connection and says why in the log.
import { apiVersionsResponse } from '../../../wire/apis/all.js';
import {
  decodeMessage,
  decodeRequestHeader,
  encodeResponse,
  isFlexible,
  MAX_FRAME_BYTES,
  type RequestHeader,
  WireError,
  WireReader,
} from '../../../wire/index.js';
import {
  APIS,
  PRODUCE_HIGHEST,
  PRODUCE_LOWEST,
  UNSUPPORTED_API_VERSIONS,
} from '../apis/api-table.js';
import type { Cluster } from '../cluster.js';
import type { RequestFate } from '../faults.js';
import { describeFrameLength } from './frame-length.js';
import { isGroupApi } from '../apis/group-refusals.js';
import type { Holder } from './connection-memory.js';
import { OutputBuffer } from './output-buffer.js';
import type { ProduceHandler } from '../apis/produce.js';
import { ReceiveBuffer } from './receive-buffer.js';
import { API, apiKeyFrom, type ApiKey } from '../../../wire/api-keys.js';

export interface Transport {
  readonly peer: string;
  /**
   * False: hold further answers until `drained()` of the connection is called. The bytes stay as
   * they are.
   */
  write(bytes: Buffer): boolean;
  resumeReads(): void;
  destroy(): void;
}

/** Bytes read ahead while a request is being answered. */
const READ_AHEAD_BYTES = 256 * 1024;
/**
 * A decoded request takes many times its bytes on the heap; none but Produce has a reason to be
 * large.
 */
const MAX_COLD_FRAME_BYTES = 1024 * 1024;
/** api int16 + version int16 + correlation id int32 + client id length int16. */
const LEAST_FRAME_BYTES = 10;

/** What a request may become once decoded; it is kept while it waits for its answer. */
const MAX_DECODED_REQUEST_BYTES = 16 * 1024 * 1024;

export class Connection implements Holder {
  private readonly input = new ReceiveBuffer();
  private readonly output = new OutputBuffer();
  /** A request is being answered later (replication, long poll, an injected delay). */
  private answering = false;
  /** The peer does not read its answers. */
  private blocked = false;
  private running = false;
  private closed = false;
  private paused = false;
  /** Clock time in ms before which nothing more is read (injected slow reads). */
  private readsAgainMs = 0;
  /** Of the request at the head of the input; kept while it is delayed. */
  private fate: RequestFate | null = null;
  private fated = false;
  private abandoned: (() => void) | null = null;
  /** Of the output's end: an answer that is written, but waits for replication. */
  private heldBytes = 0;
  private readonly account;
  /**
   * On the heap, of a request that waits for its answer; and of what was written last, while it is
   * not read.
   */
  private requestBytes = 0;
  private unreadBytes = 0;

  constructor(
    private readonly cluster: Cluster,
    private readonly broker: number,
    private readonly produce: ProduceHandler,
    private readonly transport: Transport,
  ) {
    this.account = cluster.memory.open(this);
  }

  /** Where the transport puts what it reads next. */
  window(): Buffer {
    return this.input.window(this.cluster.memory.keepBytes);
  }

  get waitsFor(): 'rest' | 'request' | 'nothing' {
    if (this.busy || this.paused || this.cluster.faults.limitsReads) return 'nothing';
    return this.input.buffered > 0 ? 'rest' : 'request';
  }

  /** Tells the budget of all connections what this one holds, where that has changed. */
  private tellHeld(): void {
    if (this.closed) return;
    const { memory } = this.cluster;
    const unreadBytes = this.blocked ? this.unreadBytes : 0;
    const heldBytes = this.input.extraBytes(memory.keepBytes) + this.requestBytes + unreadBytes;
    if (heldBytes !== this.account.heldBytes) memory.hold(this.account, heldBytes);
  }

  /** So many bytes stand in the window. False: read no more until `resumeReads()`. */
  received(bytes: number): boolean {
    if (this.closed) return false;
    this.input.filled(bytes);
    this.cluster.memory.heard(this.account, false);
    this.process();
    if (this.closed) return false;
    if (this.cluster.faults.limitsReads) this.slowDown(bytes);
    this.paused = this.readsAgainMs > 0 || (this.busy && this.input.buffered >= READ_AHEAD_BYTES);
    return !this.paused;
  }

  /** For transports that bring their own bytes. */
  receive(chunk: Uint8Array): boolean {
    let goOn = true;
    for (let at = 0; at < chunk.length && !this.closed;) {
      const window = this.window();
      const bytes = Math.min(window.length, chunk.length - at);
      window.set(chunk.subarray(at, at + bytes));
      goOn = this.received(bytes);
      at += bytes;
    }
    return goOn;
  }

  /** The transport took everything that was written. */
  drained(): void {
    this.blocked = false;
    this.process();
  }

  /** The transport is gone. */
  ended(): void {
    if (this.closed) return;
    this.closed = true;
    this.cluster.memory.close(this);
    if (!this.running) this.input.close();
    this.abandoned?.();
    this.abandoned = null;
  }

  /** A produce request with acks=all has waited for its followers. */
  replicated(): void {
    this.answering = false;
    this.heldBytes = 0;
    this.process();
  }

  private get busy(): boolean {
    return this.answering || this.blocked;
  }

  private process(): void {
    if (this.running || this.closed) return;
    this.running = true;
    this.guard(() => {
      while (!this.busy && !this.closed && this.next());
      this.flush();
    });
    this.running = false;
    if (this.closed) this.input.close();
    this.tellHeld();
    if (!this.paused || this.closed || this.readsAgainMs > 0) return;
    if (this.busy && this.input.buffered >= READ_AHEAD_BYTES / 2) return;
    this.paused = false;
    this.transport.resumeReads();
  }

  private guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      // Only a WireError is the peer's doing; anything else is a bug of ours, and no reason to stop
      // serving others.
      this.fail(error instanceof WireError ? error.message : String((error as Error).stack));
    }
  }

  /** Handles the frame at the head of the input; false if it is not there yet. */
  private next(): boolean {
    const { input } = this;
    if (input.buffered < 4) return false;
    const size = input.bytes.readInt32BE(input.start);
    if (size < LEAST_FRAME_BYTES || size > MAX_FRAME_BYTES) {
      this.fail(describeFrameLength(size));
      return false;
    }
    if (input.buffered < 4 + size) return false;
    const at = input.start + 4;
    const api = apiKeyFrom(input.bytes.readInt16BE(at));
    if (!this.fated && this.cluster.faults.armed) {
      this.fated = true;
      this.fate = this.cluster.faults.forRequest(this.broker, api);
      const delayMs = this.fate?.delayHandlingMs ?? 0;
      if (delayMs > 0) {
        this.holdFor(delayMs);
        return true;
      }
    }
    const { fate } = this;
    this.fate = null;
    this.fated = false;
    if (fate?.drop?.when === 'before-append') {
      this.destroy();
      return false;
    }
    if (api === API.PRODUCE) this.handleProduce(at, at + size, fate);
    else this.handleCold(at, at + size, fate);
    input.consume(4 + size);
    this.cluster.memory.heard(this.account, true);
    return true;
  }

  private handleProduce(at: number, end: number, fate: RequestFate | null): void {
    const { bytes } = this.input;
    const version = bytes.readInt16BE(at + 2);
    if (version < PRODUCE_LOWEST || version > PRODUCE_HIGHEST) {
      this.refuseVersion(API.PRODUCE, version);
      return;
    }
    const { produce, output } = this;
    const outcome = produce.handle(this.broker, bytes, at, end, fate?.throttleMs ?? 0, output);
    if (outcome === 'close') {
      this.cluster.log(`${this.transport.peer}: an acks=0 batch failed, the connection is closed`);
      this.destroy();
      return;
    }
    if (fate !== null) {
      this.settle(
        fate,
        outcome === 'none' ? null : Buffer.from(output.takeBack(produce.response.frameBytes)),
      );
      return;
    }
    if (outcome !== 'later') return;
    this.answering = true;
    this.heldBytes = produce.response.frameBytes;
    this.cluster.delays.add(this);
  }

  private handleCold(at: number, end: number, fate: RequestFate | null): void {
    if (end - at > MAX_COLD_FRAME_BYTES) {
      this.fail(`a request of ${end - at} bytes that is not a produce request`);
      return;
    }
    const reader = new WireReader(this.input.bytes, at, end, MAX_DECODED_REQUEST_BYTES);
    const header = decodeRequestHeader(reader);
    const { api: key, version, correlationId } = header;
    const api = APIS.get(key);
    if (api === undefined || version < api.lowest || version > api.highest) {
      if (key !== API.API_VERSIONS) {
        if (isGroupApi(key)) this.cluster.groupRefusals.note(header.clientId, `API ${key}`);
        this.refuseVersion(key, version);
        return;
      }
      this.settle(
        fate,
        encodeResponse(apiVersionsResponse, 0, correlationId, UNSUPPORTED_API_VERSIONS),
      );
      return;
    }
    if (isFlexible(api.request, version)) reader.skipTags();
    const request = decodeMessage(api.request, version, reader);
    this.answering = true;
    this.requestBytes = reader.decoded;
    api.handle(request, {
      ...this.surroundings(header),
      answer: (value) => {
        this.abandoned = null;
        this.requestBytes = 0;
        if (this.closed) return;
        this.answering = false;
        const told =
          fate === null ? value : { ...(value as object), throttleTimeMs: fate.throttleMs };
        this.guard(() =>
          this.settle(fate, encodeResponse(api.response, version, correlationId, told)),
        );
        this.process();
      },
      onAbandoned: (callback) => (this.abandoned = callback),
    });
  }

  private surroundings({ version, clientId }: RequestHeader) {
    return { cluster: this.cluster, broker: this.broker, version, clientId };
  }

  /** Writes an answer, or what a fault leaves of it. Null for none (acks=0). */
  private settle(fate: RequestFate | null, answer: Buffer | null): void {
    const drop = fate?.drop ?? null;
    if (drop !== null) {
      this.flush();
      if (drop.when === 'mid-answer' && answer !== null)
        this.transport.write(answer.subarray(0, drop.answerBytes ?? 6));
      this.destroy();
      return;
    }
    if (fate !== null && fate.delayAnswerMs > 0) {
      this.holdFor(fate.delayAnswerMs, () => {
        if (answer !== null) this.output.append(answer);
        if (fate.throttleMs > 0) this.throttle(fate.throttleMs);
      });
      return;
    }
    if (answer !== null) this.output.append(answer);
    if (fate !== null && fate.throttleMs > 0) this.throttle(fate.throttleMs);
  }

  private throttle(ms: number): void {
    this.flush();
    this.holdFor(ms);
  }

  private holdFor(ms: number, then?: () => void): void {
    this.answering = true;
    this.cluster.clock.schedule(ms, () => {
      if (this.closed) return;
      this.answering = false;
      then?.();
      this.process();
    });
  }

  private slowDown(bytes: number): void {
    const perSecond = this.cluster.faults.readLimit(this.broker);
    if (perSecond === Infinity) return;
    const { clock } = this.cluster;
    this.readsAgainMs = clock.now() + (bytes / perSecond) * 1000;
    clock.schedule(this.readsAgainMs - clock.now(), () => {
      this.readsAgainMs = 0;
      this.process();
    });
  }

  private flush(): void {
    if (this.closed || this.output.pending === this.heldBytes) return;
    const bytes = this.output.take(this.heldBytes);
    if (this.transport.write(bytes)) return;
    this.blocked = true;
    this.unreadBytes = bytes.length;
  }

  private refuseVersion(api: ApiKey, version: number): void {
    this.fail(`API ${api} version ${version} is not supported`);
  }

  fail(reason: string): void {
    this.cluster.log(`connection from ${this.transport.peer} closed: ${reason}`);
    this.destroy();
  }

  private destroy(): void {
    this.transport.destroy();
    this.ended();
  }
}
