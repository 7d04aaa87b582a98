// One series of a history -> its changes for good, with direction, size, interval, and what the
// canary says of the machine. Pure; called by make-trend.
import type { HistoryEntry, TrendChange } from '../../contract/trend.js';
import { changePoints } from '../statistics/change-points.js';
import { hodgesLehmann } from '../statistics/hodges-lehmann.js';
import { mannWhitney } from '../statistics/mann-whitney.js';
import type { TrendMetric } from './trend-metrics.js';

/** Fewer results than this on a side, and a change is told as an early one. */
export const SETTLED = 10;
/** Values of each side that its interval and the canary are judged by: the nearest ones. */
const MAX_SIDE = 200;
/** A canary that moved by less than this share of the change does not explain it. */
const EXPLAINS = 0.5;
const CANARY_P = 0.01;

/** [index into the entries, value], in time. */
export type Values = readonly (readonly [result: number, value: number])[];

export function findChanges(
  values: Values,
  entries: readonly HistoryEntry[],
  better: TrendMetric['better'],
  options: { readonly maxP: number; readonly minChange: number },
): TrendChange[] {
  const numbers = values.map(([, value]) => value);
  const found = changePoints(numbers, { maxP: options.maxP, minMagnitude: options.minChange });
  return found.map(({ index, p, before, after }, at): TrendChange => {
    const start = found[at - 1]?.index ?? 0;
    const end = found[at + 1]?.index ?? values.length;
    const left = values.slice(Math.max(start, index - MAX_SIDE), index);
    const right = values.slice(index, Math.min(end, index + MAX_SIDE));
    const change = before.mean === 0 ? null : after.mean / before.mean - 1;
    const rose = after.mean > before.mean;
    const direction = rose === (better === 'higher') ? 'better' : 'worse';
    const sides = [left, right].map((side) => side.map(([result]) => entries[result].canary));
    return {
      result: values[index][0],
      previous: values[index - 1][0],
      p,
      before,
      after,
      change,
      interval: intervalOf(left.map(valueOf), right.map(valueOf)),
      direction,
      early: Math.min(before.count, after.count) < SETTLED,
      machine: judgeMachine(sides[0], sides[1], direction, change),
    };
  });
}

const valueOf = ([, value]: readonly [number, number]): number => value;

function intervalOf(before: readonly number[], after: readonly number[]): TrendChange['interval'] {
  if (![...before, ...after].every((value) => value > 0)) return null;
  const { low, high } = hodgesLehmann(after.map(Math.log), before.map(Math.log));
  return { low: Math.expm1(low), high: Math.expm1(high) };
}

/**
 * The canaries are fixed work, so they move only with the machine. It changed when one of them
 * moved the same way as the figures, by at least half as much and beyond chance; it is steady when
 * their intervals leave no room for that.
 */
function judgeMachine(
  before: readonly HistoryEntry['canary'][],
  after: readonly HistoryEntry['canary'][],
  direction: TrendChange['direction'],
  change: number | null,
): TrendChange['machine'] {
  if (change === null) return 'unknown';
  const needed = Math.log1p(Math.abs(change)) * EXPLAINS;
  const canaries = [
    { pick: (canary: HistoryEntry['canary']) => canary?.cpuMs ?? null, slower: 1 },
    { pick: (canary: HistoryEntry['canary']) => canary?.sinkRecordsPerSecond ?? null, slower: -1 },
  ];
  let steady = 0;
  for (const { pick, slower } of canaries) {
    const [x, y] = [before, after].map((side) =>
      side.map(pick).filter((value) => value !== null && value > 0),
    ) as [number[], number[]];
    if (x.length < 3 || y.length < 3) continue;
    const sign = slower * (direction === 'worse' ? 1 : -1);
    const shift = hodgesLehmann(y.map(Math.log), x.map(Math.log));
    const [low, high] = sign > 0 ? [shift.low, shift.high] : [-shift.high, -shift.low];
    if (sign * shift.estimate >= needed && mannWhitney(y, x).p < CANARY_P) return 'changed';
    if (high < needed && low <= high) steady++;
  }
  return steady > 0 ? 'steady' : 'unknown';
}
