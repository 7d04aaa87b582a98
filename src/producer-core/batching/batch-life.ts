// The life of a batch: where it belongs, its attempts and their answers, who waits for its outcome,
// and until when its memory is pinned. RecordBatch is this and the bytes; told of each step by the
// accumulator (queues), the sender (attempts) and the settlement (outcome). Must never let go of
// memory that the kernel may still read or an answer still concern.
import type { BatchView, RefusedRecord } from './batch-view.js';
import type { ProducerError } from '../errors.js';
import type { TrackedRecord } from './tracked-records.js';

/** What a batch knows of its topic. */
export interface BatchTopic {
  readonly name: string;
  readonly nameBytes: Buffer;
  /** 16 bytes, or null where the cluster has no topic ids. */
  readonly id: Buffer | null;
  /** Of compressed to raw bytes, as its batches had it so far; NaN before the first. */
  readonly compressionRatio: number;
  expectRatio(compressionRatio: number): void;
}

/** What a batch knows of its partition. */
export interface BatchPartition {
  readonly topic: BatchTopic;
  readonly index: number;
  /** `topic-index`, for messages. */
  readonly name: string;
}

/** What all parts of one batch share, however often they are split again. */
export class SplitFamily {
  /** Parts without an outcome. */
  pending = 1;

  grow(parts: number): void {
    this.pending += parts;
  }

  settle(): void {
    this.pending--;
  }
}

/** `Batch`: what it is linked with, the class that extends this one. */
export abstract class BatchLife<Partition extends BatchPartition, Batch> implements BatchView {
  recordCount = 0;
  attachment: unknown = null;
  /** Records whose own outcome somebody waits for, see tracked-records.ts. */
  tracked: TrackedRecord[] | null = null;
  baseOffset = -1;
  /**
   * When the broker appended it, in ms since 1970, if the topic has LogAppendTime; else -1. NaN
   * before an answer.
   */
  logAppendTimeMs = NaN;

  refusedRecords: readonly RefusedRecord[] | null = null;

  mayBeStored = false;

  /**
   * Clock times in ms: creation (delivery.timeout.ms counts from it) and last attempt or
   * re-queueing (linger, backoff).
   */
  createdMs = NaN;
  lastAttemptMs = NaN;
  attempts = 0;
  /** Why its first attempt that failed did, where it is sent again; null before. */
  firstFailure: ProducerError | null = null;
  /** How long a retry waits, drawn when it was queued again. */
  backoffMs = 0;
  /** Flush generation it was made in, see flush-generations.ts. */
  generation = 0;
  /**
   * Leader epoch that the next attempt is meant for, and at which attempt it last changed: a new
   * leader needs no backoff.
   */
  leaderEpoch = -1;
  attemptsWhenLeaderChanged = 0;

  /**
   * Id of its topic when it was last sent: the answer names that one, though the topic may have
   * been made anew since.
   */
  topicId: Buffer | null = null;

  /** Its outcome was told; only the slot may still be waiting. */
  done = false;
  /** A socket write of this slot has not ended. */
  writing = false;
  /** A request with it is outstanding on a live connection. */
  awaitingAnswer = false;
  /** The slot went back to the pool. */
  released = false;

  /**
   * From the last answer that says UNKNOWN_PRODUCER_ID: where the broker's log starts. NaN: not
   * told.
   */
  logStartOffset = NaN;

  next: Batch | null = null;
  previous: Batch | null = null;
  /** Its number among the batches that were given a sequence in this partition. */
  sequenceOrder = 0;
  /** Neighbours in its partition's order of sequences, see transactions/sequences.ts. */
  nextSequenced: Batch | null = null;
  previousSequenced: Batch | null = null;
  sequenced = false;

  /** What came of splitting one batch, see batch-split.ts; null unless it is a part. */
  family: SplitFamily | null = null;
  firstRecordIndex = 0;

  constructor(public partitionState: Partition) {}

  /** A new life of the object, in the same memory. */
  protected begin(partition: Partition, nowMs: number): void {
    this.partitionState = partition;
    this.recordCount = 0;
    this.attachment = null;
    this.tracked = null;
    this.baseOffset = -1;
    this.logAppendTimeMs = NaN;
    this.refusedRecords = null;
    this.mayBeStored = false;
    this.family = null;
    this.firstRecordIndex = 0;
    this.createdMs = nowMs;
    this.lastAttemptMs = nowMs;
    this.attempts = 0;
    this.firstFailure = null;
    this.leaderEpoch = -1;
    this.attemptsWhenLeaderChanged = 0;
    this.done = false;
    this.writing = false;
    this.awaitingAnswer = false;
    this.released = false;
  }

