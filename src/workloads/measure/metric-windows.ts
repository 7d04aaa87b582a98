// One worker's producer metrics in windows: a sample at the start, one at each interval's end, and
// all windows together as the whole measured part. Called by the tracker and the worker, once an
// interval.
import {
  afterEachOther,
  type MetricRow,
  METRICS,
  type MetricSample,
  metricsOf,
  type MetricWindow,
  windowBetween,
} from '../../producer-core/harness.js';

const INTERVAL_METRICS = METRICS.filter(({ perInterval }) => perInterval);
/** Figures of a value that is not whole: more than any run repeats. */
const FIGURES = 6;

export class MetricWindows {
  private last: MetricSample | null = null;
  private whole: MetricWindow | null = null;

  constructor(private readonly sample: () => MetricSample) {}

  /**
   * Forgets what came before. The first window's span counts from `startMs`, on the producer's
   * clock.
   */
  start(startMs: number): void {
    this.last = { ...this.sample(), atMs: startMs };
    this.whole = null;
  }

  /** The window since the last one ended. */
  next(): MetricWindow {
    if (this.last === null) this.start(0);
    const sample = this.sample();
    const window = windowBetween(this.last!, sample);
    this.last = sample;
    this.whole = this.whole === null ? window : afterEachOther(this.whole, window);
    return window;
  }

  /** All windows since start(). */
  total(): MetricWindow {
    return this.whole ?? this.next();
  }
}

/** Metrics as results carry them, by Java's names; null where nothing was recorded. */
export function runMetrics(window: MetricWindow): Record<string, number | null> {
  return saved(window, METRICS);
}

export function intervalMetrics(window: MetricWindow): Record<string, number | null> {
  return saved(window, INTERVAL_METRICS);
}

function saved(window: MetricWindow, rows: readonly MetricRow[]): Record<string, number | null> {
  const entries = Object.entries(metricsOf(window, rows));
  return Object.fromEntries(
    entries.map(([name, value]) => [name, Number.isFinite(value) ? rounded(value) : null]),
  );
}

const rounded = (value: number): number =>
  Number.isInteger(value) ? value : Number(value.toPrecision(FIGURES));
