// Whether a point's loop is open or closed: from its settings, never from which histograms its runs
// happen to have, as a run in which nothing was acknowledged has none. Called by everything that
// tells response from service time.
import type { RunResult } from '../../contract/run-result.js';
import type { Scalar } from '../../contract/settings.js';

/** Open: records are due at set times. Closed: as fast as possible, so service time only. */
export type Loop = 'open' | 'closed';

export interface LoopSettings {
  readonly config?: Readonly<Record<string, Scalar>>;
  readonly settings?: object;
}

/** By workload.rate; null where neither settings nor swept settings hold it. */
export function plannedLoop({ config, settings }: LoopSettings): Loop | null {
  const workload = settings !== undefined && 'workload' in settings ? settings.workload : null;
  const set =
    typeof workload === 'object' && workload !== null && 'rate' in workload ? workload.rate : null;
  return loopOfRate(set) ?? loopOfRate(config?.['workload.rate']);
}

export function loopOfRate(rate: unknown): Loop | null {
  if (typeof rate === 'number') return 'open';
  return rate === 'max' ? 'closed' : null;
}

/** As planned; as measured only where no plan says (cut down by hand). */
export function loopOf(point: LoopSettings | undefined, runs: readonly RunResult[]): Loop {
  const measured = (): boolean => runs.some((run) => run.measurement?.latencyMs.response != null);
  return plannedLoop(point ?? {}) ?? (measured() ? 'open' : 'closed');
}

/** Of a summary's point: summaries of older versions do not say it. */
export function loopOfSummary(point: {
  readonly loop?: Loop | undefined;
  readonly config: LoopSettings['config'];
  readonly latencyMs: { readonly response?: unknown };
}): Loop {
  return (
    point.loop ??
    plannedLoop({ config: point.config }) ??
    (point.latencyMs.response === undefined ? 'closed' : 'open')
  );
}
