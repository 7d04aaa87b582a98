// What one consumer of the whole log measures: end-to-end times, intervals, lag, a backlog's end.
// Told by a log tail, or of a group by its driver. All times on the clock that threads share. Hot:
// `record` is called for each record.
import type { ConsumerInterval } from '../../contract/consumers.js';
import type { WorkerShare } from '../../contract/run-spec.js';
import { INTERVAL_MS } from '../measure/tracker.js';
import type { StampReader } from '../audit/stamp.js';
import type { Backlog, MeteredStream, Pause } from './consumer.js';
import { EndToEnd } from './end-to-end.js';
import type { OriginTimes } from './origin-times.js';
import { PartitionLags } from './partition-lags.js';

/** Shorter pauses are told only where they are the longest so far. */
const PAUSE_MS = 20;
/** Of one run; the shortest go first. */
export const MOST_PAUSES = 1000;

interface Mark {
  readonly atMs: number;
  readonly received: number;
}

export class StreamMeter {
  private readonly endToEnd: EndToEnd;
  private readonly lags: PartitionLags;
  private readonly intervals: ConsumerInterval[] = [];
  /** Of the answer at hand, and of the last one with something in it. */
  private receivedMs = 0;
  private movedMs = 0;
  /** When reading began behind a backlog, and when that was read. */
  private begun: (Mark & { readonly backlog: number }) | null = null;
  private caughtUp: Mark | null = null;
  private readonly pauses: Pause[] = [];
  private longestPauseMs = 0;
  private gone = 0;
  private unreadable = 0;

  /** `run`: what all stamps carry; `from`: where reading begins, by partition. */
  constructor(
    run: number,
    share: WorkerShare,
    private readonly origins: OriginTimes,
    from: readonly number[],
  ) {
    this.endToEnd = new EndToEnd(run, share, origins);
    this.lags = new PartitionLags(from);
  }

  /** When something was received last; 0 before. */
  get lastReceivedMs(): number {
    return this.movedMs;
  }

  /** Records of this partition follow, all of them received at this time. */
  answer(partition: number, receivedMs: number, end: number): void {
    this.endIntervals(receivedMs);
    this.receivedMs = receivedMs;
    this.lags.ended(partition, end);
  }

  /** The record whose stamp was read, of the answer at hand. */
  record(stamp: StampReader): void {
    this.endToEnd.record(stamp.run, stamp.worker, stamp.sequence, this.receivedMs);
  }

  recordForeign(): void {
    this.endToEnd.recordForeign();
  }

  /** Where the partition is read on. */
  reached(partition: number, next: number): void {
    if (this.lags.reached(partition, next)) this.moved();
    if (this.begun === null || this.caughtUp !== null || !this.lags.isCaughtUp) return;
    this.caughtUp = { atMs: this.receivedMs, received: this.received };
  }

  isGone(offsets: number): void {
    this.gone += offsets;
  }

  isUnreadable(offsets: number): void {
    this.unreadable += offsets;
  }

  /** Where the log ends, as somebody else has looked up. */
  endsAt(ends: readonly number[]): void {
    ends.forEach((end, partition) => this.lags.ended(partition, end));
  }

  /** Reading begins now, behind a backlog. */
  beginBehind(ends: readonly number[], nowMs: number): void {
    this.endsAt(ends);
    this.lags.watchCatchUp();
    this.begun = { atMs: nowMs, received: this.received, backlog: this.behind(ends) };
  }

  behind(ends: readonly number[]): number {
    return this.lags.behind(ends);
  }

  /** Ends the intervals that are over. */
  endIntervals(nowMs: number): void {
    const startMs = this.origins.start();
    if (startMs === null) return;
    while (nowMs - startMs >= this.endedMs + INTERVAL_MS) this.endInterval(INTERVAL_MS);
  }

  /** The last, shorter interval ends. */
  finish(startMs: number, nowMs: number): MeteredStream {
    this.endIntervals(nowMs);
    const restMs = nowMs - startMs - this.endedMs;
    if (restMs > 0) this.endInterval(restMs);
    const { gone, unreadable, intervals, pauses } = this;
    const counts = this.endToEnd.counts();
    return {
      ...{ endToEnd: this.endToEnd.pack(), counts, gone, unreadable, intervals, pauses },
      backlog: this.backlog(startMs),
    };
  }

  destroy(): void {
    this.endToEnd.destroy();
  }

  /** The pause under way never ended, and there was something to receive: it lasted until then. */
  pausedUntil(atMs: number): void {
    const startMs = this.origins.start();
    const sinceMs = Math.max(this.movedMs, startMs ?? Infinity);
    const forMs = atMs - sinceMs;
    if (startMs !== null && forMs > Math.min(PAUSE_MS, this.longestPauseMs))
      this.keepPause({ atMs: sinceMs - startMs, forMs });
  }

  private moved(): void {
    this.pausedUntil(this.receivedMs);
    this.movedMs = this.receivedMs;
  }

  private keepPause(pause: Pause): void {
    this.longestPauseMs = Math.max(this.longestPauseMs, pause.forMs);
    this.pauses.push(pause);
    if (this.pauses.length <= MOST_PAUSES) return;
    const shortest = Math.min(...this.pauses.map(({ forMs }) => forMs));
    this.pauses.splice(
      this.pauses.findIndex(({ forMs }) => forMs === shortest),
      1,
    );
  }

  /** Whoever sent them: a backlog holds those of all. */
  private get received(): number {
    const { kept, untimed, elsewhere } = this.endToEnd.counts();
    return kept + untimed + elsewhere;
  }

  private get endedMs(): number {
    return this.intervals.length * INTERVAL_MS;
  }

  private endInterval(durationMs: number): void {
    const { told, total } = this.lags;
    this.intervals.push({
      ...{ atMs: this.endedMs, durationMs },
      ...this.endToEnd.endInterval(),
      lag: total,
      ...(told === undefined ? {} : { partitionLags: told }),
    });
  }

  private backlog(startMs: number): Backlog | null {
    const { begun, caughtUp } = this;
    if (begun === null) return null;
    const startedAtMs = begun.atMs - startMs;
    if (caughtUp === null)
      return { startedAtMs, records: begun.backlog, caughtUpAtMs: null, recordsPerSecond: null };
    const tookMs = Math.max(1, caughtUp.atMs - begun.atMs);
    return {
      ...{ startedAtMs, records: begun.backlog, caughtUpAtMs: caughtUp.atMs - startMs },
      recordsPerSecond: ((caughtUp.received - begun.received) * 1000) / tookMs,
    };
  }
}
