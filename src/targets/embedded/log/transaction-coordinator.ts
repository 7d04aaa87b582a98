// Who owns a transactional id, and which partitions its transaction has written to: Kafka's
// TransactionCoordinator, for one that never loses anything, so that prepared states do not outlive
// a call. Called by the handlers in transaction-apis.ts and producer-ids.ts, and by produce.ts once
// a partition and transaction. Must never leave a transaction open past its timeout.
import type { Clock, TimerHandle } from '../../../base/clock.js';
import type { Partition } from '../cluster-topics.js';
import { transactionMarker } from './transaction-marker.js';
import { ERROR, type ErrorCode } from '../../../wire/error-codes.js';

/** Kafka's transaction.max.timeout.ms. */
const MAX_TIMEOUT_MS = 900_000;
/** Of one cluster; the embedded one remembers them until it ends. */
const MAX_TRANSACTIONAL_IDS = 10_000;
/** The last epoch is kept for fencing (TransactionMetadata.isEpochExhausted). */
const LAST_EPOCH = 32_766;
const NO_ID = -1;

/** The coordinator's answer; id and epoch are -1 with an error. */
export interface ProducerIdentity {
  readonly errorCode: ErrorCode;
  readonly producerId: number;
  readonly epoch: number;
}

type State = 'empty' | 'ongoing' | 'committed' | 'aborted';

class Transaction {
  state: State = 'empty';
  epoch = -1;
  /** With which an InitProducerId of a bumping client may come again; -1 for none. */
  lastEpoch = -1;
  previousProducerId = NO_ID;
  /** Its last EndTxn bumped the epoch (transaction.version 2). */
  bumped = false;
  timer: TimerHandle | null = null;
  readonly partitions = new Set<Partition>();

  constructor(
    public producerId: number,
    public timeoutMs: number,
  ) {}

  get exhausted(): boolean {
    return this.epoch >= LAST_EPOCH;
  }
}

const refused = (errorCode: ErrorCode): ProducerIdentity => ({
  errorCode,
  producerId: NO_ID,
  epoch: -1,
});

export class TransactionCoordinator {
  private readonly transactions = new Map<string, Transaction>();

  constructor(
    private readonly clock: Clock,
    private readonly takeProducerId: () => number,
  ) {}

  /**
   * InitProducerId: a new epoch for the id, which fences whoever had it. `expected` is what the
   * client had, -1 for nothing (KIP-360).
   */
  init(
    transactionalId: string,
    timeoutMs: number,
    expectedProducerId: number,
    expectedEpoch: number,
  ): ProducerIdentity {
    if (transactionalId === '' || expectedProducerId < 0 !== expectedEpoch < 0)
      return refused(ERROR.INVALID_REQUEST);
    if (timeoutMs <= 0 || timeoutMs > MAX_TIMEOUT_MS)
      return refused(ERROR.INVALID_TRANSACTION_TIMEOUT);
    let found = this.transactions.get(transactionalId);
    if (found === undefined) {
      if (this.transactions.size >= MAX_TRANSACTIONAL_IDS) return refused(ERROR.POLICY_VIOLATION);
      found = new Transaction(this.takeProducerId(), timeoutMs);
      this.transactions.set(transactionalId, found);
    }
    const known = expectedProducerId >= 0 && found.epoch >= 0;
    const previous = expectedProducerId === found.previousProducerId && expectedEpoch >= LAST_EPOCH;
    if (known && expectedProducerId !== found.producerId && !previous)
      return refused(ERROR.PRODUCER_FENCED);
    if (found.state === 'ongoing') {
      // As Kafka: the old transaction is aborted under an epoch that fences its producer, and the
      // client asks again.
      this.fence(found);
      return refused(ERROR.CONCURRENT_TRANSACTIONS);
    }
    return this.bump(found, timeoutMs, known ? expectedEpoch : -1, known && previous);
  }

  /**
   * AddPartitionsToTxn, or Produce v12+ on its own: the partitions belong to the transaction, which
   * begins with the first. Kafka's code.
   */
  add(
    transactionalId: string,
    producerId: number,
    epoch: number,
    partitions: readonly Partition[],
  ): ErrorCode {
    const found = this.find(transactionalId, producerId);
    if (found === null) return ERROR.INVALID_PRODUCER_ID_MAPPING;
    if (found.epoch !== epoch) return ERROR.PRODUCER_FENCED;
    if (found.state !== 'ongoing') {
      found.state = 'ongoing';
      found.partitions.clear();
      found.timer = this.clock.schedule(found.timeoutMs, () => this.fence(found));
    }
    for (const partition of partitions) found.partitions.add(partition);
    return ERROR.NONE;
  }

  /**
   * Whether a batch may be written because its partition was added before (transaction.version
   * below 2). Kafka's code.
   */
  verify(
    transactionalId: string,
    producerId: number,
    epoch: number,
    partition: Partition,
  ): ErrorCode {
    const found = this.find(transactionalId, producerId);
    if (found === null) return ERROR.INVALID_PRODUCER_ID_MAPPING;
    if (found.epoch !== epoch) return ERROR.INVALID_PRODUCER_EPOCH;
    return found.state === 'ongoing' && found.partitions.has(partition)
      ? ERROR.NONE
      : ERROR.INVALID_TXN_STATE;
  }

