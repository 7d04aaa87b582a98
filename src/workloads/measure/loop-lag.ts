// How long the event loop kept its sockets waiting, which is how late an ack may have been timed.
// perf_hooks.monitorEventLoopDelay takes one sample of a long block however long it is; here the
// samples lie on a fixed grid, and a block that covers many of its points counts at each of them,
// with what was left of it: the lag that something arriving at a random moment meets.
import { LatencyHistogram, toMicros } from './histogram.js';
import type { PackedHistogram } from './histogram.js';

const GRID_MS = 10;
/**
 * Node's timers fire up to this late with nothing wrong, as they count whole milliseconds: taken
 * off every sample.
 */
const TIMER_GRAIN_MS = 1.2;

export class LoopLag {
  private readonly histogram = new LatencyHistogram();
  private timer: NodeJS.Timeout | null = null;
  private nextMs = 0;
  /** How often its timer has woken the thread up. */
  looks = 0;

  start(): void {
    this.nextMs = performance.now() + GRID_MS;
    this.arm();
  }

  /** Ends the sampling; a block that lasts until now is counted. */
  stop(): PackedHistogram {
    this.sample();
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    const packed = this.histogram.pack();
    this.histogram.destroy();
    return packed;
  }

  /** Counts every grid point that has passed. */
  private sample(): void {
    const now = performance.now();
    for (; this.nextMs <= now; this.nextMs += GRID_MS) {
      this.histogram.record(toMicros(now - this.nextMs - TIMER_GRAIN_MS), 1);
    }
  }

  private arm(): void {
    const delayMs = Math.max(1, Math.ceil(this.nextMs - performance.now()));
    this.timer = setTimeout(() => {
      this.looks += 1;
      this.sample();
      this.arm();
    }, delayMs);
    this.timer.unref();
  }
}
