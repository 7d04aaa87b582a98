// A run's spec as a driver of another client is told it: its share of the records, its due times,
// the settings in force. Pure; called by driver-load once a worker.
import {
  DRIVER_PROTOCOL,
  type DriverPhase,
  type DriverSpec,
} from '../../contract/driver-protocol.js';
import type { RunSpec } from '../../contract/run-spec.js';
import type { Extent, Scalar, SecuritySettings } from '../../contract/settings.js';
import { effectiveIdempotence, PRODUCER_SETTINGS } from '../../producer-core/harness.js';
import { graceMs, isEmpty } from '../load/phases.js';
import { shareOf } from '../load/run-share.js';
import { recordsIn, workerShare } from '../load/schedule.js';
import { INTERVAL_MS } from '../measure/tracker.js';

/** Told whether given or not: what clients have defaults of their own for. */
const ALWAYS = [
  ...['acks', 'linger.ms', 'batch.size', 'buffer.memory', 'compression.type'],
  ...['max.in.flight.requests.per.connection', 'max.request.size', 'max.block.ms'],
  ...['request.timeout.ms', 'delivery.timeout.ms'],
];

export interface SpecFiles {
  readonly values: string;
  readonly keys: string | null;
  readonly audit: DriverSpec['audit'];
}

/** `local`: from 0, among the workers of this process. */
export function driverSpec(
  spec: RunSpec,
  local: number,
  security: SecuritySettings | null,
  files: SpecFiles,
): DriverSpec {
  const { workload, producer } = spec.settings;
  const { rate, warmup } = workload;
  const { first, of: workers } = shareOf(spec);
  // What it sends and when follows from its place among all workers of the run.
  const worker = first + local;
  const gapMs = rate === 'max' ? 0 : (workers / rate) * 1000;
  const due = rate === 'max' ? null : { firstMs: (worker / rate) * 1000, gapMs };
  return {
    type: 'spec',
    protocol: DRIVER_PROTOCOL,
    bootstrap: spec.bootstrap,
    topic: spec.topicName,
    settings: settingsInForce(producer),
    security,
    ...{ worker, workers, due },
    ...files,
    warmup: isEmpty(warmup) ? null : phaseOf(warmup, rate, worker, workers),
    measured: phaseOf(workload, rate, worker, workers),
    intervalMs: INTERVAL_MS,
  };
}

export function settingsInForce(
  producer: RunSpec['settings']['producer'],
): Readonly<Record<string, Scalar>> {
  const settings: Record<string, Scalar> = {};
  for (const name of ALWAYS) {
    const preset = PRODUCER_SETTINGS.get(name)?.default;
    if (preset !== undefined && preset !== null) settings[name] = preset;
  }
  // Off in silence where acks and retries say so, as Java's is.
  settings['enable.idempotence'] = effectiveIdempotence(producer);
  const given = { ...settings, ...producer };
  return { ...given, acks: String(given['acks']) === '-1' ? 'all' : String(given['acks']) };
}

function phaseOf(
  { records, durationMs }: Extent,
  rate: 'max' | number,
  worker: number,
  workers: number,
): DriverPhase {
  if (rate === 'max') {
    const own = records === null ? null : workerShare(records, worker, workers);
    return { records: own, durationMs, giveUpMs: null };
  }
  const total = records ?? recordsIn(durationMs ?? 0, rate);
  return {
    records: workerShare(total, worker, workers),
    durationMs: null,
    giveUpMs: durationMs === null ? null : durationMs + graceMs(durationMs),
  };
}
