// The state of a modelled cluster, which its brokers share: topics, leaders, replication and what
// tests script. Its partitions are sim-partition's, its transaction coordinator sim-coordinator's.
// Brokers are started by sim-cluster.
import type { ReadRecord } from './sim-batch.js';
import { SimCoordinator } from './sim-coordinator.js';
import type { SimNetwork, SimServer } from '../sim-network.js';
import { SimPartition } from './sim-partition.js';
import type { ProduceScript, RequestScript, SeenProduce, SeenRequest } from './sim-scripts.js';
import { ERROR, type ErrorCode } from '../../../wire/error-codes.js';
import { API, type ApiKey } from '../../../wire/api-keys.js';

/** A broker that runs, as the others and tests see it. */
export interface SimNode extends SimServer {
  readonly id: number;
  readonly host: string;
  readonly port: number;
  readonly address: string;
  pausedUntilMs: number;
  /** Its connections break. */
  reset(error?: Error | null): void;
}

interface SimTopic {
  id: string;
  error: ErrorCode;
  readonly partitions: SimPartition[];
}

type VersionRange = readonly [api: ApiKey, low: number, high: number];

export class SimClusterState {
  readonly topics = new Map<string, SimTopic>();
  readonly brokers = new Map<number, SimNode>();
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

  constructor(readonly network: SimNetwork) {}

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
