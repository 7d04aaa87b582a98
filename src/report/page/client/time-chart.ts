// Throughput and p99 over the time of each run of the points shown, one above the other on one
// axis. Called by main.
import { compact, significant } from '../../format.js';
import type { PageSeries } from '../page-model.js';
import { scaleOf, tickText } from './axes.js';
import { tooltipOption, type Chart, type Drawing } from './chart.js';
import type { Table } from './elements.js';
import type { Model } from './model.js';
import type { State } from './state.js';
import type { Theme } from './theme.js';
import { pointKeys, tip } from './tips.js';

interface Line {
  readonly point: number;
  readonly place: number;
  readonly run: number;
  readonly series: PageSeries;
}

export class TimeChart implements Chart {
  readonly id = 'time';
  readonly needs = ['chosen'] as const;

  constructor(
    private readonly model: Model,
    private readonly state: State,
  ) {}

  #lines(): Line[] {
    return this.state.shown.flatMap((point, place) =>
      this.model.runsOf[point].flatMap(({ index }) => {
        const series = this.model.data.runs.series[index];
        return series === null ? [] : [{ point, place, run: index, series }];
      }),
    );
  }

  draw(theme: Theme): Drawing | null {
    const lines = this.#lines();
    if (lines.length === 0) return null;
    const top = scaleOf({
      name: 'records/s',
      values: lines.flatMap(({ series }) => series.rate),
      theme,
      side: 'y',
      log: false,
      ticks: 4,
    });
    const bottom = scaleOf({
      name: 'p99 ms',
      values: lines.flatMap(({ series }) => series.p99.flatMap((ms) => ms ?? [])),
      theme,
      side: 'y',
      ticks: 5,
    });
    const last = Math.max(...lines.map(({ series }) => series.rateAtS.at(-1) ?? 0));
    const x = (gridIndex: number) => ({
      type: 'value' as const,
      gridIndex,
      min: 0,
      max: Math.ceil(last),
      name: gridIndex === 1 ? 'seconds of the measured part' : '',
      nameLocation: 'middle' as const,
      nameGap: 28,
      nameTextStyle: { color: theme.soft },
      axisLine: { onZero: false, lineStyle: { color: theme.strongRule } },
      splitLine: { show: false },
      axisLabel: {
        color: theme.soft,
        show: gridIndex === 1,
        formatter: (seconds: number) => tickText(seconds),
      },
      axisTick: { show: false },
    });
    const line = ({ point, place, run, series }: Line, axis: 0 | 1) => {
      const at = axis === 0 ? series.rateAtS : (series.p99AtS ?? series.rateAtS);
      const values = axis === 0 ? series.rate : series.p99;
      const scale = axis === 0 ? top : bottom;
      return {
        type: 'line' as const,
        xAxisIndex: axis,
        yAxisIndex: axis,
        symbol: 'circle',
        symbolSize: 6,
        showSymbol: false,
        triggerLineEvent: true,
        lineStyle: {
          color: theme.series[place],
          width: 1.25,
          opacity: this.model.data.runs.counted[run] === 1 ? 0.85 : 0.35,
        },
        itemStyle: { color: theme.series[place] },
        emphasis: { lineStyle: { width: 2.5 } },
        data: values.map((value, index) => ({
          value: [at[index], value === null ? null : scale.at(value)],
          point,
          run,
          told: value,
          axis,
        })),
      };
    };
    return {
      heightPx: 460,
      option: {
        grid: [
          { left: 54, right: 20, top: 30, height: 160 },
          { left: 54, right: 20, top: 234, height: 176 },
        ],
        xAxis: [x(0), x(1)],
        yAxis: [
          { ...top.axis, gridIndex: 0 },
          { ...bottom.axis, gridIndex: 1 },
        ],
        series: [...lines.map((each) => line(each, 0)), ...lines.map((each) => line(each, 1))],
        tooltip: {
          ...(tooltipOption(theme) as object),
          trigger: 'item',
          formatter: (item) => {
            const { data } = Array.isArray(item) ? item[0] : item;
            const { point, run, value, told, axis } = (data ?? {}) as {
              point?: number;
              run?: number;
              value?: number[];
              told?: number | null;
              axis?: 0 | 1;
            };
            if (point === undefined || run === undefined || told == null) return '';
            return tip(
              `${this.model.points[point].id}, run ${this.model.data.runs.run[run]}`,
              this.model.settingsText(point),
              [
                ['At', `${significant(value?.[0] ?? 0)} s`],
                axis === 0
                  ? ['Throughput', `${significant(told)} records/s`]
                  : ['p99 of the interval', `${significant(told)} ms`],
              ],
            );
          },
        },
      },
    };
  }

  said(): string {
    const lines = this.#lines();
    if (lines.length === 0)
      return this.state.shown.length === 0
        ? ''
        : 'The runs were too short for figures over time: make them some seconds long.';
    const cut = lines.filter(({ series }) => series.of > series.rate.length);
    const faint = lines.some(({ run }) => this.model.data.runs.counted[run] === 0)
      ? 'Faint lines are runs that do not count. '
      : '';
    if (cut.length === 0) return faint;
    const most = Math.max(...cut.map(({ series }) => series.of));
    return `${faint}Thinned from up to ${most.toLocaleString('en-US')} intervals a run: the least and the greatest of each stretch are kept.`;
  }

  legend(theme: Theme): HTMLElement[] {
    const drawn = new Map(this.#lines().map(({ point, place }) => [point, { point, place }]));
    return pointKeys(this.model, theme, [...drawn.values()]);
  }

  label(): string {
    const told = this.state.shown.map(
      (point) => `${this.model.points[point].id}, ${this.model.runsOf[point].length} runs`,
    );
    return `Throughput and p99 over the seconds of each run of ${told.join('; ')}.`;
  }

  table(): Table {
    const ends = (values: readonly (number | null)[]): string => {
      const told = values.filter((value) => value !== null);
      return told.length === 0
        ? '–'
        : `${compact(Math.min(...told))}–${compact(Math.max(...told))}`;
    };
    return {
      caption: 'Least and greatest interval of each run',
      head: ['point', 'run', 'intervals', 'records/s', 'p99 ms'],
      rows: this.#lines().map(({ point, run, series }) => [
        this.model.points[point].id,
        this.model.data.runs.run[run],
        String(series.of),
        ends(series.rate),
        ends(series.p99),
      ]),
    };
  }
}
