// What one setting does by itself: points that differ in it alone are compared, repeat by repeat
// (runs of one repeat were made near each other, so a drift of the machine falls on both). Pure,
// for the browser and its tests.
import { quantity } from '../statistics/quantity.js';

export interface EffectPoint {
  /** Index into each setting's values. */
  readonly values: readonly number[];
  /** The metric by repeat, of valid runs only. */
  readonly byRepeat: ReadonlyMap<number, number>;
}

export interface Effect {
  /** Index into the setting's values. */
  readonly value: number;
  /**
   * Geometric mean, over all pairs, of this value's figure by that of the first value; median over
   * repeats. 1 is no effect.
   */
  readonly ratio: number;
  /**
   * Over repeats: 95 % interval of the median from 6 on (`interval`), else least and greatest; null
   * with a single repeat.
   */
  readonly low: number | null;
  readonly high: number | null;
  readonly kind: 'interval' | 'min-max';
  readonly repeats: number;
  /** Of each pair, with the other settings held: how much the effect depends on them. */
  readonly pairs: readonly number[];
}

/**
 * Effects of each value of the setting at `setting` but its first; empty where no two points differ
 * in it alone.
 */
export function mainEffects(points: readonly EffectPoint[], setting: number): Effect[] {
  const groups = new Map<string, EffectPoint[]>();
  for (const point of points) {
    const rest = point.values.map((value, index) => (index === setting ? '*' : value)).join(' ');
    const group = groups.get(rest);
    if (group === undefined) groups.set(rest, [point]);
    else group.push(point);
  }
  const values = [...new Set(points.map((point) => point.values[setting]))].sort((a, b) => a - b);
  const base = values.find((value) => value >= 0);
  return values.flatMap((value) => {
    if (value === base || value < 0) return [];
    const pairs = [...groups.values()].flatMap((group): [EffectPoint, EffectPoint][] => {
      const of = (wanted: number | undefined) =>
        group.find((point) => point.values[setting] === wanted);
      const [from, to] = [of(base), of(value)];
      return from === undefined || to === undefined ? [] : [[from, to]];
    });
    return effectOf(value, pairs) ?? [];
  });
}

function effectOf(
  value: number,
  pairs: readonly (readonly [EffectPoint, EffectPoint])[],
): Effect | null {
  const told = pairs.flatMap(([from, to]) => {
    const logs = new Map<number, number>();
    for (const [repeat, figure] of from.byRepeat) {
      for (const log of logRatio(figure, to.byRepeat.get(repeat))) logs.set(repeat, log);
    }
    return logs.size === 0 ? [] : [{ logs, mean: mean([...logs.values()]) }];
  });
  if (told.length === 0) return null;
  const overall = mean(told.map((pair) => pair.mean));
  // Each repeat by how far its pairs lie from their own means: a repeat that lacks a pair is not
  // moved by what it lacks.
  const repeats = [...new Set(told.flatMap(({ logs }) => [...logs.keys()]))];
  const ratios = repeats.map((repeat) => {
    const off = told.flatMap((pair) =>
      pair.logs.has(repeat) ? [pair.logs.get(repeat)! - pair.mean] : [],
    );
    return Math.exp(overall + mean(off));
  });
  const over = quantity(ratios)!;
  const interval = over.low !== null && over.high !== null;
  return {
    value,
    ratio: over.median,
    low: interval ? over.low : ratios.length > 1 ? Math.min(...ratios) : null,
    high: interval ? over.high : ratios.length > 1 ? Math.max(...ratios) : null,
    kind: interval ? 'interval' : 'min-max',
    repeats: ratios.length,
    pairs: told.map((pair) => Math.exp(pair.mean)),
  };
}

function logRatio(from: number | undefined, to: number | undefined): number[] {
  return from === undefined || to === undefined || from <= 0 || to <= 0
    ? []
    : [Math.log(to / from)];
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, each) => sum + each, 0) / values.length;
