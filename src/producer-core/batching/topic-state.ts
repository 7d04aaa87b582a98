// What the producer knows of topics, partitions and nodes: identity, leadership, and the queues
// that hang on them. Plain state, changed by metadata (leadership), accumulator (queues) and sender
// (in flight). Objects live as long as the producer; metadata updates them in place.
import { formatAddress } from '../../connect/index.js';
import { BatchQueue } from './batch-queue.js';
import type { ProducerError } from '../errors.js';
import type { TopicHandle } from './batch-view.js';
import type { RecordBatch } from './format/record-batch.js';
import type { StickyPartitioner } from './partitioners/sticky-partitioner.js';
import { PartitionSequences } from './sequences.js';

/** A batch that hangs on a partition's queues. */
export type PartitionBatch = RecordBatch<PartitionState>;

export class PartitionState {
  /** Node that leads, or null while nobody does. */
  leader: NodeState | null = null;
  /** The last that was known, which stays while nobody leads. */
  lastLeader: NodeState | null = null;
  leaderEpoch = -1;
  /** Batches to send, oldest first; the last one may be open. */
  readonly queue = new BatchQueue<PartitionBatch>();
  /** Batches sent and neither answered nor expired, oldest first. */
  readonly inFlight = new BatchQueue<PartitionBatch>();
  /** Its sequence numbers, where the producer is idempotent. */
  readonly sequences = new PartitionSequences();
  /**
   * max.in.flight.requests.per.connection = 1: nothing is drained until the batch in flight is
   * settled.
   */
  muted = false;
  /**
   * A record was appended at some time: adaptive partitioning starts once this holds for every
   * partition.
   */
  used = false;

  constructor(
    readonly topic: TopicState,
    readonly index: number,
  ) {}

  /** Null: nobody leads at the moment. */
  lead(node: NodeState | null): void {
    this.leader = node;
    if (node !== null) this.lastLeader = node;
  }

  /** Of the leader, as the newest answer has it. */
  noteEpoch(leaderEpoch: number): void {
    this.leaderEpoch = leaderEpoch;
  }

  /** Another topic of the same name: who led before says nothing. */
  forgetLastLeader(): void {
    this.lastLeader = null;
  }

  mute(): void {
    this.muted = true;
  }

  unmute(): void {
    this.muted = false;
  }

  use(): void {
    this.used = true;
  }

  get name(): string {
    return `${this.topic.name}-${this.index}`;
  }
}

export class TopicState implements TopicHandle {
  readonly nameBytes: Buffer;
  /** 16 bytes, or null where the cluster has no topic ids. */
  id: Buffer | null = null;
  readonly partitions: PartitionState[] = [];
  /** Clock time of the last use: metadata.max.idle.ms forgets topics by it. */
  lastUsedMs = 0;
  /**
   * Metadata no longer asks for it, and none of its partitions has a leader; the next batch brings
   * it back.
   */
  forgotten = false;
  /**
   * Of compressed to raw bytes, as its batches had it so far; NaN before the first, see
   * compression-ratio.ts.
   */
  compressionRatio = NaN;
  /** The accumulator looks at it. */
  active = false;

  constructor(
    readonly name: string,
    readonly sticky: StickyPartitioner,
  ) {
    this.nameBytes = Buffer.from(name);
  }

  /** Null: not known, or the cluster has none. */
  identify(id: Buffer | null): void {
    this.id = id;
  }

  /** Somebody is interested in it. */
  touch(nowMs: number): void {
    this.lastUsedMs = nowMs;
  }

  /** It is used, and asked for if it was forgotten. */
  use(nowMs: number): void {
    this.lastUsedMs = nowMs;
    this.forgotten = false;
  }

  /**
   * Nobody uses it. It is kept, as callers hold it; without leaders, so that the next batch asks
   * for them.
   */
  forget(): void {
    this.forgotten = true;
    for (const partition of this.partitions) partition.lead(null);
  }

  /** True the first time. */
  activate(): boolean {
    const first = !this.active;
    this.active = true;
    return first;
  }

  /** What the next batches are taken to become. */
  expectRatio(compressionRatio: number): void {
    this.compressionRatio = compressionRatio;
  }

  get partitionCount(): number {
    return this.partitions.length;
  }

  private available: number[] | null = null;

  /**
   * Partitions that had a leader when metadata last changed, ascending: what partitioners are told.
   */
  get availablePartitions(): readonly number[] {
    this.available ??= this.partitions
      .filter(({ leader }) => leader !== null)
      .map(({ index }) => index);
    return this.available;
  }

  /** Metadata changed the leaders. */
  leadersChanged(): void {
    this.available = null;
  }
}

export class NodeState {
  /** Partitions that it leads, of the topics in use, in topic order. */
  partitions: PartitionState[] = [];
  /** Where the next drain starts, so that no partition starves. */
  drainIndex = 0;
  /** The last ready check found something to send here. */
  ready = false;
  /**
   * Clock times for partitioner.availability.timeout.ms: last had something to send, last could
   * send. -1: nothing to send so far.
   */
  readyMs = -1;
  drainMs = -1;
  /** Its broker.rack is client.rack. */
  inClientRack = false;
  /** A produce request was sent to it. */
  private written = false;
  /** Connections and attempts that failed since it last answered a produce request; first, last. */
  troubles = 0;
  firstTrouble: ProducerError | null = null;
  lastTrouble: ProducerError | null = null;

  constructor(
    readonly id: number,
    public host: string,
    public port: number,
  ) {}

  get address(): string {
    return formatAddress(this);
  }

  /** `broker 1 (127.0.0.1:9092)`; a bootstrap address has no id yet. */
  get title(): string {
    return this.id < 0 ? this.address : `broker ${this.id} (${this.address})`;
  }

  /** Its partitions are told anew, one by one. */
  leadNone(): void {
    this.partitions = [];
  }

  /** The next drain starts at this partition. */
  drainFrom(index: number): void {
    this.drainIndex = index;
  }

  /** There is something to send here. */
  markReady(): void {
    this.ready = true;
  }

  /** The ready check's finding is acted on. */
  takeTurn(nowMs: number): void {
    this.ready = false;
    if (this.readyMs < 0) this.drainMs = nowMs;
    this.readyMs = nowMs;
  }

  /** It could be sent to. */
  noteDrain(nowMs: number): void {
    this.drainMs = nowMs;
  }

  /** True the first time that a produce request is sent to it. */
  firstWrite(): boolean {
    const first = !this.written;
    this.written = true;
    return first;
  }

  placeInClientRack(inClientRack: boolean): void {
    this.inClientRack = inClientRack;
  }

  moveTo(host: string, port: number): void {
    this.host = host;
    this.port = port;
  }

  /** A connection to it, or an attempt, has failed. */
  troubled(error: ProducerError): void {
    this.troubles++;
    this.firstTrouble ??= error;
    this.lastTrouble = error;
  }

  /** It has answered. */
  answered(): void {
    if (this.troubles === 0) return;
    this.troubles = 0;
    this.firstTrouble = null;
    this.lastTrouble = null;
  }
}
