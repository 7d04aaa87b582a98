// A history -> its trend: series by point and metric, their changes, and the changes grouped by
// where they happened, with commits and other causes. What every format of `kbench trend` draws
// from. No text for people but the notes.
import { ConfigurationError } from '../../base/errors.js';
import {
  TREND_SCHEMA,
  type HistoryEntry,
  type Trend,
  type TrendChange,
  type TrendEvent,
  type TrendSeries,
} from '../../contract/trend.js';
import { listed, plural, printable } from '../text/format.js';
import type { Commit } from './commits.js';
import { differencesOf, unlikeNotes } from './differences.js';
import { findChanges, SETTLED } from './find-changes.js';
import { METRICS, type MetricName } from './trend-metrics.js';
import type { History } from './read-history.js';
import { matches, type TrendOptions } from './trend-options.js';

/** Results that a level must have on either side before --fail-on fails. */
const CONFIRMED = 2;
/** Results over which changes are still told as one. */
const MOST_APART = 2;

/** Tells the commits between two revisions; asked for events only. */
export type CommitLog = (before: string, after: string) => readonly Commit[];

export function makeTrend(
  history: History,
  options: TrendOptions,
  commitLog: CommitLog = () => [],
): Trend {
  const entries = chosen(history.entries, options);
  const series = seriesOf(entries, options);
  const events = eventsOf(series, entries, commitLog);
  const { metrics, maxP, minChange, failLast } = options;
  const fails = ({ result, regression, changes }: TrendEvent): boolean =>
    failLast !== null &&
    regression &&
    result >= entries.length - failLast &&
    changes.some((at) => isToFail(series[at.series].changes[at.change]));
  const failures = events.flatMap((event, index) => (fails(event) ? [index] : []));
  return {
    schema: TREND_SCHEMA,
    options: { metrics: [...metrics], maxP, minChange, failLast },
    results: entries.map(({ name, environment }) => ({
      sweep: name,
      startedAt: environment.startedAt,
      revision: environment.git?.revision ?? null,
      dirty: environment.git?.dirty ?? false,
      kbench: environment.kbench,
      node: environment.node,
      target:
        environment.target.kind +
        (environment.target.version === null ? '' : ` ${environment.target.version}`),
    })),
    leftOut: [...history.leftOut],
    notes: notesOf(entries, series, history),
    series,
    events,
    failures,
  };
}

/** One result is no level: a single bad night fails nothing until another one confirms it. */
function isToFail({ direction, machine, before, after }: TrendChange): boolean {
  return (
    direction === 'worse' &&
    machine !== 'changed' &&
    Math.min(before.count, after.count) >= CONFIRMED
  );
}

function chosen(
  all: readonly HistoryEntry[],
  { sinceMs, last }: TrendOptions,
): readonly HistoryEntry[] {
  const since =
    sinceMs === null
      ? all
      : all.filter(({ environment }) => Date.parse(environment.startedAt) >= sinceMs);
  if (since.length === 0 && sinceMs !== null) {
    throw new ConfigurationError(
      `no result since ${new Date(sinceMs).toISOString()}: ` +
        `the newest is of ${all.at(-1)!.environment.startedAt}`,
      'Give an earlier --since.',
    );
  }
  return last === null ? since : since.slice(-last);
}

interface Gathered {
  readonly sweep: string;
  readonly config: TrendSeries['config'];
  readonly loop: TrendSeries['loop'];
  readonly results: Map<number, Readonly<Record<string, number | null>>>;
}

function seriesOf(entries: readonly HistoryEntry[], options: TrendOptions): TrendSeries[] {
  const points = new Map<string, Gathered>();
  const resultsOfSweep = new Map<string, number[]>();
  let seen = 0;
  entries.forEach(({ name, points: own }, result) => {
    resultsOfSweep.set(name, [...(resultsOfSweep.get(name) ?? []), result]);
    for (const { config, loop, values } of own) {
      seen++;
      if (!matches(config, options.where)) continue;
      const key = JSON.stringify([
        name,
        loop,
        ...Object.entries(config).sort(([a], [b]) => (a < b ? -1 : 1)),
      ]);
      const gathered = points.get(key) ?? { sweep: name, config, loop, results: new Map() };
      points.set(key, gathered);
      gathered.results.set(result, values);
    }
  });
  if (points.size === 0 && seen > 0) {
    const names = new Set(
      entries.flatMap(({ points: own }) => own.flatMap(({ config }) => Object.keys(config))),
    );
    const vary =
      names.size === 0
        ? 'No setting was swept: there is one point.'
        : `Settings that were swept: ${listed([...names].map((name) => printable(name, 60)))}.`;
    throw new ConfigurationError(
      'no point matches --where',
      `${vary} Without --where all points are shown.`,
    );
  }
  return [...points.values()].flatMap((point) =>
    options.metrics.map((metric) =>
      oneSeries(point, metric, resultsOfSweep.get(point.sweep)!, entries, options),
    ),
  );
}

