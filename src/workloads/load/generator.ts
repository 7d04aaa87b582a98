// The hot loop: appends records in bursts of at most about 200 us and lets the sockets in between.
// What closed and open loop share: one record, waiting for buffer.memory, stopping. A phase
// (warm-up, measured part) is one object, used once. Nothing is allocated per record.
import type { Clock } from '../../base/clock.js';
import { Deferred } from '../../base/deferred.js';
import type { ProducerError } from '../../connect/index.js';
import {
  type ProducerCore,
  ProducerStateError,
  type TopicHandle,
} from '../../producer-core/harness.js';
import type { WorkerAudit } from '../audit/worker-audit.js';
import type { SentNotes } from '../consumers/sent-notes.js';
import type { KeySource } from '../keys/keys.js';
import type { PayloadSource } from '../payload/payload.js';
import type { BatchStamps } from '../measure/stamps.js';
import type { Tracker } from '../measure/tracker.js';
import type { Transactions } from './transactions.js';

/** What a phase works with; the same for warm-up and measured part. */
export interface GeneratorContext {
  readonly producer: ProducerCore;
  readonly topic: TopicHandle;
  readonly clock: Clock;
  readonly keys: KeySource;
  readonly payload: PayloadSource;
  readonly tracker: Tracker;
  /** Null: records are sent outside of transactions. */
  readonly transactions: Transactions | null;
  /** Null: nothing is audited. Its payload is `payload` too. */
  readonly audit: WorkerAudit | null;
  /** Closed loop with consumers: when records were sent. */
  readonly sentNotes?: SentNotes;
  /** The shared stop flag: read once a burst. */
  readonly stopped: () => boolean;
}

export interface PhaseOutcome {
  /** Records handed over, those refused by buffer.memory included. */
  readonly sent: number;
  /** Time spent waiting for buffer.memory. */
  readonly blockedMs: number;
  /** When the last record was handed over, on the worker's clock; null when none was. */
  readonly lastSentMs: number | null;
  /** When the phase was over. */
  readonly endedMs: number;
}

/** A burst longer than this would keep acks waiting at the socket. */
export const BURST_MS = 0.2;
/** Records between two looks at the clock: at 0.3 us each about a tenth of a burst. */
export const CLOCK_EVERY = 64;
/** How often a generator that waits looks at the stop flag and its end. */
const WATCH_MS = 50;
/** The partitioner chooses. */
const ANY_PARTITION = -1;

/**
 * `waiting` for its next turn; in a `turn`; `refused` by buffer.memory in a turn that is not over;
 * `blocked` by it; `completing` a transaction, with nothing appended, and then going on; `ending`:
 * over but for a transaction that is being ended; `done`.
 */
type PhaseState = 'waiting' | 'turn' | 'refused' | 'blocked' | 'completing' | 'ending' | 'done';

/** What each state may become; everything else is a fault of this file. */
const NEXT: Readonly<Record<PhaseState, readonly PhaseState[]>> = {
  waiting: ['turn', 'ending', 'done'],
  turn: ['waiting', 'refused', 'completing', 'ending', 'done'],
  refused: ['waiting', 'blocked', 'ending', 'done'],
  blocked: ['waiting', 'ending', 'done'],
  completing: ['waiting', 'ending', 'done'],
  ending: ['done'],
  done: [],
};

export abstract class GeneratorPhase {
  private readonly outcome = new Deferred<PhaseOutcome>();
  private state: PhaseState = 'waiting';
  private sent = 0;
  private burstSent = 0;
  private blockedMs = 0;
  private blockedSinceMs: number | null = null;
  private lastSentMs: number | null = null;
  /** Records of this phase at which the open transaction is full; Infinity where there is none. */
  protected boundary = Infinity;

  constructor(protected readonly context: GeneratorContext) {}

  /** Appends what is to be appended now, then arranges for its next turn: again, block or end. */
  protected abstract burst(): void;
  /** Whether the phase is to end although it waits. */
  protected abstract expired(nowMs: number): boolean;

  /**
   * Sends until the phase's end, its records or the stop flag. Rejects when a record is refused for
   * good (RecordTooLargeError).
   */
  run(): Promise<PhaseOutcome> {
    this.watch();
    this.turn();
    return this.outcome.promise;
  }

  private become(next: PhaseState): void {
    if (!NEXT[this.state].includes(next)) throw new Error(`a phase ${this.state} became ${next}`);
    this.state = next;
  }

  protected readonly turn = (): void => {
    if (this.state !== 'waiting') return;
    if (this.context.stopped()) {
      this.end();
      return;
    }
    this.become('turn');
    try {
      this.burst();
    } catch (error) {
      this.recover(error);
    }
    this.turnOver();
  };

  /** Unless the burst has made something else of it. */
  private turnOver(): void {
    if (this.state === 'turn') this.become('waiting');
    else if (this.state === 'refused') this.become('blocked');
  }

  /**
   * One record into the open batch; returns that batch's stamps with its send time noted, or null
   * when buffer.memory is full. `handedMs`: when a thread with nothing else to do would have handed
   * it over.
   */
  protected appendOne(nowMs: number, epochMs: number, handedMs: number): BatchStamps | null {
    const { producer, topic, keys, payload, tracker, audit } = this.context;
    const value = payload.current;
    const batch = producer.append(topic, ANY_PARTITION, keys.current, value, epochMs, handedMs);
    if (batch === null) return null;
    const valueBytes = value.length;
    if (batch.recordCount === 1) batch.attachment = tracker.stamps.take();
    const stamps = batch.attachment as BatchStamps;
    if (audit !== null) stamps.sequences!.add(audit.payload.sequence, batch.recordCount - 1);
    keys.advance();
    payload.advance();
    stamps.addSent(nowMs);
    stamps.valueBytes += valueBytes;
    this.burstSent += 1;
    return stamps;
  }

