// What a broker remembers of each producer in one partition's log, and the sequence and epoch
// checks made of it: Kafka's ProducerStateManager, ProducerStateEntry and ProducerAppendInfo
// (storage/internals/log). Called by sim-partition.
import type { ReadBatch } from './sim-batch.js';
import { ERROR, type ErrorCode } from '../../../wire/error-codes.js';

/** ProducerStateEntry.NUM_BATCHES_TO_RETAIN. */
const BATCHES_KEPT = 5;
const MAX_INT32 = 0x7fffffff;

interface Entry {
  epoch: number;
  /** The last batches of this epoch, the oldest first. */
  readonly batches: { first: number; last: number; offset: number }[];
  /** Where its ongoing transaction begins; -1 without one. */
  txnFirstOffset: number;
}

export interface AppendCheck {
  /** NONE, or why the batch is refused. */
  readonly error: ErrorCode;
  /** Offset of the same batch appended before; -1 if there is none. */
  readonly duplicateOf: number;
  /**
   * Accepted with a sequence above 0 although nothing was known of the producer (as brokers do
   * since KIP-360).
   */
  readonly blind: boolean;
}

const FINE: AppendCheck = { error: ERROR.NONE, duplicateOf: -1, blind: false };
const BLIND: AppendCheck = { error: ERROR.NONE, duplicateOf: -1, blind: true };
const refused = (error: ErrorCode): AppendCheck => ({ error, duplicateOf: -1, blind: false });

export interface AppendRules {
  /**
   * Brokers before 2.5: a producer without state must begin at 0, else UNKNOWN_PRODUCER_ID (59).
   */
  readonly unknownProducerId: boolean;
  /** The coordinator has just said that the partition is in the transaction. */
  readonly verified: boolean;
  /** ... and transaction.version is 2: a producer without state must begin at 0. */
  readonly strictStart: boolean;
}

/** Last sequence of a batch: past 2^31 - 1 comes 0. */
export function lastSequence(batch: ReadBatch): number {
  const last = batch.baseSequence + batch.records.length - 1;
  return last > MAX_INT32 ? last - MAX_INT32 - 1 : last;
}

export class ProducerStates {
  private readonly entries = new Map<number, Entry>();

  /** True while a transaction of this producer, in this epoch, has records here and no marker. */
  isOngoing(producerId: number, epoch: number): boolean {
    const entry = this.entries.get(producerId);
    return entry?.epoch === epoch && entry.txnFirstOffset >= 0;
  }

  /** Offset of the first record of any transaction without a marker; Infinity without one. */
  get firstUnstableOffset(): number {
    let first = Infinity;
    for (const { txnFirstOffset } of this.entries.values())
      if (txnFirstOffset >= 0) first = Math.min(first, txnFirstOffset);
    return first;
  }

  check(batch: ReadBatch, rules: AppendRules): AppendCheck {
    if (batch.producerId < 0) return FINE;
    const entry = this.entries.get(batch.producerId);
    if (entry?.epoch === batch.producerEpoch) {
      const last = lastSequence(batch);
      const known = entry.batches.find(
        (each) => each.first === batch.baseSequence && each.last === last,
      );
      if (known !== undefined)
        return { error: ERROR.NONE, duplicateOf: known.offset, blind: false };
    }
    const ongoing = this.isOngoing(batch.producerId, batch.producerEpoch);
    if (batch.transactional && !ongoing && !rules.verified) return refused(ERROR.INVALID_TXN_STATE);
    if (entry === undefined) {
      if (batch.baseSequence === 0) return FINE;
      if (rules.unknownProducerId) return refused(ERROR.UNKNOWN_PRODUCER_ID);
      return rules.strictStart && batch.transactional
        ? refused(ERROR.OUT_OF_ORDER_SEQUENCE_NUMBER)
        : BLIND;
    }
    if (batch.producerEpoch < entry.epoch) return refused(ERROR.INVALID_PRODUCER_EPOCH);
    const previous = entry.batches.at(-1)?.last ?? -1;
    const next = batch.producerEpoch > entry.epoch || previous === MAX_INT32 ? 0 : previous + 1;
    if (batch.baseSequence !== next) return refused(ERROR.OUT_OF_ORDER_SEQUENCE_NUMBER);
    return ongoing && !batch.transactional ? refused(ERROR.INVALID_TXN_STATE) : FINE;
  }

  /** After the batch was written at `offset`. */
  appended(batch: ReadBatch, offset: number): void {
    if (batch.producerId < 0) return;
    const entry = this.entryOf(batch.producerId, batch.producerEpoch);
    if (entry.batches.length === BATCHES_KEPT) entry.batches.shift();
    entry.batches.push({ first: batch.baseSequence, last: lastSequence(batch), offset });
    if (batch.transactional && entry.txnFirstOffset < 0) entry.txnFirstOffset = offset;
  }

  /** After a commit or abort marker. False for one that an older epoch wrote. */
  ended(producerId: number, epoch: number): boolean {
    const known = this.entries.get(producerId);
    if (known !== undefined && epoch < known.epoch) return false;
    this.entryOf(producerId, epoch).txnFirstOffset = -1;
    return true;
  }

  clear(): void {
    this.entries.clear();
  }

  private entryOf(producerId: number, epoch: number): Entry {
    let entry = this.entries.get(producerId);
    if (entry === undefined)
      this.entries.set(producerId, (entry = { epoch, batches: [], txnFirstOffset: -1 }));
    if (entry.epoch !== epoch) {
      entry.epoch = epoch;
      entry.batches.length = 0;
    }
    return entry;
  }
}
