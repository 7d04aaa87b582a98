// The agents' shares as the one measurement of their run, and a row for each agent. Counts and
// histograms are added bucket by bucket; nothing is averaged. Pure; called once a run.
import type { AgentResult, Interval, Measurement } from '../../contract/run-result.js';
import type { RunSpec, WorkerShare } from '../../contract/run-spec.js';
import { mergeResults } from '../../workloads/result/merge.js';
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
}

export function agentResult(part: AgentPart): AgentResult {
  const { hello, share, before, after, startMs, measured } = part;
  const { figures, beganAtMs, throttled } = measured;
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
    verdict: figures?.verdict ?? { valid: false, reasons: [] },
  };
}

/** Null where nothing was measured by any of them. */
export function mergeShares(
  spec: RunSpec,
  parts: readonly AgentPart[],
  intervals: readonly Interval[],
): { readonly measurement: Measurement | null; readonly agents: AgentResult[] } {
  const agents = parts.map(agentResult);
  const shares = parts.map(({ measured }) => measured).filter(({ results }) => results.length > 0);
  if (shares.length === 0) return { measurement: null, agents };
  const whole = mergeResults(spec, shares, intervals);
  return { measurement: { ...whole, verdict: withAgents(whole.verdict, agents) }, agents };
}
