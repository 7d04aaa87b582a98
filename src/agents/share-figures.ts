// An agent's own figures of its share, told as a run of that share alone would be: they stand
// beside the whole's in the result. Pure; called once a run by the agent, or by the coordinator
// where only that knows what was broken on purpose.
import type { Consumers } from '../contract/consumers.js';
import type { FaultEvent } from '../contract/faults.js';
import type { RunSpec } from '../contract/run-spec.js';
import { shareOf } from '../workloads/load/run-share.js';
import { recordsIn, workerShare } from '../workloads/load/schedule.js';
import { mergeParts } from '../workloads/drivers/merge-parts.js';
import type { AnyResult, MeasuredShare } from '../workloads/share-outcome.js';
import type { ShareFigures } from './protocol/messages.js';

/** The run that this share would be by itself: its rate and its records. */
export function specOfShare(spec: RunSpec): RunSpec {
  const { first, workers, of } = shareOf(spec);
  const { workload } = spec.settings;
  const own = (total: number): number =>
    Array.from({ length: workers }, (_, worker) => workerShare(total, first + worker, of)).reduce(
      (sum, records) => sum + records,
      0,
    );
  const { rate, durationMs } = workload;
  const records =
    workload.records !== null
      ? own(workload.records)
      : rate === 'max'
        ? null
        : own(recordsIn(durationMs ?? 0, rate));
  const scaled = {
    ...workload,
    rate: rate === 'max' ? rate : (rate * workers) / of,
    records,
    durationMs: records === null ? durationMs : null,
  };
  return { ...spec, settings: { ...spec.settings, workload: scaled } };
}

/** Null where nothing was measured. `events`: what was broken on purpose meanwhile. */
export function figuresOf(
  spec: RunSpec,
  share: MeasuredShare<AnyResult>,
  events: readonly FaultEvent[],
): ShareFigures | null {
  if (share.results.length === 0) return null;
  const whole = { intervals: share.intervals, events };
  const { measurement, sections } = mergeParts(specOfShare(spec), [share], whole);
  const { measuredMs, records, throughput, latencyMs, generator, verdict } = measurement;
  const latency = latencyMs.response ?? latencyMs.service;
  const { consumers } = sections;
  return {
    measuredMs,
    records,
    recordsPerSecond: throughput.recordsPerSecond,
    latencyP50Ms: latency?.p50 ?? null,
    latencyP99Ms: latency?.p99 ?? null,
    cpuMicrosPerRecord: generator.cpuMicrosPerRecord,
    ...(consumers === undefined ? {} : { consumers: receivedOf(consumers) }),
    verdict,
  };
}

const receivedOf = ({ endToEndMs, kept, elsewhere }: Consumers): ShareFigures['consumers'] => ({
  endToEndP50Ms: endToEndMs?.p50 ?? null,
  endToEndP99Ms: endToEndMs?.p99 ?? null,
  ...{ kept, elsewhere: elsewhere ?? 0 },
});
