// What the producer knows of topics, partitions and nodes: identity, leadership, and the queues that hang on them. Plain state, changed by
// metadata (leadership), accumulator (queues) and sender (in flight). Objects live as long as the producer; metadata updates them in place.
import { BatchQueue } from './batch-queue.js';
import type { Connection } from './connection.js';
import type { ProducerError } from './errors.js';
import type { TopicHandle } from './producer-api.js';
import type { StickyPartitioner } from './sticky-partitioner.js';
import { PartitionSequences } from './transactions/sequences.js';

export class PartitionState {
  /** Node that leads, or null while nobody does. */
  leader: NodeState | null = null;
  /** The last that was known, which stays while nobody leads. */
  lastLeader: NodeState | null = null;
  leaderEpoch = -1;
  /** Batches to send, oldest first; the last one may be open. */
  readonly queue = new BatchQueue();
  /** Batches sent and neither answered nor expired, oldest first. */
  readonly inFlight = new BatchQueue();
  /** Its sequence numbers, where the producer is idempotent. */
  readonly sequences = new PartitionSequences();
  /** max.in.flight.requests.per.connection = 1: nothing is drained until the batch in flight is settled. */
  muted = false;
  /** A record was appended at some time: adaptive partitioning starts once this holds for every partition. */
  used = false;

  constructor(
    readonly topic: TopicState,
    readonly index: number,
  ) {}

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
  /** Metadata no longer asks for it, and none of its partitions has a leader; the next batch brings it back. */
  forgotten = false;
  /** Of compressed to raw bytes, as its batches had it so far; NaN before the first, see compression-ratio.ts. */
  compressionRatio = NaN;
  /** The accumulator looks at it. */
  active = false;

  constructor(
    readonly name: string,
    readonly sticky: StickyPartitioner,
  ) {
    this.nameBytes = Buffer.from(name);
  }

  get partitionCount(): number {
    return this.partitions.length;
  }

  private available: number[] | null = null;

  /** Partitions that had a leader when metadata last changed, ascending: what partitioners are told. */
  get availablePartitions(): readonly number[] {
    this.available ??= this.partitions.filter(({ leader }) => leader !== null).map(({ index }) => index);
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
  /** Clock times for partitioner.availability.timeout.ms: last had something to send, last could send. -1: nothing to send so far. */
  readyMs = -1;
  drainMs = -1;
  connection: Connection | null = null;
  /** A produce request was sent to it. */
  written = false;
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
    return this.host.includes(':') ? `[${this.host}]:${this.port}` : `${this.host}:${this.port}`;
  }

  /** `broker 1 (127.0.0.1:9092)`; a bootstrap address has no id yet. */
  get title(): string {
    return this.id < 0 ? this.address : `broker ${this.id} (${this.address})`;
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
