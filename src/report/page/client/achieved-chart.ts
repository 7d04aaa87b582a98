// What came about beside what was configured: batch bytes by batch.size, requests in flight by
// their limit, records per request, compression. Called by main.
import type { ScatterSeriesOption } from 'echarts';
import type { MetricKey } from '../page-model.js';
import { categoryAxis, scaleOf, type Scale } from './axes.js';
import { markTooltip, type Chart, type Drawing } from './chart.js';
import type { Table } from './elements.js';
import { figure, metricTitle, short, shortName, type Model } from './model.js';
import type { State } from './page-state.js';
import { SYMBOLS, type Theme } from './theme.js';
import { pointTip } from './tips.js';
import { bytes, duration } from '../../text/format.js';

interface Strip {
  readonly metric: MetricKey;
  readonly setting: string;
  /** Java's, where a point does not set it. */
  readonly byDefault: string;
  /** The setting is a limit of the metric, in its unit. */
  readonly limit: boolean;
  readonly told: (value: string) => string;
}

const asIs = (value: string): string => value;
const STRIPS: readonly Strip[] = [
  {
    metric: 'batchBytes',
    setting: 'batch.size',
    byDefault: '16384',
    limit: true,
    told: (value) => bytes(Number(value)),
  },
  {
    metric: 'inFlight',
    setting: 'max.in.flight.requests.per.connection',
    byDefault: '5',
    limit: true,
    told: asIs,
  },
  {
    metric: 'recordsPerRequest',
    setting: 'linger.ms',
    byDefault: '5',
    limit: false,
    told: (value) => duration(Number(value)),
  },
  {
    metric: 'compression',
    setting: 'compression.type',
    byDefault: 'none',
    limit: false,
    told: asIs,
  },
];
const HEIGHT = 250;
const GAP = 28;
/** Left of a strip's figures, for their axis. */
const AXIS_WIDTH = 52;
const TIP: readonly MetricKey[] = [
  'batchBytes',
  'inFlight',
  'recordsPerRequest',
  'compression',
  'requests',
  'rate',
];

interface Mark {
  readonly point: number;
  /** Place of the configured value. */
  readonly at: number;
  readonly value: number;
}

/** A strip with all that is drawn of it. */
interface DrawnStrip {
  readonly strip: Strip;
  /** As configured. */
  readonly values: readonly string[];
  readonly marks: readonly Mark[];
  readonly limits: readonly number[];
  readonly y: Scale;
}

export class AchievedChart implements Chart {
  readonly id = 'achieved';
  readonly needs = ['chosen'] as const;

  constructor(
    private readonly model: Model,
    private readonly state: State,
  ) {}

