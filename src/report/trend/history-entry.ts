// A results folder -> its entry in a history. Figures are of the runs, through the door by which
// every reader comes to them; of summary.json only where the runs were thrown away. Throws
// ReadTrouble or ConfigurationError for a folder to be left out.
import { createHash } from 'node:crypto';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { ENVIRONMENT_SCHEMA, environmentSchema } from '../../contract/environment.js';
import type { Scalar } from '../../contract/settings.js';
import { SUMMARY_SCHEMA, summaryPointSchema } from '../../contract/summary.js';
import { HISTORY_SCHEMA, type HistoryEntry, type HistoryPoint } from '../../contract/trend.js';
import { plural, printable } from '../text/format.js';
import { loopOfRate, loopOfSummary } from '../model/loop.js';
import { median } from '../statistics/quantity.js';
import { readJson, ReadTrouble } from '../results/read-file.js';
import {
  readResultsWithoutIntervals,
  type ReadOptions,
  type Results,
} from '../results/read-results.js';
import { summarize } from '../model/summarize.js';
import { METRIC_NAMES, METRICS, type MeasuredPoint } from './trend-metrics.js';

const MIB = 1024 * 1024;
const MAX_SUMMARY_BYTES = 64 * MIB;
const MAX_ENVIRONMENT_BYTES = MIB;
/** What was left out of one folder, told one by one. */
const MAX_TOLD = 3;
const MAX_SETTINGS = 300;
const MAX_SETTING_CHARACTERS = 200;

const summaryParts = z.object({
  schema: z.literal(SUMMARY_SCHEMA),
  name: z.string(),
  points: z.array(
    summaryPointSchema.pick({
      config: true,
      loop: true,
      runs: true,
      valid: true,
      throughput: true,
      latencyMs: true,
      generator: true,
      canary: true,
    }),
  ),
});
export interface EntryOptions extends ReadOptions {
  /** What was read all the same, and how. */
  readonly tell?: (note: string) => void;
}

export function entryOf(dir: string, options: EntryOptions = {}): HistoryEntry {
  const environment = named('environment.json', () =>
    readJson(
      path.join(dir, 'environment.json'),
      MAX_ENVIRONMENT_BYTES,
      ENVIRONMENT_SCHEMA,
      environmentSchema,
    ),
  );
  const results = readResultsWithoutIntervals(dir, options);
  const points = pointsOf(results);
  const settings = sharedSettings(results.plan.points);
  tellSkipped(results, options);
  return {
    schema: HISTORY_SCHEMA,
    name: results.name,
    environment,
    settings,
    canary: canaryOf(points),
    points: points.map((point) => entryPoint(point, settings)),
  };
}

/** The same result, whatever file or folder it comes from. */
export const entryKey = ({ name, environment }: HistoryEntry): string =>
  JSON.stringify([name, environment.startedAt]);

function pointsOf(results: Results): readonly MeasuredPoint[] {
  const { name, plan, runs } = results;
  const summary = runs.length > 0 ? null : savedSummary(results);
  return (summary ?? summarize(name, plan.points, runs)).points;
}

/** Null where there is none: the sweep ended before its first run. */
function savedSummary({ dir, name, plan }: Results): z.infer<typeof summaryParts> | null {
  const summary = named('summary.json', () => {
    try {
      const file = path.join(dir, 'summary.json');
      return readJson(file, MAX_SUMMARY_BYTES, SUMMARY_SCHEMA, summaryParts);
    } catch (error) {
      if (error instanceof ReadTrouble && error.kind === 'missing') return null;
      throw error;
    }
  });
  if (summary === null) return null;
  const own = plan.points.map(({ config }) => config);
  const told = summary.points.map(({ config }) => config);
  if (summary.name === name && isDeepStrictEqual(told, own)) return summary;
  throw new ReadTrouble('summary.json is not of the plan beside it', 'foreign');
}

function tellSkipped({ dir, skipped }: Results, { tell }: EntryOptions): void {
  for (const { message } of skipped.slice(0, MAX_TOLD)) tell?.(`${printable(dir)}: ${message}`);
  const more = skipped.length - MAX_TOLD;
  if (more > 0) tell?.(`${printable(dir)}: ${plural(more, 'more file')} left out`);
}

function named<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ReadTrouble)) throw error;
    throw new ReadTrouble(`${file} ${error.message}`, error.kind, error.remedy);
  }
}

function entryPoint(point: MeasuredPoint, settings: HistoryEntry['settings']): HistoryPoint {
  const { config, runs, valid } = point;
  const values = Object.fromEntries(
    METRIC_NAMES.flatMap((name) => {
      const value = METRICS[name].pick(point);
      return value == null ? [] : [[name, rounded(value)]];
    }),
  );
  const loop = point.loop ?? loopOfRate(settings?.['workload.rate']) ?? loopOfSummary(point);
  return { config, loop, runs, valid, values };
}

/** Six digits are far below any noise, and keep a history's lines short. */
const rounded = (value: number): number => Number(value.toPrecision(6));

function canaryOf(points: readonly MeasuredPoint[]): HistoryEntry['canary'] {
  const all = points.flatMap(({ canary }) => canary ?? []);
  if (all.length === 0) return null;
  return {
    cpuMs: median(all.flatMap(({ cpuMs }) => cpuMs?.median ?? [])),
    sinkRecordsPerSecond: median(
      all.flatMap(({ sinkRecordsPerSecond }) => sinkRecordsPerSecond?.median ?? []),
    ),
  };
}

/**
 * The leaves that are alike in every point; what is swept stands in each point's config. Null where
 * the plan cannot say.
 */
function sharedSettings(points: Results['plan']['points']): HistoryEntry['settings'] {
  // A plan that was made of its runs knows none.
  if (points.some(({ settings }) => Object.keys(settings).length === 0)) return null;
  const [first, ...others] = points.map(({ settings }) => leaves(settings));
  if (first === undefined) return null;
  const shared = [...first].filter(([name, value]) =>
    others.every((other) => other.get(name) === value),
  );
  return Object.fromEntries(shared.slice(0, MAX_SETTINGS));
}

function leaves(value: unknown, at = '', into = new Map<string, Scalar>()): Map<string, Scalar> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    for (const [name, each] of Object.entries(value))
      leaves(each, at === '' ? name : `${at}.${name}`, into);
  } else if (typeof value === 'number' || typeof value === 'boolean') into.set(at, value);
  else if (value !== null && value !== undefined) into.set(at, short(JSON.stringify(value)));
  return into;
}

/** Long values are told apart by a digest of the whole. */
function short(text: string): string {
  if (text.length <= MAX_SETTING_CHARACTERS) return text;
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 12);
  return `${text.slice(0, MAX_SETTING_CHARACTERS)}... (${digest})`;
}
