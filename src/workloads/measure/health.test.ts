import { beforeAll, describe, expect, it } from 'vitest';
import { HealthMonitor } from './health.js';
import { LatencyHistogram, initHistograms } from './histogram.js';
import { LoopLag } from './loop-lag.js';

beforeAll(initHistograms);

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describe('loop lag', () => {
  it('counts a long block as random arrivals would have met it, not as one sample', async () => {
    const lag = new LoopLag();
    lag.start();
    await sleep(100);
    block(400);
    await sleep(20);
    const packed = lag.stop();
    const histogram = new LatencyHistogram();
    histogram.addPacked(packed);
    // About 40 of the 52 points of the grid fell into the block, each with what was left of it.
    expect(packed.count).toBeGreaterThanOrEqual(45);
    expect(histogram.maxMs).toBeGreaterThan(370);
    expect(histogram.percentileMs(60)).toBeGreaterThan(100);
    expect(histogram.percentileMs(60)).toBeLessThan(330);
  });

  it('counts a block that lasts to the end', () => {
    const lag = new LoopLag();
    lag.start();
    block(100);
    expect(lag.stop().maxMicros).toBeGreaterThan(80_000);
  });
});

describe('health monitor', () => {
  it('tells CPU, span, memory and clocks of the time that it watched', async () => {
    const monitor = new HealthMonitor();
    block(100);
    await sleep(100);
    const health = monitor.stop();
    expect(health.spanMs).toBeGreaterThan(195);
    expect(health.processCpuMs).toBeGreaterThan(0);
    if (health.threadCpuMs !== null) {
      expect(health.threadCpuMs + (health.runQueueMs ?? 0)).toBeGreaterThan(0);
      expect(health.threadCpuMs).toBeLessThan(health.spanMs);
    }
    expect(health.rssMiB).toBeGreaterThan(10);
    expect(Math.abs(health.clockJumpMs)).toBeLessThan(100);
  });
});
