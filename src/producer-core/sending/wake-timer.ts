// When the sender passes next: now, "soon" (after the sockets had their turn), or by one timer at
// the earliest moment at which something falls due. Made before the sender and given to whoever has
// something for it to do. Must leave nothing behind once stopped.
import type { Clock, TimerHandle } from '../../base/clock.js';

export class WakeTimer {
  private timer: TimerHandle | null = null;
  private atMs = Infinity;
  /**
   * What the last look asked for; the timer itself may stand earlier, and fires up to a millisecond
   * or two late.
   */
  private wantedMs = Infinity;
  private soonPending = false;
  private stopped = false;

  constructor(
    private readonly clock: Clock,
    private readonly wake: () => void,
  ) {}

  /**
   * Wakes at this clock time or before. A timer set for earlier stays: it costs one idle look, a
   * new timer costs more.
   */
  at(atMs: number): void {
    this.wantedMs = atMs;
    if (atMs >= this.atMs || this.stopped) return;
    this.timer?.cancel();
    this.timer = null;
    this.atMs = atMs;
    if (atMs === Infinity) return;
    this.timer = this.clock.schedule(atMs - this.clock.now(), () => {
      this.timer = null;
      this.atMs = Infinity;
      this.wake();
    });
  }

  /**
   * The time asked for has come, whether the timer has noticed or not: Node's timers are coarser
   * than Java's poll, so that a burst of appends asks as well.
   */
  get overdue(): boolean {
    return this.wantedMs <= this.clock.now();
  }

  /** At once, or soon after where that is not possible. */
  now(): void {
    this.wake();
  }

  soon(): void {
    if (this.soonPending || this.stopped) return;
    this.soonPending = true;
    this.clock.soon(() => {
      this.soonPending = false;
      this.wake();
    });
  }

  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
  }
}
