// The agents' shares as the one measurement of their run, and a row for each agent. Counts and
// histograms are added bucket by bucket; nothing is averaged. Pure; called once a run.
import type { FaultEvent } from '../../contract/faults.js';
import type { AgentResult, Measurement } from '../../contract/run-result.js';
import type { RunSpec, WorkerShare } from '../../contract/run-spec.js';
import type { Consumed } from '../../workloads/consumers/consumer.js';
import type { MergedIntervals } from '../../workloads/measure/intervals.js';
import { mergeParts, type Merged } from '../../workloads/drivers/merge-parts.js';
import { figuresOf } from '../share-figures.js';
import { driftPpm, fromAgentClock, type ClockReading } from '../protocol/clock-offset.js';
import type { FromAgent, Hello } from '../protocol/messages.js';
import { withAgents } from './agents-verdict.js';

export type Measured = Extract<FromAgent, { kind: 'measured' }>;

/** What the coordinator knows of one agent's part once the run is over. */
export interface AgentPart {
  readonly hello: Hello;
  readonly share: WorkerShare;
  readonly before: ClockReading | null;
  readonly after: ClockReading | null;
  /** Of the measured part, on the coordinator's clock. */
  readonly startMs: number | null;
  readonly measured: Measured;
  /** What its consumers received; null where there were none, or nobody waited for them. */
  readonly consumed: Consumed | null;
  /** Its own intervals; null where the agent has told its figures itself. */
  readonly intervals: MergedIntervals | null;
}

/** What the shares have in common. */
export interface Whole {
  readonly intervals: MergedIntervals;
  /** What was broken on purpose meanwhile. */
  readonly events: readonly FaultEvent[];
}

function agentResult(spec: RunSpec, part: AgentPart, events: readonly FaultEvent[]): AgentResult {
  const { hello, share, before, after, startMs, measured } = part;
  const { beganAtMs, results, throttled } = measured;
  const figures =
    part.intervals === null
      ? measured.figures
      : figuresOf(
          { ...spec, share },
          { results, intervals: part.intervals, throttled, consumed: part.consumed },
          events,
        );
  const began =
    beganAtMs === null || before === null || startMs === null
      ? null
      : fromAgentClock(beganAtMs, before, after ?? before) - startMs;
  return {
    name: hello.name,
    host: hello.host.host,
    cpus: hello.cpus,
    clockOffsetMs: before?.offsetMs ?? null,
    clockErrorMs: before?.errorMs ?? null,
    clockDriftPpm: before === null || after === null ? null : driftPpm(before, after),
    startSkewMs: began,
    records: figures?.records ?? { sent: 0, acked: 0, failed: 0 },
    share: share.workers / share.of,
    recordsPerSecond: figures?.recordsPerSecond ?? 0,
    latencyP50Ms: figures?.latencyP50Ms ?? null,
    latencyP99Ms: figures?.latencyP99Ms ?? null,
    cpuMicrosPerRecord: figures?.cpuMicrosPerRecord ?? null,
    throttledMs: throttled?.ms ?? null,
    ...(figures?.consumers === undefined ? {} : { consumers: figures.consumers }),
    verdict: figures?.verdict ?? { valid: false, reasons: [] },
  };
}

export interface MergedShares extends Pick<Merged, 'sections'> {
  /** Null where nothing was measured by any of them. */
  readonly measurement: Measurement | null;
  readonly agents: readonly AgentResult[];
}

export function mergeShares(
  spec: RunSpec,
  parts: readonly AgentPart[],
  { intervals, events }: Whole,
): MergedShares {
  const agents = parts.map((part) => agentResult(spec, part, events));
  const shares = parts
    .map(({ measured, consumed }) => ({ ...measured, consumed }))
    .filter(({ results }) => results.length > 0);
  if (shares.length === 0) return { measurement: null, sections: {}, agents };
  const merged = mergeParts(spec, shares, { intervals, events });
  const { measurement: whole, sections } = merged;
  const measurement = { ...whole, verdict: withAgents(whole.verdict, agents) };
  return { measurement, sections, agents };
}
