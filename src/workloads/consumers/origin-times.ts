// From when a record's end-to-end time counts: its intended time in an open loop, which follows
// from its number alone, its sent time in a closed one. On the clock that all threads share. Hot:
// asked for each record that is received. Workers are those of this process, as its shared state
// counts them.
import type { RunSpec } from '../../contract/run-spec.js';
import { shareOf } from '../load/run-share.js';
import { Schedule } from '../load/schedule.js';
import { MEETINGS, type SharedState } from '../threads/shared-state.js';
import { SentTimesReader } from './sent-times.js';

/** Of the warm-up: it is in no figure. */
export const WARMUP = -Infinity;

export class OriginTimes {
  /** When the measured part begins, once that is agreed. */
  private startMs: number | null = null;
  private readonly firstMeasured: number[] = [];
  private readonly schedules: Schedule[] = [];
  private readonly sent: SentTimesReader | null;

  /** `sentTimes`: of a closed loop. */
  constructor(
    private readonly spec: RunSpec,
    private readonly state: SharedState,
    sentTimes: SharedArrayBuffer | null,
  ) {
    this.sent = sentTimes === null ? null : new SentTimesReader(sentTimes, state.workers);
  }

  /** Null before it is agreed. */
  start(): number | null {
    if (this.startMs !== null) return this.startMs;
    const { state, spec } = this;
    this.startMs = state.startOf(MEETINGS.measure);
    if (this.startMs === null) return null;
    const { rate } = spec.settings.workload;
    const { first, of } = shareOf(spec);
    for (let worker = 0; worker < state.workers; worker++) {
      this.firstMeasured.push(state.firstMeasured(worker));
      if (rate !== 'max') this.schedules.push(new Schedule(this.startMs, rate, first + worker, of));
    }
    return this.startMs;
  }

  /** WARMUP; NaN where it is not known any more. */
  of(worker: number, sequence: number): number {
    if (this.startMs === null && this.start() === null) return WARMUP;
    const index = sequence - this.firstMeasured[worker];
    if (index < 0) return WARMUP;
    return this.sent === null ? this.schedules[worker].at(index) : this.sent.at(worker, sequence);
  }

  /** Of a record that is not warm-up. */
  indexOf(worker: number, sequence: number): number {
    return sequence - this.firstMeasured[worker];
  }
}
