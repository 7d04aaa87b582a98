// What pacing itself costs: the CPU of an open loop's sleeps and of the turns of the event loop
// that they cause, apart from the producer's work. A Pacer around the pacer in force; one a
// measured part, made by run-worker. Counts every pause, measures one in SAMPLE_EVERY; allocates
// only in those.
import { performance } from 'node:perf_hooks';
import type { Pacer, PauseWay } from './pacer.js';
import { Samples } from '../measure/samples.js';
import type { CpuClock } from '../measure/thread-cpu.js';

/** A prime, so that nothing periodic is met always or never. */
const SAMPLE_EVERY = 31;
/** Readings of the clock in a sample: to warm it up, around the pause, and for its own cost. */
const READINGS = 4;
/** Idle turns of the measured part from which on the rehearsal's are not asked. */
const ENOUGH_IDLE = 32;
const REHEARSED = 96;
const REHEARSED_TIMERS = 10;
/** Waits that a pacer sleeps, spins and sets a timer for. */
const REHEARSED_MS = { sleep: 0.5, turn: 0.01, timer: 4.5 } as const;
/** A pacer's longest timer. */
const LONGEST_TIMER_MS = 100;

export interface PacingCost {
  readonly pauses: number;
  /** CPU of all pauses, measuring them included. */
  readonly cpuMs: number;
  /**
   * Time waited for timers, in which the thread's own other timers wake it up, and what one costs.
   */
  readonly timersMs: number;
  readonly wakeMs: number;
}

/** One way of pausing. Microseconds of this thread's CPU. */
class WayCost {
  pauses = 0;
  /** From the call of `pause` to its return: the sleep itself, with nothing else in it. */
  readonly calls = new Samples();
  /** From the call to the next turn, where nothing but the pause happened in between. */
  readonly idle = new Samples();
  private rehearsed = { calls: 0, turn: 0 };

  /** What was measured so far is the rehearsal's. */
  rehearse(): void {
    this.rehearsed = { calls: this.calls.mean, turn: this.turnMicros };
    this.calls.clear();
    this.idle.clear();
  }

  /**
   * The mean of the calls, as sleeps differ with what else the machine does, and what an idle turn
   * of the event loop adds. In a busy one the producer reads answers, which is not pacing.
   */
  get micros(): number {
    const calls = this.calls.count > 0 ? this.calls.mean : this.rehearsed.calls;
    const turn = this.idle.count >= ENOUGH_IDLE ? this.turnMicros : this.rehearsed.turn;
    return Math.max(0, calls + turn);
  }

  /** By medians: a linger's timer or a collector's pause within an idle turn must not count. */
  private get turnMicros(): number {
    return this.idle.median - this.calls.median;
  }
}

export class PacingMeter implements Pacer {
  private readonly ways: Readonly<Record<PauseWay, WayCost>> = {
    sleep: new WayCost(),
    timer: new WayCost(),
    turn: new WayCost(),
  };
  private readonly readings = new Samples();
  private left = SAMPLE_EVERY;
  private timersMs = 0;
  // Of the sample under way.
  /** It is of the call alone, else of the whole pause: by turns. */
  private ofCall = false;
  private way: PauseWay = 'turn';
  private beganMicros = 0;
  private events = 0;
  private activity = 0;
  private resume: () => void = () => undefined;

  /** `activityOf`: any figure that changes when the producer sends or is answered. */
  constructor(
    private readonly pacer: Pacer,
    private readonly clock: CpuClock,
    private readonly activityOf: () => number,
  ) {}

  sleepMs(gapMs: number): number {
    return this.pacer.sleepMs(gapMs);
  }

  pause(waitMs: number, gapMs: number, quiet: boolean, resume: () => void): PauseWay {
    let way: PauseWay;
    if (--this.left > 0) way = this.pacer.pause(waitMs, gapMs, quiet, resume);
    else {
      this.left = SAMPLE_EVERY;
      way = this.sample(waitMs, gapMs, quiet, resume);
    }
    this.ways[way].pauses += 1;
    if (way === 'timer') this.timersMs += Math.min(waitMs, LONGEST_TIMER_MS);
    return way;
  }

  /** Before the measured part: pauses with nothing else going on, `gapMs` as it will be. */
  async rehearse(gapMs: number): Promise<void> {
    for (let i = 0; i < REHEARSED; i++) await this.rehearsePause(REHEARSED_MS.sleep, gapMs);
    for (let i = 0; i < REHEARSED; i++) await this.rehearsePause(REHEARSED_MS.turn, gapMs);
    if (gapMs > REHEARSED_MS.timer / 2) {
      for (let i = 0; i < REHEARSED_TIMERS; i++)
        await this.rehearsePause(REHEARSED_MS.timer, gapMs);
    }
    for (const way of Object.values(this.ways)) way.rehearse();
    this.readings.clear();
  }

  cost(): PacingCost {
    const ways = Object.values(this.ways);
    const micros = ways.reduce((sum, way) => sum + way.pauses * way.micros, 0);
    const measuring = this.readings.count * READINGS * this.readings.median;
    return {
      pauses: ways.reduce((sum, { pauses }) => sum + pauses, 0),
      cpuMs: (micros + measuring) / 1e3,
      timersMs: this.timersMs,
      wakeMs: this.ways.timer.micros / 1e3,
    };
  }

  close(): void {
    this.clock.close();
  }

  private rehearsePause(waitMs: number, gapMs: number): Promise<void> {
    return new Promise((resolve) => void this.sample(waitMs, gapMs, false, resolve));
  }

  private sample(waitMs: number, gapMs: number, quiet: boolean, resume: () => void): PauseWay {
    this.ofCall = !this.ofCall;
    this.resume = resume;
    this.events = socketEvents();
    this.activity = this.activityOf();
    this.clock.read();
    this.beganMicros = this.clock.read();
    const way = this.pacer.pause(waitMs, gapMs, quiet, this.ofCall ? resume : this.resumed);
    if (this.ofCall) this.ways[way].calls.add(this.elapsed());
    this.way = way;
    return way;
  }

  private readonly resumed = (): void => {
    const micros = this.elapsed();
    const idle = socketEvents() === this.events && this.activityOf() === this.activity;
    if (idle) this.ways[this.way].idle.add(micros);
    this.resume();
  };

  /** Since the sample began, less one reading, which lies between the two. */
  private elapsed(): number {
    const endMicros = this.clock.read();
    const reading = this.clock.read() - endMicros;
    this.readings.add(reading);
    return endMicros - this.beganMicros - reading;
  }
}

/**
 * Events that this thread's event loop has taken from the kernel; @types/node 20 has it not yet.
 */
function socketEvents(): number {
  const timing = performance.nodeTiming as { uvMetricsInfo?: { readonly events: number } };
  return timing.uvMetricsInfo?.events ?? 0;
}
