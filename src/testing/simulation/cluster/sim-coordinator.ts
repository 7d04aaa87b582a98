// The modelled transaction coordinator: producer ids and epochs, and the state machine of each
// transactional id, as Kafka's TransactionCoordinator and TransactionMetadata have it (its own log
// is taken as written at once and never lost). Called by sim-broker.
import type { SimClock } from '../sim-clock.js';
import type { SimPartition } from './sim-partition.js';
import { ERROR, type ErrorCode } from '../../../wire/error-codes.js';

type State =
  'Empty' | 'Ongoing' | 'PrepareCommit' | 'PrepareAbort' | 'CompleteCommit' | 'CompleteAbort';

export interface SimTransaction {
  readonly id: string;
  producerId: number;
  previousProducerId: number;
  /** Given out when the epochs are used up, in force once the markers are written. */
  nextProducerId: number;
  epoch: number;
  lastEpoch: number;
  timeoutMs: number;
  state: State;
  /** `topic-partition`, or OFFSETS. */
  readonly partitions: Set<string>;
  startMs: number;
  /** The client ended or began its transaction in the way of transaction.version 2. */
  v2: boolean;
}

export interface ProducerIdentity {
  readonly error: ErrorCode;
  readonly producerId: number;
  readonly epoch: number;
}

/**
 * The last epoch that a client may get is below Short.MAX_VALUE, so that it can always be fenced.
 */
const LAST_EPOCH = 32766;
/** What it needs of the cluster: a clock, and the logs that its markers go to. */
interface Surroundings {
  readonly network: { readonly clock: SimClock };
  readonly transactionVersion: number;
  /** The nodes that run. */
  readonly brokers: { has(node: number): boolean };
  /** `topic-partition`. */
  partitionOf(name: string): SimPartition | undefined;
}

/** Stands in a transaction for the group's offsets. */
export const OFFSETS = '__consumer_offsets';

const refused = (error: ErrorCode): ProducerIdentity => ({ error, producerId: -1, epoch: -1 });

export class SimCoordinator {
  readonly transactions = new Map<string, SimTransaction>();
  /** Consumer groups' committed offsets: `group topic-partition` -> offset. */
  readonly offsets = new Map<string, number>();
  private readonly pendingOffsets = new Map<number, Map<string, number>>();
  private nextProducerId = 1000;
  /** Epoch of the next new producer id, for tests of its end. */
  firstEpoch = 0;
  /** From EndTxn's answer until the markers are in the logs. */
  markersAfterMs = 1;

  constructor(private readonly cluster: Surroundings) {}

  newProducerId(): number {
    return this.nextProducerId++;
  }

  /** InitProducerId; `expected` is the identity that the client names, from v3 on. */
  init(
    id: string | null,
    timeoutMs: number,
    expected: { producerId: number; epoch: number } | null,
  ): ProducerIdentity {
    if (id === null)
      return { error: ERROR.NONE, producerId: this.newProducerId(), epoch: this.firstEpoch };
    if (id === '') return refused(ERROR.INVALID_REQUEST);
    let txn = this.transactions.get(id);
    if (txn === undefined) this.transactions.set(id, (txn = this.create(id, timeoutMs)));
    if (
      expected !== null &&
      txn.epoch !== -1 &&
      expected.producerId !== txn.producerId &&
      !(expected.producerId === txn.previousProducerId && expected.epoch >= LAST_EPOCH)
    )
      return refused(ERROR.PRODUCER_FENCED);
    if (txn.state === 'PrepareAbort' || txn.state === 'PrepareCommit')
      return refused(ERROR.CONCURRENT_TRANSACTIONS);
    if (txn.state === 'Ongoing') {
      this.fence(txn);
      return refused(ERROR.CONCURRENT_TRANSACTIONS);
    }
    if (txn.epoch >= LAST_EPOCH && (expected === null || expected.epoch === txn.epoch)) {
      txn.lastEpoch = expected === null ? -1 : txn.epoch;
      txn.previousProducerId = txn.producerId;
      txn.producerId = this.newProducerId();
      txn.epoch = 0;
    } else if (expected === null) {
      txn.epoch = txn.epoch === -1 ? this.firstEpoch : txn.epoch + 1;
      txn.lastEpoch = -1;
    } else if (txn.epoch === -1 || expected.epoch === txn.epoch) {
      txn.lastEpoch = txn.epoch;
      txn.epoch++;
    } else if (expected.epoch !== txn.lastEpoch) return refused(ERROR.PRODUCER_FENCED);
    txn.timeoutMs = timeoutMs;
    txn.state = 'Empty';
    txn.partitions.clear();
    txn.startMs = -1;
    return { error: ERROR.NONE, producerId: txn.producerId, epoch: txn.epoch };
  }

