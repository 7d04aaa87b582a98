// What one worker's driver came to, and what contradicts itself in it. Made by driver-run, merged by
// merge-reports; one that came from an agent is looked at again. Pure.
import type { DriverHello, DriverResult } from '../../contract/driver-protocol.js';
import type { GroupUsage } from './group-usage.js';
import { histogramProblem } from './told-histogram.js';

export interface WorkerReport {
  readonly hello: DriverHello;
  readonly result: DriverResult;
  readonly startupMs: number;
  /** After the agreed start of the measured part: when it had been told that, 0 if before. */
  readonly beganAtMs: number;
  /** At the end of start-up, before the measured part, after it. */
  readonly usage: readonly [GroupUsage | null, GroupUsage | null, GroupUsage | null];
}

/** What is known of the run that a result is of. */
export interface ToldOf {
  readonly openLoop: boolean;
  readonly stopped: boolean;
}

/** Null where it agrees with itself; what contradicts itself is no measurement. */
export function resultProblem(
  { sent, acked, failed, histograms }: DriverResult,
  { openLoop, stopped }: ToldOf,
): string | null {
  if (acked + failed > sent || (acked + failed < sent && !stopped))
    return `${sent} records sent, ${acked} acknowledged and ${failed} failed`;
  for (const [name, histogram] of Object.entries(histograms)) {
    if (histogram === null) continue;
    const problem = histogramProblem(histogram);
    if (problem !== null) return `its histogram of ${name} times ${problem}`;
    if (histogram.count !== acked)
      return `${acked} records acknowledged, ${histogram.count} ${name} times`;
  }
  const wanted = openLoop ? (['response', 'service', 'delay'] as const) : (['service'] as const);
  const missing = wanted.filter((name) => histograms[name] === null);
  return acked > 0 && missing.length > 0 ? `no histogram of ${missing.join(', ')} times` : null;
}
