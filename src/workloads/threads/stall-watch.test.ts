import { describe, expect, it } from 'vitest';
import type { RunSpec } from '../../contract/run-spec.js';
import { MEETINGS, STOP, SharedState } from './shared-state.js';
import { StallWatch } from './stall-watch.js';

const SPEC = {
  settings: {
    producer: { 'delivery.timeout.ms': 30_000, 'max.block.ms': 5000 },
    workload: { rate: 'max' },
  },
} as unknown as RunSpec;

describe('stall watch', () => {
  it('lets a run go on for as long as something moves', () => {
    const state = SharedState.create(1);
    let now = 0;
    const watch = new StallWatch(SPEC, state, () => now);
    for (now = 0; now < 1_000_000; now += 50_000) {
      state.setAcked(0, now);
      expect(watch.check()).toBeNull();
    }
  });

  it('fails a run that has not moved for longer than any timeout of its producer', () => {
    const state = SharedState.create(1);
    let now = 0;
    const watch = new StallWatch(SPEC, state, () => now);
    expect(watch.check()).toBeNull();
    now = 54_000;
    expect(watch.check()).toBeNull();
    now = 56_000;
    expect(watch.check()!.message).toBe(
      'the run did not move for 55 s (connecting, 0 records acknowledged)',
    );
  });

  it('takes no waiting for other processes for a stall, and looks on once they are there', () => {
    const state = SharedState.create(1);
    let now = 0;
    const watch = new StallWatch(SPEC, state, () => now);
    state.meetOutside();
    state.arrive(MEETINGS.measure);
    for (now = 0; now < 1_000_000; now += 50_000) expect(watch.check()).toBeNull();
    state.open(MEETINGS.measure, 0);
    expect(watch.check()).toBeNull();
    now += 56_000;
    expect(watch.check()!.message).toContain('did not move for 55 s');
  });

  it('gives a stopped run a few seconds only', () => {
    const state = SharedState.create(1);
    let now = 0;
    const watch = new StallWatch(SPEC, state, () => now);
    state.stop(STOP.user);
    expect(watch.check()).toBeNull();
    now = 16_000;
    state.setAcked(0, 5);
    expect(watch.check()!.message).toContain('did not end after its stop by the user');
  });
});