  /** AddPartitionsToTxn, and what Produce v12 (`v2`) does of its own accord. */
  add(
    id: string,
    producerId: number,
    epoch: number,
    partitions: readonly string[],
    v2 = false,
  ): ErrorCode {
    const txn = this.transactions.get(id);
    if (txn?.producerId !== producerId) return ERROR.INVALID_PRODUCER_ID_MAPPING;
    if (txn.epoch !== epoch) return ERROR.PRODUCER_FENCED;
    if (txn.state === 'PrepareAbort' || txn.state === 'PrepareCommit')
      return ERROR.CONCURRENT_TRANSACTIONS;
    if (txn.state !== 'Ongoing') {
      txn.state = 'Ongoing';
      txn.startMs = this.cluster.network.clock.now();
      txn.partitions.clear();
      this.watchTimeout(txn);
    }
    for (const partition of partitions) txn.partitions.add(partition);
    txn.v2 = v2;
    return ERROR.NONE;
  }

  /** Whether the partition is in the ongoing transaction: what a broker asks before it writes. */
  verify(id: string | null, producerId: number, epoch: number, partition: string): ErrorCode {
    const txn = id === null ? undefined : this.transactions.get(id);
    if (txn?.producerId !== producerId) return ERROR.INVALID_PRODUCER_ID_MAPPING;
    if (txn.epoch !== epoch) return ERROR.PRODUCER_FENCED;
    if (txn.state === 'PrepareAbort' || txn.state === 'PrepareCommit')
      return ERROR.CONCURRENT_TRANSACTIONS;
    return txn.partitions.has(partition) ? ERROR.NONE : ERROR.INVALID_TXN_STATE;
  }

  /** EndTxn; `v2` from its version 5 on. */
  end(
    id: string,
    producerId: number,
    epoch: number,
    commit: boolean,
    v2: boolean,
  ): ProducerIdentity {
    const txn = this.transactions.get(id);
    if (txn === undefined) return refused(ERROR.INVALID_PRODUCER_ID_MAPPING);
    const retry =
      txn.v2 &&
      (txn.epoch === epoch + 1 ||
        (txn.previousProducerId === producerId && epoch === LAST_EPOCH && txn.epoch === 0));
    if (txn.producerId !== producerId && !retry) return refused(ERROR.INVALID_PRODUCER_ID_MAPPING);
    const preparing = txn.state === 'PrepareCommit' || txn.state === 'PrepareAbort';
    const complete = txn.state === 'CompleteCommit' || txn.state === 'CompleteAbort';
    const allowed =
      retry && (preparing || complete) ? true : txn.epoch === epoch && !(txn.v2 && preparing);
    if (!allowed) return refused(ERROR.PRODUCER_FENCED);
    const known = { error: ERROR.NONE, producerId: txn.producerId, epoch: txn.epoch };
    switch (txn.state) {
      case 'Ongoing':
        return this.prepare(txn, commit, v2);
      case 'PrepareCommit':
        return refused(commit ? ERROR.CONCURRENT_TRANSACTIONS : ERROR.INVALID_TXN_STATE);
      case 'PrepareAbort':
        return refused(commit ? ERROR.INVALID_TXN_STATE : ERROR.CONCURRENT_TRANSACTIONS);
      case 'CompleteCommit':
        if (commit && (retry || !v2)) return known;
        return !commit && v2 && !retry
          ? this.prepare(txn, false, true)
          : refused(ERROR.INVALID_TXN_STATE);
      case 'CompleteAbort':
        if (commit) return refused(ERROR.INVALID_TXN_STATE);
        return retry || !v2 ? known : this.prepare(txn, false, true);
      case 'Empty':
        // In version 2 the client cannot know whether a partition was added.
        return !commit && v2 ? this.prepare(txn, false, true) : refused(ERROR.INVALID_TXN_STATE);
    }
  }

