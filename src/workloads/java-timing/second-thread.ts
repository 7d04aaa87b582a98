// A Java application has a thread of its own beside its producer's sender: it goes on looking at
// what is due while the sender closes, compresses and writes. Here one thread does both. This tells
// when that other thread would have looked, so that batches come out as they do there: asked by the
// open loop, in the middle of a drain and after it. Knows nothing of records.

/**
 * What a record's send() takes in Java: a look in the middle of which the sender comes by has
 * handed over a part of what was due. The first opens a batch and wakes the sender with a system
 * call: batches of a single record are four to five times as frequent there as of two or three.
 */
const SEND_MS = 0.0008;
const FIRST_SEND_MS = 0.004;

export class SecondThread {
  /** Records that the look under way had time to hand over. */
  most = Infinity;
  private lookedMs = 0;
  /**
   * Its next look, on the clock less what our codecs took longer than Java's since `lookedMs`;
   * Infinity while no drain was under way since.
   */
  private nextMs = Infinity;
  private lagMs = 0;

  /**
   * `everyMs`: between two looks; 0: it looks all the time. `lag`: what codecs took longer than
   * Java's would have, up to now, in ms.
   */
  constructor(
    private readonly everyMs: number,
    private readonly lag: () => number,
  ) {}

  /** The one thread has looked. */
  looked(nowMs: number): void {
    this.lookedMs = nowMs;
    this.nextMs = Infinity;
    this.lagMs = this.lag();
  }

  /** How far Java would be at `nowMs`, since the last look. */
  javaMs(nowMs: number): number {
    return nowMs - (this.lag() - this.lagMs);
  }

  /**
   * In the middle of a drain that began at `sinceMs`: up to when what is due is handed over now;
   * -Infinity if it would be asleep.
   */
  look(sinceMs: number, nowMs: number): number {
    const { everyMs } = this;
    const javaMs = this.javaMs(nowMs);
    if (everyMs === 0) return javaMs;
    // This thread sees an answer only when its sleep is over, a sender's own at any time of the
    // application's: chance decides.
    if (this.nextMs === Infinity) this.nextMs = sinceMs + everyMs - (sinceMs % everyMs);
    if (javaMs < this.nextMs) return -Infinity;
    const looks = 1 + Math.floor((javaMs - this.nextMs) / everyMs);
    this.nextMs += looks * everyMs;
    this.most =
      1 + Math.max(0, Math.ceil((javaMs - this.nextMs + everyMs - FIRST_SEND_MS) / SEND_MS));
    return (this.lookedMs = Math.min(javaMs, this.lookedMs + looks * everyMs));
  }

  /**
   * After a drain: up to when it would have handed over what is due by the time that the sender
   * could send again, with one more look at least.
   */
  caughtUp(nowMs: number): number {
    const { everyMs } = this;
    if (this.nextMs === Infinity) return nowMs;
    const looks = 1 + Math.max(0, Math.floor((this.javaMs(nowMs) - this.nextMs) / everyMs));
    return Math.min(nowMs, this.lookedMs + looks * everyMs);
  }
}
