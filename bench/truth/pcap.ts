// Requests of one kind and their answers as they went over the wire, from a file of tcpdump's.
// Knows frames of IPv4 and TCP, Kafka's length and correlation id, and nothing else.
//
//   pcap: 24 bytes of head; then for each packet: s u32, fraction u32, captured u32, original u32
import { RunError } from '../../src/base/errors.js';

const MICROS = 0xa1b2c3d4;
const NANOS = 0xa1b23c4d;
const FILE_HEAD = 24;
const PACKET_HEAD = 16;
const ETHERNET_HEAD = 14;
const IPV4 = 0x0800;
const TCP = 6;
/** API key i16, version i16, correlation id i32; an answer has the last alone. */
const REQUEST_HEAD = 8;
const ANSWER_HEAD = 4;

/** One request of the wire, in the order of the answers. Times in ms since 1970. */
export interface WireRequest {
  readonly sentMs: number;
  /** First byte of the answer, and its last. */
  readonly answeredMs: number;
  readonly completeMs: number;
  readonly answerBytes: number;
}

/** Frames of one direction of one connection, bytes in order, each at the time of its packet. */
class Stream {
  private nextSequence: number | null = null;
  private readonly early = new Map<number, { readonly bytes: Buffer; readonly ms: number }>();
  private readonly head: Buffer;
  private headBytes = 0;
  /** Of the frame under way, behind its head. */
  private left = 0;
  private firstMs = 0;

  constructor(
    headBytes: number,
    private readonly onFrame: (
      head: Buffer,
      firstMs: number,
      lastMs: number,
      bytes: number,
    ) => void,
  ) {
    this.head = Buffer.alloc(4 + headBytes);
  }

  opened(sequence: number): void {
    this.nextSequence = (sequence + 1) >>> 0;
  }

  /** What was seen twice is passed over; what comes early waits. */
  take(sequence: number, bytes: Buffer, ms: number): void {
    if (bytes.length === 0 || this.nextSequence === null) return;
    const ahead = (sequence - this.nextSequence) | 0;
    if (ahead > 0) {
      this.early.set(sequence, { bytes, ms });
      return;
    }
    if (-ahead >= bytes.length) return;
    this.pass(bytes.subarray(-ahead), ms);
    this.nextSequence = (sequence + bytes.length) >>> 0;
    const next = this.early.get(this.nextSequence);
    if (next === undefined) return;
    this.early.delete(this.nextSequence);
    this.take(this.nextSequence, next.bytes, Math.max(ms, next.ms));
  }

  private pass(bytes: Buffer, ms: number): void {
    for (let at = 0; at < bytes.length;) {
      if (this.headBytes < this.head.length) {
        if (this.headBytes === 0) this.firstMs = ms;
        const part = bytes.copy(this.head, this.headBytes, at);
        this.headBytes += part;
        at += part;
        if (this.headBytes < this.head.length) return;
        this.left = 4 + this.head.readInt32BE(0) - this.head.length;
      }
      const part = Math.min(this.left, bytes.length - at);
      this.left -= part;
      at += part;
      if (this.left > 0) return;
      this.headBytes = 0;
      this.onFrame(this.head, this.firstMs, ms, 4 + this.head.readInt32BE(0));
    }
  }
}

interface Answer {
  readonly connection: Connection;
  readonly id: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly bytes: number;
}

/** Paired at the end: packets of two cores may be captured in another order than they were sent. */
class Connection {
  private readonly sentMs = new Map<number, number>();
  readonly requests: Stream;
  readonly answers: Stream;

  constructor(api: number, told: Answer[]) {
    this.requests = new Stream(REQUEST_HEAD, (head, _, lastMs) => {
      if (head.readInt16BE(4) === api) this.sentMs.set(head.readInt32BE(8), lastMs);
    });
    this.answers = new Stream(ANSWER_HEAD, (head, firstMs, lastMs, bytes) => {
      told.push({ connection: this, id: head.readInt32BE(4), firstMs, lastMs, bytes });
    });
  }

  /** NaN: of another kind. */
  sentAt(id: number): number {
    return this.sentMs.get(id) ?? NaN;
  }
}

/** Requests to `port`, in order of their answers. Throws RunError for what is no pcap. */
export function requestsOnWire(file: Buffer, port: number, api: number): WireRequest[] {
  const magic = file.length < FILE_HEAD ? 0 : file.readUInt32LE(0);
  if (magic !== MICROS && magic !== NANOS) throw new RunError('tcpdump wrote no pcap file');
  const fractionsOfMs = magic === NANOS ? 1e6 : 1e3;
  const told: Answer[] = [];
  const connections = new Map<number, Connection>();
  for (let at = FILE_HEAD; at + PACKET_HEAD <= file.length;) {
    const captured = file.readUInt32LE(at + 8);
    const second = file.readUInt32LE(at);
    const ms = second * 1000 + file.readUInt32LE(at + 4) / fractionsOfMs;
    at += PACKET_HEAD;
    const segment = segmentOf(file.subarray(at, at + captured));
    at += captured;
    if (segment === null) continue;
    const toBroker = segment.to === port;
    const client = toBroker ? segment.from : segment.to;
    let between = connections.get(client);
    if (between === undefined || (segment.opens && toBroker)) {
      between = new Connection(api, told);
      connections.set(client, between);
    }
    const stream = toBroker ? between.requests : between.answers;
    if (segment.opens) stream.opened(segment.sequence);
    else stream.take(segment.sequence, segment.bytes, ms);
  }
  return told
    .map(({ connection, id, firstMs, lastMs, bytes }) => ({
      sentMs: connection.sentAt(id),
      ...{ answeredMs: firstMs, completeMs: lastMs, answerBytes: bytes },
    }))
    .filter(({ sentMs }) => !Number.isNaN(sentMs));
}

interface Segment {
  readonly from: number;
  readonly to: number;
  readonly sequence: number;
  readonly opens: boolean;
  readonly bytes: Buffer;
}

function segmentOf(packet: Buffer): Segment | null {
  if (packet.length < ETHERNET_HEAD + 40 || packet.readUInt16BE(12) !== IPV4) return null;
  const ip = packet.subarray(ETHERNET_HEAD);
  if (ip[9] !== TCP) return null;
  const ipHead = (ip[0] & 0x0f) * 4;
  // Zero where the kernel hands on more than 64 KiB at once.
  const total = ip.readUInt16BE(2);
  const tcp = ip.subarray(ipHead, total === 0 ? ip.length : total);
  return {
    from: tcp.readUInt16BE(0),
    to: tcp.readUInt16BE(2),
    sequence: tcp.readUInt32BE(4),
    opens: (tcp[13] & 0x02) !== 0,
    bytes: tcp.subarray((tcp[12] >> 4) * 4),
  };
}
