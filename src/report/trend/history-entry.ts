// A results folder -> its entry in a history. Reads summary.json, environment.json and plan.json
// alone, so that a thousand results take seconds; the runs only where there is no summary to be
// had. Throws ReadTrouble or ConfigurationError for a folder to be left out.
import { createHash } from 'node:crypto';
import path from 'node:path';
import { z } from 'zod';
import { ConfigurationError } from '../../base/errors.js';
import { ENVIRONMENT_SCHEMA, environmentSchema } from '../../contract/environment.js';
import { PLAN_SCHEMA } from '../../contract/plan.js';
import type { Scalar } from '../../contract/settings.js';
import { SUMMARY_SCHEMA, summaryPointSchema } from '../../contract/summary.js';
import { HISTORY_SCHEMA, type HistoryEntry, type HistoryPoint } from '../../contract/trend.js';
import { printable } from '../text/format.js';
import { loopOfRate, loopOfSummary } from '../model/loop.js';
import { median } from '../statistics/quantity.js';
import { readJson, ReadTrouble } from '../results/read-file.js';
import {
  readResults,
  readResultsWithoutIntervals,
  type ReadOptions,
} from '../results/read-results.js';
import { summarize } from '../model/summarize.js';
import { METRIC_NAMES, METRICS, type MeasuredPoint } from './metrics.js';

const MIB = 1024 * 1024;
const MAX_SUMMARY_BYTES = 64 * MIB;
const MAX_ENVIRONMENT_BYTES = MIB;
/**
 * Larger plans are of thousands of runs: their settings are not compared, for the sake of speed.
 */
const MAX_PLAN_BYTES = 4 * MIB;
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
const planParts = z.object({
  schema: z.literal(PLAN_SCHEMA),
  points: z.array(z.object({ settings: z.looseObject({}) })),
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
  const { name, points } = summaryOf(dir, options);
  const settings = sharedSettings(dir, options);
  return {
    schema: HISTORY_SCHEMA,
    name,
    environment,
    settings,
    canary: canaryOf(points),
    points: points.map((point) => entryPoint(point, settings)),
  };
}

/** The same result, whatever file or folder it comes from. */
export const entryKey = ({ name, environment }: HistoryEntry): string =>
  JSON.stringify([name, environment.startedAt]);

function summaryOf(
  dir: string,
  options: EntryOptions,
): { readonly name: string; readonly points: readonly MeasuredPoint[] } {
  try {
    return readJson(
      path.join(dir, 'summary.json'),
      MAX_SUMMARY_BYTES,
      SUMMARY_SCHEMA,
      summaryParts,
    );
  } catch (error) {
    if (!(error instanceof ReadTrouble)) throw error;
    // Ended before it was written, or damaged: it is made of the runs, so they can make it again.
    const { name, plan, runs } = readResults(dir, options);
    return summarize(name, plan.points, runs);
  }
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
    METRIC_NAMES.map((name) => [name, rounded(METRICS[name].pick(point))]),
  );
  const loop = point.loop ?? loopOfRate(settings?.['workload.rate']) ?? loopOfSummary(point);
  return { config, loop, runs, valid, values };
}

/** Six digits are far below any noise, and keep a history's lines short. */
function rounded(value: number | null | undefined): number | null {
  return value === null || value === undefined ? null : Number(value.toPrecision(6));
}

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
function sharedSettings(dir: string, options: EntryOptions): HistoryEntry['settings'] {
  let points: readonly { readonly settings: object }[];
  try {
    ({ points } = readJson(path.join(dir, 'plan.json'), MAX_PLAN_BYTES, PLAN_SCHEMA, planParts));
  } catch (error) {
    if (!(error instanceof ReadTrouble)) throw error;
    if (error.kind === 'too-large') return null;
    points = pointsOfLostPlan(dir, error, options);
  }
  // A plan that was made of its runs knows none.
  if (points.some(({ settings }) => Object.keys(settings).length === 0)) return null;
  const [first, ...others] = points.map(({ settings }) => leaves(settings));
  if (first === undefined) return null;
  const shared = [...first].filter(([name, value]) =>
    others.every((other) => other.get(name) === value),
  );
  return Object.fromEntries(shared.slice(0, MAX_SETTINGS));
}

/** None where nothing is left to make them of. */
function pointsOfLostPlan(
  dir: string,
  trouble: ReadTrouble,
  options: EntryOptions,
): readonly { settings: object }[] {
  try {
    const { plan, skipped } = readResultsWithoutIntervals(dir, options);
    const note = skipped.find(({ path: file }) => file === 'plan.json')?.message;
    options.tell?.(`${printable(dir)}: ${note ?? `plan.json ${trouble.message}`}`);
    return plan.points;
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    options.tell?.(
      `${printable(dir)}: plan.json ${trouble.message}: settings that were not swept are unknown`,
    );
    return [];
  }
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
