// A run with its audit around it, whoever measures it: where the log ended before, the measuring,
// what faults broke mended, the log read back. Called by run-workload and by agents/ for every run,
// audited or not. Rejects only where the measuring does.
import type { RunResult } from '../../contract/run-result.js';
import type { RunSpec } from '../../contract/run-spec.js';
import { ReadingMeter } from '../threads/reading-meter.js';
import type { WorkloadHooks } from '../workload-hooks.js';
import type { PackedLedger } from './ledger.js';
import { withHonestDriver } from './honest-driver.js';
import { openLog } from './read-log.js';
import { RunAudit, type OpenLog } from './run-audit.js';
import { drawStamp } from './stamp.js';

export interface MeasuredRun {
  readonly result: RunResult;
  /** Of the audited workers that told of them. */
  readonly ledgers: readonly PackedLedger[];
}

export interface AuditedRun {
  readonly spec: RunSpec;
  readonly hooks: WorkloadHooks;
  /** Of all processes together. */
  readonly workers: number;
  /** What the audit reads from: another in tests. */
  readonly openLog?: OpenLog | undefined;
  /** `stamp`: the number that all stamps carry, where values are stamped. */
  readonly measure: (hooks: WorkloadHooks, stamp: number) => Promise<MeasuredRun>;
}

export async function withAudit(run: AuditedRun): Promise<RunResult> {
  const { spec, hooks, workers, measure } = run;
  const { faults, signal = new AbortController().signal } = hooks;
  const stamp = drawStamp();
  const mend = (result: RunResult) => faults?.mend(result.status === 'completed');
  if (spec.settings.workload.audit !== true) {
    const { result } = await measure(hooks, stamp);
    await mend(result);
    return result;
  }
  const meter = new ReadingMeter(hooks.onProgress);
  const audit = new RunAudit(spec, stamp, {
    ...{ openLog: run.openLog ?? openLog, workers, signal },
    onProgress: (audited) => meter.reading(audited),
  });
  await audit.begin();
  const onProgress = meter.heard;
  const { result, ledgers } = await measure({ ...hooks, onProgress }, stamp);
  await mend(result);
  const part = await audit.finish(result, ledgers);
  // A run without the audit that it was made for is to be made again, by --resume.
  const cutShort = part.notAudited !== undefined && signal.aborted;
  const ended = cutShort ? ({ status: 'stopped', failure: null } as const) : {};
  return withHonestDriver(spec, { ...result, ...ended, ...part });
}
