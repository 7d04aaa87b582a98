// Throughput against the latency of the limit: every point, the front, the limit and the answer.
// Called by main.
import type { CustomSeriesOption, LineSeriesOption, ScatterSeriesOption } from 'echarts';
import { significant } from '../../text/format.js';
import { paretoFront, type Candidate } from '../best-point.js';
import { markTooltip, type Chart, type Drawing } from './chart.js';
import type { Table } from './elements.js';
import { scaleOf, tickText, type Scale } from './axes.js';
import type { LimitKey, MetricKey } from '../page-model.js';
import { figure, latencyName, loopLatency, type Model } from './model.js';
import type { State } from './page-state.js';
import { SYMBOLS, type Theme } from './theme.js';
import { pointTip } from './tips.js';

const MANY = 150;
const TIP: readonly MetricKey[] = ['rate', 'mebibytes', 'p50', 'p95', 'p99', 'p999', 'cpu'];

/** What its series share. */
interface Frame {
  readonly theme: Theme;
  readonly x: Scale;
  /** Of every candidate, with the ends of its range. */
  readonly latencies: readonly number[];
  readonly inFront: ReadonlySet<number>;
  readonly many: boolean;
}

export class ParetoChart implements Chart {
  readonly id = 'pareto';
  readonly needs = ['limit', 'chosen'] as const;

  constructor(
    private readonly model: Model,
    private readonly state: State,
  ) {}

  draw(theme: Theme, width: number): Drawing | null {
    const { model, state } = this;
    const { candidates, limitKey } = state;
    if (candidates.length === 0) return null;
    const frame = this.#frame(theme, width);
    const rates = candidates.map(({ rate }) => rate);
    const y = scaleOf({ name: 'records/s', values: rates, theme, side: 'y', log: false });
    return {
      heightPx: width < 480 ? 320 : 400,
      option: {
        // Room for the clients' names, where they are told apart.
        grid: { left: 54, right: model.clientSetting === null ? 20 : 72, top: 34, bottom: 44 },
        xAxis: frame.x.axis,
        // Room for the labels above the highest marks.
        yAxis: {
          ...y.axis,
          max: 1.08 * Math.max(...rates),
          axisLabel: { color: theme.soft, formatter: tickText, showMaxLabel: false },
        },
        series: [
          this.#whiskers(frame),
          ...this.#fronts(frame),
          this.#behind(frame),
          this.#inFront(frame),
          this.#shown(frame),
          this.#best(frame),
        ],
        tooltip: markTooltip<{ point: number }>(theme, ({ point }) =>
          point === undefined ? null : pointTip(model, point, [...new Set([...TIP, limitKey])]),
        ),
      },
    };
  }

