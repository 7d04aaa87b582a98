// What the open loop asks of the application's thread that it stands for: when that thread looks at
// what is due, and when it hands a record over. Two answers: a thread beside the sender's, as
// Java's producer has it (second-thread.ts), and none: what one thread does by itself
// (plain-thread.ts).

export interface ApplicationThread {
  /** Whether the producer's sender goes before what has become due. Asked once a burst. */
  senderFirst(): boolean;
  /**
   * Before a burst: up to when it had handed over what was due while the last drain was under way;
   * `nowMs` where nothing is missing.
   */
  caughtUp(nowMs: number): number;
  /** The loop has looked at what is due. */
  looked(nowMs: number): void;
  /** Up to when records are due for it, in the middle of a burst. */
  dueBy(nowMs: number): number;
  /** When a record of `intendedMs`, appended at `nowMs`, was handed over: linger.ms counts. */
  handedOverMs(intendedMs: number, nowMs: number): number;
  /** It had time until then; Infinity: it waited for the producer itself. */
  wasFreeUntil(ms: number): void;
  /**
   * In the middle of a drain that began at `sinceMs`: up to when what is due is handed over now;
   * -Infinity if nothing is.
   */
  look(sinceMs: number, nowMs: number): number;
  /** Records that the look under way had time to hand over. */
  readonly most: number;
}
