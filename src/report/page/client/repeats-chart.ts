// Each run a mark, point by point: how far repeats of the same thing lie apart. Called by main.
import type { CustomSeriesOption, EChartsOption, ScatterSeriesOption } from 'echarts';
import { PAGE_METRICS, type MetricKey } from '../page-model.js';
import { scaleOf, type Scale } from './axes.js';
import { markTooltip, type Chart, type ChartView, type Drawing } from './chart.js';
import { chooser, type Table } from './elements.js';
import { figure, metricOf, metricTitle, short, type Model, type Run } from './model.js';
import type { State } from './page-state.js';
import { SYMBOLS, type Theme } from './theme.js';
import { tip } from './tips.js';
import { plural } from '../../text/format.js';

/** More rows than this no one reads: then the points shown and the best by throughput. */
const MAX_ROWS = 40;
const ROW_HEIGHT = 20;
const CHOICES: readonly MetricKey[] = ['rate', 'p50', 'p75', 'p95', 'p99', 'p999', 'max', 'cpu'];

/** A run where it stands: its point's row, and its figure. */
interface Placed {
  readonly run: Run;
  readonly row: number;
  readonly value: number;
}

const CROSS = 'path://M0,1 L1,0 L5,4 L9,0 L10,1 L6,5 L10,9 L9,10 L5,6 L1,10 L0,9 L4,5 Z';

export class RepeatsChart implements Chart {
  readonly id = 'repeats';
  readonly needs = ['chosen', 'limit'] as const;
  #metric: MetricKey;

  constructor(
    private readonly model: Model,
    private readonly state: State,
  ) {
    this.#metric = model.mainMetric;
  }

