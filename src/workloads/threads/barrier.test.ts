import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { commonClock, commonNow, meet } from './barrier.js';
import { MEETINGS, STOP, SharedState } from './shared-state.js';

describe('barrier', () => {
  it('lets everyone go on at one instant, and only when all are there', async () => {
    const state = SharedState.create(3);
    const offset = commonClock().offsetMs;
    const early = [meet(state, MEETINGS.measure, offset), meet(state, MEETINGS.measure, offset)];
    expect(
      await Promise.race([...early, new Promise((resolve) => setTimeout(resolve, 30, 'waiting'))]),
    ).toBe('waiting');
    const starts = await Promise.all([...early, meet(state, MEETINGS.measure, offset)]);
    expect(new Set(starts).size).toBe(1);
    expect(starts[0]! - performance.now()).toBeGreaterThan(0);
    expect(starts[0]! - performance.now()).toBeLessThan(25);
  });

  it('lets go of those who wait when the run is stopped', async () => {
    const state = SharedState.create(2);
    const waiting = meet(state, MEETINGS.warmup, 0);
    state.stop(STOP.failure);
    state.stop(STOP.user);
    expect(await waiting).toBeNull();
    expect(state.stopCause).toBe(STOP.failure);
  });

  it('counts on one clock in all threads, though their performance.now() differ', async () => {
    const source = `
      const { parentPort } = require('node:worker_threads');
      const hr = () => Number(process.hrtime.bigint()) / 1e6;
      let tight = Infinity, offset = 0;
      for (let i = 0; i < 8; i++) { const a = performance.now(), c = hr(), b = performance.now();
        if (b - a < tight) { tight = b - a; offset = c - (a + b) / 2; } }
      parentPort.postMessage({ offset, origin: performance.timeOrigin });`;
    const worker = new Worker(source, { eval: true });
    const there = await new Promise<{ offset: number; origin: number }>((resolve) =>
      worker.once('message', resolve),
    );
    await worker.terminate();
    const here = commonClock().offsetMs;
    // An instant told on the common clock is the same moment on both: the offsets differ by what
    // the origins differ.
    expect(there.offset - here).toBeCloseTo(there.origin - performance.timeOrigin, -1);
    // Between two looks at the common clock, however long the machine takes over them.
    const before = commonNow();
    const told = performance.now() + here;
    const after = commonNow();
    expect(told).toBeGreaterThan(before - 0.5);
    expect(told).toBeLessThan(after + 0.5);
  });
});

describe('shared state', () => {
  it('adds the workers’ counters and tells the phase of the slowest', () => {
    const state = SharedState.create(2);
    const other = new SharedState(state.buffer, 2);
    other.setSent(0, 2 ** 52);
    other.setSent(1, 5);
    other.setAcked(1, 3);
    other.setFailed(0, 1);
    other.setPhase(0, 'measuring');
    expect(state.counters).toEqual({ sent: 2 ** 52 + 5, acked: 3, failed: 1 });
    expect(state.phase).toBe('connecting');
    other.setPhase(1, 'warm-up');
    expect(state.phase).toBe('warm-up');
  });
});
