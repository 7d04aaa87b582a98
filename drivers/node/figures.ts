// What a phase measured: counts, times, intervals, errors, silences, as kbench is told them.
import type { DriverHistogram, DriverMessage } from '../../src/contract/driver-protocol.js';
import { AckGaps } from '../../src/workloads/measure/ack-gaps.js';
import { LatencyHistogram, toMicros } from '../../src/workloads/measure/histogram.js';
import { commonGaps } from '../../src/workloads/result/continuity.js';

/** Shorter silences are not told. */
const SILENCE_MS = 100;

type Say = (message: DriverMessage) => void;
type ResultMessage = Extract<DriverMessage, { type: 'result' }>;

export class Figures {
  sent = 0;
  acked = 0;
  failed = 0;
  private valueBytes = 0;
  private readonly response = new LatencyHistogram();
  private readonly service = new LatencyHistogram();
  private readonly delay = new LatencyHistogram();
  private readonly interval = new LatencyHistogram();
  private readonly gaps = new AckGaps(SILENCE_MS);
  private readonly errors = new Map<string, { message: string; records: number }>();
  private errorsInInterval: Record<string, number> = {};
  private atInterval = { sent: 0, acked: 0, failed: 0 };
  private index = 0;
  private firstAckMs: number | null = null;
  private lastAckMs: number | null = null;
  private lastSentMs: number | null = null;
  private batches = 0;

  /** `say` null: a warm-up, which tells no intervals. */
  constructor(
    private readonly startMs: number,
    private readonly open: boolean,
    private readonly intervalMs: number,
    private readonly say: Say | null,
  ) {
    this.gaps.start(startMs);
  }

  handedOver(records: number, nowMs: number): void {
    this.sent += records;
    this.lastSentMs = nowMs;
    this.gaps.asked(nowMs);
  }

  /** `dueMs` of each record; null in a closed loop. */
  acknowledged(
    { bytes, records, batches }: { bytes: number; records: number; batches: number },
    dueMs: Float64Array | null,
    sentMs: number,
    nowMs: number,
  ): void {
    this.endIntervals(nowMs);
    const service = toMicros(nowMs - sentMs);
    this.service.record(service, records);
    if (dueMs === null) this.interval.record(service, records);
    else {
      for (const due of dueMs) {
        const response = toMicros(nowMs - due);
        this.interval.record(response, 1);
        this.response.record(response, 1);
        this.delay.record(toMicros(sentMs - due), 1);
      }
    }
    this.acked += records;
    this.valueBytes += bytes;
    this.batches += batches;
    this.firstAckMs ??= nowMs;
    this.lastAckMs = nowMs;
    this.gaps.acknowledged(nowMs, this.sent > this.acked + this.failed);
  }

  refused(records: number, name: string, message: string): void {
    this.failed += records;
    this.errorsInInterval[name] = (this.errorsInInterval[name] ?? 0) + records;
    const known = this.errors.get(name);
    if (known === undefined) this.errors.set(name, { message, records });
    else known.records += records;
  }

  /** Ends every interval that is over. */
  endIntervals(nowMs: number): void {
    while (nowMs >= this.startMs + (this.index + 1) * this.intervalMs)
      this.endInterval(this.intervalMs);
  }

  result(endedMs: number, nowMs: number, requests: number | null): ResultMessage {
    this.endIntervals(nowMs);
    const since = this.startMs + this.index * this.intervalMs;
    if (nowMs > since) this.endInterval(nowMs - since);
    const { sent, acked, failed, valueBytes, batches, startMs, open } = this;
    const at = (ms: number | null): number | null => (ms === null ? null : ms - startMs);
    return {
      type: 'result',
      ...{ sent, acked, failed, valueBytes },
      firstAckMs: at(this.firstAckMs),
      lastAckMs: at(this.lastAckMs),
      lastSentMs: at(this.lastSentMs),
      endedMs: endedMs - startMs,
      blockedMs: 0,
      histograms: {
        response: open ? toldOrNull(this.response) : null,
        service: toldOrNull(this.service),
        delay: open ? toldOrNull(this.delay) : null,
      },
      errors: [...this.errors].map(([name, each]) => ({ name, ...each })),
      silences: commonGaps([this.gaps.pack(nowMs)]).map(({ atMs, forMs }) => [atMs, forMs]),
      totals: { batches, ...(requests === null ? {} : { requests }) },
    };
  }

  private endInterval(durationMs: number): void {
    const { sent, acked, failed, atInterval, errorsInInterval: errors, index } = this;
    this.say?.({
      type: 'interval',
      ...{ index, durationMs, errors },
      sent: sent - atInterval.sent,
      acked: acked - atInterval.acked,
      failed: failed - atInterval.failed,
      histogram: toldOrNull(this.interval),
    });
    this.interval.reset();
    this.atInterval = { sent, acked, failed };
    this.errorsInInterval = {};
    this.index += 1;
  }
}

/** Null where nothing was recorded. */
function toldOrNull(histogram: LatencyHistogram): DriverHistogram | null {
  const latency = histogram.toLatency();
  if (latency === null) return null;
  const { encoded, count, min, max } = latency;
  const [minMicros, maxMicros] = [min, max].map((ms) => Math.round(ms * 1000));
  return { encoded, count, minMicros, maxMicros };
}
