// A trend in words: what changed, where, by how much, and what else changed there. Plain, printable
// sentences that every format takes; each escapes them for itself.
import type { Trend, TrendChange, TrendEvent, TrendSeries } from '../../contract/trend.js';
import { MAX_COMMITS } from './commits.js';
import { listed, percent, plural, printable, settingValue, significant } from '../text/format.js';
import { SETTLED } from './find-changes.js';
import { metricLabel } from './trend-metrics.js';

const MAX_CHANGES = 6;

export interface SeriesChange {
  readonly series: TrendSeries;
  readonly change: TrendChange;
}

/** The largest first, worse before better. */
export function changesOf(trend: Trend, event: TrendEvent): SeriesChange[] {
  const size = ({ change: { change } }: SeriesChange): number => Math.abs(change ?? Infinity);
  return event.changes
    .map((at) => ({
      series: trend.series[at.series],
      change: trend.series[at.series].changes[at.change],
    }))
    .sort(
      (a, b) =>
        Number(b.change.direction === 'worse') - Number(a.change.direction === 'worse') ||
        size(b) - size(a),
    );
}

export type EventTone = 'regression' | 'machine' | 'better';

export function toneOf({ regression, worse }: TrendEvent): EventTone {
  return regression ? 'regression' : worse > 0 ? 'machine' : 'better';
}

export const TONE_WORDS: Readonly<Record<EventTone, string>> = {
  regression: 'Regression',
  machine: 'Machine changed',
  better: 'Improvement',
};

/** `Regression on 2026-11-02 02:00 (result 41 of 60): 2 of 3 series worse`. */
export function headline(trend: Trend, event: TrendEvent): string {
  const { worse, better, previous, from, result, to } = event;
  const of = trend.series.filter(({ values }) => values.length > 0).length;
  const parts = [
    ...(worse > 0 ? [`${worse} of ${of} series worse`] : []),
    ...(better > 0 ? [`${better} of ${of} series better`] : []),
  ];
  const place = `result ${result + 1} of ${trend.results.length}`;
  const when = previous === from && result === to ? 'on' : 'on or about';
  return (
    `${TONE_WORDS[toneOf(event)]} ${when} ${timeOf(trend, result)} (${place}): ` + parts.join(', ')
  );
}

/** Its figures, one a line. */
export function figures(trend: Trend, event: TrendEvent): string[] {
  const changes = changesOf(trend, event);
  const lines = changes.slice(0, MAX_CHANGES).map((each) => changeText(trend, each));
  const more = changes.length - MAX_CHANGES;
  return more > 0 ? [...lines, `and ${plural(more, 'more change')}`] : lines;
}

export function changeText(trend: Trend, { series, change }: SeriesChange): string {
  const { interval, before, after } = change;
  const range =
    interval === null ? '' : ` (95 %: ${signed(interval.low)} to ${signed(interval.high)})`;
  const size = change.change === null ? 'from 0' : signed(change.change);
  return (
    `${seriesName(trend, series)} ${size}${range}, ` +
    `from ${significant(before.mean)} to ${significant(after.mean)}, ${change.direction}`
  );
}

/** Where it may come from: commits, what else differs, the machine, and how sure it is. */
export function causes(trend: Trend, event: TrendEvent): string[] {
  const lines = [commitLine(trend, event)];
  for (const { revision, subject } of event.commits.slice(0, MAX_COMMITS))
    lines.push(`  ${revision.slice(0, 10)} ${printable(subject, 100)}`);
  if (event.commits.length > MAX_COMMITS) lines.push('  and more');
  if (event.differences.length > 0)
    lines.push(`Also changed there: ${event.differences.join('; ')}`);
  lines.push(machineLine(changesOf(trend, event)));
  const counts = changesOf(trend, event).map(({ change }) => change);
  const [before, after] = [
    Math.min(...counts.map((c) => c.before.count)),
    Math.min(...counts.map((c) => c.after.count)),
  ];
  const few = [
    ...(before < SETTLED ? [`${plural(before, 'result')} before the change`] : []),
    ...(after < SETTLED ? [`${plural(after, 'result')} after the change`] : []),
  ];
  if (few.length > 0) lines.push(`Early: ${few.join(', ')}; it may yet move by a result or go`);
  return lines;
}

