import { describe, expect, it } from 'vitest';
import type { Pacer, PauseWay } from './pacer.js';
import { PacingMeter } from './pacing-meter.js';
import { openCpuClock } from '../measure/thread-cpu.js';

const READING = 2;

/** A thread that is busy only when told; reading its clock takes time too. */
class Bench {
  micros = 0;
  activity = 0;
  readings = 0;
  private next: () => void = () => undefined;

  readonly clock = {
    read: () => {
      this.readings += 1;
      return (this.micros += READING);
    },
    close: () => undefined,
  };

  readonly pacer: Pacer = {
    sleepMs: () => 0,
    pause: (waitMs, _gapMs, _quiet, resume): PauseWay => {
      const way = waitMs > 2.5 ? 'timer' : waitMs > 0.1 ? 'sleep' : 'turn';
      this.micros += way === 'sleep' ? this.sleepMicros : way === 'timer' ? 10 : 1;
      this.next = resume;
      if (this.rehearsing) queueMicrotask(() => this.turn());
      return way;
    },
  };
  sleepMicros = 30;
  rehearsing = true;
  readonly meter = new PacingMeter(this.pacer, this.clock, () => this.activity);

  /** One turn of the event loop, in which the producer works for so long. */
  turn(producerMicros = 0): void {
    this.micros += 5 + producerMicros;
    if (producerMicros > 0) this.activity += 1;
    const resume = this.next;
    resume();
  }

  async started(gapMs = 0.1): Promise<PacingMeter> {
    await this.meter.rehearse(gapMs);
    this.rehearsing = false;
    this.readings = 0;
    return this.meter;
  }
}

const resume = (): void => undefined;

describe('pacing meter', () => {
  it('counts sleeps and idle turns, and none of what the producer does in a turn', async () => {
    const bench = new Bench();
    const meter = await bench.started();
    for (let i = 0; i < 6200; i++) {
      meter.pause(0.5, 0.1, false, resume);
      bench.turn(i % 3 === 0 ? 500 : 0);
    }
    const { pauses, cpuMs } = meter.cost();
    expect(pauses).toBe(6200);
    // A sleep of 30, a turn of 5, and what reading the clock took.
    const measuring = (bench.readings * READING) / 1e3;
    expect(cpuMs).toBeCloseTo((6200 * 35) / 1e3 + measuring, 0);
  });

  it('takes an idle turn from the rehearsal where the measured part has none', async () => {
    const bench = new Bench();
    const meter = await bench.started();
    // The machine has become slower: the sleeps tell.
    bench.sleepMicros = 45;
    for (let i = 0; i < 3100; i++) {
      meter.pause(0.5, 0.1, false, resume);
      bench.turn(200);
    }
    expect(meter.cost().cpuMs).toBeCloseTo((3100 * 50 + bench.readings * READING) / 1e3, 0);
  });

  it('tells spinning, sleeping and timers apart, each by its own cost', async () => {
    const bench = new Bench();
    const meter = await bench.started(10);
    for (let i = 0; i < 3100; i++) {
      for (const waitMs of [0.05, 0.5, 5]) {
        meter.pause(waitMs, 10, true, resume);
        bench.turn();
      }
    }
    const { cpuMs, timersMs, wakeMs } = meter.cost();
    expect(cpuMs).toBeCloseTo((3100 * (6 + 35 + 15) + bench.readings * READING) / 1e3, 0);
    expect(timersMs).toBe(3100 * 5);
    expect(wakeMs).toBeCloseTo(0.015, 6);
  });

  it('costs nothing where nothing is paced', async () => {
    const meter = await new Bench().started();
    expect(meter.cost()).toMatchObject({ pauses: 0, cpuMs: 0, timersMs: 0 });
  });
});

describe.runIf(openCpuClock() !== null)('CPU clock of a thread', () => {
  it('moves with the thread’s work while it runs, and hardly in its sleep', () => {
    const clock = openCpuClock()!;
    const cell = new Int32Array(new SharedArrayBuffer(4));
    const before = clock.read();
    Atomics.wait(cell, 0, 0, 300);
    const slept = clock.read() - before;
    expect(slept).toBeLessThan(100_000);
    const limit = performance.now() + 20_000;
    let last = clock.read();
    const end = last + 20_000;
    let steps = 0;
    while (last < end && performance.now() < limit) {
      const now = clock.read();
      expect(now).toBeGreaterThanOrEqual(last);
      if (now > last) steps += 1;
      last = now;
    }
    clock.close();
    expect(last).toBeGreaterThanOrEqual(end);
    // Not told at ticks only, which come at most a thousand times a second.
    expect(steps).toBeGreaterThan(200);
  });
});
