// What a run under way tells: the shared counters, sampled a few times a second, as a rate and a
// share done. Never touches the workers.
import type { Extent, WorkloadSettings } from '../../contract/settings.js';
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
}

const WINDOW_MS = 1000;

interface Sample {
  readonly atMs: number;
  readonly acked: number;
}

export class ProgressMeter {
  private readonly startMs: number;
  private phase: Phase = 'connecting';
  private phaseStartMs: number;
  private samples: Sample[] = [];

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
      if (phase === 'measuring') this.samples = [];
      this.phase = phase;
      this.phaseStartMs = atMs;
    }
    const counters = this.state.counters;
    return {
      ...counters,
      phase: phase === 'done' ? 'draining' : phase,
      recordsPerSecond: this.rate({ atMs, acked: counters.acked }),
      p99Ms,
      fraction: this.fraction(phase, counters, atMs - this.phaseStartMs),
      elapsedMs: atMs - this.startMs,
    };
  }

  /** The run is over, and its log is being read. */
  reading(audited: NonNullable<WorkloadProgress['audited']>): WorkloadProgress {
    const atMs = this.now();
    if (this.phase !== 'done') this.samples = [{ atMs, acked: 0 }];
    this.phase = 'done';
    return {
      ...this.state.counters,
      phase: 'auditing',
      audited,
      recordsPerSecond: this.rate({ atMs, acked: audited.read }),
      p99Ms: null,
      fraction: 1,
      elapsedMs: atMs - this.startMs,
    };
  }

  private rate(sample: Sample): number {
    while (this.samples.length > 1 && sample.atMs - this.samples[1].atMs >= WINDOW_MS)
      this.samples.shift();
    this.samples.push(sample);
    const first = this.samples[0];
    const spanMs = sample.atMs - first.atMs;
    return spanMs > 0 ? Math.max(0, ((sample.acked - first.acked) * 1000) / spanMs) : 0;
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
