// What the generator's own machine did during the measured part: CPU, event-loop lag, garbage
// collection, memory, clocks. Read at its two ends and by timer, never per record. The verdict
// tells from it whether the figures are Kafka's or the client's.
import { PerformanceObserver, performance } from 'node:perf_hooks';
import type { MessagePort } from 'node:worker_threads';
import { AckDelay } from './ack-delay.js';
import type { PackedHistogram } from './histogram.js';
import { LoopLag } from './loop-lag.js';
import { threadCpu } from './thread-cpu.js';

export interface GcPauses {
  readonly count: number;
  readonly totalMs: number;
  readonly maxMs: number;
}

/** One worker's health over its measured part. */
export interface Health {
  readonly spanMs: number;
  /** CPU of this thread in ms, or null where the platform does not tell. */
  readonly threadCpuMs: number | null;
  /**
   * Time in which this thread was ready but another had its core; null where the platform does not
   * tell.
   */
  readonly runQueueMs: number | null;
  /**
   * Share of the span in which the event loop was not idle, 0 to 1 (Atomics.wait counts as not
   * idle).
   */
  readonly loopUtilisation: number;
  /** User + system time of the whole process in ms. */
  readonly processCpuMs: number;
  readonly lag: PackedHistogram;
  /** How often the lag's timer has woken the thread up. */
  readonly lagLooks: number;
  /** How old the coordinating thread's probes were; absent where none are posted. */
  readonly ackDelay?: PackedHistogram;
  readonly gc: GcPauses;
  /** Peak resident set of the process so far. */
  readonly rssMiB: number;
  /** How far the wall clock moved against the monotonic one; positive when it jumped ahead. */
  readonly clockJumpMs: number;
}

function processCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e3;
}

/** Watches from its making until `stop`. */
export class HealthMonitor {
  private readonly lag = new LoopLag();
  private readonly startMs = performance.now();
  private readonly wallMinusMonotonic = Date.now() - performance.now();
  private readonly thread = threadCpu();
  private readonly processCpu = processCpuMs();
  private readonly loop = performance.eventLoopUtilization();
  private readonly observer: PerformanceObserver;
  private readonly ackDelay: AckDelay | null;
  private gc = { count: 0, totalMs: 0, maxMs: 0 };

  constructor(probes?: MessagePort) {
    this.ackDelay = probes === undefined ? null : new AckDelay(probes);
    this.observer = new PerformanceObserver((list) => this.countGc(list.getEntries()));
    this.observer.observe({ entryTypes: ['gc'] });
    this.lag.start();
  }

  stop(): Health {
    this.countGc(this.observer.takeRecords());
    this.observer.disconnect();
    const thread = threadCpu();
    const before = this.thread;
    return {
      spanMs: performance.now() - this.startMs,
      threadCpuMs: thread === null || before === null ? null : thread.cpuMs - before.cpuMs,
      runQueueMs:
        thread?.runQueueMs == null || before?.runQueueMs == null
          ? null
          : thread.runQueueMs - before.runQueueMs,
      loopUtilisation: performance.eventLoopUtilization(this.loop).utilization,
      processCpuMs: processCpuMs() - this.processCpu,
      lag: this.lag.stop(),
      lagLooks: this.lag.looks,
      ...(this.ackDelay === null ? {} : { ackDelay: this.ackDelay.stop() }),
      gc: this.gc,
      rssMiB: process.resourceUsage().maxRSS / 1024,
      clockJumpMs: Date.now() - performance.now() - this.wallMinusMonotonic,
    };
  }

  private countGc(
    entries: readonly { readonly startTime: number; readonly duration: number }[],
  ): void {
    for (const { startTime, duration } of entries) {
      // Entries come late: one of the warm-up may still be under way to here.
      if (startTime < this.startMs) continue;
      this.gc.count += 1;
      this.gc.totalMs += duration;
      this.gc.maxMs = Math.max(this.gc.maxMs, duration);
    }
  }
}
