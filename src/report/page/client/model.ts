// The page's data as the charts ask for it: points and runs by index, names and figures as text.
// Made once; never changed.
import { bytes, compact, significant } from '../../text/format.js';
import { rankedOf, type Candidate } from '../best-point.js';
import {
  PAGE_METRICS,
  type LimitKey,
  type Loop,
  type MetricKey,
  type PageData,
  type PagePoint,
} from '../page-model.js';

export interface Run {
  readonly index: number;
  readonly point: number;
  readonly repeat: number;
  readonly counted: boolean;
}

export class Model {
  readonly points: readonly PagePoint[];
  readonly runsOf: readonly (readonly Run[])[];
  private readonly ranked: ReadonlySet<PagePoint>;
  /** Loops that any point has, the commoner first. */
  readonly loops: readonly Loop[];
  /** Which of the settings says whose client took the load; null where all points have one. */
  readonly clientSetting: number | null;

  /** What a chart shows at first: where the loop is open the throughput is what was asked for. */
  get mainMetric(): MetricKey {
    return this.loops[0] === 'open' ? 'p99' : 'rate';
  }

  constructor(readonly data: PageData) {
    this.points = data.points;
    const runsOf: Run[][] = data.points.map(() => []);
    data.runs.point.forEach((point, index) => {
      const { repeat, counted } = data.runs;
      runsOf[point]?.push({ index, point, repeat: repeat[index], counted: counted[index] === 1 });
    });
    this.runsOf = runsOf;
    const clientSetting = data.settings.findIndex(({ name }) => name === 'driver');
    this.clientSetting = clientSetting < 0 ? null : clientSetting;
    this.ranked = new Set(rankedOf(this.points));
    const count = (loop: Loop): number => this.points.filter((point) => point.loop === loop).length;
    const loops: Loop[] = ['open', 'closed'];
    this.loops = loops.filter((loop) => count(loop) > 0).sort((a, b) => count(b) - count(a));
  }

  /** In the plan's order; none where all points have one. */
  get clients(): readonly number[] {
    return this.clientSetting === null
      ? []
      : this.data.settings[this.clientSetting].values.map((_value, client) => client);
  }

  clientOf(point: number): number | null {
    return this.clientSetting === null ? null : this.points[point].values[this.clientSetting];
  }

  /** Points under the same load and settings as this one, one of each client, in their order. */
  besideEachOther(point: number): readonly number[] {
    const { clientSetting, points } = this;
    const { values, loop } = points[point];
    const alike = points.flatMap((other, index) =>
      other.loop === loop &&
      other.values.every((value, setting) => setting === clientSetting || value === values[setting])
        ? [index]
        : [],
    );
    return this.clients.flatMap((client) =>
      alike.filter((index) => this.clientOf(index) === client).slice(0, 1),
    );
  }

  /** Of valid runs. */
  median(point: number, key: MetricKey): number | null {
    return this.points[point].metrics[key]?.[0] ?? null;
  }

  ofRun(run: number, key: MetricKey): number | null {
    return this.data.runs.metrics[key]?.[run] ?? null;
  }

  /** The metric of a point's valid runs. */
  counted(point: number, key: MetricKey): number[] {
    return this.runsOf[point].flatMap((run) =>
      run.counted ? (this.ofRun(run.index, key) ?? []) : [],
    );
  }

  /**
   * The interval's ends, or least and greatest of the valid runs, as the whole report has it; null
   * with one run.
   */
  range(point: number, key: MetricKey): readonly [low: number, high: number] | null {
    const quantity = this.points[point].metrics[key] ?? null;
    if (quantity === null) return null;
    const [, low, high] = quantity;
    if (this.data.spread === 'interval') return low === null || high === null ? null : [low, high];
    const values = this.counted(point, key);
    return values.length < 2 ? null : [Math.min(...values), Math.max(...values)];
  }

  isRanked(point: PagePoint): boolean {
    return this.ranked.has(point);
  }

  /** Points of this loop with a throughput and this latency. */
  candidates(loop: Loop, key: LimitKey): Candidate[] {
    return this.points.flatMap((point, index): Candidate[] => {
      const rate = this.median(index, 'rate');
      const latency = this.median(index, key);
      if (point.loop !== loop || !this.isRanked(point)) return [];
      if (rate === null || latency === null) return [];
      const [rates, latencies] = [this.counted(index, 'rate'), this.counted(index, key)];
      return [{ point: index, rate, latency, rates, latencies }];
    });
  }

  /** `linger.ms 5 ms · acks all`; the settings that vary, without those in `except`. */
  settingsText(point: number, except: readonly number[] = [], between = ' · '): string {
    const told = this.data.settings.flatMap((setting, index) => {
      const value = this.points[point].values[index];
      return except.includes(index) || value < 0
        ? []
        : [`${shortName(setting.name)} ${setting.values[value].label}`];
    });
    return told.join(between);
  }

  valueLabel(setting: number, value: number): string {
    return value < 0 ? 'not set' : this.data.settings[setting].values[value].label;
  }
}

export const metricOf = (key: MetricKey) => PAGE_METRICS.find((metric) => metric.key === key)!;

/** `p99.9`, `max`. */
export const latencyName = (key: LimitKey): string => metricOf(key).label.replace('Latency ', '');

/** `Latency p99 (ms)`. */
export function metricTitle(key: MetricKey): string {
  const { label, unit } = metricOf(key);
  return unit === '' ? label : `${label} (${unit})`;
}

/** The figure with its unit: `1,234 records/s`, `16 KiB`. */
export function figure(key: MetricKey, value: number | null): string {
  if (value === null) return '–';
  if (key === 'batchBytes')
    return value >= 1024 ? `${significant(value / 1024)} KiB` : bytes(Math.round(value));
  const { unit } = metricOf(key);
  return unit === '' || unit === 'per connection'
    ? significant(value)
    : `${significant(value)} ${unit}`;
}

/** Short, for cells and axes: `812k`, `4.21`. */
export function short(key: MetricKey, value: number): string {
  if (key === 'batchBytes') return value >= 1024 ? `${trim(value / 1024)} KiB` : compact(value);
  return compact(value);
}

const trim = (value: number): string =>
  value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(2)));

export const loopLatency = (loop: Loop): string =>
  loop === 'open' ? 'response time' : 'service time';

/**
 * `max.in.flight.requests.per.connection` leaves no room for its value; whoever knows it knows it
 * by its beginning.
 */
export function shortName(setting: string): string {
  const name = setting.replace('.requests.per.connection', '');
  return name.length > 32 ? `${name.slice(0, 31)}…` : name;
}
