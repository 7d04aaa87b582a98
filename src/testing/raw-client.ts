// A client of bare frames: sends what it is told, one request after the other or many at once, and
// decodes answers by the tables. And batches built by hand, independently of producer-core. For
// tests and bench/core/embedded-sink.ts; no part of kbench uses it to do its work.
import net from 'node:net';
import { parseAddress } from '../connect/index.js';
import { produceRequest, produceResponse, type ProduceResponse } from '../wire/apis/all.js';
import {
  type Decoded,
  decodeResponse,
  encodeRequest,
  type Message,
  WireReader,
} from '../wire/index.js';
import { crc32c } from '@node-rs/crc32';

export interface BatchOptions {
  readonly producerId?: number;
  readonly epoch?: number;
  readonly sequence?: number;
  readonly timestamp?: number;
  readonly attributes?: number;
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value >= 0 ? value * 2 : -value * 2 - 1;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return bytes;
}

/** A record batch v2 of these values, keys null, one ms between the records' timestamps. */
export function buildBatch(
  values: readonly (string | Buffer)[],
  options: BatchOptions = {},
): Buffer {
  const {
    producerId = -1,
    epoch = -1,
    sequence = -1,
    timestamp = 1_700_000_000_000,
    attributes = 0,
  } = options;
  const records = values.map((value, i) => {
    const bytes = Buffer.from(value);
    // attributes · timestampDelta · offsetDelta · key length -1 · value length, then the value · no
    // headers
    const body = Buffer.concat([
      Buffer.from([0, ...varint(i), ...varint(i), ...varint(-1), ...varint(bytes.length)]),
      bytes,
      Buffer.from([0]),
    ]);
    return Buffer.concat([Buffer.from(varint(body.length)), body]);
  });
  const header = Buffer.alloc(61);
  const batch = Buffer.concat([header, ...records]);
  batch.writeInt32BE(batch.length - 12, 8);
  batch.writeInt32BE(-1, 12);
  batch[16] = 2;
  batch.writeInt16BE(attributes, 21);
  batch.writeInt32BE(values.length - 1, 23);
  batch.writeBigInt64BE(BigInt(timestamp), 27);
  batch.writeBigInt64BE(BigInt(timestamp + values.length - 1), 35);
  batch.writeBigInt64BE(BigInt(producerId), 43);
  batch.writeInt16BE(epoch, 51);
  batch.writeInt32BE(sequence, 53);
  batch.writeInt32BE(values.length, 57);
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
  return batch;
}

type PartitionAnswer = NonNullable<
  NonNullable<Decoded<ProduceResponse>['responses']>[number]['partitionResponses']
>[number];

export interface ProduceOptions {
  readonly acks?: number;
  readonly version?: number;
  readonly topicId?: string;
  readonly transactionalId?: string;
}

export class RawClient {
  /** Resolves when the broker has closed the connection. */
  readonly closed: Promise<void>;
  /** All bytes that came and were no whole answer yet. */
  received = Buffer.alloc(0);
  private correlationId = 0;
  private readonly waiting: { readonly id: number; readonly hear: (frame: Buffer) => void }[] = [];

  private constructor(readonly socket: net.Socket) {
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      this.received = Buffer.concat([this.received, chunk]);
      for (;;) {
        if (this.received.length < 4) return;
        const end = 4 + this.received.readInt32BE(0);
        if (this.received.length < end) return;
        const frame = this.received.subarray(4, end);
        this.received = this.received.subarray(end);
        const first = this.waiting.shift();
        if (first?.id !== frame.readInt32BE(0))
          throw new Error(`answer out of order: ${frame.readInt32BE(0)}`);
        first.hear(frame);
      }
    });
  }

  /** `address` is host:port. */
  static connect(address: string): Promise<RawClient> {
    const { host, port } = parseAddress(address)!;
    return new Promise((resolve, reject) => {
      const socket = net.connect({ host, port, noDelay: true }, () =>
        resolve(new RawClient(socket)),
      );
      socket.once('error', reject);
    });
  }

  /** Sends one request; rejects if the connection ends first. Several may be under way. */
  async send<Q, A>(
    request: Message<Q>,
    response: Message<A>,
    version: number,
    value: Q,
  ): Promise<Decoded<A>> {
    const id = ++this.correlationId;
    const answer = new Promise<Buffer>((resolve) => this.waiting.push({ id, hear: resolve }));
    this.socket.write(encodeRequest(request, version, id, 'raw', value));
    const frame = await Promise.race([answer, this.closed]);
    if (frame === undefined) throw new Error('the connection was closed');
    return decodeResponse(response, version, new WireReader(frame, 4));
  }

  /** Produces one batch to one partition and gives its answer. */
  async produce(
    topic: string,
    index: number,
    records: Buffer | null,
    options: ProduceOptions = {},
  ): Promise<PartitionAnswer> {
    const {
      acks = 1,
      version = 11,
      topicId = '00000000-0000-0000-0000-000000000000',
      transactionalId = null,
    } = options;
    const answer = await this.send(produceRequest, produceResponse, version, {
      acks,
      transactionalId,
      timeoutMs: 1000,
      topicData: [{ name: topic, topicId, partitionData: [{ index, records }] }],
    });
    return answer.responses[0].partitionResponses[0];
  }

  close(): void {
    this.socket.destroy();
  }
}
