// The audit of one run, once its workers are done: reads the log back, has the account add up, and
// says which promises were kept. Called by run-audit. Never rejects: an audit that could not be
// made is told as such, with the reason.
import { KbenchError, RunError, StoppedError } from '../../base/errors.js';
import { bounded, sleep } from '../../base/time-limit.js';
import type { Audit } from '../../contract/audit.js';
import type { RunResult } from '../../contract/run-result.js';
import type { RunSpec } from '../../contract/run-spec.js';
import { Account } from './account.js';
import type { AuditedLog, LogBounds, OnRecord } from './audited-log.js';
import type { PackedLedger } from './ledger.js';
import { promisesOf } from './promises.js';

export interface AuditTask {
  readonly spec: RunSpec;
  /** The number that the run's stamps carry. */
  readonly run: number;
  readonly ledgers: readonly PackedLedger[];
  /** By partition: where the log ended before the run. */
  readonly from: readonly number[];
  readonly signal: AbortSignal;
  readonly onProgress: (progress: AuditProgress) => void;
}

/** Both passes together, where there are two. */
export interface AuditProgress {
  readonly read: number;
  readonly of: number;
}

export type AuditPart = Pick<RunResult, 'audit' | 'notAudited'>;

/** So slow is no cluster that is there; at least this long, whatever there is to read. */
const LEAST_RECORDS_PER_SECOND = 20_000;
const LEAST_LIMIT_MS = 120_000;
const PROGRESS_MS = 250;
/** Java's default of transaction.timeout.ms, by which the coordinator aborts what was left open. */
const TRANSACTION_TIMEOUT_MS = 60_000;
/** How often coordinators look for such ones (transaction.abort.timed.out.…interval.ms). */
const COORDINATOR_LOOK_MS = 10_000;
const POLL_MS = 200;

export async function auditRun(task: AuditTask, log: AuditedLog): Promise<AuditPart> {
  const startMs = performance.now();
  const ending = new AbortController();
  const stop = (): void => ending.abort();
  task.signal.addEventListener('abort', stop, { once: true });
  if (task.signal.aborted) stop();
  try {
    const bounds = await settledBounds(task, log, ending.signal);
    const records = spans(task.from, bounds).reduce((sum, span) => sum + span, 0);
    const limitMs = LEAST_LIMIT_MS + (records / LEAST_RECORDS_PER_SECOND) * 1000;
    const found = await bounded(
      `reading ${records.toLocaleString('en-US')} records back`,
      { limitMs, stop: task.signal },
      () => readBack(task, log, bounds, ending.signal),
    );
    const minInsync = task.spec.minInsyncReplicas ?? null;
    const promises = promisesOf(task.spec.settings, minInsync, found.counts);
    const tookMs = Math.round(performance.now() - startMs);
    const audit: Audit = { ...found.counts, promises, examples: [...found.examples], tookMs };
    return { audit };
  } catch (error) {
    return notAudited(error, task.signal);
  } finally {
    task.signal.removeEventListener('abort', stop);
    ending.abort(); // what is still under way past its limit
  }
}

/** An audit that could not be made. */
export function notAudited(error: unknown, signal: AbortSignal): AuditPart {
  if (error instanceof StoppedError || signal.aborted)
    return { notAudited: { message: 'stopped by the user' } };
  const message = error instanceof Error ? error.message : String(error);
  const remedy =
    (error instanceof KbenchError ? error.remedy : undefined) ??
    'see that all partitions have leaders, and that this user may read the topic';
  return { notAudited: { message, remedy } };
}

/** With transactions: once none is open any more, or could be for longer than its time-out. */
async function settledBounds(
  { spec, signal }: AuditTask,
  log: AuditedLog,
  ending: AbortSignal,
): Promise<readonly LogBounds[]> {
  const { workload, producer } = spec.settings;
  const look = () =>
    bounded('finding the ends of the log', { limitMs: LEAST_LIMIT_MS, stop: signal }, () =>
      log.bounds(ending),
    );
  let bounds = await look();
  if (workload.transaction === null) return bounds;
  const timeoutMs = Number(producer['transaction.timeout.ms'] ?? TRANSACTION_TIMEOUT_MS);
  const endMs = performance.now() + timeoutMs + COORDINATOR_LOOK_MS;
  while (bounds.some(({ stable, latest }) => stable < latest) && performance.now() < endMs) {
    await sleep(POLL_MS, signal);
    bounds = await look();
  }
  return bounds;
}

const spans = (from: readonly number[], bounds: readonly LogBounds[]): number[] =>
  bounds.map(({ earliest, latest }, partition) =>
    Math.max(0, latest - Math.max(earliest, from[partition] ?? 0)),
  );

async function readBack(
  task: AuditTask,
  log: AuditedLog,
  bounds: readonly LogBounds[],
  signal: AbortSignal,
) {
  const { spec, run, ledgers, onProgress } = task;
  if (bounds.length === 0)
    throw new RunError(`topic ${spec.topicName} has no partitions any more`, 'see who deleted it');
  const account = new Account({
    run,
    ledgers,
    partitions: bounds.length,
    ownTopic: spec.settings.topic.kind === 'fresh',
  });
  const starts = bounds.map((_each, partition) => task.from[partition] ?? 0);
  const from = bounds.map(({ earliest }, partition) => Math.max(earliest, starts[partition]));
  const committed = account.hasTransactions;
  const records = spans(task.from, bounds).reduce((sum, span) => sum + span, 0);
  const meter = new Meter(committed ? 2 * records : records, onProgress);
  try {
    if (committed) {
      const to = bounds.map(({ stable }, partition) => Math.max(from[partition], stable));
      const onRecord = meter.counting(account.onCommitted);
      await log.read({
        ...{ isolation: 'read_committed', from, to, onRecord, signal },
        onUnreadable: () => undefined, // the other pass counts them
      });
      account.endCommitted(to);
    }
    const to = bounds.map(({ latest }, partition) => Math.max(from[partition], latest));
    const onRecord = meter.counting(account.onRecord);
    const read = await log.read({
      ...{ isolation: 'read_uncommitted', from, to, onRecord, signal },
      onUnreadable: account.onUnreadable,
    });
    const offsets = read.gone.map((gone, partition) => gone + from[partition] - starts[partition]);
    return account.finish({ offsets });
  } finally {
    meter.end();
  }
}

/** Counts what is read, and tells a few times a second. */
class Meter {
  private read = 0;
  private readonly timer: NodeJS.Timeout;

  constructor(of: number, onProgress: AuditTask['onProgress']) {
    this.timer = setInterval(() => onProgress({ read: this.read, of }), PROGRESS_MS);
  }

  counting(onRecord: OnRecord): OnRecord {
    return (partition, offset, bytes, start, length) => {
      this.read += 1;
      onRecord(partition, offset, bytes, start, length);
    };
  }

  end(): void {
    clearInterval(this.timer);
  }
}
