// Latency by percentile of the points shown, on HdrHistogram's scale of nines. Called by main.
import type { EChartsOption } from 'echarts';
import { scaleOf } from './axes.js';
import { tooltipOption, type Chart, type ChartView, type Drawing } from './chart.js';
import { chooser, type Table } from './elements.js';
import { metricOf, type Model } from './model.js';
import type { State } from './page-state.js';
import { DASHES, type Theme } from './theme.js';
import { pointKeys, tip } from './tips.js';
import { significant } from '../../text/format.js';

const TABLE_QUANTILES = [0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999, 0.99999, 0.999999];
const MEANING: Readonly<Record<string, string>> = {
  response: 'response: due to acknowledged (acks=0: written)',
  service: 'service: sent to acknowledged (acks=0: written)',
  delay: 'delay: due to sent',
  'end-to-end': 'end-to-end: due (closed loop: sent) to received by a consumer',
};

interface Curve {
  readonly point: number;
  readonly place: number;
  readonly curve: readonly number[];
}

export class PercentilesChart implements Chart {
  readonly id = 'percentiles';
  readonly needs = ['chosen'] as const;
  #kind: string;

  constructor(
    private readonly model: Model,
    private readonly state: State,
  ) {
    this.#kind = model.data.curves.kinds[0] ?? 'service';
  }

  controls(view: ChartView): void {
    const choices = this.model.data.curves.kinds.map((value) => ({
      value,
      label: MEANING[value] ?? value,
    }));
    if (choices.length < 2) return;
    view.controls.replaceChildren(
      chooser('Latency', choices, this.#kind, (kind) => {
        this.#kind = kind;
        view.update();
      }),
    );
  }

  /** The curve's value at a quantile. */
  #at(curve: readonly number[], quantile: number): string {
    const index = this.model.data.curves.quantiles.findIndex((each) => each >= quantile - 1e-9);
    return index >= 0 && index < curve.length ? significant(curve[index]) : '–';
  }

  #curves(): Curve[] {
    return this.state.shown.flatMap((point, place) => {
      const curve = this.model.points[point].curves[this.#kind] ?? [];
      return curve.length === 0 ? [] : [{ point, place, curve }];
    });
  }

  draw(theme: Theme): Drawing | null {
    const curves = this.#curves();
    if (curves.length === 0) return null;
    const { quantiles } = this.model.data.curves;
    const longest = Math.max(...curves.map(({ curve }) => curve.length));
    const nines = Math.max(1, Math.ceil(ninesOf(quantiles[longest - 1]) - 1e-6));
    const values = curves.flatMap(({ curve }) => curve.slice(1));
    const y = scaleOf({ name: 'ms', values, theme, side: 'y', ticks: 9 });
    return {
      heightPx: 360,
      option: {
        grid: { left: 54, right: 28, top: 30, bottom: 46 },
        xAxis: percentileAxis(theme, nines),
        yAxis: y.axis,
        series: curves.map(({ point, place, curve }) => {
          const dash = { type: DASHES[place] as 'solid' | number[] };
          return {
            type: 'line' as const,
            name: this.model.points[point].id,
            symbol: 'none',
            step: false as const,
            lineStyle: { color: theme.series[place], width: 2, ...dash },
            itemStyle: { color: theme.series[place] },
            data: curve.map((ms, index) => [ninesOf(quantiles[index]), y.at(ms)]),
          };
        }),
        tooltip: {
          ...(tooltipOption(theme) as object),
          trigger: 'axis',
          axisPointer: { type: 'line', lineStyle: { color: theme.soft, type: 'solid' } },
          formatter: (items) => {
            const item = (Array.isArray(items) ? items[0] : items) as { axisValue?: number };
            return this.#tip(curves, item.axisValue ?? 0, theme);
          },
        },
      },
    };
  }

  /** All curves at one percentile. */
  #tip(curves: readonly Curve[], nines: number, theme: Theme): HTMLElement {
    const { quantiles } = this.model.data.curves;
    const index = nearest(quantiles, nines);
    const rows = curves.map(({ point, place, curve }) => {
      const told = index < curve.length ? `${significant(curve[index])} ms` : 'too few records';
      return [this.model.points[point].id, told, theme.series[place]] as const;
    });
    return tip(`p${percentText(quantiles[index])}`, MEANING[this.#kind] ?? this.#kind, rows);
  }

  said(): string {
    const none = this.state.shown
      .filter((point) => (this.model.points[point].curves[this.#kind] ?? []).length === 0)
      .map((point) => this.model.points[point].id);
    const missing = none.length === 0 ? '' : `No ${this.#kind} times of ${none.join(', ')}. `;
    return missing + this.model.data.curves.note;
  }

  legend(theme: Theme): HTMLElement[] {
    return pointKeys(
      this.model,
      theme,
      this.#curves().map(({ point, place }) => ({ point, place })),
    );
  }

  label(): string {
    const told = this.#curves().map(({ point, curve }) => {
      const at = (quantile: number): string => this.#at(curve, quantile);
      const { id } = this.model.points[point];
      return `${id}: p50 ${at(0.5)}, p95 ${at(0.95)}, p99 ${at(0.99)}, p99.9 ${at(0.999)} ms`;
    });
    return `Latency by percentile, ${MEANING[this.#kind] ?? this.#kind}. ${told.join('; ')}.`;
  }

  table(): Table {
    return {
      caption:
        `${MEANING[this.#kind] ?? this.#kind}, ms, all valid runs merged ` +
        `(${metricOf('p99').label} elsewhere is a median over runs)`,
      head: [
        'point',
        ...TABLE_QUANTILES.map((quantile) => `p${percentText(quantile)}`),
        'settings',
      ],
      rows: this.#curves().map(({ point, curve }) => [
        this.model.points[point].id,
        ...TABLE_QUANTILES.map((quantile) => this.#at(curve, quantile)),
        this.model.settingsText(point),
      ]),
    };
  }
}