function commitLine(trend: Trend, { revisions, from, to, commits }: TrendEvent): string {
  if (revisions === null) return 'Commit unknown: not made in a git repository';
  const short = (revision: string): string => printable(revision.slice(0, 12));
  const dirty =
    trend.results[to].dirty || trend.results[from].dirty ? ', with changes not committed' : '';
  if (revisions.before === revisions.after)
    return `No commit in between: both are of ${short(revisions.after)}${dirty}`;
  const count =
    commits.length === 0 || commits.length > MAX_COMMITS
      ? ''
      : ` (${plural(commits.length, 'commit')})`;
  return `Between commits ${short(revisions.before)}..${short(revisions.after)}${count}${dirty}`;
}

function machineLine(changes: readonly SeriesChange[]): string {
  const judged = changes.map(({ change }) => change.machine);
  const moved = judged.filter((each) => each === 'changed').length;
  if (moved === judged.length)
    return 'The canary (fixed work) moved alike: the machine changed, not the product';
  if (moved > 0)
    return (
      `The canary (fixed work) moved alike for ${moved} of ` +
      `${plural(judged.length, 'change')}: partly the machine`
    );
  if (judged.includes('steady')) return 'The canary (fixed work) did not move: not the machine';
  return 'No canary tells whether the machine changed';
}

/** The results before and after, for links and tables. */
export const timeOf = (trend: Trend, result: number): string =>
  trend.results[result].startedAt.slice(0, 16).replace('T', ' ');

/**
 * `batch.size 16 KiB, linger.ms 5 ms: response p99 ms`; the sweep's name where there are several,
 * no point where there is but one.
 */
export function seriesName(trend: Trend, series: TrendSeries): string {
  const point = pointName(trend, series);
  return point === ''
    ? metricLabel(series.metric, series.loop)
    : `${point}: ${metricLabel(series.metric, series.loop)}`;
}

export function pointName(trend: Trend, { sweep, config }: TrendSeries): string {
  const sweeps = new Set(trend.results.map((each) => each.sweep));
  const settings = Object.entries(config).map(
    ([name, value]) => `${printable(name, 60)} ${settingValue(name, value)}`,
  );
  return [...(sweeps.size > 1 ? [printable(sweep, 60)] : []), ...settings].join(', ');
}

/** One line above it all. */
export function sizeLine(trend: Trend): string {
  const { results, series } = trend;
  const sweeps = [...new Set(results.map(({ sweep }) => printable(sweep, 60)))];
  const points = new Set(
    series.map(({ sweep, loop, config }) => JSON.stringify([sweep, loop, config])),
  ).size;
  const span =
    results.length === 1
      ? timeOf(trend, 0)
      : `${timeOf(trend, 0)} to ${timeOf(trend, results.length - 1)} UTC`;
  return (
    `${listed(sweeps, 4)}: ${plural(results.length, 'result')}, ${span}; ` +
    `${plural(points, 'point')}, ${series.length} series`
  );
}

/** How the change points are found, for those who want to know; one sentence. */
export function methodLine({ options }: Trend): string {
  return (
    'Change points: E-divisive with a t-test as in Apache Otava, ' +
    `p < ${options.maxP}, at least ${percent(options.minChange)}.`
  );
}

/** What was left out, one a line. */
export function leftOutLines({ leftOut }: Trend, most = 10): string[] {
  const lines = leftOut
    .slice(0, most)
    .map(({ source, reason }) => `Left out: ${printable(source, 160)} ${printable(reason, 300)}`);
  return leftOut.length > most
    ? [...lines, `Left out: ${plural(leftOut.length - most, 'more result')}`]
    : lines;
}

export function signed(share: number): string {
  return `${share < 0 ? '-' : '+'}${percent(Math.abs(share))}`;
}

/** What the last column of a table says of a series. */
export function lastChange(trend: Trend, { changes }: TrendSeries): string {
  const last = changes.at(-1);
  if (last === undefined) return '-';
  const size = last.change === null ? 'from 0' : signed(last.change);
  const machine = last.machine === 'changed' ? ', machine' : '';
  return `${size} ${last.direction}, ${timeOf(trend, last.result).slice(0, 10)}${machine}`;
}
