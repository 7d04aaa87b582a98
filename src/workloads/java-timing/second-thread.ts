// A Java application has a thread of its own beside its producer's sender: it goes on looking at
// what is due while the sender closes, compresses and writes. Here one thread does both. This tells
// when that other thread would have looked, so that batches come out as they do there: asked by the
// open loop, in the middle of a drain and after it. Knows nothing of records.
import type { ApplicationThread } from './application-thread.js';
import { FIRST_SEND_MS, SEND_MS } from './constants.js';

export class SecondThread implements ApplicationThread {
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
   * Until when it had the thread, to append what was due or to sleep. What falls due later waits
   * for sockets and compression, which a Java application's thread leaves to the sender's; so
   * linger counts from the due time then. Infinity: it waited for the producer itself.
   */
  private freeMs = Infinity;
  private first = false;

  /**
   * `everyMs`: between two looks; 0: it looks all the time. `lag`: what codecs took longer than
   * Java's would have, up to now, in ms.
   */
  constructor(
    private readonly everyMs: number,
    private readonly lag: () => number,
  ) {}

  /**
   * A sender's own thread does not wait for the application's to wake up: in one half of cases what
   * has lingered long enough goes before what has become due since.
   */
  senderFirst(): boolean {
    return (this.first = !this.first);
  }

  handedOverMs(intendedMs: number, nowMs: number): number {
    return Math.min(nowMs, Math.max(intendedMs, this.freeMs));
  }

  wasFreeUntil(ms: number): void {
    this.freeMs = ms;
  }

  /** The one thread has looked. */
  looked(nowMs: number): void {
    this.lookedMs = nowMs;
    this.nextMs = Infinity;
    this.lagMs = this.lag();
  }

  /** How far Java would be at `nowMs`, since the last look. */
  dueBy(nowMs: number): number {
    return nowMs - (this.lag() - this.lagMs);
  }

  /**
   * In the middle of a drain that began at `sinceMs`: up to when what is due is handed over now;
   * -Infinity if it would be asleep.
   */
  look(sinceMs: number, nowMs: number): number {
    const { everyMs } = this;
    const javaMs = this.dueBy(nowMs);
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
    if (this.nextMs === Infinity || this.freeMs === Infinity) return nowMs;
    const looks = 1 + Math.max(0, Math.floor((this.dueBy(nowMs) - this.nextMs) / everyMs));
    return Math.min(nowMs, this.lookedMs + looks * everyMs);
  }
}
