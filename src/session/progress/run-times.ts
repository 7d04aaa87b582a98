// How long a run of each point takes, from those made: topic, canary, workload and saving together.
// What until-precise divides its time by.
import type { RunResult } from '../../contract/run-result.js';

/** Of a run of an earlier session only the workload's own time is known. */
const ASSUMED_OVERHEAD_MS = 1_000;

export class RunTimes {
  private readonly sums = new Map<string, { ms: number; runs: number }>();

  add(point: string, tookMs: number): void {
    const sum = this.sums.get(point) ?? { ms: 0, runs: 0 };
    this.sums.set(point, { ms: sum.ms + tookMs, runs: sum.runs + 1 });
  }

  addEarlier({ point, startedAt, endedAt }: RunResult): void {
    this.add(point, Math.max(0, Date.parse(endedAt) - Date.parse(startedAt)) + ASSUMED_OVERHEAD_MS);
  }

  /** Of a point; where none of it was made, of all; 0 where nothing was. */
  expectedMs(point: string): number {
    const own = this.sums.get(point);
    if (own !== undefined) return own.ms / own.runs;
    const all = [...this.sums.values()];
    const runs = all.reduce((sum, each) => sum + each.runs, 0);
    return runs === 0 ? 0 : all.reduce((sum, each) => sum + each.ms, 0) / runs;
  }
}
