import { MessageChannel } from 'node:worker_threads';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { commonNow } from '../threads/barrier.js';
import { SharedState } from '../threads/shared-state.js';
import { AckDelay, AckProbes } from './ack-delay.js';
import { initHistograms } from './histogram.js';

beforeAll(initHistograms);

describe('ack delay', () => {
  it('counts of a block what each probe still had to wait for', async () => {
    const { port1, port2 } = new MessageChannel();
    const delay = new AckDelay(port2);
    const endMs = performance.now() + 200;
    port1.postMessage(commonNow());
    while (performance.now() < endMs - 50);
    port1.postMessage(commonNow());
    const leftMs = endMs - performance.now();
    while (performance.now() < endMs);
    await sleep(20);
    const { count, minMicros, maxMicros } = delay.stop();
    port1.close();
    expect(count).toBe(2);
    expect(maxMicros).toBeGreaterThan(150_000);
    expect(minMicros).toBeGreaterThanOrEqual(leftMs * 1000 - 100);
    expect(minMicros).toBeLessThan(maxMicros);
  });

  it('is probed at random times, and only while the worker measures', async () => {
    const state = SharedState.create(2);
    const probes = new AckProbes(state);
    const delays = [0, 1].map((worker) => new AckDelay(probes.portOf(worker)));
    try {
      state.setPhase(0, 'measuring');
      state.setPhase(1, 'warm-up');
      await sleep(1000);
    } finally {
      probes.stop();
    }
    const [measuring, warming] = delays.map((delay) => delay.stop().count);
    expect(measuring).toBeGreaterThan(10);
    expect(measuring).toBeLessThan(100);
    expect(warming).toBe(0);
  });
});
