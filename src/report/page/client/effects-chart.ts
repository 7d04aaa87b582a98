// What each setting does by itself, as ratios to its first value, with intervals over repeats and a
// mark for each combination of the others. Called by main.
import type { CustomSeriesOption, EChartsOption, ScatterSeriesOption } from 'echarts';
import { mainEffects, type Effect, type EffectPoint } from '../main-effects.js';
import { PAGE_METRICS, type MetricKey } from '../page-model.js';
import { scaleOf, type Scale } from './axes.js';
import { markTooltip, type Chart, type ChartView, type Drawing } from './chart.js';
import { chooser, type Table } from './elements.js';
import { metricOf, shortName, type Model } from './model.js';
import type { State } from './page-state.js';
import type { Theme } from './theme.js';
import { tip } from './tips.js';

const ROW_HEIGHT = 30;
/**
 * With fewer of the combinations on the effect's side of 0 it is no effect of the setting by
 * itself.
 */
const AGREEING = 0.8;
const CHOICES: readonly MetricKey[] = [
  'rate',
  'p50',
  'p75',
  'p95',
  'p99',
  'p999',
  'batchBytes',
  'requests',
  'cpu',
];

interface Row extends Effect {
  readonly setting: number;
  readonly label: string;
}

export class EffectsChart implements Chart {
  readonly id = 'effects';
  readonly needs = ['limit'] as const;
  #metric: MetricKey;

  constructor(
    private readonly model: Model,
    private readonly state: State,
  ) {
    this.#metric = model.mainMetric;
  }

  controls(view: ChartView): void {
    const choices = PAGE_METRICS.filter(({ key }) => CHOICES.includes(key)).map(
      ({ key, label }) => ({
        value: key,
        label,
      }),
    );
    view.controls.replaceChildren(
      chooser('Effect on', choices, this.#metric, (key) => {
        this.#metric = key;
        view.update();
      }),
    );
  }

  #rows(): Row[] {
    const { settings } = this.model.data;
    const points = this.model.points.flatMap((point, index): EffectPoint[] => {
      if (this.model.loops.length > 1 && point.loop !== this.state.loop) return [];
      const byRepeat = new Map<number, number>();
      for (const run of this.model.runsOf[index]) {
        const value = run.counted ? this.model.ofRun(run.index, this.#metric) : null;
        if (value !== null) byRepeat.set(run.repeat, value);
      }
      return [{ values: point.values, byRepeat }];
    });
    return settings.flatMap(({ name, values }, setting) =>
      mainEffects(points, setting).map((effect) => ({
        ...effect,
        setting,
        label: `${shortName(name)}  ${values[0].label} → ${values[effect.value].label}`,
      })),
    );
  }

  draw(theme: Theme, width: number): Drawing | null {
    const rows = this.#rows();
    if (rows.length === 0) return null;
    const narrow = width < 620;
    const labels = rows.map(({ label }) => label);
    const parts = narrow ? labels.flatMap((label) => label.split('  ')) : labels;
    const widest = Math.max(...parts.map(({ length }) => length));
    const left = 14 + Math.min(330, (narrow ? 6 : 6.5) * widest);
    const x = ratioScale(rows, theme, narrow ? 3 : 9);
    const colours = rows.map((row) => this.#colourOf(row, theme));
    const height = narrow ? ROW_HEIGHT + 10 : ROW_HEIGHT;
    return {
      heightPx: rows.length * height + 40,
      option: {
        grid: { left, right: 64, top: 6, bottom: 30 },
        xAxis: x.axis,
        yAxis: rowAxes(rows, narrow, theme),
        series: [
          combinations(rows, x, theme),
          intervals(rows, x, colours),
          ratios(rows, x, colours, theme),
        ],
        tooltip: markTooltip<{ row: number }>(theme, ({ row }) =>
          row === undefined ? null : this.#tip(rows[row]),
        ),
      },
    };
  }

  #colourOf({ low, high, ratio, pairs }: Row, theme: Theme): string {
    const { better } = metricOf(this.#metric);
    const unsure = low === null || high === null || (low <= 1 && high >= 1);
    const agreeing = pairs.filter((pair) => pair > 1 === ratio > 1).length / pairs.length;
    if (unsure || agreeing < AGREEING || better === null) return theme.soft;
    return ratio > 1 === (better === 'higher') ? theme.series[0] : theme.series[1];
  }

  #tip({ label, ratio, low, high, kind, repeats, pairs }: Row): HTMLElement {
    const over = `${changeText(Math.min(...pairs))} to ${changeText(Math.max(...pairs))}`;
    return tip(label, metricOf(this.#metric).label, [
      ['Effect', changeText(ratio)],
      [
        kind === 'interval' ? '95 % interval' : 'Least to greatest repeat',
        low === null || high === null
          ? 'one repeat only'
          : `${changeText(low)} to ${changeText(high)}`,
      ],
      ['Repeats', String(repeats)],
      ['Combinations of the others', String(pairs.length)],
      ['Over these', over],
    ]);
  }

  said(): string {
    const rows = this.#rows();
    if (rows.length === 0)
      return (
        'No two points with figures differ in one setting alone, ' +
        'so no effect can be told apart from the others.'
      );
    const kind =
      rows[0].kind === 'interval'
        ? '95 % interval over repeats'
        : 'least to greatest repeat (an interval needs 6)';
    return (
      `Bars: ${kind}. Blue for the better, orange for the worse; grey where a bar reaches ` +
      'across 0, or where fewer than four in five combinations go the same way.'
    );
  }

  label(): string {
    const told = this.#rows().map(({ label, ratio }) => `${label}: ${changeText(ratio)}`);
    const effects = told.slice(0, 12).join('; ');
    return `Effect of each setting on ${metricOf(this.#metric).label}. ${effects}.`;
  }

  table(): Table {
    return {
      caption: `Effect on ${metricOf(this.#metric).label}, all other settings held`,
      head: ['setting', 'effect', 'low', 'high', 'repeats', 'combinations', 'least', 'greatest'],
      rows: this.#rows().map(({ label, ratio, low, high, repeats, pairs }) => [
        label,
        changeText(ratio),
        low === null ? '–' : changeText(low),
        high === null ? '–' : changeText(high),
        String(repeats),
        String(pairs.length),
        changeText(Math.min(...pairs)),
        changeText(Math.max(...pairs)),
      ]),
    };
  }
}

