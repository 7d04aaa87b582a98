// Turns an answered batch's stamps into latencies. Open loop: response = ack - intended, service =
// ack - send, delay = send - intended, each in a histogram of its own, since response cannot be
// rebuilt from the other two. Closed loop: service only, as nothing was intended.
import { LatencyHistogram, toMicros } from './histogram.js';
import type { PackedHistogram } from './histogram.js';
import type { BatchStamps } from './stamps.js';

export interface PackedLatencies {
  readonly response: PackedHistogram | null;
  readonly service: PackedHistogram;
  readonly delay: PackedHistogram | null;
}

/**
 * The latency that intervals show, response (open loop) or service (closed loop), is recorded into
 * the interval's histogram and added to the total at its end, so that each value is recorded once.
 */
export class Recorder {
  readonly interval = new LatencyHistogram();
  private readonly total = new LatencyHistogram();
  private readonly service: LatencyHistogram | null;
  private readonly delay: LatencyHistogram | null;

  constructor(openLoop: boolean) {
    this.service = openLoop ? new LatencyHistogram() : null;
    this.delay = openLoop ? new LatencyHistogram() : null;
  }

  /** Records every record of an acknowledged batch; `ackMs` on the clock of the stamps. */
  record(stamps: BatchStamps, ackMs: number): void {
    const service = this.service ?? this.interval;
    for (let run = 0; run < stamps.runs; run++) {
      service.record(toMicros(ackMs - stamps.sentAt[run]), stamps.counts[run]);
    }
    if (this.delay !== null) this.recordIntended(stamps, ackMs, this.delay);
  }

  /** Ends the interval: its values join the total. Read `interval` before. */
  endInterval(): void {
    this.total.add(this.interval);
    this.interval.reset();
  }

  /** Forgets everything (after warm-up). */
  reset(): void {
    for (const histogram of this.all()) histogram.reset();
  }

  /** What was recorded since the last reset; ends the interval. */
  pack(): PackedLatencies {
    this.endInterval();
    const total = this.total.pack();
    if (this.service === null || this.delay === null)
      return { response: null, service: total, delay: null };
    return { response: total, service: this.service.pack(), delay: this.delay.pack() };
  }

  destroy(): void {
    for (const histogram of this.all()) histogram.destroy();
  }

  private all(): LatencyHistogram[] {
    return [this.interval, this.total, this.service, this.delay].filter(
      (histogram) => histogram !== null,
    );
  }

  /**
   * Response and delay of each record. Neighbours that fall on the same microsecond go in with one
   * call.
   */
  private recordIntended(stamps: BatchStamps, ackMs: number, delay: LatencyHistogram): void {
    let record = 0;
    for (let run = 0; run < stamps.runs; run++) {
      const sentMs = stamps.sentAt[run];
      const end = record + stamps.counts[run];
      while (record < end) {
        const intendedMs = stamps.intended[record];
        const responseMicros = toMicros(ackMs - intendedMs);
        const delayMicros = toMicros(sentMs - intendedMs);
        let same = 1;
        while (
          record + same < end &&
          toMicros(ackMs - stamps.intended[record + same]) === responseMicros &&
          toMicros(sentMs - stamps.intended[record + same]) === delayMicros
        ) {
          same += 1;
        }
        this.interval.record(responseMicros, same);
        delay.record(delayMicros, same);
        record += same;
      }
    }
  }
}
