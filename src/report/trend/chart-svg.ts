// One series of a trend as a static SVG: values in the order of results, the mean of each level, and its changes marked. No script: tooltips are
// <title> elements, colours are the page's classes. Called by render-html.
import type { Trend, TrendChange, TrendSeries } from '../../contract/trend.js';
import { escapeLine } from '../escape-html.js';
import { compact, significant } from '../format.js';
import { signed, timeOf } from './describe.js';

const WIDTH = 420;
const HEIGHT = 170;
const LEFT = 46;
const RIGHT = 12;
const TOP = 16;
const BOTTOM = 22;

export interface ChartOptions {
  /** A dot with a tooltip for every value; without, only where something changed. */
  readonly dots: boolean;
}

export function chartSvg(trend: Trend, series: TrendSeries, name: string, { dots }: ChartOptions): string {
  const { values, changes } = series;
  // The sweep's own results, side by side: those of other sweeps take no room.
  const order = trend.results.flatMap(({ sweep }, result) => (sweep === series.sweep ? [result] : []));
  const place = new Map(order.map((result, index) => [result, index]));
  const x = (result: number): string =>
    (LEFT + ((WIDTH - LEFT - RIGHT) * place.get(result)!) / Math.max(1, order.length - 1)).toFixed(1);
  const numbers = values.map(([, value]) => value);
  const [low, high] = bounds(Math.min(...numbers), Math.max(...numbers));
  const y = (value: number): string => (TOP + (HEIGHT - TOP - BOTTOM) * (1 - (value - low) / (high - low))).toFixed(1);

  const grid = [low, (low + high) / 2, high].map(
    (value) =>
      `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(value)}" y2="${y(value)}"/><text class="tick" x="${LEFT - 5}" y="${y(value)}" dy="3.5" text-anchor="end">${compact(value)}</text>`,
  );
  const dates = [
    ...(order.length > 1 ? [[order[0], 'start'] as const] : []),
    [order.at(-1)!, order.length > 1 ? 'end' : 'middle'] as const,
  ].map(
    ([result, anchor]) =>
      `<text class="tick" x="${x(result)}" y="${HEIGHT - 6}" text-anchor="${anchor}">${escapeLine(timeOf(trend, result).slice(0, 10))}</text>`,
  );
  // A gap ends the line.
  const paths = runsOf(values, place).map(
    (run) => `<polyline class="line" points="${run.map(([result, value]) => `${x(result)},${y(value)}`).join(' ')}"/>`,
  );
  const first = changes.map(({ result }) => result);
  const changed = new Map(changes.map((change) => [change.result, change]));
  const circles = values.flatMap(([result, value]) => {
    const change = changed.get(result);
    if (!dots && change === undefined) return [];
    const { revision } = trend.results[result];
    const tip = `${timeOf(trend, result)} UTC: ${significant(value)}${revision === null ? '' : `, commit ${revision.slice(0, 12)}`}`;
    const radius = change === undefined ? 2 : 3.5;
    return [
      `<circle class="dot${change === undefined ? '' : ` ${toneOf(change)}`}" cx="${x(result)}" cy="${y(value)}" r="${radius}"><title>${escapeLine(tip)}</title></circle>`,
    ];
  });
  const levels = [0, ...changes.map(({ result }) => values.findIndex(([at]) => at === result))].map((from, i, all) => {
    const own = values.slice(from, all[i + 1] ?? values.length);
    const mean = own.reduce((sum, [, value]) => sum + value, 0) / own.length;
    return `<line class="level" x1="${x(own[0][0])}" x2="${x(own.at(-1)![0])}" y1="${y(mean)}" y2="${y(mean)}"><title>mean ${significant(mean)} over ${own.length}</title></line>`;
  });
  const marks = changes.map((change, i) => {
    const size = change.change === null ? 'from 0' : signed(change.change);
    const near = Number(x(change.result)) > WIDTH - 70;
    const tip = `${timeOf(trend, change.result)} UTC: ${size} ${change.direction}, p ${change.p.toPrecision(2)}`;
    // Neighbours that are near each other have their labels at two heights.
    const crowded = i > 0 && i % 2 === 1 && Number(x(change.result)) - Number(x(first[i - 1])) < 48;
    const label = crowded ? TOP + 7 : TOP - 5;
    return `<g class="mark ${toneOf(change)}"><title>${escapeLine(tip)}</title><line x1="${x(first[i])}" x2="${x(first[i])}" y1="${TOP - 3}" y2="${HEIGHT - BOTTOM}"/><text x="${x(first[i])}" y="${label}" dx="${near ? -4 : 4}" text-anchor="${near ? 'end' : 'start'}">${escapeLine(size)}</text></g>`;
  });
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeLine(`${name}: ${values.length} results, ${changes.length} change points`)}">${[...grid, ...dates, ...marks, ...paths, ...levels, ...circles].join('')}</svg>`;
}

/** What the machine did is neither the product's fault nor its merit. */
const toneOf = ({ machine, direction }: TrendChange): string => (machine === 'changed' ? 'machine' : direction);

/** With a little air; a constant series lies in the middle. */
function bounds(least: number, greatest: number): [low: number, high: number] {
  const air = greatest === least ? Math.abs(greatest) * 0.05 || 1 : (greatest - least) * 0.08;
  return [least - air < 0 && least >= 0 ? 0 : least - air, greatest + air];
}

/** Values that follow each other without a gap. */
function runsOf(values: TrendSeries['values'], place: ReadonlyMap<number, number>): TrendSeries['values'][] {
  const runs: TrendSeries['values'][] = [];
  for (const value of values) {
    const run = runs.at(-1);
    const last = run?.at(-1);
    if (run !== undefined && last !== undefined && place.get(value[0])! === place.get(last[0])! + 1) run.push(value);
    else runs.push([value]);
  }
  return runs;
}
