// One series of a trend as a static SVG: values in the order of results, the mean of each level,
// and its changes marked. No script: tooltips are <title> elements, colours are the page's classes.
// Called by render-html; the markup is chart-svg.html.
import type { Trend, TrendChange, TrendSeries } from '../../contract/trend.js';
import { compact, significant } from '../text/format.js';
import { joined, line, templates, type Markup } from '../page/template.js';
import { signed, timeOf } from './describe.js';

const WIDTH = 420;
const HEIGHT = 170;
const LEFT = 46;
const RIGHT = 12;
const TOP = 16;
const BOTTOM = 22;

const fill = templates(import.meta.url, 'chart-svg.html');

export interface ChartOptions {
  /** A dot with a tooltip for every value; without, only where something changed. */
  readonly dots: boolean;
}

/** Where values stand. */
interface Frame {
  /** The sweep's own results, side by side: those of other sweeps take no room. */
  readonly order: readonly number[];
  /** A result's place among them. */
  readonly place: ReadonlyMap<number, number>;
  readonly low: number;
  readonly high: number;
  readonly x: (result: number) => string;
  readonly y: (value: number) => string;
}

export function chartSvg(
  trend: Trend,
  series: TrendSeries,
  name: string,
  { dots }: ChartOptions,
): Markup {
  const { values, changes } = series;
  const frame = frameOf(trend, series);
  return fill('chart', {
    width: WIDTH,
    height: HEIGHT,
    label: line(`${name}: ${values.length} results, ${changes.length} change points`),
    grid: grid(frame),
    dates: dates(trend, frame),
    marks: joined(changes.map((_, index) => mark(trend, changes, index, frame))),
    lines: joined(unbroken(values, frame).map((own) => lineOf(own, frame))),
    levels: levels(series, frame),
    dots: joined(values.flatMap((value) => dotOf(trend, series, value, frame, dots))),
  });
}

function frameOf(trend: Trend, series: TrendSeries): Frame {
  const order = trend.results.flatMap(({ sweep }, result) =>
    sweep === series.sweep ? [result] : [],
  );
  const place = new Map(order.map((result, index) => [result, index]));
  const numbers = series.values.map(([, value]) => value);
  const [low, high] = bounds(Math.min(...numbers), Math.max(...numbers));
  const [across, down] = [WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM];
  const last = Math.max(1, order.length - 1);
  return {
    order,
    place,
    low,
    high,
    x: (result) => (LEFT + (across * place.get(result)!) / last).toFixed(1),
    y: (value) => (TOP + down * (1 - (value - low) / (high - low))).toFixed(1),
  };
}

function grid({ low, high, y }: Frame): Markup {
  const [left, right, at] = [LEFT, WIDTH - RIGHT, LEFT - 5];
  const lines = [low, (low + high) / 2, high].map((value) =>
    fill('grid', { left, right, at, y: y(value), value: compact(value) }),
  );
  return joined(lines);
}

/** The first and the last result's. */
function dates(trend: Trend, { order, x }: Frame): Markup {
  const ends = [
    ...(order.length > 1 ? [[order[0], 'start'] as const] : []),
    [order.at(-1)!, order.length > 1 ? 'end' : 'middle'] as const,
  ].map(([result, anchor]) => {
    const date = line(timeOf(trend, result).slice(0, 10));
    return fill('date', { x: x(result), y: HEIGHT - 6, anchor, date });
  });
  return joined(ends);
}

function mark(trend: Trend, changes: readonly TrendChange[], index: number, { x }: Frame): Markup {
  const change = changes[index];
  const { result, direction, p } = change;
  const size = change.change === null ? 'from 0' : signed(change.change);
  const at = Number(x(result));
  const near = at > WIDTH - 70;
  // Neighbours that are near each other have their labels at two heights.
  const crowded = index % 2 === 1 && at - Number(x(changes[index - 1].result)) < 48;
  return fill('mark', {
    tone: toneOf(change),
    tip: line(`${timeOf(trend, result)} UTC: ${size} ${direction}, p ${p.toPrecision(2)}`),
    x: x(result),
    top: TOP - 3,
    bottom: HEIGHT - BOTTOM,
    y: crowded ? TOP + 7 : TOP - 5,
    dx: near ? -4 : 4,
    anchor: near ? 'end' : 'start',
    label: line(size),
  });
}

function lineOf(values: TrendSeries['values'], { x, y }: Frame): Markup {
  const points = values.map(([result, value]) => `${x(result)},${y(value)}`).join(' ');
  return fill('line', { points });
}

/** Between changes. */
function levels({ values, changes }: TrendSeries, { x, y }: Frame): Markup {
  const starts = changes.map(({ result }) => values.findIndex(([at]) => at === result));
  const lines = [0, ...starts].map((from, i, all) => {
    const own = values.slice(from, all[i + 1] ?? values.length);
    const mean = own.reduce((sum, [, value]) => sum + value, 0) / own.length;
    return fill('level', {
      from: x(own[0][0]),
      to: x(own.at(-1)![0]),
      y: y(mean),
      mean: significant(mean),
      count: own.length,
    });
  });
  return joined(lines);
}

function dotOf(
  trend: Trend,
  { changes }: TrendSeries,
  [result, value]: TrendSeries['values'][number],
  { x, y }: Frame,
  always: boolean,
): Markup[] {
  const change = changes.findLast((each) => each.result === result);
  if (!always && change === undefined) return [];
  const { revision } = trend.results[result];
  const commit = revision === null ? '' : `, commit ${revision.slice(0, 12)}`;
  const dot = fill('dot', {
    tone: change === undefined ? 'dot' : `dot ${toneOf(change)}`,
    x: x(result),
    y: y(value),
    radius: change === undefined ? 2 : 3.5,
    tip: line(`${timeOf(trend, result)} UTC: ${significant(value)}${commit}`),
  });
  return [dot];
}

/** What the machine did is neither the product's fault nor its merit. */
const toneOf = ({ machine, direction }: TrendChange): string =>
  machine === 'changed' ? 'machine' : direction;

/** With a little air; a constant series lies in the middle. */
function bounds(least: number, greatest: number): [low: number, high: number] {
  const air = greatest === least ? Math.abs(greatest) * 0.05 || 1 : (greatest - least) * 0.08;
  return [least - air < 0 && least >= 0 ? 0 : least - air, greatest + air];
}

/** Values that follow each other without a gap: a gap ends the line. */
function unbroken(values: TrendSeries['values'], { place }: Frame): TrendSeries['values'][] {
  const runs: TrendSeries['values'][] = [];
  for (const value of values) {
    const run = runs.at(-1);
    const last = run?.at(-1);
    const follows = last !== undefined && place.get(value[0])! === place.get(last[0])! + 1;
    if (run !== undefined && follows) run.push(value);
    else runs.push([value]);
  }
  return runs;
}