  get topic(): string {
    return this.partitionState.topic.name;
  }

  get partition(): number {
    return this.partitionState.index;
  }

  /**
   * Nothing else that came of the same batch is left without an outcome: always true, unless it was
   * split.
   */
  get lastPart(): boolean {
    return this.family === null || this.family.pending === 0;
  }

  /**
   * The memory may be reused: the outcome is told, no write is under way, and no answer can come
   * (KAFKA-19012, CVE-2026-35554).
   */
  get releasable(): boolean {
    return this.done && !this.writing && !this.awaitingAnswer;
  }

  /** The flush generation that it was made in. */
  belongTo(generation: number): void {
    this.generation = generation;
  }

  /** The first attempt is meant for this leader epoch. */
  aimAt(leaderEpoch: number): void {
    this.leaderEpoch = leaderEpoch;
  }

  /**
   * Milliseconds that it still has to wait as a retry, `waitedMs` after its last attempt; a leader
   * elected since needs no wait. `leaderEpoch`: its partition's.
   */
  backingOffMs(leaderEpoch: number, waitedMs: number): number {
    if (this.attempts === 0) return 0;
    if (leaderEpoch > this.leaderEpoch) {
      this.leaderEpoch = leaderEpoch;
      this.attemptsWhenLeaderChanged = this.attempts;
    }
    if (this.attemptsWhenLeaderChanged === this.attempts) return 0;
    return Math.max(0, this.backoffMs - waitedMs);
  }

  /** It goes to the socket, and an answer is awaited. */
  leave(): void {
    this.topicId = this.partitionState.topic.id;
    this.awaitingAnswer = true;
    this.writing = true;
  }

  /** No socket write of it is under way any more. */
  endWrite(): void {
    this.writing = false;
  }

  /** Its answer came, or none can come any more. */
  endAwait(): void {
    this.awaitingAnswer = false;
  }

  noteAppendTime(logAppendTimeMs: number): void {
    this.logAppendTimeMs = logAppendTimeMs;
  }

  noteLogStart(offset: number): void {
    this.logStartOffset = offset;
  }

  noteRefused(records: readonly RefusedRecord[] | null): void {
    this.refusedRecords = records;
  }

  /** `offset` -1 where it is not known. */
  acknowledge(offset: number): void {
    this.baseOffset = offset;
  }

  /** An attempt ended without an answer that says for sure that it was not stored. */
  noteDoubt(): void {
    this.mayBeStored = true;
  }

  /** An attempt failed, and it is sent again. */
  noteFailure(error: ProducerError): void {
    this.firstFailure ??= error;
  }

  /** It is queued again, to be sent after `backoffMs`. */
  retry(nowMs: number, backoffMs: number): void {
    this.attempts++;
    this.refusedRecords = null; // of the attempt before
    this.lastAttemptMs = nowMs;
    this.backoffMs = backoffMs;
  }

  /** Its outcome is about to be told. */
  finish(): void {
    this.done = true;
    if (this.family !== null) this.family.settle();
  }

  /** Its outcome was told: the caller's object is the caller's again. */
  dropAttachment(): void {
    this.attachment = null;
  }

  /** Parts came in its place, which tell all that there is to tell. */
  giveWay(): void {
    this.done = true;
    this.attachment = null;
    this.tracked = null;
  }

  /** Part of a batch that is split: it covers its records from `index` on. */
  continueFrom(large: BatchLife<Partition, Batch>, family: SplitFamily, index: number): void {
    this.family = family;
    this.mayBeStored = large.mayBeStored;
    this.attachment = large.attachment;
    this.firstRecordIndex = large.firstRecordIndex + index;
    if (large.tracked === null) return;
    const from = this.firstRecordIndex;
    const to = from + this.recordCount;
    const tracked = large.tracked.filter((record) => record.index >= from && record.index < to);
    if (tracked.length > 0) this.tracked = tracked;
  }

  /** One of its records has somebody who waits for its own outcome. */
  track(record: TrackedRecord): void {
    if (this.tracked === null) this.tracked = [record];
    else this.tracked.push(record);
  }

  dropTracked(): void {
    this.tracked = null;
  }
}
