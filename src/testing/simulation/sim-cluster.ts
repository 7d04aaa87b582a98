// A modelled cluster for the simulated network: topics, leaders, replication and what tests script.
// Its brokers are sim-broker's, its partitions sim-partition's, its transaction coordinator
// sim-coordinator's.
import { SimBroker } from './sim-broker.js';
import type { ReadBatch, ReadRecord } from './sim-batch.js';
import { SimCoordinator } from './sim-coordinator.js';
import type { SimNetwork } from './sim-network.js';
import { SimPartition } from './sim-partition.js';
import type { ApiKey } from '../../wire/api-keys.js';
import { API } from '../../wire/api-keys.js';
import type { ErrorCode } from '../../wire/error-codes.js';
import { ERROR } from '../../wire/error-codes.js';

export type { SimBroker } from './sim-broker.js';
export type { SimPartition } from './sim-partition.js';

interface SimTopic {
  id: string;
  error: ErrorCode;
  readonly partitions: SimPartition[];
}

export interface SeenProduce {
  readonly atMs: number;
  readonly node: number;
  readonly version: number;
  readonly acks: number;
  readonly bytes: number;
  readonly transactionalId: string | null;
  readonly parts: readonly {
    topic: string;
    partition: number;
    records: number;
    bytes: number;
    batch: ReadBatch;
  }[];
}

/** What to do with one produce request; what is left out is as a healthy broker does it. */
export interface ProduceScript {
  afterMs?: number;
  silent?: boolean;
  drop?: 'before append' | 'after append' | 'in the middle of the answer';
  throttleMs?: number;
  /** Error code of a partition; it is then not appended, unless `appendAnyway`. */
  error?: (topic: string, partition: number) => ErrorCode;
  appendAnyway?: boolean;
  /** Answered instead of the right bytes (behind size and correlation id). */
  raw?: Buffer;
}

/** A request of any other API. */
export interface SeenRequest {
  readonly atMs: number;
  readonly node: number;
  readonly api: ApiKey;
  readonly version: number;
}

/** What to do with it; what is left out is as a healthy broker does it. */
export interface RequestScript {
  afterMs?: number;
  silent?: boolean;
  /** The connection breaks before the request is looked at, or after it was carried out. */
  drop?: 'before' | 'after';
  /** Error code to answer; nothing is carried out then. */
  error?: ErrorCode;
}

type VersionRange = readonly [api: ApiKey, low: number, high: number];

export class SimCluster {
  readonly topics = new Map<string, SimTopic>();
  readonly brokers = new Map<number, SimBroker>();
  readonly coordinator = new SimCoordinator(this);
  readonly produced: SeenProduce[] = [];
  /** An EndTxn came in from a connection that the producer had given up. */
  lateEnd = false;
  readonly metadataAsked: { atMs: number; node: number; topics: string[] }[] = [];
  versions: VersionRange[] = [
    [API.PRODUCE, 0, 13],
    [API.METADATA, 0, 13],
    [API.FIND_COORDINATOR, 0, 6],
    [API.API_VERSIONS, 0, 5],
    [API.INIT_PRODUCER_ID, 0, 5],
    [API.ADD_PARTITIONS_TO_TXN, 0, 5],
    [API.ADD_OFFSETS_TO_TXN, 0, 4],
    [API.END_TXN, 0, 5],
    [API.TXN_OFFSET_COMMIT, 0, 5],
  ];
  /** broker.rack of nodes. */
  readonly racks = new Map<number, string>();
  /** As metadata tells it. */
  clusterId = 'sim';
  /** What clients said whom they take the broker for (KIP-1242). */
  readonly taken: {
    readonly node: number;
    readonly clusterId: string | null;
    readonly nodeId: number;
  }[] = [];
  answerAfterMs = 1;
  metadataThrottleMs = 0;
  metadataSilent = false;
  /** Top-level error of Metadata answers, which then tell of nothing else. */
  metadataError = ERROR.NONE;
  hints = false;
  /** Answers to ApiVersions above the broker's own version do not name that version. */
  bareUnsupported = false;
  /** The finalized feature transaction.version: 0 is not told at all (before 4.0). */
  transactionVersion = 2;
  /** Producers without state must begin at sequence 0, else error 59 (brokers before 2.5). */
  unknownProducerId = false;
  /** Followers have an append after so long; acks=all is answered then. */
  replicationMs = 0;
  /** max.message.bytes: larger batches are refused with error 10. */
  maxMessageBytes = Infinity;
  /** Node that coordinates a transactional id or group, where it was moved. */
  readonly coordinators = new Map<string, number>();
  onProduce: (seen: SeenProduce) => ProduceScript = () => ({});
  /** For all requests but Produce. */
  onRequest: (seen: SeenRequest) => RequestScript = () => ({});
  /** Is told what happens, for the report of a failure. */
  trace: ((text: () => string) => void) | null = null;
  /** Most produce requests that any connection had outstanding. */
  mostInFlight = 0;