/** 0.9 is 1, 0.99 is 2. */
const ninesOf = (quantile: number): number => -Math.log10(1 - quantile);

/** Index of the quantile that lies nearest on the scale of nines. */
function nearest(quantiles: readonly number[], nines: number): number {
  const far = quantiles.map((quantile) => Math.abs(ninesOf(quantile) - nines));
  return far.indexOf(Math.min(...far));
}

const percentText = (quantile: number): string => {
  const tail = 100 * (1 - quantile);
  const digits = tail >= 10 ? 0 : tail >= 1 ? 1 : Math.min(6, 1 - Math.floor(Math.log10(tail)));
  return String(Number((100 * quantile).toFixed(digits)));
};

/** 0, 50 %, 90 %, 99 %, 99.9 % ... */
function ninesText(nines: number): string {
  if (nines === 0) return '0';
  if (!Number.isInteger(nines)) return '50 %';
  if (nines === 1) return '90 %';
  return `99${nines > 2 ? `.${'9'.repeat(nines - 2)}` : ''} %`;
}

/** As many decades as there are nines. */
function percentileAxis(theme: Theme, nines: number): EChartsOption['xAxis'] {
  const customValues = [0, 0.30103, ...Array.from({ length: nines }, (_, index) => index + 1)];
  return {
    type: 'value',
    min: 0,
    max: nines,
    name: 'percentile',
    nameLocation: 'middle',
    nameGap: 28,
    nameTextStyle: { color: theme.soft },
    axisLine: { onZero: false, lineStyle: { color: theme.strongRule } },
    axisTick: { show: false, customValues },
    splitLine: { lineStyle: { color: theme.rule } },
    axisLabel: { color: theme.soft, customValues, hideOverlap: true, formatter: ninesText },
    axisPointer: { label: { show: false } },
  };
}