  #frame(theme: Theme, width: number): Frame {
    const { candidates, front, limitKey, loop } = this.state;
    const latencies = candidates.flatMap(({ point, latency }) => [
      latency,
      ...(this.model.range(point, limitKey) ?? []),
    ]);
    const x = scaleOf({
      name: `${latencyName(limitKey)} of ${loopLatency(loop)}, ms`,
      values: latencies,
      theme,
      side: 'x',
      fromZero: false,
      ticks: width < 480 ? 5 : 8,
    });
    const inFront = new Set(front.map(({ point }) => point));
    return { theme, x, latencies, inFront, many: candidates.length > MANY };
  }

  /** The ranges of the points shown and, where there are not many points, of the front's. */
  #whiskers({ theme, x, inFront, many }: Frame): CustomSeriesOption {
    const { shown, loop, limitKey } = this.state;
    const spread = [...new Set([...shown, ...(many ? [] : inFront)])].filter(
      (point) => this.model.points[point].loop === loop,
    );
    return {
      type: 'custom',
      silent: true,
      z: 1,
      data: spread.map((point) => ({ value: whisker(this.model, point, limitKey, x.at) })),
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
        const across = line([at(0), at(4)], [at(2), at(4)]);
        return { type: 'group', children: [across, line([at(1), at(3)], [at(1), at(5)])] };
      },
    };
  }

  /** One, or where clients are compared one of each, in the colour of its point that is shown. */
  #fronts(frame: Frame): LineSeriesOption[] {
    const { model, state } = this;
    const { clients, clientSetting } = model;
    if (clientSetting === null) return [frontLine(frame, state.front)];
    return clients.map((client) => {
      const own = state.candidates.filter(({ point }) => model.clientOf(point) === client);
      const places = state.shown.flatMap((point, place) =>
        model.clientOf(point) === client ? [place] : [],
      );
      const color = places.length === 1 ? frame.theme.series[places[0]] : frame.theme.soft;
      return {
        ...frontLine(frame, paretoFront(own)),
        ...{ step: false, lineStyle: { color, width: 1.5 } },
        endLabel: { show: true, color, formatter: model.valueLabel(clientSetting, client) },
        // Clients that keep the same rate end at one height.
        labelLayout: { moveOverlap: 'shiftY' },
      };
    });
  }

  /** What is not in front, and the limit across all. */
  #behind({ theme, x, latencies, inFront, many }: Frame): ScatterSeriesOption {
    const { candidates, limitMs } = this.state;
    const label = { color: theme.accent, position: 'end', distance: 4 } as const;
    return {
      type: 'scatter',
      z: 3,
      symbolSize: many ? 5 : 8,
      itemStyle: {
        color: theme.ground,
        borderColor: theme.soft,
        borderWidth: many ? 0.75 : 1.25,
        opacity: many ? 0.8 : 1,
      },
      data: candidates.filter(({ point }) => !inFront.has(point)).map((each) => markOf(each, x)),
      markLine: {
        silent: true,
        symbol: 'none',
        animation: false,
        lineStyle: { color: theme.accent, type: 'solid', width: 1.5 },
        label: { ...label, formatter: `limit ${tickText(limitMs)} ms` },
        data: [{ xAxis: clamp(x.at(limitMs), x, latencies) }],
      },
    };
  }

  #inFront({ theme, x, many }: Frame): ScatterSeriesOption {
    return {
      type: 'scatter',
      z: 4,
      symbolSize: many ? 7 : 9,
      itemStyle: { color: theme.soft },
      data: this.state.front.map((each) => markOf(each, x)),
    };
  }

  #shown({ theme, x }: Frame): ScatterSeriesOption {
    const { shown, candidates } = this.state;
    const data = shown.flatMap((point, place) => {
      const of = candidates.find((each) => each.point === point);
      if (of === undefined) return [];
      const itemStyle = {
        color: theme.series[place],
        borderColor: theme.ground,
        borderWidth: 1,
      };
      return [{ ...markOf(of, x), symbol: SYMBOLS[place], itemStyle }];
    });
    return { type: 'scatter', z: 5, symbolSize: 12, data };
  }

  #best({ theme, x }: Frame): ScatterSeriesOption {
    const { candidates, best } = this.state;
    const text = { formatter: 'best', color: theme.ink, fontWeight: 600 } as const;
    return {
      type: 'scatter',
      z: 6,
      silent: true,
      symbolSize: 22,
      itemStyle: { color: 'transparent', borderColor: theme.ink, borderWidth: 1.75 },
      label: { show: true, position: 'top', distance: 4, ...text },
      data: candidates
        .filter(({ point }) => point === best)
        .map(({ rate, latency }) => [x.at(latency), rate]),
    };
  }

  label(): string {
    const { front, candidates, limitKey } = this.state;
    const told = front.slice(0, 8).map(({ point, rate, latency }) => {
      const { id } = this.model.points[point];
      return `${id} with ${figure('rate', rate)} at ${figure(limitKey, latency)}`;
    });
    return (
      `Scatter of throughput against ${latencyName(limitKey)} for ${candidates.length} points. ` +
      `${front.length} on the Pareto front: ${told.join('; ')}.`
    );
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

const frontLine = ({ theme, x }: Frame, front: readonly Candidate[]): LineSeriesOption => ({
  type: 'line',
  step: 'end',
  silent: true,
  symbol: 'none',
  z: 2,
  lineStyle: { color: theme.soft, width: 1.25 },
  data: front.map(({ rate, latency }) => [x.at(latency), rate]),
});

const markOf = ({ point, rate, latency }: Candidate, x: Scale) => ({
  value: [x.at(latency), rate],
  point,
});

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
