// The transactions of one worker: so many records each, then a commit, or an abort with a seeded
// chance. The generator appends nothing while one is being ended, as an application that calls
// commitTransaction() and waits. Called by generator.ts; reset by run-worker between phases. Must
// do nothing per record: what a transaction held is told by the tracker's counters, since each is
// flushed before the next begins.
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { TransactionSettings } from '../../contract/settings.js';
import { FATE, type Fate } from '../audit/ledger.js';
import type { WorkerAudit } from '../audit/worker-audit.js';
import type { AckGaps } from '../measure/ack-gaps.js';
import type { Clock } from '../../base/clock.js';
import type { ProducerCore } from '../../producer-core/harness.js';
import { LatencyHistogram, toMicros } from '../measure/histogram.js';
import type { PackedHistogram } from '../measure/histogram.js';

/**
 * One worker's transactions of one phase. `begun` = committed + aborted + failed once the phase has
 * ended.
 */
export interface WorkerTransactions {
  readonly begun: number;
  readonly committed: number;
  /** On purpose, by abortRatio. */
  readonly aborted: number;
  /** Ended otherwise than meant: by the abort that an error asks for, or not at all. */
  readonly failed: number;
  /** Acknowledged records of committed transactions, and of those that were aborted or failed. */
  readonly recordsCommitted: number;
  readonly recordsAborted: number;
  /**
   * From the call to its end: flush of what is outstanding, markers asked for, the coordinator's
   * answer.
   */
  readonly commit: PackedHistogram;
  readonly abort: PackedHistogram;
  /**
   * Time spent in ending transactions, and when the last one ended, on the worker's clock; null
   * when none did.
   */
  readonly endingMs: number;
  readonly lastEndedMs: number | null;
}

export type TransactionalProducer = Pick<
  ProducerCore,
  'beginTransaction' | 'commitTransaction' | 'abortTransaction' | 'flush'
>;

export interface TransactionsOptions {
  readonly producer: TransactionalProducer;
  readonly clock: Clock;
  readonly settings: TransactionSettings;
  readonly seed: number;
  /** Records acknowledged so far. */
  readonly acked: () => number;
  /** Told of each end of a transaction: asked for, and answered by the brokers. */
  readonly gaps?: Pick<AckGaps, 'asked' | 'acknowledged'>;
  /** The promise's value, or `stopped` once waiting for it makes no sense any more. */
  /** Told of each transaction's beginning and of what became of it. */
  readonly audit?: Pick<WorkerAudit, 'begin' | 'end'> | null;
  readonly patiently: <T>(promise: Promise<T>) => Promise<T | 'stopped'>;
}

const TWO_32 = 4_294_967_296;

export class Transactions {
  open = false;
  private readonly random: RandomGenerator;
  private readonly commit = new LatencyHistogram();
  private readonly abort = new LatencyHistogram();
  private counts = {
    begun: 0,
    committed: 0,
    aborted: 0,
    failed: 0,
    recordsCommitted: 0,
    recordsAborted: 0,
  };
  private ackedBefore = 0;
  private endingMs = 0;
  private lastEndedMs: number | null = null;

  constructor(private readonly options: TransactionsOptions) {
    this.random = xoroshiro128plus(options.seed);
  }

  /** Records of each transaction but the last of a phase. */
  get records(): number {
    return this.options.settings.records;
  }

  /**
   * Throws a ProducerError where the producer may not begin one: it was fenced, or is broken
   * otherwise.
   */
  begin(): void {
    this.options.producer.beginTransaction();
    this.open = true;
    this.counts.begun += 1;
    this.ackedBefore = this.options.acked();
    this.options.audit?.begin();
  }

  /**
   * Commits or aborts. A transaction that cannot be ended as meant is aborted, and counts as
   * failed; rejects with the cause where that is not possible either, since the producer is then of
   * no more use.
   */
  async end(): Promise<void> {
    const { producer, settings, clock, patiently } = this.options;
    const aborts = (this.random.next() >>> 0) / TWO_32 < settings.abortRatio;
    const startMs = clock.now();
    this.options.gaps?.asked(startMs);
    try {
      // Java's abort fails what was not sent yet. Flushed first, every record is at the brokers, as
      // with a commit.
      if (aborts && (await patiently(producer.flush())) === 'stopped') this.giveUp();
      else if (
        (await patiently(aborts ? producer.abortTransaction() : producer.commitTransaction())) ===
        'stopped'
      )
        this.giveUp();
      else this.ended(aborts, startMs);
    } catch (error) {
      await this.fail(error, startMs);
    }
  }

  /**
   * Ends the open transaction by an abort, because of `cause`, which a record of it or the producer
   * met. Rejects with it, if that fails.
   */
  async fail(cause: unknown, startMs = this.options.clock.now()): Promise<void> {
    const { producer, patiently, acked, clock, audit } = this.options;
    let fate: Fate = FATE.unknown;
    try {
      const outcome = await patiently(producer.abortTransaction());
      if (outcome !== 'stopped') {
        fate = FATE.aborted;
        this.options.gaps?.acknowledged(clock.now(), false);
      }
    } catch {
      throw cause;
    } finally {
      this.open = false;
      audit?.end(fate);
      this.counts.failed += 1;
      this.counts.recordsAborted += acked() - this.ackedBefore;
      this.lastEndedMs = clock.now();
      this.endingMs += this.lastEndedMs - startMs;
    }
  }

  /** Forgets what came before, which must have ended. */
  startMeasuring(): void {
    this.counts = {
      begun: 0,
      committed: 0,
      aborted: 0,
      failed: 0,
      recordsCommitted: 0,
      recordsAborted: 0,
    };
    this.commit.reset();
    this.abort.reset();
    this.endingMs = 0;
    this.lastEndedMs = null;
  }

  pack(): WorkerTransactions {
    const { counts, endingMs, lastEndedMs } = this;
    return {
      ...counts,
      commit: this.commit.pack(),
      abort: this.abort.pack(),
      endingMs,
      lastEndedMs,
    };
  }

  destroy(): void {
    this.commit.destroy();
    this.abort.destroy();
  }

  private ended(aborted: boolean, startMs: number): void {
    const { clock, acked } = this.options;
    const now = clock.now();
    this.options.gaps?.acknowledged(now, false);
    const records = acked() - this.ackedBefore;
    this.open = false;
    this.options.audit?.end(aborted ? FATE.aborted : FATE.committed);
    this.lastEndedMs = now;
    this.endingMs += now - startMs;
    if (aborted) {
      this.counts.aborted += 1;
      this.counts.recordsAborted += records;
      this.abort.record(toMicros(now - startMs), 1);
    } else {
      this.counts.committed += 1;
      this.counts.recordsCommitted += records;
      this.commit.record(toMicros(now - startMs), 1);
    }
  }

  /** The run was stopped and this took too long: the coordinator will abort it by its time-out. */
  private giveUp(): void {
    this.open = false;
    this.options.audit?.end(FATE.unknown);
    this.counts.failed += 1;
    this.counts.recordsAborted += this.options.acked() - this.ackedBefore;
  }
}