/** Wide enough for every effect, its interval and its combinations; 1 in any case. */
function ratioScale(rows: readonly Row[], theme: Theme, ticks: number): Scale {
  const values = rows.flatMap(({ ratio, low, high, pairs }) => [
    ratio,
    low ?? ratio,
    high ?? ratio,
    ...pairs,
    1,
  ]);
  return scaleOf({ name: '', values, theme, side: 'x', log: true, ticks, format: changeText });
}

/** What a row is to the left, its effect to the right. */
function rowAxes(rows: readonly Row[], narrow: boolean, theme: Theme): EChartsOption['yAxis'] {
  // Where there is little room, the setting above its values.
  const labels = rows.map(({ label }) => (narrow ? label.replace('  ', '\n') : label));
  const effects = rows.map(({ ratio }) => changeText(ratio));
  const text = { color: theme.ink, fontSize: 12 };
  return [
    rowAxis(labels, { ...text, fontSize: narrow ? 11 : 12, lineHeight: 14 }),
    { ...rowAxis(effects, { ...text, fontWeight: 'bold' }), position: 'right' },
  ];
}

/** A mark for each combination of the other settings, and the line of no effect. */
function combinations(rows: readonly Row[], x: Scale, theme: Theme): ScatterSeriesOption {
  return {
    type: 'scatter',
    symbol: 'rect',
    symbolSize: [1.5, 12],
    itemStyle: { color: theme.strongRule },
    silent: true,
    data: rows.flatMap((row, index) => row.pairs.map((pair) => [x.at(pair), index])),
    markLine: {
      silent: true,
      symbol: 'none',
      label: { show: false },
      lineStyle: { color: theme.ink, type: 'solid', width: 1 },
      data: [{ xAxis: 0 }],
    },
  };
}

function intervals(rows: readonly Row[], x: Scale, colours: readonly string[]): CustomSeriesOption {
  return {
    type: 'custom',
    silent: true,
    data: rows.map(({ ratio, low, high }, index) => ({
      value: [x.at(low ?? ratio), x.at(high ?? ratio), index],
    })),
    encode: { x: [0, 1], y: 2 },
    renderItem: (item, api) => {
      const [from, to] = [0, 1].map((end) => api.coord([api.value(end), api.value(2)]));
      const width = Math.max(2, to[0] - from[0] + 2);
      return {
        type: 'rect',
        shape: { x: from[0] - 1, y: from[1] - 3, width, height: 6 },
        style: { fill: colours[item.dataIndex] },
      };
    },
  };
}

function ratios(
  rows: readonly Row[],
  x: Scale,
  colours: readonly string[],
  theme: Theme,
): ScatterSeriesOption {
  return {
    type: 'scatter',
    symbolSize: 11,
    data: rows.map((row, index) => ({
      value: [x.at(row.ratio), index],
      itemStyle: { color: colours[index], borderColor: theme.ground, borderWidth: 1.5 },
      row: index,
    })),
  };
}

function rowAxis(data: string[], axisLabel: object) {
  return {
    type: 'category' as const,
    inverse: true,
    data,
    axisLine: { show: false },
    axisTick: { show: false },
    axisLabel: { interval: 0, ...axisLabel },
    splitLine: { show: false },
  };
}

/** `+12 %`, `-3.1 %`; `2.4×` from a doubling on. */
export function changeText(ratio: number): string {
  if (ratio >= 2) return `${ratio >= 10 ? ratio.toFixed(0) : Number(ratio.toFixed(1))}×`;
  const change = (ratio - 1) * 100;
  if (Math.abs(change) < 0.05) return '0 %';
  const size = Math.abs(change);
  const digits = size >= 9.95 ? size.toFixed(0) : Number(size.toFixed(1));
  return `${change > 0 ? '+' : '−'}${digits} %`;
}
