// The command line's words for a trend, parsed: shares, times, filters, gates. Throws
// ConfigurationError that names the option and what it takes.
import { ConfigurationError } from '../../base/errors.js';
import type { Scalar } from '../../contract/settings.js';
import { listed, settingValue } from '../text/format.js';
import { DEFAULT_METRICS, METRIC_NAMES, type MetricName } from './trend-metrics.js';

export interface TrendOptions {
  readonly metrics: readonly MetricName[];
  readonly maxP: number;
  /** Relative change that nobody would act on. */
  readonly minChange: number;
  /** Milliseconds since 1970; null for all. */
  readonly sinceMs: number | null;
  readonly last: number | null;
  readonly where: readonly Where[];
  /** Fail on a regression within so many of the last results; null never. */
  readonly failLast: number | null;
}

export interface Where {
  readonly name: string;
  readonly value: string;
}

/** As typed; what is left out has its default. */
export interface TrendWords {
  readonly metric?: readonly string[] | undefined;
  readonly 'max-p'?: number | undefined;
  readonly 'min-change'?: string | undefined;
  readonly since?: string | undefined;
  readonly last?: number | undefined;
  readonly where?: readonly string[] | undefined;
  readonly 'fail-on'?: string | undefined;
}

const DEFAULT_MAX_P = 0.001;
const DEFAULT_MIN_CHANGE = '3%';
/**
 * Long enough for a change of the least size that is looked for to be found before it is out of
 * sight (`npm run bench -- trend`).
 */
export const DEFAULT_FAIL_LAST = 14;

export function trendOptions(words: TrendWords, nowMs = Date.now()): TrendOptions {
  const maxP = words['max-p'] ?? DEFAULT_MAX_P;
  if (!(maxP > 0 && maxP < 1))
    throw bad('--max-p', String(maxP), 'a probability above 0 and below 1, such as 0.001');
  const { last } = words;
  if (last !== undefined && !(Number.isSafeInteger(last) && last > 0))
    throw bad('--last', String(last), 'a whole number above 0');
  return {
    metrics:
      words.metric === undefined || words.metric.length === 0
        ? DEFAULT_METRICS
        : words.metric.flatMap(metrics),
    maxP,
    minChange: share(words['min-change'] ?? DEFAULT_MIN_CHANGE),
    sinceMs: words.since === undefined ? null : since(words.since, nowMs),
    last: last ?? null,
    where: (words.where ?? []).map(where),
    failLast: words['fail-on'] === undefined ? null : failOn(words['fail-on']),
  };
}

/**
 * All filters hold. A value may be written as in the YAML's plan (16384) or as in the tables
 * (16KiB, 5ms).
 */
export function matches(
  config: Readonly<Record<string, Scalar>>,
  filters: readonly Where[],
): boolean {
  const plain = (text: string): string => text.replace(/[\s,]/g, '').toLowerCase();
  return filters.every(({ name, value }) => {
    if (!Object.hasOwn(config, name)) return false;
    return (
      plain(value) === plain(String(config[name])) ||
      plain(value) === plain(settingValue(name, config[name]))
    );
  });
}

function metrics(text: string): MetricName[] {
  return text.split(',').map((part) => {
    const name = METRIC_NAMES.find((each) => each === part.trim());
    if (name === undefined) throw bad('--metric', part, `one of ${listed(METRIC_NAMES, 20)}`);
    return name;
  });
}

function share(text: string): number {
  const match = /^(\d{1,4}(?:\.\d{1,9})?)\s*(%?)$/.exec(text.trim());
  const value = match === null ? NaN : Number(match[1]) / (match[2] === '%' ? 100 : 1);
  if (!(value >= 0 && value < 10)) throw bad('--min-change', text, 'a share such as 3% or 0.03');
  return value;
}

const SPANS: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 };

function since(text: string, nowMs: number): number {
  const span = /^(\d{1,5})([hdw])$/.exec(text.trim());
  if (span !== null) return nowMs - Number(span[1]) * SPANS[span[2]];
  const at = /^\d{4}-\d{2}-\d{2}/.test(text.trim()) ? Date.parse(text.trim()) : NaN;
  if (Number.isNaN(at))
    throw bad(
      '--since',
      text,
      'a date (2026-11-01), a time (2026-11-01T06:00Z) or a span (30d, 8w, 12h)',
    );
  return at;
}

function where(text: string): Where {
  const at = text.indexOf('=');
  if (at < 1) throw bad('--where', text, 'setting=value, such as batch.size=16KiB');
  return { name: text.slice(0, at).trim(), value: text.slice(at + 1) };
}

function failOn(text: string): number {
  const match = /^regression(?::\s*(?:last\s*)?(\d{1,6}))?$/.exec(text.trim());
  const last = match === null ? 0 : Number(match[1] ?? DEFAULT_FAIL_LAST);
  if (last < 1)
    throw bad('--fail-on', text, 'regression, or regression:last 5 for the last 5 results only');
  return last;
}

function bad(option: string, value: string, takes: string): ConfigurationError {
  return new ConfigurationError(`${option} ${value} is not understood`, `it takes ${takes}`);
}
