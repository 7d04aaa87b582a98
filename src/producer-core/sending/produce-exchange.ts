// One produce request on its way: its batches, and what is still owed to them (the kernel's word
// that it was written, the broker's answer). Objects are reused: the sender keeps a free list, so
// that a request in steady state allocates nothing of its own.
import type { Connection, Outstanding } from '../cluster/connection.js';
import type { ProducerError } from '../errors.js';
import type { WireReader } from '../../wire/index.js';
import type { PartitionBatch } from '../batching/topic-state.js';

export interface ExchangeOwner {
  /** `taken`: the kernel has all of it; else the connection broke while it was written. */
  exchangeWritten(exchange: ProduceExchange, taken: boolean): void;
  exchangeAnswered(exchange: ProduceExchange, reader: WireReader): void;
  exchangeLost(exchange: ProduceExchange, error: ProducerError): void;
}

export class ProduceExchange implements Outstanding {
  correlationId = 0;
  sentMs = NaN;
  throttledMs = 0;
  version = 0;
  /** The first `count` are this request's. */
  readonly batches: PartitionBatch[] = [];
  count = 0;
  written = false;
  /** Answered or lost. */
  settled = false;
  /** Made once, handed to every socket write of this object. */
  readonly onWritten = (error?: Error | null) =>
    this.owner.exchangeWritten(
      this,
      (error === undefined || error === null) && !this.connection.gone,
    );

  constructor(
    private readonly owner: ExchangeOwner,
    public connection: Connection,
  ) {}

  /** Its first `count` batches are to go to the connection now. */
  begin(connection: Connection, count: number, version: number, nowMs: number): void {
    this.connection = connection;
    this.count = count;
    this.version = version;
    this.sentMs = nowMs;
    this.written = false;
    this.settled = false;
  }

  number(correlationId: number): void {
    this.correlationId = correlationId;
  }

  /** The kernel has it, or it never went there. */
  endWrite(): void {
    this.written = true;
  }

  /** No answer is awaited any more. */
  settle(): void {
    this.settled = true;
  }

  answered(reader: WireReader): void {
    this.owner.exchangeAnswered(this, reader);
  }

  lost(error: ProducerError): void {
    this.owner.exchangeLost(this, error);
  }
}
