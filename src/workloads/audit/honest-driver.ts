// A driver's word against the log: times of records that were acknowledged and are not there are no
// figures. Pure; called by with-audit once a run was audited.
import { driverLabel } from '../../contract/driver.js';
import type { RunResult } from '../../contract/run-result.js';
import type { RunSpec } from '../../contract/run-spec.js';

/**
 * The run failed where another client than the core told more than the log holds. With faults, or
 * acks=0, records may be lost without anybody's lie.
 */
export function withHonestDriver({ settings }: RunSpec, result: RunResult): RunResult {
  const { driver, producer, faults = [] } = settings;
  const { audit } = result;
  if (driver === 'core' || audit === undefined || result.status !== 'completed') return result;
  if (faults.length > 0 || String(producer['acks']) === '0') return result;
  if (audit.lost === 0) return result;
  const share = Number(((audit.lost / audit.acknowledged) * 100).toPrecision(2));
  const message =
    `driver ${driverLabel(driver)} told ${audit.acknowledged} records acknowledged, and ` +
    `${audit.lost} of them (${share} %) are not in the log: its figures are none`;
  const remedy = 'see audit.examples of this run, and what the client says of such records';
  return { ...result, status: 'failed', failure: { message, remedy } };
}
