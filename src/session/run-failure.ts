// The record of a run that measured nothing: why it failed, or that the user ended it first. Called
// by execute.
import { KbenchError } from '../base/errors.js';
import type { PlannedPoint, PlannedRun } from '../contract/plan.js';
import { RUN_SCHEMA } from '../contract/run-result.js';
import type { RunResult } from '../contract/run-result.js';

/** Errors that no cluster can cause. */
const BUGS = [TypeError, RangeError, ReferenceError, SyntaxError];

export function failedRun(
  run: PlannedRun,
  point: PlannedPoint,
  topic: string,
  startedAt: Date,
  error: unknown,
): RunResult {
  return { ...emptyRun(run, point, topic, startedAt), status: 'failed', failure: failureOf(error) };
}

export function stoppedRun(
  run: PlannedRun,
  point: PlannedPoint,
  topic: string,
  startedAt: Date,
): RunResult {
  return { ...emptyRun(run, point, topic, startedAt), status: 'stopped', failure: null };
}

/** A run that failed while brokers of ours had died: that is why, whatever it met. */
export function withDeaths(result: RunResult, deaths: string | null): RunResult {
  if (result.failure === null || deaths === null) return result;
  const { message } = result.failure;
  return { ...result, failure: { ...result.failure, message: `${message}. ${deaths}` } };
}

function emptyRun(run: PlannedRun, point: PlannedPoint, topic: string, startedAt: Date) {
  return {
    schema: RUN_SCHEMA,
    ...run,
    config: { ...point.config },
    startedAt: startedAt.toISOString(),
    endedAt: new Date().toISOString(),
    topic,
    canary: null,
    measurement: null,
  } as const;
}

function failureOf(error: unknown): NonNullable<RunResult['failure']> {
  if (error instanceof KbenchError) {
    return {
      message: error.message,
      ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    };
  }
  if (!(error instanceof Error)) return { message: String(error) };
  if (!BUGS.some((bug) => error instanceof bug)) return { message: error.message };
  return {
    message:
      `${error.name}: ${error.message} ` + `(${error.stack?.split('\n')[1]?.trim() ?? 'no stack'})`,
    remedy: 'this is a bug in kbench: please report it',
  };
}