  controls(view: ChartView): void {
    const choices = PAGE_METRICS.filter(({ key }) => CHOICES.includes(key)).map(({ key }) => ({
      value: key,
      label: metricTitle(key),
    }));
    view.controls.replaceChildren(
      chooser('Of', choices, this.#metric, (key) => {
        this.#metric = key;
        view.update();
      }),
    );
  }

  #rows(): number[] {
    const all = this.model.points
      .map((_, point) => point)
      .filter((point) =>
        this.model.runsOf[point].some(
          ({ index }) => this.model.ofRun(index, this.#metric) !== null,
        ),
      );
    const mixed = this.model.loops.length > 1 && this.#metric !== 'rate';
    const told = mixed
      ? all.filter((point) => this.model.points[point].loop === this.state.loop)
      : all;
    const ranked = told.toSorted(
      (a, b) => (this.model.median(b, 'rate') ?? -1) - (this.model.median(a, 'rate') ?? -1),
    );
    const rows = [
      ...new Set([...this.state.shown.filter((point) => told.includes(point)), ...ranked]),
    ].slice(0, MAX_ROWS);
    const falls = metricOf(this.#metric).better === 'lower';
    return rows.sort(
      (a, b) =>
        (falls ? 1 : -1) *
        ((this.model.median(a, this.#metric) ?? 0) - (this.model.median(b, this.#metric) ?? 0)),
    );
  }

  draw(theme: Theme): Drawing | null {
    const rows = this.#rows();
    if (rows.length === 0) return null;
    const runs = rows.flatMap((point, row) =>
      this.model.runsOf[point].flatMap((run): Placed[] => {
        const value = this.model.ofRun(run.index, this.#metric);
        return value === null ? [] : [{ run, row, value }];
      }),
    );
    const values = runs.map(({ value }) => value);
    const x = scaleOf({ name: metricTitle(this.#metric), values, theme, side: 'x', ticks: 6 });
    return {
      heightPx: rows.length * ROW_HEIGHT + 60,
      option: {
        grid: { left: 64, right: 20, top: 6, bottom: 46 },
        xAxis: x.axis,
        yAxis: pointAxis(
          theme,
          rows.map((point) => this.model.points[point].id),
        ),
        series: [
          this.#ranges(rows, x, theme),
          this.#counted(runs, x, theme),
          leftOut(runs, x, theme),
        ],
        tooltip: markTooltip<ReturnType<typeof markOf>>(theme, (mark) => this.#tip(mark)),
      },
    };
  }

  /** The bar of each row. */
  #ranges(rows: readonly number[], x: Scale, theme: Theme): CustomSeriesOption {
    return {
      type: 'custom',
      silent: true,
      data: rows.flatMap((point, row) => {
        const range = this.model.range(point, this.#metric);
        return range === null ? [] : [{ value: [x.at(range[0]), x.at(range[1]), row] }];
      }),
      encode: { x: [0, 1], y: 2 },
      renderItem: (_, api) => {
        const [from, to] = [0, 1].map((end) => api.coord([api.value(end), api.value(2)]));
        return {
          type: 'line',
          shape: { x1: from[0], y1: from[1], x2: to[0], y2: to[1] },
          style: { stroke: theme.strongRule, lineWidth: 3, lineCap: 'round' },
        };
      },
    };
  }

  #counted(runs: readonly Placed[], x: Scale, theme: Theme): ScatterSeriesOption {
    const data = runs
      .filter(({ run }) => run.counted)
      .map((each) => {
        const place = this.state.shown.indexOf(each.run.point);
        const color = place < 0 ? theme.soft : theme.series[place];
        const symbol = place < 0 ? 'circle' : SYMBOLS[place];
        return { ...markOf(each, x), symbol, itemStyle: { color, opacity: 0.85 } };
      });
    return { type: 'scatter', symbolSize: 8, data };
  }

  #tip({ point, run }: { readonly point?: number; readonly run?: number }): HTMLElement | null {
    if (point === undefined || run === undefined) return null;
    const { runs: columns } = this.model.data;
    const { id } = this.model.points[point];
    const reason = columns.reason[run];
    const element = tip(
      `${id}, run ${columns.run[run]}, repeat ${columns.repeat[run]}`,
      this.model.settingsText(point),
      [[metricOf(this.#metric).label, figure(this.#metric, this.model.ofRun(run, this.#metric))]],
    );
    if (reason !== '') element.append(`Left out: ${reason}`);
    return element;
  }

  said(): string {
    const rows = this.#rows();
    if (rows.length === 0) return 'No run has this figure.';
    const all = this.model.points.length;
    const cut =
      rows.length === MAX_ROWS && all > MAX_ROWS
        ? `The points shown and those with the most records/s, ${MAX_ROWS} of ${all}. `
        : '';
    const without =
      this.model.data.runs.metrics.rate?.filter((value) => value === null).length ?? 0;
    if (without === 0) return cut;
    const has = without === 1 ? 'has' : 'have';
    return `${cut}${plural(without, 'run')} measured nothing and so ${has} no mark.`;
  }

  label(): string {
    return (
      `${metricTitle(this.#metric)} of every run of ${this.#rows().length} points. ` +
      "The table below has each point's range."
    );
  }

  table(): Table {
    return {
      caption: metricTitle(this.#metric),
      head: ['point', 'valid runs', 'median', 'low', 'high', 'settings'],
      rows: this.#rows().map((point) => {
        const range = this.model.range(point, this.#metric);
        const told = (value: number | null | undefined): string =>
          value == null ? '–' : short(this.#metric, value);
        return [
          this.model.points[point].id,
          String(this.model.points[point].valid),
          told(this.model.median(point, this.#metric)),
          told(range?.[0]),
          told(range?.[1]),
          this.model.settingsText(point),
        ];
      }),
    };
  }

  onPoint(point: number): void {
    this.state.toggle(point);
  }
}

const markOf = ({ run, row, value }: Placed, x: Scale) => ({
  value: [x.at(value), row],
  point: run.point,
  run: run.index,
});

/** Runs that enter no figure. */
function leftOut(runs: readonly Placed[], x: Scale, theme: Theme): ScatterSeriesOption {
  return {
    type: 'scatter',
    symbol: CROSS,
    symbolSize: 9,
    itemStyle: { color: theme.bad },
    data: runs.filter(({ run }) => !run.counted).map((each) => markOf(each, x)),
  };
}

function pointAxis(theme: Theme, data: string[]): EChartsOption['yAxis'] {
  const fit = { interval: 0, width: 54, overflow: 'truncate' } as const;
  return {
    type: 'category',
    inverse: true,
    data,
    axisLine: { show: false },
    axisTick: { show: false },
    axisLabel: { ...fit, color: theme.soft, fontSize: 11 },
    splitLine: { show: false },
  };
}
