// How the open loop waits for its next due time, finer than Node's timers (1 ms) and for less than
// the core that spinning costs. Three ways, by how far the due time is; figures and the variants
// that lost are in bench/pacing.ts.
import { readlinkSync, writeFileSync } from 'node:fs';
import type { Pacing } from '../../contract/settings.js';

/**
 * How a pause was spent: in the kernel, in the event loop until a timer, or only by a turn of the
 * event loop.
 */
export type PauseWay = 'sleep' | 'timer' | 'turn';

/**
 * The open loop's view: `pause` calls `resume` once, at most slightly after `waitMs`, after the
 * sockets had a turn.
 */
export interface Pacer {
  /**
   * `waitMs`: until the next record is due; `gapMs`: between two records; `quiet`: no answer is
   * expected and no batch lingers, so that blocking the thread delays nobody.
   */
  pause(waitMs: number, gapMs: number, quiet: boolean, resume: () => void): PauseWay;
  /**
   * The fixed sleep between two looks at what is due, where records are `gapMs` apart; 0 where each
   * due time is met by itself.
   */
  sleepMs(gapMs: number): number;
}

export interface PacerTuning {
  /**
   * Longest sleep between two turns of the event loop while answers are expected: an ack is seen at
   * most this much and the overshoot late.
   */
  readonly quantumMs: number;
  /** What Atomics.wait oversleeps: a sleep that must end before a due time is shortened by it. */
  readonly overshootMs: number;
  /** Above this wait a timer does the most of it. */
  readonly timerMs: number;
  /**
   * Gaps from here on are met by spinning the last bit; below, spinning would eat the core, and
   * fixed quanta are slept instead.
   */
  readonly spinGapMs: number;
  /** Timer slack asked of Linux for this thread; 0 leaves the default of 50 us. */
  readonly slackNs: number;
}

/**
 * Measured on 2 virtual cores, Node 20, 20,000 records/s, send - intended p50 / p90 and CPU of one
 * core (bench/pacing.ts): quantum 50 us with slack 1 us 52 / 100 us, 38 %; 50 us with the default
 * slack 86 / 184 us, 27 %; 100 us with slack 1 us 83 / 155 us, 27 %; 20 us with slack 1 us 36 / 82
 * us, 54 %; setTimeout 552 / 994 us, 5 %. A sleep costs about 40 us of CPU however short it is.
 * Chosen is what keeps both a record and an ack within about 0.1 ms, so that p99 stays below 0.2 ms
 * with room for the machine's own jitter.
 */
export const AUTO_TUNING: PacerTuning = {
  quantumMs: 0.05,
  overshootMs: 0.06,
  timerMs: 2.5,
  spinGapMs: 0.4,
  slackNs: 1000,
};

/** A timer may fire this much after what it was asked, without anything being wrong. */
const TIMER_GRAIN_MS = 1.3;
/** Longest quiet sleep: bounds how long a stop or a timer can go unseen. */
const LONGEST_SLEEP_MS = 2;
/** Longest single timer: an idle generator looks up this often. */
const LONGEST_TIMER_MS = 100;

/**
 * Linux rounds the sleeps of a thread by its timer slack, 50 us by default: the larger part of what
 * Atomics.wait oversleeps. A thread may lower its own (proc(5), /proc/pid/timerslack_ns).
 * Elsewhere, or where refused, nothing changes but the precision.
 */
export function lowerTimerSlack(slackNs: number): boolean {
  try {
    const thread = readlinkSync('/proc/thread-self').split('/').pop() ?? '';
    writeFileSync(`/proc/${thread}/timerslack_ns`, String(slackNs));
    return true;
  } catch {
    return false;
  }
}

export class SleepingPacer implements Pacer {
  /** Nobody writes to it: waiting on it is a sleep with a fractional timeout. */
  private readonly cell = new Int32Array(new SharedArrayBuffer(4));

  constructor(private readonly tuning: PacerTuning = AUTO_TUNING) {
    if (tuning.slackNs > 0) lowerTimerSlack(tuning.slackNs);
  }

  sleepMs(gapMs: number): number {
    const { quantumMs, spinGapMs } = this.tuning;
    return gapMs < spinGapMs ? quantumMs : 0;
  }

  pause(waitMs: number, gapMs: number, quiet: boolean, resume: () => void): PauseWay {
    const { quantumMs, overshootMs, timerMs, spinGapMs } = this.tuning;
    if (waitMs > timerMs) {
      // In epoll the thread sleeps for free and sockets are served at once, so this is right with
      // answers expected too.
      setTimeout(resume, Math.min(LONGEST_TIMER_MS, Math.floor(waitMs - TIMER_GRAIN_MS)));
      return 'timer';
    }
    let way: PauseWay = 'sleep';
    if (gapMs < spinGapMs) {
      // Due times lie closer than a sleep is exact: sleep a fixed quantum and let a few become due.
      // An ack or a record is at most about quantum + overshoot late, for a part of a core instead
      // of all of it.
      Atomics.wait(this.cell, 0, 0, quantumMs);
    } else if (waitMs > overshootMs) {
      const before = waitMs - overshootMs;
      Atomics.wait(
        this.cell,
        0,
        0,
        quiet ? Math.min(before, LONGEST_SLEEP_MS) : Math.min(before, quantumMs),
      );
    } else {
      // So near that a sleep would pass it, and rare enough to spin for.
      way = 'turn';
    }
    setImmediate(resume);
    return way;
  }
}

/** Never sleeps: the finest, for a whole core. */
export class SpinningPacer implements Pacer {
  sleepMs(): number {
    return 0;
  }

  pause(_waitMs: number, _gapMs: number, _quiet: boolean, resume: () => void): PauseWay {
    setImmediate(resume);
    return 'turn';
  }
}

export function createPacer(pacing: Pacing): Pacer {
  return pacing === 'spin' ? new SpinningPacer() : new SleepingPacer();
}
