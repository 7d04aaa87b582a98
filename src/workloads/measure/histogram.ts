// One latency histogram: hdr-histogram-js in WebAssembly (45 ns a value), in whole microseconds,
// three significant digits, growing with what it meets: nothing is clipped and nothing is dropped.
// Written to per run of equal latencies, read once per interval.
import { WasmHistogram, encodeIntoCompressedBase64, initWebAssembly } from 'hdr-histogram-js';
import type { Latency } from '../../contract/run-result.js';
import { eachCount } from '../../report/results/decode-histogram.js';

/** An hour in microseconds: beyond it the histogram grows by itself. */
const HIGHEST_MICROS = 3.6e9;

/**
 * A histogram on its way to another thread: HdrHistogram V2, uncompressed; the extremes are exact,
 * in microseconds.
 */
export interface PackedHistogram {
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly minMicros: number;
  readonly maxMicros: number;
}

/** Must be awaited once per thread before the first histogram is made. */
export async function initHistograms(): Promise<void> {
  await initWebAssembly();
}

/**
 * Milliseconds to the nearest whole microsecond. A clock's jitter may make a latency negative: it
 * counts as 0.
 */
export function toMicros(ms: number): number {
  const micros = Math.floor(ms * 1000 + 0.5);
  return micros > 0 ? micros : 0;
}

export class LatencyHistogram {
  private readonly histogram: WasmHistogram;
  private minMicros = Infinity;
  private maxMicros = 0;
  count = 0;

  constructor() {
    this.histogram = WasmHistogram.build({
      bitBucketSize: 64,
      autoResize: true,
      lowestDiscernibleValue: 1,
      highestTrackableValue: HIGHEST_MICROS,
      numberOfSignificantValueDigits: 3,
    });
  }

  /** `micros` must be whole and not negative, as toMicros gives it. */
  record(micros: number, count: number): void {
    this.histogram.recordValueWithCount(micros, count);
    this.count += count;
    if (micros < this.minMicros) this.minMicros = micros;
    if (micros > this.maxMicros) this.maxMicros = micros;
  }

  add(other: LatencyHistogram): void {
    if (other.count === 0) return;
    this.histogram.add(other.histogram);
    this.widen(other.count, other.minMicros, other.maxMicros);
  }

  addPacked(packed: PackedHistogram): void {
    if (packed.count === 0) return;
    // Slot by slot: the package's own way looks through all 23,000 of them, some 3 ms each time,
    // and an agent's histogram is not to be taken on trust.
    eachCount(packed.bytes, (micros, times) => this.histogram.recordValueWithCount(micros, times));
    this.widen(packed.count, packed.minMicros, packed.maxMicros);
  }

  reset(): void {
    this.histogram.reset();
    this.count = 0;
    this.minMicros = Infinity;
    this.maxMicros = 0;
  }

  /**
   * Milliseconds; `percent` from 0 to 100. Within three digits, and never outside what was
   * recorded. 0 when empty.
   */
  percentileMs(percent: number): number {
    if (this.count === 0) return 0;
    const micros = this.histogram.getValueAtPercentile(percent);
    return Math.min(this.maxMicros, Math.max(this.minMicros, micros)) / 1000;
  }

  get maxMs(): number {
    return this.maxMicros / 1000;
  }

  pack(): PackedHistogram {
    const bytes = this.count === 0 ? new Uint8Array(0) : this.histogram.encode();
    return { bytes, count: this.count, minMicros: this.minMicros, maxMicros: this.maxMicros };
  }

  /** As results carry it; null when nothing was recorded. */
  toLatency(): Latency | null {
    if (this.count === 0) return null;
    return {
      count: this.count,
      min: this.minMicros / 1000,
      mean: Math.min(this.maxMicros, Math.max(this.minMicros, this.histogram.mean)) / 1000,
      p50: this.percentileMs(50),
      p75: this.percentileMs(75),
      p90: this.percentileMs(90),
      p95: this.percentileMs(95),
      p99: this.percentileMs(99),
      p999: this.percentileMs(99.9),
      p9999: this.percentileMs(99.99),
      max: this.maxMs,
      encoded: encodeIntoCompressedBase64(this.histogram),
    };
  }

  /** Gives the WebAssembly memory back; the histogram must not be used after. */
  destroy(): void {
    this.histogram.destroy();
  }

  private widen(count: number, minMicros: number, maxMicros: number): void {
    this.count += count;
    this.minMicros = Math.min(this.minMicros, minMicros);
    this.maxMicros = Math.max(this.maxMicros, maxMicros);
  }
}

/** The sum of packed histograms as results carry it. */
export function mergeLatency(parts: readonly PackedHistogram[]): Latency | null {
  const total = new LatencyHistogram();
  for (const part of parts) total.addPacked(part);
  const latency = total.toLatency();
  total.destroy();
  return latency;
}
