// `--until-precise`: once the plan's runs are made, adds blocks of runs over the points whose
// intervals are still too wide, until all are narrow enough, the time is used up, or a point proves
// hopeless. Each block is in plan.json before its first run. Called by commands/run-sweep.
import { RunError } from '../base/errors.js';
import type { Plan, PlannedRun, PrecisionTarget } from '../contract/plan.js';
import { pointPrecision } from '../report/model/precision.js';
import type { SweepOutcome } from './execute.js';
import type { RunLedger } from './run-ledger.js';
import { nextBlock } from './more-runs.js';
import type { RunTimes } from './progress/run-times.js';

/**
 * A point whose latest runs, so many in a row, were failed or invalid is given up: more of them
 * would settle nothing.
 */
export const MAX_BARREN_RUNS = 3;
/** Runs of one point. What is not settled by then is the noise itself. */
export const MAX_RUNS_A_POINT = 200;

export interface PrecisionSweep {
  readonly plan: Plan;
  readonly precision: PrecisionTarget;
  readonly ledger: RunLedger;
  readonly times: RunTimes;
  /** Milliseconds of the time budget that are left; below 0 once it is used up. */
  readonly leftMs: () => number;
  readonly savePlan: (plan: Plan) => Promise<void>;
  /** Makes the runs of a block, in order; ends early where `mayStart` says so. */
  readonly execute: (runs: readonly PlannedRun[], mayStart: () => boolean) => Promise<SweepOutcome>;
}

export interface PrecisionOutcome {
  readonly plan: Plan;
  /** Runs added and made. */
  readonly added: number;
  /** Of the last block, where that ended the sweep: stopped, an error, a gate. */
  readonly ended: SweepOutcome | null;
  readonly completed: number;
  readonly failed: number;
  /** Points that are not as precise as asked, by why nothing more was done for them. */
  readonly outOfTime: readonly string[];
  readonly barren: readonly string[];
  readonly noisy: readonly string[];
}

/** Never throws: a plan that cannot be saved is in the outcome. */
export async function runUntilPrecise(sweep: PrecisionSweep): Promise<PrecisionOutcome> {
  const { ledger, leftMs } = sweep;
  let { plan } = sweep;
  const made = { added: 0, completed: 0, failed: 0 };
  for (;;) {
    const open = plan.points.map(({ id }) => id).filter((id) => !isPrecise(sweep, id));
    const barren = open.filter((id) => ledger.barrenInARow(id) >= MAX_BARREN_RUNS);
    const noisy = open.filter(
      (id) => !barren.includes(id) && ledger.runsOf(id).length >= MAX_RUNS_A_POINT,
    );
    const wanted = open.filter((id) => !barren.includes(id) && !noisy.includes(id));
    const block = fitting(sweep, wanted);
    if (block.length === 0) return { plan, ...made, ended: null, outOfTime: wanted, barren, noisy };
    const runs = nextBlock(plan, block);
    const before = plan;
    plan = { ...plan, runs: [...plan.runs, ...runs] };
    const missing = await unsaved(
      sweep,
      plan,
      `the plan with ${runs.length} more runs could not be saved, so they are not made`,
    );
    if (missing !== null)
      return { plan: before, ...made, ended: endedBy(missing), outOfTime: [], barren, noisy };
    const outcome = await sweep.execute(runs, () => leftMs() > 0);
    const done = outcome.completed + outcome.failed;
    made.added += done;
    made.completed += outcome.completed;
    made.failed += outcome.failed;
    if (outcome.stopped || outcome.error !== null || outcome.gate !== null) {
      return { plan, ...made, ended: outcome, outOfTime: [], barren, noisy };
    }
    if (done < runs.length) {
      // Time ran out within the block: what was not made is not missing.
      plan = { ...before, runs: [...before.runs, ...runs.slice(0, done)] };
      const late = await unsaved(
        sweep,
        plan,
        'the plan could not be cut to the runs that were made; the rest shows as missing',
      );
      if (late !== null)
        return { plan, ...made, ended: endedBy(late), outOfTime: [], barren, noisy };
    }
  }
}

async function unsaved(
  { savePlan }: PrecisionSweep,
  plan: Plan,
  what: string,
): Promise<RunError | null> {
  try {
    await savePlan(plan);
    return null;
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    return new RunError(`${what}: ${error.message}`, error.remedy, { cause: error });
  }
}

const endedBy = (error: RunError): SweepOutcome => ({
  completed: 0,
  failed: 0,
  stopped: false,
  error,
  gate: null,
});

function isPrecise({ ledger, precision }: PrecisionSweep, id: string): boolean {
  return pointPrecision(ledger.summaryOf(id), ledger.runsOf(id), precision).reached;
}

/**
 * As many of the points as there is time for one more run each; where not for all, those with the
 * fewest valid runs first.
 */
function fitting({ ledger, times, leftMs }: PrecisionSweep, ids: readonly string[]): string[] {
  const valid = new Map(ids.map((id) => [id, ledger.summaryOf(id).valid]));
  let left = leftMs();
  const chosen: string[] = [];
  for (const id of ids.toSorted((a, b) => valid.get(a)! - valid.get(b)!)) {
    left -= times.expectedMs(id) ?? 0;
    if (left <= 0) break;
    chosen.push(id);
  }
  return chosen;
}
