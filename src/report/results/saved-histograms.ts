// The histograms of saved runs, for the formats that carry whole distributions. One that cannot be
// read, or is not of its run, is left out and named; the run's other figures stay. Called by
// formats/.
import type { Latency, RunResult } from '../../contract/run-result.js';
import { readCounts, type HistogramCounts } from './decode-histogram.js';
import { ReadTrouble } from './read-trouble.js';

export const KINDS = ['response', 'service', 'delay'] as const;
export type Kind = (typeof KINDS)[number];

type LeaveOut = ((message: string) => void) | undefined;

/**
 * What `use` makes of the latency and its counts; null where there is none, or none that can be
 * read.
 */
export function withHistogram<T>(
  run: RunResult,
  kind: Kind,
  leaveOut: LeaveOut,
  use: (latency: Latency, counts: HistogramCounts) => T,
): T | null {
  const latency = run.measurement?.latencyMs[kind] ?? null;
  if (latency === null) return null;
  try {
    const counts = readCounts(latency.encoded);
    if (counts.total === latency.count) return use(latency, counts);
    leaveOut?.(
      `runs/${run.run}.json holds a ${kind} histogram of ${counts.total} ` +
        `values beside a count of ${latency.count}`,
    );
  } catch (error) {
    if (!(error instanceof ReadTrouble)) throw error;
    leaveOut?.(`runs/${run.run}.json ${error.message} (${kind})`);
  }
  return null;
}
