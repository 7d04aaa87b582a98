// The percentiles of a latency that summaries, tables, gates and pages know, and a run's own value
// of each. Results from before p75 and p95 were kept have them in their histogram. Pure.
import { ConfigurationError } from '../../base/errors.js';
import { didYouMean } from '../../base/suggest.js';
import type { Latency } from '../../contract/run-result.js';
import { differenceOf, readCounts, valuesAtPercentiles } from '../results/decode-histogram.js';
import { printable } from '../text/format.js';
import { ReadTrouble } from '../results/read-trouble.js';

/** Names of fields, in ascending order. */
export const PERCENTILES = ['p50', 'p75', 'p90', 'p95', 'p99', 'p999', 'max'] as const;
export type Percentile = (typeof PERCENTILES)[number];

/** What tables show where nothing else is asked for. */
export const USUAL_PERCENTILES: readonly Percentile[] = ['p50', 'p99', 'p999'];

/** As people write them. */
export const percentileName = (field: Percentile): string => (field === 'p999' ? 'p99.9' : field);

/** From 0 to 100, where a field may be absent from a saved run. */
const DECODED = { p75: 75, p95: 95 } as const;

const decoded = new WeakMap<Latency, Readonly<Record<keyof typeof DECODED, number>> | null>();

/** A run's percentile in ms: as saved, else from its histogram; null where that cannot be read. */
export function percentileMs(latency: Latency, field: Percentile): number | null {
  const saved = latency[field];
  if (saved !== undefined || (field !== 'p75' && field !== 'p95')) return saved ?? null;
  let found = decoded.get(latency);
  if (found === undefined) decoded.set(latency, (found = decode(latency)));
  return found?.[field] ?? null;
}

function decode(latency: Latency): Record<keyof typeof DECODED, number> | null {
  try {
    const counts = readCounts(latency.encoded);
    if (differenceOf(counts, latency) !== null) return null;
    const { min, max } = latency;
    const micros = valuesAtPercentiles(counts, Object.values(DECODED));
    const [p75, p95] = micros.map((value) => Math.min(max, Math.max(min, value / 1000)));
    return { p75, p95 };
  } catch (error) {
    if (error instanceof ReadTrouble) return null;
    throw error;
  }
}

/** `p50,p95,p99.9` of a command line, in ascending order. Throws ConfigurationError. */
export function readPercentiles(text: string): Percentile[] {
  const names = text.split(',').map((each) => each.trim().toLowerCase());
  const chosen = new Set(names.map(readOne));
  return PERCENTILES.filter((field) => chosen.has(field));
}

function readOne(name: string): Percentile {
  const found = PERCENTILES.find((field) => field === name || percentileName(field) === name);
  if (found !== undefined) return found;
  const known = PERCENTILES.map(percentileName);
  throw new ConfigurationError(
    `--percentiles: ${JSON.stringify(printable(name, 40))} is none that a summary holds`,
    `There is ${known.join(', ')}: ${didYouMean(name, known)}.`,
  );
}