  commitOffset(producerId: number, key: string, offset: number): void {
    const pending = this.pendingOffsets.get(producerId);
    if (pending === undefined) this.pendingOffsets.set(producerId, new Map([[key, offset]]));
    else pending.set(key, offset);
  }

  private create(id: string, timeoutMs: number): SimTransaction {
    return {
      id,
      producerId: this.newProducerId(),
      previousProducerId: -1,
      nextProducerId: -1,
      epoch: -1,
      lastEpoch: -1,
      timeoutMs,
      state: 'Empty',
      partitions: new Set(),
      startMs: -1,
      v2: false,
    };
  }

  private prepare(txn: SimTransaction, commit: boolean, v2: boolean): ProducerIdentity {
    txn.state = commit ? 'PrepareCommit' : 'PrepareAbort';
    txn.v2 = v2;
    if (v2) {
      txn.nextProducerId = txn.epoch >= LAST_EPOCH ? this.newProducerId() : -1;
      txn.lastEpoch = txn.epoch;
      txn.epoch++;
    }
    const answer = v2 && txn.nextProducerId >= 0;
    this.writeMarkers(txn);
    return answer
      ? { error: ERROR.NONE, producerId: txn.nextProducerId, epoch: 0 }
      : { error: ERROR.NONE, producerId: txn.producerId, epoch: txn.epoch };
  }

  /** An epoch that no client ever gets aborts what is ongoing. */
  private fence(txn: SimTransaction): void {
    const v2 = this.cluster.transactionVersion >= 2;
    txn.epoch++;
    txn.lastEpoch = -1;
    txn.state = 'PrepareAbort';
    txn.v2 = v2;
    txn.nextProducerId = -1;
    if (v2) {
      txn.lastEpoch = txn.epoch;
      txn.epoch++;
    }
    this.writeMarkers(txn);
  }

  private watchTimeout(txn: SimTransaction): void {
    const { startMs } = txn;
    this.cluster.network.clock.later(txn.timeoutMs, () => {
      if (txn.state === 'Ongoing' && txn.startMs === startMs) this.fence(txn);
    });
  }

  /**
   * Partitions whose leader is away get their marker later; the transaction is complete once all
   * have it.
   */
  private writeMarkers(txn: SimTransaction): void {
    this.cluster.network.clock.later(this.markersAfterMs, () => {
      const marker = txn.state === 'PrepareCommit' ? 'commit' : 'abort';
      for (const name of txn.partitions) {
        if (name === OFFSETS) this.endOffsets(txn.producerId, marker === 'commit');
        else {
          const partition = this.cluster.partitionOf(name);
          if (partition !== undefined && !this.cluster.brokers.has(partition.leader)) continue;
          partition?.mark(txn.producerId, txn.epoch, marker);
        }
        txn.partitions.delete(name);
      }
      if (txn.partitions.size > 0) {
        this.writeMarkers(txn);
        return;
      }
      txn.state = marker === 'commit' ? 'CompleteCommit' : 'CompleteAbort';
      if (txn.nextProducerId < 0) return;
      txn.previousProducerId = txn.producerId;
      txn.producerId = txn.nextProducerId;
      txn.nextProducerId = -1;
      txn.lastEpoch = txn.epoch;
      txn.epoch = 0;
    });
  }

  private endOffsets(producerId: number, commit: boolean): void {
    const pending = this.pendingOffsets.get(producerId);
    this.pendingOffsets.delete(producerId);
    if (pending !== undefined && commit)
      for (const [key, offset] of pending) this.offsets.set(key, offset);
  }
}