  #valueOf(point: number, { setting, byDefault }: Strip): { value: string; set: boolean } {
    const value = this.model.points[point].producer[setting] ?? this.model.data.producer[setting];
    return { value: value ?? byDefault, set: value !== undefined };
  }

  #strip(strip: Strip): { values: string[]; marks: Mark[] } {
    const told = this.model.points.flatMap((_, point) => {
      const value = this.model.median(point, strip.metric);
      return value === null
        ? []
        : [{ point, value, configured: this.#valueOf(point, strip).value }];
    });
    const values = [...new Set(told.map(({ configured }) => configured))];
    if (values.every((value) => Number.isFinite(Number(value))))
      values.sort((a, b) => Number(a) - Number(b));
    return {
      values,
      marks: told.map(({ point, value, configured }) => ({
        point,
        value,
        at: values.indexOf(configured),
      })),
    };
  }

  #strips(): Strip[] {
    return STRIPS.filter((strip) => {
      const values = this.model.points.flatMap(
        (_, point) => this.model.median(point, strip.metric) ?? [],
      );
      // Where nothing was compressed there is nothing to see.
      return (
        values.length > 0 && (strip.metric !== 'compression' || values.some((value) => value !== 1))
      );
    });
  }

  draw(theme: Theme, width: number): Drawing | null {
    const drawn = this.#strips().map((strip) => this.#drawn(strip, theme));
    if (drawn.length === 0) return null;
    const columns = width >= 1000 ? 4 : width >= 560 ? 2 : 1;
    const each = (width - GAP * (columns - 1)) / columns;
    return {
      heightPx: Math.ceil(drawn.length / columns) * HEIGHT,
      option: {
        grid: drawn.map((_, index) => ({
          left: (index % columns) * (each + GAP) + (index === 0 ? AXIS_WIDTH : 44),
          top: Math.floor(index / columns) * HEIGHT + 30,
          width: each - AXIS_WIDTH,
          height: HEIGHT - 92,
        })),
        xAxis: drawn.map(({ strip, values }, gridIndex) => {
          const labels = values.map((value) => strip.told(value));
          return { ...categoryAxis(shortName(strip.setting), labels, theme, 'x'), gridIndex };
        }),
        yAxis: drawn.map(({ y }, gridIndex) => ({ ...y.axis, gridIndex })),
        series: drawn.flatMap((strip, index) => [
          this.#points(strip, index, each, theme),
          limitBars(strip, index, each, theme),
        ]),
        tooltip: markTooltip<{ point: number }>(theme, ({ point }) =>
          point === undefined ? null : pointTip(this.model, point, TIP),
        ),
      },
    };
  }

  #drawn(strip: Strip, theme: Theme): DrawnStrip {
    const { values, marks } = this.#strip(strip);
    const limits = strip.limit ? values.map(Number) : [];
    const inBytes = strip.metric === 'batchBytes';
    const format = (value: number): string => short('batchBytes', value);
    const y = scaleOf({
      name: metricTitle(strip.metric),
      values: [...marks.map(({ value }) => value), ...limits],
      theme,
      side: 'y',
      ticks: 5,
      binary: inBytes,
      ...(inBytes ? { format } : {}),
    });
    return { strip, values, marks, limits, y };
  }

  /** The points shown in front of the others. */
  #points(
    { marks, values, y }: DrawnStrip,
    index: number,
    width: number,
    theme: Theme,
  ): ScatterSeriesOption {
    const placeOf = (point: number): number => this.state.shown.indexOf(point);
    const data = marks
      .toSorted((a, b) => placeOf(a.point) - placeOf(b.point))
      .map(({ point, at, value }) => {
        const place = placeOf(point);
        const [grey, symbolOffset] = [place < 0, [shift(point, width / values.length), 0]];
        return {
          value: [at, y.at(value)],
          point,
          symbol: grey ? 'circle' : SYMBOLS[place],
          symbolSize: grey ? 7 : 11,
          symbolOffset,
          itemStyle: {
            color: grey ? theme.soft : theme.series[place],
            opacity: grey ? 0.55 : 1,
          },
        };
      });
    return { type: 'scatter', xAxisIndex: index, yAxisIndex: index, symbolSize: 8, data };
  }

  said(): string {
    const strips = this.#strips();
    const unset = strips
      .filter((strip) => this.model.points.some((_, point) => !this.#valueOf(point, strip).set))
      .map(({ setting }) => setting);
    return unset.length === 0
      ? ''
      : `Not set by every point, so Java’s default is shown: ${unset.join(', ')}.`;
  }

  label(): string {
    return `Achieved against configured: ${this.#strips()
      .map(({ metric, setting }) => `${metricTitle(metric)} by ${setting}`)
      .join('; ')}. The table below has the figures.`;
  }

  table(): Table {
    const strips = this.#strips();
    return {
      caption: 'Medians over valid runs, beside what was configured',
      head: ['point', ...strips.flatMap(({ metric, setting }) => [setting, metricTitle(metric)])],
      rows: this.model.points.map((_, point) => [
        this.model.points[point].id,
        ...strips.flatMap((strip) => [
          strip.told(this.#valueOf(point, strip).value),
          figure(strip.metric, this.model.median(point, strip.metric)),
        ]),
      ]),
    };
  }

  onPoint(point: number): void {
    this.state.toggle(point);
  }
}

/** Marks of one value side by side, always the same way. */
const shift = (point: number, room: number): number =>
  (((point * 7919) % 101) / 101 - 0.5) * Math.min(44, room * 0.5);

/** What was set. */
function limitBars(
  { values, limits, y }: DrawnStrip,
  index: number,
  width: number,
  theme: Theme,
): ScatterSeriesOption {
  return {
    type: 'scatter',
    xAxisIndex: index,
    yAxisIndex: index,
    silent: true,
    symbol: 'rect',
    symbolSize: [Math.min(48, (width - AXIS_WIDTH) / values.length - 8), 2],
    itemStyle: { color: theme.ink },
    data: limits.map((limit, at) => [at, y.at(limit)]),
  };
}
