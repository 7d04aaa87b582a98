// What a run's workers came to, in one process or in several, as its figures: whatever client they
// drove. Called by run-workload for the whole and by agents/ for shares; the one place that tells
// results of the core from those of drivers. Pure.
import type { DriverSettings } from '../../contract/driver.js';
import type { FaultEvent } from '../../contract/faults.js';
import type { Measurement, RunResult } from '../../contract/run-result.js';
import type { RunSpec } from '../../contract/run-spec.js';
import type { MergedIntervals } from '../measure/intervals.js';
import { mergeResults } from '../result/merge.js';
import type { AnyResult, SharePart } from '../share-outcome.js';
import type { WorkerResult } from '../threads/worker-result.js';
import { driverSection, mergeReports } from './merge-reports.js';
import type { WorkerReport } from './worker-report.js';

/** A run's figures, and the sections of its result beside them. */
export interface Merged {
  readonly measurement: Measurement;
  readonly sections: Pick<RunResult, 'driver' | 'consumers'>;
}

/** What the parts have in common. */
export interface Whole {
  readonly intervals: MergedIntervals;
  /** What was broken on purpose meanwhile. */
  readonly events: readonly FaultEvent[];
}

/** A part a process, each with at least one worker, all of them of the run's driver. */
export function mergeParts(
  spec: RunSpec,
  parts: readonly SharePart<AnyResult>[],
  { intervals, events }: Whole,
): Merged {
  const { driver } = spec.settings;
  if (driver === 'core') {
    const own = parts.map((part) => ({ ...part, results: part.results.filter(isResult) }));
    const { measurement, consumers } = mergeResults(spec, own, intervals, events);
    return { measurement, sections: consumers === null ? {} : { consumers } };
  }
  const own = parts.map((part) => ({ ...part, results: part.results.filter(isReport) }));
  const { measurement, consumers } = mergeReports(spec, driver, own, { intervals, events });
  const section = driverSection(
    spec,
    own.flatMap(({ results }) => results),
  );
  const beside = consumers === null ? {} : { consumers };
  return { measurement, sections: { driver: section, ...beside } };
}

/** Whether they come from what the settings name. */
export const areOf = (driver: DriverSettings, results: readonly AnyResult[]): boolean =>
  results.every(driver === 'core' ? isResult : isReport);

const isReport = (result: AnyResult): result is WorkerReport => 'hello' in result;
const isResult = (result: AnyResult): result is WorkerResult => !isReport(result);