function oneSeries(
  { sweep, config, loop, results }: Gathered,
  metric: MetricName,
  ofSweep: readonly number[],
  entries: readonly HistoryEntry[],
  options: TrendOptions,
): TrendSeries {
  const { better } = METRICS[metric];
  const asNewest = metric === 'cpuMicrosPerRecord' ? measuredAsNewest(loop, results) : () => true;
  const values = [...results].flatMap(([result, each]): [number, number][] => {
    if (!asNewest(each)) return [];
    const value = Object.hasOwn(each, metric) ? each[metric] : null;
    return value === null ? [] : [[result, value]];
  });
  const [first, last] = [values[0]?.[0] ?? 0, values.at(-1)?.[0] ?? -1];
  const within = ofSweep.filter((result) => result >= first && result <= last).length;
  return {
    sweep,
    config,
    loop,
    metric,
    better,
    values,
    missing: Math.max(0, within - values.length),
    began: values.length > 0 && first > ofSweep[0],
    ended: values.length > 0 && last < ofSweep.at(-1)!,
    changes: findChanges(values, entries, better, options),
  };
}

type Values = Readonly<Record<string, number | null>>;

const tellsPacing = (values: Values): boolean => values['pacingMicrosPerRecord'] != null;

/**
 * CPU with the pacing's in it and without (report/cpu-figures) are two series; shown is the
 * newest's.
 */
function measuredAsNewest(
  loop: TrendSeries['loop'],
  results: ReadonlyMap<number, Values>,
): (values: Values) => boolean {
  const newest = [...results.values()].findLast((values) => values['cpuMicrosPerRecord'] != null);
  if (loop === 'closed' || newest === undefined) return () => true;
  return (values) => tellsPacing(values) === tellsPacing(newest);
}

/** Newest first. */
function eventsOf(
  series: readonly TrendSeries[],
  entries: readonly HistoryEntry[],
  commitLog: CommitLog,
): TrendEvent[] {
  const found = series
    .flatMap(({ changes }, index) =>
      changes.map((change, at): Found => ({ change, at: { series: index, change: at } })),
    )
    .sort((a, b) => a.change.result - b.change.result);
  const groups: Found[][] = [];
  for (const each of found) {
    const group = groups.at(-1);
    const near = group !== undefined && each.change.result - group.at(-1)!.change.result <= 1;
    if (near && each.change.result - group[0].change.result <= MOST_APART) group.push(each);
    else groups.push([each]);
  }
  return groups.map((group) => eventOf(group, entries, commitLog)).reverse();
}

interface Found {
  readonly change: TrendChange;
  readonly at: TrendEvent['changes'][number];
}

function eventOf(
  group: readonly Found[],
  entries: readonly HistoryEntry[],
  commitLog: CommitLog,
): TrendEvent {
  const changes = group.map(({ change }) => change);
  const surest = changes.reduce((best, each) => (each.p < best.p ? each : best));
  const from = Math.min(...changes.map(({ previous }) => previous));
  const to = Math.max(...changes.map(({ result }) => result));
  const [before, after] = [from, to].map((result) => entries[result].environment.git?.revision);
  const known = before !== undefined && after !== undefined;
  const worse = changes.filter(({ direction }) => direction === 'worse');
  return {
    result: surest.result,
    previous: surest.previous,
    from,
    to,
    worse: worse.length,
    better: changes.length - worse.length,
    regression: worse.some(({ machine }) => machine !== 'changed'),
    revisions: known ? { before, after } : null,
    commits: known && before !== after ? [...commitLog(before, after)] : [],
    differences: differencesOf(entries[from], entries[to]),
    changes: group.map(({ at }) => at),
  };
}

function notesOf(
  entries: readonly HistoryEntry[],
  series: readonly TrendSeries[],
  history: History,
): string[] {
  const { doubles } = history;
  const notes: string[] = [...(history.notes ?? [])];
  if (entries.length < 2 * SETTLED) {
    notes.push(
      `${plural(entries.length, 'result')} so far: ` +
        `a change is told with confidence once there are about ${SETTLED} on each side of it.`,
    );
  }
  const targets = new Set(entries.map(({ environment }) => environment.target.kind));
  if (targets.has('embedded')) {
    notes.push(
      targets.size === 1
        ? 'Target embedded: these figures describe kbench, not Kafka.'
        : 'Some results are of the embedded cluster, others of Kafka: ' +
            'do not read the one against the other.',
    );
  }
  if (doubles > 0)
    notes.push(`${plural(doubles, 'result')} stood there more than once: the last of each counts.`);
  notes.push(...unlikeNotes(entries));
  const dirty = entries.filter(({ environment }) => environment.git?.dirty === true).length;
  if (dirty > 0)
    notes.push(
      `${plural(dirty, 'result')} made with changes not committed: ` +
        'their revision is not the whole truth.',
    );
  if (entries.every(({ environment }) => environment.git === null))
    notes.push(
      'No result was made in a git repository, so no commit can be named: ' +
        'run kbench in a checkout of what you measure.',
    );
  const points = (wanted: (each: TrendSeries) => boolean): number =>
    new Set(
      series.filter(wanted).map(({ sweep, loop, config }) => JSON.stringify([sweep, loop, config])),
    ).size;
  const [began, ended, gaps, empty] = [
    points((each) => each.began),
    points((each) => each.ended),
    points((each) => each.missing > 0),
    points((each) => each.values.length === 0),
  ];
  if (began > 0) notes.push(`${plural(began, 'point')} began after the first result.`);
  if (ended > 0) notes.push(`${plural(ended, 'point')} ended before the last result.`);
  if (gaps > 0) notes.push(`${plural(gaps, 'point')} with gaps: not run, or without a valid run.`);
  if (empty > 0) notes.push(`${plural(empty, 'point')} without any figure: no run was valid.`);
  return notes;
}
