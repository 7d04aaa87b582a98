// The memory that the main thread and a run's workers share: live counters, the stop flag and the
// two meeting points. Every number has one writer, so nothing is ever locked; the reader takes what
// is there.

/** Why workers should stop: asked by the user, or because another worker failed. */
export const STOP = { none: 0, user: 1, failure: 2 } as const;
export type StopCause = (typeof STOP)[keyof typeof STOP];

export const PHASES = ['connecting', 'warm-up', 'measuring', 'draining', 'done'] as const;
export type Phase = (typeof PHASES)[number];

/** The points at which all workers meet before they go on together. */
export const MEETINGS = { warmup: 0, measure: 1 } as const;
export type Meeting = (typeof MEETINGS)[keyof typeof MEETINGS];
const MEETING_COUNT = 2;

/** Counters of one worker since its current phase began. `failed` are among `sent`. */
export interface LiveCounters {
  readonly sent: number;
  readonly acked: number;
  readonly failed: number;
}

/** Doubles apart by a cache line, so that workers do not slow each other down. */
const STRIDE = 8;

// int32: stop | arrived x meetings | open x meetings | meets outside | phase x workers
// float64: start instant x meetings (padded to a line) | STRIDE x workers: sent, acked, failed,
//   first measured sequence, clock error
const STOP_AT = 0;
const ARRIVED_AT = 1;
const OPEN_AT = ARRIVED_AT + MEETING_COUNT;
const OUTSIDE_AT = OPEN_AT + MEETING_COUNT;
const PHASE_AT = OUTSIDE_AT + 1;

export class SharedState {
  private readonly flags: Int32Array;
  private readonly doubles: Float64Array;

  constructor(
    readonly buffer: SharedArrayBuffer,
    readonly workers: number,
  ) {
    this.doubles = new Float64Array(buffer, 0, STRIDE * (workers + 1));
    this.flags = new Int32Array(buffer, this.doubles.byteLength, PHASE_AT + workers);
  }

  static create(workers: number): SharedState {
    const doubles = STRIDE * (workers + 1) * Float64Array.BYTES_PER_ELEMENT;
    const flags = (PHASE_AT + workers) * Int32Array.BYTES_PER_ELEMENT;
    return new SharedState(new SharedArrayBuffer(doubles + flags), workers);
  }

  /** The first cause stays. */
  stop(cause: Exclude<StopCause, 0>): void {
    Atomics.compareExchange(this.flags, STOP_AT, STOP.none, cause);
  }

  get stopCause(): StopCause {
    return Atomics.load(this.flags, STOP_AT) as StopCause;
  }

  get stopped(): boolean {
    return Atomics.load(this.flags, STOP_AT) !== STOP.none;
  }

  /** The last to arrive does not open a meeting: others than these workers are waited for. */
  meetOutside(): void {
    Atomics.store(this.flags, OUTSIDE_AT, 1);
  }

  get meetsOutside(): boolean {
    return Atomics.load(this.flags, OUTSIDE_AT) !== 0;
  }

  /** Whether all workers of this process are at a meeting point that others are not at yet. */
  get waitsOutside(): boolean {
    const meetings = Object.values(MEETINGS);
    return (
      this.meetsOutside &&
      meetings.some((meeting) => this.allArrived(meeting) && this.startOf(meeting) === null)
    );
  }

  /** Whether all workers of this process are at the meeting point. */
  allArrived(meeting: Meeting): boolean {
    return Atomics.load(this.flags, ARRIVED_AT + meeting) === this.workers;
  }

  /** One more worker is at the meeting point; returns how many are. */
  arrive(meeting: Meeting): number {
    return Atomics.add(this.flags, ARRIVED_AT + meeting, 1) + 1;
  }

  /** Opens the meeting with its agreed instant in ms of the common clock. */
  open(meeting: Meeting, startMs: number): void {
    this.doubles[meeting] = startMs;
    Atomics.store(this.flags, OPEN_AT + meeting, 1);
  }

  /** The agreed instant, or null while workers are missing. */
  startOf(meeting: Meeting): number | null {
    return Atomics.load(this.flags, OPEN_AT + meeting) === 0 ? null : this.doubles[meeting];
  }

  setPhase(worker: number, phase: Phase): void {
    Atomics.store(this.flags, PHASE_AT + worker, PHASES.indexOf(phase));
  }

  phaseOf(worker: number): Phase {
    return PHASES[Atomics.load(this.flags, PHASE_AT + worker)];
  }

  /** The phase of the worker that is furthest behind. */
  get phase(): Phase {
    let least = PHASES.length - 1;
    for (let worker = 0; worker < this.workers; worker++) {
      least = Math.min(least, Atomics.load(this.flags, PHASE_AT + worker));
    }
    return PHASES[least];
  }

  setSent(worker: number, sent: number): void {
    this.doubles[STRIDE * (worker + 1)] = sent;
  }

  setAcked(worker: number, acked: number): void {
    this.doubles[STRIDE * (worker + 1) + 1] = acked;
  }

  setFailed(worker: number, failed: number): void {
    this.doubles[STRIDE * (worker + 1) + 2] = failed;
  }

  /**
   * Before the worker meets the others for the measured part: the number of its first measured
   * record, and how far its clock may be from the common one, in ms.
   */
  setOrigin(worker: number, firstMeasured: number, clockErrorMs: number): void {
    this.doubles[STRIDE * (worker + 1) + 3] = firstMeasured;
    this.doubles[STRIDE * (worker + 1) + 4] = clockErrorMs;
  }

  /** Of no meaning before the measured part has its start. */
  firstMeasured(worker: number): number {
    return this.doubles[STRIDE * (worker + 1) + 3];
  }

  /** The largest of the workers'. */
  get clockErrorMs(): number {
    let largest = 0;
    for (let worker = 0; worker < this.workers; worker++)
      largest = Math.max(largest, this.doubles[STRIDE * (worker + 1) + 4]);
    return largest;
  }

  /** Sum over all workers. */
  get counters(): LiveCounters {
    let [sent, acked, failed] = [0, 0, 0];
    for (let at = STRIDE; at < this.doubles.length; at += STRIDE) {
      sent += this.doubles[at];
      acked += this.doubles[at + 1];
      failed += this.doubles[at + 2];
    }
    return { sent, acked, failed };
  }
}
