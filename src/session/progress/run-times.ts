// How long a run of each point takes, from those made, in this session or before: topic, canary and
// workload together. A run that was not made to its end says nothing of that. What until-precise
// divides its time by, and what the time left is told from.
import type { RunResult } from '../../contract/run-result.js';

/** Of a run of an earlier session only the workload's own time is known. */
const ASSUMED_OVERHEAD_MS = 1_000;

export class RunTimes {
  private readonly sums = new Map<string, { ms: number; runs: number }>();

  add({ point, status }: Pick<RunResult, 'point' | 'status'>, tookMs: number): void {
    if (status !== 'completed') return;
    const sum = this.sums.get(point) ?? { ms: 0, runs: 0 };
    this.sums.set(point, { ms: sum.ms + tookMs, runs: sum.runs + 1 });
  }

  addEarlier(result: RunResult): void {
    const { startedAt, endedAt } = result;
    const ownMs = Math.max(0, Date.parse(endedAt) - Date.parse(startedAt));
    this.add(result, ownMs + ASSUMED_OVERHEAD_MS);
  }

  /** Of a point; where none of it was made, of all; null where nothing was. */
  expectedMs(point: string): number | null {
    const own = this.sums.get(point);
    if (own !== undefined) return own.ms / own.runs;
    const all = [...this.sums.values()];
    const runs = all.reduce((sum, each) => sum + each.runs, 0);
    return runs === 0 ? null : all.reduce((sum, each) => sum + each.ms, 0) / runs;
  }
}
