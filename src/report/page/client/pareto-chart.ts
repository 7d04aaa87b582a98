// Throughput against p99: every point, the front, the limit and the answer. Called by main.
import { significant } from '../../format.js';
import { tooltipOption, type Chart, type Drawing } from './chart.js';
import type { Table } from './elements.js';
import { scaleOf, tickText, type Scale } from './axes.js';
import { figure, loopLatency, type Model } from './model.js';
import type { State } from './state.js';
import { SYMBOLS, type Theme } from './theme.js';
import { pointTip } from './tips.js';

const MANY = 150;

export class ParetoChart implements Chart {
  readonly id = 'pareto';
  readonly needs = ['limit', 'chosen'] as const;

  constructor(
    private readonly model: Model,
    private readonly state: State,
  ) {}

  draw(theme: Theme, width: number): Drawing | null {
    const { model, state } = this;
    const { candidates, front, limitMs } = state;
    if (candidates.length === 0) return null;
    const p99s = candidates.flatMap(({ point, p99 }) => [p99, ...(model.range(point, 'p99') ?? [])]);
    const x = scaleOf({
      name: `p99 of ${loopLatency(state.loop)}, ms`,
      values: p99s,
      theme,
      side: 'x',
      fromZero: false,
      ticks: width < 480 ? 5 : 8,
    });
    const y = scaleOf({ name: 'records/s', values: candidates.map(({ rate }) => rate), theme, side: 'y', log: false });
    const inFront = new Set(front.map(({ point }) => point));
    const many = candidates.length > MANY;
    const mark = (point: number, rate: number, p99: number) => ({ value: [x.at(p99), rate], point });
    const spread = [...new Set([...state.shown, ...(many ? [] : inFront)])].filter(
      (point) => model.points[point].loop === state.loop,
    );
    return {
      heightPx: width < 480 ? 320 : 400,
      option: {
        grid: { left: 54, right: 20, top: 34, bottom: 44 },
        xAxis: x.axis,
        // Room for the labels above the highest marks.
        yAxis: {
          ...y.axis,
          max: 1.08 * Math.max(...candidates.map(({ rate }) => rate)),
          axisLabel: { color: theme.soft, formatter: tickText, showMaxLabel: false },
        },
        series: [
          {
            type: 'custom',
            silent: true,
            z: 1,
            data: spread.map((point) => ({ value: whisker(model, point, x.at) })),
            encode: { x: [0, 1, 2], y: [3, 4, 5] },
            renderItem: (_, api) => {
              const at = (dimension: number): number => Number(api.value(dimension));
              const line = (from: [number, number], to: [number, number]) => {
                const [a, b] = [api.coord(from), api.coord(to)];
                return {
                  type: 'line' as const,
                  shape: { x1: a[0], y1: a[1], x2: b[0], y2: b[1] },
                  style: { stroke: theme.strongRule, lineWidth: 1 },
                };
              };
              return {
                type: 'group',
                children: [line([at(0), at(4)], [at(2), at(4)]), line([at(1), at(3)], [at(1), at(5)])],
              };
            },
          },
          {
            type: 'line',
            step: 'end',
            silent: true,
            symbol: 'none',
            z: 2,
            lineStyle: { color: theme.soft, width: 1.25 },
            data: front.map(({ rate, p99 }) => [x.at(p99), rate]),
          },
          {
            type: 'scatter',
            z: 3,
            symbolSize: many ? 5 : 8,
            itemStyle: {
              color: theme.ground,
              borderColor: theme.soft,
              borderWidth: many ? 0.75 : 1.25,
              opacity: many ? 0.8 : 1,
            },
            data: candidates
              .filter(({ point }) => !inFront.has(point))
              .map(({ point, rate, p99 }) => mark(point, rate, p99)),
            markLine: {
              silent: true,
              symbol: 'none',
              animation: false,
              lineStyle: { color: theme.accent, type: 'solid', width: 1.5 },
              label: { formatter: `limit ${tickText(limitMs)} ms`, color: theme.accent, position: 'end', distance: 4 },
              data: [{ xAxis: clamp(x.at(limitMs), x, p99s) }],
            },
          },
          {
            type: 'scatter',
            z: 4,
            symbolSize: many ? 7 : 9,
            itemStyle: { color: theme.soft },
            data: front.map(({ point, rate, p99 }) => mark(point, rate, p99)),
          },
          {
            type: 'scatter',
            z: 5,
            symbolSize: 12,
            data: state.shown.flatMap((point, place) => {
              const of = candidates.find((each) => each.point === point);
              if (of === undefined) return [];
              return [
                {
                  ...mark(point, of.rate, of.p99),
                  symbol: SYMBOLS[place],
                  itemStyle: { color: theme.series[place], borderColor: theme.ground, borderWidth: 1 },
                },
              ];
            }),
          },
          {
            type: 'scatter',
            z: 6,
            silent: true,
            symbolSize: 22,
            itemStyle: { color: 'transparent', borderColor: theme.ink, borderWidth: 1.75 },
            label: { show: true, position: 'top', distance: 4, formatter: 'best', color: theme.ink, fontWeight: 600 },
            data: candidates.filter(({ point }) => point === state.best).map(({ rate, p99 }) => [x.at(p99), rate]),
          },
        ],
        tooltip: {
          ...(tooltipOption(theme) as object),
          formatter: (item) => {
            const { point } = (Array.isArray(item) ? item[0] : item).data as { point?: number };
            return point === undefined
              ? ''
              : pointTip(model, point, ['rate', 'mebibytes', 'p50', 'p99', 'p999', 'cpu']);
          },
        },
      },
    };
  }

  label(): string {
    const { front, candidates } = this.state;
    const told = front
      .slice(0, 8)
      .map(
        ({ point, rate, p99 }) =>
          `${this.model.points[point].id} with ${figure('rate', rate)} at ${figure('p99', p99)}`,
      );
    return `Scatter of throughput against p99 for ${candidates.length} points. ${front.length} on the Pareto front: ${told.join('; ')}.`;
  }

  table(): Table {
    return {
      caption: 'The Pareto front, by p99',
      head: ['point', 'records/s', 'p99 ms', 'settings'],
      rows: this.state.front.map(({ point, rate, p99 }) => [
        this.model.points[point].id,
        significant(rate),
        significant(p99),
        this.model.settingsText(point),
      ]),
    };
  }

  onPoint(point: number): void {
    this.state.toggle(point);
  }
}

/** Ends and middle in both directions. */
function whisker(model: Model, point: number, at: (value: number) => number): number[] {
  const [p99, rate] = [model.median(point, 'p99') ?? 0, model.median(point, 'rate') ?? 0];
  const [lowP99, highP99] = model.range(point, 'p99') ?? [p99, p99];
  const [lowRate, highRate] = model.range(point, 'rate') ?? [rate, rate];
  return [at(lowP99), at(p99), at(highP99), lowRate, rate, highRate];
}

/** A limit beyond all points is drawn at the axis's end. */
function clamp(value: number, { log, axis }: Scale, p99s: readonly number[]): number {
  const [low, high] = log ? [Number(axis['min']), Number(axis['max'])] : [Math.min(...p99s), Math.max(...p99s)];
  return Math.min(high, Math.max(low, value));
}
