// What the event loop of a worker may have added to the time of an answer. At random times the
// coordinating thread posts a probe, a reading of the common clock, to each worker; it takes the
// way of an answer's bytes, through epoll and the loop, and the worker records how old it is. The
// gaps are exponential, so that the probes see what an arrival at any moment sees. LoopLag stays
// beside it: its grid misses no block, but its timer tells nothing below a millisecond.
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { commonNow } from '../threads/barrier.js';
import type { SharedState } from '../threads/shared-state.js';
import { LatencyHistogram, toMicros, type PackedHistogram } from './histogram.js';

const MEAN_GAP_MS = 20;

/** The coordinating thread's end: posts while workers measure, from its making until `stop`. */
export class AckProbes {
  private readonly channels: readonly MessageChannel[];
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly state: SharedState) {
    this.channels = Array.from({ length: state.workers }, () => new MessageChannel());
    this.arm();
  }

  /** What the worker listens at; to be transferred to its thread. */
  portOf(worker: number): MessagePort {
    return this.channels[worker].port2;
  }

  stop(): void {
    clearTimeout(this.timer);
    for (const { port1 } of this.channels) port1.close();
  }

  private arm(): void {
    // Whole milliseconds, as timers are. What a pass of the loop takes moves them against the
    // worker's own, so that the two do not keep in step.
    this.timer = setTimeout(
      () => {
        this.post();
        this.arm();
      },
      -MEAN_GAP_MS * Math.log(1 - Math.random()),
    );
    this.timer.unref();
  }

  private post(): void {
    for (const [worker, { port1 }] of this.channels.entries()) {
      const phase = this.state.phaseOf(worker);
      if (phase === 'measuring' || phase === 'draining') port1.postMessage(commonNow());
    }
  }
}

/** The worker's end: listens from its making until `stop`, and keeps no thread alive. */
export class AckDelay {
  private readonly histogram = new LatencyHistogram();

  constructor(private readonly port: MessagePort) {
    port.on('message', (postedMs: number) => {
      this.histogram.record(toMicros(commonNow() - postedMs), 1);
    });
    port.unref();
  }

  stop(): PackedHistogram {
    this.port.close();
    this.port.removeAllListeners('message');
    const packed = this.histogram.pack();
    this.histogram.destroy();
    return packed;
  }
}
