// The histograms of saved runs, for the formats that carry whole distributions. One that cannot be
// read, or is not of its run, is left out and named; the run's other figures stay. Called by
// formats/.
import type { Latency, RunResult } from '../../contract/run-result.js';
import type { SummaryPoint } from '../../contract/summary.js';
import { differenceOf, readCounts, type HistogramCounts } from './decode-histogram.js';
import { ReadTrouble } from './read-trouble.js';

export const KINDS = ['response', 'service', 'delay', 'end-to-end'] as const;
export type Kind = (typeof KINDS)[number];

/** Null where the run has none. */
export function latencyOf({ measurement, consumers }: RunResult, kind: Kind): Latency | null {
  if (kind === 'end-to-end') return consumers?.endToEndMs ?? null;
  return measurement?.latencyMs[kind] ?? null;
}

/** Over a point's runs. */
export const percentilesOf = ({ latencyMs, consumers }: SummaryPoint, kind: Kind) =>
  kind === 'end-to-end' ? consumers?.endToEndMs : latencyMs[kind];

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
  const latency = latencyOf(run, kind);
  if (latency === null) return null;
  try {
    const counts = readCounts(latency.encoded);
    const other = differenceOf(counts, latency);
    if (other === null) return use(latency, counts);
    leaveOut?.(`runs/${run.run}.json holds a ${kind} histogram ${other}`);
  } catch (error) {
    if (!(error instanceof ReadTrouble)) throw error;
    leaveOut?.(`runs/${run.run}.json ${error.message} (${kind})`);
  }
  return null;
}
