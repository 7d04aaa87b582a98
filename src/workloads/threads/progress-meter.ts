// What a run under way tells: the shared counters, sampled a few times a second, as a rate and a
// share done. Never touches the workers.
import type { Extent, WorkloadSettings } from '../../contract/settings.js';
import { LiveRate } from './live-rate.js';
import type { LiveCounters, Phase, SharedState } from './shared-state.js';

export interface WorkloadProgress extends LiveCounters {
  readonly phase: Exclude<Phase, 'done'> | 'auditing';
  /** Acknowledged a second, over about the last second. */
  readonly recordsPerSecond: number;
  /** Of the last whole interval; null before there is one. */
  readonly p99Ms: number | null;
  /** Share of warm-up and measured part that is done, 0 to 1; null where it cannot be told. */
  readonly fraction: number | null;
  /** While the log is read back: how much of it. */
  readonly audited?: { readonly read: number; readonly of: number };
  /** Since the run was asked for. */
  readonly elapsedMs: number;
  /** Left out where one process makes the run. */
  readonly agents?: readonly AgentProgress[];
}

/** One of several agents that make a run together. */
export interface AgentProgress {
  readonly name: string;
  readonly state: 'connected' | 'ready' | WorkloadProgress['phase'] | 'done';
  readonly recordsPerSecond: number;
  /** How far it is behind its schedule; null in a closed loop, and before it measures. */
  readonly lagMs: number | null;
}

export class ProgressMeter {
  private readonly startMs: number;
  private phase: Phase = 'connecting';
  private phaseStartMs: number;
  private rate = new LiveRate();

  constructor(
    private readonly workload: WorkloadSettings,
    private readonly state: SharedState,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.startMs = this.phaseStartMs = now();
  }

  read(p99Ms: number | null): WorkloadProgress {
    const atMs = this.now();
    const phase = this.state.phase;
    if (phase !== this.phase) {
      // Counters begin anew with the measured part.
      if (phase === 'measuring') this.rate = new LiveRate();
      this.phase = phase;
      this.phaseStartMs = atMs;
    }
    const counters = this.state.counters;
    return {
      ...counters,
      phase: phase === 'done' ? 'draining' : phase,
      recordsPerSecond: this.rate.add({ atMs, count: counters.acked }),
      p99Ms,
      fraction: this.fraction(phase, counters, atMs - this.phaseStartMs),
      elapsedMs: atMs - this.startMs,
    };
  }

  private fraction(phase: Phase, counters: LiveCounters, inPhaseMs: number): number | null {
    if (phase === 'connecting') return 0;
    if (phase === 'draining' || phase === 'done') return 1;
    const { warmup, rate } = this.workload;
    const part = share(phase === 'measuring' ? this.workload : warmup, counters, inPhaseMs);
    const [before, measured] = [weight(warmup, rate), weight(this.workload, rate)];
    if (part === null || measured === null || before === null || before.unit !== measured.unit) {
      return phase === 'measuring' ? part : 0;
    }
    const done =
      phase === 'measuring' ? before.amount + part * measured.amount : part * before.amount;
    return done / (before.amount + measured.amount);
  }
}

/** Share of one phase that is done. */
function share(
  { records, durationMs }: Extent,
  { failed, acked }: LiveCounters,
  inPhaseMs: number,
): number | null {
  if (records !== null) return records === 0 ? 1 : Math.min(1, (acked + failed) / records);
  return durationMs === null ? null : Math.min(1, inPhaseMs / Math.max(1, durationMs));
}

/** How long a phase is, in milliseconds if the rate tells, else in its own unit. */
function weight(
  { records, durationMs }: Extent,
  rate: 'max' | number,
): { unit: string; amount: number } | null {
  if (durationMs !== null) return { unit: 'ms', amount: durationMs };
  if (records === null) return null;
  return rate === 'max'
    ? { unit: 'records', amount: records }
    : { unit: 'ms', amount: (records / rate) * 1000 };
}
