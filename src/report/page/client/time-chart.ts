// Throughput and p99 over the time of each run of the points shown, one above the other on one
// axis. Called by main.
import type { EChartsOption, LineSeriesOption } from 'echarts';
import { compact, significant } from '../../text/format.js';
import type { PageSeries } from '../page-model.js';
import { scaleOf, tickText, type Scale } from './axes.js';
import { markTooltip, type Chart, type Drawing } from './chart.js';
import type { Table } from './elements.js';
import type { Model } from './model.js';
import type { State } from './page-state.js';
import type { Theme } from './theme.js';
import { pointKeys, tip } from './tips.js';

interface Line {
  readonly point: number;
  readonly place: number;
  readonly run: number;
  readonly series: PageSeries;
}

type FaultMarks = Pick<LineSeriesOption, 'markLine'>;

/** Throughput above, p99 below. */
type Panel = 0 | 1;

/** What a mark carries, beside where it stands. */
interface Mark {
  readonly value: [atS: number, y: number | null];
  readonly point: number;
  readonly run: number;
  readonly told: number | null;
  readonly panel: Panel;
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
    const rates = lines.flatMap(({ series }) => series.rate);
    const p99s = lines.flatMap(({ series }) => series.p99.flatMap((ms) => ms ?? []));
    const common = { theme, side: 'y' } as const;
    const top = scaleOf({ ...common, name: 'records/s', values: rates, log: false, ticks: 4 });
    const bottom = scaleOf({ ...common, name: 'p99 ms', values: p99s, ticks: 5 });
    const last = Math.ceil(Math.max(...lines.map(({ series }) => series.rateAtS.at(-1) ?? 0)));
    return {
      heightPx: 460,
      option: {
        grid: [
          { left: 54, right: 20, top: 30, height: 160 },
          { left: 54, right: 20, top: 234, height: 176 },
        ],
        xAxis: [secondsAxis(theme, 0, last), secondsAxis(theme, 1, last)],
        yAxis: [
          { ...top.axis, gridIndex: 0 },
          { ...bottom.axis, gridIndex: 1 },
        ],
        series: [
          ...lines.map((line) => this.#series(line, 0, top, theme)),
          ...lines.map((line) => this.#series(line, 1, bottom, theme)),
        ],
        tooltip: markTooltip<Mark>(theme, (mark) => this.#tip(mark)),
      },
    };
  }

  #series(line: Line, panel: Panel, scale: Scale, theme: Theme): LineSeriesOption {
    const { point, place, run, series } = line;
    const at = panel === 0 ? series.rateAtS : (series.p99AtS ?? series.rateAtS);
    const values = panel === 0 ? series.rate : series.p99;
    const opacity = this.model.data.runs.counted[run] === 1 ? 0.85 : 0.35;
    const data = values.map((told, index): Mark => {
      const y = told === null ? null : scale.at(told);
      return { value: [at[index], y], point, run, told, panel };
    });
    return {
      type: 'line',
      xAxisIndex: panel,
      yAxisIndex: panel,
      symbol: 'circle',
      symbolSize: 6,
      showSymbol: false,
      triggerEvent: 'line',
      lineStyle: { color: theme.series[place], width: 1.25, opacity },
      itemStyle: { color: theme.series[place] },
      emphasis: { lineStyle: { width: 2.5 } },
      data,
      ...this.#marks(line, panel, theme),
    };
  }

  /** What was broken on purpose: of the first run of each point shown, as its runs are alike. */
  #marks({ point, run, place, series }: Line, panel: Panel, theme: Theme): FaultMarks {
    const first = this.#lines().find((line) => line.point === point);
    if (series.faults === undefined || first?.run !== run) return {};
    const color = theme.series[place];
    const begin = { show: panel === 0, color: theme.soft, position: 'insideEndTop' } as const;
    return {
      markLine: {
        symbol: 'none',
        silent: true,
        data: series.faults.flatMap(({ label, atS, untilS }) => [
          { xAxis: atS, label: { ...begin, formatter: label }, lineStyle: { color, width: 1 } },
          ...(untilS === null
            ? []
            : [{ xAxis: untilS, label: { show: false }, lineStyle: { color, opacity: 0.5 } }]),
        ]),
      },
    };
  }

  #tip({ point, run, value, told, panel }: Partial<Mark>): HTMLElement | null {
    if (point === undefined || run === undefined || told == null) return null;
    const title = `${this.model.points[point].id}, run ${this.model.data.runs.run[run]}`;
    return tip(title, this.model.settingsText(point), [
      ['At', `${significant(value?.[0] ?? 0)} s`],
      panel === 0
        ? ['Throughput', `${significant(told)} records/s`]
        : ['p99 of the interval', `${significant(told)} ms`],
    ]);
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
    const faults = lines.some(({ series }) => series.faults !== undefined)
      ? 'Upright lines are faults, and where they were undone. '
      : '';
    if (cut.length === 0) return faint + faults;
    const most = Math.max(...cut.map(({ series }) => series.of));
    return (
      `${faint}${faults}Thinned from up to ${most.toLocaleString('en-US')} intervals a run: ` +
      'the least and the greatest of each stretch are kept.'
    );
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

/** Of the panel; only the lower one says what it is. */
function secondsAxis(theme: Theme, panel: Panel, last: number) {
  const named = panel === 1;
  return {
    type: 'value',
    gridIndex: panel,
    min: 0,
    max: last,
    name: named ? 'seconds of the measured part' : '',
    nameLocation: 'middle',
    nameGap: 28,
    nameTextStyle: { color: theme.soft },
    axisLine: { onZero: false, lineStyle: { color: theme.strongRule } },
    splitLine: { show: false },
    axisLabel: {
      color: theme.soft,
      show: named,
      formatter: (seconds: number) => tickText(seconds),
    },
    axisTick: { show: false },
  } satisfies EChartsOption['xAxis'];
}
