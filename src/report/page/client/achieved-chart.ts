// What came about beside what was configured: batch bytes by batch.size, requests in flight by
// their limit, records per request, compression. Called by main.
import type { MetricKey } from '../page-model.js';
import { categoryAxis, scaleOf } from './axes.js';
import { tooltipOption, type Chart, type Drawing } from './chart.js';
import type { Table } from './elements.js';
import { figure, metricTitle, short, shortName, type Model } from './model.js';
import type { State } from './state.js';
import { SYMBOLS, type Theme } from './theme.js';
import { pointTip } from './tips.js';
import { bytes, duration } from '../../format.js';

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

  #strip(strip: Strip): {
    values: string[];
    marks: { point: number; at: number; value: number }[];
  } {
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
    const strips = this.#strips();
    if (strips.length === 0) return null;
    const columns = width >= 1000 ? 4 : width >= 560 ? 2 : 1;
    const gap = 28;
    const each = (width - gap * (columns - 1)) / columns;
    const place = (index: number): readonly [number, number] => [
      (index % columns) * (each + gap),
      Math.floor(index / columns) * HEIGHT,
    ];
    const drawn = strips.map((strip) => {
      const { values, marks } = this.#strip(strip);
      const limits = strip.limit ? values.map(Number) : [];
      const y = scaleOf({
        name: metricTitle(strip.metric),
        values: [...marks.map(({ value }) => value), ...limits],
        theme,
        side: 'y',
        ticks: 5,
        binary: strip.metric === 'batchBytes',
        ...(strip.metric === 'batchBytes'
          ? { format: (value: number) => short('batchBytes', value) }
          : {}),
      });
      return { strip, values, marks, limits, y };
    });
    return {
      heightPx: Math.ceil(strips.length / columns) * HEIGHT,
      option: {
        grid: drawn.map((_, index) => ({
          left: place(index)[0] + (index === 0 ? 52 : 44),
          top: place(index)[1] + 30,
          width: each - 52,
          height: HEIGHT - 92,
        })),
        xAxis: drawn.map(({ strip, values }, gridIndex) => ({
          ...categoryAxis(
            shortName(strip.setting),
            values.map((value) => strip.told(value)),
            theme,
            'x',
          ),
          gridIndex,
        })),
        yAxis: drawn.map(({ y }, gridIndex) => ({ ...y.axis, gridIndex })),
        series: drawn.flatMap(({ marks, limits, y, values }, index) => [
          {
            type: 'scatter' as const,
            xAxisIndex: index,
            yAxisIndex: index,
            symbolSize: 8,
            data: marks
              .toSorted(
                (a, b) => this.state.shown.indexOf(a.point) - this.state.shown.indexOf(b.point),
              )
              .map(({ point, at, value }) => {
                const shown = this.state.shown.indexOf(point);
                return {
                  value: [at, y.at(value)],
                  point,
                  symbol: shown < 0 ? 'circle' : SYMBOLS[shown],
                  symbolSize: shown < 0 ? 7 : 11,
                  symbolOffset: [shift(point, each / values.length), 0],
                  itemStyle: {
                    color: shown < 0 ? theme.soft : theme.series[shown],
                    opacity: shown < 0 ? 0.55 : 1,
                  },
                };
              }),
          },
          {
            type: 'scatter' as const,
            xAxisIndex: index,
            yAxisIndex: index,
            silent: true,
            symbol: 'rect',
            symbolSize: [Math.min(48, (each - 52) / values.length - 8), 2],
            itemStyle: { color: theme.ink },
            data: limits.map((limit, at) => [at, y.at(limit)]),
          },
        ]),
        tooltip: {
          ...(tooltipOption(theme) as object),
          formatter: (item) => {
            const { point } = (Array.isArray(item) ? item[0] : item).data as { point?: number };
            return point === undefined
              ? ''
              : pointTip(this.model, point, [
                  'batchBytes',
                  'inFlight',
                  'recordsPerRequest',
                  'compression',
                  'requests',
                  'rate',
                ]);
          },
        },
      },
    };
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