  /** Tells the tracker and the sender what the burst has appended. */
  protected closeBurst(nowMs: number): void {
    if (this.tell(nowMs)) this.context.producer.wake();
  }

  /** False where there is nothing to tell. */
  private tell(nowMs: number): boolean {
    if (this.burstSent === 0) return false;
    this.sent += this.burstSent;
    this.context.tracker.addSent(this.burstSent, nowMs);
    this.burstSent = 0;
    this.lastSentMs = nowMs;
    return true;
  }

  /**
   * The producer's hook of the same name: in the middle of a drain, which looks again by itself at
   * what is appended.
   */
  meanwhile(sinceMs: number): void {
    if ((this.state !== 'waiting' && this.state !== 'turn') || this.context.stopped()) return;
    const nowMs = this.context.clock.now();
    try {
      this.appendDue(sinceMs, nowMs);
    } catch {
      // The next turn meets the same refusal, where it can be dealt with.
    }
    this.tell(nowMs);
  }

  /**
   * Appends what a thread of its own would have appended between the two times, one chunk at most.
   */
  protected abstract appendDue(sinceMs: number, nowMs: number): void;

  /** The last append was refused: goes on, from within the call back, as soon as a slot is free. */
  protected block(nowMs: number): void {
    this.closeBurst(nowMs);
    this.blockedSinceMs = nowMs;
    this.become('refused');
    this.context.producer.awaitMemory(this.onMemory);
  }

  /**
   * `upTo`, or as far as the open transaction goes; begins one where there is none. Asked once a
   * chunk.
   */
  protected within(upTo: number): number {
    const { transactions } = this.context;
    if (transactions === null) return upTo;
    if (!transactions.open) {
      transactions.begin();
      this.boundary = this.count + transactions.records;
    }
    return Math.min(upTo, this.boundary);
  }

  /** Ends the open transaction, then goes on. Due times pass meanwhile and stay as they are. */
  protected complete(nowMs: number): void {
    this.closeBurst(nowMs);
    this.resumeAfter(this.context.transactions!.end());
  }

  protected again(): void {
    this.context.clock.soon(this.turn);
  }

  protected end(): void {
    if (this.over) return;
    const completing = this.state === 'completing';
    this.become('ending');
    const now = this.context.clock.now();
    this.closeBurst(now);
    this.unblock(now);
    if (completing) return;
    if (this.context.transactions?.open === true) this.complete(now);
    else this.finish();
  }

  /** Nothing more is appended. */
  private get over(): boolean {
    return this.state === 'ending' || this.state === 'done';
  }

  private finish(): void {
    this.become('done');
    const { sent, blockedMs, lastSentMs } = this;
    this.outcome.resolve({ sent, blockedMs, lastSentMs, endedMs: this.context.clock.now() });
  }

  /** Records of this phase so far, the burst under way included. */
  protected get count(): number {
    return this.sent + this.burstSent;
  }

  private readonly onMemory = (error: ProducerError | null): void => {
    // A call back may come after the end: the phase gave up while it waited.
    if (this.over) return;
    const now = this.context.clock.now();
    this.unblock(now);
    if (error !== null) this.refuse(error, now);
    const inTurn = this.state === 'refused';
    this.become('waiting');
    if (inTurn) this.again();
    else this.turn();
  };

  /**
   * The producer never took this record (max.block.ms): it has failed, and the next one is tried.
   */
  private refuse(error: ProducerError, nowMs: number): void {
    this.sent += 1;
    this.lastSentMs = nowMs;
    this.context.tracker.refuse(error, nowMs);
    this.context.audit?.refuse();
    this.context.keys.advance();
    this.context.payload.advance();
  }

  private resumeAfter(ended: Promise<void>): void {
    if (this.state !== 'ending') this.become('completing');
    this.boundary = Infinity;
    ended.then(this.onEnded, (error: unknown) => this.crash(error));
  }

  private readonly onEnded = (): void => {
    if (this.state === 'ending') {
      this.finish();
      return;
    }
    this.become('waiting');
    this.turn();
  };

  /**
   * An append was refused. In a transaction that an abort can mend, the record is tried again in
   * the next one.
   */
  private recover(error: unknown): void {
    const { transactions, clock } = this.context;
    const mendable =
      error instanceof ProducerStateError && error.abortable && transactions?.open === true;
    if (!mendable) {
      this.crash(error);
      return;
    }
    this.closeBurst(clock.now());
    this.resumeAfter(transactions.fail(error));
  }

  private crash(error: unknown): void {
    if (this.state === 'done') return;
    this.become('done');
    this.outcome.reject(error);
  }

  private unblock(nowMs: number): void {
    if (this.blockedSinceMs === null) return;
    this.blockedMs += nowMs - this.blockedSinceMs;
    this.blockedSinceMs = null;
  }

  /**
   * A turn may be far off (memory, a distant due time): someone must look at the stop flag and the
   * end meanwhile.
   */
  private watch(): void {
    if (this.state === 'done') return;
    if (this.context.stopped() || this.expired(this.context.clock.now())) {
      this.end();
      return;
    }
    this.context.clock.schedule(WATCH_MS, () => this.watch());
  }
}