  constructor(
    readonly network: SimNetwork,
    count = 1,
  ) {
    for (let id = 0; id < count; id++) this.start(id);
  }

  start(id: number, host = `b${id}`): SimBroker {
    this.trace?.(() => `b${id} starts`);
    const broker = new SimBroker(this, id, host, 9092);
    this.brokers.set(id, broker);
    this.network.servers.set(broker.address, broker);
    return broker;
  }

  /** Its connections break, further ones are refused. */
  stop(id: number): void {
    this.trace?.(() => `b${id} stops`);
    const broker = this.brokers.get(id)!;
    this.brokers.delete(id);
    this.network.servers.delete(broker.address);
    broker.reset();
  }

  /**
   * Stops, and what it led is led by `heir` without the records that had not reached it: everything
   * above the high watermark may be lost; `keep` says what share of it is not. With `unclean` the
   * heir lacks some of what lies below, too.
   */
  crash(id: number, heir: number, keep: () => number, unclean = false): void {
    this.stop(id);
    for (const [name, { partitions }] of this.topics) {
      partitions.forEach((partition, index) => {
        if (partition.leader !== id) return;
        const { highWatermark, endOffset } = partition;
        const from = unclean ? Math.max(0, highWatermark - 5) : highWatermark;
        partition.truncate(Math.max(from, Math.ceil(from + keep() * (endOffset - from))));
        this.trace?.(
          () =>
            `  ${name}-${index} ends at ${partition.endOffset}, ` +
            `was ${endOffset} (${highWatermark})`,
        );
        this.moveLeader(name, index, heir);
        this.replicate(partition);
      });
    }
  }

  topic(name: string, leaders: readonly number[]): SimTopic {
    const id = `00000000-0000-0000-0000-${String(this.topics.size + 1).padStart(12, '0')}`;
    const topic: SimTopic = {
      id,
      error: ERROR.NONE,
      partitions: leaders.map((leader) => new SimPartition(leader)),
    };
    this.topics.set(name, topic);
    return topic;
  }

  /** `topic-partition`. */
  partitionOf(name: string): SimPartition | undefined {
    const at = name.lastIndexOf('-');
    return this.topics.get(name.slice(0, at))?.partitions[Number(name.slice(at + 1))];
  }

  moveLeader(name: string, partition: number, to: number, tell = true): void {
    this.trace?.(() => `${name}-${partition} moves to b${to}${tell ? '' : ', untold'}`);
    const state = this.topics.get(name)!.partitions[partition];
    state.leader = to;
    state.epoch++;
    if (tell) state.shown = { leader: to, epoch: state.epoch };
  }

  /** The lowest node unless it was moved to one that lives. */
  coordinatorOf(key: string): number {
    const moved = this.coordinators.get(key);
    return moved !== undefined && this.brokers.has(moved)
      ? moved
      : Math.min(...this.brokers.keys());
  }

  /** The followers take what was appended. */
  replicate(partition: SimPartition): void {
    const { endOffset, generation } = partition;
    const reached = () => {
      if (partition.generation === generation)
        partition.highWatermark = Math.max(partition.highWatermark, endOffset);
    };
    if (this.replicationMs === 0) reached();
    else this.network.clock.later(this.replicationMs, reached);
  }

  /** A partition's records in log order. */
  records(name: string, partition: number): ReadRecord[] {
    return this.topics
      .get(name)!
      .partitions[partition].log.flatMap(({ batch }) => batch?.records ?? []);
  }

  /** Values of a partition's records in log order. */
  values(name: string, partition: number): string[] {
    return this.topics.get(name)!.partitions[partition].values();
  }

  /** Values that a read_committed consumer of it gets, in log order. */
  committed(name: string, partition: number): string[] {
    return this.topics.get(name)!.partitions[partition].committed();
  }
}
