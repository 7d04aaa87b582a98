// One worker's times without an acknowledgement, kept for the run's continuity. Told once a burst
// of sends and once a batch's outcome; compares numbers and must allocate nothing in steady state.
// Exact down to a floor that rises only when there are more gaps than are kept.

/** Gaps shorter than this are not looked at. */
const FIRST_FLOOR_MS = 1;
const MOST_GAPS = 4096;
const FIRST_GAPS = 64;

/** Of one worker, in ms from the measured start; plain data that can be cloned. */
export interface PackedGaps {
  /** Triples in order of time: the acknowledgement before (or the start), since when something was
   * waited for (Infinity: nothing was), the acknowledgement after (Infinity: none came). */
  readonly gaps: Float64Array;
  /** Shorter gaps are not among them. */
  readonly floorMs: number;
  /** When watching ended. */
  readonly endMs: number;
  /** Time in which something was waited for, and the acknowledgements that ended a gap. */
  readonly waitedMs: number;
  readonly acks: number;
  /** The longest that one batch waited for its outcome from its first record on, and since when. */
  readonly longestWaitMs: number;
  readonly longestWaitAtMs: number;
}

const WIDTH = 3;

export class AckGaps {
  private gaps = new Float64Array(FIRST_GAPS * WIDTH);
  private count = 0;
  private floorMs: number;
  private startMs = -Infinity;
  private lastAckMs = -Infinity;
  /** Since when something is owed that no acknowledgement has followed; Infinity: nothing is. */
  private waitingSinceMs = Infinity;
  private waitedMs = -0;
  private acks = 0;
  private longestWaitMs = -0;
  private longestWaitAtMs = -0;

  constructor(private readonly firstFloorMs = FIRST_FLOOR_MS) {
    this.floorMs = firstFloorMs;
  }

  /** Forgets what came before. */
  start(startMs: number): void {
    this.count = 0;
    this.floorMs = this.firstFloorMs;
    this.startMs = this.lastAckMs = startMs;
    this.waitingSinceMs = Infinity;
    this.waitedMs = -0;
    this.acks = 0;
    this.longestWaitMs = -0;
    this.longestWaitAtMs = startMs;
  }

  /** Something was handed over: records, or the end of a transaction. */
  asked(nowMs: number): void {
    if (this.waitingSinceMs === Infinity) this.waitingSinceMs = nowMs;
  }

  /** The brokers acknowledged something. A failure is no acknowledgement: the gap goes on. */
  acknowledged(nowMs: number, moreOutstanding: boolean): void {
    if (nowMs - this.lastAckMs >= this.floorMs) this.end(nowMs);
    this.lastAckMs = nowMs;
    this.waitingSinceMs = moreOutstanding ? nowMs : Infinity;
  }

  /** A batch whose first record was handed over at `sentMs` has its outcome, whatever it is. */
  settled(sentMs: number, nowMs: number): void {
    if (nowMs - sentMs <= this.longestWaitMs) return;
    this.longestWaitMs = nowMs - sentMs;
    this.longestWaitAtMs = sentMs;
  }

  pack(endMs: number): PackedGaps {
    const { startMs } = this;
    const waits = this.waitingSinceMs < Infinity;
    this.keep(this.lastAckMs, this.waitingSinceMs, Infinity);
    return {
      gaps: this.gaps.slice(0, this.count * WIDTH).map((ms) => ms - startMs),
      floorMs: this.floorMs,
      endMs: endMs - startMs,
      waitedMs: this.waitedMs + (waits ? endMs - this.waitingSinceMs : 0),
      acks: this.acks,
      longestWaitMs: this.longestWaitMs,
      longestWaitAtMs: this.longestWaitAtMs - startMs,
    };
  }

  private end(nowMs: number): void {
    this.acks++;
    this.waitedMs += nowMs - Math.min(nowMs, this.waitingSinceMs);
    this.keep(this.lastAckMs, this.waitingSinceMs, nowMs);
  }

  private keep(fromMs: number, sinceMs: number, toMs: number): void {
    if (this.count === MOST_GAPS) this.raiseFloor();
    if (toMs - fromMs < this.floorMs) return;
    if (this.gaps.length === this.count * WIDTH) {
      const more = new Float64Array(this.gaps.length * 2);
      more.set(this.gaps);
      this.gaps = more;
    }
    this.gaps[this.count * WIDTH] = fromMs;
    this.gaps[this.count * WIDTH + 1] = sinceMs;
    this.gaps[this.count * WIDTH + 2] = toMs;
    this.count++;
  }

  /** Until at least half of the room is free. */
  private raiseFloor(): void {
    const { gaps } = this;
    while (this.count > MOST_GAPS / 2) {
      this.floorMs *= 2;
      let kept = 0;
      for (let at = 0; at < this.count * WIDTH; at += WIDTH) {
        if (gaps[at + 2] - gaps[at] < this.floorMs) continue;
        gaps.copyWithin(kept * WIDTH, at, at + WIDTH);
        kept++;
      }
      this.count = kept;
    }
  }
}
