// Throughput against the latency of the limit: every point, the front, the limit and the answer.
// Called by main.
import { significant } from '../../format.js';
import { tooltipOption, type Chart, type Drawing } from './chart.js';
import type { Table } from './elements.js';
import { scaleOf, tickText, type Scale } from './axes.js';
import type { LimitKey, MetricKey } from '../page-model.js';
import { figure, latencyName, loopLatency, type Model } from './model.js';
import type { State } from './state.js';
import { SYMBOLS, type Theme } from './theme.js';
import { pointTip } from './tips.js';

const MANY = 150;
const TIP: readonly MetricKey[] = ['rate', 'mebibytes', 'p50', 'p95', 'p99', 'p999', 'cpu'];

export class ParetoChart implements Chart {
  readonly id = 'pareto';
  readonly needs = ['limit', 'chosen'] as const;

  constructor(
    private readonly model: Model,
    private readonly state: State,
  ) {}

  draw(theme: Theme, width: number): Drawing | null {
    const { model, state } = this;
    const { candidates, front, limitMs, limitKey } = state;
    if (candidates.length === 0) return null;
    const latencies = candidates.flatMap(({ point, latency }) => [
      latency,
      ...(model.range(point, limitKey) ?? []),
    ]);
    const x = scaleOf({
      name: `${latencyName(limitKey)} of ${loopLatency(state.loop)}, ms`,
      values: latencies,
      theme,
      side: 'x',
      fromZero: false,
      ticks: width < 480 ? 5 : 8,
    });
    const y = scaleOf({
      name: 'records/s',
      values: candidates.map(({ rate }) => rate),
      theme,
      side: 'y',
      log: false,
    });
    const inFront = new Set(front.map(({ point }) => point));
    const many = candidates.length > MANY;
    const mark = (point: number, rate: number, latency: number) => ({
      value: [x.at(latency), rate],
      point,
    });
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
            data: spread.map((point) => ({ value: whisker(model, point, limitKey, x.at) })),
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
                children: [
                  line([at(0), at(4)], [at(2), at(4)]),
                  line([at(1), at(3)], [at(1), at(5)]),
                ],
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
            data: front.map(({ rate, latency }) => [x.at(latency), rate]),
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
              .map(({ point, rate, latency }) => mark(point, rate, latency)),
            markLine: {
              silent: true,
              symbol: 'none',
              animation: false,
              lineStyle: { color: theme.accent, type: 'solid', width: 1.5 },
              label: {
                formatter: `limit ${tickText(limitMs)} ms`,
                color: theme.accent,
                position: 'end',
                distance: 4,
              },
              data: [{ xAxis: clamp(x.at(limitMs), x, latencies) }],
            },
          },
          {
            type: 'scatter',
            z: 4,
            symbolSize: many ? 7 : 9,
            itemStyle: { color: theme.soft },
            data: front.map(({ point, rate, latency }) => mark(point, rate, latency)),
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
                  ...mark(point, of.rate, of.latency),
                  symbol: SYMBOLS[place],
                  itemStyle: {
                    color: theme.series[place],
                    borderColor: theme.ground,
                    borderWidth: 1,
                  },
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
            label: {
              show: true,
              position: 'top',
              distance: 4,
              formatter: 'best',
              color: theme.ink,
              fontWeight: 600,
            },
            data: candidates
              .filter(({ point }) => point === state.best)
              .map(({ rate, latency }) => [x.at(latency), rate]),
          },
        ],
        tooltip: {
          ...(tooltipOption(theme) as object),
          formatter: (item) => {
            const { point } = (Array.isArray(item) ? item[0] : item).data as { point?: number };
            return point === undefined
              ? ''
              : pointTip(model, point, [...new Set([...TIP, limitKey])]);
          },
        },
      },
    };
  }

  label(): string {
    const { front, candidates, limitKey } = this.state;
    const told = front
      .slice(0, 8)
      .map(
        ({ point, rate, latency }) =>
          `${this.model.points[point].id} with ${figure('rate', rate)} at ${figure(limitKey, latency)}`,
      );
    return `Scatter of throughput against ${latencyName(limitKey)} for ${candidates.length} points. ${front.length} on the Pareto front: ${told.join('; ')}.`;
  }

  table(): Table {
    const { limitKey } = this.state;
    const name = latencyName(limitKey);
    return {
      caption: `The Pareto front, by ${name}`,
      head: ['point', 'records/s', `${name} ms`, 'settings'],
      rows: this.state.front.map(({ point, rate, latency }) => [
        this.model.points[point].id,
        significant(rate),
        significant(latency),
        this.model.settingsText(point),
      ]),
    };
  }

  onPoint(point: number): void {
    this.state.toggle(point);
  }
}

/** Ends and middle in both directions. */
function whisker(
  model: Model,
  point: number,
  key: LimitKey,
  at: (value: number) => number,
): number[] {
  const [latency, rate] = [model.median(point, key) ?? 0, model.median(point, 'rate') ?? 0];
  const [low, high] = model.range(point, key) ?? [latency, latency];
  const [lowRate, highRate] = model.range(point, 'rate') ?? [rate, rate];
  return [at(low), at(latency), at(high), lowRate, rate, highRate];
}

/** A limit beyond all points is drawn at the axis's end. */
function clamp(value: number, { log, axis }: Scale, latencies: readonly number[]): number {
  const [low, high] = log
    ? [Number(axis['min']), Number(axis['max'])]
    : [Math.min(...latencies), Math.max(...latencies)];
  return Math.min(high, Math.max(low, value));
}
