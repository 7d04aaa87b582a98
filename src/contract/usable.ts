// Whether a run measured anything: the one rule by which a run without a usable measurement is a
// failed one. Applied where a run is made and where a saved one is read, so that exit code,
// headline, --resume and every format agree, also about results of older versions.
import type { Measurement, RunResult } from './run-result.js';

/** Something was acknowledged in the measured part (with acks=0: written). */
export function isUsable(measurement: Measurement | null): measurement is Measurement {
  return measurement !== null && measurement.records.acked > 0;
}

/** The same, but `failed` where it says `completed` and has nothing to show for it. */
export function withHonestStatus(run: RunResult): RunResult {
  if (run.status !== 'completed' || isUsable(run.measurement)) return run;
  return { ...run, status: 'failed', failure: run.failure ?? failureOf(run.measurement) };
}

function failureOf(measurement: Measurement | null): NonNullable<RunResult['failure']> {
  if (measurement === null) return { message: 'nothing was measured' };
  const { records, errors, verdict } = measurement;
  if (records.sent === 0) {
    return {
      message: 'no record was sent in the measured part',
      remedy: 'make the run longer, or the rate higher',
    };
  }
  const outage = verdict.reasons.find(({ code }) => code === 'outage');
  const causes = errors.map(({ message, records: count }) => `${message} (${count} records)`);
  const because = [...(outage === undefined ? [] : [outage.message]), ...causes.slice(0, 3)];
  const message = `none of ${records.sent} records was acknowledged`;
  return {
    message: because.length === 0 ? message : `${message}: ${because.join('; ')}`,
    remedy: 'check that the brokers answer, and that the settings give them the time to',
  };
}