  /**
   * EndTxn. `bumps`: a client of transaction.version 2 (EndTxn v5), which goes on with the epoch
   * that the answer has.
   */
  end(
    transactionalId: string,
    producerId: number,
    epoch: number,
    commit: boolean,
    bumps: boolean,
  ): ProducerIdentity {
    if (transactionalId === '') return refused(ERROR.INVALID_REQUEST);
    const found = this.transactions.get(transactionalId);
    if (found === undefined) return refused(ERROR.INVALID_PRODUCER_ID_MAPPING);
    const rotated =
      found.bumped &&
      producerId === found.previousProducerId &&
      epoch === LAST_EPOCH &&
      found.epoch === 0;
    if (found.producerId !== producerId && !rotated)
      return refused(ERROR.INVALID_PRODUCER_ID_MAPPING);
    const over = found.state === 'committed' || found.state === 'aborted';
    if (over && found.bumped && (rotated || found.epoch === epoch + 1)) {
      // The same EndTxn again: its answer was lost.
      return (found.state === 'committed') === commit
        ? this.identity(found)
        : refused(ERROR.INVALID_TXN_STATE);
    }
    if (found.epoch !== epoch) return refused(ERROR.PRODUCER_FENCED);
    if (found.state === 'ongoing') {
      this.complete(found, commit, bumps);
      return this.identity(found);
    }
    if (bumps) {
      // Nothing was written. An abort gives the client the new epoch that it needs after an error.
      if (commit) return refused(ERROR.INVALID_TXN_STATE);
      this.complete(found, false, true);
      return this.identity(found);
    }
    return over && (found.state === 'committed') === commit
      ? this.identity(found)
      : refused(ERROR.INVALID_TXN_STATE);
  }

  private find(transactionalId: string, producerId: number): Transaction | null {
    const found = this.transactions.get(transactionalId);
    return found?.producerId === producerId ? found : null;
  }

  private identity({ producerId, epoch }: Transaction): ProducerIdentity {
    return { errorCode: ERROR.NONE, producerId, epoch };
  }

  /** TransactionMetadata.prepareIncrementProducerEpoch and prepareProducerIdRotation. */
  private bump(
    transaction: Transaction,
    timeoutMs: number,
    expectedEpoch: number,
    previous: boolean,
  ): ProducerIdentity {
    const again = previous || (expectedEpoch >= 0 && expectedEpoch === transaction.lastEpoch);
    if (!again) {
      if (expectedEpoch >= 0 && expectedEpoch !== transaction.epoch)
        return refused(ERROR.PRODUCER_FENCED);
      transaction.lastEpoch = expectedEpoch;
      if (transaction.exhausted) this.rotate(transaction);
      else transaction.epoch += 1;
    }
    transaction.timeoutMs = timeoutMs;
    transaction.state = 'empty';
    transaction.bumped = false;
    return this.identity(transaction);
  }

  private rotate(transaction: Transaction): void {
    transaction.previousProducerId = transaction.producerId;
    transaction.producerId = this.takeProducerId();
    transaction.epoch = 0;
  }

  /**
   * Aborts with an epoch that its producer does not have
   * (TransactionMetadata.prepareFenceProducerEpoch).
   */
  private fence(transaction: Transaction): void {
    if (transaction.state !== 'ongoing') return;
    transaction.epoch += 1;
    transaction.lastEpoch = -1;
    this.complete(transaction, false, false);
  }

  private complete(transaction: Transaction, commit: boolean, bumps: boolean): void {
    transaction.timer?.cancel();
    transaction.timer = null;
    // Markers carry the bumped epoch, so that a late batch of the old one is refused (KIP-890).
    const markerEpoch = transaction.epoch + (bumps ? 1 : 0);
    for (const partition of transaction.partitions)
      mark(partition, transaction.producerId, markerEpoch, commit, this.clock);
    transaction.partitions.clear();
    transaction.state = commit ? 'committed' : 'aborted';
    transaction.bumped = bumps;
    transaction.lastEpoch = bumps ? transaction.epoch : transaction.lastEpoch;
    if (!bumps) return;
    if (transaction.exhausted) this.rotate(transaction);
    else transaction.epoch = markerEpoch;
  }
}

/**
 * Writes the marker whether or not the partition has a leader just now: there is only one copy of
 * its log.
 */
function mark(
  partition: Partition,
  producerId: number,
  epoch: number,
  commit: boolean,
  clock: Clock,
): void {
  const { log, topic, transactions, producers, leaderEpoch } = partition;
  if (topic.deleted) return;
  const marker = transactionMarker(producerId, epoch, commit, 0, clock.epoch());
  const offset = log.append(marker, 0, marker.length, leaderEpoch);
  producers.mark(producerId, epoch);
  transactions.end(producerId, offset, commit, log.logStartOffset);
  partition.notify();
}
