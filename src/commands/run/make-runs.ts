// The runs of one session of `kbench run`: those of the plan that are missing, then, where a
// precision was asked for, more until it is reached. Keeps the ledger that gates and precision look
// at. Called by run-sweep with everything opened; closes nothing.
import type { Plan, PlannedRun } from '../../contract/plan.js';
import type { RunResult } from '../../contract/run-result.js';
import { listed, plural } from '../../report/text/format.js';
import type { SweepExecution, SweepOutcome } from '../../session/execute.js';
import {
  executeOnClusters,
  type ClusterRoom,
  type Clusters,
} from '../../session/sweep-clusters.js';
import { GateWatch } from '../../session/gate-watch.js';
import { RunLedger } from '../../session/run-ledger.js';
import type { Progress } from '../../session/progress/progress.js';
import { RunTimes } from '../../session/progress/run-times.js';
import type { ResultStore } from '../../session/folder/store.js';
import {
  MAX_BARREN_RUNS,
  MAX_RUNS_A_POINT,
  runUntilPrecise,
  type PrecisionOutcome,
} from '../../session/until-precise.js';
import type { PrecisionRequest } from './precise-options.js';

export interface Session {
  readonly plan: Plan;
  readonly todo: readonly PlannedRun[];
  /** Runs of earlier sessions that stay. */
  readonly made: readonly RunResult[];
  readonly request: PrecisionRequest | null;
  readonly store: Pick<ResultStore, 'savePlan' | 'saveRun'>;
  readonly progress: Progress;
  readonly clusters: Clusters;
  readonly common: Omit<
    SweepExecution,
    'plan' | 'todo' | 'saveRun' | 'afterRun' | 'mayStart' | 'position' | keyof ClusterRoom
  >;
}

/** `total`: the runs that it set out to make. */
export async function makePlannedRuns(
  session: Session,
): Promise<{ outcome: SweepOutcome; total: number }> {
  const { plan, todo, made, request, store, progress, clusters, common } = session;
  const startedMs = performance.now();
  const ledger = new RunLedger(plan.points);
  const times = new RunTimes();
  for (const result of made) {
    ledger.add(result);
    times.addEarlier(result);
  }
  const gates = new GateWatch(plan, ledger);
  const shared = {
    ...common,
    saveRun: (result: RunResult) => store.saveRun(result),
    afterRun: (result: RunResult, tookMs: number) => {
      ledger.add(result);
      times.add(result, tookMs);
      return gates.check(result.point);
    },
  };
  const first = await executeOnClusters({ ...shared, plan, todo }, clusters);
  if (request === null || first.stopped || first.error !== null || first.gate !== null) {
    return { outcome: first, total: todo.length };
  }
  let total = todo.length;
  const more = await runUntilPrecise({
    ...{ plan, precision: request.precision, ledger, times },
    leftMs: () => request.budgetMs - (performance.now() - startedMs),
    savePlan: (grown) => store.savePlan(grown),
    execute: (runs, mayStart) => {
      const position = { before: total, total: total + runs.length };
      total += runs.length;
      progress.runsAdded();
      return executeOnClusters({ ...shared, plan, todo: runs, mayStart, position }, clusters);
    },
  });
  tell(more, progress);
  const { stopped, error, gate } = more.ended ?? first;
  const outcome = {
    ...{ completed: first.completed + more.completed, failed: first.failed + more.failed },
    ...{ stopped, error, gate },
  };
  return { outcome, total: more.ended === null ? todo.length + more.added : total };
}

function tell({ added, outOfTime, barren, noisy }: PrecisionOutcome, progress: Progress): void {
  progress.note(`${plural(added, 'run')} added for precision`);
  if (barren.length > 0) {
    progress.warn(
      `given up, as their last ${MAX_BARREN_RUNS} runs gave no valid figures: ${listed(barren)}`,
    );
  }
  if (noisy.length > 0)
    progress.warn(`given up after ${MAX_RUNS_A_POINT} runs, still too wide: ${listed(noisy)}`);
  if (outOfTime.length > 0)
    progress.warn(`the time budget is used up before these were settled: ${listed(outOfTime)}`);
}
