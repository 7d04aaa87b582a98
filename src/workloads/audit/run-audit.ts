// The audit of a run from before its first record to after its last: where the log ended then, the
// reading back. Used by with-audit, once a run. Never rejects.
import { bounded } from '../../base/time-limit.js';
import type { RunResult } from '../../contract/run-result.js';
import type { RunSpec } from '../../contract/run-spec.js';
import type { AuditedLog } from './audited-log.js';
import { auditRun, notAudited, type AuditPart, type AuditProgress } from './audit-run.js';
import type { PackedLedger } from './ledger.js';

const OPEN_MS = 60_000;

export type OpenLog = (spec: RunSpec, signal: AbortSignal) => Promise<AuditedLog>;

export interface RunAuditOptions {
  readonly openLog: OpenLog;
  /** Of the run, on all machines. */
  readonly workers: number;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: AuditProgress) => void;
}

export class RunAudit {
  private from: readonly number[] = [];
  private failure: unknown = null;

  constructor(
    private readonly spec: RunSpec,
    private readonly stamp: number,
    private readonly options: RunAuditOptions,
  ) {}

  /** Before the first record. A fresh topic is empty then. */
  async begin(): Promise<void> {
    if (this.spec.settings.topic.kind === 'fresh') return;
    try {
      const log = await this.open();
      try {
        const bounds = await this.limited('finding the end of the topic', (signal) =>
          log.bounds(signal),
        );
        this.from = bounds.map(({ latest }) => latest);
      } finally {
        log.close();
      }
    } catch (error) {
      this.failure = error;
    }
  }

  /** Once every worker is done. `ledgers`: of those that told. */
  async finish(
    { status, failure }: RunResult,
    ledgers: readonly PackedLedger[],
  ): Promise<AuditPart> {
    const { spec, stamp, from, options } = this;
    const { workers, signal, onProgress } = options;
    if (this.failure !== null) return notAudited(this.failure, signal);
    if (status === 'stopped') return { notAudited: { message: 'stopped by the user' } };
    if (ledgers.length < workers) {
      const why = failure === null ? '' : `: ${failure.message}`;
      return { notAudited: { message: `a worker never told what it had sent${why}` } };
    }
    let log: AuditedLog | null = null;
    try {
      log = await this.open();
      return await auditRun({ spec, run: stamp, ledgers, from, signal, onProgress }, log);
    } catch (error) {
      return notAudited(error, signal);
    } finally {
      log?.close();
    }
  }

  private open(): Promise<AuditedLog> {
    return this.limited('opening the log', (signal) => this.options.openLog(this.spec, signal));
  }

  private limited<T>(what: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { signal } = this.options;
    return bounded(what, { limitMs: OPEN_MS, stop: signal }, () => work(signal));
  }
}
